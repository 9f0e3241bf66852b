"""What an anchor says, and whether a notebook is still what it says.

A statement names digests only: the notebook's sources and outputs, the records in it, and head and
length of each session's journal. Who vouches for it and since when is the business of `proofs`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from jupyter_aiprov import journal as journals
from jupyter_aiprov import semconv
from jupyter_aiprov.document import Notebook, mark, notebook_digest
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.integrity import Change, Integrity
from jupyter_aiprov.notebook import marks_of, stamps_of
from jupyter_aiprov.proof import digest
from jupyter_aiprov.said import Said

Statement = Mapping[str, Any]
Standing = Literal["accepted", "unproven", "wrong"]
RANK = ("rfc3161", "ssh", "file", "git")  # whose date is taken: from hardest to easiest to rebuild


@dataclass(frozen=True)
class Anchor:
    """A statement with what its proof showed: accepted, not proven to whoever asks, or wrong."""

    kind: str
    where: str
    standing: Standing
    said: Said  # who vouches, or why it does not count
    statement: Statement
    date: str | None = None


def statement(nb: Notebook, files: Mapping[str, Sequence[Path]], title: str) -> dict[str, Any]:
    """What a notebook and its journals are now; no person, no folder, no text."""
    heads: dict[str, dict[str, Any]] = {}
    for session, entry in _logged(nb).items():
        if isinstance(entry, dict) and isinstance(entry.get("head"), str):
            heads[session] = {"head": entry["head"], "lines": int(entry.get("lines") or 0)}
    for session, parts in files.items():
        found = journals.verify(list(parts))
        if found.lines:
            heads[session] = {"head": found.head, "lines": found.lines}
    return {
        "schema_version": semconv.SCHEMA_VERSION,
        "kind": "anchor",
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "notebook": title,
        "notebook_sha256": notebook_digest(nb),
        "records_sha256": records_digest(nb),
        "sessions": dict(sorted(heads.items())),
    }


def records_digest(nb: Notebook) -> str:
    """Digest of every stamp, mark and the log, in their order in the notebook."""
    stamps = [[one.index, one.record] for one in stamps_of(nb)]
    return digest([stamps, [[one.index, one.value] for one in marks_of(nb)]])


def parsed(raw: bytes | str, name: str) -> dict[str, Any]:
    """A statement from its JSON; raises UsageError for what is none."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise UsageError(f"{name}: not an anchor: not JSON") from None
    if not is_statement(found):
        raise UsageError(f"{name}: not an anchor of jupyter_aiprov")
    whole: dict[str, Any] = found
    return whole


def is_statement(value: Any) -> bool:
    """True for what `statement` makes, whatever it says."""
    if not isinstance(value, dict) or value.get("kind") != "anchor":
        return False
    texts = ("date", "notebook", "notebook_sha256", "records_sha256")
    if not all(isinstance(value.get(key), str) for key in texts) or not isinstance(value.get("sessions"), dict):
        return False
    return all(
        isinstance(one, dict)
        and isinstance(one.get("head"), str)
        and isinstance(one.get("lines"), int)
        and one["lines"] > 0
        for one in value["sessions"].values()
    )


def dumps(said: Statement) -> bytes:
    """A statement as it is written, signed and time-stamped."""
    return (json.dumps(said, indent=1, sort_keys=True, ensure_ascii=True) + "\n").encode()


def is_of(said: Statement, nb: Notebook) -> bool:
    """True when the notebook says now what it said then."""
    return (said["notebook_sha256"], said["records_sha256"]) == (notebook_digest(nb), records_digest(nb))


def is_foreign(said: Statement, nb: Notebook) -> bool:
    """True when nothing ties the statement to this notebook."""
    named = {str(one.execution["session"]) for one in stamps_of(nb) if one.execution.get("session")}
    return said["notebook_sha256"] != notebook_digest(nb) and not set(said["sessions"]) & (named | set(_logged(nb)))


def applied(
    found: Integrity, anchors: Sequence[Anchor], nb: Notebook, files: Mapping[str, Sequence[Path]]
) -> Integrity:
    """The answer with what the anchors add to it: a date, records that are missing, a changed journal."""
    said, changes = list(found.anchors), list(found.changes)
    missing, open_ = list(found.missing), list(found.not_covered)
    dated: list[tuple[int, str]] = []
    for one in sorted(anchors, key=lambda a: (RANK.index(a.kind), a.date or "")):
        counts = one.standing == "accepted"
        if not one.statement:
            said.append(_told(one))
            continue
        if is_foreign(one.statement, nb):
            said.append(_told(one, "; it is of another notebook", " ; elle est d'un autre carnet"))
            continue
        if not is_of(one.statement, nb):
            said.append(
                _told(
                    one,
                    "; the notebook was changed after it was anchored",
                    " ; le carnet a été modifié après son ancrage",
                )
            )
        else:
            said.append(_told(one))
            if counts:
                dated.append((RANK.index(one.kind), str(one.date)))
        if counts:
            _heads(one.statement, files, changes, missing, open_)
    return replace(
        found,
        anchored=min(dated)[1] if dated else found.anchored,
        anchors=tuple(dict.fromkeys(said)),
        changes=tuple(dict.fromkeys(changes)),
        missing=tuple(dict.fromkeys(missing)),
        not_covered=tuple(dict.fromkeys(open_)),
    )


def _told(one: Anchor, english: str = "", french: str = "") -> Said:
    return Said(
        f"{one.kind} ({one.where}): {one.said}{english}", f"{one.kind} ({one.where}) : {one.said.french}{french}"
    )


def _heads(
    said: Statement,
    files: Mapping[str, Sequence[Path]],
    changes: list[Change],
    missing: list[tuple[Said, int]],
    open_: list[Said],
) -> None:
    for session, then in said["sessions"].items():
        name, lines = str(session)[:40], then["lines"]
        now = journals.verify(list(files.get(session) or ()))
        if now.lines < lines:
            what = Said(f"journal {name}.jsonl", f"registre {name}.jsonl")
            if now.lines:
                what = Said(f"the end of {what}", f"la fin du {what.french}")
            missing[:] = [m for m in missing if m[0] != what or m[1] >= lines - now.lines]
            if what not in {m[0] for m in missing}:
                missing.append((what, lines - now.lines))
        elif now.hashes[lines - 1] != then["head"]:
            text = Said(
                f"journal {name} is not the one that was anchored",
                f"le registre {name} n'est pas celui qui a été ancré",
            )
            changes.append(Change("journal-changed", None, text))
        elif now.lines > lines:
            more = now.lines - lines
            open_.append(
                Said(
                    f"{more} lines of journal {name} that came after the anchor",
                    f"{more} lignes du registre {name} postérieures à l'ancre",
                )
            )


def _logged(nb: Notebook) -> dict[str, Any]:
    found = mark(nb).get("sessions")
    return found if isinstance(found, dict) else {}
