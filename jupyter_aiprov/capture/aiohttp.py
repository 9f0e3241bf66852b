"""aiohttp's client: one record per `ClientSession` request; bodies as read, already unpacked."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Call, Tap
from jupyter_aiprov.capture._wire import clipped, opened, request_headers, response_headers, sending
from jupyter_aiprov.model import Ended, Request

MODULES = ("aiohttp",)
NAME = "aiohttp"


class _Following:
    """Calls by the id of the stream their answer is read from; streams have slots, nothing goes on them.

    A stream lives at least as long as its response, and a dying response takes its entry away:
    an id cannot come back while it is listed.
    """

    def __init__(self) -> None:
        self._calls: dict[int, Call] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, stream: Any, call: Call) -> None:
        self._calls[id(stream)] = call

    def get(self, stream: Any) -> Call | None:
        return self._calls.get(id(stream))

    def finish(self, key: int, ended: Ended, error: BaseException | None = None) -> None:
        call = self._calls.pop(key, None)
        if call is not None:
            call.finish(ended, error)

    def close(self) -> None:
        for key in list(self._calls):
            self.finish(key, "closed")


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap `_request` of sessions, the reading of streams and the letting go of responses."""
    version = getattr(module, "__version__", None)
    following = _Following()

    def request(original: Function, patch: Patch) -> Function:
        async def _request(self: Any, method: str, str_or_url: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not patch.active:
                return await original(self, method, str_or_url, **kwargs)
            call = opened(tap, NAME, version, lambda: describe(module, self, method, str_or_url, kwargs))
            if call is None:
                return await original(self, method, str_or_url, **kwargs)
            with sending(call):
                try:
                    response = await original(self, method, str_or_url, **kwargs)
                except module.ClientResponseError as error:  # raise_for_status: there was an answer
                    call.answered(error.status, response_headers((error.headers or {}).items()))
                    raise
            try:
                follow(response, call, unpacked=_first(kwargs.get("auto_decompress"), self._auto_decompress))
            except DRIFT as error:
                tap.gap("not-covered", f"{NAME}: an answer could not be followed ({type(error).__name__})")
                call.finish("closed")
            return response

        return _request

    def follow(response: Any, call: Call, unpacked: bool) -> None:
        stream = response.content
        call.answered(response.status, response_headers(response.headers.items(), decoded=unpacked))
        if stream.at_eof():
            call.finish("eof")
            return
        following.add(stream, call)
        key = id(stream)
        buffer = stream._buffer
        stream.on_eof(lambda: None if buffer else following.finish(key, "eof"))
        weakref.finalize(response, following.finish, key, "gc").atexit = False

    def read(original: Function, _patch: Patch) -> Function:
        def _read_nowait_chunk(self: Any, n: int) -> bytes:
            __tracebackhide__ = True
            data: bytes = original(self, n)
            if following and (call := following.get(self)) is not None:
                call.chunk(data)
                if self.at_eof():
                    following.finish(id(self), "eof")
            return data

        return _read_nowait_chunk

    def failed(original: Function, _patch: Patch) -> Function:
        def set_exception(self: Any, exc: Any, *args: Any, **kwargs: Any) -> Any:
            if following and isinstance(exc, BaseException):
                following.finish(id(self), "error", exc)
            return original(self, exc, *args, **kwargs)

        return set_exception

    def letting_go(original: Function, _patch: Patch) -> Function:
        def let_go(self: Any) -> Any:
            __tracebackhide__ = True
            if following:  # before the connection closes and calls that an error
                following.finish(id(self.content), "closed")
            return original(self)

        return let_go

    with ExitStack() as stack:
        stack.callback(following.close)
        stack.enter_context(patched(module.ClientSession, "_request", request))
        stack.enter_context(patched(module.StreamReader, "_read_nowait_chunk", read))
        stack.enter_context(patched(module.StreamReader, "set_exception", failed))
        stack.enter_context(patched(module.ClientResponse, "close", letting_go))
        stack.enter_context(patched(module.ClientResponse, "release", letting_go))
        yield


def describe(module: ModuleType, session: Any, method: str, str_or_url: Any, kwargs: dict[str, Any]) -> Request:
    """The request from the arguments of `_request`, with the session's base URL and headers."""
    url = session._build_url(str_or_url)
    if kwargs.get("params"):
        url = url.extend_query(kwargs["params"])
    headers = dict(request_headers(session._prepare_headers(kwargs.get("headers")).items()))
    data = kwargs.get("data")
    if kwargs.get("json") is not None:
        serialize = getattr(session, "_json_serialize_bytes", None) or session.json_serialize
        data = serialize(kwargs["json"])
        headers.setdefault("content-type", "application/json")
    if isinstance(data, module.FormData):
        body, headers["content-type"] = _form(data), "multipart/form-data; boundary=form"
        return Request(method.upper(), str(url), headers, body, truncated=True)
    body, truncated = clipped(getattr(data, "_value", data))
    return Request(method.upper(), str(url), headers, body, truncated=truncated)


def _form(form: Any) -> bytes:
    """The text fields of a form, without the files' bytes."""
    out = b""
    for options, _headers, value in form._fields:
        shown = value.encode() if isinstance(value, str) else b""
        out += b'--form\r\nContent-Disposition: form-data; name="%b"\r\n\r\n' % str(options.get("name", "")).encode()
        out += shown + b"\r\n"
    return out + b"--form--\r\n"


def _first(value: Any, default: Any) -> bool:
    return bool(default if value is None else value)
