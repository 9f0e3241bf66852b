"""What people state about data and results, as events.

Pure: arguments in, an event out, `UsageError` with a hint for what cannot be meant. What is shown
where a statement meets evidence is `resolve`'s to say.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.lineage import _data_digest
from jupyter_aiprov.lineage.resolving import file_name, in_words, is_signed, resolve

__all__ = [
    "confidential",
    "declare",
    "human",
    "in_words",
    "is_signed",
    "label",
    "note",
    "observed",
    "person",
    "prompt",
    "resolve",
    "review",
    "synthetic",
    "withdraw",
]

Event = dict[str, Any]
Columns = Sequence[Hashable] | Hashable | None

KINDS: Final = (
    *("observed", "synthetic", "human", "confidential", "prompt", "label", "note", "purpose", "task", "person"),
    *("oversight", "privacy", "impact", "usage", "ai-tool", "authorship", "confirmed", "host", "dataset"),
)
STATUSES: Final = ("checked", "corrected", "rejected")
METHODS: Final = ("read-all", "sampled", "compared", "rerun", "other")
SUBJECTS: Final = ("cell", "rows", "figure", "column", "statement")
_UNITS: Final = ("total", "read", "corrected", "rejected")
_ORCID: Final = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")


# ── data ──────────────────────────────────────────────────────────────────────────
def observed(
    frame: Any = None,
    columns: Columns = None,
    *,
    name: str | None = None,
    source: str | None = None,
    by: Mapping[str, Any] | None = None,
    note: str | None = None,
) -> Event:
    """These data were measured or collected; `source="cohort.csv"` without a frame covers the whole file."""
    subject, value = _data("observed", frame, columns, name, source)
    return _declaration("observed", subject, {**value, **_text("note", note)}, by)


def synthetic(
    frame: Any = None,
    columns: Columns = None,
    *,
    generator: Any,
    seed: Any = None,
    name: str | None = None,
    source: str | None = None,
    by: Mapping[str, Any] | None = None,
    note: str | None = None,
    **parameters: Any,
) -> Event:
    """These rows stand for observations and come from a generator, with its seed and parameters."""
    if not isinstance(generator, str) or not generator.strip():
        raise UsageError("synthetic() needs the generator's name", hint='generator="GaussianCopula (sdv 1.30)"')
    subject, value = _data("synthetic", frame, columns, name, source)
    value["generator"] = generator.strip()
    if seed is not None:
        value["seed"] = _jsonable("seed", seed)
    if parameters:
        value["parameters"] = _jsonable("parameters", parameters)
    return _declaration("synthetic", subject, {**value, **_text("note", note)}, by)


def human(
    frame: Any = None,
    columns: Columns = None,
    *,
    name: str | None = None,
    source: str | None = None,
    by: Mapping[str, Any] | None = None,
    note: str | None = None,
) -> Event:
    """These values were written by a person."""
    subject, value = _data("human", frame, columns, name, source)
    return _declaration("human", subject, {**value, **_text("note", note)}, by)


def confidential(
    frame: Any,
    columns: Columns = None,
    *,
    name: str | None = None,
    level: str = "block",
    by: Mapping[str, Any] | None = None,
) -> Event:
    """Values of these columns must not leave. No digest: one of a few short values could be guessed back."""
    _one_of("level", level, ("block", "warn"))
    subject, value = _data("confidential", frame, columns, name, None)
    kept = {k: v for k, v in value.items() if k == "columns"}
    return _declaration("confidential", subject, {**kept, "level": level}, by)


def _data(kind: str, frame: Any, columns: Columns, name: Any, source: Any) -> tuple[str, dict[str, Any]]:
    if source is not None and (not isinstance(source, str) or not source.strip()):
        raise UsageError(f"{kind}(source=…) takes a file name or a text", hint='source="cohort.csv"')
    if frame is None:
        if source is None:
            raise UsageError(f"{kind}() needs data or a source", hint=f'aiprov.{kind}(df) or source="cohort.csv"')
        file = _data_digest.of_file(source)
        wanted = _columns(None, columns)
        value: dict[str, Any] = {"columns": wanted} if wanted else {}
        if file is not None:
            value["file"] = file
        return f"file:{file['name'] if file else file_name(source)}", value
    wanted = _columns(frame, columns)
    if not isinstance(name, str) or not name:
        raise UsageError(f"{kind}() was given data without a name", hint="assign it to a variable, then pass that")
    value = _data_digest.of_frame(frame, wanted)
    if source is not None:
        file = _data_digest.of_file(source)
        value["source"] = file["name"] if file else file_name(source)
        if file:
            value["file"] = file
    if len(wanted) == 1:
        return f"{name}.{wanted[0]}", value
    return name, {**value, "columns": [str(c) for c in wanted]} if wanted else value


def _columns(frame: Any, columns: Columns) -> list[Hashable]:
    """The columns meant, each of which the frame must have; none for the whole."""
    if columns is None:
        return []
    several = isinstance(columns, Sequence | set | frozenset) and not isinstance(columns, str | bytes | tuple)
    wanted: list[Any] = list(columns) if several else [columns]  # type: ignore[call-overload]
    known = _data_digest.labels_of(frame)
    if isinstance(columns, tuple) and columns not in known:
        wanted = list(columns)
    if frame is None:
        return [str(c) for c in wanted]
    if not known:
        raise UsageError("columns were named, but the data has none", hint="leave columns out")
    for column in wanted:
        if column not in known:
            raise UsageError(f"there is no column {column!r}", hint=_closest(str(column), [str(k) for k in known]))
    return wanted


# ── the rest ──────────────────────────────────────────────────────────────────────
def prompt(name: str, template: str, *, by: Mapping[str, Any] | None = None, **more: Any) -> Event:
    """The constant part of a group of calls, with its slots named."""
    value = {**_text("name", name, required=True), **_text("template", template, required=True)}
    return _declaration("prompt", name, {**value, "confirmed": True, **_jsonable("value", more)}, by)


def label(item: str, name: str, *, by: Mapping[str, Any] | None = None) -> Event:
    """A figure or table, by the notebook's name, has this name in the manuscript."""
    return _declaration("label", *_pair("item", item, "label", name), by)


def _pair(first: str, item: str, second: str, name: str) -> tuple[str, dict[str, Any]]:
    return str(_text(first, item, required=True)[first]), _text(second, name, required=True)


def note(text: str, *, subject: str | None = None, by: Mapping[str, Any] | None = None) -> Event:
    """A remark that belongs to the record."""
    return _declaration("note", subject, _text("text", text, required=True), by)


def declare(kind: str, *, subject: str | None = None, value: Any = None, by: Mapping[str, Any] | None = None) -> Event:
    """Any kind of declaration; `value` is a text or an object of plain values."""
    _one_of("kind", kind, KINDS)
    if value is None or value == "" or value == {}:
        raise UsageError(f"the declaration {kind!r} says nothing", hint="value= is the text or the fields")
    if kind == "person":
        value = person(value if isinstance(value, Mapping) else {"name": value})
    return _declaration(kind, subject, _jsonable("value", value), by)


def withdraw(event: str, reason: str) -> Event:
    """A record leaves the counts, never the history; why is part of it."""
    target = str(_text("event", event, required=True)["event"])
    return {"type": "withdrawal", "target": target, **_text("reason", reason, required=True)}


def review(
    subject: str | Mapping[str, Any],
    status: str,
    *,
    method: str = "other",
    units: Mapping[str, Any] | None = None,
    note: str | None = None,
    by: Mapping[str, Any] | None = None,
    source_sha256: str | None = None,
    outputs_sha256: str | None = None,
) -> Event:
    """A person checked, corrected or rejected an AI result. `subject`: "df.label", "cell:abc" or an object."""
    _one_of("status", status, STATUSES)
    _one_of("method", method, METHODS)
    out: Event = {"type": "review", "subject": _reviewed(subject), "status": status, "method": method}
    if units is not None:
        out["units"] = _units(units)
    out |= _text("note", note)
    digests = {"source_sha256": source_sha256, "outputs_sha256": outputs_sha256}
    out |= {k: v for k, v in digests.items() if v is not None}
    return {**out, **({"by": person(by)} if by else {})}


def _reviewed(subject: str | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(subject, Mapping):
        _one_of("subject kind", subject.get("kind"), SUBJECTS)
        return {k: str(subject[k]) for k in ("kind", "cell_id", "name") if subject.get(k) is not None}
    name = str(_text("subject", subject, required=True)["subject"])
    head, _, tail = name.partition(":")
    if head == "cell" and tail:
        return {"kind": "cell", "cell_id": tail}
    if head in SUBJECTS and tail:
        return {"kind": head, "name": tail}
    return {"kind": "column" if "." in name else "rows", "name": name}


def _units(units: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"unit": str(units.get("unit") or "rows")}
    for key, count in units.items():
        if key == "unit":
            continue
        _one_of("unit", key, _UNITS)
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise UsageError(f"units[{key!r}] is {count!r}, not a number of {out['unit']}", hint="whole, from 0")
        out[key] = count
    if out.get("read", 0) > out.get("total", out.get("read", 0)):
        raise UsageError(f"{out['read']} of {out['total']} were read: more than there are")
    if out.get("corrected", 0) + out.get("rejected", 0) > out.get("read", out.get("total", float("inf"))):
        raise UsageError("more were corrected or rejected than were read")
    return out


def person(by: Mapping[str, Any]) -> dict[str, Any]:
    """Who signs: a name or an ORCID iD; `asserted` unless a service vouched for it."""
    out = {k: str(by[k]).strip() for k in ("name", "orcid") if by.get(k)}
    if not out:
        raise UsageError("nobody is named", hint='by={"name": "A. Name", "orcid": "0000-0002-1825-0097"}')
    if "orcid" in out:
        found = _ORCID.search(out["orcid"])
        if found is None or not _is_orcid(found.group()):
            raise UsageError(f"{out['orcid']!r} is no ORCID iD", hint="sixteen characters, e.g. 0000-0002-1825-0097")
        out["orcid"] = found.group()
    identity = by.get("identity") or "asserted"
    _one_of("identity", identity, ("asserted", "authenticated"))
    return {**out, "identity": identity}


def _is_orcid(iD: str) -> bool:  # noqa: N803  as ORCID writes it
    """ISO 7064 check character of an ORCID iD."""
    total = 0
    for digit in iD.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return iD[-1] == ("X" if check == 10 else str(check))


def _declaration(kind: str, subject: str | None, value: Any, by: Mapping[str, Any] | None) -> Event:
    return {
        "type": "declaration",
        "kind": kind,
        "subject": subject,
        "value": value,
        "by": person(by) if by else None,
    }


def _text(key: str, text: str | None, *, required: bool = False) -> dict[str, str]:
    if text is None and not required:
        return {}
    if not isinstance(text, str) or not text.strip():
        raise UsageError(f"{key} is a text, not {text!r}", hint=f'{key}="…"')
    return {key: text.strip()}


def _one_of(what: str, given: Any, known: Sequence[str]) -> None:
    if given not in known:
        raise UsageError(f"{given!r} is no {what}", hint=_closest(str(given), known))


def _closest(given: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(given, known, n=1)
    some = ", ".join(known[:20])
    return f"did you mean {close[0]!r}? known: {some}" if close else f"one of {some}"


def _jsonable(what: str, value: Any) -> Any:
    """The value as JSON has it; numpy numbers become numbers."""
    try:
        return json.loads(json.dumps(value, default=lambda v: v.item(), allow_nan=False))
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UsageError(f"{what} cannot be written down: {error}", hint="texts, numbers, lists and dicts") from None
