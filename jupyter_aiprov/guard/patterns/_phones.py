"""Telephone numbers: international with their country code, French ones, others where the text says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Final

from jupyter_aiprov.guard.patterns._look import (
    NUMBER,
    Stretch,
    behind,
    has,
    has_foreign_digit,
    held,
    lowered,
    occurrences,
)
from jupyter_aiprov.guard.patterns._named import column, fields

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
_BEHIND_KINDS: Final = bytes(c if chr(c) in "+0123456789" else 119 if chr(c).isalnum() else 32 for c in range(256))
# Ten digits as they must stand somewhere, if there is a number at all.
_PAIR_KINDS: Final = bytes(
    49 if 48 <= c <= 57 else 32 if chr(c) in " \u00a0?" else c if chr(c) in ".-/" else 119 for c in range(256)
)
_TEN: Final = (b"1" * 10, *(mark.join([b"11"] * 5) for mark in (b" ", b".", b"-", b" - ", b" / ")))
_FRENCH_ABROAD: Final = re.compile(rf"(?<![\w.,+/-])(?:\+|00)33[ .\u00a0\u202f-]?(?:\(0\)[ ]?)?([1-9]){_PAIRS_OF_FIVE}")
_ABROAD: Final = re.compile(
    r"(?<![\w.,+/-])(?<!\d[ \u00a0\u202f])00(?!33)([1-9]\d{0,2})(?:[ .\u00a0\u202f-]\(?\d{1,4}\)?){3,6}(?![\w%]|[.,]\d)"
)
# The plans of other countries, where the text says that it is a telephone number; (415) 555-2671 says so itself.
_NATIONAL: Final = re.compile(
    r"[(0-9](?<![\w.,+/-].)(?:(?<=\()0?\d{2,4}\)|(?<=0)\d{2,4}|(?<=[2-9])\d\d|(?<=1)[ .-]\(?[2-9]\d\d\)?)"
    r"[ .-]?\d{3,4}(?:[ .-]?\d{2,4}){1,2}(?![\w]|[.,-]\d)"
)
_DRAWN: Final = re.compile(r" \+ \d{1,2}(?!\d)")  # 04 12 23 31 45 + 7
_TEN_LONG: Final = b"a" * 10
_AMERICAN: Final = re.compile(r"\((?<![\w.,+/-]\()[2-9]\d\d\) ?[2-9]\d\d-\d{4}(?![\w]|[.,-]\d)")
_NAME: Final = re.compile(
    r"(?i)(?:n(?:um[ée]ro|[°o])?[_ ]?(?:de[_ ])?)?(?:t[ée]l(?:[ée]phone)?(?:[_ ]\w{1,12})?"
    r"|(?:tele|mobile[_ ]?|cell[_ ]?|home[_ ]?|work[_ ]?)?phone(?:[_ ]?(?:number|no))?|mobile|portable|gsm|fax)"
)
_HEAD_WORDS: Final = ("tel", "tél", "phone", "mobile", "portable", "gsm", "fax")
_FIELD: Final = re.compile(r"\(?\+?\d(?:[ ./()-]{0,2}\d){8,14}")
_CELL: Final = re.compile(rf"[\"' ]*({_FIELD.pattern})[\"' ]*")
_PAIRS: Final = re.compile(rf"(?<!\d)\d\d(?:{_SPACED}\d\d)+(?!\d)")
_MORE_PAIRS: Final = re.compile(rf"\d\d(?:{_SPACED}\d\d)*")
_CALL: Final = re.compile(
    r"(?i)(?:t[ée]l(?:[ée]phone)?|phone|mobile|portable|fax|appel\w*|call\w*|joindre|num[ée]ro|contact)"
    r"\W{0,4}[\w ]{0,12}\W{0,4}\Z"
)
_RING: Final = re.compile(
    r"(?i)(?<![a-z])(?:t[ée]l(?:[ée]phone|efon)?|(?:tele)?phone|mob(?:ile)?|cell|landline|portable|fax|whatsapp|handy|call|ring|dial"
    r"|reach(?:able| \w{2,8}))\.?(?: (?:number|no\.?|nr\.?|is|at|on|me|us|was|her|him|the|home)){0,3}[\s\"':=]{0,5}\Z"
)
_RING_WORDS: Final = (
    "tel",
    "tél",
    "phone",
    "mob",
    "cell",
    "landline",
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
    """What `finditer` gives of a pattern that begins so, behind no letter or digit: a few bytes are found fast."""
    if begun not in text:
        return
    kinds = b" " + text.encode("latin-1", "replace").translate(_BEHIND_KINDS)
    done = 0
    for at in occurrences(kinds, b" " + begun.encode()):
        if at >= done and not (at and text[at - 1].isalnum()) and (match := pattern.match(text, at)):
            done = match.end()
            yield match


def _french(text: str, raw: bytes) -> Iterator[re.Match[str]]:
    """Ten digits, in pairs or in one; not the pairs of a longer row that counts something."""
    counted = _Counted()
    if has_foreign_digit(text):
        for match in _FRENCH.finditer(text):
            if match[2] is not None or not counted.is_in(text, match.start()):
                yield match
        return
    pairs = raw.translate(_PAIR_KINDS)
    if not any(ten in pairs for ten in _TEN):
        return
    mapped = b" " + raw.translate(_ZERO_KINDS)
    at = mapped.find(_BEGUN)
    while at >= 0:
        done = at + 1
        if found := _FRENCH.match(text, at):
            if found[2] is None and counted.is_in(text, at):
                done = max(done, counted.end - 2)  # ten digits in one may begin with the last pair
            else:
                done = found.end()
                yield found
        at = mapped.find(_BEGUN, done)


def phone(text: str) -> Iterator[Stretch]:
    """Telephone numbers: international with their country code, French ones, others where the text says so."""
    seen: set[int] = set()
    for span in _written(text):
        seen.update(range(*span))
        yield span
    if has(text, NUMBER, 9):
        low = lowered(text)
        heads = sorted(at for word in held(low, _HEAD_WORDS) for at in occurrences(low, word))
        named = (*column(text, low, heads, _NAME, _CELL), *fields(text, low, _NAME, _FIELD))
        yield from (span for span in named if span[0] not in seen)


def _written(text: str) -> Iterator[Stretch]:
    """Those that their form, or a word before them, shows."""
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
    raw = text.encode("latin-1", "replace")
    abroad_too = [_matches(_FRENCH_ABROAD, text, code) for code in ("+33", "0033")]
    for match in chain(_french(text, raw), *abroad_too):
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
        if not compact and (_counts_up(match[0]) or _DRAWN.match(text, match.end())):
            continue
        yield match.span()
    for match in _matches(_ABROAD, text, "00"):
        if 9 <= sum(map(str.isdigit, match[0])) - 2 <= 15 and _dialled(re.sub(r"\D", "", match[0])[2:]):
            abroad.update(range(*match.span()))
            yield match.span()
    american = {m.start(): m.end() for m in _AMERICAN.finditer(text) if m.start() not in abroad}
    yield from american.items()
    low, numbers = lowered(text), raw.translate(NUMBER)
    for begin, end in behind(low, held(low, _RING_WORDS)):
        if numbers.find(_TEN_LONG, begin, end) < 0:
            continue
        for match in _NATIONAL.finditer(text, begin, end):
            at = match.start()
            if match[0].isdigit() or at in abroad or at in american:
                continue
            if _FRENCH.match(text, at) or _FRENCH_ABROAD.match(text, at):
                continue
            if 10 <= sum(map(str.isdigit, match[0])) <= 12 and _RING.search(text, max(0, at - 40), at):
                yield match.span()


def _counts_up(number: str) -> bool:
    """01 02 03 04 05, 06 12 18 24 30: steps of a scale."""
    pairs = [int(pair) for pair in re.findall(r"\d\d", number)]
    return number[0] == "0" and len({other - one for one, other in pairwise(pairs)}) == 1


class _Counted:
    """The row of two-digit numbers that was looked at last: it is read once, however many numbers it may be."""

    def __init__(self) -> None:
        self.end, self._is_counting = 0, False

    def is_in(self, text: str, at: int) -> bool:
        """True in a row of pairs that is not made of telephone numbers: five pairs each, a 0 first."""
        if at < self.end:
            return self._is_counting
        begin = at
        while begin >= 3 and text[begin - 1] in " \u00a0\u202f" and text[begin - 3 : begin - 1].isdigit():
            begin -= 3
        row = _PAIRS.match(text, begin)
        if row is None:  # it goes on from a longer number: a date, a measurement
            more = _MORE_PAIRS.match(text, at)
            self.end, self._is_counting = more.end() if more else at, True
            return begin < at
        self.end, count = row.end(), (row.end() - begin + 1) // 3
        self._is_counting = count > 6 and not (count % 5 == 0 and not row[0][::15].strip("0"))
        return self._is_counting
