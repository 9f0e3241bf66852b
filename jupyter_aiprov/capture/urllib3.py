"""urllib3, and with it requests, botocore and azure-core: one record per attempt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture._http_response import listen_to_http_response
from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Call, Tap
from jupyter_aiprov.capture._tee import listen, listening
from jupyter_aiprov.capture._wire import clipped, opened, request_headers, response_headers, sending
from jupyter_aiprov.model import Request

MODULES = ("urllib3",)
NAME = "urllib3"

_SKIPPED = "@@@SKIP_HEADER@@@"


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap `_make_request` of the pools, below retries, redirects and requests' sessions."""
    version = getattr(module, "__version__", None)

    def send(original: Function, patch: Patch) -> Function:
        def _make_request(self: Any, conn: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not patch.active:
                return original(self, conn, method, url, *args, **kwargs)
            body = kwargs.get("body", args[0] if args else None)
            headers = kwargs.get("headers", args[1] if len(args) > 1 else None)
            call = opened(tap, NAME, version, lambda: describe(self, method, url, body, headers))
            if call is None:
                return original(self, conn, method, url, *args, **kwargs)
            with sending(call):
                response = original(self, conn, method, url, *args, **kwargs)
            try:
                follow(response, call)
            except DRIFT as error:
                tap.gap("not-covered", f"{NAME}: an answer could not be followed ({type(error).__name__})")
                call.finish("closed")
            return response

        return _make_request

    with ExitStack() as stack:
        stack.enter_context(patched(module.connectionpool.HTTPConnectionPool, "_make_request", send))
        response = module.response.HTTPResponse
        raw = "_raw_read" if hasattr(response, "_raw_read") else "_fp_read"
        reads = {raw: _result, "_handle_chunk": _result, "_update_chunk_length": _nothing}
        stack.enter_context(listening(response, reads, ("close", "release_conn")))
        yield


def describe(pool: Any, method: str, url: str, body: Any, headers: Any) -> Request:
    """The request as it stands on the wire; a forward proxy's URL is whole already."""
    if not url.startswith(("http://", "https://")):
        port = f":{pool.port}" if pool.port else ""
        url = f"{pool.scheme}://{pool.host}{port}{url}"
    items = [(k, v) for k, v in dict(pool.headers if headers is None else headers).items() if v != _SKIPPED]
    head, truncated = clipped(body)
    return Request(method.upper(), url, request_headers(items), head, truncated=truncated)


def follow(response: Any, call: Call) -> None:
    """Listen to the body where it is still to be read; take it where urllib3 has read it already."""
    if not hasattr(response, "_body"):
        if hasattr(response, "getheaders") and hasattr(response, "fp"):  # urllib3 1.x: the standard library's response
            listen_to_http_response(response, call)
            return
    elif response._body is None:
        call.answered(response.status, response_headers(response.headers.items()))
        listen(response, call, _over)
        return
    call.answered(response.status, response_headers(response.headers.items(), decoded=True))
    call.chunk(bytes(response.data))
    call.finish("eof")


def _result(result: Any, _args: tuple[Any, ...]) -> bytes:
    return result or b""


def _nothing(_result: Any, _args: tuple[Any, ...]) -> bytes:
    return b""


def _over(response: Any) -> bool:
    original = response._original_response
    return response.chunk_left == 0 or (original is not None and original.isclosed())
