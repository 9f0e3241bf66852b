"""httpx and httpx2: one record per attempt, below retries and redirects, above the transport."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Call, Tap
from jupyter_aiprov.capture._tee import Tee, tees
from jupyter_aiprov.capture._wire import HEAD, clipped, opened, request_headers, response_headers, sending
from jupyter_aiprov.model import Request

MODULES = ("httpx", "httpx2")


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap `_send_single_request` of both clients, where clients built long ago find it too."""
    sync_tee, async_tee = tees(module)
    name, version = module.__name__, getattr(module, "__version__", None)

    def listen(response: Any, call: Call, tee: Tee) -> None:
        try:
            call.answered(response.status_code, response_headers(response.headers.raw))
            bound = response.stream
            if isinstance(bound._stream, module.ByteStream):  # a mock transport: the body is here already
                for data in bound._stream:
                    call.chunk(data)
                call.finish("eof")
            else:
                bound._stream = tee(bound._stream, call)
        except DRIFT as error:
            tap.gap("not-covered", f"{name}: an answer could not be followed ({type(error).__name__})")
            call.finish("closed")

    def start(request: Any) -> Call | None:
        return opened(tap, name, version, describing(request))

    def send(original: Function, patch: Patch) -> Function:
        def _send_single_request(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            call = start(request) if patch.active else None
            if call is None:
                return original(self, request, *args, **kwargs)
            with sending(call):
                response = original(self, request, *args, **kwargs)
            listen(response, call, sync_tee)
            return response

        return _send_single_request

    def asend(original: Function, patch: Patch) -> Function:
        async def _send_single_request(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            call = start(request) if patch.active else None
            if call is None:
                return await original(self, request, *args, **kwargs)
            with sending(call):
                response = await original(self, request, *args, **kwargs)
            listen(response, call, async_tee)
            return response

        return _send_single_request

    with ExitStack() as stack:
        stack.enter_context(patched(module.Client, "_send_single_request", send))
        stack.enter_context(patched(module.AsyncClient, "_send_single_request", asend))
        yield


def describing(request: Any) -> Callable[[], Request]:
    """The library's request as ours; nothing of it is read that would have to be put back."""

    def describe() -> Request:
        body, truncated = body_of(request)
        return Request(
            request.method, str(request.url), request_headers(request.headers.raw), body, truncated=truncated
        )

    return describe


def body_of(request: Any) -> tuple[bytes, bool]:
    """The body where it is in memory or can be looked at; what only streams by is not read."""
    content = getattr(request, "_content", None)
    if isinstance(content, bytes):
        return clipped(content)
    fields = getattr(request.stream, "fields", None)
    boundary = getattr(request.stream, "boundary", None)
    if fields is None or not isinstance(boundary, bytes):
        return b"", True
    out = bytearray()
    whole = True
    for field in fields:
        data, complete = _looked_at(field.file) if hasattr(field, "file") else (field.render_data(), True)
        whole = whole and complete
        out += b"--" + boundary + b"\r\n" + field.render_headers() + data + b"\r\n"
    body, cut = clipped(bytes(out + b"--" + boundary + b"--\r\n"))
    return body, cut or not whole


def _looked_at(file: Any) -> tuple[bytes, bool]:
    """The head of an upload and whether that is all; a file is put back where it was."""
    if isinstance(file, str | bytes):
        data, cut = clipped(file)
        return data, not cut
    try:
        if not file.seekable():
            return b"", False
        at = file.tell()
        file.seek(0)  # as the library does before it sends
        head = file.read(HEAD + 1)
        file.seek(at)
    except (AttributeError, OSError, ValueError):
        return b"", False
    data = head.encode() if isinstance(head, str) else bytes(head)
    return data[:HEAD], len(data) <= HEAD
