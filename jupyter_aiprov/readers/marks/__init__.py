"""What other tools wrote into a notebook about AI, in one neutral vocabulary.

A tool is one file here, or one function of another package behind the entry point group
`jupyter_aiprov.marks`: it takes a cell as JSON and yields its marks. What a tool writes about every
cell (an id, a last editor) is no mark. A cell without marks is unknown, never a person's.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from jupyter_aiprov.proof import digest, text_sha256
from jupyter_aiprov.readers.marks._mark import TRIPS, Cell, Mark, source_of

__all__ = ["Mark", "authorship_of", "failures", "marks_of"]

GROUP = "jupyter_aiprov.marks"
Reads = Callable[[Cell], Iterable[Mark]]
_log = logging.getLogger(__name__)


def marks_of(cell: Cell) -> list[Mark]:
    """All marks of other tools on a cell, each said once; a broken mark says nothing."""
    found: dict[Mark, None] = {}
    for read in _functions()[0]:
        try:
            found.update(dict.fromkeys(read(cell)))
        except TRIPS as error:
            _log.warning("a mark was not read: %s", type(error).__name__)
    return list(found)


def authorship_of(cell: Cell, above: Cell | None = None) -> list[dict[str, Any]]:
    """Authorship events about a cell's source; `above` is the cell right before it, whose answer may stand here."""
    own = marks_of(cell)
    said = [m for m in own if m.of == "source"]
    if above is not None and cell.get("cell_type", "code") == "code" and not own and _is_written(source_of(cell)):
        said += [m for m in marks_of(above) if m.of == "below"]
    return [event(mark, cell) for mark in said]


def _is_written(source: str) -> bool:
    """False for a cell that is empty, or asks a model itself: no answer stands there."""
    return bool(source.strip()) and not source.lstrip().startswith(("%%ai", "%ai"))


def event(mark: Mark, cell: Cell) -> dict[str, Any]:
    """A mark as an event, the same whenever it is read."""
    where = cell.get("id")
    out: dict[str, Any] = {
        "type": "authorship",
        "cell_id": where if isinstance(where, str) else None,
        "source_sha256": text_sha256(source_of(cell)),
        **mark.to_dict(),
    }
    return {**out, "id": f"mark:{digest(out)[:24]}"}


def failures() -> tuple[str, ...]:
    """Plug-ins that were skipped, each with its reason."""
    return _functions()[1]


@cache
def _functions() -> tuple[tuple[Reads, ...], tuple[str, ...]]:
    failed: list[str] = []
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    found: list[Reads] = [importlib.import_module(f"{__name__}.{name}").marks for name in names]
    for point in entry_points(group=GROUP):
        try:
            plugged = point.load()
        except (ImportError, SyntaxError, NameError, OSError, RuntimeError, *TRIPS) as error:
            failed.append(f"{point.name} ({point.value}): {type(error).__name__}: {error}")
            _log.warning("marks plug-in %s was not loaded", failed[-1])
            continue
        found.extend(_callables(plugged))
    return tuple(found), tuple(failed)


def _callables(plugged: Any) -> Iterator[Reads]:
    """An entry point names a function, or a module with a function `marks`."""
    if callable(plugged):
        yield plugged
    elif callable(getattr(plugged, "marks", None)):
        yield plugged.marks
