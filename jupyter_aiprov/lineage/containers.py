"""Methods of lists, dicts, sets, texts, files, answers and of objects that nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_aiprov.lineage import constants, csv_flow, queries
from jupyter_aiprov.lineage.labels import CLEAN, Label, chosen, computed, joined, reduced
from jupyter_aiprov.lineage.methods import children_of, described, items_of, key_of, map_item, record_of
from jupyter_aiprov.lineage.state import (
    CONTAINERS,
    UNKNOWN,
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
from jupyter_aiprov.lineage.transfer import CONTENT, METADATA, QUIET, READ, TEXT_KEEP

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

_KNOWN = 40  # items of a list that are told apart
_LISTS = frozenset({"split", "rsplit", "splitlines", "findall", "readlines", "groups", "partition", "rpartition"})
_ADD = frozenset(
    "append add appendleft put put_nowait push insert insert_one send send_nowait write writerow log".split()
)
_EXTEND = frozenset("extend extendleft update insert_many writelines writerows union_update".split())


def concatenated(parts: list[Value]) -> Value:
    """Text put together: the answers' own words, or made of them."""
    labels = [summary(p) for p in parts]
    ai = [x for x in labels if x.is_ai]
    if not ai:
        return scalar(computed(*labels))
    texts = [p for p in parts if isinstance(p.data, dict) and "text_of" in p.data]
    if len(texts) == 1 and all(type(p.const) is str and not p.const.strip() for p in parts if p is not texts[0]):
        return texts[0]
    blank = all(
        x.is_ai or (type(p.const) is str and not any(map(str.isalnum, p.const)))
        for x, p in zip(labels, parts, strict=True)
    )
    if blank:
        out = ai[0]
        for label in ai[1:]:
            out = joined(out, label)
        return scalar(out)
    return scalar(computed(*labels))


def extend(flow: Flow, owner: Value, new: Value) -> None:
    """`list += other`, `dict.update(other)`, `set |= other`."""
    if owner.kind == "map":
        if new.kind in {"map", "object"}:
            for key, item in new.fields.items():
                owner.fields[key] = item
            if new.rest is not None:
                owner.rest = new.rest if owner.rest is None else merged(owner.rest, new.rest, rows=True)
            owner.keys = joined(owner.keys, new.keys, rows=False)
            return
        if summary(new).is_ai:
            label = summary(new)
            inner = element(new) if new.kind in CONTAINERS else None
            if inner is not None and inner.items is not None and len(inner.items) == 2:
                inner = inner.items[1]
            got = inner or anything(label)
            owner.rest = got if owner.rest is None else merged(owner.rest, got, rows=True)
            owner.data = {"updated": True}
        return
    before = clone(owner)
    known, rest = items_of(flow, new)
    mine = owner.items
    if mine is None or known is None:
        inner = element(owner)
        more = rest
        for item in known or ():
            more = item if more is None else merged(more, item, rows=True)
        if more is not None:
            inner = more if inner is None else merged(inner, more, rows=True)
        owner.fields, owner.rest = {}, inner
    else:
        add_all(owner, known)
    owner.label = joined(owner.label, computed(new.label) if new.kind in CONTAINERS else CLEAN, rows=False)
    owner.parts = [(before, None), (new, None)]


def add_all(owner: Value, items: list[Value]) -> None:
    """Items appended: which ones are known no longer, only what they are like."""
    inner = element(owner)
    for item in items:
        inner = item if inner is None else merged(inner, item, rows=True)
    owner.fields, owner.rest = {}, inner


def method(flow: Flow, owner: Value, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """Methods of built-in containers and files."""
    if isinstance(owner.data, dict) and "table" in owner.data:
        of_rows = queries.fetched(owner, name)
        if of_rows is not None:
            return of_rows
        if owner.kind == "iter" and name not in {"__iter__", "__next__"}:  # a relation: methods of a frame
            from jupyter_aiprov.lineage import tables

            return tables.method(flow, owner.data["table"], name, args, kwargs)
    if owner.kind == "map":
        found = _of_map(flow, owner, name, args, kwargs)
        if found is not None:
            return found
    elif owner.kind == "file":
        done: Value = flow.files.method(flow, owner, name, args, kwargs)
        return done
    if name == "result" and len(args) <= 1:  # of a future, which is taken for what it comes to
        return owner
    if name in _ADD and args:
        value = args[-1] if name == "insert" else args[0]
        _controlled(flow, owner)
        known = owner.items if owner.fields or owner.rest is not None else []
        if name == "append" and owner.kind == "list" and flow.is_once and known is not None and len(known) < _KNOWN:
            owner.fields[len(known)] = flow.under(value)  # it stands behind the others
        else:
            add_all(owner, [flow.under(value)])
        return scalar(const=None)
    if name in _EXTEND and args:
        _controlled(flow, owner)
        for arg in args:
            extend(flow, owner, flow.under(arg))
        return scalar(const=None)
    if name in {"pop", "popleft", "get", "get_nowait", "__getitem__", "__next__"}:
        return element(owner) or anything()
    if name == "sort":
        from jupyter_aiprov.lineage.functions import ranking

        owner.order = ranking(flow, owner, kwargs)
        owner.fields, owner.rest = {}, element(owner)
        return scalar(const=None)
    if name in {"reverse", "clear", "remove", "discard", "shuffle"}:
        if name == "clear":
            owner.fields, owner.rest, owner.label = {}, None, CLEAN
        return scalar(const=None)
    if name in {"copy", "union", "difference", "intersection", "symmetric_difference", "__iter__", "__reversed__"}:
        out = clone(owner)
        for arg in args:
            extend(flow, out, arg)
        return out
    if name in {"tolist", "to_list", "to_flat_index", "ravel"}:
        return clone(owner)
    if name == "get_level_values" and args and owner.items is not None:
        return sequence("list", [constants.item(i, args[0]) or i for i in owner.items])
    if name == "map" and args and owner.items is not None and args[0].kind in {"func", "class", "any"}:
        from jupyter_aiprov.lineage.calls import invoke

        return sequence("list", [invoke(flow, args[0], [item], {}) for item in owner.items])
    if name == "get_loc" and args:
        return Value("any", data={"column": args[0].const})
    if name in {"index", "count", "issubset", "issuperset", "isdisjoint", "__contains__"}:
        return scalar(computed(touched(owner), *(touched(a) for a in args)))
    return of_any(flow, owner, name, args, kwargs)


def _controlled(flow: Flow, owner: Value) -> None:
    """What is added only when a model's answer says so: the shape depends on it."""
    for label in flow.control:
        if not label.is_plain:
            owner.label = joined(owner.label, reduced(label), rows=False)


def _of_map(flow: Flow, owner: Value, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
    if name in {"get", "pop", "setdefault", "__getitem__"} and args:
        default = args[1] if len(args) > 1 else None
        if name == "setdefault" and default is not None:
            found = map_item(owner, args[0], default)
            if owner.rest is None and found is default:
                from jupyter_aiprov.lineage.stores import put

                if type(args[0].const) is str and not touched(args[0]).is_ai:
                    owner.fields.setdefault(args[0].const, found)
                else:
                    put(flow, owner, args[0], found)
            if touched(args[0]).is_ai and found.kind in CONTAINERS:
                found.label = joined(found.label, computed(touched(args[0])), rows=False)
                owner.keys = joined(owner.keys, args[0].label, rows=False)
            return found
        record = record_of(owner, args[0]) if name in {"get", "__getitem__"} else None
        if record is not None:
            return record
        found = map_item(owner, args[0], default)
        if name == "pop" and args[0].const in owner.fields and type(args[0].const) is str:
            del owner.fields[args[0].const]
        return found
    if name in {"items", "most_common", "elements"}:
        if owner.fields and owner.rest is None and not owner.keys.is_ai and name == "items":
            pairs = [sequence("tuple", [scalar(const=k), v]) for k, v in owner.fields.items()]
            return sequence("list", pairs)
        inner = element_of(owner)
        out = Value("iter", owner.label, rest=sequence("tuple", [key_of(owner), inner]))
        if name == "most_common":
            out.kind, out.order = "list", joined(computed(touched(inner)), computed(owner.order), rows=False)
            if args and out.order.is_ai and not owner.keys.is_ai:
                by = out.order
                out = relabelled(out, lambda x: chosen(x, by, described(flow, by)))
        return out
    if name == "values":
        if owner.fields and owner.rest is None:
            return sequence("list", list(owner.fields.values()))
        return Value("iter", owner.label, rest=element_of(owner))
    if name in {"keys", "__iter__"}:
        items, rest = items_of(flow, owner)
        return sequence("list", items) if items is not None else Value("iter", owner.label, rest=rest)
    if name == "update":
        if (
            args
            and args[0].kind not in {"map", "object"}
            and owner.keys.is_plain
            and not kwargs
            and args[0].kind not in {"any"}
        ):
            word = element(args[0]) if args[0].kind in CONTAINERS else None
            if word is not None and word.kind == "scalar":  # Counter.update(words)
                owner.keys = joined(owner.keys, word.label, rows=False)
                owner.rest = scalar(computed(word.label))
                return scalar(const=None)
        for arg in args:
            extend(flow, owner, flow.under(arg))
        owner.fields.update({k: v for k, v in kwargs.items() if k != "**"})
        return scalar(const=None)
    if name == "copy":
        return clone(owner)
    if name == "clear":
        owner.fields, owner.rest, owner.keys = {}, None, CLEAN
        return scalar(const=None)
    if name == "total":
        return scalar(computed(touched(owner)))
    return None


def element_of(owner: Value) -> Value:
    """One value for all values of a dict."""
    out: Value | None = owner.rest
    for item in owner.fields.values():
        out = item if out is None else merged(out, item, rows=True)
    return out or anything()


def of_record(flow: Flow, owner: Value, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """Methods that a dataclass, a pydantic model or a named tuple brings."""
    if name in {"model_dump", "dict", "_asdict", "to_dict", "as_dict", "asdict", "__dict__", "model_dump_json", "json"}:
        out = Value("map", fields=dict(owner.fields), rest=owner.rest)
        return out if "json" not in name else scalar(summary(owner))
    if name in {"model_copy", "copy", "_replace", "replace", "copy_with"}:
        out = clone(owner)
        out.fields.update({k: v for k, v in kwargs.items() if k not in {"update", "deep"}})
        if "update" in kwargs:
            out.fields.update(kwargs["update"].fields)
        return out
    if name in {"append", "add", "put", "extend", "update"} and args:
        inner = args[0]
        owner.rest = inner if owner.rest is None else merged(owner.rest, inner, rows=True)
        return scalar(const=None)
    if name in {"get", "pop", "__getitem__"} and args:
        found = owner.fields.get(args[0].const) if type(args[0].const) is str else None
        return found or owner.rest or anything(contents(owner))
    if name in {"items", "values", "keys"}:
        return Value("iter", rest=anything(contents(owner)) if name != "keys" else scalar())
    from jupyter_aiprov.lineage import functions

    return functions.unknown(flow, name, owner, args, kwargs)


def of_any(flow: Flow, owner: Value, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """A method of a text, a number, an answer, or of something unknown."""
    from jupyter_aiprov.lineage import functions

    constant = constants.method(owner, name, args, kwargs)
    if constant is not None:
        return constant
    if isinstance(owner.data, dict) and owner.data.get("method") == "str" and owner.data["owner"].kind == "list":
        names = constants.of_names(owner.data["owner"].items or [], name, args, kwargs)
        if names is not None:
            return sequence("list", names)
    if isinstance(owner.data, dict) and owner.data.get("plot"):
        from jupyter_aiprov.lineage import plots

        return plots.method(flow, owner, name, args, kwargs)
    if isinstance(owner.data, dict) and owner.data.get("method") in {"plot", "hvplot"}:
        from jupyter_aiprov.lineage import plots

        return plots.of_frame(flow, owner.data["owner"], args, kwargs)
    if isinstance(owner.data, dict) and "path" in owner.data:
        on_path: Value | None = flow.files.of_path(owner, name, args, kwargs)
        if on_path is not None:
            return on_path
    if isinstance(owner.data, dict) and "csv" in owner.data:
        on_csv = csv_flow.method(flow, owner, name, args)
        if on_csv is not None:
            return on_csv
    on_database = _of_database(flow, owner, name, args)
    if on_database is not None:
        return on_database
    if owner.kind == "response":
        if name in METADATA:
            return anything()
        if name in READ or name in {"model_dump", "to_dict", "dict", "model_dump_json", "parse", "get_final_message"}:
            return Value("response", owner.label)
        if name in {"get", "pop"} and args:
            const = args[0].const
            if type(const) is str and const in METADATA:
                return anything()
            return Value("any" if const in CONTENT else "response", owner.label)
        if name in QUIET:
            return anything()
    if name == "join" and args:
        return _joined_text(flow, owner, args[0])
    if name == "format":
        return concatenated([owner, *args, *kwargs.values()])
    if name in TEXT_KEEP or name in READ:
        return _text(owner, name, args)
    if owner.label.is_ai and name in {
        "items",
        "values",
        "keys",
        "get",
        "pop",
        "copy",
        "tolist",
        "to_dict",
        "dict",
        "list",
    }:
        if name == "items":
            return Value("iter", rest=sequence("tuple", [anything(owner.label), anything(owner.label)]))
        return anything(owner.label)
    if owner.label.is_ai and name in {"model_dump", "model_dump_json", "json", "result", "asdict", "as_dict"}:
        return anything(owner.label)
    if owner.fields and name in owner.fields and owner.fields[name].kind in {"func", "class"}:
        from jupyter_aiprov.lineage.calls import invoke

        return invoke(flow, owner.fields[name], args, kwargs)
    return functions.unknown(flow, name, owner, args, kwargs)


def _of_database(flow: Flow, owner: Value, name: str, args: list[Value]) -> Value | None:
    """Methods of connections and cursors; None for others."""
    data = owner.data if isinstance(owner.data, dict) else {}
    if name in {"execute", "executemany", "executescript", "sql", "query"} and args:
        rows: Value | None = flow.files.queried(flow, args, data.get("database"))
        if rows is None:
            return None
        if rows.kind != "frame":
            return owner
        out = queries.cursor(rows)
        owner.data = {**data, "result": out}  # `cursor.execute(…)`, then `cursor.fetchall()`
        return out
    if "result" in data and (name in queries.FETCH or name in {"df", "fetchdf", "pl", "arrow"}):
        return queries.fetched(data["result"], name)
    if "database" in data and name in {
        "cursor",
        "connect",
        "begin",
        "connection",
        "raw_connection",
        "execution_options",
    }:
        return Value("any", data={"database": data["database"]})
    if name == "register" and len(args) == 2 and type(args[0].const) is str and args[1].kind == "frame":
        flow.files.tables.known[data.get("database") or "", args[0].const.lower()] = args[1]
        return anything()
    return None


def _text(owner: Value, name: str, args: list[Value]) -> Value:
    label = owner.label
    if owner.kind not in {"any", "scalar", "response"}:
        label = summary(owner)
    if type(owner.const) is str and not args and name in {"lower", "upper", "strip", "title", "capitalize"}:
        return scalar(label, getattr(owner.const, name)())
    extra = computed(*(touched(a) for a in args))
    if extra.is_ai and not label.is_ai:
        label = extra
    if name in {"get", "slice", "head", "tail"} and owner.fields and args and args[0].const in owner.fields:
        return owner.fields[args[0].const]
    if name in _LISTS and label.is_ai:
        return Value("list", label, rest=anything(label))
    if name in _LISTS:
        return Value("list", rest=scalar())
    return anything(label) if name in {"group", "groupdict", "get", "json"} else scalar(label)


def _joined_text(flow: Flow, owner: Value, parts: Value) -> Value:
    known, rest = items_of(flow, parts)
    pieces = known if known is not None else [rest] if rest is not None else []
    constant = constants.join(owner, known) if known is not None else None
    if constant is not None:
        return constant
    label = CLEAN
    if pieces:
        labels = [summary(p) for p in pieces]
        label = labels[0]
        for more in labels[1:]:
            label = joined(label, more)
    shape = computed(parts.label) if parts.kind in CONTAINERS else parts.label
    if not label.is_ai:
        label = joined(label, shape, rows=False)
    if owner.label.is_ai:
        label = joined(label, owner.label)
    return scalar(label)


_ = (UNKNOWN, Label, children_of, repeated, Any)
