"""What reshaping and row-wise methods do to the columns of a frame."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jupyter_aiprov.lineage.labels import CLEAN, Label, computed, joined, reduced
from jupyter_aiprov.lineage.methods import children_of, column, items_of, map_item, picked_columns
from jupyter_aiprov.lineage.state import (
    CONTAINERS,
    SEQUENCES,
    UNKNOWN,
    Value,
    anything,
    clone,
    contents,
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

Args = list[Value]
Keywords = dict[str, Value]


def row_of(owner: Value, kind: str = "map") -> Value:
    """One row: column names to single values."""
    fields = {name: _cell(column(owner, name)) for name in owner.fields}
    out = Value(kind, fields=fields, rest=_cell(owner.rest) if owner.rest is not None else None)
    if owner.label.selected:
        for name, item in fields.items():
            if not item.label.selected:
                fields[name] = Value(
                    item.kind,
                    Label(item.label.origin, selected=owner.label.selected, sites=item.label.sites),
                    const=item.const,
                )
    return out


def _cell(one: Value) -> Value:
    inner = element(one) if one.kind in SEQUENCES else one
    if inner is None:
        return scalar()
    return scalar(inner.label) if inner.const is not UNKNOWN and not inner.is_missing else inner


def apply(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    """`df.apply(f, axis=1)`, `df.map(f)`."""
    from jupyter_aiprov.lineage.calls import invoke

    function = args[0] if args else kwargs.get("func", kwargs.get("function", anything()))
    extra, options = _passed_on(flow, args[1:], kwargs)
    axis = kwargs.get("axis", args[1] if len(args) > 1 and args[1].const in (0, 1, "columns", "index") else None)
    if name in {"applymap", "map", "progress_applymap"}:
        out = clone(owner)
        for key in owner.fields:
            out.fields[key] = repeated("series", invoke(flow, function, [_cell(column(owner, key)), *extra], options))
        return out
    if axis is None or axis.const not in {1, "columns"}:
        return _per_column(flow, owner, function, extra, options)
    result = invoke(flow, function, [row_of(owner), *extra], options)
    return spread(flow, result, kwargs)


def _passed_on(flow: Flow, args: Args, kwargs: Keywords) -> tuple[Args, Keywords]:
    extra = items_of(flow, kwargs["args"])[0] or [] if "args" in kwargs else []
    own = {
        "axis",
        "args",
        "result_type",
        "raw",
        "func",
        "function",
        "meta",
        "return_dtype",
        "na_action",
        "skip_nulls",
        "convert_dtype",
    }
    return list(extra), {k: v for k, v in kwargs.items() if k not in own}


def spread(flow: Flow, result: Value, kwargs: Keywords) -> Value:
    """The frame or column that one result per row makes."""
    expand = kwargs.get("result_type")
    if result.kind == "series" and result.fields and all(type(k) is str for k in result.fields):
        return Value("frame", fields={k: repeated("series", v) for k, v in result.fields.items()}, rest=_rest(result))
    if result.kind == "map" and (expand is not None or (isinstance(result.data, dict) and "row" in result.data)):
        return Value("frame", fields={k: repeated("series", v) for k, v in result.fields.items()}, rest=_rest(result))
    if result.kind == "map" and result.fields:
        out = Value("frame", fields={k: repeated("series", v) for k, v in result.fields.items()}, rest=_rest(result))
        out.data = {"element": result}
        return out
    if result.kind in {"tuple", "list", "series"} and expand is not None and result.items is not None:
        return Value("frame", fields={i: repeated("series", v) for i, v in enumerate(result.items)})
    if expand is not None and result.kind in {"any", "response"}:
        return Value("frame", rest=repeated("series", anything(result.label)))
    return repeated("series", result)


def _rest(value: Value) -> Value | None:
    return repeated("series", value.rest) if value.rest is not None else None


def _per_column(flow: Flow, owner: Value, function: Value, extra: Args, options: Keywords) -> Value:
    from jupyter_aiprov.lineage.calls import invoke

    results = {k: invoke(flow, function, [column(owner, k), *extra], options) for k in owner.fields}
    if any(r.kind == "series" for r in results.values()):
        return Value(
            "frame", fields={k: r if r.kind == "series" else repeated("series", r) for k, r in results.items()}
        )
    out = Value("series", fields=dict(results))
    if owner.rest is not None:
        out.rest = scalar(computed(touched(owner.rest)))
    return out


def apply_column(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    """`s.map(f)`, `s.map(mapping)`, `s.apply(pd.Series)`."""
    from jupyter_aiprov.lineage.calls import invoke

    function = args[0] if args else next(iter(kwargs.values()))
    inner = _cell(owner)
    if function.kind == "map":
        found = map_item(function, inner)
        out = repeated("series", found)
        if computed(inner.label).is_ai and not summary(found).is_ai:
            out = repeated("series", scalar(computed(inner.label)))
        out.label = owner.label
        return out
    if function.kind == "series":
        return repeated("series", element(function) or scalar())
    if function.kind == "class" and getattr((function.data or {}).get("live"), "__name__", "") == "Series":
        return _frame_of_elements(inner)
    if type(function.const) is str:
        return repeated("series", scalar(reduced(contents(owner))))
    extra, options = _passed_on(flow, args[1:], kwargs)
    result = invoke(flow, function, [inner, *extra], options)
    if result.kind == "series" and result.fields and name != "map":
        return spread(flow, result, kwargs)
    out = repeated("series", result)
    out.label, out.keys = owner.label, owner.keys
    return out


def _frame_of_elements(inner: Value) -> Value:
    if inner.kind in {"map", "object"}:
        return Value("frame", fields={k: repeated("series", v) for k, v in inner.fields.items()}, rest=_rest(inner))
    if inner.kind in {"tuple", "list"} and inner.items is not None:
        return Value("frame", fields={i: repeated("series", v) for i, v in enumerate(inner.items)})
    label = summary(inner)
    return Value("frame", rest=repeated("series", anything(label)))


def merge(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """Columns of both; columns of one name get their suffixes."""
    others = [args[0]] if args else [kwargs[k] for k in ("right", "other") if k in kwargs]
    if others and others[0].kind in {"list", "tuple"}:
        others = items_of(flow, others[0])[0] or []
    out = clone(owner)
    keys: set[Any] = set()
    for name in ("on", "left_on", "right_on", "by"):
        value = kwargs.get(name, args[1] if name == "on" and len(args) > 1 else None)
        if value is not None:
            keys.update({value.const} if type(value.const) is str else {i.const for i in value.items or ()})
    for other in others:
        if other.kind == "series":
            found = (other.data or {}).get("name") if isinstance(other.data, dict) else None
            out.fields[found] = other
            if found is None:
                out.suspect = joined(out.suspect, contents(other), rows=False)
                out.rest = other
            continue
        for name, one in other.fields.items():
            if name in keys:
                out.fields.setdefault(name, one)
                continue
            if name in out.fields and type(name) is str:
                left = out.fields[name]
                out.fields.setdefault(f"{name}_x", left)
                out.fields[f"{name}_y"] = one
                out.fields[f"{name}_right"] = one
                continue
            out.fields[name] = one
        if other.rest is not None:
            out.rest = other.rest if out.rest is None else merged(out.rest, other.rest)
        out.suspect = joined(out.suspect, other.suspect, rows=False)
    out.parts = None
    out.data = {"merged": [owner, *others]}
    return out


def fill(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    """`fillna`, `where`, `combine_first` …: some rows come from elsewhere."""
    if name == "update":
        return _updated(owner, args)
    tests = args[:1] if name in {"where", "mask"} else []
    others = args[1:2] if name in {"where", "mask"} else args[:1]
    others = others or [kwargs[k] for k in ("value", "other") if k in kwargs]
    if not others:
        return clone(owner)
    other = others[0]
    if owner.kind == "frame":
        out = clone(owner)
        for key in owner.fields:
            new = (
                column(other, key) if other.kind == "frame" else other.fields.get(key) if other.kind == "map" else other
            )
            if new is not None:
                out.fields[key] = fill(flow, column(owner, key), name, [*tests, new], {})
        return out
    by = computed(*(touched(t) for t in tests))
    return filled(owner, other, by, fills_missing=not tests)


def filled(owner: Value, other: Value, by: Label, *, fills_missing: bool) -> Value:
    """A column whose gaps (or whose rows under a condition) were written with something else."""
    from jupyter_aiprov.lineage.stores import as_column, partly

    if fills_missing and owner.items is not None and any(i.is_missing for i in owner.items):
        inner = element(as_column(other)) or scalar()
        return sequence("series", [inner if i.is_missing else i for i in owner.items])
    if fills_missing and summary(owner).is_ai and other.const is not UNKNOWN:
        out = clone(owner)
        label = contents(owner)
        constants = label.constants | ({other.const} if type(other.const) in {str, int, float} else set())
        out.fields = {}
        out.rest = scalar(Label(label.origin, label.low, label.sites, label.selected, constants, label.edits))
        return out
    out = partly(owner, other, by)
    out.data = {"where": (owner, other)}
    return out


def _updated(owner: Value, args: Args) -> Value:
    from jupyter_aiprov.lineage.stores import partly

    for arg in args:
        if owner.kind == "frame" and arg.kind == "frame":
            for key in arg.fields:
                owner.fields[key] = partly(owner.fields.get(key), arg.fields[key])
        elif owner.kind == "series":
            new = partly(owner, arg)
            owner.fields, owner.rest = new.fields, new.rest
    return owner


def framed(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    """A column made a frame: `reset_index(name=…)`, `to_frame(…)`."""
    data = owner.data if isinstance(owner.data, dict) else {}
    if kwargs.get("drop") is not None and kwargs["drop"].const is True:
        return clone(owner)
    given = kwargs.get("name", args[0] if args and type(args[0].const) is str else None)
    out = Value("frame", rest=Value("series", owner.label, rest=element(owner) or scalar()))
    if given is not None and type(given.const) is str:
        out.fields[given.const] = out.rest  # type: ignore[assignment]
    frame = data.get("frame")
    for key in data.get("by", ()):
        if key is not None:
            out.fields[key] = (
                column(frame, key) if frame is not None else repeated("series", scalar(data.get("keys", CLEAN)))
            )
    if owner.keys.is_ai:
        out.fields["index"] = repeated("series", scalar(owner.keys))
    return out


# ── methods by name ───────────────────────────────────────────────────────────────
def _assign(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage.calls import invoke
    from jupyter_aiprov.lineage.stores import as_column

    out = clone(owner)
    for name, value in kwargs.items():
        if value.kind == "func":
            value = invoke(flow, value, [out], {})
        if name == "**":
            out.rest = as_column(value)
        else:
            out.fields[name] = as_column(value)
    return out


def _rename(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    out = clone(owner)
    mapping = kwargs.get("columns", args[0] if args else None)
    if mapping is None:
        return out
    if mapping.kind == "map" and mapping.rest is None:
        names = {k: v.const for k, v in mapping.fields.items() if v.const is not UNKNOWN}
        out.fields = {names.get(k, k): v for k, v in owner.fields.items()}
        for k, v in names.items():
            if k not in owner.fields and owner.rest is not None:
                out.fields[v] = owner.rest
        return out
    if mapping.kind in {"func", "class"}:
        function = getattr((mapping.data or {}).get("live"), "__name__", "")
        if function in {"lower", "upper", "strip", "title"}:
            out.fields = {getattr(k, function)() if type(k) is str else k: v for k, v in owner.fields.items()}
            return out
        out.suspect = joined(out.suspect, contents(owner), rows=False)
    return out


def _drop(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    out = clone(owner)
    names = kwargs.get("columns", args[0] if args else None)
    axis = kwargs.get("axis", args[1] if len(args) > 1 else None)
    is_columns = "columns" in kwargs or (axis is not None and axis.const in {1, "columns"})
    if names is not None:
        found = [names.const] if type(names.const) is str else [i.const for i in names.items or ()]
        for name in found:
            if is_columns or type(name) is str:
                out.fields.pop(name, None)
    return out


def _insert(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage.stores import put

    value = args[2] if len(args) > 2 else kwargs.get("value", args[1] if len(args) > 1 else scalar())
    key = args[1] if len(args) > 2 else kwargs.get("column", scalar())
    put(flow, owner, key, value)
    return scalar(const=None)


def _itertuples(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    row = row_of(owner, "object")
    row.data = {"row": True}
    row.fields.setdefault("Index", scalar(owner.keys))
    if "name" in kwargs and kwargs["name"].const is None:
        cells = [v for k, v in row.fields.items() if k != "Index"]
        has_index = kwargs.get("index") is None or kwargs["index"].const is not False
        row = sequence("tuple", [*([scalar()] if has_index else []), *cells])
    return Value("iter", owner.label, rest=row)


def _iterrows(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    return Value("iter", owner.label, rest=sequence("tuple", [scalar(owner.keys), row_of(owner)]))


def _items(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    if owner.rest is None:
        return sequence("list", [sequence("tuple", [scalar(const=k), column(owner, k)]) for k in owner.fields])
    return repeated("iter", sequence("tuple", [scalar(), owner.rest]))


def _to_dict(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
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


def _to_dicts(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    return Value("list", owner.label, rest=row_of(owner))


def _iter_rows(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    named = kwargs.get("named")
    if named is not None and named.const is True:
        return Value("iter", owner.label, rest=row_of(owner))
    return Value("iter", owner.label, rest=sequence("tuple", list(row_of(owner).fields.values())))


def _melt(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    ids = _listed(kwargs.get("id_vars", kwargs.get("index", args[0] if args else None)))
    values = _listed(kwargs.get("value_vars", kwargs.get("on", args[1] if len(args) > 1 else None)))
    values = values or [k for k in owner.fields if k not in ids]
    inner: Value | None = None
    for name in values:
        one = _cell(column(owner, name))
        inner = one if inner is None else merged(inner, one, rows=True)
    if not values and owner.rest is not None:
        inner = _cell(owner.rest)
    value_name = kwargs["value_name"].const if "value_name" in kwargs else "value"
    var_name = (
        kwargs["var_name"].const
        if "var_name" in kwargs
        else kwargs["variable_name"].const
        if "variable_name" in kwargs
        else "variable"
    )
    out = picked_columns(owner, ids)
    out.fields[value_name] = repeated("series", inner or scalar())
    out.fields[var_name] = repeated("series", scalar())
    return out


def _listed(value: Value | None) -> list[Any]:
    if value is None:
        return []
    if type(value.const) is str:
        return [value.const]
    return [i.const for i in value.items or () if type(i.const) in {str, int}]


def pivot(flow: Flow, owner: Value, args: Args, kwargs: Keywords, *, aggregates: bool) -> Value:
    """`pivot`, `pivot_table`: the values spread over new columns."""
    names = ["values", "index", "columns"] if aggregates else ["columns", "index", "values"]
    given = {n: kwargs.get(n, args[i] if i < len(args) else None) for i, n in enumerate(names)}
    given["columns"] = given["columns"] or kwargs.get("on")
    values = _listed(given["values"])
    index, columns = _listed(given["index"]), _listed(given["columns"])
    keys = computed(*(touched(column(owner, k)) for k in (*index, *columns)), owner.label if aggregates else CLEAN)
    picked = values or [k for k in owner.fields if k not in index and k not in columns]
    out = Value("frame")
    label = CLEAN
    for name in picked:
        one = contents(column(owner, name))
        mine = reduced(one, keys, owner.label) if aggregates else one if not keys.is_ai else computed(one, keys)
        label = joined(label, mine, rows=False)
        if not columns:
            out.fields[name] = repeated("series", scalar(mine))
    if columns:
        out.rest = repeated("series", scalar(label))
    for name in index:
        out.fields[name] = column(owner, name)
    return out


def _stack(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    inner: Value | None = None
    for one in children_of(owner):
        cell = _cell(one)
        inner = cell if inner is None else merged(inner, cell, rows=True)
    return repeated("series", inner or scalar())


def _keep_all(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    return clone(owner)


METHODS: dict[str, Callable[[Any, Value, Args, Keywords], Value]] = {
    "assign": _assign,
    "rename": _rename,
    "drop": _drop,
    "insert": _insert,
    "insert_column": _insert,
    "itertuples": _itertuples,
    "iterrows": _iterrows,
    "items": _items,
    "to_dict": _to_dict,
    "to_dicts": _to_dicts,
    "to_pylist": _to_dicts,
    "rows": _to_dicts,
    "iter_rows": _iter_rows,
    "melt": _melt,
    "unpivot": _melt,
    "stack": _stack,
    "unstack": _keep_all,
    "transpose": _keep_all,
    "add_prefix": lambda _f, o, a, _k: _prefixed(o, a, "{0}{1}"),
    "add_suffix": lambda _f, o, a, _k: _prefixed(o, a, "{1}{0}"),
    "pivot": lambda f, o, a, k: pivot(f, o, a, k, aggregates=False),
    "pivot_table": lambda f, o, a, k: pivot(f, o, a, k, aggregates=True),
}


def _prefixed(owner: Value, args: Args, form: str) -> Value:
    out = clone(owner)
    if args and type(args[0].const) is str:
        out.fields = {form.format(args[0].const, k): v for k, v in owner.fields.items()}
    return out


_ = CONTAINERS
