"""Dates of birth."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from jupyter_aiprov.guard.patterns._look import Stretch, held, occurrences
from jupyter_aiprov.guard.patterns._printed import printed

_MONTH = (
    "(?:jan(?:uary|vier)?|feb(?:ruary)?|f[ée]v(?:rier)?|mar(?:ch|s)?|apr(?:il)?|avr(?:il)?|may|mai|june?|juin|july?"
    "|juil(?:let)?|aug(?:ust)?|ao[uû]t|sep(?:t(?:ember|embre)?)?|oct(?:ober|obre)?|nov(?:ember|embre)?"
    "|d[ée]c(?:ember|embre)?)"
)
_DAY, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:1[89]|20)\d\d"
_DATE = (
    rf"(?:{_DAY}[ ./-]{_DAY}[ ./-](?:1[89]|20)?\d\d|{_YEAR}[ ./-](?:0?[1-9]|1[0-2])[ ./-]{_DAY}"
    rf"|{_DAY}-{_MONTH}-{_YEAR}|{_DAY}(?:er|st|nd|rd|th)? (?:of )?{_MONTH}\.?,? {_YEAR}"
    rf"|{_MONTH}\.? {_DAY}(?:st|nd|rd|th)?,? {_YEAR})(?!\d)"
)
_BORN = (
    r"(?:born(?:_on)?|birth[ _-]?(?:date|day)|date[ _-]?of[ _-]?birth|d\.?o\.?b\.?"
    r"|n\\'\{?e\}?(?:\(e\)|e)?(?= le\b)|n(?:é|e|é)(?:\(e\)|\.e|·e|e)?(?= le\b)"
    r"|née?(?= \d| [a-zéèê]{6,20} le \d| à [\w'’-]{2,16} le \d)|\bb\.(?= \d)"
    r"|date[ _-]?(?:de[ _-]?)?naissance|naissance|naiss|ddn)"
)
_WHOLE = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"  # 19870214
_COMPARED = r"(?![^\n\d]{0,24}?\s[<>]=?\s)"  # `dob > '1990-01-01'` asks about many people
_BIRTH: Final = re.compile(
    rf"(?i)(?:(?<![a-zéè])|(?-i:(?<=[a-z])(?=[A-Z]))){_BORN}(?![a-z]){_COMPARED}[^\n\d]{{0,24}}?(?<!\d)({_DATE}|{_WHOLE})"
)
_BIRTH_CELL: Final = re.compile(rf"""(?i)(?:^|[,;\t|])["' ]*{_BORN}["' ]*(?=[,;\t|]|$)""")
_BIRTH_HEAD: Final = re.compile(rf"(?i){_BORN}")
_DATE_ALONE: Final = re.compile(rf"(?i){_DATE}|{_WHOLE}")
_DATE_CELL: Final = re.compile(rf"(?i)(?<![\d-]){_DATE}")
_BIRTH_WORDS: tuple[str, ...] = (
    "born",
    "birth",
    "dob",
    "d.o.b",
    "naiss",
    "ddn",
    "é le",
    "ée le",
    "e le",
    "(e) le",
    "·e le",
)
_BIRTH_WORDS += ("né ", "née ", "b. ")


_AROUND: Final = 96  # characters


def birth_date(text: str) -> Iterator[Stretch]:
    """Dates that the words around them, or the head of their column, call dates of birth."""
    low = text.lower()
    if len(low) != len(text):  # a few letters grow when lowered; places must stay
        low = text
    seen: set[int] = set()
    words = held(low, _BIRTH_WORDS)
    places = sorted({at for word in words for at in occurrences(low, word)})
    begin = 0
    ends = [*places[1:], len(text) + 2 * _AROUND] if places else []
    for at, following in zip(places, ends, strict=True):
        if following - at > _AROUND:  # windows that touch are read as one
            first = places[begin]
            begin = bisect_right(places, at)
            for match in _BIRTH.finditer(text, max(0, first - 16), at + 80):
                if match.start(1) not in seen:
                    seen.add(match.start(1))
                    yield match.span(1)
    heads = sorted(at for word in words if word[-1] not in "e " for at in occurrences(low, word))
    for at in heads:
        yield from _birth_column(text, at, seen)
    for span in printed(text, heads, _BIRTH_HEAD, _DATE_ALONE):
        if span[0] not in seen:
            yield span


def _birth_column(text: str, at: int, seen: set[int]) -> Iterator[Stretch]:
    """The dates of a table under a head that says birth, as far as the table goes."""
    begin, end = text.rfind("\n", max(0, at - 500), at) + 1, text.find("\n", at, at + 500)
    if end < 0 or not any(d in text[begin:end] for d in ",;\t|") or not _BIRTH_CELL.search(text[begin:end]):
        return
    blank = text.find("\n\n", end)
    for match in _DATE_CELL.finditer(text, end, blank if blank > 0 else len(text)):
        if match.start() not in seen:
            seen.add(match.start())
            yield match.span()
