"""One thing another tool says of a cell, and how cells are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Cell = Mapping[str, Any]

# What a function can trip over in metadata that anybody may have edited.
TRIPS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True)
class Mark:
    """What a tool wrote down; `of` says what it is about: the source, the outputs, or the cell below.

    `evidence` is `imported` where the tool itself says so, `inferred` where its way of working does.
    """

    of: Literal["source", "outputs", "below"]
    tool: str
    origin: Literal["ai-generated", "ai-assisted"] = "ai-generated"
    model: str | None = None
    method: str = "mark"
    evidence: Literal["imported", "inferred"] = "imported"
    confidence: Literal["high", "medium", "low"] = "high"

    def to_dict(self) -> dict[str, Any]:
        """The mark under the names of an authorship event."""
        out: dict[str, Any] = {"origin": self.origin, "tool": self.tool}
        if self.model:
            out["model"] = self.model
        return {**out, "method": self.method, "evidence": self.evidence, "confidence": self.confidence}


def source_of(cell: Cell) -> str:
    """A cell's source in one piece."""
    return text_of(cell.get("source"))


def text_of(value: Any) -> str:
    """A text as nbformat writes it, whole or in lines."""
    if isinstance(value, str):
        return value
    return "".join(v for v in value if isinstance(v, str)) if isinstance(value, list) else ""


def at(value: Any, *path: str) -> Mapping[str, Any]:
    """The object at a path of keys; empty where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def outputs_of(cell: Cell) -> Iterator[Mapping[str, Any]]:
    """A cell's outputs, as far as they are objects."""
    found = cell.get("outputs")
    for one in found if isinstance(found, list) else ():
        if isinstance(one, Mapping):
            yield one
