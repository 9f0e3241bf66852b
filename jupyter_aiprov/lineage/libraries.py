"""Functions of pandas, polars, pyarrow, numpy, scikit-learn and the like, by name."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

# ruff: noqa: E501 - tables of names read best in few lines

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jupyter_aiprov.lineage import frames_flow, plots, shapes
from jupyter_aiprov.lineage.labels import CLEAN, Label, computed, joined, reduced
from jupyter_aiprov.lineage.methods import children_of, column, items_of
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
from jupyter_aiprov.lineage.transfer import KEEP

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

Args = list[Value]
Keywords = dict[str, Value]
_TABLES = frozenset({"pandas", "polars", "pyarrow", "geopandas", "modin", "dask", "cudf"})
_FRAMES = frozenset({"DataFrame", "LazyFrame", "table", "Table", "from_records", "from_dicts", "from_dict", "from_pandas",
                     "from_arrow", "from_polars", "from_pylist", "from_pydict", "from_arrays", "json_normalize",
                     "GeoDataFrame", "from_numpy"})  # fmt: skip
_SERIES = frozenset({"Series", "Index", "array", "Categorical", "StringArray", "chunked_array", "DatetimeIndex"})
_SPLITS = frozenset({"train_test_split"})
_ARRAYS = frozenset("array asarray ascontiguousarray asfortranarray atleast_1d atleast_2d fromiter squeeze ravel "
                    "reshape transpose expand_dims flip tensor as_tensor from_numpy csr_matrix copy nan_to_num unique sort "
                    "vstack hstack concatenate stack column_stack row_stack append dstack block c_ r_ repeat tile".split())  # fmt: skip


def call(flow: Flow, top: str, name: str, last: str, args: Args, kwargs: Keywords) -> Value | None:
    """The value of a library function; None when nothing is known of it."""
    if flow.files.is_file_function(top, last):
        found: Value | None = flow.files.function(flow, top, name, last, args, kwargs)
        if found is not None:
            return found
    if top in plots.MODULES or plots.is_plot(name):
        return plots.call(flow, top, last, args, kwargs)
    if top in _TABLES:
        return _table(flow, top, last, args, kwargs)
    if top in {"numpy", "torch", "jax", "cupy", "scipy"}:
        return _numeric(flow, last, args, kwargs)
    if last in _SPLITS:
        return sequence("list", [clone(a) for a in args for _ in (0, 1)])
    return None


def _table(flow: Flow, top: str, last: str, args: Args, kwargs: Keywords) -> Value | None:
    if last in _FRAMES:
        return frame(flow, args, kwargs, last)
    if last in _SERIES:
        return series(flow, args, kwargs, top)
    if last in {"concat", "concat_tables", "concat_arrays", "union_categoricals"} and args:
        return concatenated(flow, args, kwargs)
    if last in {"merge", "merge_asof", "merge_ordered"} and args:
        rest = {k: v for k, v in kwargs.items() if k != "left"}
        return frames_flow.merge(flow, args[0], args[1:], rest)
    if last == "crosstab":
        label = reduced(*(touched(a) for a in (*args, *kwargs.values())))
        return Value("frame", rest=repeated("series", scalar(label)))
    if last in {"pivot_table", "pivot", "melt", "wide_to_long"} and args:
        method = frames_flow.METHODS.get(last)
        return method(flow, args[0], args[1:], kwargs) if method is not None else clone(args[0])
    if last in {"cut", "qcut", "get_dummies", "factorize"}:
        label = computed(*(contents(a) if a.kind in CONTAINERS else touched(a) for a in args))
        if last == "get_dummies" and args and args[0].kind == "frame":
            return shapes.dummies(flow, args[0], [], {"prefix": args[1], **kwargs} if len(args) > 1 else kwargs)
        if last == "factorize":
            return sequence("tuple", [repeated("array", scalar(label)), clone(args[0])])
        return (
            repeated("series", scalar(label))
            if last != "get_dummies"
            else Value("frame", rest=repeated("series", scalar(label)))
        )
    if last in {"to_numeric", "to_datetime", "to_timedelta"} and args:
        return clone(args[0]) if args[0].kind in CONTAINERS else anything(args[0].label)
    if top == "polars" and last in {"col", "lit", "when", "element", "struct", "concat_str", "sum_horizontal", "mean_horizontal",
                                    "coalesce", "max_horizontal", "len", "count", "all", "format", "concat_list", "nth", "first"}:  # fmt: skip
        return expression(last, args, kwargs)
    if last in {"isna", "isnull", "notna", "notnull"} and args:
        return repeated("series", scalar(computed(touched(args[0]))))
    if last == "NamedAgg":
        return sequence("tuple", [kwargs.get("column", args[0] if args else scalar()), kwargs.get("aggfunc", scalar())])
    return None


def expression(last: str, args: Args, kwargs: Keywords) -> Value:
    """A polars expression: what it is on a frame is worked out there."""
    name = args[0].const if args and type(args[0].const) is str else None

    def resolve(frame_: Value) -> Value:
        from jupyter_aiprov.lineage.tables import resolve as on

        if last in {"len", "count"}:
            return scalar(reduced(frame_.label))
        if last == "lit":
            return args[0] if args else scalar()
        found = [column(frame_, a.const) if type(a.const) is str else on(a, frame_) for a in args]
        if not found:
            label = contents(frame_)
            return repeated("series", scalar(label))
        if last == "coalesce":
            out = found[0]
            for one in found[1:]:
                out = merged(out, one, rows=True)
            return out
        if last in {"col", "first", "element"} and len(found) == 1:
            return found[0]
        if last == "col":
            return found[0]
        return repeated("series", scalar(computed(*(touched(f) for f in found))))

    data: dict[str, Any] = {
        "resolve": resolve,
        "name": name if last not in {"lit", "len", "count"} else last.replace("lit", "literal"),
    }
    if last == "when":
        data["tests"] = args
        data["name"] = "literal"
    return Value("expr", data=data)


def frame(flow: Flow, args: Args, kwargs: Keywords, last: str) -> Value:
    """A frame made of whatever pandas and polars take."""
    given = args[0] if args else kwargs.get("data", kwargs.get("records"))
    names_value = kwargs.get("columns", kwargs.get("schema", kwargs.get("names")))
    if names_value is None and len(args) > 1 and last != "json_normalize":
        names_value = next((a for a in args[1:] if a.kind in {"list", "tuple"}), None)
    names = [i.const for i in names_value.items] if names_value is not None and names_value.items is not None else None
    if last == "json_normalize" and given is not None:
        return shapes.normalized(flow, given, args[1:], kwargs)
    if given is None:  # empty, or so many rows of nothing
        empty = repeated("series", scalar(const=None)) if "index" in kwargs else Value("series")
        return Value("frame", fields=dict.fromkeys(names or [], empty))
    orient = kwargs.get("orient")
    if orient is not None and orient.const == "index" and given.kind == "map":
        rows = repeated("list", given.rest)
        for item in given.fields.values():
            rows.rest = item if rows.rest is None else merged(rows.rest, item, rows=True)
        given = rows
    out = _frame_of(flow, given, names)
    if names_value is not None and names is None and out.rest is None:
        out.suspect = joined(out.suspect, contents(out), rows=False)
        out.rest = frames_flow.METHODS["stack"](flow, out, [], {})
    if names and given.kind in {"any", "response", "scalar"} and out.rest is not None and UNKNOWN not in names:
        out.fields, out.rest = {n: out.fields.get(n, out.rest) for n in names}, None  # these columns, no others
    if names is not None and given.kind in {"map", "frame"}:
        out.fields = {n: out.fields.get(n, out.rest or repeated("series", scalar())) for n in names}
    return out


def _frame_of(flow: Flow, given: Value, names: list[Any] | None) -> Value:
    from jupyter_aiprov.lineage.stores import as_column

    if given.kind == "frame":
        return clone(given)
    if given.kind == "map":
        out = Value("frame", fields={k: as_column(v) for k, v in given.fields.items()})
        out.rest = as_column(given.rest) if given.rest is not None else None
        if given.data is not None and isinstance(given.data, dict) and given.data.get("updated"):
            out.suspect = contents(given)
        return out
    if given.kind in {"any", "response", "scalar", "object"} and given.kind != "object":
        fields = {k: as_column(v) for k, v in given.fields.items()}
        return Value("frame", fields=fields, rest=repeated("series", given.rest or anything(given.label)))
    if given.kind == "series" and all(type(k) is int for k in given.fields):
        name = names[0] if names else None
        return Value("frame", fields={name: as_column(given)} if name is not None else {}, rest=as_column(given))
    if given.kind == "array":
        inner = element(given) or anything(given.label)
        inner = inner if inner.kind != "list" and inner.kind != "array" else element(inner) or anything()
        one = repeated("series", inner)
        return Value("frame", fields=dict.fromkeys(names, one) if names else {}, rest=one)
    shape = computed(given.label)
    inner_or_none = element(given)
    if inner_or_none is None:
        return Value("frame", rest=repeated("series", scalar(given.label)))
    out = _frame_of_rows(inner_or_none, names)
    out.label = Label(selected=given.label.selected, sites=given.label.sites)
    out.parts = given.parts
    if shape.is_ai:
        from jupyter_aiprov.lineage.labels import chosen
        from jupyter_aiprov.lineage.methods import described

        name = described(flow, shape)
        from jupyter_aiprov.lineage.state import relabelled

        out = relabelled(out, lambda x: chosen(x, shape, name) if not x.is_ai else x)
        out.label = chosen(CLEAN, shape, name)
    return out


def _frame_of_rows(inner: Value, names: list[Any] | None) -> Value:
    if inner.kind in {"map", "object"} or (inner.kind == "series" and inner.fields and not inner.items):
        fields = {k: repeated("series", v) for k, v in inner.fields.items() if k != "Index"}
        return Value("frame", fields=fields, rest=repeated("series", inner.rest) if inner.rest is not None else None)
    if inner.kind in {"any", "response"} and inner.fields and not names:  # a parsed answer that was added to
        fields = {k: repeated("series", v) for k, v in inner.fields.items() if type(k) is str}
        return Value("frame", fields=fields, rest=repeated("series", inner.rest or anything(inner.label)))
    if inner.kind in {"tuple", "list"} and inner.items is not None:
        keys = names if names is not None and len(names) == len(inner.items) else list(range(len(inner.items)))
        return Value("frame", fields={k: repeated("series", v) for k, v in zip(keys, inner.items, strict=True)})
    if inner.kind in {"tuple", "list", "array", "iter"}:
        one = repeated("series", element(inner) or scalar())
        return Value("frame", fields=dict.fromkeys(names, one) if names else {}, rest=one)
    one = repeated("series", inner)
    return Value("frame", fields=dict.fromkeys(names, one) if names else {}, rest=one)


def series(flow: Flow, args: Args, kwargs: Keywords, top: str) -> Value:
    """A column made of whatever pandas and polars take."""
    name: Any = None
    if top == "polars" and len(args) > 1 and type(args[0].const) is str:
        name, args = args[0].const, args[1:]
    given = args[0] if args else kwargs.get("data", kwargs.get("values"))
    if "name" in kwargs:
        name = kwargs["name"].const if kwargs["name"].const is not UNKNOWN else None
    if given is None:
        return repeated("series", scalar()) if "index" in kwargs else Value("series")
    if given.kind == "map" or (given.kind == "any" and given.label.is_ai and given.fields):
        if given.fields and all(type(k) is str for k in given.fields):
            out = Value("series", fields=dict(given.fields), rest=given.rest)
            if given.kind == "any":
                out.rest = anything(given.label)
        else:
            inner = given.rest
            for item in given.fields.values():
                inner = item if inner is None else merged(inner, item, rows=True)
            out = Value("series", rest=inner, keys=given.keys)
    else:
        from jupyter_aiprov.lineage.stores import as_column

        out = as_column(given)
        out.parts = given.parts
    out.data = {"name": name} if name is not None else None
    return out


def concatenated(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    """Rows under each other, or columns beside each other."""
    given = args[0]
    items, rest = items_of(flow, given) if given.kind != "map" else (list(given.fields.values()) or None, given.rest)
    parts = items if items is not None else [rest] if rest is not None else []
    axis = kwargs.get("axis", args[1] if len(args) > 1 else None)
    how = kwargs.get("how")
    if (axis is not None and axis.const in {1, "columns"}) or (how is not None and how.const == "horizontal"):
        if given.kind == "map" and given.rest is None and given.fields:
            return _beside_under(given)
        return _beside(parts)
    frames = [p for p in parts if p.kind == "frame"]
    if not frames:
        inner: Value | None = None
        for part in parts:
            one = element(part) if part.kind in SEQUENCES else part
            inner = one if inner is None or one is None else merged(inner, one, rows=True)
        out = repeated("series", inner)
        out.parts = [(p, None) for p in parts] if items is not None and len(parts) > 1 else None
        return out
    out = clone(frames[0])
    for other in frames[1:]:
        out = _under(out, other)
    for part in parts:
        if part.kind != "frame" and summary(part).is_ai:
            out.suspect = joined(out.suspect, summary(part), rows=False)
    out.origin = None
    out.parts = [(p, None) for p in parts] if items is not None and len(parts) > 1 else None
    return out


def _under(a: Value, b: Value) -> Value:
    out = Value("frame", joined(a.label, b.label, rows=False))
    out.suspect = joined(a.suspect, b.suspect, rows=False)
    for name in dict.fromkeys([*a.fields, *b.fields]):
        left, right = a.fields.get(name, a.rest), b.fields.get(name, b.rest)
        if left is None or right is None:
            out.fields[name] = left or right or repeated("series", scalar())
        else:
            out.fields[name] = merged(_column_only(left), _column_only(right), rows=True)
    if a.rest is not None and b.rest is not None:
        out.rest = merged(_column_only(a.rest), _column_only(b.rest), rows=True)
    else:
        out.rest = a.rest or b.rest
    return out


def _column_only(value: Value) -> Value:
    """A column whose items are one value: rows of two frames stand in no order yet."""
    inner = element(value)
    if inner is not None and inner.const is not UNKNOWN and not inner.is_missing:
        inner = scalar(inner.label)
    return Value("series", value.label, rest=inner) if value.kind == "series" else value


def _beside_under(given: Value) -> Value:
    """`concat({"a": frame, "b": frame}, axis=1)`: each column under the name of its frame."""
    out = Value("frame")
    for key, part in given.fields.items():
        if part.kind != "frame":
            out.fields[key] = part if part.kind == "series" else repeated("series", scalar(summary(part)))
            continue
        out.fields.update({(key, *k) if type(k) is tuple else (key, k): v for k, v in part.fields.items()})
        if part.rest is not None:
            out.rest = part.rest if out.rest is None else merged(out.rest, part.rest)
        out.suspect = joined(out.suspect, part.suspect, rows=False)
        out.label = joined(out.label, part.label, rows=False)
    return out


def _beside(parts: Args) -> Value:
    out = Value("frame")
    for part in parts:
        if part.kind == "frame":
            out.fields.update(part.fields)
            if part.rest is not None and (out.rest is None or summary(part.rest).is_ai):
                out.rest = part.rest
            out.suspect = joined(out.suspect, part.suspect, rows=False)
            out.label = joined(out.label, part.label, rows=False)
        elif part.kind in SEQUENCES:
            name = (part.data or {}).get("name") if isinstance(part.data, dict) else None
            if name is not None:
                out.fields[name] = part
            else:
                out.rest = part if out.rest is None else merged(out.rest, part)
        elif summary(part).is_ai:
            out.rest = repeated("series", anything(summary(part)))
    return out


# ── numbers ───────────────────────────────────────────────────────────────────────
def _numeric(flow: Flow, last: str, args: Args, kwargs: Keywords) -> Value | None:
    if last == "where" and len(args) == 3:
        return _chosen(flow, [args[0]], [args[1]], args[2])
    if last == "select" and len(args) >= 2:
        tests = items_of(flow, args[0])[0] or [args[0]]
        choices = items_of(flow, args[1])[0] or [args[1]]
        return _chosen(flow, tests, choices, kwargs.get("default", args[2] if len(args) > 2 else scalar(const=0)))
    if last == "unique" and args and any(k.startswith("return_") for k in kwargs):
        extra = repeated("array", scalar(computed(contents(args[0]), reduced(args[0].label))))
        found = Value("array", fields=dict(args[0].fields), rest=args[0].rest)
        return sequence("tuple", [found, *(clone(extra) for k in kwargs if k.startswith("return_"))])
    if last in _ARRAYS and args:
        given = args[0]
        if given.kind in {"scalar", "any", "response"}:
            return Value("array", rest=anything(given.label))
        if last in {"vstack", "hstack", "concatenate", "stack", "column_stack", "append", "dstack", "r_"}:
            known, rest = items_of(flow, given)
            pieces = (known or [rest or given]) if last != "append" else list(args[:2])
            inner: Value | None = None
            for piece in pieces:
                one = element(piece) if piece.kind in SEQUENCES else piece
                inner = one if inner is None or one is None else merged(inner, one, rows=True)
            out = repeated("array", inner)
            out.parts = [(p, None) for p in pieces] if len(pieces) > 1 else None
            return out
        inner = given.rest if given.items is None else None
        out = Value("array", fields=dict(given.fields), rest=given.rest)
        if given.kind == "frame":
            from jupyter_aiprov.lineage.methods import frame_array

            return frame_array(given)
        if given.kind == "map":
            return repeated("array", given.rest)
        return out
    if last == "arange":  # how many there are is no value of any
        label = computed(*(touched(a) for a in args))
        return Value("array", Label(selected=label.selected), rest=scalar(label if len(args) > 2 else CLEAN))
    if last in {"zeros", "zeros_like", "empty", "empty_like"}:
        return repeated("array", scalar(const=0.0))  # a placeholder, until it is written
    if last in {"full", "full_like"} and args:
        return repeated("array", args[1] if len(args) > 1 else kwargs.get("fill_value"))
    if last in {"zeros", "ones", "empty", "arange", "linspace", "eye", "identity", "zeros_like", "ones_like", "empty_like",
                "default_rng", "seed"}:  # fmt: skip
        label = CLEAN if last.endswith("_like") else computed(*(touched(a) for a in args))
        return repeated("array", scalar(label)) if last not in {"default_rng", "seed"} else anything()
    if last in {"vectorize"} and args:
        return args[0]
    label = computed(
        *(reduced(contents(a), a.label) if a.kind in CONTAINERS else touched(a) for a in (*args, *kwargs.values()))
    )
    if any(a.kind == "func" for a in args):
        return None
    if not label.is_ai:
        return None if any(a.kind == "func" for a in kwargs.values()) else Value("array", rest=scalar(label))
    return Value("array", rest=scalar(label))


def _chosen(flow: Flow, tests: Args, choices: Args, default: Value) -> Value:
    """`np.where`, `np.select`: rows from several places; fixed values under AI conditions are derived."""
    by = computed(*(touched(t) for t in tests))
    cells = [_one_cell(v) for v in (*choices, default)]
    if by.is_ai and not any(summary(c).is_ai for c in cells):
        if all(c.const is not UNKNOWN for c in cells):
            return repeated("array", scalar(by))
        return repeated("array", scalar(Label(1, True, by.sites, by.selected)))
    out = cells[0]
    for cell in cells[1:]:
        out = merged(out, cell, rows=cell.const is UNKNOWN and out.const is UNKNOWN)
    result = repeated("array", out)
    if not by.is_ai and len(choices) == 1:
        result.data = {"choice": (tests[0], choices[0], default)}
    return result


def _one_cell(value: Value) -> Value:
    if value.kind in SEQUENCES:
        inner = element(value)
        return scalar(summary(inner)) if inner is not None and inner.kind == "scalar" else inner or scalar()
    return value


_ = (re, Callable, children_of, KEEP)
