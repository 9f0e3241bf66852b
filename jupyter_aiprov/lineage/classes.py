"""Classes: the user's own are entered; records are made by the names of their fields."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from jupyter_aiprov.lineage import functions
from jupyter_aiprov.lineage.labels import computed
from jupyter_aiprov.lineage.methods import bound, class_of, of_class, static
from jupyter_aiprov.lineage.scopes import Scope
from jupyter_aiprov.lineage.state import Value, anything, element, merged, scalar, summary, touched

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

# Classes whose objects are the value that they are made of.
_ITSELF: Final = frozenset({"Enum", "str", "int", "float", "bytes", "StrEnum", "IntEnum", "Path", "PurePath"})

_OPTIONS: Final = frozenset({"rename", "defaults", "module", "bases", "frozen", "field_names", "fields"})


# ── making objects ────────────────────────────────────────────────────────────────
def instantiate(flow: Flow, cls: Value, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """A new object of a class: of the user's, its `__init__` entered; of a library's, by name."""
    from jupyter_aiprov.lineage.calls import invoke, unstarred

    live = (cls.data or {}).get("live")
    if live is not None and not flow.lifter._is_own(live):
        return functions.named(flow, f"{live.__module__}.{live.__name__}", unstarred(args), kwargs, cls=live)
    init = of_class(flow, cls, "__init__")
    if init is not None and init.kind == "func" and is_user_code(flow, init):
        out = Value("object", data={"class": cls})
        invoke(flow, Value("func", data={"bound": out, "function": init}), args, kwargs)
        return out
    return _record(flow, cls, args, unstarred(args), kwargs)


def _record(flow: Flow, cls: Value, args: list[Value], plain: list[Value], kwargs: dict[str, Value]) -> Value:
    """A dataclass, a model, a named tuple, an enumeration's member: by what its class says of its fields."""
    from jupyter_aiprov.lineage.calls import invoke

    bases = {base.__name__ for base in _live_bases(cls)}
    names = annotated(flow, cls)
    if not names and plain and bases & _ITSELF:
        return anything(summary(plain[0]))
    out = Value("object", data={"class": cls})
    if "tuple" in bases or "NamedTuple" in bases or (cls.data or {}).get("tuple"):
        out.data["tuple"] = True
    for name in names:
        default = _default(flow, cls, name)
        if default is not None:
            out.fields[name] = default
    rests = [a.data["rest"] for a in args if a.kind == "starred"]
    for name, value in zip(names, plain, strict=False):
        out.fields[name] = value
    if rests:
        for name in names:
            out.fields.setdefault(name, rests[0])
    out.fields.update({k: v for k, v in kwargs.items() if k != "**"})
    if "**" in kwargs:
        out.rest = kwargs["**"]
        for name in names:
            if name not in kwargs:
                out.fields[name] = kwargs["**"]
    if not names and plain:
        inner = element(plain[0]) if bases & {"dict", "list", "set", "UserDict", "UserList"} else plain[0]
        for more in plain[1:]:
            inner = more if inner is None else merged(inner, more, rows=True)
        out.rest = inner or plain[0]
    post = of_class(flow, cls, "__post_init__") or of_class(flow, cls, "model_post_init")
    if post is not None and post.kind == "func" and is_user_code(flow, post):
        invoke(flow, bound(flow, out, post), [], {})
    return out


def _default(flow: Flow, cls: Value, name: str) -> Value | None:
    """What a field holds when nothing is given for it; None when that is looked up in the class."""
    from jupyter_aiprov.lineage.calls import invoke

    live = (cls.data or {}).get("live")
    if isinstance(live, type):
        for key in ("__dataclass_fields__", "__pydantic_fields__"):
            fields = static(live, key)
            found = fields.get(name) if type(fields) is dict else None
            factory = getattr(found, "default_factory", None)
            if factory is not None and isinstance(factory, (type, types.FunctionType)):
                return invoke(flow, flow.lifter.lift(factory), [], {})
            default = getattr(found, "default", None)
            if type(default) in {str, int, float, bool}:
                return scalar(const=default)
        return None
    own = of_class(flow, cls, name)
    if own is not None and isinstance(own.data, dict) and "default" in own.data:
        function, value = own.data["factory_of"], own.data["default"]
        return invoke(flow, function, [], {}) if function is not None else value
    return None


def _live_bases(cls: Value) -> Iterator[type]:
    """Classes of libraries that a class of the user's is built on."""
    data = cls.data or {}
    live = data.get("live")
    if isinstance(live, type):
        yield from live.__mro__
    elif live is not None and getattr(live, "__name__", "") == "NamedTuple":
        yield tuple
    for base in data.get("bases", ()):
        if base.kind == "class":
            yield from _live_bases(base)
        elif base.kind == "func" and getattr((base.data or {}).get("live"), "__name__", "") == "NamedTuple":
            yield tuple


def is_user_code(flow: Flow, init: Value) -> bool:
    """A function that the user wrote: it is entered."""
    data = init.data if isinstance(init.data, dict) else {}
    if "node" in data:
        return True
    live = data.get("live")
    return isinstance(live, types.FunctionType) and flow.sites.is_user_file(live.__code__.co_filename)


def annotated(flow: Flow, cls: Value) -> list[str]:
    """The names of a record's fields, in the order in which they are given."""
    data = cls.data or {}
    live = data.get("live")
    if isinstance(live, type):
        fields = static(live, "_fields")
        if type(fields) is tuple and tuple in live.__mro__:
            return list(fields)
        names: list[str] = []
        for base in reversed(live.__mro__):
            if not flow.lifter._is_own(base):
                continue
            found = base.__dict__.get("__annotations__") or {}  # noqa: RUF063 - evaluates nothing
            if not found and sys.version_info >= (3, 14):
                found = getattr(base, "__annotations__", {})
            names.extend(n for n in found if n not in names and not n.startswith("model_config"))
        listed = static(live, "__attrs_attrs__")
        if isinstance(listed, tuple):
            names.extend(a.name for a in listed if a.name not in names)
        return names
    names = []
    for base in data.get("bases", ()):
        if (base.kind == "class" and (base.data or {}).get("live") is None) or (
            base.kind == "class" and flow.lifter._is_own(base.data["live"])
        ):
            names.extend(annotated(flow, base))
    return names + [n for n in data.get("annotated", ()) if n not in names]


def fields_named(body: list[ast.stmt]) -> list[str]:
    """The fields that the body of a class names: annotated ones, `x = field()`."""
    out = []
    for statement in body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            if "ClassVar" not in ast.unparse(statement.annotation):
                out.append(statement.target.id)
        elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
            function = ast.unparse(statement.value.func).rsplit(".", 1)[-1]
            if function in {"ib", "attrib", "field", "Field", "mapped_column", "Column"}:
                out.extend(t.id for t in statement.targets if isinstance(t, ast.Name))
    return out


# ── classes made by a call, fields, plain bags of names ───────────────────────────
@functions.known("collections.namedtuple", "typing.NamedTuple", "dataclasses.make_dataclass", "pydantic.create_model")
def _made(flow: Flow, args: list[Value], kwargs: dict[str, Value]) -> Value:
    names: list[str] = [k for k, v in kwargs.items() if k not in _OPTIONS and v.kind != "map"]
    given = args[1] if len(args) > 1 else kwargs.get("field_names", kwargs.get("fields"))
    if given is not None and type(given.const) is str:
        names = given.const.replace(",", " ").split()
    for item in (given.items if given is not None else None) or ():
        one = item.items[0] if item.items else item
        if type(one.const) is str:
            names.append(one.const)
    is_tuple = "defaults" in kwargs or "rename" in kwargs or (bool(args) and not kwargs)
    return Value("class", data={"bases": [], "annotated": names, "tuple": is_tuple})


@functions.known("dataclasses.field", "attr.ib", "attr.attrib", "attr.field", "attrs.field", "pydantic.Field",
                 "pydantic.fields.Field")  # fmt: skip
def _field(flow: Flow, args: list[Value], kwargs: dict[str, Value]) -> Value:
    factory = kwargs.get("default_factory", kwargs.get("factory"))
    return Value("any", data={"factory_of": factory, "default": kwargs.get("default", args[0] if args else None)})


@functions.known("types.SimpleNamespace", "argparse.Namespace")
def _namespace(flow: Flow, args: list[Value], kwargs: dict[str, Value]) -> Value:
    given = args[0].fields if args and args[0].kind == "map" else {}
    out = Value("object", fields={**given, **{k: v for k, v in kwargs.items() if k != "**"}}, data={})
    out.rest = kwargs.get("**")
    return out


def steps(flow: Flow, owner: Value, name: str) -> tuple[Value, Value] | None:
    """`fit` and what follows it, where a library's base class calls both of the user's."""
    first, _, last = name.partition("_")
    cls = class_of(flow, owner)
    if first != "fit" or last not in {"transform", "predict"} or cls is None:
        return None
    whole, pair = of_class(flow, cls, name), [of_class(flow, cls, n) for n in (first, last)]
    if (whole is not None and is_user_code(flow, whole)) or any(p is None or p.kind != "func" for p in pair):
        return None
    one, other = (bound(flow, owner, p) for p in pair if p is not None)
    return one, other


# ── super() ───────────────────────────────────────────────────────────────────────
def is_super(node: ast.expr) -> bool:
    """`super()`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def super_call(flow: Flow, node: ast.Call, scope: Scope) -> Value:
    """`super().method(…)`."""
    from jupyter_aiprov.lineage.calls import arguments, invoke, unstarred

    assert isinstance(node.func, ast.Attribute)
    args, kwargs = arguments(flow, node, scope)
    holder: Scope | None = scope
    while holder is not None and not hasattr(holder, "owner"):
        holder = holder.parent
    cls, me = getattr(holder, "owner", (None, None))
    if me is None:
        return anything(computed(*(touched(a) for a in unstarred(args))))
    own = class_of(flow, me)
    found = _above(flow, cls, own, node.func.attr)
    with flow.at(node):
        if found is None:
            if node.func.attr == "__init__" and me.kind == "object":
                me.fields.update({k: v for k, v in kwargs.items() if k != "**"})
            return scalar(const=None)
        return flow.sourced(node, lambda: invoke(flow, bound(flow, me, found), args, kwargs), args)


def _above(flow: Flow, cls: Value | None, own: Value | None, name: str) -> Value | None:
    """The method of the next class up."""
    start = cls or own
    if start is None:
        return None
    for base in (start.data or {}).get("bases", ()):
        if base.kind == "class":
            return of_class(flow, base, name)
    live = (start.data or {}).get("live")
    if isinstance(live, type):
        found = 0
        for base in live.__mro__:
            if name in base.__dict__:
                found += 1
                if found == 2:
                    return flow.lifter.lift(base.__dict__[name])
    return None
