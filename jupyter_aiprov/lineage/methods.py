"""Attributes, items and elements of abstract values."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

import ast
import sys
import types
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_aiprov.lineage import constants, paths
from jupyter_aiprov.lineage.labels import CLEAN, Label, chosen, computed, guessed, joined
from jupyter_aiprov.lineage.state import (
    CONTAINERS,
    SEQUENCES,
    UNKNOWN,
    Family,
    Unnamed,
    Value,
    anything,
    clone,
    contents,
    element,
    merged,
    relabelled,
    repeated,
    scalar,
    sequence,
    summary,
    touched,
)
from jupyter_aiprov.lineage.transfer import CONTENT, METADATA

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

INDEXERS = frozenset({"loc", "iloc", "at", "iat"})
ACCESSORS = frozenset({"str", "dt", "cat", "list", "struct", "arr", "name"})


def attribute(flow: Flow, owner: Value, name: str) -> Value:
    """`owner.name`, not called."""
    if owner.kind == "module":
        return _of_module(flow, owner, name)
    if owner.kind == "class":
        return of_class(flow, owner, name) or method_value(owner, name)
    if owner.kind == "object":
        return _of_object(flow, owner, name)
    if owner.kind in {"frame", "series", "array"}:
        return _of_table(flow, owner, name)
    if owner.kind == "expr":
        resolve = owner.data["resolve"]
        return Value("expr", data={**owner.data, "resolve": lambda f: attribute(flow, resolve(f), name)})
    if owner.kind == "map" and name in owner.fields:
        return owner.fields[name]
    if owner.kind in {"func", "class"} and name in {"__name__", "__qualname__"}:
        return scalar(const=_called(owner))
    if owner.kind == "response":
        if name in METADATA:
            return anything()
        return anything(owner.label) if name in CONTENT else method_value(owner, name, "response")
    if owner.kind == "list" and name in {"values", "str"} and owner.items is not None:  # names of columns
        return owner if name == "values" else method_value(owner, name)
    if owner.kind in {"list", "tuple", "map", "set", "iter", "file", "group"}:
        return method_value(owner, name)
    if owner.kind == "any" and owner.fields and name in owner.fields:
        return owner.fields[name]
    if owner.kind == "any":
        of_path = paths.attribute(owner, name)
        if of_path is not None:
            return of_path
    return method_value(owner, name)


def _called(owner: Value) -> Any:
    """The name that a function or a class was defined under, where it is known."""
    data = owner.data if isinstance(owner.data, dict) else {}
    live = data.get("live")
    known = live.__name__ if isinstance(live, (types.FunctionType, type)) else getattr(data.get("node"), "name", None)
    return known if type(known) is str else UNKNOWN


def method_value(owner: Value, name: str, kind: str = "any") -> Value:
    """An attribute that may be data or a method: it has the owner's label and can be called."""
    label = owner.label if owner.kind in {"any", "response", "scalar"} else CLEAN
    if owner.kind == "any" and name.endswith("_") and owner.label.is_ai:
        label = computed(owner.label)
    return Value(kind, label, data={"method": name, "owner": owner})


def _of_module(flow: Flow, owner: Value, name: str) -> Value:
    scope = flow.modules.get(owner.data.get("name", ""))
    if scope is not None:
        return scope.get(name)
    live = owner.data.get("live")
    if isinstance(live, types.ModuleType):
        namespace = object.__getattribute__(live, "__dict__")
        if name in namespace:
            found = namespace[name]
            value = flow.lifter.lift(found, 2)
            if value.kind in {"any", "func"} and not flow.lifter.is_own_module(live):
                value.data = {**(value.data or {}), "external": f"{live.__name__}.{name}"}
            return value
        return Value("func", data={"external": f"{live.__name__}.{name}"})
    return anything()


def static(cls: type, name: str) -> Any:
    """A class attribute, past descriptors and metaclasses."""
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return UNKNOWN


def of_class(flow: Flow, owner: Value, name: str) -> Value | None:
    """An attribute of a class, its bases included."""
    if name in owner.fields:
        return owner.fields[name]
    live = owner.data.get("live") if owner.data else None
    if live is not None:
        found = static(live, name)
        if found is UNKNOWN:
            return None
        if isinstance(found, (staticmethod, classmethod)):
            value = flow.lifter.lift(found.__func__)
            if isinstance(found, classmethod) and value.kind == "func":
                return Value("func", data={"bound": owner, "function": value})
            return Value("func", data={**(value.data or {}), "static": True}) if value.kind == "func" else value
        if isinstance(found, property):
            return Value("property", data={"get": flow.lifter.lift(found.fget)})
        value = flow.lifter.lift(found)
        if value.kind == "func" and value.data is not None and "live" in value.data:
            value.data.setdefault("of", owner)
        return value
    for base in (owner.data or {}).get("bases", ()):
        if base.kind == "class":
            inherited = of_class(flow, base, name)
            if inherited is not None:
                return inherited
    return None


def class_of(flow: Flow, owner: Value) -> Value | None:
    """The class of an instance of the user's."""
    if not isinstance(owner.data, dict):
        return None
    found = owner.data.get("class")
    if isinstance(found, Value):
        return found
    return flow.lifter.lift(found) if isinstance(found, type) else None


def _of_object(flow: Flow, owner: Value, name: str) -> Value:
    if name in owner.fields:
        return owner.fields[name]
    if name == "__dict__":
        return Value("map", fields=owner.fields)
    from jupyter_aiprov.lineage.classes import annotated

    cls = class_of(flow, owner)
    found = of_class(flow, cls, name) if cls is not None else None
    if found is None:
        if owner.rest is not None:
            return owner.rest
        if cls is not None and name in annotated(flow, cls):  # declared, not seen: from now on one value
            return owner.fields.setdefault(name, anything())
        return method_value(owner, name)
    return bound(flow, owner, found)


def bound(flow: Flow, owner: Value, found: Value) -> Value:
    """A class attribute seen through an instance."""
    if found.kind == "property":
        return flow_call(flow, found.data["get"], [owner])
    if found.kind == "func" and isinstance(found.data, dict) and "bound" not in found.data:
        if found.data.get("static"):
            return found
        if found.data.get("property"):
            return flow_call(flow, Value("func", data={**found.data, "property": False}), [owner])
        return Value("func", data={"bound": owner, "function": found})
    return found


def flow_call(flow: Flow, function: Value, args: list[Value]) -> Value:
    """Call a function value where no call node stands (a property)."""
    from jupyter_aiprov.lineage.calls import invoke

    return invoke(flow, function, args, {})


def _of_table(flow: Flow, owner: Value, name: str) -> Value:
    if owner.kind == "frame" and name in owner.fields and name not in {"columns", "index", "shape", "loc", "iloc"}:
        return owner.fields[name]
    own = _accessor(flow, owner, name)
    if own is not None:
        return own
    if name in INDEXERS:
        return Value("indexer", data={"owner": owner, "which": name})
    if name in {"shape", "size", "empty", "height", "__len__"}:
        return scalar(computed(owner.label, Label(1, sites=owner.label.sites) if owner.label.selected else CLEAN))
    if name in {"columns", "dtypes", "dtype", "schema", "nbytes", "ndim", "flags", "attrs"} or (
        name in {"name", "names"} and owner.kind != "frame"
    ):
        names = list(owner.fields) if owner.kind == "frame" and has_names(owner) else []
        return Value("list", fields={i: scalar(const=n) for i, n in enumerate(names)}, rest=None if names else scalar())
    if name == "index":
        return Value("series", chosen(CLEAN, owner.label), rest=scalar(owner.keys))
    if name in {"values", "T", "data"}:
        if owner.kind == "frame":
            return frame_array(owner) if name != "T" else transposed(owner)
        return Value("array", owner.label, fields=owner.fields, rest=owner.rest)
    if owner.kind == "series" and name in ACCESSORS and name != "name":
        return Value("series", owner.label, rest=element(owner), data={"accessor": name, "owner": owner})
    if owner.kind == "frame" and owner.rest is not None and not name.startswith("_"):
        out = Value("series", owner.rest.label, rest=owner.rest.rest or scalar(summary(owner.rest)))
        out.data = {"method": name, "owner": owner}
        return out
    if owner.kind == "series" and isinstance(owner.fields.get(name), Value):
        return owner.fields[name]
    if owner.kind == "series" and isinstance(owner.data, dict) and "accessor" in owner.data:  # `s.dt.year`
        return Value(
            "series", owner.label, rest=scalar(computed(contents(owner))), data={"method": name, "owner": owner}
        )
    label = computed(contents(owner)) if owner.kind != "frame" else CLEAN  # `result.pvalue`
    return Value("any", label, data={"method": name, "owner": owner})


def _accessor(flow: Flow, owner: Value, name: str) -> Value | None:
    """`df.mine`, where `mine` is a class that the user registered with pandas or polars."""
    wanted = {"frame": ("DataFrame", "LazyFrame"), "series": ("Series",)}.get(owner.kind, ())
    for library in ("pandas", "polars"):
        module = sys.modules.get(library)
        for kind in wanted if module is not None else ():
            cls = module.__dict__.get(kind)
            found = cls.__dict__.get(name) if isinstance(cls, type) else None
            for key in ("_accessor", "_ns"):
                made = getattr(found, "__dict__", {}).get(key)
                if isinstance(made, type) and flow.lifter._is_own(made):
                    return flow_call(flow, flow.lifter.lift(made), [owner])
    return None


def frame_array(owner: Value) -> Value:
    """All columns as one array."""
    out = Value("array", owner.label)
    for column in children_of(owner):
        inner = element(column) or scalar()
        out.rest = inner if out.rest is None else merged(out.rest, inner, rows=True)
    return out


def transposed(owner: Value) -> Value:
    """Rows made columns: named after what the columns were made of, where that is known."""
    columns = children_of(owner)
    said = [c.data.get("cells") if isinstance(c.data, dict) else None for c in columns]
    cells = [c for c in said if isinstance(c, Value) and c.fields]
    out = Value("frame", owner.label)
    if columns and len(cells) == len(columns):
        for one in cells:
            for name, item in one.fields.items():
                before = out.fields.get(name)
                new = repeated("series", item)
                out.fields[name] = new if before is None else merged(before, new, rows=True)
        return out
    for one in columns:
        inner = element(one) if one.kind in SEQUENCES else one
        new = repeated("series", scalar(summary(inner)) if inner is not None else scalar())
        out.rest = new if out.rest is None else merged(out.rest, new, rows=True)
    return out


def children_of(value: Value) -> list[Value]:
    """Columns or items, the unknown ones included."""
    return [*value.fields.values(), *([value.rest] if value.rest is not None else [])]


# ── items ─────────────────────────────────────────────────────────────────────────
def items_of(flow: Flow, value: Value) -> tuple[list[Value] | None, Value | None]:
    """What iterating gives: the known items, or one value for all."""
    if value.kind == "map":
        if value.fields and value.rest is None and not value.keys.is_ai:
            return [scalar(const=k) for k in value.fields], None
        return None, key_of(value)
    if value.kind == "frame":
        if value.fields and has_names(value):
            return [scalar(const=k) for k in value.fields], None
        return None, scalar()
    if value.kind == "group":
        part = group_part(value)
        return None, sequence("tuple", [scalar(value.keys), part])
    if value.kind in SEQUENCES:
        known = value.items
        if known is not None:
            return known, None
        inner = element(value)
        if inner is None:
            return None, anything(value.label if value.kind == "array" else CLEAN)
        if value.label.selected and not inner.label.selected:
            return None, relabelled(inner, lambda x: replace(x, selected=x.selected | value.label.selected))
        return None, inner
    if value.kind == "object":
        if isinstance(value.data, dict) and value.data.get("tuple"):
            return list(value.fields.values()), None
        return None, value.rest or anything(contents(value))
    if value.kind == "scalar" and type(value.const) is tuple and len(value.const) <= 30:
        return [scalar(value.label, c) for c in value.const], None
    if value.kind == "scalar" and type(value.const) is str and len(value.const) <= 30:
        return [scalar(value.label, c) for c in value.const], None
    if isinstance(value.data, dict) and value.data.get("plot"):
        return None, value
    if isinstance(value.data, dict) and isinstance(value.data.get("result"), Value):  # a cursor
        return items_of(flow, value.data["result"])
    return None, Value(
        "response" if value.kind == "response" else "any", value.label, fields=value.fields, rest=value.rest
    )


def key_of(value: Value) -> Value:
    """One key of a dict."""
    known = value.data.get("key") if isinstance(value.data, dict) else None
    return known if isinstance(known, Value) else scalar(value.keys)


def group_part(value: Value) -> Value:
    """One group's frame (or column)."""
    owner: Value = value.data["owner"]
    if value.keys.is_ai:
        return relabelled(owner, lambda x: chosen(x, value.keys, "groups"))
    return clone(owner)


def subscript(flow: Flow, owner: Value, key: Value, node: ast.expr) -> Value:
    """`owner[key]`, read."""
    if owner.kind == "frame":
        return _frame_item(flow, owner, key, node)
    if owner.kind == "indexer":
        return _located(flow, owner, key, node)
    if owner.kind == "group":
        return _group_item(owner, key)
    if owner.kind in SEQUENCES:
        return _sequence_item(flow, owner, key)
    if owner.kind == "map":
        record = record_of(owner, key) if not flow.writes else None
        return record if record is not None else map_item(owner, key)
    if owner.kind == "object":
        found = owner.fields.get(key.const) if _simple(key.const) else None
        if found is not None:
            return found
        if isinstance(owner.data, dict) and owner.data.get("tuple"):
            return _sequence_item(flow, sequence("tuple", owner.fields.values()), key)
        method = attribute(flow, owner, "__getitem__")
        return flow_call(flow, method, [key]) if method.kind == "func" else owner.rest or anything(summary(owner))
    if owner.kind == "response":
        if type(key.const) is str and key.const in METADATA:
            return anything()
        kind = "any" if type(key.const) is str and key.const in CONTENT else "response"
        return Value(kind, joined(owner.label, computed(touched(key)), rows=False))
    if owner.kind in {"class", "func", "module"}:
        return owner
    if isinstance(owner.data, dict) and owner.data.get("plot") and not owner.data.get("frame"):  # axes[0]
        whole = owner.data.get("figure") or owner
        place = key.const if _simple(key.const) else None
        return owner.fields.setdefault(place, Value("any", owner.label, data={"plot": True, "figure": whole}))
    constant = constants.item(owner, key)
    if constant is not None:
        return constant
    if owner.fields and _simple(key.const) and key.const in owner.fields:
        return owner.fields[key.const]
    if owner.rest is not None:
        return owner.rest
    if touched(key).is_ai and not owner.label.is_ai:
        return anything(computed(touched(key)))
    return anything(owner.label)


def _simple(const: Any) -> bool:
    return const is not UNKNOWN and type(const) in {str, int, float, bool, type(None), tuple}


def has_names(owner: Value) -> bool:
    """True when the names of all columns of a frame are known."""
    return owner.rest is None and not any(isinstance(k, (Family, Unnamed)) for k in owner.fields)


def looked_up(owner: Value, name: Any) -> Value | None:
    """A column of a frame by its name, by a part of it, by the family that it is of."""
    if name in owner.fields:
        return owner.fields[name]
    if isinstance(name, tuple):
        for part in name:
            if part in owner.fields:
                return owner.fields[part]
    families = [k for k in owner.fields if isinstance(k, Family)]
    fitting = [k for k in families if isinstance(name, str) and name.startswith(k.prefix)]
    if fitting:
        return owner.fields[max(fitting, key=lambda k: len(k.prefix))]
    unnamed = [v for k, v in owner.fields.items() if isinstance(k, Unnamed)]
    if unnamed:
        out = unnamed[0]
        for one in unnamed[1:]:
            out = merged(out, one)
        return relabelled(out, guessed)
    return owner.rest


def aligned(owner: Value, names: list[Any]) -> None:
    """Give columns without a name the names that they have by now: they stand where they stood."""
    data = owner.data if isinstance(owner.data, dict) else {}
    if "last" in data and names and names[-1] not in owner.fields:
        owner.fields[names[-1]] = data["last"]
    if len(names) != len(owner.fields) or not any(isinstance(k, Unnamed) for k in owner.fields):
        return
    if all(isinstance(k, Unnamed) or k == n for k, n in zip(owner.fields, names, strict=True)):
        owner.fields = dict(zip(names, owner.fields.values(), strict=True))


def column(owner: Value, name: Any) -> Value:
    """One column of a frame."""
    known = looked_up(owner, name)
    found = known if known is not None else repeated("series", scalar())
    out = Value("series", joined(found.label, owner.label, rows=False), fields=found.fields, rest=found.rest)
    if found.kind in {"scalar", "any", "response"}:
        out.rest = found
        out.label = owner.label
    out.origin, out.order, out.parts = found, owner.order, found.parts
    out.suspect = owner.suspect
    out.data = {"name": name, "of": owner}
    return out


def _level_of(owner: Value, name: Any) -> Value | None:
    """The columns below one name of the first level."""
    below = {k[1:]: v for k, v in owner.fields.items() if type(k) is tuple and len(k) > 1 and k[0] == name}
    if not below or name in owner.fields:
        return None
    out = clone(owner)
    out.fields = {k[0] if len(k) == 1 else k: v for k, v in below.items()}
    return out


def _frame_item(flow: Flow, owner: Value, key: Value, node: ast.expr) -> Value:
    if type(key.const) in {str, int} and owner.rest is None:
        level = _level_of(owner, key.const)
        if level is not None:
            return level
    if type(key.const) in {str, int, tuple} and (key.const in owner.fields or key.kind == "scalar"):
        return column(owner, key.const)
    if key.kind in {"list", "tuple"} and key.items is not None and all(_simple(k.const) for k in key.items):
        return picked_columns(owner, [k.const for k in key.items])
    if key.kind == "slice":
        return rows_of(flow, owner, key)
    if key.kind in {"series", "array"} or (key.kind in {"any", "list"} and touched(key).is_ai):
        return rows_of(flow, owner, key)
    if key.kind in {"list", "set", "iter"}:
        return clone(owner)
    found = [column(owner, name) for name in owner.fields]
    if owner.rest is not None:
        found.append(owner.rest)
    out = repeated("series", scalar())
    for one in found:
        out = merged(out, one) if one is not found[0] else one
    return out


def picked_columns(owner: Value, names: list[Any]) -> Value:
    """Some of the columns."""
    out = clone(owner)
    out.fields = {n: owner.fields.get(n, owner.rest or repeated("series", scalar())) for n in names}
    out.rest = None
    return out


def rows_of(flow: Flow, owner: Value, key: Value) -> Value:
    """Some of the rows: contents as they were, chosen by whatever the key is made of."""
    by = computed(touched(key))
    out = clone(owner)
    by = by if by.is_ai else (owner.order if owner.order.is_ai and key.kind == "slice" else CLEAN)
    if by.is_ai:
        name = described(flow, by)
        out = relabelled(owner, lambda x: chosen(x, by, name))
        out.label = chosen(owner.label, by, name)
        out.origin = owner
    return out


def described(flow: Flow, label: Label) -> str:
    """Which calls chose, in words: `ask() line 3`."""
    names = []
    for number in sorted(label.sites)[:3]:
        group = flow.sites.groups.get(number)
        if group is not None:
            function = f"{group.names[-1]}() " if group.names else ""
            names.append(f"{function}line {group.chain[-1][1]}")
    return ", ".join(dict.fromkeys(names)) or "a model's answers"


def _located(flow: Flow, owner: Value, key: Value, node: ast.expr) -> Value:
    inner: Value = owner.data["owner"]
    if isinstance(node, ast.Tuple) and len(node.elts) == 2 and key.items is not None and inner.kind == "frame":
        rows, names = key.items
        found = inner if rows.kind == "slice" and rows.data.get("full") else rows_of(flow, inner, rows)
        if owner.data["which"] in {"loc", "at"} and names.kind != "slice":
            return _frame_item(flow, found, names, node)
        if names.kind == "any" and isinstance(names.data, dict) and "column" in names.data:  # columns.get_loc(name)
            return column(found, names.data["column"])
        known = list(inner.fields)
        if type(names.const) is int and inner.rest is None and -len(known) <= names.const < len(known):
            return column(found, known[names.const])
        places = [i.const for i in names.items or ()] if names.kind in {"list", "tuple"} else []
        if places and inner.rest is None and all(type(p) is int and -len(known) <= p < len(known) for p in places):
            return picked_columns(found, [known[p] for p in places])
        if names.kind == "slice" and inner.rest is None and names.data.get("bounds") is not None:
            return picked_columns(found, known[slice(*names.data["bounds"])])
        return clone(found) if names.kind in {"slice", "list"} else _any_column(found)
    if inner.kind == "frame":
        return rows_of(flow, inner, key)
    return _sequence_item(flow, inner, key)


def _any_column(frame: Value) -> Value:
    return repeated("series", scalar(contents(frame)))


def _group_item(owner: Value, key: Value) -> Value:
    inner: Value = owner.data["owner"]
    if type(key.const) is str and inner.kind == "frame":
        picked = column(inner, key.const)
    elif key.items is not None and inner.kind == "frame":
        picked = picked_columns(inner, [k.const for k in key.items if _simple(k.const)])
    else:
        picked = inner
    frame = owner.data.get("frame", inner if inner.kind == "frame" else None)
    return Value("group", keys=owner.keys, data={**owner.data, "owner": picked, **({"frame": frame} if frame else {})})


def _sequence_item(flow: Flow, owner: Value, key: Value) -> Value:
    if key.kind == "slice":
        out = clone(owner)
        if owner.items is not None:
            bounds = key.data.get("bounds")
            if bounds is not None and owner.kind in {"list", "tuple"} and not owner.order.is_ai:
                return sequence(owner.kind, owner.items[slice(*bounds)])
            out.fields, out.rest = {}, element(owner)
        if owner.order.is_ai and not key.data.get("full"):  # the first of what a model's answers sorted
            by = computed(owner.order)
            out = relabelled(out, lambda x: chosen(x, by, described(flow, by)))
            out.label = joined(out.label, by, rows=False) if owner.kind == "list" else chosen(out.label, by)
        return out
    if owner.order.is_ai and type(key.const) is int and owner.kind in {"list", "tuple"}:
        inner = element(owner) or anything()
        return relabelled(inner, lambda x: chosen(x, computed(owner.order), described(flow, owner.order)))
    if type(key.const) is int and owner.items is not None:
        known = owner.items
        if -len(known) <= key.const < len(known):
            return known[key.const]
    if type(key.const) is tuple and owner.kind == "array" and owner.items is not None:  # axes[0, 1]
        item: Value = owner
        for place in key.const:
            item = _sequence_item(flow, item, scalar(const=place)) if item.kind == "array" else item
        return item
    if type(key.const) is str and key.const in owner.fields:
        return owner.fields[key.const]
    by = computed(touched(key))
    if key.kind in {"series", "array", "list"} or (owner.kind == "array" and key.kind in {"tuple", "any"}):
        out = clone(owner)
        if by.is_ai:
            name = described(flow, by)
            out = relabelled(owner, lambda x: chosen(x, by, name))
            out.label = chosen(owner.label, by, name)
        out.fields, out.rest = {}, element(out)
        return out
    one = element(owner)
    if isinstance(owner.data, dict) and "accessor" in owner.data:
        return Value("series", owner.label, rest=one)
    if one is None:
        return anything(computed(by))
    if by.is_ai and one.kind not in CONTAINERS and not summary(one).is_ai:
        return Value(one.kind, joined(one.label, by, rows=False))
    return one


def record_of(owner: Value, key: Value) -> Value | None:
    """A record out of a fixed table, found by AI values: read, its parts are derived and the table stays as it is."""
    by = computed(touched(key)) if not key.is_future else CLEAN
    records = list(owner.fields.values())
    if not by.is_ai or owner.rest is not None or owner.keys.is_ai or not records:
        return None
    if any(r.kind not in {"map", "object", "tuple"} or not r.fields for r in records):
        return None
    out = records[0]
    for one in records[1:]:
        out = merged(out, one, rows=True)
    return relabelled(out, lambda x: x if x.is_ai else computed(by, x))


def map_item(owner: Value, key: Value, default: Value | None = None) -> Value:
    """An item of a dict; looked up with AI values it is derived, and so is the shape of what is found."""
    by = computed(touched(key)) if not key.is_future else CLEAN
    if _simple(key.const) and not by.is_ai:
        if key.const in owner.fields:
            return owner.fields[key.const]
        if owner.rest is None:
            made = owner.data.get("factory") if isinstance(owner.data, dict) and default is None else None
            if made is not None and made.kind in CONTAINERS:  # made to be filled
                return owner.fields.setdefault(key.const, clone(made))
            return default if default is not None else anything()
        return owner.rest
    inner = owner.rest
    for item in owner.fields.values():
        inner = item if inner is None else merged(inner, item)
    if inner is None:
        if isinstance(owner.data, dict) and "factory" in owner.data:
            inner = clone(owner.data["factory"])
            if inner.kind in CONTAINERS:  # made to be filled; a number is only read here
                owner.rest = inner
        else:
            return default if default is not None else anything(by)
    if default is not None:
        inner = merged(inner, default)
    if not by.is_ai:
        return inner
    owner.keys = joined(owner.keys, by, rows=False)
    if inner.kind in CONTAINERS:
        inner.label = joined(inner.label, by, rows=False)
        if owner.rest is None:
            owner.rest = inner
        return inner
    return Value(inner.kind, computed(by, inner.label))
