"""Numbers of patients and of their records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from jupyter_aiprov.guard.patterns._look import (
    DIGITS,
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
from jupyter_aiprov.guard.patterns._printed import printed

_MRN_WORDS: Final = (
    "mrn",
    "record",
    "rec. n",
    "ur n",
    "nip",
    "patient",
    "hospital",
    "ipp",
    "iep",
    "dossier",
    "nhs",
    "nda",
    "chart",
    "admission",
)
_MRN: Final = re.compile(r"(?<![\w.-])(?:\d{3}[ -]\d{3}[ -]\d{4}|(?:[A-Za-z]{1,4}-?)?\d[\d-]{4,13})(?!\w|[.,]\d)")
_MRN_BEFORE: Final = re.compile(
    r"(?i)(?<![a-z])(?:mrn|(?:med(?:ical|\.)?|health|patient|hospital)[ _]rec(?:ord|\.)?[ _](?:number|no\.?|n°|#|id)"
    r"|patient[ _-]?(?:id|number|no\.?)"
    r"|(?:ipp|iep|nda|nip)(?: d(?:u|e la) patiente?)?|ur[ _](?:number|no\.?)"
    r"|(?:hospital|nhs|chart|admission)[ _](?:number|no\.?|n°|#)|n(?:um[ée]ro|°) d['’]admission"
    r"|(?:num[ée]ro|n°|id(?:entifiant)?)[ _]?(?:du |de |d['’])?(?:dossier|patient)(?: m[ée]dical| patient)?"
    r"|dossier (?:m[ée]dical |patient )?n°)"
    r"[\s:#=\"'°]{0,6}(?:is |est |no\.? |n° )?\Z"
)
_BEFORE: Final = 40  # characters
_MARKS: Final = "".join(chr(c) for c in range(0x3001) if chr(c).isspace()) + ":#=\"'°"
_LINKS: Final = ("is ", "est ", "no ", "no. ", "n° ")
_LAST: Final = tuple(  # without those marks
    "mrn number no no. n id ipp iep nda nip rec rec. record _ hospital nhs chart admission dossier patient medical"
    " patiente médical".split()
)
_SHORT: Final = 5  # characters of the shortest number
_LETTERS: Final = 5  # characters before its digits
_RUN: Final = b"a" * _SHORT
_PARTS: Final = bytes(49 if 48 <= c <= 57 else 32 if chr(c) in " -" else 119 for c in range(256))
_PARTED: Final = b"111 111 1111"
_MRN_NAMES = (
    r"(?:patient[_ ]?(?:id|no|number)|mrn|ipp|iep|nip|(?:medical[_ ])?record[_ ](?:number|no|id)"
    r"|(?:num[ée]?r?o?|id|no)_(?:patient|dossier))"
)
_MRN_NAME: Final = re.compile(rf"(?i){_MRN_NAMES}")
_MRN_CELL: Final = re.compile(rf"[\"' ]*({_MRN.pattern})[\"' ]*")
_HEAD_WORDS: Final = ("patient", "mrn", "ipp", "iep", "nip", "record", "dossier")


def mrn(text: str) -> Iterator[Stretch]:
    """Patient and medical record numbers, where the text says that they are."""
    low = lowered(text)
    if not (has(text, DIGITS, _SHORT) or has(text, NUMBER, 10)):
        return
    yield from fields(text, low, _MRN_NAME, _MRN)
    words = held(low, _MRN_WORDS)
    if not any(word in low for word in words):
        return
    yield from _said(text, low, behind(low, words))
    places = sorted(m for word in held(low, _HEAD_WORDS) for m in occurrences(low, word))
    yield from column(text, low, places, _MRN_NAME, _MRN_CELL)
    yield from printed(text, places, _MRN_NAME, _MRN)


def _said(text: str, low: str, windows: Sequence[Stretch]) -> Iterator[Stretch]:
    """The numbers in these windows that what stands before them calls a record's."""
    raw = text.encode("latin-1", "replace")
    digits = raw.translate(DIGITS)
    is_parted = _PARTED in raw.translate(_PARTS) or has_foreign_digit(text)
    for begin, end in windows:
        at = begin
        while at < end:
            run = at if is_parted else digits.find(_RUN, at, end)
            match = _MRN.search(text, max(at, run - _LETTERS), end) if run >= 0 else None
            if match is None:
                break
            at = match.end()
            before = max(0, match.start() - _BEFORE)
            said = low[before : match.start()]
            if not (said.endswith(_LINKS) or said.rstrip(_MARKS).endswith(_LAST)):
                continue
            if _MRN_BEFORE.search(text, before, match.start()):
                yield match.span()
