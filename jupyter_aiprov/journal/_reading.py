"""What a journal's files hold, and how far their chain holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_aiprov.journal._lines import GENESIS, Event, line_problem, number_of, parsed


def read(path: Path) -> Iterator[Event]:
    """Events of one file; a torn or unreadable line is passed over (`verify` counts it)."""
    with path.open("rb") as file:
        for line in file:
            event = parsed(line)
            if event is not None:
                yield event


@dataclass(frozen=True)
class Verdict:
    """What a chain can show: how far it holds and where it first breaks."""

    lines: int
    head: str
    problems: tuple[str, ...] = ()
    torn_tail: bool = False
    hashes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_whole(self) -> bool:
        """True when every line is the one that was written after the line before it."""
        return not self.problems


def verify(paths: list[Path] | Path) -> Verdict:
    """Check a session's chain over its files in order; a torn last line is said, not a break."""
    prev, expected, hashes, problems, torn = GENESIS, 1, list[str](), list[str](), False
    for path in [paths] if isinstance(paths, Path) else paths:
        raw = path.read_bytes()
        lines = raw.split(b"\n")
        last = lines.pop()
        torn = bool(last)
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            where = f"{path.name} line {number}"
            problem, event = line_problem(line)
            if problem:
                problems.append(f"{where}: {problem}")
                continue
            if event.get("seq") != expected or event.get("prev") != prev:
                problems.append(f"{where}: does not follow the line before (has {event.get('seq')}, not {expected})")
            prev, expected = str(event.get("hash")), number_of(event, expected) + 1
            hashes.append(prev)
    return Verdict(len(hashes), prev, tuple(problems), torn, tuple(hashes))
