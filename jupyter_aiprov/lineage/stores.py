"""Assignments: to names, tuples, attributes, items, columns, parts of columns; patterns of `match`."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from jupyter_aiprov.lineage.labels import CLEAN, DERIVED, GENERATED, NONE, Label, computed, joined
from jupyter_aiprov.lineage.methods import attribute, children_of, flow_call, items_of
from jupyter_aiprov.lineage.state import (
    CONTAINERS,
    SEQUENCES,
    UNKNOWN,
    Unnamed,
    Value,
    anything,
    element,
    merged,
    repeated,
    scalar,
    sequence,
    summary,
    touched,
)

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow
    from jupyter_aiprov.lineage.scopes import Scope


def assign(flow: Flow, target: ast.expr, value: Value, scope: Scope) -> None:
    """Bind a target."""
    if isinstance(target, ast.Name):
        scope.set(target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(flow, target.elts, value, scope)
    elif isinstance(target, ast.Starred):
        assign(flow, target.value, value, scope)
    elif isinstance(target, ast.Attribute):
        _set_attribute(flow, flow.eval(target.value, scope), target.attr, value)
    elif isinstance(target, ast.Subscript):
        with flow.written():
            owner = flow.eval(target.value, scope)
        key = flow.eval(target.slice, scope)
        if owner.kind == "indexer":
            _set_located(flow, owner, key, value, target.slice)
        else:
            put(flow, owner, key, value)


def _unpack(flow: Flow, targets: list[ast.expr], value: Value, scope: Scope) -> None:
    known, rest = items_of(flow, value)
    star = next((i for i, t in enumerate(targets) if isinstance(t, ast.Starred)), None)
    if known is not None and (len(known) == len(targets) or (star is not None and len(known) >= len(targets) - 1)):
        if star is None:
            for target, item in zip(targets, known, strict=True):
                assign(flow, target, item, scope)
            return
        after = len(targets) - star - 1
        for target, item in zip(targets[:star], known[:star], strict=True):
            assign(flow, target, item, scope)
        assign(flow, targets[star], sequence("list", known[star : len(known) - after]), scope)
        for target, item in zip(targets[star + 1 :], known[len(known) - after :], strict=True):
            assign(flow, target, item, scope)
        return
    if rest is None and known:
        rest = known[0]
        for item in known[1:]:
            rest = merged(rest, item, rows=True)
    for target in targets:
        inner = rest if rest is not None else anything(summary(value))
        assign(flow, target, repeated("list", inner) if isinstance(target, ast.Starred) else inner, scope)


def _set_attribute(flow: Flow, owner: Value, name: str, value: Value) -> None:
    if owner.kind == "frame":
        if name == "columns":
            rename(owner, value)
        elif name not in {"index", "attrs"}:
            put(flow, owner, scalar(const=name), value)
        return
    if owner.kind in {"object", "class"}:
        owner.fields[name] = _weakly(flow, owner.fields.get(name), value)
        return
    if owner.kind == "module" and owner.data.get("name") in flow.modules:
        flow.modules[owner.data["name"]].vars[name] = value
    elif owner.kind in {"any", "response"}:
        owner.fields[name] = value


def _weakly(flow: Flow, old: Value | None, value: Value) -> Value:
    """In a branch that may not have run, the old value may still stand."""
    if old is None or not flow.uncertain or not (summary(old).is_ai or summary(value).is_ai):
        return value
    return merged(old, value)


def rename(owner: Value, names: Value) -> None:
    """`df.columns = […]`: by position where both lists are known."""
    known = [n.const for n in names.items] if names.items is not None else None
    if known is None or any(n is UNKNOWN for n in known) or owner.rest is not None or len(known) != len(owner.fields):
        if owner.rest is None and (known is None or len(known) == len(owner.fields)):  # where they stand is known
            given = known if known is not None else [UNKNOWN] * len(owner.fields)
            columns = zip(given, owner.fields.values(), strict=True)
            owner.fields = {n if _plain(n) else Unnamed(): one for n, one in columns}
        elif known is None or owner.rest is not None:
            label = summary(owner)
            owner.suspect = joined(owner.suspect, label, rows=False)
            rest = list(owner.fields.values())
            if known is None or any(n is UNKNOWN for n in known):
                owner.fields = {}
            else:
                owner.fields = dict.fromkeys(known, owner.rest or repeated("series", scalar()))
            owner.rest = owner.rest or repeated("series", scalar())
            for one in rest:
                owner.rest = merged(owner.rest, one, rows=True)
        return
    owner.fields = dict(zip(known, owner.fields.values(), strict=True))


def put(flow: Flow, owner: Value, key: Value, value: Value) -> None:
    """`owner[key] = value`."""
    if owner.kind == "frame":
        _put_column(flow, owner, key, value)
        return
    by = computed(touched(key)) if not key.is_future else CLEAN
    if owner.kind in {"series", "array"}:
        whole = key.kind == "slice" and key.data.get("full")
        _put_rows(flow, owner, value, whole=bool(whole), by=by)
        return
    if owner.kind == "object":
        setter = attribute(flow, owner, "__setitem__")
        if setter.kind == "func":
            flow_call(flow, setter, [key, value])
            return
    if owner.kind in {"list", "tuple", "set"}:
        known = owner.items
        if type(key.const) is int and known is not None and -len(known) <= key.const < len(known):
            owner.fields[key.const % len(known)] = value
            return
        if known is not None:
            owner.rest = element(owner)
            owner.fields = {}
        if key.kind == "slice":
            value = element(value) or value
        owner.rest = value if owner.rest is None else merged(owner.rest, value, rows=True)
        return
    if owner.kind in {"map", "object", "any", "response"}:
        if owner.kind in {"any", "response"} and not owner.fields and owner.rest is None and not owner.label.is_ai:
            owner.kind = "map"
            owner.rest = anything()
        if _plain(key.const) and not by.is_ai:
            owner.fields[key.const] = _weakly(flow, owner.fields.get(key.const), value)
            return
        if key.is_future and owner.kind == "map":
            data = owner.data if isinstance(owner.data, dict) else {}
            owner.data = {**data, "key": merged(data["key"], key, rows=True) if "key" in data else key}
        if by.is_ai:
            owner.keys = joined(owner.keys, key.label if key.label.is_ai else by, rows=False)
            if not summary(value).is_ai and value.kind not in CONTAINERS:
                value = Value(value.kind, joined(value.label, by, rows=False))
        owner.rest = value if owner.rest is None else merged(owner.rest, value, rows=True)


def _plain(const: Any) -> bool:
    return const is not UNKNOWN and type(const) in {str, int, float, bool, type(None), bytes, tuple}


def as_column(value: Value) -> Value:
    """What a column is after something was assigned to it."""
    if value.kind == "series":
        out = Value("series", value.label, fields=value.fields, rest=value.rest, keys=value.keys)
        out.origin, out.parts = value.origin, value.parts
        out.data = _told_apart(value)
        return out
    if value.kind in SEQUENCES:
        out = Value("series", value.label if value.kind == "array" else CLEAN, fields=value.fields, rest=value.rest)
        if value.label.is_ai and value.kind in {"list", "iter"} and not summary(value).is_ai:
            out.rest = element(value)
        if value.items is None and not value.fields and value.rest is None:
            out.rest = scalar(value.label)
        out.parts = value.parts
        out.data = _told_apart(value)
        return out
    if value.kind == "frame":
        columns = children_of(value)
        return as_column(columns[0]) if len(columns) == 1 else repeated("series", scalar(summary(value)))
    if value.kind == "map":
        out = repeated("series", value.rest or scalar(summary(value)))
        out.data = {"cells": value} if value.fields else None
        return out
    if isinstance(value.data, dict) and "like" in value.data:  # a guess at a frame, put in one column
        return repeated("series", scalar(value.label))
    return repeated("series", value if value.kind in {"scalar", "any", "response"} else scalar(summary(value)))


def _told_apart(value: Value) -> dict[str, Any] | None:
    """What tells the rows of a column apart goes with it."""
    data = value.data if isinstance(value.data, dict) else {}
    return {k: data[k] for k in ("choice", "where", "rowwise") if k in data} or None


def _put_column(flow: Flow, owner: Value, key: Value, value: Value) -> None:
    if _plain(key.const):
        owner.fields[key.const] = _weakly(flow, owner.fields.get(key.const), as_column(value))
        return
    known = key.items
    if known is not None and key.kind in {"list", "tuple"} and all(_plain(k.const) for k in known):
        parts = parts_of(flow, value, len(known))
        for name, part in zip(known, parts, strict=True):
            owner.fields[name.const] = as_column(part)
        return
    if key.kind in {"series", "array"}:  # a mask over all columns
        for name in list(owner.fields):
            owner.fields[name] = partly(owner.fields[name], value, computed(touched(key)))
        return
    column = as_column(value)
    owner.rest = column if owner.rest is None else merged(owner.rest, column)


def parts_of(flow: Flow, value: Value, count: int) -> list[Value]:
    """A value spread over so many columns."""
    if value.kind == "frame":
        columns = list(value.fields.values())
        if len(columns) == count:
            return columns
        return [value.rest or repeated("series", scalar(summary(value)))] * count
    inner = element(value) if value.kind in SEQUENCES else None
    if value.kind in {"tuple", "list"} and value.items is not None and len(value.items) == count:
        return list(value.items)
    known = inner.items if inner is not None and inner.kind in {"tuple", "list", "series"} else None
    if known is not None and len(known) == count:
        return [repeated("series", item) for item in known]
    if inner is not None and inner.kind == "map" and len(inner.fields) == count:
        return [repeated("series", item) for item in inner.fields.values()]
    label = summary(value)
    return [repeated("series", scalar(label))] * count


def _put_rows(flow: Flow, owner: Value, value: Value, *, whole: bool, by: Label) -> None:
    new = partly(owner, value, by) if not whole else as_column(value)
    owner.fields, owner.rest = new.fields, new.rest


def partly(column: Value | None, value: Value, by: Label = CLEAN) -> Value:
    """Some rows of a column were written: the rest stands."""
    new = as_column(value)
    over_ai = column is not None and summary(column).origin > DERIVED  # a fixed value over answers is an edit
    if by.is_ai and not summary(new).is_ai and not over_ai:
        inner = element(new)
        if inner is not None and inner.const is not UNKNOWN and not inner.is_missing:
            new = repeated("series", scalar(joined(inner.label, by, rows=False)))
    if column is None:
        return new
    old = element(column) if column.kind in SEQUENCES else column
    inner = element(new)
    if old is None or inner is None:
        return new if old is None else column
    out = repeated("series", merged(old, inner, rows=True))
    la, lb = summary(old), summary(inner)
    if la.is_ai and not lb.is_ai and inner.const is not UNKNOWN and not inner.is_missing:
        label = Label(2, la.low, la.sites, la.selected, la.constants, la.edits | _const(inner.const))
        out = repeated("series", scalar(label))
    elif lb.origin == DERIVED and not la.is_ai and old.const is not UNKNOWN:  # a placeholder, until it is written
        out = repeated("series", scalar(lb))
    elif lb.origin >= 2 and not la.is_ai and old.const is not UNKNOWN and (old.const == "" or not old.is_missing):
        # rows that keep the fixed value are no AI's: an empty text too, while None and NaN are no value
        out = repeated(
            "series", scalar(Label(lb.origin, lb.low, lb.sites, lb.selected, lb.constants | _const(old.const)))
        )
    out.origin = column
    if la.is_ai and not lb.is_ai and inner.const is UNKNOWN:
        out.data = {"rewritten": True}  # which rows a person wrote, a before-image of the cell cannot tell
    return out


def _masked(out: Value, column: Value | None, value: Value, rows: Value) -> Value:
    """Remember which rows were written with what: a mask that has a name can be read when the cell is over."""
    data = column.data if column is not None and isinstance(column.data, dict) else {}
    before = data.get("writes")
    if before is None:
        origin = summary(column).origin if column is not None else NONE
        before = [(None, origin == GENERATED)] if origin in {NONE, GENERATED} else None
    if before is not None and len(before) < 50:
        out.data = {
            **(out.data if isinstance(out.data, dict) else {}),
            "writes": [*before, (rows, summary(value).is_ai)],
        }
    return out


def _const(const: Any) -> frozenset[object]:
    return frozenset({const}) if type(const) in {str, int, float, bool} else frozenset()


def _set_located(flow: Flow, indexer: Value, key: Value, value: Value, node: ast.expr) -> None:
    owner: Value = indexer.data["owner"]
    if owner.kind != "frame":
        put(flow, owner, key, value)
        return
    if not isinstance(node, ast.Tuple) or key.items is None or len(key.items) != 2:
        _set_row(flow, owner, value)
        return
    rows, names = key.items
    whole = rows.kind == "slice" and bool(rows.data.get("full"))
    chosen_names = _names(owner, names, by_position=indexer.data["which"] in {"iloc", "iat"})
    by = computed(touched(rows))
    if chosen_names is None:
        if summary(value).is_ai:  # which columns, the values themselves will tell
            owner.suspect = joined(owner.suspect, summary(value), rows=False)
            owner.data = {**(owner.data if isinstance(owner.data, dict) else {}), "maybe": summary(value)}
        return
    parts = parts_of(flow, value, len(chosen_names)) if len(chosen_names) > 1 else [value]
    for name, part in zip(chosen_names, parts, strict=True):
        old = owner.fields.get(name)
        owner.fields[name] = as_column(part) if whole else _masked(partly(old, part, by), old, part, rows)


def _names(owner: Value, names: Value, *, by_position: bool) -> list[Any] | None:
    if by_position:
        known = list(owner.fields)
        if type(names.const) is int and owner.rest is None and -len(known) <= names.const < len(known):
            return [known[names.const]]
        if names.kind == "any" and isinstance(names.data, dict) and "column" in names.data:
            return [names.data["column"]]
        return None
    if _plain(names.const) and type(names.const) is not tuple:
        return [names.const]
    if names.items is not None and all(_plain(n.const) for n in names.items):
        return [n.const for n in names.items]
    return None


def _set_row(flow: Flow, owner: Value, value: Value) -> None:
    """`df.loc[k] = row`: by position or by name."""
    if value.kind in {"list", "tuple"} and value.items is not None and len(value.items) == len(owner.fields):
        for name, item in zip(list(owner.fields), value.items, strict=True):
            owner.fields[name] = _row_written(owner.fields[name], item)
    elif value.kind == "map":
        for name in list(owner.fields):
            cell = value.fields.get(name, value.rest)
            if cell is not None:
                owner.fields[name] = _row_written(owner.fields[name], cell)
    elif summary(value).is_ai:
        for name in list(owner.fields):
            owner.fields[name] = _row_written(owner.fields[name], scalar(summary(value)))


def _row_written(column: Value, item: Value) -> Value:
    if not summary(column).is_ai and not summary(item).is_ai:
        return column
    old = element(column)
    return repeated("series", item if old is None else scalar(joined(summary(old), summary(item))))


# ── match ─────────────────────────────────────────────────────────────────────────
def capture(flow: Flow, pattern: ast.pattern, subject: Value, scope: Scope) -> None:
    """Bind the names of a pattern."""
    if isinstance(pattern, ast.MatchAs):
        if pattern.pattern is not None:
            capture(flow, pattern.pattern, subject, scope)
        if pattern.name:
            scope.set(pattern.name, subject)
    elif isinstance(pattern, ast.MatchOr):
        for one in pattern.patterns:
            capture(flow, one, subject, scope)
    elif isinstance(pattern, ast.MatchSequence):
        known, rest = items_of(flow, subject)
        for i, one in enumerate(pattern.patterns):
            inner = known[i] if known is not None and i < len(known) else rest or anything(summary(subject))
            capture(flow, one, inner, scope)
    elif isinstance(pattern, ast.MatchStar) and pattern.name:
        scope.set(pattern.name, subject)
    elif isinstance(pattern, ast.MatchMapping):
        for key, one in zip(pattern.keys, pattern.patterns, strict=True):
            found = subject.fields.get(key.value) if isinstance(key, ast.Constant) else None
            capture(flow, one, found or subject.rest or anything(summary(subject)), scope)
        if pattern.rest:
            scope.set(pattern.rest, subject)
    elif isinstance(pattern, ast.MatchClass):
        for name, one in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
            capture(flow, one, attribute(flow, subject, name), scope)
        for one in pattern.patterns:
            capture(flow, one, anything(summary(subject)), scope)
