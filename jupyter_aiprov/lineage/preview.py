"""What is displayed while its cell still runs: followed up to there, on copies that are thrown away.

A frame is mostly displayed in the very cell that made its column. What the display shows is known
only where the statements before it are known to have run and nothing of the user's stands between
the cell and the display; elsewhere nothing is said.
"""

from __future__ import annotations

import ast
import sys
import threading
import time
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import pairwise
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from jupyter_aiprov import semconv
from jupyter_aiprov.lineage.labels import computed
from jupyter_aiprov.lineage.lift import Lifter, columns_of, kind_of
from jupyter_aiprov.lineage.report import origin_of
from jupyter_aiprov.lineage.scopes import Module
from jupyter_aiprov.lineage.sites import end_of
from jupyter_aiprov.lineage.sources import stored_names
from jupyter_aiprov.lineage.state import TooMuchError, Value, is_tainted, touched

if TYPE_CHECKING:
    from jupyter_aiprov.lineage import Lineage
    from jupyter_aiprov.lineage.flow import Flow
    from jupyter_aiprov.lineage.settle import Entry

_SECONDS: Final = 1.0  # what the displays of one cell may cost together
_SUBJECT: Final = "shown"
_ENDED: Final = frozenset({"post_execute", "post_run_cell"})
_SCALARS: Final = (str, int, float, complex, bytes, type(None))


@dataclass(frozen=True)
class Shown:
    """What is said of a displayed object."""

    columns: Mapping[Hashable, Mapping[str, Any]] = field(default_factory=dict)
    whole: Mapping[str, Any] | None = None
    subjects: Sequence[str] = ()
    execution: str | None = None


@dataclass(frozen=True)
class _Place:
    """Where in the running cell a display happens; `end` None: the cell's code has run."""

    end: tuple[int, int] | None
    way: str = ""  # hook: the value of an expression; display: an argument; library: something else


class Preview:
    """Says what is displayed. `begin` at the start of each cell, `end` after lineage followed it."""

    def __init__(self, lineage: Lineage) -> None:
        self.lineage = lineage
        self.running: Any = None
        self._spent = 0.0
        self._error = 0
        self._has_figure = False
        self._last: tuple[Any, Shown | None] | None = None

    def begin(self, execution: Any) -> None:
        """A cell begins."""
        self.running = execution
        self._spent, self._last, self._has_figure = 0.0, None, False
        self._error = id(getattr(sys, "last_value", None))

    def end(self) -> None:
        """The cell was followed."""
        self.running, self._last = None, None

    def of(self, obj: Any) -> Shown | None:
        """What is known of an object that is about to be displayed; None where nothing is."""
        lineage, running = self.lineage, self.running
        if not lineage.follows and running is not None:
            return None  # what this cell did so far is not known
        if running is None:
            return self._settled(obj) if lineage.entries else None
        if not lineage.is_active and not lineage._reads_labelled(running.source):
            return None
        if threading.current_thread() is not threading.main_thread() or not self._may_hold(running.source):
            return None
        found = lineage._tree(running.source)
        place = self._place(found[1]) if found is not None else None
        if found is None or place is None or self._spent > _SECONDS:
            return None
        key = (id(obj), place, len(lineage.sites.fresh), sum(g.count for g in lineage.sites.fresh))
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        begun = time.perf_counter()
        try:
            shown = self._followed(obj, found[0], found[1], place)
        except (TooMuchError, RecursionError):
            shown = None
        self._spent += time.perf_counter() - begun
        self._last = (key, shown)
        return shown

    def _may_hold(self, source: str) -> bool:
        lineage = self.lineage
        flow, files = lineage.flow, lineage.files
        known = lineage.sites.fresh or lineage.module.vars or lineage._pending or flow.remembered or flow.modules
        return bool(known or files.contents or files.tables.known or lineage._reads_labelled(source))

    # ── where ─────────────────────────────────────────────────────────────────────
    def _place(self, file: str) -> _Place | None:
        frame: FrameType | None = sys._getframe(1)
        called: FrameType | None = None
        while frame is not None:
            code = frame.f_code
            if code.co_filename == file and code.co_name == "<module>":
                return _Place(end_of(code, frame.f_lasti), _way(called))
            if self.lineage.sites.is_user_file(code.co_filename):
                return None  # a function of the user's shows it: what it did before is not known here
            if code.co_name == "trigger" and frame.f_locals.get("event") in _ENDED:
                return _Place(None) if id(getattr(sys, "last_value", None)) == self._error else None
            called, frame = frame, frame.f_back
        return None

    # ── the throwaway world ───────────────────────────────────────────────────────
    def _twin(self) -> tuple[Lineage, list[Any]]:
        """A lineage that knows what this one knows and can be thrown away."""
        from jupyter_aiprov.lineage import copies
        from jupyter_aiprov.lineage.flow import Flow
        from jupyter_aiprov.lineage.plots import made as new_plot
        from jupyter_aiprov.lineage.settle import Settler

        lineage = self.lineage
        twin = copy(lineage)
        twin.sites, twin.answers = copies.sites(lineage.sites), copies.answers(lineage.answers)
        twin.lifter = Lifter(twin.sites.is_user_file)
        made = copies.Copies(twin.lifter)
        twin.module = Module(lineage.shell.user_ns, twin.lifter)
        made.stands_for(lineage.module, twin.module)
        twin.module.vars = made.of(lineage.module.vars)
        twin.module.old = twin._was
        made.into_lifter(lineage.lifter)
        twin.files = made.store(lineage.files)
        old = lineage.flow
        twin.flow = Flow(twin.module, twin.sites, twin.sources, twin.lifter, twin.shell, twin.files)
        twin.flow.modules, twin.flow.remembered = made.of(old.modules), made.of(old.remembered)
        # The inline backend closes the figures of each cell: the next one begins anew.
        is_inline = "matplotlib_inline.backend_inline" in sys.modules
        twin.flow.figure = new_plot() if is_inline else made.of(old.figure)
        twin.tracked = copies.tracked(lineage.tracked)
        twin.settler = Settler(twin.sites, twin.answers, twin.tracked)
        twin.settler.previous = made.of(lineage.settler.previous)
        return twin, twin.sites.fresh

    def _followed(self, obj: Any, tree: ast.Module, file: str, place: _Place) -> Shown | None:
        steps = _way_to(tree.body, place.end) if place.end is not None else []
        if steps is None:
            return None
        lineage = self.lineage
        if lineage.waits is not None and lineage.sites.fresh:
            lineage.waits()
        twin, fresh = self._twin()
        flow, live = twin.flow, twin.shell.user_ns
        twin.lifter.start([(live[n], v) for n, v in twin.module.vars.items() if n in live])
        late = [g for g in fresh if g.execution != self.running.id]
        if lineage._pending is not None and (rest := [*late, *(g for g in fresh if not g.is_rooted)]):
            flow.bound = {}
            flow.run(*lineage._pending, rest, 0)
        before = tree.body[: tree.body.index(steps[0])] if steps else tree.body
        ran = ast.Module(body=[*before, *steps[:1]], type_ignores=[])
        flow.bound = stored_names(ran)
        groups = [g for g in fresh if not g.seen or g not in late]
        flow.run(ast.Module(body=list(before), type_ignores=[]), file, groups, 0)
        expression = _inside(flow, steps) if steps else None
        if steps and expression is None:
            return None
        name, value = self._value(obj, flow, expression, place.way, live)
        if value is None or value.kind in {"func", "class", "module"} or not is_tainted(value):
            return None
        entries = twin.settler.settle({_SUBJECT: value}, {_SUBJECT: obj}, twin.images)
        said = {k: origin_of(twin, entry) for k, entry in entries.items()}
        return self._shown(obj, name, said, self.running.id, flow, value)

    def _value(
        self, obj: Any, flow: Flow, expression: ast.expr | None, way: str, live: Mapping[str, Any]
    ) -> tuple[str | None, Value | None]:
        """The notebook's name of what is displayed, if it has one, and its value."""
        value = None
        if expression is not None and way == "hook":
            value = flow.eval(expression, flow.main)
        elif isinstance(expression, ast.Call) and way == "display":
            given = [flow.eval(a, flow.main) for a in expression.args if not isinstance(a, (ast.Name, ast.Constant))]
            value = (
                given[0] if len(given) == 1 and not any(isinstance(a, ast.Starred) for a in expression.args) else None
            )
        if not isinstance(obj, _SCALARS):
            for name, held in list(live.items()):
                if held is obj and not name.startswith("_") and name in flow.main.vars:
                    return name, flow.main.vars[name]
        if value is not None and _fits(value, obj):
            return None, value
        if type(obj).__module__ == "matplotlib.figure" and self._is_only_figure():
            return None, flow.figure
        return None, None

    def _is_only_figure(self) -> bool:
        """The one figure without a name that this cell draws."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        first, self._has_figure = not self._has_figure, True
        return first and pyplot is not None and len(pyplot.get_fignums()) == 1

    # ── what is said ──────────────────────────────────────────────────────────────
    def _shown(
        self, obj: Any, name: str | None, said: Mapping[str, Mapping[str, Any]], execution: str | None,
        flow: Flow | None, value: Value | None,
    ) -> Shown | None:  # fmt: skip
        columns = {c: said[k] for c, k in _keys(obj) if k in said}
        whole = said.get(_SUBJECT)
        made = [c for c in columns if columns[c].get("origin") in semconv.AI_ORIGINS]
        subjects = [str(name or _source(flow, value, c) or "") + f".{c}" for c in made]
        subjects = [s.removeprefix(".") for s in subjects] or ([name] if name else [])
        if not columns and whole is None:
            return None
        return Shown(columns, whole, subjects, execution)

    def _settled(self, obj: Any) -> Shown | None:
        """Between cells: what the last one was found to have left."""
        lineage = self.lineage
        if isinstance(obj, _SCALARS):
            return None
        for name, held in list(lineage.shell.user_ns.items()):
            if held is obj and not name.startswith("_"):
                found: dict[str, Entry] = {
                    _SUBJECT + k[len(name) :]: e
                    for k, e in lineage.entries.items()
                    if k == name or k.startswith(name + ".")
                }
                said = {k: origin_of(lineage, e) for k, e in found.items()}
                return self._shown(obj, name, said, lineage._execution, None, None)
        return None


def _way(called: FrameType | None) -> str:
    if called is None:
        return "library"
    file, name = called.f_code.co_filename.replace("\\", "/"), called.f_code.co_name
    if name == "__call__" and file.endswith("IPython/core/displayhook.py"):
        return "hook"
    if name == "__call__" and file.endswith("ipykernel/displayhook.py"):
        return "hook"
    return "display" if name == "display" and file.endswith("IPython/core/display_functions.py") else "library"


def _covers(node: ast.stmt, end: tuple[int, int]) -> bool:
    last = (node.end_lineno or node.lineno, node.end_col_offset or 0)
    return (node.lineno, node.col_offset) <= end <= last


def _way_to(body: Sequence[ast.stmt], end: tuple[int, int]) -> list[ast.stmt] | None:
    """The statements around a place, from the cell's own down to an expression; None where that is not certain.

    Bodies that run once, in order, can be entered; of a loop nobody knows which round it is.
    """
    steps: list[ast.stmt] = []
    while True:
        found = [s for s in body if _covers(s, end)]
        if len(found) != 1:
            return None
        steps.append(found[0])
        if isinstance(found[0], ast.Expr):
            return steps
        body = [s for inner in _bodies(found[0]) for s in inner]


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    if isinstance(node, (ast.If, ast.With, ast.AsyncWith, ast.Try)):
        yield node.body
    if isinstance(node, ast.If):
        yield node.orelse


def _inside(flow: Flow, steps: Sequence[ast.stmt]) -> ast.expr | None:
    """Follow what ran of the statements around the display; its expression."""
    from jupyter_aiprov.lineage import calls, stores
    from jupyter_aiprov.lineage.flow import NEXT

    scope = flow.main
    for outer, inner in pairwise(steps):
        if isinstance(outer, ast.If):
            test = flow.eval(outer.test, scope)
            flow.control.append(computed(test.label, touched(test)))
        elif isinstance(outer, (ast.With, ast.AsyncWith)):
            for item in outer.items:
                value = flow.eval(item.context_expr, scope)
                if item.optional_vars is not None:
                    stores.assign(flow, item.optional_vars, calls.entered(flow, value, item.context_expr), scope)
        body = next(b for b in _bodies(outer) if inner in b)
        if flow.block(body[: body.index(inner)], scope) != NEXT:
            return None
    last = steps[-1]
    return last.value if isinstance(last, ast.Expr) else None


def _fits(value: Value, obj: Any) -> bool:
    """False where the value that was followed is plainly another thing than the object."""
    kind = kind_of(obj)
    return value.kind == kind if "frame" in {kind, value.kind} else True


def _keys(obj: Any) -> list[tuple[Hashable, str]]:
    """Columns and the names of their entries; what cannot be told apart is left out."""
    if kind_of(obj) != "frame":
        return []
    columns = columns_of(obj)
    keys = [f"{_SUBJECT}.{c}" for c in columns]
    count = Counter(keys)
    return [(c, k) for c, k in zip(columns, keys, strict=True) if count[k] == 1]


def _source(flow: Flow | None, value: Value | None, column: Hashable) -> str | None:
    """The named frame that a column without a name of its own was taken from."""
    steps = 0
    while flow is not None and value is not None and steps < 50:
        for name, held in flow.main.vars.items():
            if held is value and not name.startswith("_") and column in held.fields:
                return name
        value, steps = value.origin, steps + 1
    return None
