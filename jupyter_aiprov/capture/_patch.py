"""A method replaced for a while: put back exactly, unless somebody wrapped over ours meanwhile.

    with patched(Client, "send", wrapper):      # Client.send is now wrapper(original, patch)
        ...
                                                # vars(Client) is what it was

Where somebody wrapped over ours, theirs stays and ours, still inside it, goes quiet.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Function = Callable[..., Any]
MakeWrapper = Callable[[Function, "Patch"], Function]

# What a library that is not as we know it makes our code raise: never the user's concern.
DRIFT: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)

_ABSENT: Any = object()
_DEPTH = 8

# Where the patches made in this context are listed, so that they can be asked about later.
collector: ContextVar[list[Patch] | None] = ContextVar("aiprov_patches", default=None)


class Patch:
    """One attribute of a class or module that is ours for now.

    `active` turns false when it is undone; a wrapper that somebody else keeps alive then only
    passes through.
    """

    def __init__(self, owner: Any, name: str, make_wrapper: MakeWrapper) -> None:
        self.owner = owner
        self.name = name
        self.active = True
        self._own = vars(owner).get(name, _ABSENT)  # _ABSENT: inherited, so undoing deletes it
        found = found_in(owner, name)
        inner = found.__func__ if isinstance(found, staticmethod | classmethod) else found
        wrapper = functools.wraps(inner)(make_wrapper(inner, self))
        wrapper.aiprov_patch = self  # type: ignore[attr-defined] # so that patches undone out of order are skipped
        self.function = wrapper
        self.ours: Any = type(found)(wrapper) if isinstance(found, staticmethod | classmethod) else wrapper
        setattr(owner, name, self.ours)

    def __repr__(self) -> str:
        module = getattr(self.owner, "__module__", None) if isinstance(self.owner, type) else None
        return ".".join(filter(None, (module, self.owner.__name__, self.name)))

    @property
    def is_ours(self) -> bool:
        """True while the attribute is the very object we put there."""
        return vars(self.owner).get(self.name) is self.ours

    @property
    def lost(self) -> bool:
        """True when the attribute was replaced by something that no longer reaches ours."""
        return self.active and not self.is_ours and not _reaches(vars(self.owner).get(self.name), self.function)

    def undo(self) -> None:
        """Go quiet; put the original back if the attribute is still ours."""
        self.active = False
        if not self.is_ours:
            return
        original = self._own
        while (below := _patch_of(original)) is not None and not below.active:
            original = below._own
        if original is _ABSENT:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, original)


@contextmanager
def patched(owner: Any, name: str, make_wrapper: MakeWrapper) -> Iterator[Patch]:
    """`owner.name` is `make_wrapper(original, patch)` inside the context."""
    patch = Patch(owner, name, make_wrapper)
    listed = collector.get()
    if listed is not None:
        listed.append(patch)
    try:
        yield patch
    finally:
        patch.undo()


@contextmanager
def listing(patches: list[Patch]) -> Iterator[None]:
    """Patches made inside are put on this list, too."""
    token = collector.set(patches)
    try:
        yield
    finally:
        collector.reset(token)


def found_in(owner: Any, name: str) -> Any:
    """The attribute as it is stored, descriptor and all: the first in the `__dict__`s of the MRO."""
    for holder in owner.__mro__ if isinstance(owner, type) else (owner,):
        if name in vars(holder):
            return vars(holder)[name]
    raise AttributeError(f"{owner!r} has no {name!r}")


def _patch_of(value: Any) -> Patch | None:
    """The patch whose very object this is; a copy of its attributes on another function does not count."""
    function = value.__func__ if isinstance(value, staticmethod | classmethod) else value
    patch = getattr(function, "aiprov_patch", None)
    return patch if isinstance(patch, Patch) and patch.ours is value else None


def _reaches(value: Any, target: Function, depth: int = _DEPTH) -> bool:
    """True when `value` is `target` or wraps it: by attribute, closure, default or global name."""
    if value is target:
        return True
    if depth == 0 or value is None:
        return False
    return any(_reaches(inner, target, depth - 1) for inner in _wrapped(value))


def _wrapped(value: Any) -> Iterator[Any]:
    if isinstance(value, staticmethod | classmethod | types.MethodType):
        yield value.__func__
        return
    if isinstance(value, types.FunctionType):
        code = value.__code__
        for cell in value.__closure__ or ():
            try:
                held = cell.cell_contents
            except ValueError:  # not yet filled
                continue
            if callable(held):
                yield held
        yield from (d for d in value.__defaults__ or () if callable(d))
        yield from (g for n in code.co_names if callable(g := value.__globals__.get(n)) and hasattr(g, "__wrapped__"))
    if isinstance(value, type | types.ModuleType):
        return
    if isinstance(value, functools.partial):
        yield value.func
    try:
        held_by = vars(value)
    except TypeError:
        held_by = {}
    yield from (v for v in held_by.values() if callable(v))
    wrapped = getattr(value, "__wrapped__", None)
    if wrapped is not None:
        yield wrapped
