"""Tables as R and pandas print them: columns parted by spaces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from jupyter_aiprov.guard.patterns._look import Stretch

_FIELD: Final = re.compile(r"\S+")
_PRINTED_MAX: Final = 400  # characters of a line
_WORD_MAX: Final = 40


def printed(text: str, places: Iterable[int], head: re.Pattern[str], cell: re.Pattern[str]) -> Iterator[Stretch]:
    """The cells under a head in tables whose columns are parted by spaces, counted from the right.

    Rows may begin with an index; a table ends with the first row that holds too few. No line is read twice.
    """
    done = 0
    for at in places:
        if at < done or not head.fullmatch(_word(text, at)):
            continue
        begin, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        done = end + 1 if end >= 0 else len(text)
        if end < 0 or end - begin > _PRINTED_MAX:
            continue
        heads = [m[0] for m in _FIELD.finditer(text, begin, end)]
        under = [i - len(heads) for i, word in enumerate(heads) if head.fullmatch(word)] if len(heads) > 1 else []
        while under and done < len(text):
            stop = text.find("\n", done)
            stop = len(text) if stop < 0 else stop
            fields = list(_FIELD.finditer(text, done, min(stop, done + _PRINTED_MAX)))
            if not len(heads) <= len(fields) <= len(heads) + 1:
                break
            for place in under:
                if cell.fullmatch(fields[place][0]):
                    yield fields[place].span()
            done = stop + 1


def _word(text: str, at: int) -> str:
    """What stands around a place between spaces."""
    before, after = text[max(0, at - _WORD_MAX) : at], text[at : at + _WORD_MAX]
    begun = "" if before[-1:].isspace() else before.split()[-1:]
    return "".join([*begun, *after.split(None, 1)[:1]])
