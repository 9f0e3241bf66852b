"""Methods and operators of frames, columns, arrays, groups and column expressions."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from jupyter_aiprov.lineage import paths, shapes
from jupyter_aiprov.lineage.labels import CLEAN, DERIVED, Label, chosen, computed, joined, reduced
from jupyter_aiprov.lineage.methods import (
    _any_column,
    children_of,
    column,
    described,
    frame_array,
    group_part,
    items_of,
    picked_columns,
)
from jupyter_aiprov.lineage.state import (
    CONTAINERS,
    SEQUENCES,
    UNKNOWN,
    Value,
    anything,
    clone,
    contents,
    derived,
    element,
    merged,
    relabelled,
    repeated,
    scalar,
    sequence,
    summary,
    touched,
)
from jupyter_aiprov.lineage.transfer import AGGREGATE, ELEMENTWISE, FILL, IN_PLACE, KEEP, PICK, TEXT_KEEP

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

Args = list[Value]
Keywords = dict[str, Value]
_OPERATORS = frozenset(
    "add sub mul div truediv floordiv mod pow eq ne lt le gt ge radd rsub rmul rdiv dot isin between and_ or_ xor "
    "eq_missing is_in is_between".split()
)
_JOINS = frozenset("merge join merge_asof merge_ordered join_asof hstack".split())
_GROUPS = frozenset("groupby group_by resample group_by_dynamic".split())
_COUNTS = frozenset({"size", "ngroup", "cumcount"})
_WINDOWS = frozenset("rolling expanding ewm".split())


# ── operators ─────────────────────────────────────────────────────────────────────
def operated(flow: Flow, a: Value, b: Value, op: ast.operator | None) -> Value:
    """`a op b`."""
    from jupyter_aiprov.lineage import containers

    if a.kind == "expr" or b.kind == "expr":
        return _expr(lambda f: operated(flow, resolve(a, f), resolve(b, f), op), a if a.kind == "expr" else b)
    if isinstance(op, ast.Add) and a.kind in {"list", "tuple"} and b.kind in {"list", "tuple"}:
        return _added(flow, a, b)
    if isinstance(op, ast.Mult) and (a.kind in {"list", "tuple"} or b.kind in {"list", "tuple"}):
        one = a if a.kind in {"list", "tuple"} else b
        out = clone(one)
        times = b.const if one is a else a.const
        if type(times) is not int or times > 30 or one.items is None:
            out.fields, out.rest = {}, element(one)
        else:
            out.fields = dict(enumerate(one.items * times))
        return out
    if isinstance(op, ast.BitOr) and a.kind == "map" and b.kind == "map":
        out = clone(a)
        containers.extend(flow, out, b)
        return out
    if isinstance(op, ast.Sub) and a.kind == "set":
        return clone(a)
    if isinstance(op, ast.Add) and a.kind in {"scalar", "any", "response"} and b.kind in {"scalar", "any", "response"}:
        folded = _folded(a, b)
        if folded is not None:
            return folded
        if _is_text(a) or _is_text(b) or (summary(a).is_ai and summary(b).is_ai):
            out = containers.concatenated([a, b])
            if out.data is None and not out.label.is_ai:
                out.data = paths.pattern([a, b])
            return out
    if isinstance(op, ast.Div) and isinstance(a.data, dict) and "path" in a.data:
        return paths.under(a, [b]) or anything()
    for value, other in ((a, b), (b, a)):
        if value.kind in {"frame", "series", "array"}:
            return _elementwise(value, other)
    folded = _folded(a, b) if op is None or isinstance(op, (ast.Add, ast.Sub, ast.Mult, ast.Mod)) else None
    if folded is not None and op is not None:
        return folded
    return scalar(computed(touched(a), touched(b)))


def _is_text(value: Value) -> bool:
    return type(value.const) is str


def _folded(a: Value, b: Value) -> Value | None:
    if type(a.const) is str and type(b.const) is str and not a.label.is_ai and not b.label.is_ai:
        return scalar(const=a.const + b.const) if len(a.const) + len(b.const) < 2000 else None
    return None


def _added(flow: Flow, a: Value, b: Value) -> Value:
    if a.items is not None and b.items is not None:
        return sequence(a.kind, [*a.items, *b.items])
    left, right = element(a), element(b)
    out = Value(a.kind, joined(a.label, b.label, rows=False))
    out.rest = left if right is None else right if left is None else merged(left, right, rows=True)
    out.parts = [(a, None if a.items is None else len(a.items)), (b, None if b.items is None else len(b.items))]
    return out


def _elementwise(value: Value, other: Value) -> Value:
    if value.kind == "frame":
        if other.kind == "frame":
            out = Value("frame")
            for name in dict.fromkeys([*value.fields, *other.fields]):
                out.fields[name] = repeated(
                    "series", scalar(computed(touched(column(value, name)), touched(column(other, name))))
                )
            return out
        extra = computed(touched(other))
        return relabelled(value, lambda x: computed(x, extra))
    label = computed(contents(value), contents(other) if other.kind in CONTAINERS else summary(other))
    if not label.is_ai and other.kind in CONTAINERS:
        label = computed(label, Label(selected=other.label.selected))
    shape = value.label if not value.label.is_ai or value.kind != "array" else CLEAN
    data = {**named_as(value), **by_row(value, other)}
    return Value(value.kind, shape, rest=scalar(label), keys=value.keys, data=data)


def by_row(*given: Value) -> dict[str, Any]:
    """The AI columns that a column was computed from, row by row: for `Value.data`."""
    found = [v.origin or v for v in given if v.kind == "series" and summary(v).is_ai]
    return {"rowwise": found} if found else {}


# ── expressions of polars ─────────────────────────────────────────────────────────
def _expr(resolver: Any, base: Value) -> Value:
    name = base.data.get("name") if isinstance(base.data, dict) else None
    return Value("expr", data={"resolve": resolver, "name": name})


def resolve(value: Value, frame: Value) -> Value:
    """An expression on a frame; anything else is itself."""
    if value.kind != "expr":
        return value
    found: Value = value.data["resolve"](frame)
    return found


def _expressions(flow: Flow, args: Args, kwargs: Keywords) -> list[tuple[Any, Value]]:
    out: list[tuple[Any, Value]] = []
    for arg in args:
        if arg.kind in {"list", "tuple", "iter"}:
            items, rest = items_of(flow, arg)
            out.extend(_expressions(flow, items if items is not None else [rest] if rest else [], {}))
        elif arg.kind == "expr":
            out.append((arg.data.get("name"), arg))
        elif arg.kind == "series":
            out.append(((arg.data or {}).get("name") if isinstance(arg.data, dict) else None, arg))
        elif type(arg.const) is str:
            text = arg.const
            out.append((text, Value("expr", data={"resolve": lambda f, n=text: column(f, n), "name": text})))
    out.extend((k, v) for k, v in kwargs.items() if k != "**")
    return out


def _with_columns(flow: Flow, owner: Value, args: Args, kwargs: Keywords, *, only: bool, keys: Label | None) -> Value:
    out = clone(owner)
    if only:
        out.fields, out.rest = {}, None
    for name, expression in _expressions(flow, args, kwargs):
        value = resolve(expression, owner)
        if keys is not None:
            value = repeated("series", scalar(reduced(touched(value), keys, owner.label)))
        names = [name] if name is not None else ["literal"]
        if isinstance(name, tuple):
            names = list(name)
        from jupyter_aiprov.lineage.stores import as_column

        for one in names:
            out.fields[one] = as_column(value)
    return out


# ── methods ───────────────────────────────────────────────────────────────────────
def method(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    """`owner.name(…)` of a table."""
    from jupyter_aiprov.lineage import frames_flow

    if owner.kind == "expr":
        return _expr_method(flow, owner, name, args, kwargs)
    if owner.kind == "group":
        of_groups = _group_method(flow, owner, name, args, kwargs)
        if owner.data.get("flat") and of_groups.kind == "series" and name not in {"transform", "apply"}:
            return frames_flow.framed(flow, of_groups, "reset_index", [], {})  # as_index=False
        return of_groups
    if owner.kind == "indexer":
        return method(flow, owner.data["owner"], name, args, kwargs)
    if owner.kind == "frame":
        result = _frame_method(flow, owner, name, args, kwargs)
    else:
        result = _series_method(flow, owner, name, args, kwargs)
    inplace = kwargs.get("inplace")
    if inplace is not None and inplace.const is True and result is not owner:
        owner.fields, owner.rest, owner.label, owner.order = result.fields, result.rest, result.label, result.order
        return scalar(const=None)
    return result


def _expr_method(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    if name == "alias" and args:
        return Value("expr", data={**owner.data, "name": args[0].const if type(args[0].const) is str else None})
    if name in {"then", "otherwise"}:
        before = owner.data.get("branches", [])
        branches = [*before, args[0]] if args else before
        tests = owner.data.get("tests", [])

        def chosen_value(frame: Value) -> Value:
            out = resolve(branches[0], frame)
            for branch in branches[1:]:
                out = merged(
                    out if out.kind == "series" else repeated("series", out),
                    _as_series(resolve(branch, frame)),
                    rows=True,
                )
            return _under(out, computed(*(touched(resolve(t, frame)) for t in tests)))

        return Value("expr", data={**owner.data, "resolve": chosen_value, "branches": branches})
    if name == "when":
        return Value("expr", data={**owner.data, "tests": [*owner.data.get("tests", []), *args]})
    return _expr(lambda f: _method_of(flow, resolve(owner, f), name, [resolve(a, f) for a in args], kwargs, f), owner)


def _method_of(flow: Flow, value: Value, name: str, args: Args, kwargs: Keywords, frame: Value) -> Value:
    if name == "over":
        keys = [column(frame, a.const) for a in args if type(a.const) is str]
        label = computed(*(touched(k) for k in keys))
        return value if not label.is_ai else _under(value, label)
    if name in {"str", "dt", "list", "struct", "arr"}:
        return value
    if value.kind in {"series", "array"}:
        return method(flow, value, name, args, kwargs)
    return value


def _as_series(value: Value) -> Value:
    return value if value.kind == "series" else repeated("series", value)


def _under(value: Value, label: Label) -> Value:
    """Values picked by AI conditions: fixed ones are derived."""
    if not label.is_ai or summary(value).is_ai:
        return value
    inner = element(value) if value.kind in SEQUENCES else value
    if inner is not None and inner.const is UNKNOWN and inner.kind != "scalar":
        return value
    return repeated("series", scalar(label))


def _by_label(flow: Flow, owner: Value, value: Value | None) -> tuple[Label, list[Any]]:
    """The label of grouping or sorting keys, and their names."""
    if value is None:
        return CLEAN, []
    if type(value.const) is str:
        return contents(column(owner, value.const)), [value.const]
    if value.kind == "expr":
        return contents(resolve(value, owner)), [value.data.get("name")]
    if value.kind in {"list", "tuple"} and value.items is not None:
        label: Label = CLEAN
        names: list[Any] = []
        for item in value.items:
            one, more = _by_label(flow, owner, item)
            label, names = joined(label, one, rows=False), names + more
        return label, names
    if value.kind in {"series", "array", "list"}:
        name = next((n for n, c in owner.fields.items() if c is value.origin), None)
        return contents(value), [name] if name is not None else []
    return computed(touched(value)), []


def _frame_method(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage import frames_flow, functions, plots
    from jupyter_aiprov.lineage.calls import invoke

    special = frames_flow.METHODS.get(name)
    if special is not None:
        return special(flow, owner, args, kwargs)
    if name in {"with_columns", "select", "with_columns_seq"}:
        if (
            name == "select"
            and args
            and all(a.const is UNKNOWN and a.kind not in {"expr", "list", "series"} for a in args)
        ):
            return clone(owner)
        return _with_columns(flow, owner, args, kwargs, only=name == "select", keys=None)
    if name in _GROUPS or name in _WINDOWS:
        by = args[0] if args else kwargs.get("by", kwargs.get("on"))
        if name in _WINDOWS:
            return Value("group", keys=CLEAN, data={"owner": owner, "by": [], "window": True})
        if len(args) > 1 and all(type(a.const) is str for a in args):
            by = sequence("list", args)
        label, names = _by_label(flow, owner, by if by is not None and by.kind != "func" else None)
        flat = "as_index" in kwargs and kwargs["as_index"].const is False
        return Value("group", keys=label, data={"owner": owner, "by": names, "flat": flat})
    if name in _JOINS:
        return frames_flow.merge(flow, owner, args, kwargs, name)
    if name in ELEMENTWISE:
        return frames_flow.apply(flow, owner, name, args, kwargs)
    if name.startswith(("to_", "write_")) and flow.files.is_writer(name):
        return _written(flow, owner, name, args, kwargs)
    if name in {"plot", "hist", "boxplot"} or name in plots.KINDS:
        return plots.of_frame(flow, owner, args, kwargs)
    if name in _OPERATORS and args:
        return _elementwise(owner, args[0])
    if name == "pipe" and args:
        return invoke(flow, args[0], [owner, *args[1:]], kwargs)
    if name in {"get", "get_column", "xs", "pop"} and args and type(args[0].const) is str:
        found = column(owner, args[0].const)
        if name == "pop":
            owner.fields.pop(args[0].const, None)
        return found
    if name in KEEP:
        return _kept(flow, owner, name, args, kwargs)
    if name in FILL:
        return frames_flow.fill(flow, owner, name, args, kwargs)
    if functions.callables(args, kwargs) and name not in AGGREGATE:
        return functions.unknown(flow, name, owner, args, kwargs)
    return _summarised(owner, name, args, kwargs)


def _written(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    written: Value = flow.files.write(owner, name, args, kwargs)
    return written


def _kept(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    out = clone(owner)
    if name in IN_PLACE:
        out.parts = owner.parts
    if name in {"sort_values", "sort"}:
        label, _ = _by_label(flow, owner, args[0] if args else kwargs.get("by"))
        out.order = label
    elif name in {"query", "filter"}:
        labels = [touched(v) for a in args for v in shapes.spoken_of(flow, a.const, owner)]
        labels += [touched(resolve(a, owner)) for a in args if a.kind in {"expr", "series"}]
        if name == "filter" and "items" in kwargs and kwargs["items"].items is not None:
            return picked_columns(owner, [i.const for i in kwargs["items"].items])
        out = _picked(flow, owner, computed(*labels))
    elif name in PICK:
        label = owner.order
        key = args[1] if len(args) > 1 else kwargs.get("columns", kwargs.get("by"))
        if name in {"nlargest", "nsmallest", "top_k", "bottom_k"}:
            label = joined(label, _by_label(flow, owner, key)[0], rows=False)
        out = _picked(flow, owner, computed(label))
    elif name in {"drop_duplicates", "unique", "dropna", "drop_nulls"}:
        subset = kwargs.get("subset", args[0] if args else None)
        label, _ = _by_label(flow, owner, subset)
        if label.is_ai and name in {"drop_duplicates", "unique"}:
            out = _picked(flow, owner, computed(label))
    elif name in {"set_index", "explode"}:
        label, names = _by_label(flow, owner, args[0] if args else kwargs.get("keys"))
        out.keys = label if name == "set_index" else out.keys
    elif name == "reset_index":
        out.order = owner.order
    elif name in {"to_numpy", "to_records"}:
        return frame_array(owner)
    elif name == "select" and args:
        names = [a.const for a in args if type(a.const) is str]
        return picked_columns(owner, names) if names else out
    elif name in {"iloc", "loc"}:
        return out
    return out


def _picked(flow: Flow, owner: Value, by: Label) -> Value:
    if not by.is_ai:
        return clone(owner)
    name = described(flow, by)
    out = relabelled(owner, lambda x: chosen(x, by, name))
    out.label = chosen(owner.label, by, name)
    out.origin = owner
    return out


def _summarised(owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    """Statistics, ranks, differences …: each column by itself; across columns where an axis is named."""
    axis = kwargs.get("axis", args[0] if args and name in AGGREGATE and type(args[0].const) is int else None)
    extra = computed(*(touched(a) for a in args), *(touched(v) for v in kwargs.values()))
    if axis is not None and axis.const in {1, "columns"}:
        label = computed(*(touched(c) for c in children_of(owner)), extra)
        if name == "mode":
            return Value("frame", rest=repeated("series", scalar(label)))
        return repeated("series", scalar(label))
    if name in {"size", "shape", "__len__", "count"} and not args:
        return Value("series", rest=scalar(reduced(owner.label)))
    out = Value(
        "series" if name in AGGREGATE and name not in {"describe", "agg", "corr", "cov", "quantile"} else "frame"
    )
    if name in {"corr", "cov", "value_counts"}:
        label = reduced(*(touched(c) for c in children_of(owner)), extra, owner.label)
        return Value(out.kind, rest=repeated("series", scalar(label)) if out.kind == "frame" else scalar(label))
    for key, one in owner.fields.items():
        label = reduced(touched(one), extra, owner.label) if name in AGGREGATE else computed(touched(one), extra)
        out.fields[key] = scalar(label) if out.kind == "series" else repeated("series", scalar(label))
    if owner.rest is not None:
        label = computed(touched(owner.rest), extra)
        out.rest = scalar(label) if out.kind == "series" else repeated("series", scalar(label))
    return out


# ── columns and arrays ────────────────────────────────────────────────────────────
def _series_method(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage import frames_flow, functions, plots
    from jupyter_aiprov.lineage.calls import invoke

    data = owner.data if isinstance(owner.data, dict) else {}
    inner = element(owner)
    if "accessor" in data:
        return _accessed(flow, owner, name, args, kwargs)
    if name in {"rename", "alias"} and args and type(args[0].const) is str:
        out = clone(owner)
        out.data = {**named_as(owner), "name": args[0].const}
        return out
    if name == "rename":
        return clone(owner)
    if name == "unstack":
        return Value("frame", rest=repeated("series", inner or scalar()))
    if name in ELEMENTWISE and (args or kwargs):
        return frames_flow.apply_column(flow, owner, name, args, kwargs)
    if name in FILL:
        return frames_flow.fill(flow, owner, name, args, kwargs)
    if name == "replace":
        return _replaced(owner, args, kwargs)
    if name == "pipe" and args:
        return invoke(flow, args[0], [owner, *args[1:]], kwargs)
    if name in {"plot", "hist", "boxplot"} or (name in plots.KINDS and owner.kind == "series"):
        return plots.of_frame(flow, owner, args, kwargs)
    if name.startswith(("to_", "write_")) and flow.files.is_writer(name):
        return _written(flow, owner, name, args, kwargs)
    if name in {"isin", "is_in"} and args:  # being in a list depends on what is in it
        label = computed(contents(owner), touched(args[0]))
        return Value(owner.kind, owner.label, rest=scalar(label), data=named_as(owner) or None)
    if name in _OPERATORS and args:
        return _elementwise(owner, args[0])
    if name in _GROUPS:
        label = computed(*(touched(a) for a in args))
        return Value("group", keys=label, data={"owner": owner, "by": []})
    if name in _WINDOWS:
        return Value("group", data={"owner": owner, "by": [], "window": True})
    if name in {"items", "iteritems"}:
        return repeated("iter", sequence("tuple", [scalar(owner.keys), inner or scalar()]))
    if name in {"to_dict"}:
        return Value("map", owner.label, rest=inner, keys=owner.keys)
    if name in {"tolist", "to_list", "to_pylist"}:
        out = Value("list", owner.label if owner.kind != "array" else CLEAN, fields=dict(owner.fields), rest=owner.rest)
        out.parts = owner.parts
        return out
    if name in {"reset_index", "to_frame"}:
        return frames_flow.framed(flow, owner, name, args, kwargs)
    if name in {"sort_values", "sort"}:
        out = clone(owner)
        out.order = contents(owner)
        return out
    if name in {"unique", "nlargest", "nsmallest", "explode", "drop_duplicates"} or name in KEEP:
        out = clone(owner)
        if name in PICK and owner.order.is_ai:
            out = _picked(flow, owner, computed(owner.order))
        return out
    if name in TEXT_KEEP and inner is not None and inner.kind in {"any", "response"}:
        return clone(owner)
    if name == "get" and args:
        return inner or anything()
    if functions.callables(args, kwargs) and name not in AGGREGATE:
        return functions.unknown(flow, name, owner, args, kwargs)
    extra = computed(*(touched(a) for a in args), *(touched(v) for v in kwargs.values()))
    if name in {"value_counts", "mode"}:
        label = reduced(contents(owner), owner.label)
        out = Value("series", rest=scalar(label), keys=computed(contents(owner)))
        if name == "value_counts":
            normal = kwargs.get("normalize", args[0] if args else scalar(const=False)).const is True
            out.data = {"name": "proportion" if normal else "count", "by": [data.get("name")], "keys": contents(owner)}
            out.data["order"] = True
        return out
    label = reduced(touched(owner), extra) if name in AGGREGATE else computed(contents(owner), extra)
    if name in AGGREGATE and name not in {"describe", "agg", "aggregate", "quantile", "cumcount"}:
        if name in {"count", "size", "len"}:
            label = reduced(contents(owner), owner.label)
        return (
            scalar(label) if owner.kind == "series" else Value("array", rest=scalar(label)) if label.is_ai else scalar()
        )
    if name == "item":
        return inner or scalar()
    if name == "field" and inner is not None and args:  # of a record in each row
        return repeated("series", inner.fields.get(args[0].const, inner.rest or anything(inner.label)))
    return Value(owner.kind, CLEAN, rest=scalar(label), keys=owner.keys, data=named_as(owner))


def named_as(owner: Value) -> dict[str, Any]:
    """What a column is called, and what its index consists of: calculations keep it."""
    data = owner.data if isinstance(owner.data, dict) else {}
    return {k: data[k] for k in ("name", "by", "keys", "frame") if k in data}


def _accessed(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    """`s.str.lower()`, `s.dt.year`: text operations that keep what was said, or derive from it."""
    inner = element(owner)
    label = contents(owner)
    whole: Value = owner.data["owner"]
    out = Value("series", whole.label, keys=whole.keys, data={**named_as(whole), **by_row(whole)})
    if name in {"cat", "join"}:
        label = computed(label, *(touched(a) for a in args)) if args and name == "cat" else label
        out.rest = scalar(label)
    elif name in {"extract", "extractall", "partition", "split", "rsplit"} and (
        "expand" in kwargs or name.startswith("extract")
    ):
        return Value("frame", rest=repeated("series", scalar(label)))
    elif name == "get_dummies":
        return Value("frame", rest=repeated("series", scalar(computed(label))))
    elif name in TEXT_KEEP:
        out.rest = inner if name in {"get"} and inner is not None and inner.kind in CONTAINERS else scalar(label)
        if name in {"get"} and inner is not None and inner.kind == "map" and args:
            from jupyter_aiprov.lineage.methods import map_item

            out.rest = map_item(inner, args[0])
    else:
        out.rest = scalar(computed(label, *(touched(a) for a in args)))
    if name in {"split", "rsplit", "findall"}:
        out.rest = Value("list", computed(label), rest=scalar(label))
    return out


def _replaced(owner: Value, args: Args, kwargs: Keywords) -> Value:
    """Recoding: the answers in other words; an AI value written over real ones is seen, too."""
    out = clone(owner)
    label = CLEAN
    for arg in (*args, *kwargs.values()):
        label = joined(label, summary(arg), rows=False)
    if label.is_ai:
        out = repeated("series", scalar(joined(contents(owner), label)))
    return out


# ── groups ────────────────────────────────────────────────────────────────────────
def _group_method(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage.calls import invoke
    from jupyter_aiprov.lineage.functions import callables

    inner: Value = owner.data["owner"]
    keys = owner.keys
    by = owner.data["by"]
    told = {"by": by, "keys": keys, "name": named_as(inner).get("name")}
    if isinstance(owner.data.get("frame"), Value) or inner.kind == "frame":
        told["frame"] = owner.data.get("frame", inner)
    if name in {"get_group"}:
        return group_part(owner)
    if (
        name in {"head", "tail", "nth", "sample", "first", "last"}
        and inner.kind == "frame"
        and name not in {"first", "last"}
    ):
        return _picked(flow, inner, computed(keys, inner.order))
    given = callables(args, kwargs)
    if name == "filter" and given and inner.kind == "frame":  # whole groups, by what a function says of them
        test = invoke(flow, given[0], [group_part(owner)], {})
        return _picked(flow, inner, computed(keys, touched(test)))
    if name in {"apply", "pipe", "map_groups"} and given:
        result = invoke(flow, given[0], [group_part(owner), *[a for a in args if a is not given[0]]], {})
        if result.kind == "frame":
            return clone(result)
        if result.kind in {"series", "map"} and result.fields:
            return Value("frame", fields={k: repeated("series", v) for k, v in result.fields.items()})
        return Value("series", rest=_of_group(result, keys, inner.label), data={**told, "name": None})
    if (
        (name == "agg" and inner.kind == "frame" and any(a.kind in {"expr", "list"} for a in args))
        or (name == "agg" and any(v.kind == "expr" for v in kwargs.values()))
    ) and (any(a.kind == "expr" for a in _flat(flow, args)) or kwargs):
        out = _with_columns(flow, inner, args, kwargs, only=True, keys=keys)
        return _with_keys(out, inner, by)
    if name in {"agg", "aggregate"} and inner.kind == "frame":
        return _aggregated(flow, inner, keys, by, args, kwargs)
    results = [invoke(flow, f, [group_part(owner) if inner.kind == "frame" else clone(inner)], {}) for f in given]
    if results and inner.kind != "frame" and name in {"agg", "aggregate", "transform"} and args[:1] == given[:1]:
        said = element(results[0]) if results[0].kind == "series" else results[0]
        return Value("series", rest=_of_group(said or scalar(), keys, inner.label), data=told)
    label = reduced(keys, inner.label)
    if name in {"size", "count", "ngroup", "cumcount", "ngroups", "len", "groups"} and (
        inner.kind != "frame" or name != "count"
    ):
        if name == "len" or name == "size":
            out = Value("series", rest=scalar(label), data={**told, "name": "size" if name == "size" else None})
            return (
                _with_keys(Value("frame", fields={"len": out, "size": out, "count": out}), inner, by)
                if name == "len"
                else out
            )
        return Value(
            "series",
            rest=scalar(reduced(label, contents(inner)) if inner.kind != "frame" and name == "count" else label),
            data=told,
        )
    if inner.kind != "frame":
        counts = bool(args) and args[0].const in _COUNTS  # rows, whatever stands in them
        whole = label if counts else reduced(keys, contents(inner), inner.label)
        several = kwargs or (args and args[0].kind in {"list", "tuple", "map"})
        if name == "describe" or (name in {"agg", "aggregate"} and several):
            out = Value("frame", rest=repeated("series", scalar(whole)))
            return _with_keys(out, told["frame"], by) if "frame" in told else out
        return Value("series", rest=scalar(whole), data=told)
    out = Value("frame")
    for key, one in inner.fields.items():
        if key in by:
            continue
        out.fields[key] = repeated("series", scalar(reduced(touched(one), keys, inner.label)))
    if inner.rest is not None:
        out.rest = repeated("series", scalar(reduced(touched(inner.rest), keys)))
    return _with_keys(out, inner, by)


def _of_group(result: Value, keys: Label, shape: Label) -> Value:
    """What a function of the user's said of one group: a model's own words stay that."""
    label = summary(result)
    return scalar(label if label.origin > DERIVED else reduced(touched(result), keys, shape))


def _is_flat(spec: Value) -> bool:
    """One function for each column: columns keep their names."""
    if spec.kind == "map":
        return all(v.kind not in {"list", "tuple"} for v in spec.fields.values())
    return spec.kind not in {"list", "tuple"}


def _under_functions(key: Any, spec: Value, flat: bool) -> list[Any]:
    """The names that `agg` gives: the column's, or (column, function)."""
    if flat:
        return [key]
    functions = spec.items if spec.kind in {"list", "tuple"} and spec.items is not None else [spec]
    names = [
        f.const if type(f.const) is str else getattr((f.data or {}).get("live"), "__name__", None) for f in functions
    ]
    return [(key, n) for n in names] if all(type(n) is str for n in names) else [key]


def _flat(flow: Flow, args: Args) -> Args:
    out: Args = []
    for arg in args:
        items = items_of(flow, arg)[0] if arg.kind in {"list", "tuple"} else None
        out.extend(items if items is not None else [arg])
    return out


def _with_keys(out: Value, inner: Value, by: list[Any]) -> Value:
    """The keys are there after reset_index: hidden until then, never counted while absent."""
    for name in by:
        if name is not None:
            out.fields.setdefault(name, derived(column(inner, name)))
    return out


def _aggregated(flow: Flow, inner: Value, keys: Label, by: list[Any], args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage.calls import invoke

    out = Value("frame")

    def of_column(name: Any, function: Value | None) -> Value:
        source = column(inner, name)
        label = reduced(touched(source), keys, inner.label)
        if function is not None and function.const in _COUNTS:
            return repeated("series", scalar(reduced(keys, inner.label)))
        if function is None or function.kind != "func":
            return repeated("series", scalar(label))
        said = invoke(flow, function, [source], {})
        return repeated("series", _of_group(said, joined(keys, label, rows=False), inner.label))

    for name, spec in kwargs.items():
        items = spec.items
        if items and type(items[0].const) is str:
            out.fields[name] = of_column(items[0].const, items[1] if len(items) > 1 else None)
    if args and args[0].kind == "map":
        for key, spec in args[0].fields.items():
            one = of_column(key, spec)
            out.fields.update(dict.fromkeys(_under_functions(key, spec, _is_flat(args[0])), one))
    elif args:
        for key in inner.fields:
            if key not in by:
                one = of_column(key, args[0])
                out.fields.update(dict.fromkeys(_under_functions(key, args[0], _is_flat(args[0])), one))
        if inner.rest is not None:
            out.rest = repeated("series", scalar(reduced(touched(inner.rest), keys)))
    return _with_keys(out, inner, by)


_ = _any_column
