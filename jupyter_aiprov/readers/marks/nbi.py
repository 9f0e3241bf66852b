"""Notebook Intelligence, Chatbook: `metadata.nbi.chatbook`, which tells prompt, code and their digests.

In mode `prompt` the source is a person's prompt and the code that runs is the model's. In mode
`code` with origin `prompt` the source is the model's as long as `codeHash` fits; a cell that was
edited, or got a copy of another cell's mark, keeps the mark but not the digest. Origin `code` is a
source that the model only described.
"""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_aiprov.proof import text_sha256
from jupyter_aiprov.readers.marks._mark import Cell, Mark, at, source_of

TOOL = "notebook-intelligence"


def marks(cell: Cell) -> Iterator[Mark]:
    """Code that a prompt became; what no longer fits the cell counts as edited."""
    said = at(cell, "metadata", "nbi", "chatbook")
    origin = said.get("origin") or ("prompt" if said.get("mode") == "prompt" else None)
    if origin != "prompt" or not (said.get("generatedCode") or said.get("codeHash")):
        return
    source = source_of(cell)
    if said.get("mode") == "prompt":
        same = said.get("promptHash") in (None, text_sha256(source)) and said.get("prompt") in (None, source)
        yield Mark("source", TOOL, method="nbi.chatbook prompt", confidence="high" if same else "low")
    elif said.get("codeHash") == text_sha256(source) or (
        not said.get("codeHash") and said.get("generatedCode") == source
    ):
        yield Mark("source", TOOL, method="nbi.chatbook codeHash", confidence="high")
    else:
        yield Mark("source", TOOL, "ai-assisted", method="nbi.chatbook, edited since", confidence="low")
