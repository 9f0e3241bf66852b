"""What melting, pivoting, encoding and evaluating do to the columns of a frame."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jupyter_aiprov.lineage.labels import CLEAN, Label, computed, joined, reduced
from jupyter_aiprov.lineage.methods import column, picked_columns
from jupyter_aiprov.lineage.rows_flow import cell, stack_of
from jupyter_aiprov.lineage.state import (
    SEQUENCES,
    UNKNOWN,
    Family,
    Value,
    anything,
    clone,
    contents,
    element,
    merged,
    repeated,
    scalar,
    summary,
    touched,
)

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

Args = list[Value]
Keywords = dict[str, Value]


def melt(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """`melt`, `unpivot`: columns under each other, beside what identifies the rows."""
    ids = listed(kwargs.get("id_vars", kwargs.get("index", args[0] if args else None)))
    values = listed(kwargs.get("value_vars", kwargs.get("on", args[1] if len(args) > 1 else None)))
    values = values or [k for k in owner.fields if k not in ids]
    inner: Value | None = None
    for name in values:
        one = cell(column(owner, name))
        inner = one if inner is None else merged(inner, one, rows=True)
    if not values and owner.rest is not None:
        inner = cell(owner.rest)
    names = [
        kwargs.get(k, args[i] if i < len(args) else scalar()).const for i, k in ((3, "value_name"), (2, "var_name"))
    ]
    names[1] = kwargs["variable_name"].const if "variable_name" in kwargs else names[1]
    value_name, var_name = (n if type(n) is str else k for n, k in zip(names, ("value", "variable"), strict=True))
    out = picked_columns(owner, ids)
    out.fields[value_name] = repeated("series", inner or scalar())
    out.fields[var_name] = repeated("series", scalar())
    if len(values) > 1:  # one column after the other, each as long as the frame was
        out.parts = [(Value("frame", fields={value_name: column(owner, n)}), "equal") for n in values]
    return out


def listed(value: Value | None) -> list[Any]:
    """The names in an argument: one, or a list of them."""
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
    values = listed(given["values"])
    index, columns = listed(given["index"]), listed(given["columns"])
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
        elif len(picked) > 1:
            out.fields[name] = repeated("series", scalar(mine))  # found as a part of the new names
    if columns:
        out.rest = repeated("series", scalar(label))
    for name in index:
        out.fields[name] = column(owner, name)
    return out


def normalized(flow: Flow, given: Value, args: Args, kwargs: Keywords) -> Value:
    """`pd.json_normalize`: a column for each leaf, named after the way to it."""
    mark = kwargs["sep"].const if "sep" in kwargs and type(kwargs["sep"].const) is str else "."
    one = given if given.kind in {"map", "any", "response"} else element(given) or anything()
    record = kwargs.get("record_path", args[0] if args else None)
    out = Value("frame", Label(selected=given.label.selected, sites=given.label.sites))
    inner = one
    for name in listed(record):
        found = inner.fields.get(name, inner.rest) if inner.kind in {"map", "any"} else None
        inner = (element(found) if found is not None and found.kind in SEQUENCES else found) or anything(summary(inner))
    _leaves(out, inner, kwargs["record_prefix"].const if "record_prefix" in kwargs else "", mark)
    meta = kwargs.get("meta", args[1] if len(args) > 1 else None)
    way = meta.items if meta is not None and meta.items is not None else [meta] if meta is not None else []
    for item in way:
        names = [item.const] if type(item.const) is str else listed(item)
        found = one
        for name in names:
            found = found.fields.get(name) or found.rest or anything(found.label)
        out.fields[mark.join(map(str, names))] = repeated("series", found)
    return out


def _leaves(out: Value, value: Value, start: object, mark: str) -> None:
    start = start if type(start) is str else ""
    if value.kind not in {"map", "object", "any", "response"}:
        out.rest = repeated("series", value)
        return
    for name, item in value.fields.items():
        if item.kind in {"map", "object"}:
            _leaves(out, item, f"{start}{name}{mark}", mark)
            continue
        out.fields[f"{start}{name}"] = repeated("series", item)
        if item.kind in {"any", "response"} and item.label.is_ai:  # it may have leaves of its own
            out.fields[Family(f"{start}{name}{mark}")] = repeated("series", item)
    rest = value.rest if value.rest is not None else anything(value.label) if value.label.is_ai else None
    if rest is not None and start:
        out.fields[Family(start)] = repeated("series", rest)
    elif rest is not None:
        out.rest = repeated("series", rest)


def stack(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """`stack`: all columns under each other."""
    return stack_of(owner)


def keep_all(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """The same columns, differently arranged."""
    return clone(owner)


def prefixed(owner: Value, args: Args, form: str) -> Value:
    """`add_prefix`, `add_suffix`."""
    out = clone(owner)
    if args and type(args[0].const) is str:
        out.fields = {form.format(args[0].const, k): v for k, v in owner.fields.items()}
    return out


def dummies(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """`get_dummies`: a family of columns for each one that is encoded."""
    given = kwargs.get("columns", args[0] if args else None)
    names = listed(given) if given is not None else [k for k in owner.fields if type(k) is str]
    prefix = kwargs.get("prefix")
    prefixes = names
    if prefix is not None:
        prefixes = [prefix.const] * len(names) if type(prefix.const) is str else listed(prefix) or names
        if prefix.kind == "map":
            prefixes = [prefix.fields[n].const if n in prefix.fields else n for n in names]
    mark = next((kwargs[k].const for k in ("prefix_sep", "separator") if k in kwargs), "_")
    out = clone(owner)
    if given is not None:
        out.fields = {k: v for k, v in owner.fields.items() if k not in names}
    for name, start in zip(names, prefixes, strict=False):
        key = Family(f"{start}{mark if type(mark) is str else '_'}")
        out.fields[key] = repeated("series", scalar(computed(contents(column(owner, name)))))
    return out


def evaluated(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """`df.eval("c = a / b")`: computed from the columns that the text names."""
    text = args[0].const if args else UNKNOWN
    if type(text) is not str:
        return keep_all(flow, owner, args, kwargs)
    out = clone(owner)
    for line in filter(None, map(str.strip, text.splitlines())):
        target = re.match(r"(\w+)\s*=(?!=)", line)
        label = computed(*(touched(v) for v in spoken_of(flow, line[target.end() if target else 0 :], out)))
        if target is None:
            return repeated("series", scalar(label))
        out.fields[target[1]] = repeated("series", scalar(label))
    return out


def spoken_of(flow: Flow, text: object, owner: Value) -> list[Value]:
    """The columns, and the notebook's `@names`, that an expression in a string speaks of."""
    if type(text) is not str:
        return []
    words = set(re.findall(r"@?[^\W\d]\w*", text))
    columns = [n for n in owner.fields if type(n) is str and (n in words or f"`{n}`" in text)]
    found = [column(owner, n) for n in columns]
    return found + [flow.main.get(w[1:]) for w in words if w.startswith("@")]
