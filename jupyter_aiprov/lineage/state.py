"""Abstract values: what the interpreter knows of the user's objects. Knows no library.

A `Value` stands for one object: aliases share it, so that a mutation through one name is seen
through all. Containers keep labels per field and per element; their own `label` speaks of their
shape (which rows are there), never of their contents.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from jupyter_aiprov.lineage.labels import CLEAN, DERIVED, NONE, Label, all_joined, computed, joined

UNKNOWN: Final = object()  # no constant known
SEQUENCES: Final = frozenset({"list", "tuple", "set", "iter", "series", "array", "file"})
CONTAINERS: Final = SEQUENCES | {"map", "frame", "object", "group"}
_DEPTH: Final = 7


class TooMuchError(Exception):
    """The cell is too much to follow."""


class Value:
    """One object as far as labels need it.

    kind   scalar, any, response, list, tuple, set, iter, series, array, map, frame, object, group,
           file, func, class, module, bound, indexer, expr
    label  of the value itself; of a container: of its shape
    fields columns, dict items, attributes or, under integers, known items
    rest   every other element
    keys   label of a dict's keys, of a series' index
    const  the value itself where it is known
    data   what the kind needs (function, module, owner of an indexer)
    """

    __slots__ = (
        "const",
        "data",
        "fields",
        "is_future",
        "keys",
        "kind",
        "label",
        "order",
        "origin",
        "parts",
        "rest",
        "suspect",
    )

    def __init__(
        self,
        kind: str = "any",
        label: Label = CLEAN,
        *,
        fields: dict[Any, Value] | None = None,
        rest: Value | None = None,
        keys: Label = CLEAN,
        const: Any = UNKNOWN,
        data: Any = None,
    ) -> None:
        self.kind = kind
        self.label = label
        self.fields: dict[Any, Value] = {} if fields is None else fields
        self.rest = rest
        self.keys = keys
        self.const = const
        self.data = data
        self.order: Label = CLEAN  # label of what the rows were sorted by
        self.origin: Value | None = None  # the frame whose rows these are
        self.parts: list[tuple[Value, int | str | None]] | None = None  # concatenated: value and length or name
        self.is_future = False  # work that was handed over, taken for what it comes to: as a key it is but a name
        self.suspect: Label = CLEAN  # went through code that nobody could follow, with AI calls in it

    def __repr__(self) -> str:
        inner = f" {list(self.fields)[:6]}" if self.fields else ""
        return f"<{self.kind} {self.label.origin}{'?' if self.label.low else ''}{inner} rest={self.rest!r}>"

    @property
    def is_missing(self) -> bool:
        """A constant that says "nothing here": None, NaN, the empty string."""
        return is_missing(self.const)

    @property
    def items(self) -> list[Value] | None:
        """The items in order when all are known."""
        if self.rest is not None or self.kind not in SEQUENCES or not self.fields:
            return None
        return [self.fields[i] for i in sorted(self.fields)] if all(type(k) is int for k in self.fields) else None


class Unnamed:
    """The name of a column that is not known: the column stands where it stands."""


@dataclass(frozen=True)
class Family:
    """Columns whose names begin so: what encoding one column makes."""

    prefix: str


def is_missing(const: Any) -> bool:
    """None, NaN, the empty string: placeholders, not data."""
    if const is None or (const == "" and isinstance(const, str)):
        return True
    if type(const) is float:
        return math.isnan(const)
    return type(const).__name__ in {"NAType", "NaTType"}


def scalar(label: Label = CLEAN, const: Any = UNKNOWN) -> Value:
    """A value without parts."""
    return Value("scalar", label, const=const)


def anything(label: Label = CLEAN) -> Value:
    """A value of a kind that is not known."""
    return Value("any", label)


def sequence(kind: str, items: Iterable[Value]) -> Value:
    """A container with known items."""
    return Value(kind, fields=dict(enumerate(items)))


def repeated(kind: str, element: Value | None, label: Label = CLEAN) -> Value:
    """A container of which only the kind of its elements is known."""
    return Value(kind, label, rest=element)


def children(value: Value) -> Iterator[Value]:
    """Everything inside, one level down."""
    yield from value.fields.values()
    if value.rest is not None:
        yield value.rest
    if value.kind in {"group", "indexer", "bound"} and isinstance(value.data, dict):
        owner = value.data.get("owner")
        if isinstance(owner, Value):
            yield owner


def summary(value: Value, depth: int = _DEPTH) -> Label:
    """The label of the whole: contents side by side, the shape only where the contents are clean."""
    inside = contents(value, depth)
    if value.kind in CONTAINERS:
        if inside.is_ai:
            return joined(inside, Label(selected=value.label.selected), rows=False) if value.label.selected else inside
        return joined(value.label, inside, rows=False)
    if value.kind in {"func", "class", "module"}:
        return CLEAN
    return value.label if not inside.is_ai else joined(value.label, inside, rows=False) if value.label.is_ai else inside


def contents(value: Value, depth: int = _DEPTH) -> Label:
    """The labels of what is inside, side by side; placeholders say nothing."""
    if depth <= 0 or value.kind in {"func", "class", "module"}:
        return CLEAN
    found: list[Label] = []
    for child in children(value):
        if child.is_missing and not child.label.is_ai:
            continue
        found.append(summary(child, depth - 1))
    return all_joined(found)


def touched(value: Value, depth: int = _DEPTH) -> Label:
    """What a calculation over the whole value becomes: derived where anything in it is AI."""
    labels = [value.label, value.keys]
    if depth > 0 and value.kind not in {"func", "class", "module"}:
        labels.extend(touched(child, depth - 1) for child in children(value))
    return computed(*labels)


def is_tainted(value: Value) -> bool:
    """True when anything is to be remembered of it."""
    return _any(value, lambda v: not (v.label.is_plain and v.keys.is_plain and v.suspect.is_plain), set())


def _any(value: Value, test: Callable[[Value], bool], seen: set[int]) -> bool:
    if id(value) in seen:
        return False
    seen.add(id(value))
    if test(value):
        return True
    if value.kind in {"func", "class", "module"}:
        return False
    return any(_any(child, test, seen) for child in children(value))


def merged(a: Value, b: Value, *, rows: bool = False, depth: int = _DEPTH) -> Value:
    """One value for two: alternatives of a variable, or rows of one container."""
    if a is b:
        return a
    if a.is_missing and not a.label.is_ai:
        return b
    if b.is_missing and not b.label.is_ai:
        return a
    if depth <= 0:
        return anything(joined(summary(a), summary(b), rows=rows))
    if a.kind == b.kind and (a.kind in CONTAINERS or a.fields or b.fields):
        return _merged_containers(a, b, rows, depth)
    if a.kind in {"func", "class", "module"} or b.kind in {"func", "class", "module"}:
        if a.kind == b.kind == "func":
            return Value("func", data={"either": [a, b]})
        return b if a.kind in {"any", "scalar"} else a
    if a.kind in SEQUENCES and b.kind in SEQUENCES:
        return _merged_containers(a, b, rows, depth)
    if a.kind in CONTAINERS and not is_tainted(b):
        return a
    if b.kind in CONTAINERS and not is_tainted(a):
        return b
    for one, other in ((a, b), (b, a)):  # an empty container stands for "no answer"
        if one.kind in CONTAINERS and not one.fields and one.rest is None and other.label.is_ai:
            return other
    for one, other in ((a, b), (b, a)):  # an answer that was parsed, or the fallback in its place
        if one.kind == "map" and other.kind in {"any", "response"} and other.label.is_ai and not _has_parts(other):
            out = Value("map", fields={k: merged(v, anything(other.label)) for k, v in one.fields.items()})
            out.rest = anything(other.label) if one.rest is None else merged(one.rest, anything(other.label))
            return out
    label = _beside(a, b, rows)
    kind = a.kind if a.kind == b.kind else "response" if "response" in {a.kind, b.kind} else "any"
    out = Value(kind, label)
    out.is_future = a.is_future and b.is_future
    if a.const is not UNKNOWN and same_const(a.const, b.const):
        out.const = a.const
    for part in (a, b):
        if part.fields or part.rest is not None:
            out.fields = part.fields
            out.rest = part.rest
    return out


def _has_parts(value: Value) -> bool:
    return bool(value.fields) or value.rest is not None


def same_const(a: Any, b: Any) -> bool:
    """Equal constants of one type."""
    return type(a) is type(b) and type(a) in {str, int, float, bool, type(None), bytes, tuple} and bool(a == b)


def _beside(a: Value, b: Value, rows: bool) -> Label:
    """A constant that may stand for an AI value is remembered, not counted: the data will tell."""
    la, lb = summary(a), summary(b)
    for x, y, value in ((la, lb, b), (lb, la, a)):
        if x.origin >= 2 and y.origin == NONE and not rows and _hashable(value.const):
            return Label(x.origin, x.low, x.sites, x.selected | y.selected, x.constants | {value.const}, x.edits)
    only_derived = {la.origin, lb.origin} == {NONE, DERIVED}
    return joined(la, lb, rows=rows or not only_derived)


def _hashable(const: Any) -> bool:
    return const is not UNKNOWN and type(const) in {str, int, float, bool}


def _merged_containers(a: Value, b: Value, rows: bool, depth: int) -> Value:
    kind = a.kind if a.kind == b.kind else "list"
    out = Value(kind, joined(a.label, b.label, rows=False), keys=joined(a.keys, b.keys, rows=False))
    out.data = a.data or b.data
    out.order = joined(a.order, b.order, rows=False)
    out.is_future = a.is_future and b.is_future
    out.origin = a.origin or b.origin
    out.suspect = joined(a.suspect, b.suspect, rows=False)
    ordered = kind in SEQUENCES
    if ordered and set(a.fields) != set(b.fields):
        one, two = element(a), element(b)
        out.rest = merged(one, two, rows=True, depth=depth - 1) if one and two else one or two
        return out
    for key in list(dict.fromkeys([*a.fields, *b.fields])):
        left, right = a.fields.get(key, a.rest), b.fields.get(key, b.rest)
        if left is None or right is None:
            kept = left if left is not None else right
            if kept is not None:
                out.fields[key] = kept
        else:
            out.fields[key] = merged(left, right, rows=rows, depth=depth - 1)
    if a.rest is not None and b.rest is not None:
        out.rest = merged(a.rest, b.rest, rows=rows, depth=depth - 1)
    else:
        out.rest = a.rest if a.rest is not None else b.rest
    return out


def element(value: Value) -> Value | None:
    """One value for all elements of a sequence; None when it is empty."""
    if value.kind == "map":
        return scalar(value.keys)
    out = value.rest
    for item in value.fields.values():
        out = item if out is None else merged(out, item, rows=True)
    return out


def clone(value: Value) -> Value:
    """A new object with the same contents (one level): columns are shared values, replaced on write."""
    out = Value(value.kind, value.label, fields=dict(value.fields), rest=value.rest, keys=value.keys)
    out.const, out.data, out.order, out.suspect = value.const, value.data, value.order, value.suspect
    out.origin = value
    return out


def relabelled(value: Value, change: Callable[[Label], Label], depth: int = _DEPTH) -> Value:
    """The same structure with every label changed."""
    if depth <= 0:
        return anything(change(summary(value)))
    if value.kind in {"func", "class", "module"}:
        return value
    out = clone(value)
    out.label = change(value.label) if value.kind not in CONTAINERS else value.label
    out.const = UNKNOWN if out.label.is_ai else value.const
    out.fields = {k: relabelled(v, change, depth - 1) for k, v in value.fields.items()}
    out.rest = relabelled(value.rest, change, depth - 1) if value.rest is not None else None
    return out


def derived(value: Value) -> Value:
    """The same structure, every part calculated from what stood there."""
    return relabelled(value, computed)
