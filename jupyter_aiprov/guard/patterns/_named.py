"""Values whose place in a text names them: columns of tables, SQL's INSERT, the fields of HL7's PID."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from jupyter_aiprov.guard.patterns._look import Stretch, cells, occurrences

_DELIMITER: Final = re.compile(r"[,;\t|]")
_HEADS_MAX, _ROWS_MAX = 8, 10_000
_INSERT: Final = re.compile(r"insert into [^\s(]{1,80}\s{0,4}\(([^()]{1,2000})\)\s{0,4}values\s{0,4}(?=\()")
_VALUE: Final = re.compile(
    r"""\s*(?:(?:[A-Za-z]{1,12}\s+)?'((?:[^']|''){0,4000})'|"([^"]{0,4000})"|([^,()'"]{0,200}))\s*([,)])"""
)
_BETWEEN: Final = re.compile(r"\s*,\s*\(")
_PID: Final = {3: "patient_id", 7: "birth_date", 13: "phone", 14: "phone"}
_SEGMENT: Final = re.compile(r"""(?<![^\n\r\v"'])PID\|[^\n\r"']{0,2000}""")


def column(
    text: str, low: str, places: Iterable[int], head: re.Pattern[str], cell: re.Pattern[str]
) -> Iterator[Stretch]:
    """The cells of a table under a head that matches, as far as the table goes; `cell` names its value by group 1."""
    heads = ((begin, end) for begin, end in cells(low, places) if head.fullmatch(text, begin, end))
    for begin, end in islice(heads, _HEADS_MAX):
        place = len(_DELIMITER.findall(text, text.rfind("\n", 0, begin) + 1, begin))
        at = text.find("\n", end) + 1
        for _ in range(_ROWS_MAX if at else 0):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            bounds = [at - 1, *(m.start() for m in _DELIMITER.finditer(text, at, end)), end]
            if end == at or len(bounds) < place + 2:
                break
            if found := cell.fullmatch(text, bounds[place] + 1, bounds[place + 1]):
                yield found.span(1)
            at = end + 1


def fields(text: str, low: str, name: re.Pattern[str], value: re.Pattern[str]) -> Iterator[Stretch]:
    """What an INSERT or a PID segment says under a name that matches, where it is such a value."""
    for called, span in (*_inserted(text, low), *_segments(text)):
        if name.fullmatch(called) and value.fullmatch(text, *span):
            yield span


def _inserted(text: str, low: str) -> Iterator[tuple[str, Stretch]]:
    """Columns of `INSERT INTO t (…) VALUES (…), (…)` with the places of their values."""
    done = 0
    for at in occurrences(low, "insert into "):
        begun = _INSERT.match(low, at) if at >= done else None
        if begun is None:
            continue
        names = [one.strip(" \t\n`\"'[]") for one in begun[1].split(",")]
        done = begun.end() + 1
        for _ in range(_ROWS_MAX):
            number, found = 0, _VALUE.match(text, done)
            while found is not None:
                group = next(g for g in (1, 2, 3) if found[g] is not None)
                if number < len(names):
                    yield names[number], _trimmed(text, *found.span(group))
                number, done = number + 1, found.end()
                found = _VALUE.match(text, done) if found[4] == "," else None
            following = _BETWEEN.match(text, done)
            if following is None:
                break
            done = following.end()


def _trimmed(text: str, begin: int, end: int) -> Stretch:
    value = text[begin:end]
    begin += len(value) - len(value.lstrip())
    return begin, begin + len(value.strip())


def _segments(text: str) -> Iterator[tuple[str, Stretch]]:
    """The first component of those fields of HL7's PID segments that name a person."""
    for segment in _SEGMENT.finditer(text) if "PID|" in text else ():
        begin = segment.start()
        for number, field in enumerate(segment[0].split("|")):
            if number in _PID:
                yield _PID[number], (begin, begin + len(field.split("^", 1)[0]))
            begin += len(field) + 1
