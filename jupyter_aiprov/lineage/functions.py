"""Functions of the standard library and of others, by name; unknown ones derive from AI input."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jupyter_aiprov.lineage import csv_flow, paths, queries
from jupyter_aiprov.lineage.labels import CLEAN, NONE, Label, chosen, computed, guessed, joined, reduced
from jupyter_aiprov.lineage.methods import attribute, children_of, described, items_of
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
    relabelled,
    repeated,
    scalar,
    sequence,
    summary,
    touched,
)
from jupyter_aiprov.lineage.transfer import ELEMENTWISE, IDENTITY, LEARN, PER_ITEM, QUIET

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

Args = list[Value]
Keywords = dict[str, Value]
Known = Callable[["Flow", Args, Keywords], Value]
_TABLE: dict[str, Known] = {}


def known(*names: str) -> Callable[[Known], Known]:
    """This function answers for library functions of these names."""

    def register(function: Known) -> Known:
        _TABLE.update(dict.fromkeys(names, function))
        return function

    return register


def named(flow: Flow, name: str, args: Args, kwargs: Keywords, cls: type | None = None) -> Value:
    """A library's function or class, by its dotted name."""
    from jupyter_aiprov.lineage import libraries

    root, _, last = name.rpartition(".")
    top = root.split(".", 1)[0].lstrip("_") or root
    for key in (f"{top}.{last}", last if top in {"builtins", "", "functools", "itertools"} else ""):
        function = _TABLE.get(key)
        if function is not None:
            return function(flow, args, kwargs)
    found = libraries.call(flow, top, name, last, args, kwargs)
    if found is not None:
        return found
    parts = root.split(".")
    if top in {"builtins", "collections"} and parts[-1] in {"str", "dict", "list", "set", "bytes"} and args:
        from jupyter_aiprov.lineage.calls import call_method

        return call_method(flow, args[0], last, args[1:], kwargs)
    if len(parts) > 1 and parts[-1][:1].isupper() and args and args[0].kind in CONTAINERS and cls is None:
        from jupyter_aiprov.lineage.calls import call_method

        return call_method(flow, args[0], last, args[1:], kwargs)
    return unknown(flow, last, None, args, kwargs, cls=cls)


def callables(args: Args, kwargs: Keywords) -> list[Value]:
    """The functions among the arguments."""
    return [
        a
        for a in (*args, *kwargs.values())
        if a.kind == "func" or (a.kind in {"any", "response"} and isinstance(a.data, dict) and "method" in a.data)
    ]


def unknown(flow: Flow, name: str, owner: Value | None, args: Args, kwargs: Keywords, cls: type | None = None) -> Value:
    """Nothing is known of it: clean in, clean out; AI in, derived out; functions given to it are called."""
    from jupyter_aiprov.lineage.calls import invoke

    given = [*args, *kwargs.values()]
    functions = callables(args, kwargs)
    if functions:
        flow.spawned = True
        return _with_functions(flow, name, owner, args, kwargs, functions)
    label = computed(*(touched(a) for a in given), *([touched(owner)] if owner is not None else []))
    if name in QUIET:
        return anything()
    if name in IDENTITY or (cls is not None and any(b.__name__ in IDENTITY for b in cls.__mro__)):
        for arg in given:
            if is_worth(arg):
                return passed(flow, arg)
        if owner is not None and (owner.label.is_ai or owner.kind in CONTAINERS):
            return passed(flow, owner)
    if owner is not None and isinstance(owner.data, dict) and "plot" in owner.data:
        from jupyter_aiprov.lineage import plots

        return plots.method(flow, owner, name, args, kwargs)
    if owner is not None and name in LEARN and label.is_ai:
        owner.label = joined(owner.label, label, rows=False)
        return owner if name in {"fit", "partial_fit", "train"} else anything(label)
    if owner is not None and owner.kind == "any" and name in {"fit", "partial_fit"}:
        return owner
    if owner is not None and label.is_ai and name in _PUTS:
        owner.label = joined(owner.label, _kept(given), rows=False)
        return anything()
    if owner is not None and not given and owner.label.origin >= 2 and name in _GETS:
        return anything(owner.label)
    for arg in given:
        if arg.kind == "object" and arg.data is not None and name == "":
            invoke(flow, arg, [], {})
    if (
        owner is not None
        and owner.kind == "any"
        and isinstance(owner.data, dict)
        and "class" in owner.data
        and label.is_ai
    ):
        owner.suspect = joined(owner.suspect, label, rows=False)
    out = anything(guessed(label) if any(a.kind == "frame" for a in given) else label)
    for arg in given:
        if arg.kind == "frame" and label.is_ai:
            out.fields = dict(arg.fields)
            out.rest = repeated("series", scalar(guessed(label)))
            out.origin = arg
            out.data = {"like": arg}
            break
    return out


_NOWHERE = ast.Constant(None)  # a place in no code
_PUTS = frozenset(
    "put put_nowait append add insert extend push send write set setitem writerow update store save".split()
)
_GETS = frozenset("get get_nowait pop popleft recv receive result results read value values items all".split())


def is_worth(arg: Value) -> bool:
    """An argument that carries something through."""
    return arg.kind in CONTAINERS or summary(arg).is_ai or arg.label.selected != frozenset()


def passed(flow: Flow, arg: Value) -> Value:
    """The argument, or a copy with the same contents."""
    if arg.kind == "response":
        return anything(arg.label)
    return clone(arg) if arg.kind in CONTAINERS else anything(arg.label)


def _kept(given: Args) -> Label:
    label = CLEAN
    for arg in given:
        label = joined(label, summary(arg), rows=False)
    return label


def _with_functions(
    flow: Flow, name: str, owner: Value | None, args: Args, kwargs: Keywords, functions: list[Value]
) -> Value:
    """A library is given functions of the user's: they are called with what else is given."""
    from jupyter_aiprov.lineage.calls import invoke

    function = functions[0]
    plain = [a for a in args if all(a is not f for f in functions)]
    if name == "Thread" or "target" in kwargs:
        target = kwargs.get("target", function)
        inner = items_of(flow, kwargs["args"])[0] if "args" in kwargs else []
        keywords = dict(kwargs["kwargs"].fields) if "kwargs" in kwargs and kwargs["kwargs"].kind == "map" else {}
        invoke(flow, target, list(inner or []), keywords)
        return anything()
    options = {k: v for k, v in kwargs.items() if all(v is not f for f in functions)}
    if name in {"partial", "partialmethod"}:
        return Value("func", data={"partial": function, "args": plain, "keywords": kwargs})
    if name == "delayed":
        return Value("func", data={"delayed": function})
    if name in {"retry", "wraps", "njit", "jit", "vectorize", "cache", "lru_cache", "update_wrapper"}:
        return function
    if name in PER_ITEM or name in ELEMENTWISE:
        items = [_one(flow, a) for a in plain]
        with flow.later():
            result = invoke(flow, function, items, {})
        if name == "filter":
            return clone(plain[0]) if plain else repeated("iter", result)
        return repeated("iter", result)
    if name == "reduce" and plain:
        one = _one(flow, plain[0])
        first = invoke(flow, function, [plain[1] if len(plain) > 1 else one, one], {})
        return merged(first, invoke(flow, function, [first, one], {}))
    if name in {"sorted", "sort", "min", "max", "groupby", "nlargest", "nsmallest"} and plain:
        invoke(flow, kwargs.get("key", function), [_one(flow, plain[0])], {})
        return clone(plain[0]) if name == "sorted" else _one(flow, plain[0])
    if name == "run_in_executor":
        plain = plain[1:]
    for other in functions[1:]:
        invoke(flow, other, [], {})
    results = [invoke(flow, function, plain, options)]
    if any(a.kind in SEQUENCES for a in plain):
        results.append(invoke(flow, function, [_one(flow, a) if a.kind in SEQUENCES else a for a in plain], options))
    out = results[0]
    for result in results[1:]:
        if summary(result).is_ai or not summary(out).is_ai:
            out = repeated("list", result) if not summary(out).is_ai else out
    if owner is not None and touched(owner).is_ai and not summary(out).is_ai:
        return anything(computed(touched(owner)))
    return promised(out) if name in {"submit", "apply_async"} else out


def promised(value: Value) -> Value:
    """A future that comes to this value."""
    out = clone(value)
    out.is_future = True
    return out


def _one(flow: Flow, value: Value) -> Value:
    known_items, rest = items_of(flow, value)
    if known_items:
        out = known_items[0]
        for item in known_items[1:]:
            out = merged(out, item, rows=True)
        return out
    return rest if rest is not None else anything()


# ── built-in functions ────────────────────────────────────────────────────────────
@known("builtins.len")
def _len(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    if not args:
        return scalar()
    value = args[0]
    if value.kind in CONTAINERS:
        label = value.label
        if value.kind == "map" or (value.kind == "set" and value.rest is not None):
            label = joined(label, value.keys if value.kind == "map" else computed(summary(value)), rows=False)
        if value.kind == "object":
            return scalar(computed(touched(value)))
        if value.items is not None and not label.is_ai:
            return scalar(const=len(value.items)) if value.kind == "tuple" else scalar()
        return scalar(reduced(label))
    return scalar(computed(value.label))


@known("builtins.range")
def _range(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    label = computed(*(touched(a) for a in args))
    consts = [a.const for a in args]
    if consts and all(type(c) is int for c in consts) and not (len(consts) == 3 and consts[2] == 0):
        numbers = range(*consts)
        if 0 < len(numbers) <= 30:
            return sequence("list", [scalar(const=n) for n in numbers])
    return Value("iter", Label(selected=label.selected), rest=scalar())


@known("builtins.enumerate")
def _enumerate(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    items, rest = items_of(flow, args[0]) if args else (None, None)
    if items is not None:
        return sequence("list", [sequence("tuple", [scalar(const=i), x]) for i, x in enumerate(items)])
    return Value("iter", args[0].label if args else CLEAN, rest=sequence("tuple", [scalar(), rest or anything()]))


@known("builtins.zip", "itertools.zip_longest", "itertools.product")
def _zip(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    found = [items_of(flow, a) for a in args]
    if found and all(items is not None for items, _ in found):
        columns = [items for items, _ in found if items is not None]
        return sequence("list", [sequence("tuple", list(row)) for row in zip(*columns, strict=False)])
    if len(args) == 1 and args[0].kind == "any":
        return anything(args[0].label)
    inner = [_one(flow, a) for a in args]
    return Value("iter", rest=sequence("tuple", inner))


@known("starred_zip")
def starred_zip(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    """`zip(*rows)`: the columns."""
    inner = args[0]
    if inner.kind in {"tuple", "list"} and inner.items is not None:
        return sequence("list", [repeated("tuple", x) for x in inner.items])
    return repeated("iter", repeated("tuple", element(inner) if inner.kind in SEQUENCES else inner))


@known("builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.reversed", "builtins.iter",
       "collections.deque", "joblib.done")  # fmt: skip
def _collect(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    if not args:
        return sequence("list", [])
    items, rest = items_of(flow, args[0])
    out = sequence("list", items) if items is not None else repeated("list", rest)
    if args[0].kind in CONTAINERS:
        out.label = args[0].label if args[0].kind != "array" else CLEAN
        out.parts, out.order = args[0].parts, args[0].order
    return out


@known("joblib.Parallel")
def _parallel(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    """Called with delayed calls: what they come to."""
    return Value("func", data={"external": "joblib.done"})


def ranking(flow: Flow, given: Value, kwargs: Keywords) -> Label:
    """The label of what things are ordered by: a key function's result, else they themselves."""
    from jupyter_aiprov.lineage.calls import invoke

    key = kwargs.get("key")
    one = _one(flow, given)
    if key is None or key.const is None:
        return computed(touched(one))
    return computed(touched(invoke(flow, key, [one], {})))


@known("builtins.sorted")
def _sorted(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    out = _collect(flow, args[:1], {})
    if args:
        out.order = ranking(flow, args[0], kwargs)
        if out.items is not None and (out.order.is_ai or any(i.const is UNKNOWN for i in out.items)):
            out.fields, out.rest = {}, element(out)
    return out


@known("heapq.nlargest", "heapq.nsmallest")
def _largest(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    if len(args) < 2:
        return anything()
    out = _sorted(flow, args[1:2], kwargs)
    return chosen_by(flow, out, out.order)


def chosen_by(flow: Flow, value: Value, by: Label) -> Value:
    """Picked by what a model said: the parts that are no AI's were selected."""
    if not by.is_ai:
        return value
    out = relabelled(value, lambda x: chosen(x, by, described(flow, by)))
    out.label = joined(value.label, computed(by), rows=False)
    return out


@known("itertools.groupby")
def _grouped(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage.calls import invoke

    if not args:
        return anything()
    one = _one(flow, args[0])
    key = args[1] if len(args) > 1 else kwargs.get("key")
    found = invoke(flow, key, [one], {}) if key is not None and key.const is not None else one
    by = computed(touched(found))
    return repeated("iter", sequence("tuple", [found, repeated("iter", one, joined(args[0].label, by, rows=False))]))


@known("builtins.dict", "collections.OrderedDict")
def _dict(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    out = Value("map")
    for arg in args:
        if arg.kind in {"map", "object"}:
            out.fields.update(arg.fields)
            out.rest, out.keys, out.label = arg.rest, arg.keys, arg.label
        else:
            items, rest = items_of(flow, arg)
            from jupyter_aiprov.lineage.stores import put

            for pair in items if items is not None else [rest] if rest is not None else []:
                if pair.items is not None and len(pair.items) == 2:
                    put(flow, out, pair.items[0], pair.items[1])
                elif summary(pair).is_ai:
                    out.rest = anything(summary(pair))
    out.fields.update({k: v for k, v in kwargs.items() if k != "**"})
    return out


@known("collections.defaultdict")
def _defaultdict(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage.calls import invoke

    out = Value("map")
    if args and args[0].kind in {"func", "class"}:
        made = invoke(flow, args[0], [], {})
        out.data = {"factory": made if made.kind in CONTAINERS else scalar(const=0)}
    return out


@known("collections.Counter")
def _counter(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    if not args or args[0].kind == "map":
        return clone(args[0]) if args else Value("map", data={"factory": scalar(const=0)})
    inner = _one(flow, args[0])
    label = summary(inner)
    return Value(
        "map", keys=label, rest=scalar(computed(label, computed(args[0].label))), data={"factory": scalar(const=0)}
    )


@known("builtins.map", "itertools.starmap")
def _map(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage.calls import invoke

    if len(args) < 2:
        return anything()
    with flow.later():
        return repeated("iter", invoke(flow, args[0], [_one(flow, a) for a in args[1:]], {}))


@known("builtins.filter", "itertools.filterfalse", "itertools.takewhile", "itertools.dropwhile")
def _filter(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage.calls import invoke

    if len(args) < 2:
        return anything()
    inner = _one(flow, args[1])
    with flow.later():
        test = invoke(flow, args[0], [inner], {}) if args[0].const is not None else inner
    label = computed(touched(test))
    if not label.is_ai or args[0].const is None:
        return repeated("iter", inner, args[1].label)
    return Value("iter", joined(args[1].label, label, rows=False), rest=inner)


@known("builtins.next", "builtins.anext")
def _next(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    if not args:
        return anything()
    one = _one(flow, args[0])
    out = merged(one, args[1]) if len(args) > 1 else one
    return out if not computed(args[0].label).is_ai or summary(out).is_ai else scalar(computed(args[0].label))


@known("builtins.str", "builtins.int", "builtins.float", "builtins.complex", "builtins.bytes", "decimal.Decimal")
def _cast(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    if not args:
        return scalar()
    value = args[0]
    if value.kind in {"scalar", "any", "response"}:
        return scalar(value.label, value.const if type(value.const) is str else UNKNOWN)
    if value.kind in {"frame", "series", "map", "object"}:
        return scalar(computed(touched(value)))
    return scalar(summary(value))


@known("builtins.max", "builtins.min")
def _extreme(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    """The largest of AI numbers is derived; a record found by a key is what it was, selected where AI ranked it."""
    if not args:
        return anything()
    given = args[0] if len(args) == 1 else sequence("tuple", args)
    one = _one(flow, given)
    by = ranking(flow, given, kwargs)
    if "default" in kwargs:
        one = merged(one, kwargs["default"])
    if one.kind in CONTAINERS:
        found = chosen_by(flow, one, by)
        found.label = one.label
        return found
    return scalar(computed(touched(one), by, reduced(given.label)))


@known("builtins.sum", "builtins.any", "builtins.all", "statistics.mean", "math.fsum", "statistics.median",
       "statistics.stdev", "statistics.mode")  # fmt: skip
def _total(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    return scalar(computed(*(reduced(touched(a), a.label) for a in args if a.kind != "func")))


@known("builtins.getattr")
def _getattr(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    if len(args) > 1 and type(args[1].const) is str:
        return attribute(flow, args[0], args[1].const)
    if args and args[0].kind == "object":
        out: Value | None = None
        for value in args[0].fields.values():
            out = value if out is None else merged(out, value)
        return out or anything()
    return anything(args[0].label if args else CLEAN)


@known("builtins.setattr")
def _setattr(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    if len(args) == 3 and args[0].kind == "object":
        if type(args[1].const) is str:
            args[0].fields[args[1].const] = args[2]
        else:
            args[0].rest = args[2] if args[0].rest is None else merged(args[0].rest, args[2])
    return scalar(const=None)


@known(
    "builtins.bool",
    "builtins.round",
    "builtins.abs",
    "builtins.hash",
    "builtins.ord",
    "builtins.pow",
    "builtins.divmod",
)
def _number(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    return scalar(computed(*(touched(a) for a in args)))


def _exists(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    found: Value = flow.files.exists(paths.absolute(args[0])) if args else anything()
    return found


_TABLE.update(
    {
        "posixpath.join": paths.joined,
        **dict.fromkeys(("genericpath.exists", "posixpath.exists", "genericpath.isfile", "genericpath.isdir"), _exists),
        "ntpath.join": paths.joined,
        "os.join": paths.joined,
        "glob.glob": paths.listed,
        "glob.iglob": paths.listed,
        "os.listdir": paths.names,
        "posix.listdir": paths.names,
        "sqlite3.connect": queries.connection,
        "duckdb.connect": queries.connection,
        "sqlalchemy.create_engine": queries.connection,
        "psycopg2.connect": queries.connection,
        "csv.writer": csv_flow.writer,
        "csv.DictWriter": csv_flow.writer,
        "csv.reader": csv_flow.reader,
        "csv.DictReader": csv_flow.dict_reader,
    }
)


@known("builtins.open", "io.open", "codecs.open", "gzip.open")
def _open(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    found: Value = flow.files.open(args, kwargs)
    return found


@known("dataclasses.asdict", "dataclasses.astuple", "builtins.vars")
def _asdict(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    if args and args[0].kind == "object":
        return Value("map", fields=dict(args[0].fields), rest=args[0].rest)
    return passed(flow, args[0]) if args else anything()


@known("dataclasses.replace")
def _replace(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    out = clone(args[0]) if args else anything()
    out.fields.update(kwargs)
    return out


@known("copy.copy", "copy.deepcopy")
def _copy(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    return relabelled(args[0], lambda x: x) if args else anything()


@known("asyncio.gather", "asyncio.wait_for", "asyncio.create_task", "asyncio.ensure_future", "asyncio.run",
       "asyncio.as_completed", "asyncio.shield", "anyio.gather", "nest_asyncio.run")  # fmt: skip
def _gather(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    flow.spawned = True
    if args and args[0].kind in SEQUENCES and len(args) == 1:
        return clone(args[0])
    return promised(args[0]) if len(args) == 1 else sequence("list", args)


@known("asyncio.wait", "concurrent.wait")
def _waited(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    """Those that are done, and those that are not."""
    flow.spawned = True
    done = _collect(flow, args[:1], {})
    return sequence("tuple", [done, clone(done)])


@known("asyncio.gather")
def _gathered(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    flow.spawned = True
    return sequence("list", args)


@known("asyncio.to_thread")
def _to_thread(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    from jupyter_aiprov.lineage.calls import invoke

    flow.spawned = True
    return invoke(flow, args[0], args[1:], kwargs) if args else anything()


@known("functools.partial")
def _partial(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    return Value("func", data={"partial": args[0], "args": args[1:], "keywords": kwargs}) if args else anything()


@known("functools.reduce")
def _reduce(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    return _with_functions(flow, "reduce", None, args, kwargs, args[:1])


@known("functools.lru_cache", "functools.cache", "functools.wraps")
def _decorator(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    if args and args[0].kind == "func":
        return Value("func", data={"cached": args[0]})
    return anything()


@known("json.dumps", "yaml.dump", "yaml.safe_dump", "builtins.repr", "builtins.format", "pprint.pformat", "str.format")
def _dumps(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    out = scalar(summary(args[0]) if args else CLEAN)
    if args and args[0].kind in CONTAINERS:
        out.data = {"text_of": args[0]}
    return out


@known("json.loads")
def _loads(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    if not args:
        return anything()
    text = args[0]
    if isinstance(text.data, dict) and "text_of" in text.data:
        return clone(text.data["text_of"])
    if text.fields or text.rest is not None:
        return Value("any", text.label, fields=dict(text.fields), rest=text.rest)
    return anything(summary(text))


@known("re.findall", "re.split", "re.finditer")
def _findall(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    label = joined(
        summary(args[1]) if len(args) > 1 else CLEAN, computed(touched(args[0])) if args else CLEAN, rows=False
    )
    return Value("list", label, rest=anything(label))


@known("re.search", "re.match", "re.fullmatch", "re.sub", "re.subn")
def _search(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    subject = args[2] if len(args) > 2 and args[1].kind != "any" and summary(args[2]).is_ai else None
    label = summary(subject) if subject is not None else CLEAN
    for arg in args:
        label = joined(label, summary(arg), rows=False) if arg.kind != "func" and summary(arg).is_ai else label
    return anything(label)


@known("operator.itemgetter")
def _item_getter(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    return Value("func", data={"getter": args})


@known("operator.attrgetter")
def _attribute_getter(flow: Flow, args: Args, kwargs: Keywords) -> Value:
    return Value("func", data={"getter": args, "of": "attributes"})


def got(flow: Flow, data: dict[str, Any], args: Args) -> Value:
    """What `itemgetter(…)` or `attrgetter(…)` finds in its argument."""
    from jupyter_aiprov.lineage.methods import subscript

    if not args:
        return anything()
    found = []
    for key in data["getter"]:
        if data.get("of") == "attributes" and type(key.const) is str:
            one = args[0]
            for part in key.const.split("."):
                one = attribute(flow, one, part)
            found.append(one)
        else:
            found.append(subscript(flow, args[0], key, _NOWHERE))
    return found[0] if len(found) == 1 else sequence("tuple", found)


def validated(flow: Flow, cls: Value, name: str, args: Args, kwargs: Keywords, names: list[str]) -> Value:
    """`Model.model_validate(…)`, `Model.from_…(…)`: an object of the class."""
    out = Value("object", data={"class": cls})
    given = args[0] if args else None
    if given is None:
        out.fields.update({k: v for k, v in kwargs.items() if k != "**"})
    elif given.kind in {"map", "object"}:
        out.fields.update(given.fields)
        out.rest = given.rest
    else:
        label = summary(given)
        out.fields = {n: anything(label) for n in names}
        out.rest = anything(label) if label.is_ai else None
    return out


_ = (NONE, children_of, contents, Any)
