"""Listens to the standard library's `http.client.HTTPResponse`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture._tap import Call
from jupyter_aiprov.capture._tee import listen, listening
from jupyter_aiprov.capture._wire import response_headers


def listening_to_responses(module: ModuleType) -> AbstractContextManager[None]:
    """Every way of reading them; a response closes itself at the end of its body."""
    reads = {"read": _result, "read1": _result, "readline": _result, "readinto": _filled}
    return listening(module.HTTPResponse, reads, ("close",))


def listen_to_http_response(response: Any, call: Call) -> None:
    """Tell the call what is read of it."""
    call.answered(response.status, response_headers(response.getheaders()))
    if response.isclosed():  # no body to come, as for HEAD and 204
        call.finish("eof")
        return
    listen(response, call, _over)


def _result(result: Any, _args: tuple[Any, ...]) -> bytes:
    return bytes(result)


def _filled(result: Any, args: tuple[Any, ...]) -> bytes:
    return bytes(memoryview(args[0])[: result or 0])


def _over(response: Any) -> bool:
    return bool(response.isclosed() or response.length == 0)  # read by line, it stays open at the end
