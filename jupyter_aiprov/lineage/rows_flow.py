"""Rows of a frame: gone through, made dicts and tuples."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_aiprov.lineage.labels import Label
from jupyter_aiprov.lineage.methods import children_of, column, has_names
from jupyter_aiprov.lineage.state import SEQUENCES, UNKNOWN, Unnamed, Value, element, merged, repeated, scalar, sequence

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

Args = list[Value]
Keywords = dict[str, Value]


def row_of(owner: Value, kind: str = "map") -> Value:
    """One row: column names to single values."""
    fields = {name: cell(column(owner, name)) for name in owner.fields if not isinstance(name, Unnamed)}
    out = Value(kind, fields=fields, rest=cell(owner.rest) if owner.rest is not None else None)
    if owner.label.selected:
        for name, item in fields.items():
            if not item.label.selected:
                fields[name] = Value(
                    item.kind,
                    Label(item.label.origin, selected=owner.label.selected, sites=item.label.sites),
                    const=item.const,
                )
    return out


def cell(one: Value) -> Value:
    """One value of a column."""
    inner = element(one) if one.kind in SEQUENCES else one
    if inner is None:
        return scalar()
    return scalar(inner.label) if inner.const is not UNKNOWN and not inner.is_missing else inner


def stack_of(owner: Value) -> Value:
    """One column for all columns."""
    inner: Value | None = None
    for one in children_of(owner):
        found = cell(one)
        inner = found if inner is None else merged(inner, found, rows=True)
    return repeated("series", inner or scalar())


def itertuples(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """Rows as tuples with names."""
    row = row_of(owner, "object")
    if "index" not in kwargs or kwargs["index"].const is not False:
        row.fields = {"Index": scalar(owner.keys), **row.fields}
    row.data = {"row": True, "tuple": row.rest is None}
    if "name" in kwargs and kwargs["name"].const is None:
        cells = [v for k, v in row.fields.items() if k != "Index"]
        has_index = kwargs.get("index") is None or kwargs["index"].const is not False
        row = sequence("tuple", [*([scalar()] if has_index else []), *cells])
    return Value("iter", owner.label, rest=row)


def iterrows(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """Rows with their index."""
    return Value("iter", owner.label, rest=sequence("tuple", [scalar(owner.keys), row_of(owner)]))


def items(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """Columns with their names."""
    if has_names(owner):
        return sequence("list", [sequence("tuple", [scalar(const=k), column(owner, k)]) for k in owner.fields])
    return repeated("iter", sequence("tuple", [scalar(), owner.rest or stack_of(owner)]))


def to_dict(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """Rows or columns as dictionaries."""
    orient = args[0].const if args else kwargs["orient"].const if "orient" in kwargs else "dict"
    if orient in {"records", "r"}:
        return Value("list", owner.label, rest=row_of(owner))
    if orient == "index":
        return Value("map", owner.label, rest=row_of(owner))
    out = Value("map")
    for name in owner.fields:
        one = column(owner, name)
        out.fields[name] = (
            repeated("list", element(one))
            if orient in {"list", "series"}
            else Value("map", rest=element(one) or scalar())
        )
    out.rest = repeated("list", element(owner.rest)) if owner.rest is not None else None
    return out


def to_dicts(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """A list of rows as dictionaries."""
    return Value("list", owner.label, rest=row_of(owner))


def iter_rows(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """Rows as tuples, or as dictionaries."""
    named = kwargs.get("named")
    if named is not None and named.const is True:
        return Value("iter", owner.label, rest=row_of(owner))
    return Value("iter", owner.label, rest=sequence("tuple", list(row_of(owner).fields.values())))
