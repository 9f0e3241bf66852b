"""What every HTTP capture does the same way: describe the request, ask the tap, stay quiet inside.

call = opened(tap, "httpx", version, lambda: Request(...))
if call is None:
    return original(...)
with sending(call):
    response = original(...)        # an error finishes the call and passes through
call.answered(...)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from types import TracebackType

from jupyter_aiprov.capture._patch import DRIFT
from jupyter_aiprov.capture._tap import Call, Tap, is_inner, under_way
from jupyter_aiprov.model import Request
from jupyter_aiprov.redact import Redactor

HEAD = 8 * 1024 * 1024

_SECRET = re.compile(r"auth|cookie|secret|token|signature|credential|(^|[-_])key$|api-?key|password")


def opened(tap: Tap, method: str, version: str | None, describe: Callable[[], Request]) -> Call | None:
    """The call this request is, or None: no AI, already recorded by an outer stack, or not understood."""
    if is_inner():
        return None
    try:
        request = describe()
    except DRIFT as error:
        tap.gap("not-covered", f"{method}: a request could not be read ({type(error).__name__})")
        return None
    return tap.start(request, method=method, version=version)


class sending:  # noqa: N801 - a context manager read as a verb
    """While the request is on its way, inner stacks stay quiet; an exception finishes the call.

    The variable is set back by value: a coroutine may be closed in another context than its own.
    """

    __slots__ = ("_call", "_previous")

    def __init__(self, call: Call) -> None:
        self._call = call

    def __enter__(self) -> Call:
        self._previous = under_way.get()
        under_way.set(self._call)
        return self._call

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._call.sending = False
        if under_way.get() is self._call:
            under_way.set(self._previous)
        if error is not None:
            self._call.finish("error", error)


@lru_cache(maxsize=512)
def _lowered(name: str | bytes) -> tuple[str, bool]:
    lower = _text(name).lower()
    return lower, _SECRET.search(lower) is not None


def request_headers(items: Iterable[tuple[str | bytes, str | bytes]]) -> dict[str, str]:
    """Names in lower case; the value of whatever may hold a credential is left out."""
    out: dict[str, str] = {}
    for name, value in items:
        lower, secret = _lowered(name)
        if secret:
            Redactor.remember(_text(value))
            out[lower] = ""
        else:
            text = _text(value)
            out[lower] = f"{out[lower]}, {text}" if lower in out else text
    return out


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def response_headers(items: Iterable[tuple[str, str]], *, decoded: bool = False) -> dict[str, str]:
    """Names in lower case, without cookies; `decoded`: the body comes unpacked, so no encoding is named."""
    left_out = ("set-cookie", "content-encoding") if decoded else ("set-cookie",)
    return {lower: value for name, value in items if (lower := name.lower()) not in left_out}


def clipped(body: object) -> tuple[bytes, bool]:
    """The head of a request body that is kept, and whether there is more than was seen.

    What is not in memory (a file, a generator) is not read: it could not be put back.
    """
    if body is None:
        return b"", False
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes | bytearray | memoryview):
        return b"", True
    return bytes(body[:HEAD]), len(body) > HEAD
