"""Numbers that carry a check: French social security numbers, bank accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jupyter_aiprov.guard.patterns._look import NUMBER, Stretch, has, has_foreign_digit, occurrences

_GAP = "[ .\u00a0\u202f-]?"
_NIR: Final = re.compile(
    rf"([1-478])(?<![\w.,-].){_GAP}(\d\d){_GAP}(0[1-9]|1[0-2]|[2-9]\d){_GAP}(\d\d|2[ABab])"
    rf"(?:{_GAP}(\d{{3}})|(\d){_GAP}(\d\d))"
    rf"{_GAP}(\d{{3}})(?:[ ,;/(]{{1,3}}(?i:cl[ée]\s?:?\s?)|{_GAP}|/| ?\()(\d\d)(?!\w|\.\d)"
)
# Thirteen digits with one mark between two of them at most; the key may stand further away.
_NIR_KINDS: Final = bytes(49 if 48 <= c <= 57 else 115 if chr(c) in " .-\u00a0?" else 32 for c in range(256))
_NIR_LEAST: Final = 13
_NIR_RUN: Final = b"1" * _NIR_LEAST
_NIR_BEGUN: Final = (b"s111", b"s1s11")  # no mark stands inside a pair
_ACCOUNT: Final = bytes(
    97 if chr(c).isascii() and chr(c).isalpha() else 49 if chr(c).isdigit() else 32 for c in range(256)
)
_LENGTHS = (
    "AD24 AE23 AT20 BE16 BG22 BR29 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GR27 HR21 HU28 IE22 "
    "IL23 IS26 IT27 LI21 LT20 LU20 LV21 MA28 MC27 MT31 NL18 NO15 PL28 PT25 RO24 RS22 SA24 SE24 SI19 SK24 "
    "SM27 TN24 TR26 UA29 "
)
_IBAN_LENGTHS: Final = {word[:2]: int(word[2:]) for word in _LENGTHS.split()}
_IBAN_RUN: Final = 36
_IBAN_LEAST: Final = 15
_IBAN_GAPS: Final = (" ", "\u00a0", "\u202f", "-")
_IBAN: Final = re.compile(
    r"(?i)(?<![\w-])([A-Z]{2})\d\d(?:[ \u00a0\u202f-]?[A-Z0-9]{2,4}){2,7}(?:[ \u00a0\u202f-]?[A-Z0-9]{1,4})?(?!\w)"
)


def nir(text: str) -> Iterator[Stretch]:
    """French social security numbers whose key is right, Corsica's 2A and 2B among them."""
    if not has(text, NUMBER, 15):
        return
    for match in _NIR.finditer(text) if has_foreign_digit(text) else _matches(text):
        body = "".join(part or "" for part in match.groups()[:-1]).upper().replace("2A", "19").replace("2B", "18")
        if 97 - int(body) % 97 == int(match[9]):
            yield match.span()


def _matches(text: str) -> Iterator[re.Match[str]]:
    """What is written as such a number: tried where thirteen digits stand, Corsica's letters read as digits."""
    upper = text.encode("latin-1", "replace").upper().replace(b"2A", b"19").replace(b"2B", b"18")
    kinds = upper.translate(_NIR_KINDS).replace(b"ss", b"  ")
    runs = kinds.replace(b"s", b"1") + b" "
    begin, done = runs.find(_NIR_RUN), 0
    while begin >= 0:
        end = runs.find(b" ", begin)
        run = b"s" + kinds[begin:end]
        if run.count(b"1") >= _NIR_LEAST and any(begun in run for begun in _NIR_BEGUN):
            for at in sorted(begin + place for begun in _NIR_BEGUN for place in occurrences(run, begun)):
                if at >= done and (match := _NIR.match(text, at)):
                    done = match.end()
                    yield match
        begin = runs.find(_NIR_RUN, end)


def iban(text: str) -> Iterator[Stretch]:
    """Bank accounts whose length and check digits are right."""
    mapped = b" " + text.encode("latin-1", "replace").translate(_ACCOUNT) + b" "
    at, done = mapped.find(b" aa11"), 0
    while at >= 0:
        run = mapped.find(b" ", at + 1)  # where it is written without spaces, it ends where the run does
        may_be = at >= done and text[at : at + 2].upper() in _IBAN_LENGTHS and run - at - 1 <= _IBAN_RUN
        may_be = may_be and (run - at > _IBAN_LEAST or text[run - 1 : run] in _IBAN_GAPS)
        match = _IBAN.match(text, at) if may_be else None
        at = mapped.find(b" aa11", at + 1)
        if match is None:
            continue
        done = match.end()
        account = re.sub(r"[^A-Z0-9]", "", match[0].upper())
        length = _IBAN_LENGTHS.get(match[1].upper())
        if length and len(account) >= length:  # a capital word behind it is not part of it
            account = account[:length]
            if int("".join(str(int(c, 36)) for c in account[4:] + account[:4])) % 97 == 1:
                yield match.span()
