"""Work handed to a process pool belongs to the cell that submitted it, whichever cell runs when it is done.

Nothing is changed but what travels: a function is pickled together with its cell, and is itself again,
with the cell noted, where it is unpickled. Children that do not start with us get it as it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Tap
from jupyter_aiprov.capture._workers import children_follow

MODULES = (
    "concurrent.futures.process",
    "multiprocessing.pool",
    "joblib.externals.loky.process_executor",
    "loky.process_executor",
)
Cell = Mapping[str, Any]
_arrived: tuple[int, Cell] | None = None  # in a pool's process: whose work it does, and the process that was told so


class Submitted:
    """A function under way to a pool's process, and the cell that submitted it."""

    __slots__ = ("_cell", "_function")

    def __init__(self, function: Any, cell: Cell) -> None:
        self._function, self._cell = function, cell

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return arrive, (self._function, self._cell)


def arrive(function: Any, cell: Cell) -> Any:
    """The function itself; a pool's process unpickles one piece of work, does it, and takes the next."""
    global _arrived  # noqa: PLW0603 - what this process works on
    _arrived = os.getpid(), cell
    return function


def submitted() -> Cell | None:
    """The cell whose work this process does; empty outside any cell, None where no pool said."""
    return _arrived[1] if _arrived is not None and _arrived[0] == os.getpid() else None


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap the ways of handing in work."""
    cells: Any = getattr(tap, "cells", None)  # a recorder's; other taps know no cells

    def sent(pool: Any, function: Any) -> Any:
        try:
            if not _is_told(pool):
                return function
            execution, evidence = cells.current()
        except DRIFT:
            return function
        facts = {"id": execution.id, "cell_id": execution.cell_id, "evidence": evidence} if execution else {}
        return Submitted(function, facts)

    def submitting(original: Function, patch: Patch) -> Function:
        def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            return original(self, sent(self, fn) if patch.active else fn, *args, **kwargs)

        return submit

    def mapping(original: Function, patch: Patch) -> Function:
        def apply(self: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            return original(self, sent(self, func) if patch.active else func, *args, **kwargs)

        return apply

    with ExitStack() as stack:
        if cells is not None and module.__name__ == "multiprocessing.pool":
            for name in ("apply_async", "_map_async", "imap", "imap_unordered"):
                stack.enter_context(patched(module.Pool, name, mapping))
        elif cells is not None:
            stack.enter_context(patched(module.ProcessPoolExecutor, "submit", submitting))
        yield


def _is_told(pool: Any) -> bool:
    """True where what arrives is read by us: forked children, and those that start with our start-up file."""
    if "ThreadPool" in {kind.__name__ for kind in type(pool).__mro__}:  # its work is never pickled
        return False
    names = ("_ctx", "_mp_context", "_context")  # multiprocessing, concurrent.futures, loky
    context = next((found for name in names if (found := getattr(pool, name, None)) is not None), None)
    if context is None:
        return False
    if context.get_start_method() == "fork":
        return True
    from multiprocessing.spawn import get_executable  # there already: a pool is

    return children_follow() and os.fsdecode(get_executable() or "") == sys.executable
