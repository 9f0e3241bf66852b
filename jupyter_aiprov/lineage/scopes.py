"""Names to values: locals, closures, modules; a name never assigned is looked up live."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_aiprov.lineage.lift import Lifter
from jupyter_aiprov.lineage.state import Value, anything, merged


class Scope:
    """The names of a function, class body or comprehension; `module` is the global scope."""

    def __init__(self, module: Module | None = None, parent: Scope | None = None) -> None:
        self.vars: dict[str, Value] = {}
        self.parent = parent
        self._module = module
        self.is_class = False
        self.is_global: set[str] = set()
        self.is_outer: set[str] = set()

    @property
    def module(self) -> Module:
        """Where global names live."""
        assert self._module is not None
        return self._module

    def get(self, name: str) -> Value:
        """The value of a name as Python would find it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.vars and name not in scope.is_global:
                return scope.vars[name]
            scope = scope.parent
        return self.module.get(name)

    def set(self, name: str, value: Value) -> None:
        """Bind a name."""
        self._owner(name).vars[name] = value

    def delete(self, name: str) -> None:
        """Unbind a name."""
        self._owner(name).vars.pop(name, None)

    def _owner(self, name: str) -> Scope:
        if name in self.is_global:
            return self.module
        if name in self.is_outer:
            scope = self.parent
            while scope is not None:
                if name in scope.vars:
                    return scope
                scope = scope.parent
        return self


class Module(Scope):
    """A namespace that lives on: the notebook's, or a user module's."""

    def __init__(self, live: Mapping[str, Any], lifter: Lifter) -> None:
        super().__init__(None, None)
        self.live = live
        self.lifter = lifter
        self.old: Callable[[str], Value | None] = lambda _name: None

    @property
    def module(self) -> Module:
        """Itself: global names live here."""
        return self

    def get(self, name: str) -> Value:
        """A global name, else a built-in one."""
        found = self.vars.get(name)
        if found is not None:
            return found
        old = self.old(name)
        if old is not None:
            self.vars[name] = old
            return old
        if name in self.live:
            value = self.lifter.lift(self.live[name])
            self.vars[name] = value
            return value
        if hasattr(builtins, name):
            return self.lifter.lift(getattr(builtins, name))
        return anything()


def names_of(scope: Scope) -> list[dict[str, Value]]:
    """What the names of a scope, and of its module, stand for now."""
    scopes = [scope] if scope.module is scope else [scope, scope.module]
    return [dict(s.vars) for s in scopes]


class Fork:
    """Alternatives that start from the same names and are joined afterwards."""

    def __init__(self, scope: Scope) -> None:
        self._scopes = [scope]
        if scope.module is not scope:
            self._scopes.append(scope.module)
        self._start = [dict(s.vars) for s in self._scopes]
        self._ends: list[list[dict[str, Value]]] = []

    def restart(self, *, keep: bool = True) -> None:
        """The alternative is over; the next one starts where all started."""
        if keep:
            self._ends.append([dict(s.vars) for s in self._scopes])
        for scope, start in zip(self._scopes, self._start, strict=True):
            scope.vars.clear()
            scope.vars.update(start)

    def add(self, ends: list[list[dict[str, Value]]]) -> None:
        """More ways in which it may have ended."""
        self._ends.extend(ends)

    def join(self) -> None:
        """All alternatives may have been taken."""
        if not self._ends:
            return
        for i, scope in enumerate(self._scopes):
            ends = [end[i] for end in self._ends]
            out: dict[str, Value] = {}
            for name in dict.fromkeys(n for end in ends for n in end):
                values = [end[name] for end in ends if name in end]
                value = values[0]
                for other in values[1:]:
                    value = merged(value, other)
                out[name] = value
            scope.vars.clear()
            scope.vars.update(out)
