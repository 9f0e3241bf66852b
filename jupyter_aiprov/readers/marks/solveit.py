"""Solveit: in a markdown cell, what follows its separator line is the model's answer to what stands above."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jupyter_aiprov.readers.marks._mark import Cell, Mark, source_of

TOOL = "solveit"
_SEPARATOR = re.compile(r"^##### 🤖Reply🤖<!-- SOLVEIT_SEPARATOR_[0-9a-f]+ -->[ \t]*$", re.MULTILINE)


def marks(cell: Cell) -> Iterator[Mark]:
    """A cell that holds a person's question and the model's answer."""
    if cell.get("cell_type") != "markdown":
        return
    found = _SEPARATOR.search(source_of(cell))
    if found is not None and source_of(cell)[found.end() :].strip():
        asked = source_of(cell)[: found.start()].strip()
        yield Mark("source", TOOL, "ai-assisted" if asked else "ai-generated", method="separator line")
