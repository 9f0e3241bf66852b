"""What holds a record in a notebook together: seals and digests that survive saving it.

`seal` is the digest of all of a record but itself; a stamp's `digest` is that of its stable part,
the same after every run with the same answers. Sources and outputs are normalised before they are
digested, so that line ends, key order and split texts, which editors change, change nothing.
Nothing here reads a file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.proof import digest, text_sha256

Record = Mapping[str, Any]

SEAL = "seal"
DIGEST = "digest"
# Differ between two runs with the same answers; `stamp = "stable"` leaves them out of the record.
VOLATILE = frozenset({"journal", "tool", "content", "gaps", SEAL, DIGEST})
VOLATILE_EXECUTION = frozenset({"id", "session", "cell_id", "execution_count", "time", "ordinal"})
VOLATILE_GROUP = frozenset(
    {*semconv.USAGE_KEYS, "usage_missing", "seconds", "first", "last", "repeats", "errors", "attempts"}
)


def stable(stamp: Record) -> dict[str, Any]:
    """The part of a stamp that the same answers give again: models, parameters, origins, source."""
    made = stamp.get("execution")
    groups = stamp.get("groups")
    out = {k: v for k, v in stamp.items() if k not in VOLATILE}
    out["execution"] = _without(made, VOLATILE_EXECUTION)
    out["groups"] = [_without(g, VOLATILE_GROUP) for g in groups] if isinstance(groups, list) else groups
    return out


def stable_digest(stamp: Record) -> str:
    """Digest of a stamp's stable part, as its `digest` says it."""
    return digest(stable(stamp))


def seal_of(record: Record) -> str:
    """Digest of a record without its own `seal`."""
    return digest({k: v for k, v in record.items() if k != SEAL})


def sealed(record: Record) -> dict[str, Any]:
    """The record with its seal as last key."""
    return {**{k: v for k, v in record.items() if k != SEAL}, SEAL: seal_of(record)}


def seal_holds(record: Record) -> bool | None:
    """True or False as the seal fits the record; None without a seal."""
    return None if SEAL not in record else record[SEAL] == seal_of(record)


def _without(record: Any, keys: frozenset[str]) -> Any:
    return {k: v for k, v in record.items() if k not in keys} if isinstance(record, Mapping) else record


# ── sources and outputs ────────────────────────────────────────────────────────────
def text(value: Any) -> str:
    """A text as nbformat writes it, whole or in lines; anything else is empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(one for one in value if isinstance(one, str))
    return ""


def source_digest(source: Any) -> str:
    """Digest of a cell's source with line ends as `\\n`."""
    return text_sha256(_lines(text(source)))


def is_source(source: Any, sha: object) -> bool:
    """True when this is the source that was digested, whatever its line ends."""
    plain = _lines(text(source))
    return sha in (text_sha256(plain), text_sha256(plain.replace("\n", "\r\n")), text_sha256(text(source)))


def outputs_digest(outputs: Sequence[Any]) -> str:
    """Digest of a cell's outputs without our stamps; adjacent pieces of one stream are one."""
    return digest([output_digest(one) for one in _merged(outputs)])


def output_digest(output: Record) -> str:
    """Digest of one output: what it shows, not its execution count or metadata."""
    kind = output.get("output_type")
    if kind == "stream":
        return digest(["stream", output.get("name"), _lines(text(output.get("text")))])
    if kind == "error":
        return digest(["error", output.get("ename"), output.get("evalue")])
    data = output.get("data")
    return digest(["display", {k: _shown(k, v) for k, v in data.items()} if isinstance(data, Mapping) else data])


def is_stamp(output: Any) -> bool:
    """True for an output that carries a record of ours."""
    data = output.get("data") if isinstance(output, Mapping) else None
    return isinstance(data, Mapping) and semconv.MIME in data


def _merged(outputs: Sequence[Any]) -> list[Record]:
    out: list[dict[str, Any]] = []
    for one in outputs:
        if not isinstance(one, Mapping) or is_stamp(one):
            continue
        last = out[-1] if out else None
        if (
            last
            and last.get("output_type") == one.get("output_type") == "stream"
            and last.get("name") == one.get("name")
        ):
            last["text"] = text(last.get("text")) + text(one.get("text"))
            continue
        out.append(dict(one))
    return list(out)


def _shown(mime: str, value: Any) -> Any:
    if mime.endswith("json"):
        return _parsed(value)
    if isinstance(value, str | list):
        joined = text(value)
        if mime.startswith("text/") or mime.endswith(("+xml", "javascript")):
            return _lines(joined).rstrip("\n")
        return sha256("".join(joined.split()).encode("utf-8", "surrogatepass")).hexdigest()  # base64
    return value


def _parsed(value: Any) -> Any:
    if isinstance(value, str) or (isinstance(value, list) and value and all(isinstance(v, str) for v in value)):
        try:
            return json.loads(text(value))
        except (ValueError, RecursionError):
            return text(value)
    return value


def _lines(value: str) -> str:
    return value.replace("\r\n", "\n")
