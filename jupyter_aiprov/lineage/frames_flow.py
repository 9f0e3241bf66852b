"""What reshaping and row-wise methods do to the columns of a frame."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jupyter_aiprov.lineage import rows_flow, shapes
from jupyter_aiprov.lineage.labels import CLEAN, DERIVED, Label, chosen, computed, joined, reduced
from jupyter_aiprov.lineage.methods import column, described, items_of, map_item, transposed
from jupyter_aiprov.lineage.rows_flow import cell, row_of
from jupyter_aiprov.lineage.state import (
    UNKNOWN,
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

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

Args = list[Value]
Keywords = dict[str, Value]


def apply(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    """`df.apply(f, axis=1)`, `df.map(f)`."""
    from jupyter_aiprov.lineage.calls import invoke

    function = args[0] if args else kwargs.get("func", kwargs.get("function", anything()))
    extra, options = _passed_on(flow, args[1:], kwargs)
    axis = kwargs.get("axis", args[1] if len(args) > 1 and args[1].const in (0, 1, "columns", "index") else None)
    if name in {"applymap", "map", "progress_applymap"}:
        out = clone(owner)
        for key in owner.fields:
            out.fields[key] = repeated("series", invoke(flow, function, [cell(column(owner, key)), *extra], options))
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
    if result.kind == "series" and result.fields and all(type(k) in {str, int} for k in result.fields):
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
    inner = cell(owner)
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
    if result.kind == "series" and name != "map" and owner.kind == "series":
        return spread(flow, result, kwargs) if not _is_open(result) else _frame_of_elements(element(result) or scalar())
    out = repeated("series", result)
    out.label, out.keys = owner.label, owner.keys
    if owner.kind == "series":
        from jupyter_aiprov.lineage.tables import by_row, named_as

        out.data = {**named_as(owner), **(by_row(owner) if summary(result).origin == DERIVED else {})}
    return out


def _is_open(result: Value) -> bool:
    """A column returned for each row, whose names only the object knows."""
    return not result.fields or not all(type(k) in {str, int} for k in result.fields)


def _frame_of_elements(inner: Value) -> Value:
    if inner.kind in {"map", "object"}:
        return Value("frame", fields={k: repeated("series", v) for k, v in inner.fields.items()}, rest=_rest(inner))
    if inner.kind in {"tuple", "list"} and inner.items is not None:
        return Value("frame", fields={i: repeated("series", v) for i, v in enumerate(inner.items)})
    label = summary(inner)
    return Value("frame", rest=repeated("series", anything(label)))


def merge(flow: Flow, owner: Value, args: Args, kwargs: Keywords, name: str = "merge") -> Value:
    """Columns of both; columns of one name get their suffixes."""
    others = [args[0]] if args else [kwargs[k] for k in ("right", "other") if k in kwargs]
    if others and others[0].kind in {"list", "tuple"}:
        others = items_of(flow, others[0])[0] or []
    out = clone(owner)
    keys: set[Any] = set()
    at = 2 if name == "merge" else 1  # merge(right, how, on), join(other, on)
    for key in ("on", "left_on", "right_on", "by"):
        value = kwargs.get(key, args[at] if key == "on" and len(args) > at else None)
        if value is not None:
            keys.update({value.const} if type(value.const) is str else {i.const for i in value.items or ()})
    how = kwargs.get("how", args[1] if len(args) > 1 else None)
    by_index = kwargs.keys() & {"left_index", "right_index"}
    if name == "merge" and not keys and not by_index and (how is None or how.const != "cross"):
        keys.update(k for other in others for k in other.fields if k in owner.fields)
    suffixes = _suffixes(name, kwargs)
    by = computed(*(touched(column(owner, k)) for k in keys if k in owner.fields))
    for other in others:
        if by.is_ai and not any(summary(other.fields[k]).is_ai for k in keys if k in other.fields):
            looked_up = described(flow, by)
            other = relabelled(other, lambda x, w=looked_up: x if x.is_ai else chosen(x, by, w))  # type: ignore[misc]
        if other.kind == "series":
            found = (other.data or {}).get("name") if isinstance(other.data, dict) else None
            out.fields[found] = other
            if found is None:
                out.suspect = joined(out.suspect, contents(other), rows=False)
                out.rest = other
            continue
        for key, one in other.fields.items():
            if key in keys:
                out.fields.setdefault(key, one)
                continue
            if key in out.fields and type(key) is str:
                mine, theirs = suffixes
                out.fields = {(f"{k}{mine}" if k == key else k): v for k, v in out.fields.items()}
                out.fields[f"{key}{theirs}"] = one
                continue
            out.fields[key] = one
        if other.rest is not None:
            out.rest = other.rest if out.rest is None else merged(out.rest, other.rest)
        out.suspect = joined(out.suspect, other.suspect, rows=False)
    of_others = computed(*(touched(o.fields[k]) for o in others for k in keys if k in o.fields))
    matched = joined(by, of_others, rows=False)
    inner = how.const in {"inner", "semi", "anti"} if how is not None else name == "merge"
    if inner and matched.is_ai:  # rows are here because an answer was found on the other side
        words = described(flow, matched)
        out = relabelled(out, lambda x: x if x.is_ai else chosen(x, matched, words))
        out.label = chosen(out.label, matched, words)
    out.parts = None
    out.data = {"merged": [owner, *others]}
    return out


def _suffixes(method: str, kwargs: Keywords) -> tuple[str, str]:
    """What tells columns of one name apart: pandas' pair, `join`'s two, polars' one."""
    pair = kwargs["suffixes"].items if "suffixes" in kwargs else None
    if pair is not None and len(pair) == 2:
        return pair[0].const or "", pair[1].const or ""
    if "suffixes" in kwargs and type(kwargs["suffixes"].const) is tuple:
        left, right = kwargs["suffixes"].const
        return left or "", right or ""
    if "lsuffix" in kwargs or "rsuffix" in kwargs:
        left, right = (kwargs[k].const if k in kwargs else "" for k in ("lsuffix", "rsuffix"))
        return left if type(left) is str else "", right if type(right) is str else ""
    if "suffix" in kwargs and type(kwargs["suffix"].const) is str:
        return "", kwargs["suffix"].const
    return ("_x", "_y") if method.startswith("merge") else ("", "_right")


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

    if not fills_missing and summary(owner).origin > DERIVED and other.const is not UNKNOWN:
        by = CLEAN  # a fixed value over answers: the rows that have it are no longer theirs
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
    mine = element(owner)
    base = owner
    if fills_missing and mine is not None and mine.const is not UNKNOWN and not mine.is_missing:
        base = repeated("series", scalar(mine.label))  # no placeholder: it stays where it stands
    out = partly(base, other, by)
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
    given = kwargs.get("name", kwargs.get("names", args[0] if args and type(args[0].const) is str else None))
    called = given.const if given is not None and type(given.const) is str else data.get("name")
    values = Value("series", owner.label, rest=element(owner) or scalar())
    values.origin, values.parts = owner.origin, owner.parts
    out = Value("frame")
    if name == "reset_index":
        frame, by = data.get("frame"), [k for k in data.get("by", ()) if k is not None]
        for key in by:
            one = column(frame, key) if frame is not None else repeated("series", scalar(data.get("keys", CLEAN)))
            out.fields[key] = repeated("series", scalar(contents(one)))
        # The index becomes columns whose names only the object knows; the values stand last.
        out.rest = repeated("series", scalar(joined(owner.keys, data.get("keys", CLEAN), rows=False)))
    if called is not None:
        out.fields[called] = values
    else:
        out.data = {"last": values}
    return out


# ── methods by name ───────────────────────────────────────────────────────────────
def _assign(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage.calls import invoke
    from jupyter_aiprov.lineage.stores import as_column

    out = clone(owner)
    out.parts = owner.parts
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
    out.parts = [(_rename(flow, p, args, kwargs) if p.kind == "frame" else p, n) for p, n in owner.parts or ()] or None
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
    if mapping.kind in {"func", "class", "any"}:
        from jupyter_aiprov.lineage.calls import invoke

        out.fields = {}
        for name, one in owner.fields.items():
            new = invoke(flow, mapping, [scalar(const=name)], {}).const if type(name) is str else name
            out.fields[new if type(new) in {str, int} else Unnamed()] = one
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
    if is_columns:
        out.parts = owner.parts
    return out


def _set_axis(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage.stores import rename

    out = clone(owner)
    out.parts = owner.parts
    axis = kwargs.get("axis", args[1] if len(args) > 1 else None)
    names = args[0] if args else kwargs.get("labels")
    if axis is not None and axis.const in {1, "columns"} and names is not None:
        out.parts = None
        rename(out, names)
    return out


def _unnest(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """polars' `unnest(column)`: a column for each field of its records."""
    out = clone(owner)
    given = args or [kwargs["columns"]] if args or "columns" in kwargs else []
    for name in [n for a in given for n in shapes.listed(a)]:
        inner = element(column(owner, name)) or scalar()
        names = list(out.fields)
        out.fields.pop(name, None)
        found = {k: repeated("series", v) for k, v in inner.fields.items() if type(k) is str}
        rest = inner.rest if inner.rest is not None else anything(inner.label) if inner.label.is_ai else None
        if rest is not None:
            out.rest = repeated("series", rest)
        before = names.index(name) if name in names else len(names)
        left, right = names[:before], [n for n in names[before:] if n in out.fields]
        out.fields = {n: out.fields[n] for n in left} | found | {n: out.fields[n] for n in right}
    return out


def _put_at(flow: Flow, owner: Value, args: Args) -> Value:
    """pyarrow's `append_column(name, values)`: a new table."""
    from jupyter_aiprov.lineage.stores import as_column

    out = clone(owner)
    if len(args) > 1:
        name = args[0].const if type(args[0].const) is str else None
        out.fields[name if name is not None else Unnamed()] = as_column(args[1])
    return out


def _without(owner: Value, args: Args) -> Value:
    """pyarrow's `remove_column(i)`."""
    out = clone(owner)
    names = list(owner.fields)
    if args and type(args[0].const) is int and owner.rest is None and -len(names) <= args[0].const < len(names):
        del out.fields[names[args[0].const]]
    return out


def _renamed(flow: Flow, owner: Value, args: Args) -> Value:
    """pyarrow's `rename_columns(names)`."""
    from jupyter_aiprov.lineage.stores import rename

    if args and args[0].kind == "map":
        return _rename(flow, owner, args, {})
    out = clone(owner)
    if args:
        rename(out, args[0])
    return out


def _insert(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage.stores import put

    value = args[2] if len(args) > 2 else kwargs.get("value", args[1] if len(args) > 1 else scalar())
    key = args[1] if len(args) > 2 else kwargs.get("column", scalar())
    names = list(owner.fields)
    put(flow, owner, key, value)
    place = args[0].const if args else kwargs["loc"].const if "loc" in kwargs else UNKNOWN
    if type(place) is int and owner.rest is None and len(owner.fields) == len(names) + 1:
        names.insert(place, next(n for n in owner.fields if n not in names))
        owner.fields = {n: owner.fields[n] for n in names}
    return scalar(const=None)


METHODS: dict[str, Callable[[Any, Value, Args, Keywords], Value]] = {
    "assign": _assign,
    "rename": _rename,
    "drop": _drop,
    "set_axis": _set_axis,
    "insert": _insert,
    "insert_column": _insert,
    "itertuples": rows_flow.itertuples,
    "iterrows": rows_flow.iterrows,
    "items": rows_flow.items,
    "to_dict": rows_flow.to_dict,
    "to_dicts": rows_flow.to_dicts,
    "to_pylist": rows_flow.to_dicts,
    "rows": rows_flow.to_dicts,
    "iter_rows": rows_flow.iter_rows,
    "melt": shapes.melt,
    "unpivot": shapes.melt,
    "unnest": _unnest,
    "stack": shapes.stack,
    "unstack": shapes.keep_all,
    "eval": shapes.evaluated,
    "append_column": lambda f, o, a, _k: _put_at(f, o, a),
    "add_column": lambda f, o, a, _k: _put_at(f, o, a[1:]),
    "set_column": lambda f, o, a, _k: _put_at(f, o, a[1:]),
    "remove_column": lambda _f, o, a, _k: _without(o, a),
    "drop_columns": lambda f, o, a, k: _drop(f, o, [], {"columns": a[0], **k} if a else k),
    "rename_columns": lambda f, o, a, _k: _renamed(f, o, a),
    "replace_schema_metadata": shapes.keep_all,
    "cast": shapes.keep_all,
    "to_dummies": shapes.dummies,
    "transpose": lambda _f, o, _a, _k: transposed(o),
    "add_prefix": lambda _f, o, a, _k: shapes.prefixed(o, a, "{0}{1}"),
    "add_suffix": lambda _f, o, a, _k: shapes.prefixed(o, a, "{1}{0}"),
    "pivot": lambda f, o, a, k: shapes.pivot(f, o, a, k, aggregates=False),
    "pivot_table": lambda f, o, a, k: shapes.pivot(f, o, a, k, aggregates=True),
}
