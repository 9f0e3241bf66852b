"""Calls: sources, user functions entered, classes instantiated, and what is left to tables of names."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

import ast
import functools
import sys
import types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from jupyter_aiprov.lineage import classes, containers, functions, magic, tables
from jupyter_aiprov.lineage.labels import CLEAN, GENERATED, Label, guessed, joined
from jupyter_aiprov.lineage.methods import attribute, described, items_of, of_class
from jupyter_aiprov.lineage.scopes import Module, Scope
from jupyter_aiprov.lineage.sites import Group
from jupyter_aiprov.lineage.state import (
    CONTAINERS,
    SEQUENCES,
    UNKNOWN,
    Value,
    anything,
    clone,
    merged,
    repeated,
    scalar,
    sequence,
    summary,
)
from jupyter_aiprov.lineage.transfer import ELEMENTWISE

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

__all__ = ["described"]
_DEPTH: Final = 24
_RECURSION: Final = 3
extend = containers.extend
concatenated = containers.concatenated
operated = tables.operated


def call(flow: Flow, node: ast.Call, scope: Scope) -> Value:
    """The value of a call expression."""
    owner: Value | None = None
    name = ""
    if isinstance(node.func, ast.Attribute):
        if classes.is_super(node.func.value):
            return classes.super_call(flow, node, scope)
        owner, name = flow.eval(node.func.value, scope), node.func.attr
        function = None
    else:
        function = flow.eval(node.func, scope)
    args, kwargs = arguments(flow, node, scope)
    everything = [*([owner] if owner is not None else []), *args, *kwargs.values()]

    def action() -> Value:
        if owner is not None:
            return call_method(flow, owner, name, args, kwargs)
        assert function is not None
        return invoke(flow, function, args, kwargs)

    with flow.at(node):
        if owner is not None and owner.kind == "any" and name in {"run_cell_magic", "run_line_magic", "run_cell"}:
            return magic.run(flow, name, args)
        return flow.sourced(node, action, everything)


def arguments(flow: Flow, node: ast.Call, scope: Scope) -> tuple[list[Value], dict[str, Value]]:
    args: list[Value] = []
    for arg in node.args:
        value = flow.eval(arg, scope)
        if isinstance(arg, ast.Starred):
            known, rest = items_of(flow, value)
            if known is not None:
                args.extend(known)
            elif rest is not None:
                args.append(Value("starred", data={"rest": rest}))
        else:
            args.append(value)
    kwargs: dict[str, Value] = {}
    for keyword in node.keywords:
        value = flow.eval(keyword.value, scope)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
        elif value.kind in {"map", "object"}:
            kwargs.update({str(k): v for k, v in value.fields.items()})
            if value.rest is not None:
                kwargs["**"] = value.rest
        else:
            kwargs["**"] = value
    return args, kwargs


def unstarred(args: Sequence[Value]) -> list[Value]:
    return [a.data["rest"] if a.kind == "starred" else a for a in args]


# ── sources ───────────────────────────────────────────────────────────────────────
def source(
    flow: Flow, groups: Sequence[Group], action: Callable[[], Value], args: Sequence[Value], node: ast.expr
) -> Value:
    """This node asked: its value is the answer, or holds answers where a library went through rows."""
    label = Label(GENERATED, sites=frozenset(g.id for g in groups))
    for group in groups:
        group.seen = True
    answer = Value("response", label)
    if isinstance(node, ast.Call):
        given = [k.arg for k in node.keywords]
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if "response_model" in given:
            answer = anything(label)
        owner = args[0] if args and isinstance(node.func, ast.Attribute) else None
        if owner is not None and owner.kind in {"series", "frame"} and name in ELEMENTWISE:
            return repeated("series", answer)
        if owner is not None and owner.kind == "expr":
            return answer
        value = action() if _is_lazy_iterator(name) else None
        if value is not None and summary(value).is_ai:
            return value
        if name in {"DataFrame", "with_columns", "assign", "select", "print", "display", "append", "extend", "update"}:
            return opaque(flow, groups, action(), args)
    for arg in args:
        if arg.kind == "frame":
            arg.suspect = joined(arg.suspect, label, rows=False)
            answer.fields = dict(arg.fields)
    return answer


def _is_lazy_iterator(name: str) -> bool:
    return name in {"list", "tuple", "set", "dict", "sorted", "next", "sum", "max", "min", "join", "zip"}


def opaque(flow: Flow, groups: Sequence[Group], value: Value, args: Sequence[Value]) -> Value:
    """Calls were made under this node by code that flow could not follow: its value is a guess."""
    label = Label(GENERATED, low=True, sites=frozenset(g.id for g in groups))
    for group in groups:
        group.seen = True
    for arg in args:
        if arg.kind in CONTAINERS:
            arg.suspect = joined(arg.suspect, label, rows=False)
    if summary(value).is_ai:
        value.suspect = joined(value.suspect, label, rows=False)
        return value
    if value.kind in {"frame", "object", "map", "list", "series"} and value.fields:
        value.suspect = joined(value.suspect, label, rows=False)
        return value
    if value.kind in SEQUENCES:
        return repeated(value.kind, anything(label))
    out = anything(label)
    for arg in args:
        if arg.kind == "frame":
            out.fields = dict(arg.fields)
    return out


# ── calling values ────────────────────────────────────────────────────────────────
def invoke(flow: Flow, function: Value, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """Call a value."""
    data = function.data if isinstance(function.data, dict) else {}
    if function.kind == "func":
        return _invoke_function(flow, function, data, args, kwargs)
    if function.kind == "class":
        return classes.instantiate(flow, function, args, kwargs)
    if function.kind == "object":
        method = attribute(flow, function, "__call__")
        if method.kind == "func":
            return invoke(flow, method, args, kwargs)
    if "method" in data and "owner" in data and function.kind in {"any", "response", "series"}:
        return call_method(flow, data["owner"], data["method"], args, kwargs)
    if "external" in data and not function.label.is_ai:
        return functions.named(flow, data["external"], unstarred(args), kwargs)
    live = data.get("live") or data.get("class")
    return functions.unknown(flow, _name(live), function, unstarred(args), kwargs)


def _invoke_function(
    flow: Flow, function: Value, data: dict[str, Any], args: list[Value], kwargs: dict[str, Value]
) -> Value:
    if "either" in data:
        first, second = (invoke(flow, f, args, kwargs) for f in data["either"])
        return merged(first, second)
    if "partial" in data:
        return invoke(flow, data["partial"], [*data["args"], *args], {**data["keywords"], **kwargs})
    if "bound" in data:
        return invoke(flow, data["function"], [data["bound"], *args], kwargs)
    if "getter" in data:
        return functions.got(flow, data, unstarred(args))
    if "delayed" in data:
        with flow.later():
            return invoke(flow, data["delayed"], args, kwargs)
    if "cached" in data:
        return _remembered(flow, data["cached"], args, kwargs)
    if "node" in data:
        return inline(flow, data, args, kwargs)
    live = data.get("live")
    if "external" in data and live is None:
        return functions.named(flow, data["external"], unstarred(args), kwargs)
    if isinstance(live, functools._lru_cache_wrapper):
        return _remembered(flow, flow.lifter.lift(live.__wrapped__), args, kwargs)
    if isinstance(live, types.FunctionType):
        wrapped = _user_function(flow, live)
        if wrapped is not None:
            return inline(flow, wrapped, args, kwargs)
        inner = live.__dict__.get("__wrapped__")
        if isinstance(inner, types.FunctionType) and flow.sites.is_user_file(inner.__code__.co_filename):
            value = flow.lifter.lift(inner)  # a library's decorator around the user's function
            result = invoke(flow, value, args, kwargs)
            return _remember(flow, inner.__code__, result)
    name = _name(live)
    reached = data.get("external", "")  # `duckdb.sql` is called something else where it is defined
    if reached and reached.rpartition(".")[2] != name.rpartition(".")[2] and not name.startswith("builtins."):
        name = reached
    if any(a.kind == "starred" for a in args):
        if name == "builtins.zip":
            return functions.starred_zip(flow, unstarred(args), kwargs)
        if name.endswith(".gather"):
            flow.spawned = True
            return repeated("list", unstarred(args)[0])
    return functions.named(flow, name, unstarred(args), kwargs)


def _name(live: Any) -> str:
    """`module.name` of a library's function or class."""
    if live is None:
        return ""
    module = getattr(live, "__module__", None) if not isinstance(live, types.ModuleType) else live.__name__
    objclass = live.__dict__.get("__objclass__") if isinstance(live, type) else getattr(live, "__objclass__", None)
    name = getattr(live, "__name__", None) or type(live).__name__
    if isinstance(objclass, type):
        return f"{objclass.__module__}.{objclass.__name__}.{name}"
    self = getattr(live, "__self__", None)
    if module is None and isinstance(self, types.ModuleType):
        module = self.__name__
    return f"{module or ''}.{name}"


def _user_function(flow: Flow, live: types.FunctionType) -> dict[str, Any] | None:
    code = live.__code__
    if not flow.sites.is_user_file(code.co_filename):
        return None
    node = flow.sources.function(code)
    if node is None:
        return None
    module = module_scope(flow, live.__globals__)
    scope: Scope = module
    if code.co_freevars and live.__closure__:
        scope = Scope(module, None)
        for name, cell in zip(code.co_freevars, live.__closure__, strict=True):
            try:
                scope.vars[name] = flow.lifter.lift(cell.cell_contents)
            except ValueError:
                continue
    arguments = node.args
    defaults = [flow.lifter.lift(d, 2) for d in live.__defaults__ or ()]
    keyword = {k: flow.lifter.lift(v, 2) for k, v in (live.__kwdefaults__ or {}).items()}
    _ = arguments
    return {"node": node, "scope": scope, "file": code.co_filename, "defaults": defaults, "keyword": keyword}


def module_scope(flow: Flow, namespace: dict[str, Any]) -> Module:
    """The global names that a live function sees."""
    if namespace is flow.main.live:
        return flow.main
    name = str(namespace.get("__name__", ""))
    if name in {"__main__", ""}:
        return flow.main
    found = flow.modules.get(name)
    if found is None or found.live is not namespace:
        found = flow.modules[name] = Module(namespace, flow.lifter)
    return found


def _remembered(flow: Flow, function: Value, args: list[Value], kwargs: dict[str, Value]) -> Value:
    result = invoke(flow, function, args, kwargs)
    data = function.data if isinstance(function.data, dict) else {}
    live = data.get("live")
    key = live.__code__ if isinstance(live, types.FunctionType) else data.get("node")
    return _remember(flow, key, result)


def _remember(flow: Flow, key: Any, result: Value) -> Value:
    """A cache may answer without asking: what it answered before, it answers again."""
    if isinstance(key, types.CodeType):
        key = (key.co_filename, key.co_firstlineno)
    elif isinstance(key, (ast.FunctionDef, ast.AsyncFunctionDef)):
        key = (flow.file, min([key.lineno, *(d.lineno for d in key.decorator_list)]))
    else:
        return result
    before = flow.remembered.get(key)
    if summary(result).is_ai:
        flow.remembered[key] = result if before is None else merged(before, result)
        return result
    return before if before is not None else result


# ── the user's functions ──────────────────────────────────────────────────────────
def inline(flow: Flow, data: dict[str, Any], args: list[Value], kwargs: dict[str, Value]) -> Value:
    """Enter a function: parameters are the caller's own objects."""
    node = data["node"]
    if len(flow.active) >= _DEPTH:
        return anything()
    if flow.active.count(node) >= _RECURSION:
        return scalar(const=None)  # it ends somewhere: what it comes to then was seen further up
    if flow.stack in flow.prefixes:
        flow.entered.setdefault(flow.stack, []).append((data["file"], node.lineno, node.end_lineno or node.lineno))
    defined: Scope = data["scope"]
    scope = Scope(defined.module, defined if not isinstance(defined, Module) else None)
    _bind(node.args, scope, args, kwargs, data)
    scope.owner = (data.get("class"), args[0] if args else None)  # type: ignore[attr-defined]
    file, flow.file = flow.file, data["file"]
    flow.active.append(node)
    uncertain, flow.uncertain = flow.uncertain, 0
    try:
        if isinstance(node, ast.Lambda):
            return flow.eval(node.body, scope)
        flow.returned.append([])
        flow.yielded.append([])
        flow.block(node.body, scope)
        returned, yielded = flow.returned.pop(), flow.yielded.pop()
    finally:
        flow.active.pop()
        flow.file = file
        flow.uncertain = uncertain
    if yielded or any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in _own_nodes(node)):
        out = Value("iter")
        for value in yielded:
            out.rest = value if out.rest is None else merged(out.rest, value, rows=True)
        return out
    if not returned:
        return scalar(const=None)
    result = returned[0]
    for value in returned[1:]:
        result = merged(result, value)
    if "memo" in data:
        return _remember(flow, node, result)
    return result


def _own_nodes(node: ast.AST) -> list[ast.AST]:
    out: list[ast.AST] = []
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        one = waiting.pop()
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        out.append(one)
        waiting.extend(ast.iter_child_nodes(one))
    return out


def _bind(
    parameters: ast.arguments, scope: Scope, args: list[Value], kwargs: dict[str, Value], data: dict[str, Any]
) -> None:
    names = [a.arg for a in (*parameters.posonlyargs, *parameters.args)]
    defaults = data["defaults"]
    for name, value in zip(names[len(names) - len(defaults) :], defaults, strict=False):
        scope.vars[name] = value
    scope.vars.update(data["keyword"])
    given = list(args)
    for i, name in enumerate(names):
        if not given:
            break
        value = given[0] if given[0].kind == "starred" else given.pop(0)
        if value.kind == "starred":
            inner = value.data["rest"]
            scope.vars[name] = inner if name not in scope.vars or i < len(args) else merged(scope.vars[name], inner)
        else:
            scope.vars[name] = value
    if parameters.vararg is not None:
        left = [g for g in given if g.kind != "starred"]
        stars = [g.data["rest"] for g in given if g.kind == "starred"]
        scope.vars[parameters.vararg.arg] = repeated("tuple", stars[0]) if stars else sequence("tuple", left)
    keyword_names = {*names, *(a.arg for a in parameters.kwonlyargs)}
    extra = {k: v for k, v in kwargs.items() if k not in keyword_names}
    scope.vars.update({k: v for k, v in kwargs.items() if k in keyword_names})
    if "**" in extra:
        for name in keyword_names - set(scope.vars):
            scope.vars[name] = extra["**"]
    if parameters.kwarg is not None:
        rest = extra.pop("**", None)
        scope.vars[parameters.kwarg.arg] = Value("map", fields=dict(extra), rest=rest)


def decorated(flow: Flow, decorator: ast.expr, value: Value, scope: Scope) -> Value:
    """What a decorator makes of a function."""
    text = ast.unparse(decorator)
    last = text.split("(")[0].split(".")[-1]
    if last in {"property", "cached_property"}:
        return Value("func", data={**value.data, "property": True}) if value.kind == "func" else value
    if last == "staticmethod":
        return Value("func", data={**value.data, "static": True})
    if last == "classmethod":
        return Value("func", data={**value.data, "classmethod": True})
    found = flow.eval(decorator, scope)
    if "cache" in last.lower() or "memo" in last.lower():
        return Value("func", data={**value.data, "memo": True}) if value.kind == "func" and value.data else value
    if found.kind == "func" and isinstance(found.data, dict):
        if "node" in found.data:
            return _applied(flow, found, value, decorator)
        live = found.data.get("live")
        if isinstance(live, types.FunctionType) and flow.sites.is_user_file(live.__code__.co_filename):
            return _applied(flow, found, value, decorator)
    return value  # a library's decorator: taken to call the function and to return what it returned


def _applied(flow: Flow, decorator: Value, value: Value, node: ast.expr) -> Value:
    with flow.at(node):
        out = invoke(flow, decorator, [value], {})
    return out if out.kind in {"func", "object", "class"} else value


# ── methods ───────────────────────────────────────────────────────────────────────
def call_method(flow: Flow, owner: Value, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """`owner.name(…)`."""
    if owner.kind == "module":
        return invoke(flow, attribute(flow, owner, name), args, kwargs)
    if owner.kind == "object":
        steps = classes.steps(flow, owner, name)
        if steps is not None:  # scikit-learn's `fit_transform` of a class that brings both
            invoke(flow, steps[0], args, kwargs)
            return invoke(flow, steps[1], args[:1], {})
        found = attribute(flow, owner, name)
        if found.kind in {"func", "class", "object"}:
            return invoke(flow, found, args, kwargs)
        if name in owner.fields:
            return invoke(flow, found, args, kwargs)
        return containers.of_record(flow, owner, name, unstarred(args), kwargs)
    if owner.kind == "class":
        return _class_call(flow, owner, name, args, kwargs)
    plain = unstarred(args)
    if owner.kind in {"frame", "series", "array", "group", "indexer", "expr"}:
        return tables.method(flow, owner, name, plain, kwargs)
    if owner.kind in {"list", "tuple", "set", "iter", "map", "file"}:
        return containers.method(flow, owner, name, plain, kwargs)
    if owner.kind == "func":
        return invoke(flow, owner, args, kwargs)
    return containers.of_any(flow, owner, name, plain, kwargs)


def _class_call(flow: Flow, owner: Value, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    live = (owner.data or {}).get("live")
    found = of_class(flow, owner, name)
    is_own = live is None or flow.lifter._is_own(live)
    if found is not None and is_own and found.kind == "func" and classes.is_user_code(flow, found):
        if isinstance(found.data, dict) and found.data.get("classmethod"):
            return invoke(flow, found, [owner, *args], kwargs)
        return invoke(flow, found, args, kwargs)
    if found is not None and isinstance(found.data, dict) and "bound" in found.data and is_own:
        inner = found.data["function"]
        if classes.is_user_code(flow, inner):
            return invoke(flow, found, args, kwargs)
    plain = unstarred(args)
    if is_own:  # a pydantic model, a dataclass: made from text or from a dict
        return functions.validated(flow, owner, name, plain, kwargs, classes.annotated(flow, owner))
    assert isinstance(live, type)
    return functions.named(flow, f"{live.__module__}.{live.__name__}.{name}", plain, kwargs, cls=live)


# ── modules and contexts ──────────────────────────────────────────────────────────
def module(flow: Flow, name: str, whole: bool) -> Value:
    """An imported module; the user's own ones are interpreted."""
    name = name if whole else name.split(".", 1)[0]
    live = sys.modules.get(name)
    out = Value("module", data={"live": live, "name": name})
    if isinstance(live, types.ModuleType):
        namespace = object.__getattribute__(live, "__dict__")
        filename = namespace.get("__file__")
        if isinstance(filename, str) and flow.sites.is_user_file(filename) and name not in flow.modules:
            flow.modules[name] = Module(namespace, flow.lifter)
            magic.import_module(flow, filename, flow.modules[name])
    return out


def star(flow: Flow, found: Value) -> dict[str, Value]:
    """`from module import *`."""
    live = (found.data or {}).get("live")
    if not isinstance(live, types.ModuleType):
        return {}
    scope = flow.modules.get(found.data["name"])
    names = [n for n in object.__getattribute__(live, "__dict__") if not n.startswith("_")]
    return {n: scope.get(n) for n in names} if scope is not None else {}


def entered(flow: Flow, value: Value, node: ast.expr) -> Value:
    """What `with … as` binds."""
    if value.kind == "object":
        method = attribute(flow, value, "__enter__")
        if method.kind == "func":
            return invoke(flow, method, [], {})
    if value.kind == "iter" and value.rest is not None:  # a generator under @contextmanager
        return value.rest
    return value


_ = (CLEAN, guessed, clone, UNKNOWN)
