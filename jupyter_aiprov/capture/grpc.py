"""gRPC calls to AI services (xAI, Vertex AI, Gemini): unary and server-streaming, sync and asyncio."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Call, Tap, is_inner
from jupyter_aiprov.capture._tee import watch
from jupyter_aiprov.capture._twins import Twin, twin_of
from jupyter_aiprov.capture._wire import sending

MODULES = ("grpc._channel", "grpc.aio._call")
NAME = "grpc"

Where = WeakKeyDictionary[Any, tuple[Any, Any]]  # call -> method and channel


class _Followed:
    """One call and its twin."""

    def __init__(self, twin: Twin, call: Call, tap: Tap) -> None:
        self.call = call
        self._twin = twin
        self._tap = tap

    def answered(self) -> None:
        self.call.answered(200, self._twin.headers)

    def message(self, message: Any) -> None:
        try:
            self.call.chunk(self._twin.answer(message))
        except DRIFT as error:
            self._tap.gap("not-covered", f"{NAME}: a message could not be read ({type(error).__name__})")

    def end(self) -> None:
        self.call.chunk(self._twin.end())
        self.call.finish("eof")

    def whole(self, message: Any) -> None:
        self.answered()
        self.message(message)
        self.end()


def _opened(tap: Tap, method: Any, target: Any, message: Any) -> _Followed | None:
    if is_inner():
        return None
    try:
        twin = twin_of(method, target, message)
    except DRIFT as error:
        tap.gap("not-covered", f"{NAME}: a request could not be read ({type(error).__name__})")
        return None
    call = tap.start(twin.request, method=NAME) if twin is not None else None
    return _Followed(twin, call, tap) if twin is not None and call is not None else None


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap the step of each kind of call that sends, and the one that hands messages over."""
    with ExitStack() as stack:
        if module.__name__ == MODULES[0]:
            stack.enter_context(patched(module._UnaryUnaryMultiCallable, "_blocking", _blocking(module, tap)))
            stack.enter_context(patched(module._UnaryUnaryMultiCallable, "future", _future(tap)))
            for name in ("_UnaryStreamMultiCallable", "_SingleThreadedUnaryStreamMultiCallable"):
                stack.enter_context(patched(getattr(module, name), "__call__", _streaming(tap)))
        else:
            streams: WeakKeyDictionary[Any, _Followed] = WeakKeyDictionary()
            where: Where = WeakKeyDictionary()
            for cls in (module.UnaryUnaryCall, module.UnaryStreamCall):
                stack.enter_context(patched(cls, "__init__", _noting(where)))
            stack.enter_context(patched(module.UnaryUnaryCall, "_invoke", _invoke(module, tap, where)))
            stack.enter_context(patched(module.UnaryStreamCall, "_send_unary_request", _asend(tap, streams, where)))
            stack.enter_context(patched(module.UnaryStreamCall, "_read", _aread(module, streams)))
        yield


def _blocking(module: ModuleType, tap: Tap) -> Any:
    ok = module.grpc.StatusCode.OK

    def make(original: Function, patch: Patch) -> Function:
        def _blocking(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            followed = _opened(tap, self._method, self._target, request) if patch.active else None
            if followed is None:
                return original(self, request, *args, **kwargs)
            with sending(followed.call):
                state, call = original(self, request, *args, **kwargs)
            if state.code is ok and state.response is not None:
                followed.whole(state.response)
            else:
                followed.call.finish("error", RuntimeError(str(state.code)))
            return state, call

        return _blocking

    return make


def _future(tap: Tap) -> Any:
    def make(original: Function, patch: Patch) -> Function:
        def future(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            followed = _opened(tap, self._method, self._target, request) if patch.active else None
            if followed is None:
                return original(self, request, *args, **kwargs)
            with sending(followed.call):
                result = original(self, request, *args, **kwargs)

            def done(future: Any) -> None:
                error = future.exception() if not future.cancelled() else None
                if future.cancelled():
                    followed.call.finish("closed")
                elif error is not None:
                    followed.call.finish("error", error)
                else:
                    followed.whole(future.result())

            result.add_done_callback(done)
            return result

        return future

    return make


def _streaming(tap: Tap) -> Any:
    def make(original: Function, patch: Patch) -> Function:
        def __call__(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807 - what it replaces
            __tracebackhide__ = True
            followed = _opened(tap, self._method, self._target, request) if patch.active else None
            if followed is None:
                return original(self, request, *args, **kwargs)
            with sending(followed.call):
                stream = original(self, request, *args, **kwargs)
            followed.answered()
            _listen(stream, followed)
            return stream

        return __call__

    return make


def _listen(stream: Any, followed: _Followed) -> None:
    """Messages pass `_next` of the object that is iterated; `cancel` lets it go."""
    advance, cancel, ref = type(stream)._next, type(stream).cancel, weakref.ref(stream)

    def _next() -> Any:
        __tracebackhide__ = True
        try:
            message = advance(ref())
        except StopIteration:
            followed.end()
            raise
        except BaseException as error:
            followed.call.finish("error", error)
            raise
        followed.message(message)
        return message

    def cancelled() -> Any:
        followed.call.finish("closed")
        alive = ref()
        return cancel(alive) if alive is not None else False  # `stub.Ask(…).cancel()`: it ended as it was let go

    stream._next = _next
    stream.cancel = cancelled
    watch(stream, followed.call)


def _noting(where: Where) -> Any:
    def make(original: Function, _patch: Patch) -> Function:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - what it replaces
            __tracebackhide__ = True
            channel = kwargs.get("channel", args[5] if len(args) > 5 else None)
            where[self] = (kwargs.get("method", args[6] if len(args) > 6 else ""), channel)
            original(self, *args, **kwargs)

        return __init__

    return make


def _invoke(module: ModuleType, tap: Tap, where: Where) -> Any:
    eof = module.cygrpc.EOF

    def make(original: Function, patch: Patch) -> Function:
        async def _invoke(self: Any) -> Any:
            __tracebackhide__ = True
            followed = _opened(tap, *_named(where, self), self._request) if patch.active else None
            if followed is None:
                return await original(self)
            with sending(followed.call):
                response = await original(self)
            if response is eof:
                followed.call.finish("error", RuntimeError("no answer"))
            else:
                followed.whole(response)
            return response

        return _invoke

    return make


def _asend(tap: Tap, streams: WeakKeyDictionary[Any, _Followed], where: Where) -> Any:
    def make(original: Function, patch: Patch) -> Function:
        async def _send_unary_request(self: Any) -> Any:
            __tracebackhide__ = True
            followed = _opened(tap, *_named(where, self), self._request) if patch.active else None
            if followed is None:
                return await original(self)
            with sending(followed.call):
                result = await original(self)
            followed.answered()
            streams[self] = followed
            watch(self, followed.call)
            return result

        return _send_unary_request

    return make


def _aread(module: ModuleType, streams: WeakKeyDictionary[Any, _Followed]) -> Any:
    eof = module.cygrpc.EOF

    def make(original: Function, _patch: Patch) -> Function:
        async def _read(self: Any) -> Any:
            __tracebackhide__ = True
            try:
                message = await original(self)  # waits for the request to be sent: known only after
            except BaseException as error:
                failed = streams.pop(self, None)
                if failed is not None:
                    failed.call.finish("error", error)
                raise
            followed = streams.get(self) if streams else None
            if followed is None:
                return message
            if message is eof:
                streams.pop(self, None)
                followed.end()
            else:
                followed.message(message)
            return message

        return _read

    return make


def _named(where: Where, call: Any) -> tuple[Any, str]:
    method, channel = where.pop(call, ("", None))
    held = getattr(channel, "target", None)
    held = held() if callable(held) else held
    return method, held.decode() if isinstance(held, bytes) else str(held or "unknown")
