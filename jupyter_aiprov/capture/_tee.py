"""Byte streams that pass everything on, unchanged and at once, and tell the call what went by.

Made per HTTP module, because httpx and httpx2 each insist on their own base classes. A call is
finished exactly once: read to the end, broken out of, closed, failed, or forgotten (gc).
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture._tap import Call

Tee = Callable[[Any, Call], Any]


def tees(module: ModuleType) -> tuple[Tee, Tee]:
    """The sync and the async tee for `module`'s own stream classes."""
    sync_base: Any = module.SyncByteStream
    async_base: Any = module.AsyncByteStream

    class SyncTee(sync_base):  # type: ignore[misc]
        """A sync stream with a listener."""

        def __init__(self, inner: Any, call: Call) -> None:
            self._inner = inner
            self._call = call
            watch(self, call)

        def __iter__(self) -> Iterator[bytes]:
            __tracebackhide__ = True
            call = self._call
            try:
                for chunk in self._inner:
                    call.chunk(chunk)
                    yield chunk
            except GeneratorExit:
                call.finish("closed")
                raise
            except BaseException as error:
                call.finish("error", error)
                raise
            call.finish("eof")

        def close(self) -> None:
            __tracebackhide__ = True
            try:
                self._inner.close()
            finally:
                self._call.finish("closed")

    class AsyncTee(async_base):  # type: ignore[misc]
        """An async stream with a listener; closes its inner iterator itself."""

        def __init__(self, inner: Any, call: Call) -> None:
            self._inner = inner
            self._call = call
            watch(self, call)

        async def __aiter__(self) -> AsyncIterator[bytes]:
            __tracebackhide__ = True
            call = self._call
            iterator = aiter(self._inner)
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

        async def aclose(self) -> None:
            __tracebackhide__ = True
            try:
                await self._inner.aclose()
            finally:
                self._call.finish("closed")

    return SyncTee, AsyncTee


def watch(carrier: Any, call: Call) -> None:
    """When `carrier` is thrown away unread, the call ends as `gc`; at exit nothing is run."""
    weakref.finalize(carrier, call.finish, "gc").atexit = False
