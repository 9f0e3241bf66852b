"""Numbers and dates as what they are, however they are written.

`1234567.5`, `1,234,567.50`, `1 234 567,5` and `1.2345675e6` are one number; `1953-04-17`, `17/04/1953`
and `17 avril 1953` one day. Where `03/04/2020` may be two days, it is both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

Place = tuple[int, int]

DISTINCT: Final = 6  # significant digits that make a number nobody else's
_THIN: Final = "\u00a0\u202f\u2009\u2007"
_NUMBER: Final = re.compile(  # without its sign; a digit comes first, so that prose is passed over quickly
    rf"\d(?<![\w.]\d)(?:\d{{0,2}}(?P<sep>[,. '{_THIN}])\d{{3}}(?:(?P=sep)\d{{3}})*(?:[.,]\d{{1,12}})?(?!\d)"
    r"|\d{0,14}(?:[.,]\d{1,15})?(?:[eE][-+]?\d{1,2})?)(?![\w]|[.,]\d)"
)
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


def number(text: str) -> float | None:
    """The number that a text is as a whole."""
    match = _NUMBER.fullmatch(text)
    return _read(match) if match else None


def _read(match: re.Match[str]) -> float:
    text = match[0]
    sep = match["sep"]
    if sep and (sep not in ",." or text.count(sep) > 1 or re.search(r"[.,]\d{1,12}\Z", text.replace(sep, "", 1))):
        text = text.replace(sep, "")
    return float(text.replace(",", "."))


def readings(match: re.Match[str]) -> tuple[float, ...]:
    """What a match may stand for: `1,234` is two numbers to two readers."""
    text, sep = match[0], match["sep"]
    first = _read(match)
    if sep in {",", "."} and text.count(sep) == 1 and not re.search(r"[.,]\d+[.,]", text):
        return first, float(text.replace(sep, ""))
    return (first,)


def numbers(text: str) -> Iterator[tuple[tuple[float, ...], Place]]:
    """Each number of a text with where it stands."""
    return ((readings(m), m.span()) for m in _NUMBER.finditer(text))


def digits(value: float) -> int:
    """How many significant digits a number has: with six it is told from most others."""
    return len(f"{abs(value):.12g}".partition("e")[0].replace(".", "").strip("0"))


def rounded(value: float) -> float:
    """To three significant digits, as tables are printed."""
    return float(f"{value:.3g}")


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
