"""The interpreter: one cell, after it ran, statement by statement, over abstract values.

Nothing of the user's is executed. Loops are gone through twice (or once per known item), branches
that cannot be decided are joined, user functions are entered with the chain of call nodes that
leads to them, so that a call node is a source only where it was seen to ask.
"""

# ruff: noqa: N802, N815, ARG002 - methods are named after syntax nodes and found by that name

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from jupyter_aiprov.lineage import calls, classes, decide, paths, stores
from jupyter_aiprov.lineage.labels import CLEAN, Label, chosen, computed, joined, reduced
from jupyter_aiprov.lineage.lift import Lifter
from jupyter_aiprov.lineage.methods import attribute, items_of, subscript
from jupyter_aiprov.lineage.scopes import Fork, Module, Scope, names_of
from jupyter_aiprov.lineage.sites import Entry, Group, Sites
from jupyter_aiprov.lineage.sources import Sources
from jupyter_aiprov.lineage.state import (
    CONTAINERS,
    UNKNOWN,
    TooMuchError,
    Value,
    anything,
    merged,
    relabelled,
    scalar,
    sequence,
    summary,
    touched,
)

STEPS: Final = 400_000
_UNROLL: Final = 40
_EXITS: Final = 12  # ways out of one loop that are told apart
NEXT, STOP, RETURN = 0, 1, 2  # how a block ended: falls through; break, continue or raise; return


class Flow:
    """Interprets cells over the notebook's names."""

    def __init__(self, module: Module, sites: Sites, sources: Sources, lifter: Lifter, shell: Any, files: Any) -> None:
        self.main = module
        self.sites = sites
        self.sources = sources
        self.lifter = lifter
        self.shell = shell
        self.files = files
        self.modules: dict[str, Module] = {}
        self.remembered: dict[Any, Value] = {}  # what a cached function answered
        self.stack: tuple[Entry, ...] = ()
        self.file = ""
        self.steps = 0
        self.active: list[Any] = []
        self.control: list[Label] = []
        self.exits: list[list[list[dict[str, Value]]]] = []  # of each loop: the names where it was left early
        self.returned: list[list[Value]] = []
        self.yielded: list[list[Value]] = []
        self.classes: list[Value] = []
        self.prefixes: set[tuple[Entry, ...]] = set()
        self.stop_line = 0
        self.stopped = False
        self.spawned = False
        self.figure: Value | None = None
        self.shown: Value | None = None  # of the last expression that stood alone
        self.uncertain = 0
        self.loops = 0
        self.writes = 0  # what is looked up is about to be written to
        self.entered: dict[tuple[Entry, ...], list[tuple[str, int, int]]] = {}  # functions called at a node
        self.deferred: list[int] = []  # depths of the stack below which calls are made later, from elsewhere
        self.bound: dict[str, int] = {}

    # ── a cell ────────────────────────────────────────────────────────────────────
    def run(self, tree: ast.Module, file: str, groups: Sequence[Group], stop_line: int = 0) -> None:
        """Interpret a cell that ran to its end, or to the line it failed in."""
        self.stack, self.file, self.steps = (), file, 0
        self.control, self.active, self.deferred, self.exits, self.entered = [], [], [], [], {}
        self.loops = 0
        self.stop_line, self.stopped, self.spawned, self.shown = stop_line, False, False, None
        self.sites.begin(list(groups))
        self.prefixes = {g.chain[:n] for g in groups if g.is_rooted for n in range(1, len(g.chain))}
        for statement in tree.body:
            before = [g for g in groups if not g.seen]
            self._top(statement)
            self._credit(statement, before)
            if self.stopped:
                break
        if not self.stopped:
            self._show(tree)

    def _show(self, tree: ast.Module) -> None:
        """What the shell calls `_`: the value of an expression that ended the cell."""
        if self.shown is not None and isinstance(tree.body[-1], ast.Expr):
            self.main.vars["_"] = self.shown

    def _top(self, statement: ast.stmt) -> None:
        last = statement.end_lineno or statement.lineno
        if self.stop_line and statement.lineno <= self.stop_line <= last:
            self.stopped = True
            if isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
                if statement.value is not None:
                    self.eval(statement.value, self.main)
                return
        self.exec(statement, self.main)

    def _credit(self, statement: ast.stmt, before: list[Group]) -> None:
        """Calls made by a statement at nodes that flow never came by: its targets were guessed at."""
        last = statement.end_lineno or statement.lineno
        missed = [
            g
            for g in before
            if not g.seen and g.is_rooted and g.chain[0][0] == self.file and statement.lineno <= g.chain[0][1] <= last
        ]
        if not missed:
            return
        label = Label(3, low=True, sites=frozenset(g.id for g in missed))
        for group in missed:
            group.seen = True
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in self.main.vars:
                value = self.main.vars[node.id]
                if not summary(value).is_ai and value.kind in {"any", "scalar", "response"}:
                    self.main.vars[node.id] = Value("response", label)

    # ── statements ────────────────────────────────────────────────────────────────
    def block(self, statements: Sequence[ast.stmt], scope: Scope) -> int:
        """Run statements until one leaves the block."""
        for statement in statements:
            end = self.exec(statement, scope)
            if end != NEXT:
                return end
        return NEXT

    def exec(self, node: ast.stmt, scope: Scope) -> int:
        """Run one statement; how it ended."""
        self._count()
        method: Callable[[Any, Scope], int | None] | None = getattr(self, "_do_" + type(node).__name__, None)
        return (method(node, scope) or NEXT) if method is not None else NEXT

    def _count(self) -> None:
        self.steps += 1
        if self.steps > STEPS:
            raise TooMuchError

    def _do_Expr(self, node: ast.Expr, scope: Scope) -> None:
        value = self.eval(node.value, scope)
        if scope is self.main:
            self.shown = value

    def _do_Assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.under(self.eval(node.value, scope))
        for target in node.targets:
            stores.assign(self, target, value, scope)

    def _do_AnnAssign(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            stores.assign(self, node.target, self.under(self.eval(node.value, scope)), scope)

    def _do_AugAssign(self, node: ast.AugAssign, scope: Scope) -> None:
        load = _loaded(node.target)
        old = self.eval(load, scope)
        new = self.eval(node.value, scope)
        if old.kind in {"list", "set", "map"} and isinstance(node.op, (ast.Add, ast.BitOr)):
            calls.extend(self, old, self.under(new))
            return
        value = self.operated(old, new, node.op)
        if value.kind == "scalar" and not value.label.is_ai:  # counted: as often as the loop turned
            value = scalar(reduced(value.label, *self.control))
        stores.assign(self, node.target, self.under(value), scope)

    def _do_Return(self, node: ast.Return, scope: Scope) -> int:
        value = self.under(self.eval(node.value, scope)) if node.value is not None else scalar(const=None)
        if self.returned:
            self.returned[-1].append(value)
        return RETURN

    def _do_Raise(self, node: ast.Raise, scope: Scope) -> int:
        if node.exc is not None:
            self.eval(node.exc, scope)
        return STOP

    def _do_Break(self, node: ast.Break | ast.Continue, scope: Scope) -> int:
        if self.exits and len(self.exits[-1]) < _EXITS:
            self.exits[-1].append(names_of(scope))
        return STOP

    _do_Continue = _do_Break

    def _do_Assert(self, node: ast.Assert, scope: Scope) -> None:
        self.eval(node.test, scope)

    def _do_Delete(self, node: ast.Delete, scope: Scope) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                scope.delete(target.id)
            elif isinstance(target, ast.Subscript):
                owner, key = self.eval(target.value, scope), self.eval(target.slice, scope)
                if key.const is not UNKNOWN and _plain(key.const):
                    owner.fields.pop(key.const, None)

    def _do_Global(self, node: ast.Global, scope: Scope) -> None:
        scope.is_global.update(node.names)

    def _do_Nonlocal(self, node: ast.Nonlocal, scope: Scope) -> None:
        scope.is_outer.update(node.names)

    def _do_Import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            scope.set((alias.asname or alias.name).split(".")[0], calls.module(self, alias.name, bool(alias.asname)))

    def _do_ImportFrom(self, node: ast.ImportFrom, scope: Scope) -> None:
        found = calls.module(self, node.module or "", True)
        for alias in node.names:
            if alias.name == "*":
                for name, value in calls.star(self, found).items():
                    scope.set(name, value)
                continue
            scope.set(alias.asname or alias.name, attribute(self, found, alias.name))

    def _do_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        value = self.function(node, scope)
        for decorator in reversed(node.decorator_list):
            value = calls.decorated(self, decorator, value, scope)
        scope.set(node.name, value)

    _do_AsyncFunctionDef = _do_FunctionDef

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope) -> Value:
        """The value of a definition: its code, where names come from, its defaults."""
        defaults = [self.eval(d, scope) for d in node.args.defaults]
        keyword = {
            a.arg: self.eval(d, scope)
            for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if d is not None
        }
        while scope.is_class:  # names of a class body are not seen by its methods
            scope = scope.parent or scope.module
        data: dict[str, Any] = {
            "node": node,
            "scope": scope,
            "file": self.file,
            "defaults": defaults,
            "keyword": keyword,
        }
        if self.classes:
            data["class"] = self.classes[-1]
        return Value("func", data=data)

    def _do_ClassDef(self, node: ast.ClassDef, scope: Scope) -> None:
        value = Value("class", data={"node": node, "bases": [self.eval(b, scope) for b in node.bases]})
        inner = Scope(scope.module, scope if not isinstance(scope, Module) else None)
        inner.is_class = True
        self.classes.append(value)
        self.block(node.body, inner)
        self.classes.pop()
        value.fields = inner.vars
        value.data["annotated"] = classes.fields_named(node.body)
        scope.set(node.name, value)

    def _do_If(self, node: ast.If, scope: Scope) -> int:
        test = self.eval(node.test, scope)
        known = decide.truth(self, node.test, scope, test)
        if known is not None:
            return self.block(node.body if known else node.orelse, scope)
        with self.under_control(computed(test.label, touched(test))):
            return self._either([node.body, node.orelse], scope)

    def _either(self, branches: Sequence[Sequence[ast.stmt]], scope: Scope) -> int:
        fork = Fork(scope)
        ends = []
        self.uncertain += 1
        for branch in branches:
            end = self.block(branch, scope)
            ends.append(end)
            fork.restart(keep=end == NEXT)
        self.uncertain -= 1
        fork.join()
        return NEXT if NEXT in ends else min(ends)

    @contextmanager
    def under_control(self, label: Label) -> Iterator[None]:
        """What is assigned inside depends on a model's answer."""
        self.control.append(label)
        try:
            yield
        finally:
            self.control.pop()

    def under(self, value: Value) -> Value:
        """A value as it is after the tests that it stands under."""
        control = [c for c in self.control if c.is_ai or c.selected]
        if not control or summary(value).is_ai or value.kind in {"func", "class", "module"}:
            return value
        label = computed(*control)
        if value.is_missing:
            return value
        if value.const is not UNKNOWN:
            return scalar(joined(value.label, label, rows=False), value.const)
        if value.kind in CONTAINERS:
            return value
        return Value(value.kind, chosen(value.label, label, self._what(label)), fields=value.fields, rest=value.rest)

    @property
    def is_once(self) -> bool:
        """What stands here runs exactly once in this cell."""
        return not (self.loops or self.active or self.uncertain)

    def _what(self, label: Label) -> str:
        return calls.described(self, label)

    def _do_For(self, node: ast.For | ast.AsyncFor, scope: Scope) -> int:
        return self._loop(node.target, self.eval(node.iter, scope), node.body, node.orelse, scope)

    _do_AsyncFor = _do_For

    def _loop(
        self, target: ast.expr, value: Value, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt], scope: Scope
    ) -> int:
        items, rest = items_of(self, value)
        shape = computed(value.label)
        end = NEXT
        is_said = value.kind in {"list", "set", "iter"} and shape.is_ai
        by = chosen(CLEAN, shape, self._what(shape)) if is_said else CLEAN  # how often, not what
        with self.left_early(scope), self.under_control(by):
            if items is not None and len(items) <= _UNROLL:
                for item in items:
                    stores.assign(self, target, item, scope)
                    end = self._round(body, scope, end)
                if len(items) == 1 or any(_is_open(item) for item in items):
                    for item in items[:1]:
                        stores.assign(self, target, item, scope)
                        self._round(body, scope, end)
            elif rest is not None:
                for _ in range(2):
                    stores.assign(self, target, rest, scope)
                    end = self._round(body, scope, end)
        self.block(orelse, scope)
        return NEXT

    @contextmanager
    def left_early(self, scope: Scope) -> Iterator[None]:
        """A loop: where it was left by `break` or `continue`, the names stand as they stood there."""
        self.exits.append([])
        self.loops += 1
        try:
            yield
        finally:
            self.loops -= 1
            exits = self.exits.pop()
        if exits:
            fork = Fork(scope)
            fork.restart()
            fork.add(exits)
            fork.join()

    def _round(self, body: Sequence[ast.stmt], scope: Scope, end: int) -> int:
        return max(end, self.block(body, scope))

    def _do_While(self, node: ast.While, scope: Scope) -> int:
        test = self.eval(node.test, scope)
        with self.left_early(scope), self.under_control(computed(touched(test))):
            for _ in range(2):
                self.block(node.body, scope)
        self.eval(node.test, scope)
        self.block(node.orelse, scope)
        return NEXT

    def _do_Try(self, node: ast.Try, scope: Scope) -> int:
        """The body ran at least in part; each handler may have run after it."""
        fork = Fork(scope)
        end = self.block(node.body, scope)
        if end == NEXT:
            end = self.block(node.orelse, scope)
        fork.restart(keep=end == NEXT)
        ends = [end]
        for handler in node.handlers:
            if handler.name:
                scope.set(handler.name, anything())
            done = self.block(handler.body, scope)
            ends.append(done)
            fork.restart(keep=done == NEXT)
        fork.join()
        final = self.block(node.finalbody, scope)
        return final or (NEXT if NEXT in ends else min(ends))

    _do_TryStar = _do_Try

    def _do_With(self, node: ast.With | ast.AsyncWith, scope: Scope) -> int:
        for item in node.items:
            value = self.eval(item.context_expr, scope)
            if item.optional_vars is not None:
                entered = calls.entered(self, value, item.context_expr)
                stores.assign(self, item.optional_vars, entered, scope)
        return self.block(node.body, scope)

    _do_AsyncWith = _do_With

    def _do_Match(self, node: ast.Match, scope: Scope) -> int:
        subject = self.eval(node.subject, scope)
        with self.under_control(computed(touched(subject))):
            fork = Fork(scope)
            ends = []
            for case in node.cases:
                stores.capture(self, case.pattern, subject, scope)
                if case.guard is not None:
                    self.eval(case.guard, scope)
                end = self.block(case.body, scope)
                ends.append(end)
                fork.restart(keep=end == NEXT)
            if not any(isinstance(c.pattern, ast.MatchAs) and c.pattern.pattern is None for c in node.cases):
                fork.restart()
                ends.append(NEXT)
            fork.join()
        return NEXT if NEXT in ends else min(ends)

    # ── expressions ───────────────────────────────────────────────────────────────
    def eval(self, node: ast.expr | None, scope: Scope) -> Value:
        """The value of an expression."""
        if node is None:
            return scalar(const=None)
        self._count()
        method: Callable[[Any, Scope], Value] | None = getattr(self, "_of_" + type(node).__name__, None)
        return method(node, scope) if method is not None else anything()

    def _of_Constant(self, node: ast.Constant, scope: Scope) -> Value:
        return scalar(const=node.value)

    def _of_Name(self, node: ast.Name, scope: Scope) -> Value:
        return scope.get(node.id)

    def _of_NamedExpr(self, node: ast.NamedExpr, scope: Scope) -> Value:
        value = self.eval(node.value, scope)
        target = scope
        while getattr(target, "is_comprehension", False) and target.parent is not None:
            target = target.parent
        if getattr(target, "is_comprehension", False):
            target = scope.module
        target.set(node.target.id, value)
        return value

    def _of_Await(self, node: ast.Await, scope: Scope) -> Value:
        return self.eval(node.value, scope)

    def _of_Starred(self, node: ast.Starred, scope: Scope) -> Value:
        return self.eval(node.value, scope)

    def _of_Lambda(self, node: ast.Lambda, scope: Scope) -> Value:
        return self.function(node, scope)

    def _of_Yield(self, node: ast.Yield, scope: Scope) -> Value:
        value = self.under(self.eval(node.value, scope))
        if self.yielded:
            self.yielded[-1].append(value)
        return anything()

    def _of_YieldFrom(self, node: ast.YieldFrom, scope: Scope) -> Value:
        items, rest = items_of(self, self.eval(node.value, scope))
        if self.yielded:
            self.yielded[-1].extend(items or ([rest] if rest is not None else []))
        return anything()

    def _of_JoinedStr(self, node: ast.JoinedStr, scope: Scope) -> Value:
        parts = [self.eval(v.value if isinstance(v, ast.FormattedValue) else v, scope) for v in node.values]
        if parts and all(p.const is not UNKNOWN and not p.label.is_ai for p in parts):
            formats = [v.format_spec for v in node.values if isinstance(v, ast.FormattedValue)]
            if not any(formats):
                return scalar(const="".join(str(p.const) for p in parts))
        out = calls.concatenated(parts)
        if out.data is None:
            out.data = paths.pattern(parts)
        return out

    def _of_Tuple(self, node: ast.Tuple | ast.List | ast.Set, scope: Scope) -> Value:
        kind = {ast.Tuple: "tuple", ast.List: "list", ast.Set: "set"}[type(node)]
        values: list[Value] = []
        rest: Value | None = None
        for item in node.elts:
            value = self.eval(item, scope)
            if isinstance(item, ast.Starred):
                known, more = items_of(self, value)
                if known is not None:
                    values.extend(known)
                elif more is not None:
                    rest = more if rest is None else merged(rest, more, rows=True)
            else:
                values.append(value)
        out = sequence(kind, values)
        if rest is not None:
            for value in values:
                rest = merged(rest, value, rows=True)
            out.fields, out.rest = {}, rest
        if kind == "tuple" and values and rest is None and all(_plain(v.const) for v in values):
            out.const = tuple(v.const for v in values)
        return out

    _of_List = _of_Tuple
    _of_Set = _of_Tuple

    def _of_Dict(self, node: ast.Dict, scope: Scope) -> Value:
        out = Value("map")
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.eval(item, scope)
            if key is None:
                calls.extend(self, out, value)
            else:
                stores.put(self, out, self.eval(key, scope), self.under(value))
        return out

    def _of_IfExp(self, node: ast.IfExp, scope: Scope) -> Value:
        test = self.eval(node.test, scope)
        known = decide.truth(self, node.test, scope, test)
        if known is not None:
            return self.eval(node.body if known else node.orelse, scope)
        label = computed(touched(test))
        body, orelse = self.eval(node.body, scope), self.eval(node.orelse, scope)
        if label.is_ai and not summary(body).is_ai and not summary(orelse).is_ai:
            if body.kind in CONTAINERS or orelse.kind in CONTAINERS:
                return merged(body, orelse)
            if body.const is UNKNOWN and orelse.const is UNKNOWN:
                label = Label(1, True, label.sites, label.selected)
            return scalar(joined(label, merged(body, orelse).label, rows=False))
        return merged(body, orelse)

    def _of_BoolOp(self, node: ast.BoolOp, scope: Scope) -> Value:
        values = [self.eval(v, scope) for v in node.values]
        out = values[0]
        for value in values[1:]:
            out = merged(out, value)
        return out

    def _of_Compare(self, node: ast.Compare, scope: Scope) -> Value:
        values = [self.eval(v, scope) for v in (node.left, *node.comparators)]
        if all(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
            return scalar(computed(*(v.label for v in values)))
        out = values[0]
        for value in values[1:]:
            out = self.operated(out, value, None)
        return out

    def _of_UnaryOp(self, node: ast.UnaryOp, scope: Scope) -> Value:
        value = self.eval(node.operand, scope)
        if isinstance(node.op, ast.USub) and type(value.const) in {int, float}:
            return scalar(value.label, -value.const)
        out = self.operated(value, value, None)
        if isinstance(node.op, ast.Invert) and out.kind in {"series", "array"}:
            out.data = {**(out.data if isinstance(out.data, dict) else {}), "not": value}
        return out

    def _of_BinOp(self, node: ast.BinOp, scope: Scope) -> Value:
        return self.operated(self.eval(node.left, scope), self.eval(node.right, scope), node.op)

    def operated(self, a: Value, b: Value, op: ast.operator | None) -> Value:
        """The value of an operator; elementwise for columns and arrays, joined for lists and text."""
        return calls.operated(self, a, b, op)

    def _of_Attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        owner = self.eval(node.value, scope)
        with self.at(node):
            return self.sourced(node, lambda: attribute(self, owner, node.attr))

    def _of_Subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        owner = self.eval(node.value, scope)
        key = self.eval(node.slice, scope)
        with self.at(node):
            return self.sourced(node, lambda: subscript(self, owner, key, node.slice))

    def _of_Slice(self, node: ast.Slice, scope: Scope) -> Value:
        parts = [self.eval(p, scope) for p in (node.lower, node.upper, node.step)]
        ends = [p.const for p in parts]
        known = all(type(e) in {int, type(None)} for e in ends) and ends[2] != 0
        is_full = ends == [None, None, None]
        label = computed(*(touched(p) for p in parts))
        return Value("slice", label, data={"full": is_full, "bounds": ends if known else None})

    def _of_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Value:
        kind = {ast.ListComp: "list", ast.SetComp: "set", ast.GeneratorExp: "iter"}[type(node)]
        results: list[Value] = []
        shape, known = self._comprehend(
            node.generators, scope, lambda inner: results.append(self.under(self.eval(node.elt, inner)))
        )
        out = Value(kind, shape)
        if known:
            out.fields = dict(enumerate(results))
        elif results:
            out.rest = results[0]
            for value in results[1:]:
                out.rest = merged(out.rest, value, rows=True)
        return out

    _of_SetComp = _of_ListComp
    _of_GeneratorExp = _of_ListComp

    def _of_DictComp(self, node: ast.DictComp, scope: Scope) -> Value:
        out = Value("map")

        def add(inner: Scope) -> None:
            stores.put(self, out, self.eval(node.key, inner), self.under(self.eval(node.value, inner)))

        shape, _ = self._comprehend(node.generators, scope, add)
        out.label = joined(out.label, shape, rows=False)
        return out

    def _comprehend(
        self, generators: Sequence[ast.comprehension], scope: Scope, action: Callable[[Scope], None]
    ) -> tuple[Label, bool]:
        """Go through the items; the label of which items there are, and whether each was met once."""
        inner = Scope(scope.module, scope if not isinstance(scope, Module) else None)
        inner.is_comprehension = True  # type: ignore[attr-defined]
        self.loops += 1
        shape = [CLEAN]
        known = [True]

        def walk(index: int) -> None:
            if index == len(generators):
                action(inner)
                return
            generator = generators[index]
            value = self.eval(generator.iter, inner)
            items, rest = items_of(self, value)
            if value.kind in {"list", "set", "iter", "frame", "map"} and value.label.is_ai:
                shape[0] = joined(shape[0], computed(value.label), rows=False)
            if items is None or len(items) > _UNROLL:
                known[0] = False
                items = [rest] if rest is not None else []
                if len(items) == 1:
                    items = items * 2 if _is_open(items[0]) else items
            for item in items:
                stores.assign(self, generator.target, item, inner)
                tests = [self.eval(test, inner) for test in generator.ifs]
                decided = [decide.truth(self, n, inner, v) for n, v in zip(generator.ifs, tests, strict=True)]
                if any(d is False for d in decided):
                    continue
                if not all(d is True for d in decided):
                    known[0] = False
                label = computed(*(touched(t) for t in tests))
                if label.is_ai:
                    shape[0] = joined(shape[0], label, rows=False)
                    stores.assign(self, generator.target, self._picked(item, label), inner)
                walk(index + 1)

        walk(0)
        self.loops -= 1
        return shape[0], known[0]

    def _picked(self, item: Value, by: Label) -> Value:
        return relabelled(item, lambda label: chosen(label, by, self._what(by)))

    # ── where calls are made ──────────────────────────────────────────────────────
    @contextmanager
    def at(self, node: ast.expr) -> Iterator[None]:
        """Inside this node: the chain grows by it."""
        before = self.stack
        self.stack = (*before, (self.file, node.end_lineno or 0, node.end_col_offset or 0))
        try:
            yield
        finally:
            self.stack = before

    @contextmanager
    def written(self) -> Iterator[None]:
        """What is found inside is to be changed: the thing itself, no picture of it."""
        self.writes += 1
        try:
            yield
        finally:
            self.writes -= 1

    @contextmanager
    def later(self) -> Iterator[None]:
        """What is called inside is called when its result is asked for: by another node than this one."""
        self.deferred.append(len(self.stack))
        try:
            yield
        finally:
            self.deferred.pop()

    def sourced(self, node: ast.expr, action: Callable[[], Value], args: Sequence[Value] = ()) -> Value:
        """The value of a node, and what it owes to calls that flow did not follow; `at` is open."""
        exact = self.sites.exact(self.stack, self.deferred) if self.sites.by_end else []
        if exact:
            return calls.source(self, exact, action, args, node)
        before = self.entered.pop(self.stack, None)
        value = action()
        entered = self.entered.pop(self.stack, [])
        if before is not None:
            self.entered[self.stack] = before
        if self.stack in self.prefixes:
            depth = len(self.stack)
            missed = [g for g in self.sites.below(self.stack) if not entered or _goes_through(g.chain[depth], entered)]
            if missed:
                return calls.opaque(self, missed, value, args)
        return value

    def _of_Call(self, node: ast.Call, scope: Scope) -> Value:
        return calls.call(self, node, scope)


def _goes_through(entry: Entry, functions: Sequence[tuple[str, int, int]]) -> bool:
    """One of these functions made the call; it was not another that the same node calls at other times."""
    return any(file == entry[0] and first <= entry[1] <= last for file, first, last in functions)


def _loaded(node: ast.expr) -> ast.expr:
    """The same target, read."""
    out: ast.expr
    if isinstance(node, ast.Name):
        out = ast.Name(node.id, ast.Load())
    elif isinstance(node, ast.Attribute):
        out = ast.Attribute(node.value, node.attr, ast.Load())
    elif isinstance(node, ast.Subscript):
        out = ast.Subscript(node.value, node.slice, ast.Load())
    else:
        return node
    return ast.copy_location(out, node)


def _plain(const: Any) -> bool:
    return const is not UNKNOWN and type(const) in {str, int, float, bool, type(None), bytes, tuple}


def _is_open(value: Value) -> bool:
    """Worth a second round: what the loop writes may be read by its next turn."""
    return value.kind not in {"func", "class", "module"}
