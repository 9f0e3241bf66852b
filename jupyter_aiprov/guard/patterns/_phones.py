"""Telephone numbers: international with their country code, French ones, others where the text says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from jupyter_aiprov.guard.patterns._look import FOREIGN_DIGIT, NUMBER, Stretch, behind, has, held, occurrences

_E164: Final = re.compile(
    r"(?<![\w)+.*/-])\+(?:\(?[1-9]\d{0,2}\)?)(?:[ .\u00a0\u202f-]?\(?\d{1,4}\)?){2,6}(?![\w%]|[.,]\d)"
)
_CODES: Final = re.compile(
    r"1|7|2(?:0|7|[1-689]\d)|3(?:[0-469]|[578]\d)|4(?:[013-9]|2\d)|5(?:[1-8]|[09]\d)|6(?:[0-6]|[789]\d)"
    r"|8(?:[1246]|[0578]\d)|9(?:[0-58]|[679]\d)"
)
_SPACED = "[ \u00a0\u202f]"
_DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2212"
_PAIRS_OF_FIVE = (
    rf"(?:(?:{_SPACED}\d\d){{4}}|(?:\.\d\d){{4}}|(?:-\d\d){{4}}|(?: [-/] \d\d){{4}}|(\d{{8}}))(?![\w]|[.,-]\d)"
)
# What must be there comes first, what may not stand before it behind: a search for one character is fast.
_FRENCH: Final = re.compile(rf"0(?<![\w.,+/-]0)([1-9]){_PAIRS_OF_FIVE}")
# A zero and another digit, with nothing before them that would make them part of something else.
_ZERO_KINDS: Final = bytes(
    48 if c == 48 else 49 if 49 <= c <= 57 else 119 if chr(c).isalnum() or chr(c) in "_.,+/-" else 32
    for c in range(256)
)
_BEGUN: Final = b" 01"
_FRENCH_ABROAD: Final = re.compile(rf"(?<![\w.,+/-])(?:\+|00)33[ .\u00a0\u202f-]?(?:\(0\)[ ]?)?([1-9]){_PAIRS_OF_FIVE}")
# The plans of other countries, where the text says that it is a telephone number; (415) 555-2671 says so itself.
_NATIONAL: Final = re.compile(
    r"(?<![\w.,+/-])(?:\(0?\d{2,4}\)|0\d{2,4}|[2-9]\d\d)[ .-]?\d{3,4}(?:[ .-]?\d{2,4}){1,2}(?![\w]|[.,-]\d)"
)
_AMERICAN: Final = re.compile(r"\((?<![\w.,+/-]\()[2-9]\d\d\) ?[2-9]\d\d-\d{4}(?![\w]|[.,-]\d)")
_PAIRS: Final = re.compile(rf"(?<!\d)\d\d(?:{_SPACED}\d\d)+(?!\d)")
_MORE_PAIRS: Final = re.compile(rf"\d\d(?:{_SPACED}\d\d)*")
_CALL: Final = re.compile(
    r"(?i)(?:t[ée]l(?:[ée]phone)?|phone|mobile|portable|fax|appel\w*|call\w*|joindre|num[ée]ro|contact)"
    r"\W{0,4}[\w ]{0,12}\W{0,4}\Z"
)
_RING: Final = re.compile(
    r"(?i)(?<![a-z])(?:t[ée]l(?:[ée]phone|efon)?|(?:tele)?phone|mobile|cell|portable|fax|whatsapp|handy|call|ring|dial"
    r"|reach(?:able| \w{2,8}))\.?(?: (?:number|no\.?|nr\.?|is|at|on|me|us|was|her|him|the|home)){0,3}[\s\"':=]{0,5}\Z"
)
_RING_WORDS: Final = (
    "tel",
    "tél",
    "phone",
    "mobile",
    "cell",
    "portable",
    "fax",
    "whatsapp",
    "handy",
    "call",
    "ring",
    "dial",
    "reach",
)


def _dialled(digits: str) -> bool:
    """A country code in use, and eleven digits where the plan says so."""
    code = _CODES.match(digits)
    whole = len(digits) == 11 or code is None or code[0] not in {"1", "7", "33"} or digits.startswith("330")
    return code is not None and whole and len(set(digits)) > 2


def _matches(pattern: re.Pattern[str], text: str, begun: str) -> Iterator[re.Match[str]]:
    """What `finditer` gives of a pattern that begins so: a search for a few characters is fast."""
    done = 0
    for at in occurrences(text, begun):
        if at >= done and not (at and text[at - 1].isalnum()) and (match := pattern.match(text, at)):
            done = match.end()
            yield match


def _french(text: str) -> Iterator[re.Match[str]]:
    """Ten digits, in pairs or in one."""
    if not text.isascii() and FOREIGN_DIGIT.search(text):
        yield from _FRENCH.finditer(text)
        return
    mapped = b" " + text.encode("latin-1", "replace").translate(_ZERO_KINDS)
    done = 0
    for at in occurrences(mapped, _BEGUN):
        if at >= done and (match := _FRENCH.match(text, at)):
            done = match.end()
            yield match


def phone(text: str) -> Iterator[Stretch]:
    """Telephone numbers: international with their country code, French ones, others where the text says so."""
    taken, abroad = -1, set[int]()
    if "+" in text:
        for match in _matches(_E164, text, "+"):
            digits = re.sub(r"\D", "", match[0])
            if 9 <= len(digits) <= 15 and _dialled(digits):
                taken = match.end()
                abroad.update(range(*match.span()))
                yield match.span()
    if not has(text, NUMBER, 10):
        return
    for dash in () if text.isascii() else _DASHES:
        text = text.replace(dash, "-")
    counted = _Counted()
    abroad_too = [_matches(_FRENCH_ABROAD, text, code) for code in ("+33", "0033")]
    for match in chain(_french(text), *abroad_too):
        if match.start() < taken and match[0][0] == "+":
            continue
        compact = match[2] is not None
        if match[0][0] == "+" and compact:
            continue  # already found as an international number
        if match[0] == "0123456789":
            continue
        # A bare run of ten digits is a telephone number for mobiles (06, 07); else something must say so.
        if compact and match[1] not in "67" and not _CALL.search(text, max(0, match.start() - 32), match.start()):
            continue
        if not compact and match[0][0] == "0" and counted.is_in(text, match.start()):
            continue
        yield match.span()
    american = {m.start(): m.end() for m in _AMERICAN.finditer(text) if m.start() not in abroad}
    yield from american.items()
    low = text.lower()
    for begin, end in behind(low, held(low, _RING_WORDS)) if len(low) == len(text) else [(0, len(text))]:
        for match in _NATIONAL.finditer(text, begin, end):
            at = match.start()
            if match[0].isdigit() or at in abroad or at in american:
                continue
            if _FRENCH.match(text, at) or _FRENCH_ABROAD.match(text, at):
                continue
            if 10 <= sum(map(str.isdigit, match[0])) <= 12 and _RING.search(text, max(0, at - 40), at):
                yield match.span()


class _Counted:
    """The row of two-digit numbers that was looked at last: it is read once, however many numbers it may be."""

    def __init__(self) -> None:
        self._end, self._is_counting = 0, False

    def is_in(self, text: str, at: int) -> bool:
        """True in a row of pairs that is not made of telephone numbers: five pairs each, a 0 first."""
        if at < self._end:
            return self._is_counting
        begin = at
        while begin >= 3 and text[begin - 1] in " \u00a0\u202f" and text[begin - 3 : begin - 1].isdigit():
            begin -= 3
        row = _PAIRS.match(text, begin)
        if row is None:  # it goes on from a longer number: a date, a measurement
            more = _MORE_PAIRS.match(text, at)
            self._end, self._is_counting = more.end() if more else at, True
            return begin < at
        pairs = re.findall(r"\d\d", row[0])
        self._end = row.end()
        self._is_counting = len(pairs) > 6 and not (len(pairs) % 5 == 0 and all(p[0] == "0" for p in pairs[::5]))
        return self._is_counting
