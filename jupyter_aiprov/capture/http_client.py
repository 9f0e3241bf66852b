"""The standard library's HTTP client (urllib.request and others), where urllib3 is not above it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from jupyter_aiprov.capture._http_response import listen_to_http_response, listening_to_responses
from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Call, Tap
from jupyter_aiprov.capture._wire import clipped, opened, request_headers, sending
from jupyter_aiprov.model import Request

MODULES = ("http.client",)
NAME = "http.client"


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap the step that sends the head, the one that reads the answer, `close`, and the reading of answers."""
    waiting: WeakKeyDictionary[Any, Call] = WeakKeyDictionary()

    def drop(connection: Any) -> None:
        call = waiting.pop(connection, None)
        if call is not None:
            call.finish("closed")

    def send(original: Function, patch: Patch) -> Function:
        def endheaders(self: Any, message_body: Any = None, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not patch.active or below_urllib3(self.__class__):
                return original(self, message_body, **kwargs)
            drop(self)
            call = opened(tap, NAME, None, lambda: describe(self, message_body))
            if call is None:
                return original(self, message_body, **kwargs)
            with sending(call):
                result = original(self, message_body, **kwargs)
            waiting[self] = call
            return result

        return endheaders

    def answer(original: Function, _patch: Patch) -> Function:
        def getresponse(self: Any) -> Any:
            __tracebackhide__ = True
            call = waiting.pop(self, None) if waiting else None
            if call is None:
                return original(self)
            with sending(call):
                response = original(self)
            try:
                listen_to_http_response(response, call)
            except DRIFT as error:
                tap.gap("not-covered", f"{NAME}: an answer could not be followed ({type(error).__name__})")
                call.finish("closed")
            return response

        return getresponse

    def close(original: Function, _patch: Patch) -> Function:
        def close(self: Any) -> Any:
            __tracebackhide__ = True
            try:
                return original(self)
            finally:
                if waiting:
                    drop(self)

        return close

    with ExitStack() as stack:
        stack.enter_context(listening_to_responses(module))
        stack.enter_context(patched(module.HTTPConnection, "endheaders", send))
        stack.enter_context(patched(module.HTTPConnection, "getresponse", answer))
        stack.enter_context(patched(module.HTTPConnection, "close", close))
        yield


def describe(connection: Any, body: Any) -> Request:
    """The request from the head that is waiting to be sent."""
    first, *rest = (line.decode("latin-1") for line in connection._buffer if line)
    method, target, _ = first.split(" ", 2)
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in rest)]
    if not target.startswith(("http://", "https://")):
        scheme = "https" if connection.default_port == 443 else "http"
        host = connection._tunnel_host or connection.host
        port = connection._tunnel_port if connection._tunnel_host else connection.port
        host = f"[{host}]" if ":" in host else host
        target = f"{scheme}://{host}" + (f":{port}" if port and port != connection.default_port else "") + target
    head, truncated = clipped(body)
    to_come = body is None and any(
        k.lower() in ("content-length", "transfer-encoding") and v != "0" for k, v in headers
    )
    return Request(method.upper(), target, request_headers(headers), head, truncated=truncated or to_come)


@lru_cache(maxsize=64)
def below_urllib3(cls: Any) -> bool:
    """True for connections that belong to urllib3, which has its own capture."""
    return any(base.__module__.partition(".")[0] == "urllib3" for base in cls.__mro__)
