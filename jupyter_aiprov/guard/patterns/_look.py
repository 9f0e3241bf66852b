"""What tells by one look whether a rule has anything to read in a text, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import AnyStr, Final

from jupyter_aiprov.redact import may_hold

Stretch = tuple[int, int]
Rule = Callable[[str], Iterator[Stretch]]
_MARKS: Final = bytes(124 if chr(c) in "|,;\t\n" else 32 for c in range(256))  # between cells
_QUOTES: Final = b"\"' "
_CELL_MAX: Final = 60  # characters
_SAID: Final = 72  # characters: what a word is said of begins 40 behind it, and is not longer than this leaves


def _table(characters: str) -> bytes:
    return bytes(97 if chr(c) in characters else 32 for c in range(256))


DIGITS: Final = _table("0123456789-")
NUMBER: Final = _table("0123456789 .-\u00a0?AaBb()")  # `?` stands for what is beyond Latin-1: narrow spaces
_FOREIGN_DIGIT: Final = re.compile(
    "[\u0660-\u0669\u06f0-\u06f9\u07c0-\u07c9\u0966-\u096f\u09e6-\u09ef\u0a66-\u0a6f\u0ae6-\u0aef\u0b66-\u0b6f"
    "\u0be6-\u0bef\u0c66-\u0c6f\u0ce6-\u0cef\u0d66-\u0d6f\u0e50-\u0e59\u0ed0-\u0ed9\u0f20-\u0f29\u1040-\u1049"
    "\u17e0-\u17e9\u1810-\u1819\uff10-\uff19]"
)


# The first bytes that those have in UTF-8: European and emoji texts have none of them.
_FOREIGN: Final = bytes(100 if c in b"\xd9\xdb\xdf\xe0\xe1\xef" else 32 for c in range(256))


def has_foreign_digit(text: str) -> bool:
    """True where a digit of another script is in the text: `\\d` matches it, tables of bytes do not."""
    if text.isascii() or b"d" not in text.encode("utf-8", "replace").translate(_FOREIGN):
        return False
    return _FOREIGN_DIGIT.search(text) is not None


def has(text: str, table: bytes, least: int) -> bool:
    """True when a run of at least so many of the table's characters is in the text."""
    return b"a" * least in text.encode("latin-1", "replace").translate(table)


def lowered(text: str) -> str:
    """The text in lower case, each character in its place: one letter would grow."""
    low = text.lower()
    return low if len(low) == len(text) else text.replace("\u0130", "i").lower()


def held(low: str, words: tuple[str, ...]) -> Sequence[str]:
    """Those of some words that a text in lower case may hold."""
    known = {word.encode("latin-1", "replace"): word for word in words}
    return [known[word] for word in may_hold(low.encode("latin-1", "replace"), tuple(known))]


def behind(low: str, words: Sequence[str]) -> list[Stretch]:
    """Where something may stand that one of these words is said of: behind each, those that touch joined."""
    out: list[Stretch] = []
    for at in sorted(m for word in words for m in occurrences(low, word)):
        if out and at <= out[-1][1]:
            out[-1] = out[-1][0], at + _SAID
        else:
            out.append((at, at + _SAID))
    return [(begin, min(end, len(low))) for begin, end in out]


def occurrences(text: AnyStr, word: AnyStr) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def cells(low: str, places: Iterable[int]) -> Iterator[Stretch]:
    """The cells of a table that have these places in them, without their quotes; none that is longer than a head."""
    data = low.encode("latin-1", "replace")
    parted, done = data.translate(_MARKS), 0
    for at in places:
        if at < done:
            continue
        begin, end = parted.rfind(b"|", max(0, at - _CELL_MAX), at) + 1, parted.find(b"|", at, at + _CELL_MAX)
        if (begin == 0 and at > _CELL_MAX) or (end < 0 and at + _CELL_MAX < len(data)):
            continue
        done = len(data) if end < 0 else end
        cell = data[begin:done]
        begin += len(cell) - len(cell.lstrip(_QUOTES))
        yield begin, begin + len(cell.strip(_QUOTES))
