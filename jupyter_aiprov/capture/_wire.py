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

HEAD = 8 * 1024 * 1024
TAIL = 1024 * 1024

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
def _lowered(name: str) -> tuple[str, bool]:
    lower = name.lower()
    return lower, _SECRET.search(lower) is not None


def request_headers(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names in lower case; the value of whatever may hold a credential is left out."""
    out: dict[str, str] = {}
    for name, value in items:
        lower, secret = _lowered(name)
        out[lower] = "" if secret else value
    return out


def response_headers(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names in lower case, without cookies."""
    return {lower: value for name, value in items if (lower := name.lower()) != "set-cookie"}


def clipped(body: bytes | bytearray | memoryview) -> tuple[bytes, bool]:
    """The head of a request body that is kept, and whether there was more."""
    if len(body) <= HEAD:
        return bytes(body), False
    return bytes(body[:HEAD]), True


class Kept:
    """A body as it goes by: the first 8 MB, the last 1 MB, and how much it was in all."""

    def __init__(self, head: int = HEAD, tail: int = TAIL) -> None:
        self.size = 0
        self._room = head
        self._tail_limit = tail
        self._head: list[bytes] = []
        self._tail: list[bytes] = []
        self._tail_size = 0

    def add(self, data: bytes) -> None:
        """One more piece went by."""
        self.size += len(data)
        if self._room >= len(data):
            self._room -= len(data)
            self._head.append(data)
            return
        if self._room:
            self._head.append(data[: self._room])
            data = data[self._room :]
            self._room = 0
        self._tail.append(data)
        self._tail_size += len(data)
        if self._tail_size > 2 * self._tail_limit:
            self._trim()

    def _trim(self) -> None:
        joined = b"".join(self._tail)[-self._tail_limit :] if self._tail_limit else b""
        self._tail = [joined]
        self._tail_size = len(joined)

    @property
    def truncated(self) -> bool:
        """True when a piece in the middle was not kept."""
        return self.size > len(self.body)

    @property
    def body(self) -> bytes:
        """What was kept, in order."""
        if self._tail:
            self._trim()
        return b"".join((*self._head, *self._tail))
