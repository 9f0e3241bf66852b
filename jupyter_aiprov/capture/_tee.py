"""Byte streams that pass everything on, unchanged and at once, and tell the call what went by.

A call is finished exactly once: read to the end, broken out of, closed, failed, or forgotten (gc).
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

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


def listen(
    carrier: Any, call: Call, reads: Mapping[str, Taken], closes: tuple[str, ...], over: Callable[[Any], bool]
) -> None:
    """Listen to one response object's own methods, for libraries without a stream to put a tee in.

    A read inside a read counts once. The methods hold the object weakly, so that it dies when it
    would have died, and are taken away again when the call is over.
    """
    cls = type(carrier)
    ref = weakref.ref(carrier)
    depth = 0
    names = [name for name in (*reads, *closes) if hasattr(cls, name)]

    def done(ended: Any, error: BaseException | None = None) -> None:
        call.finish(ended, error)
        alive = ref()
        if alive is not None:
            for name in names:
                vars(alive).pop(name, None)

    def reading(name: str, taken: Taken) -> Callable[..., Any]:
        original = getattr(cls, name)

        def read(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            nonlocal depth
            alive = ref()
            depth += 1
            try:
                result = original(alive, *args, **kwargs)
            except BaseException as error:
                if depth == 1:
                    done("error", error)
                raise
            finally:
                depth -= 1
            if depth == 0:
                data = taken(result, args)
                if data:
                    call.chunk(data)
                if over(alive):
                    done("eof")
            return result

        return read

    def closing(name: str) -> Callable[..., Any]:
        original = getattr(cls, name)

        def close(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            try:
                return original(ref(), *args, **kwargs)
            finally:
                if depth == 0:  # inside a read it is the library that lets go at the end
                    done("closed")

        return close

    for name in names:
        vars(carrier)[name] = reading(name, reads[name]) if name in reads else closing(name)
    watch(carrier, call)


def watch(carrier: Any, call: Call) -> None:
    """When `carrier` is thrown away unread, the call ends as `gc`; at exit nothing is run."""
    weakref.finalize(carrier, call.finish, "gc").atexit = False
