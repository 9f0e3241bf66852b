"""A second world of abstract values: what is followed in it leaves the first as it was.

Values, scopes and the containers that hold them are copied once each, so that aliases stay aliases;
the user's objects, syntax trees and constants stay by reference.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any

from jupyter_aiprov.lineage.content import Answers
from jupyter_aiprov.lineage.lift import Lifter
from jupyter_aiprov.lineage.queries import Tables
from jupyter_aiprov.lineage.scopes import Module, Scope
from jupyter_aiprov.lineage.sites import Sites
from jupyter_aiprov.lineage.state import Value
from jupyter_aiprov.lineage.store import Store
from jupyter_aiprov.lineage.tracked import Tracked

_LIVE = "live"  # under this key stands an object of the user's


class Copies:
    """Copies things that hold values; each thing once."""

    def __init__(self, lifter: Lifter) -> None:
        self._memo: dict[int, Any] = {}
        self._todo: list[Callable[[], None]] = []
        self.lifter = lifter

    def stands_for(self, original: Any, made: Any) -> None:
        """Wherever the original is referred to, this is."""
        self._memo[id(original)] = made

    def of(self, thing: Any) -> Any:
        """The thing's copy, with everything in it copied."""
        out = self._one(thing)
        while self._todo:
            self._todo.pop()()
        return out

    def _one(self, thing: Any) -> Any:
        known = self._memo.get(id(thing))
        if known is not None:
            return known
        cls = type(thing)
        if cls is tuple:
            return tuple(self._one(part) for part in thing)
        made: Any = None
        if cls is Value:
            made = Value.__new__(Value)
            self._todo.append(lambda: self._value(thing, made))
        elif cls is dict:
            made = {}
            self._todo.append(
                lambda: made.update({k: v if k == _LIVE else self._one(v) for k, v in list(thing.items())})
            )
        elif cls is list:
            made = []
            self._todo.append(lambda: made.extend([self._one(v) for v in thing]))
        elif cls is Module:
            made = Module(thing.live, self.lifter)
            self._todo.append(lambda: self._scope(thing, made))
        elif cls is Scope:
            made = Scope(None, None)
            self._todo.append(lambda: self._scope(thing, made))
        else:
            return thing
        self._memo[id(thing)] = made
        return made

    def _value(self, thing: Value, made: Value) -> None:
        made.kind, made.label, made.keys, made.const = thing.kind, thing.label, thing.keys, thing.const
        made.order, made.suspect = thing.order, thing.suspect
        made.fields, made.rest = self._one(thing.fields), self._one(thing.rest)
        made.data, made.origin, made.parts = self._one(thing.data), self._one(thing.origin), self._one(thing.parts)

    def _scope(self, thing: Scope, made: Scope) -> None:
        made.vars = self._one(thing.vars)
        made.parent, made._module = self._one(thing.parent), self._one(thing._module)
        made.is_global, made.is_outer = set(thing.is_global), set(thing.is_outer)

    # ── the parts of a lineage ────────────────────────────────────────────────────
    def into_lifter(self, lifter: Lifter) -> None:
        """The copied lifter knows the same objects, by copied values."""
        self.lifter.before = lifter.before
        self.lifter._known = {k: (self.of(value), ref) for k, (value, ref) in list(lifter._known.items())}

    def store(self, store: Store) -> Store:
        """What is in files, as far as it was; nothing is written by it."""
        made = copy(store)
        made.contents, made.written = self.of(store.contents), {}
        made.tables = Tables({k: self.of(v) for k, v in store.tables.known.items()})
        return made


def sites(original: Sites) -> Sites:
    """The same groups, with marks of their own of what was seen."""
    made = copy(original)
    with original._lock:
        made.groups = {k: replace(g) for k, g in original.groups.items()}
        made.fresh = [made.groups[g.id] for g in original.fresh]
    made.by_end = {}
    return made


def answers(original: Answers) -> Answers:
    """The same texts; what is looked up now, before all may be there, is not kept."""
    made = copy(original)
    made._index = {}
    return made


def tracked(original: Tracked) -> Tracked:
    """The same columns, which can be marked apart."""
    made = copy(original)
    made._kept = dict(original._kept)
    return made
