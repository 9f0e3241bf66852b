"""Numbers and dates as what they are, however they are written.

`1234567.5`, `1,234,567.50`, `1 234 567,5` and `1.2345675e6` are one number; `1953-04-17`, `17/04/1953`
and `17 avril 1953` one day. Where `03/04/2020` may be two days, it is both.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

Place = tuple[int, int]
Figure = tuple[tuple[float, ...], Place]  # what a number may stand for, and where it is

DISTINCT: Final = 6  # significant digits that make a number nobody else's
# A text as a reader of numbers sees it, a byte a character: digits, `.`, `,`, `e`; other letters are `a`, spaces that
# stand inside numbers `'`; all else parts.
_CLASSES: Final = bytes(
    c if chr(c) in "0123456789.,'e " else {0x45: 101, 0xA0: 39, 0x5F: 97}.get(c, 97 if chr(c).isalnum() else 10)
    for c in range(256)
)
_THIN: Final = re.compile("[\u202f\u2009\u2007]")
_EXPONENT: Final = b"1e\n"
_SIGNED: Final = b"\n+-" + _CLASSES[3:]
_NO_EXPONENT: Final = re.compile(rb"e[-+](?:(?<![0-9]e[-+])|(?![0-9]))")
_ONES: Final = bytes(49 if 48 <= c <= 57 else c for c in range(256))
_SPACED: Final = re.compile(rb"(?<![a-z0-9.'])[0-9]{1,3}(?: [0-9]{3}){1,4}(?:[.,][0-9]{1,12})?(?![0-9a-z]|[.,][0-9])")
_WHOLE: Final = re.compile(rb"[0-9]{1,15}(?:[.,][0-9]{1,15})?(?:e[-+]?[0-9]{1,2})?")
_PARTED: Final = re.compile(
    rb"[0-9]{1,3}(?:(?:,[0-9]{3}){1,4}(?:\.[0-9]{1,12})?|(?:\.[0-9]{3}){1,4}(?:,[0-9]{1,12})?|(?:'[0-9]{3}){1,4}(?:[.,][0-9]{1,12})?)"
)
_AMBIGUOUS: Final = re.compile(rb"[0-9]{1,3}[.,][0-9]{3}")
_GROUP: Final = re.compile(rb" 111(?<=1 111)(?!1)")
_TOKEN: Final = re.compile(rb"[^ \n]+")
_PLAIN: Final = b"0123456789."
_WORDY: Final = b"ae.,'"
_ENDS: Final = b".,'"
_POINT: Final = 46
_LONGEST: Final = 15
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        "jan janv january janvier|feb fev fév february février fevrier|mar mars march|apr avr april avril|may mai"
        "|jun juin june|jul juil july juillet|aug août aout august|sep sept september septembre|oct october octobre"
        "|nov november novembre|dec déc december décembre decembre".split("|"),
        1,
    )
    for name in names.split()
}
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_AROUND: Final = 24  # characters that a day takes before or behind its year
_NAME: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE: Final = re.compile(
    r"(?i)(?<![\w.])(?:(?P<y>(?:19|20)\d\d)(?P<s>[-/. ]?)(?P<m>\d\d?)(?P=s)(?P<d>\d\d?)(?!\d)"
    r"|(?P<a>\d\d?)(?P<t>[-/. ])(?P<b>\d\d?)(?P=t)(?P<z>(?:19|20)\d\d)(?!\d)"
    rf"|(?P<e>\d\d?)(?:er|st|nd|rd|th)?[ -](?:of )?(?P<n>{_NAME})\.?,?[ -](?P<w>(?:19|20)\d\d)(?!\d)"
    rf"|(?P<o>{_NAME})\.? (?P<f>\d\d?)(?:st|nd|rd|th)?,? (?P<v>(?:19|20)\d\d)(?!\d))"
)


def _classed(text: str) -> bytes:
    """The text in `_CLASSES`, each character in its place."""
    if not text.isascii():
        text = _THIN.sub("\xa0", text)
    raw = text.encode("latin-1", "replace")
    data = raw.translate(_CLASSES)
    ones = data.translate(_ONES)
    if _EXPONENT in ones:  # the sign of an exponent does not part
        data = raw.lower().replace(b"e+", b"e\1").replace(b"e-", b"e\2").translate(_SIGNED)
        data = _NO_EXPONENT.sub(b"e\n", data)  # other signs part by now
    if b"1 111" in ones:
        data = _joined(data, ones)
    return data


def _joined(data: bytes, ones: bytes) -> bytes:
    """With the spaces inside `1 234 567` as such."""
    out, done = bytearray(data), 0
    for match in _GROUP.finditer(ones):
        if match.start() >= done:
            begin = match.start() - 1
            while begin > 0 and ones[begin - 1] == 49 and match.start() - begin < 4:
                begin -= 1
            if found := _SPACED.match(data, begin):
                done = found.end()
                out[begin:done] = found[0].replace(b" ", b"'")
    return bytes(out)


def _read(token: bytes, at: int = 0) -> Iterator[tuple[tuple[bytes, ...], Place]]:
    """The numbers in a token as Python writes them, with their places; `1,234` is two numbers to two readers."""
    bare = token.rstrip(_ENDS).lstrip(b",'")
    at += len(token) - len(token.lstrip(b",'"))
    if _WHOLE.fullmatch(bare):
        first = bare.replace(b",", b".")
        second = (first.replace(b".", b""),) if _AMBIGUOUS.fullmatch(bare) else ()
        yield (first, *second), (at, at + len(bare))
    elif _PARTED.fullmatch(bare):
        mark = b"'" if b"'" in bare else min(b",", b".", key=lambda m: bare.find(m) % (len(bare) + 1))
        yield (bare.replace(mark, b"").replace(b",", b"."),), (at, at + len(bare))
    else:
        for mark in (b",", b"'"):
            if mark in bare:
                for part in bare.split(mark):
                    yield from _read(part, at)
                    at += len(part) + 1
                return


def number(text: str) -> float | None:
    """The number that a text is as a whole."""
    found = list(numbers(text))
    return found[0][0][0] if len(found) == 1 and found[0][1] == (0, len(text)) else None


def numbers(text: str) -> Iterator[Figure]:
    """Each number of a text, as what it may stand for, with where it stands."""
    for token in _TOKEN.finditer(_classed(text)):
        for literals, place in _read(token[0], token.start()):
            yield tuple(map(float, literals)), place


def last_of_rows(text: str, found: list[Figure]) -> list[Figure]:
    """Those that no other number follows behind a comma, in the same row of cells."""
    ends = [m.end() for m in _TOKEN.finditer(_classed(text))]
    out: list[Figure] = []
    token = -1
    for figure in found:
        here = bisect_left(ends, figure[1][1])
        if here == token:
            out[-1] = figure
        else:
            out.append(figure)
        token = here
    return out


def rows_of(text: str) -> bytes:
    """The text in `_CLASSES`, without the commas that end a row or stand before a space."""
    return _classed(text).replace(b", ", b"  ").replace(b",\n", b" \n")


def literals(text: str) -> tuple[list[bytes], list[bytes]]:
    """The numbers of a text as first read, without their places; and only the last of each row of cells.

    What `numbers` says, three times as fast.
    """
    found: list[bytes] = []
    last: list[bytes] | None = None
    for token in rows_of(text).split():
        if not token.strip(_PLAIN):
            is_one = len(token) <= _LONGEST and token[0] != _POINT and token.count(b".") < 2
            row = [token] if is_one else _firsts(token)
            found += row
            if last is not None:
                last += row[-1:]
        elif token.strip(_WORDY) and (b"," in token or b"'" in token or b"a" not in token):
            row = cells(token)
            if len(row) > 1 and last is None:
                last = found.copy()
            found += row
            if last is not None:
                last += row[-1:]
    return found, found if last is None else last


def _firsts(token: bytes) -> list[bytes]:
    return [first for (first, *_), _ in _read(token)]


def cells(token: bytes) -> list[bytes]:
    """The numbers of a row of cells, or of the one number that it is."""
    bare = token.rstrip(_ENDS).lstrip(b",'")
    comma = bare.rfind(b",")
    before = bare.rfind(b",", 0, comma) if comma > 0 else -1
    if comma < 0 or ((before < 0 or comma - before == 4) and (_WHOLE.fullmatch(bare) or _PARTED.fullmatch(bare))):
        return _firsts(bare)
    out: list[bytes] = []
    for cell in bare.split(b","):
        if not cell.strip(_PLAIN):
            if len(cell) <= _LONGEST and cell and cell[0] != _POINT and cell.count(b".") < 2:
                out.append(cell)
            else:
                out += _firsts(cell)
        elif cell.strip(_WORDY) and (b"'" in cell or b"a" not in cell):
            out += _firsts(cell)
    return out


def second(found: list[bytes]) -> list[bytes]:
    """The other readings: `1.234` and `1,234` may be 1234."""
    return [t.replace(b".", b"") for t in found if t[-4:-3] == b"." and 4 < len(t) < 8 and b"e" not in t]


def digits(value: float) -> int:
    """How many significant digits a number has: with six it is told from most others."""
    return len(f"{abs(value):.12g}".partition("e")[0].replace(".", "").strip("0"))


def rounded(value: float) -> float:
    """To three significant digits, as tables are printed."""
    return float(f"{value:.3g}")


def all_rounded(values: Sequence[float]) -> list[float]:
    """Each of them rounded, in one go."""
    return list(map(float, ("%.3g " * len(values) % tuple(values)).split()))


def days(text: str) -> Iterator[tuple[int, Place]]:
    """Each day that a text names, as its ordinal, with where it stands."""
    done = 0
    for written in _YEAR.finditer(text):  # a day has a year: only around years is there anything to read
        for match in _DATE.finditer(text, max(done, written.start() - _AROUND), written.end() + _AROUND):
            done = match.end()
            for year, month, day in _read_days(match):
                try:
                    yield date(year, month, day).toordinal(), match.span()
                except ValueError:
                    continue


def _read_days(match: re.Match[str]) -> set[tuple[int, int, int]]:
    if match["y"]:
        return {(int(match["y"]), int(match["m"]), int(match["d"]))}
    if match["z"]:
        a, b, year = int(match["a"]), int(match["b"]), int(match["z"])
        return {(year, b, a), (year, a, b)}
    name, named, then = (match["n"], match["e"], match["w"]) if match["n"] else (match["o"], match["f"], match["v"])
    return {(int(then), _MONTHS[name.lower()], int(named))}
