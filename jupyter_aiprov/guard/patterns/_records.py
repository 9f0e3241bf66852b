"""Numbers of patients and of their records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from jupyter_aiprov.guard.patterns._look import DIGITS, NUMBER, Stretch, behind, has, held, occurrences
from jupyter_aiprov.guard.patterns._printed import printed

_MRN_WORDS: Final = (
    "mrn",
    "record_",
    "record n",
    "rec. n",
    "nip",
    "patient",
    "hospital n",
    "ipp",
    "iep",
    "dossier",
    "nhs n",
    "nda",
    "chart n",
    "admission",
)
_MRN: Final = re.compile(r"(?<![\w.-])(?:\d{3}[ -]\d{3}[ -]\d{4}|(?:[A-Za-z]{1,4}-?)?\d[\d-]{4,13})(?!\w|[.,]\d)")
_MRN_BEFORE: Final = re.compile(
    r"(?i)(?<![a-z])(?:mrn|(?:med(?:ical|\.)?|health|patient|hospital)[ _]rec(?:ord|\.)?[ _](?:number|no\.?|n°|#|id)"
    r"|patient[ _-]?(?:id|number|no\.?)"
    r"|ipp|iep|nda|nip|(?:hospital|nhs|chart|admission)[ _](?:number|no\.?|n°|#)|n(?:um[ée]ro|°) d['’]admission"
    r"|(?:num[ée]ro|n°|id(?:entifiant)?)[ _]?(?:du |de |d['’])?(?:dossier|patient)(?: m[ée]dical| patient)?"
    r"|dossier (?:m[ée]dical |patient )?n°)"
    r"[\s:#=\"'°]{0,6}(?:is |est |no\.? |n° )?\Z"
)
_MRN_NAMES = (
    r"(?:patient[_ ]?(?:id|no|number)|mrn|ipp|iep|nip|(?:medical[_ ])?record[_ ](?:number|no|id)"
    r"|(?:num[ée]?r?o?|id|no)_(?:patient|dossier))"
)
_MRN_HEAD: Final = re.compile(rf"""(?im)(?:^|[,;\t|])["' ]*({_MRN_NAMES})["' ]*(?=[,;\t|]|$)""")
_MRN_NAME: Final = re.compile(rf"(?i){_MRN_NAMES}")
_MRN_CELL: Final = re.compile(rf"[\"' ]*({_MRN.pattern})[\"' ]*")
_DELIMITER: Final = re.compile(r"[,;\t|]")
_HEAD_WORDS: Final = ("patient", "mrn", "ipp", "iep", "nip", "record", "dossier")
_HEAD_SIDE: Final = 40  # characters
_HEADS_MAX, _ROWS_MAX = 8, 10_000


def mrn(text: str) -> Iterator[Stretch]:
    """Patient and medical record numbers, where the text says that they are."""
    low = text.lower()
    words = held(low, _MRN_WORDS) if has(text, DIGITS, 5) or has(text, NUMBER, 10) else ()
    if any(word in low for word in words):
        for begin, end in behind(low, words) if len(low) == len(text) else [(0, len(text))]:
            for match in _MRN.finditer(text, begin, end):
                if _MRN_BEFORE.search(text, max(0, match.start() - 40), match.start()):
                    yield match.span()
        places = (
            sorted(m for word in held(low, _HEAD_WORDS) for m in occurrences(low, word))
            if len(low) == len(text)
            else []
        )
        yield from _mrn_column(text, low, places)
        yield from printed(text, places, _MRN_NAME, _MRN)


def _mrn_column(text: str, low: str, places: Sequence[int]) -> Iterator[Stretch]:
    """The record numbers of a table under a head that names them, as far as the table goes."""
    for head in islice(_heads(text, low, places), _HEADS_MAX):
        place = len(_DELIMITER.findall(text, text.rfind("\n", 0, head.start(1)) + 1, head.start(1)))
        at = text.find("\n", head.end(1)) + 1
        for _ in range(_ROWS_MAX if at else 0):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            bounds = [at - 1, *(m.start() for m in _DELIMITER.finditer(text, at, end)), end]
            if end == at or len(bounds) < place + 2:
                break
            if cell := _MRN_CELL.fullmatch(text, bounds[place] + 1, bounds[place + 1]):
                yield cell.span(1)
            at = end + 1


def _heads(text: str, low: str, places: Sequence[int]) -> Iterator[re.Match[str]]:
    """Heads of columns that name record numbers: looked for around the words they are made of."""
    if len(low) != len(text):
        yield from _MRN_HEAD.finditer(text)
        return
    done = 0
    for at in places:
        for head in _MRN_HEAD.finditer(text, max(done, at - _HEAD_SIDE), at + 2 * _HEAD_SIDE):
            done = head.end()
            if done < at + 2 * _HEAD_SIDE or done == len(text) or text[done] == "\n":
                yield head
