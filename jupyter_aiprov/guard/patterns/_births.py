"""Dates of birth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jupyter_aiprov.guard.patterns._look import Stretch, cells, held, lowered, occurrences
from jupyter_aiprov.guard.patterns._named import fields
from jupyter_aiprov.guard.patterns._printed import printed

_MONTH = (
    "(?:jan(?:uary|vier)?|feb(?:ruary)?|f[ée]v(?:rier)?|mar(?:ch|s)?|apr(?:il)?|avr(?:il)?|may|mai|june?|juin|july?"
    "|juil(?:let)?|aug(?:ust)?|ao[uû]t|sep(?:t(?:ember|embre)?)?|oct(?:ober|obre)?|nov(?:ember|embre)?"
    "|d[ée]c(?:ember|embre)?|enero|febrero|mar[zç]o|ma[iy]o|jun[ih]o|jul[ih]o|agosto|setiembre|septiembre|octubre|noviembre"
    "|diciembre|abril|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|januar|februar|märz|juni|juli"
    "|oktober|dezember)"
)
_DAY, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:1[89]|20)\d\d"
_DATE = (
    rf"(?:{_DAY}[ ./-]{_DAY}[ ./-](?:1[89]|20)?\d\d|{_YEAR}[ ./-](?:0?[1-9]|1[0-2])[ ./-]{_DAY}"
    rf"|{_DAY}-{_MONTH}-{_YEAR}|{_DAY}(?:er|st|nd|rd|th|\.)? (?:of |de )?{_MONTH}\.?,? (?:de )?{_YEAR}"
    rf"|{_MONTH}\.? {_DAY}(?:st|nd|rd|th)?,? {_YEAR})(?!\d)"
)
_BORN = (
    r"(?:born(?:_on)?|birth[ _-]?(?:date|day|time)|bday|date[ _-]?of[ _-]?birth|d\.?o\.?b\.?"
    r"|n\\'\{?e\}?(?:\(e\)|e)?(?= le\b)|n(?:é|e\u0301?)(?:\(e\)|\.e|·e|e)?(?= le\b)"
    r"|née?(?= \d| [a-zéèê]{6,20} le \d| à [\w'’-]{2,16} le \d)|\bb\.(?= \d)"
    r"|date[ _-]?(?:de[ _-]?)?naissance|naissance|naiss|ddn|turn(?:s|ed) \d{1,3}(?= on )"
    r"|geboren|geburtsdatum|geboortedatum|nacimiento|nascimento|nascita|anniversaire(?=\s?:))"
)
_WHOLE = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"  # 19870214
_COMPARED = r"(?![^\n\d]{0,24}?\s[<>]=?\s)"  # `dob > '1990-01-01'` asks about many people
_BIRTH: Final = re.compile(
    rf"(?i)(?:(?<![a-zéè])|(?-i:(?<=[a-z])(?=[A-Z]))){_BORN}(?![a-z]){_COMPARED}[^\n\d]{{0,24}}?(?<!\d)({_DATE}|{_WHOLE})"
)
_BIRTH_HEAD: Final = re.compile(rf"(?i){_BORN}(?: le)?")
_ENDS: Final = re.compile(r"""(?:[ée]|\(e\)|[.·]e)?(?: le)?["' ]*[,;\t|\n]""")  # of a cell
_DATE_ALONE: Final = re.compile(rf"(?i){_DATE}|{_WHOLE}")
_DATE_CELL: Final = re.compile(rf"(?i)(?<![\d-]){_DATE}")
_HEAD_WORDS: Final = ("born", "birth", "bday", "dob", "d.o.b", "naiss", "ddn", "nacimiento", "nascita")
_BIRTH_WORDS: Final = (
    *_HEAD_WORDS,
    *("turn", "geboren", "geburtsdatum", "geboortedatum", "nascimento", "anniversaire"),
    *("né", "ne le", "nee le", "ne(e) le", "ne.e le", "ne·e le", "ne\u0301", "n\\'e", "n\\'{e", "b. "),
)
_CARD: Final = "bday;value="  # a line of a vCard, no head
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzéè")
_ONES: Final = bytes(49 if 48 <= c <= 57 else 32 for c in range(256))
_REACH: Final = 80  # characters from the word to the first digit of its date, at most
_LINE_MAX: Final = 500  # characters of a head
_BEFORE: Final = 10  # characters: `date of ` birth, `date de ` naissance


def birth_date(text: str) -> Iterator[Stretch]:
    """Dates that the words around them, or the head of their column, call dates of birth."""
    low = lowered(text)
    seen: set[int] = set()
    places = {word: list(_places(text, low, word)) for word in held(low, _BIRTH_WORDS)}
    begins = {begin for word, found in places.items() for at in found for begin in _begins(low, word, at)}
    ones = text.encode("latin-1", "replace").translate(_ONES) if begins else b""
    for at in sorted(begins):
        if ones.find(b"1", at, at + _REACH) < 0:
            continue
        if (match := _BIRTH.match(text, at)) and match.start(1) not in seen:
            seen.add(match.start(1))
            yield match.span(1)
    heads = sorted(
        at
        for word, found in places.items()
        for at in found
        if not low.startswith(_CARD, at) and (word in _HEAD_WORDS or _ENDS.match(low, at + len(word)))
    )
    done = 0
    for begin, end in cells(low, heads):
        if begin >= done and _BIRTH_HEAD.fullmatch(text, begin, end) and (table := _table(text, begin, end)):
            done = table[1]
            for date in _DATE_CELL.finditer(text, *table):
                if date.start() not in seen:
                    seen.add(date.start())
                    yield date.span()
    for span in (*printed(text, heads, _BIRTH_HEAD, _DATE_ALONE), *fields(text, low, _BIRTH_HEAD, _DATE_ALONE)):
        if span[0] not in seen:
            seen.add(span[0])
            yield span


def _places(text: str, low: str, word: str) -> Iterator[int]:
    """Where the word stands; the short ones not in the midst of another (don*né*es), but for a capital (date*Né*)."""
    for at in occurrences(low, word):
        if word in _HEAD_WORDS or not (at and low[at - 1] in _LETTERS and text[at].islower()):
            yield at


def _begins(low: str, word: str, at: int) -> Iterator[int]:
    """Where what says birth may begin, when this word of it is there."""
    yield at
    if word in {"birth", "naiss"} and (before := low.rfind("date", max(0, at - _BEFORE), at)) >= 0:
        yield before


def _table(text: str, begin: int, end: int) -> Stretch | None:
    """The rows of a table, one cell of whose head is this, as far as it goes; there are other columns."""
    line = text.find("\n", end, end + _LINE_MAX)
    least = max(0, begin - _LINE_MAX)
    head = text[max(least, text.rfind("\n", least, begin)) : max(line, 0)]
    if not any(mark in head for mark in ",;\t|"):
        return None
    blank = text.find("\n\n", line)
    return line, blank if blank > 0 else len(text)
