"""Byte streams that pass everything on, unchanged and at once, and tell the call what went by.

A call is finished exactly once: read to the end, broken out of, closed, failed, or forgotten (gc).
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture._patch import Function, Patch, patched
from jupyter_aiprov.capture._tap import Call

Tee = Callable[[Any, Call], Any]
Taken = Callable[[Any, tuple[Any, ...]], bytes]  # (result, arguments) -> the bytes a read gave


def followed(chunks: Iterable[bytes], call: Call) -> Iterator[bytes]:
    """The chunks; ends the call where they end."""
    __tracebackhide__ = True
    try:
        for chunk in chunks:
            call.chunk(chunk)
            yield chunk
    except GeneratorExit:
        call.finish("closed")
        raise
    except BaseException as error:
        call.finish("error", error)
        raise
    call.finish("eof")


async def afollowed(chunks: AsyncIterable[bytes], call: Call) -> AsyncIterator[bytes]:
    """The chunks; ends the call where they end, and closes the inner iterator."""
    __tracebackhide__ = True
    iterator = aiter(chunks)
    try:
        async for chunk in iterator:
            call.chunk(chunk)
            yield chunk
    except GeneratorExit:
        call.finish("closed")
        raise
    except BaseException as error:
        call.finish("error", error)
        raise
    else:
        call.finish("eof")
    finally:
        aclose = getattr(iterator, "aclose", None)
        if aclose is not None:
            await aclose()


def tees(module: ModuleType) -> tuple[Tee, Tee]:
    """The sync and the async tee of an HTTP module: httpx and httpx2 insist on their own base classes."""
    sync_base: Any = module.SyncByteStream
    async_base: Any = module.AsyncByteStream

    class SyncTee(sync_base):
        """A sync stream with a listener."""

        def __init__(self, inner: Any, call: Call) -> None:
            self._inner = inner
            self._call = call
            watch(self, call)

        def __iter__(self) -> Iterator[bytes]:
            return followed(self._inner, self._call)

        def close(self) -> None:
            __tracebackhide__ = True
            try:
                self._inner.close()
            finally:
                self._call.finish("closed")

    class AsyncTee(async_base):
        """An async stream with a listener."""

        def __init__(self, inner: Any, call: Call) -> None:
            self._inner = inner
            self._call = call
            watch(self, call)

        def __aiter__(self) -> AsyncIterator[bytes]:
            return afollowed(self._inner, self._call)

        async def aclose(self) -> None:
            __tracebackhide__ = True
            try:
                await self._inner.aclose()
            finally:
                self._call.finish("closed")

    return SyncTee, AsyncTee


# Held here, as garbage tells no callback that is garbage, too.
_unread: dict[int, weakref.ref[Any]] = {}


def unended(*, waiting: bool = False) -> list[Call]:
    """The calls whose stream somebody holds; with `waiting` also those of an event loop, which a cell may hold up."""
    found = []
    for ref in list(_unread.values()):
        stream, forgotten = ref(), ref.__callback__
        if isinstance(forgotten, partial) and (waiting or not hasattr(type(stream), "__aiter__")):
            found.append(forgotten.args[0])
    return found


def _forgotten(call: Call, _tee: Any) -> None:
    """A stream of ours was thrown away unread.

    No `__del__`: it would run at the end of every call, and an interrupt that arrives in one is lost.
    """
    if not sys.is_finalizing():
        call.finish("gc")


class _Listener:
    """What one response object's methods tell: the call, and how deep in reads of reads we are."""

    __slots__ = ("call", "depth", "over")

    def __init__(self, call: Call, over: Callable[[Any], bool]) -> None:
        self.call, self.over, self.depth = call, over, 0

    def done(self, carrier: Any, ended: Any, error: BaseException | None = None) -> None:
        self.call.finish(ended, error)
        vars(carrier).pop(_KEY, None)


_KEY = "_aiprov_listener"


@contextmanager
def listening(cls: Any, reads: Mapping[str, Taken], closes: tuple[str, ...]) -> Iterator[None]:
    """Wrap a response class's own methods, for libraries without a stream to put a tee in.

    Only objects given to `listen` are listened to; a read inside a read counts once. The methods
    are the class's, not the object's: `urlopen(...).read()` has nothing else that holds the object.
    """

    def reading(taken: Taken) -> Callable[[Function, Patch], Function]:
        def make(original: Function, _patch: Patch) -> Function:
            def read(self: Any, *args: Any, **kwargs: Any) -> Any:
                __tracebackhide__ = True
                listener: _Listener | None = self.__dict__.get(_KEY)
                if listener is None:
                    return original(self, *args, **kwargs)
                listener.depth += 1
                try:
                    result = original(self, *args, **kwargs)
                except BaseException as error:
                    if listener.depth == 1:
                        listener.done(self, "error", error)
                    raise
                finally:
                    listener.depth -= 1
                if listener.depth == 0:
                    data = taken(result, args)
                    if data:
                        listener.call.chunk(data)
                    if listener.over(self):
                        listener.done(self, "eof")
                return result

            return read

        return make

    def closing(original: Function, _patch: Patch) -> Function:
        def close(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            try:
                return original(self, *args, **kwargs)
            finally:
                listener: _Listener | None = self.__dict__.get(_KEY)
                if listener is not None and listener.depth == 0:  # in a read it is the library that lets go at the end
                    listener.done(self, "closed")

        return close

    with ExitStack() as stack:
        for name in (name for name in (*reads, *closes) if hasattr(cls, name)):
            stack.enter_context(patched(cls, name, reading(reads[name]) if name in reads else closing))
        yield


def listen(carrier: Any, call: Call, over: Callable[[Any], bool]) -> None:
    """Tell the call what is read from this object, whose class is `listening`; nothing is kept alive by it."""
    vars(carrier)[_KEY] = _Listener(call, over)
    watch(carrier, call)


def watch(carrier: Any, call: Call) -> None:
    """When `carrier` is thrown away unread, the call ends as `gc`; at exit nothing is run."""
    ref = weakref.ref(carrier, partial(_forgotten, call))
    _unread[id(ref)] = ref
    call.unread = partial(_unread.pop, id(ref), None)
