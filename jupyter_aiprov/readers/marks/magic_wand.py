"""jupyterlab-magic-wand: `metadata.jupyter_ai` of a cell, with its agent and messages; `editted` is its spelling."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_aiprov.readers.marks._mark import Cell, Mark, at

TOOL = "jupyterlab-magic-wand"


def marks(cell: Cell) -> Iterator[Mark]:
    """A source that an agent wrote, and whether a person changed it."""
    said = at(cell, "metadata", "jupyter_ai")
    if not (said.get("agent") or said.get("messages")):
        return
    if said.get("editted") or said.get("edited"):
        yield Mark("source", TOOL, "ai-assisted", method="jupyter_ai.editted")
    else:
        yield Mark("source", TOOL, method="jupyter_ai.agent")
