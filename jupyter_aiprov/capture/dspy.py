"""DSPy's own HTTP client (its vendored lm15 speaks to sockets): one record per request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Call, Tap
from jupyter_aiprov.capture._tee import afollowed, followed, watch
from jupyter_aiprov.capture._wire import clipped, opened, request_headers, response_headers, sending
from jupyter_aiprov.model import Request

MODULES = ("dspy._vendor.lm15.transports._sync", "dspy._vendor.lm15.transports._async")
NAME = "dspy-lm15"


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap the one method of each transport that opens a response."""

    def follow(
        response: Any, call: Call, chunks: Callable[[Any, Call], Any], release: Callable[[Any, Call], Any]
    ) -> None:
        try:
            call.answered(response.status, response_headers(response.headers, decoded=True))
            response._chunks = chunks(response._chunks, call)
            response._release = release(response._release, call)
            watch(response, call)
        except DRIFT as error:
            tap.gap("not-covered", f"{NAME}: an answer could not be followed ({type(error).__name__})")
            call.finish("closed")

    def send(original: Function, patch: Patch) -> Function:
        def stream(self: Any, request: Any) -> Any:
            __tracebackhide__ = True
            call = opened(tap, NAME, None, lambda: describe(request)) if patch.active else None
            if call is None:
                return original(self, request)
            with sending(call):
                response = original(self, request)
            follow(response, call, _chunks, _release)
            return response

        return stream

    def asend(original: Function, patch: Patch) -> Function:
        async def _do_stream(self: Any, request: Any) -> Any:
            __tracebackhide__ = True
            call = opened(tap, NAME, None, lambda: describe(request)) if patch.active else None
            if call is None:
                return await original(self, request)
            with sending(call):
                response = await original(self, request)
            follow(response, call, afollowed, _arelease)
            return response

        return _do_stream

    if module.__name__.endswith("_async"):
        with patched(module.StdlibAsyncTransport, "_do_stream", asend):
            yield
    else:
        with patched(module.StdlibTransport, "stream", send):
            yield


def describe(request: Any) -> Request:
    """lm15's request as ours."""
    body, truncated = clipped(request.body)
    return Request(request.method, request.url, request_headers(request.headers), body, truncated=truncated)


def _chunks(chunks: Any, call: Call) -> Iterator[bytes]:
    try:
        yield from followed(chunks, call)
    finally:
        chunks.close()  # at once, as without us: it gives the connection's slot back


def _release(original: Callable[[bool], Any], call: Call) -> Callable[[bool], Any]:
    def release(body_consumed: bool) -> Any:
        call.finish("eof" if body_consumed else "closed")
        return original(body_consumed)

    return release


def _arelease(original: Callable[[bool], Any], call: Call) -> Callable[[bool], Any]:
    async def release(body_consumed: bool) -> Any:
        call.finish("eof" if body_consumed else "closed")
        return await original(body_consumed)

    return release
