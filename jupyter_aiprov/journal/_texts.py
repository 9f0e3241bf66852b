"""The texts kept beside a chain, against what the chain committed to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jupyter_aiprov.journal._lines import Event, parsed
from jupyter_aiprov.proof import commitment

PARTS = ("system", "input", "output", "tools")  # of a call, by the names its line has for their commitments


def texts_of(session: str, files: Iterable[Path]) -> Path | None:
    """The file of a session's texts beside its journal; None when there is none."""
    found = (path.with_name(f"{session}.content.jsonl") for path in files)
    return next((path for path in found if path.exists()), None)


def references(event: Event) -> Iterator[tuple[str, Event]]:
    """What a call's line says of its texts: part, and the commitment or which text it repeats."""
    for part in PARTS:
        refs = event.get(part)
        for ref in refs if isinstance(refs, list) else ():
            if isinstance(ref, dict):
                yield part, ref


def read_texts(path: Path) -> Iterator[Event]:
    """Text records that are what they were committed to, none when the file was purged; `verify_texts` names others."""
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                record = parsed(line)
                if record is not None and _problem(record) is None:
                    yield record


@dataclass(frozen=True)
class KeptTexts:
    """What of the texts beside a chain is what was asked and answered."""

    kept: int
    problems: tuple[tuple[str, str | None], ...] = ()  # what is wrong, and the call that the chain names for it
    unnamed: int = 0  # written just before a line that did not come yet, or never: the process was killed
    torn_tail: bool = False


def verify_texts(path: Path, events: Iterable[Event]) -> KeptTexts:
    """Check each text against its commitment, and that against the lines of the session.

    Which texts are not there tells nothing: they need not have been kept, and may be purged.
    """
    named, ended = _named(events)
    lines = path.read_bytes().split(b"\n")
    torn = bool(lines.pop())
    kept = unnamed = 0
    problems: list[tuple[str, str | None]] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        record = parsed(line) or {}
        mark, call = str(record.get("commitment")), record.get("invocation")
        about = named.get(mark)
        problem = _problem(record) if record else "not a whole line"
        if problem is None and mark in seen:
            problem = "the same text twice"
        elif problem is None and about is not None:
            problem = next((f"its {k} is not that of its line" for k in about if record.get(k) != about[k]), None)
        elif problem is None and isinstance(call, str) and call in ended:
            problem = "a text that its call did not commit to"
        seen.add(mark)
        if problem:
            call = about["invocation"] if about else call
            problems.append((f"{path.name} line {number}: {problem}", call if isinstance(call, str) else None))
        elif about is None:
            unnamed += 1
        else:
            kept += 1
    return KeptTexts(kept, tuple(problems), unnamed, torn)


def _named(events: Iterable[Event]) -> tuple[dict[str, Event], set[str]]:
    """What the lines say of each commitment, and the calls that have ended."""
    named: dict[str, Event] = {}
    ended: set[str] = set()
    for event in events:
        if event.get("type") != "invocation" or event.get("status") == "started":
            continue
        call = event.get("id")
        if isinstance(call, str):
            ended.add(call)
        for part, ref in references(event):
            if isinstance(ref.get("commitment"), str):
                named[ref["commitment"]] = {"invocation": call, "part": part, "time": event.get("time")}
    return named, ended


def _problem(record: Event) -> str | None:
    """What is wrong with a text record by itself."""
    mark, nonce = record.get("commitment"), record.get("nonce")
    if not isinstance(mark, str) or not isinstance(nonce, str) or "value" not in record:
        return "not a record"
    try:
        holds = commitment(bytes.fromhex(nonce), record["value"]) == mark
    except (ValueError, RecursionError):
        holds = False
    return None if holds else "not the text that was committed to"
