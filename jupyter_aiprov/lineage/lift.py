"""From live objects to abstract values, without running any of the user's code.

Only exact built-in containers, functions, classes, modules, instances with a plain `__dict__`, and
the frames of pandas, polars, pyarrow and numpy are looked into; everything else stays opaque.
"""

from __future__ import annotations

import argparse
import functools
import sys
import types
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any, Final

from jupyter_aiprov.lineage.state import Value, anything, repeated, scalar, sequence

_SCALARS: Final = (str, int, float, bool, type(None), bytes, complex)
_BAGS: Final = (types.SimpleNamespace, argparse.Namespace)
_MAX_ITEMS: Final = 60
_MAX_COLUMNS: Final = 2000
_FACTORIES: Final[dict[Any, Any]] = {
    list: lambda: Value("list"),
    set: lambda: Value("set"),
    dict: lambda: Value("map"),
    int: lambda: scalar(const=0),
    float: lambda: scalar(const=0.0),
    str: lambda: scalar(const=""),
}


def kind_of(obj: Any) -> str:
    """frame, series, array, or the empty string; decided by class alone."""
    cls = type(obj)
    root = str(cls.__module__).split(".", 1)[0]
    if root == "numpy":
        np = sys.modules.get("numpy")
        return "array" if np is not None and np.ndarray in cls.__mro__ else ""
    for base in cls.__mro__:
        module = str(base.__module__)
        if module.startswith(("pandas", "polars", "geopandas", "pyarrow")):
            if base.__name__ in {"DataFrame", "LazyFrame", "Table", "RecordBatch"}:
                return "frame"
            if base.__name__ in {"Series", "Index", "ChunkedArray", "Array", "ExtensionArray"}:
                return "series"
    return ""


def columns_of(frame: Any) -> list[Any]:
    """Column names of a live frame; empty when they cannot be had cheaply (a lazy frame)."""
    if type(frame).__name__ == "LazyFrame":
        return []
    names = getattr(frame, "columns", None)
    if type(frame).__name__ in {"Table", "RecordBatch"}:
        names = getattr(frame, "column_names", None)
    if names is None or len(names) > _MAX_COLUMNS:
        return []
    return list(names)


class Lifter:
    """Values for live objects; one object is one value, under whatever name it is reached."""

    def __init__(self, is_user_file: Any) -> None:
        self._is_user_file = is_user_file
        self._known: dict[int, tuple[Value, Any]] = {}  # id -> value, weak reference or the object itself
        self.before: dict[int, list[Any]] = {}  # id of a frame -> its columns before the cell

    def start(self, named: list[tuple[Any, Value]]) -> None:
        """A new cell: keep what is known to be alive, and the named objects."""
        self._known = {
            key: (value, ref)
            for key, (value, ref) in self._known.items()
            if isinstance(ref, weakref.ref) and ref() is not None
        }
        for obj, value in named:
            self.bind(obj, value)

    def bind(self, obj: Any, value: Value) -> None:
        """From now on this object is this value."""
        if isinstance(obj, _SCALARS):
            return
        try:
            ref: Any = weakref.ref(obj) if type(obj).__module__ != "builtins" else obj
        except TypeError:
            ref = obj
        self._known[id(obj)] = (value, ref)

    def release(self) -> None:
        """The cell is over: hold no strong reference to the user's objects."""
        self._known = {k: v for k, v in self._known.items() if isinstance(v[1], weakref.ref)}

    def forget(self) -> None:
        """Everything."""
        self._known.clear()
        self.before.clear()

    def lift(self, obj: Any, depth: int = 4) -> Value:
        """The value of a live object."""
        cls = type(obj)
        if cls in _SCALARS:
            return scalar(const=obj)
        known = self._known.get(id(obj))
        if known is not None and (known[1]() if isinstance(known[1], weakref.ref) else known[1]) is obj:
            return known[0]
        if cls.__module__ == "builtins" and cls in {tuple, frozenset} and len(obj) == 0:
            return sequence("tuple", [])
        value = Value("any")
        self.bind(obj, value)
        self._fill(value, obj, cls, depth)
        return value

    def _fill(self, value: Value, obj: Any, cls: type, depth: int) -> None:
        if cls in {list, tuple, deque}:
            self._fill_sequence(value, obj, "list" if cls is not tuple else "tuple", depth)
        elif cls in {set, frozenset}:
            value.kind, value.rest = "set", scalar() if obj else None
        elif cls in {dict, defaultdict, OrderedDict, Counter}:
            self._fill_map(value, obj, depth)
        elif isinstance(obj, types.FunctionType) or cls is functools._lru_cache_wrapper:
            value.kind, value.data = "func", {"live": obj}
        elif cls is functools.partial:
            value.kind = "func"
            value.data = {"partial": self.lift(obj.func), "args": [self.lift(a, 1) for a in obj.args]}
            value.data["keywords"] = {k: self.lift(v, 1) for k, v in obj.keywords.items()}
        elif isinstance(obj, types.MethodType):
            value.kind = "func"
            value.data = {"bound": self.lift(obj.__self__), "function": self.lift(obj.__func__)}
        elif issubclass(cls, types.ModuleType):
            value.kind, value.data = "module", {"live": obj}
        elif issubclass(cls, type):
            value.kind, value.data = "class", {"live": obj}
        elif isinstance(obj, (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType)):
            value.kind, value.data = "func", {"live": obj}
        else:
            self._fill_object(value, obj, cls, depth)

    def _fill_sequence(self, value: Value, obj: Any, kind: str, depth: int) -> None:
        value.kind = kind
        if depth > 0 and len(obj) <= _MAX_ITEMS:
            value.fields = {i: self.lift(x, depth - 1) for i, x in enumerate(obj)}
        elif len(obj):
            value.rest = self.lift(obj[0], depth - 1) if depth > 0 else anything()
            if value.rest.kind == "scalar":
                value.rest = scalar()

    def _fill_map(self, value: Value, obj: Any, depth: int) -> None:
        value.kind = "map"
        factory = _FACTORIES.get(obj.default_factory) if type(obj) is defaultdict else None
        if factory is not None:
            value.data = {"factory": factory()}
        elif type(obj) is Counter:
            value.data = {"factory": scalar(const=0)}
        if not obj:
            return
        if depth > 0 and len(obj) <= _MAX_ITEMS and all(type(k) in _SCALARS for k in obj):
            value.fields = {k: self.lift(v, depth - 1) for k, v in list(obj.items())}
        else:
            first = next(iter(obj.values()))
            value.rest = self.lift(first, depth - 1) if depth > 0 else anything()
            if value.rest.kind == "scalar":
                value.rest = scalar()

    def _fill_object(self, value: Value, obj: Any, cls: type, depth: int) -> None:
        kind = kind_of(obj)
        if kind == "frame":
            value.kind = "frame"
            names = self.before.get(id(obj))
            known = columns_of(obj) if names is None else names
            value.fields = {name: repeated("series", scalar()) for name in known if _is_key(name)}
            if not known:
                value.rest = repeated("series", scalar())
            return
        if kind:
            value.kind, value.rest = kind, scalar()
            return
        if cls.__module__ == "builtins":
            return
        if cls.__module__.startswith("pathlib"):
            value.data = {"path": str(obj)}
            return
        value.data = {"class": cls}
        if cls.__module__.startswith(("matplotlib.", "plotly.", "altair.", "bokeh.")):
            value.data["plot"] = True
        names = cls.__dict__.get("_fields")
        if tuple in cls.__mro__ and type(names) is tuple and depth > 0:  # a named tuple
            value.kind, value.data["tuple"] = "object", True
            items = zip(names, tuple.__iter__(obj), strict=False)
            value.fields = {k: self.lift(v, depth - 1) for k, v in items if type(k) is str}
            return
        if cls in _BAGS and depth > 0:
            value.kind, value.data = "object", {}
            value.fields = {k: self.lift(v, depth - 1) for k, v in list(vars(obj).items())[:200] if type(k) is str}
            return
        attributes = _attributes(obj, cls)
        if attributes is not None and depth > 0 and self._is_own(cls):
            value.kind = "object"
            value.fields = {k: self.lift(v, depth - 1) for k, v in list(attributes.items())[:200] if type(k) is str}

    def _is_own(self, cls: type) -> bool:
        """A class of the user's: defined in a cell or in a .py file of theirs."""
        if cls.__module__ == "__main__":
            return True
        return self.is_own_module(sys.modules.get(str(cls.__module__)))

    def is_own_module(self, module: Any) -> bool:
        """A .py file of the user's."""
        filename = (
            object.__getattribute__(module, "__dict__").get("__file__")
            if isinstance(module, types.ModuleType)
            else None
        )
        return isinstance(filename, str) and bool(self._is_user_file(filename))


def _is_key(name: Any) -> bool:
    return type(name) in {str, int, float, bool, tuple}


def _attributes(obj: Any, cls: type) -> dict[str, Any] | None:
    """The instance's own dictionary, past any `__getattr__` or property of the user's."""
    for base in cls.__mro__:
        descriptor = base.__dict__.get("__dict__")
        if descriptor is not None:
            if type(descriptor) is not types.GetSetDescriptorType:
                return None
            try:
                found = descriptor.__get__(obj, cls)
            except (AttributeError, TypeError):
                return None
            return found if type(found) is dict else None
    return None
