"""Facts in words of one language: what templates print, slot by slot.

A slot that only a person can fill asks for its answer when it is printed and the answer is not
on record; everything else is worded from the record and cannot be overridden.
"""

from __future__ import annotations

from jupyter_aiprov.exporters._wording.sentences import gap_list, outside_text, read_of
from jupyter_aiprov.exporters._wording.slots import Slots
from jupyter_aiprov.exporters._wording.things import (
    breakdown,
    in_cells,
    listed,
    parameters,
    semicolons,
    things,
    where,
    worth_naming,
)
from jupyter_aiprov.exporters._wording.view import View

__all__ = [
    "Slots",
    "View",
    "breakdown",
    "gap_list",
    "in_cells",
    "listed",
    "outside_text",
    "parameters",
    "read_of",
    "semicolons",
    "things",
    "where",
    "worth_naming",
]
