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
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any

from jupyter_aiprov.capture._patch import DRIFT
from jupyter_aiprov.capture._tap import Call, Tap, is_inner, under_way
from jupyter_aiprov.model import Request
from jupyter_aiprov.redact import Redactor

HEAD = 8 * 1024 * 1024

_SECRET = re.compile("auth|cookie|secret|token|signature|credential|key|password")


def opened(tap: Tap, method: str, version: str | None, describe: Callable[[], Request]) -> Call | None:
    """The call this request is, or None: no AI, already recorded by an outer stack, or not understood."""
    if is_inner():
        return None
    try:
        request = describe()
    except DRIFT as error:
        tap.gap("not-covered", f"{method}: a request could not be read ({type(error).__name__})")
        return None
    call = tap.start(request, method=method, version=version)
    if call is None:
        len(request.headers)  # the credentials of ordinary traffic are secrets, too: a prompt may quote them
    return call


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


class Headers(Mapping[str, str]):
    """Header names in lower case with their values, put in order when they are first asked for.

    The caller is not kept waiting for it: who reads them is, with few exceptions, the journal's thread.
    """

    __slots__ = ("_made", "_make", "_raw", "carries_no_secret")

    def __init__(self, raw: list[tuple[Any, Any]], make: Callable[[list[tuple[Any, Any]]], dict[str, str]]) -> None:
        self._raw, self._make = raw, make
        self._made: dict[str, str] | None = None
        self.carries_no_secret = make is _of_request  # they are left out, and known, once it is made

    def _all(self) -> dict[str, str]:
        raw = self._raw  # before looking: another thread may be making it, and lets go of it then
        if self._made is None:
            self._made = self._make(raw)
            self._raw = []  # credentials are not kept
        return self._made

    def __getitem__(self, name: str) -> str:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __contains__(self, name: object) -> bool:
        return name in self._all()

    def get(self, name: str, default: Any = None) -> Any:
        """As a dict's."""
        return self._all().get(name, default)

    def items(self) -> ItemsView[str, str]:
        """As a dict's."""
        return self._all().items()


@lru_cache(maxsize=512)
def _lowered(name: str | bytes) -> tuple[str, bool]:
    lower = _text(name).lower()
    return lower, _SECRET.search(lower) is not None


def request_headers(items: Iterable[tuple[str | bytes, str | bytes]]) -> Headers:
    """Names in lower case; the value of whatever may hold a credential is left out, and known as a secret."""
    return Headers(list(items), _of_request)


def _of_request(raw: list[tuple[Any, Any]]) -> dict[str, str]:
    out: dict[str, str] = {}
    for name, value in raw:
        lower, secret = _lowered(name)
        if secret:
            Redactor.remember(_text(value))
            out[lower] = ""
        else:
            text = _decoded(value) if type(value) is bytes else _text(value)
            out[lower] = f"{out[lower]}, {text}" if lower in out else text
    return out


@lru_cache(maxsize=512)
def _decoded(value: bytes) -> str:
    """A harmless header's value: most are the same in every request."""
    return _text(value)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def response_headers(items: Iterable[tuple[str | bytes, str | bytes]], *, decoded: bool = False) -> Headers:
    """Names in lower case, without cookies; `decoded`: the body comes unpacked, so no encoding is named."""
    return Headers(list(items), _of_unpacked if decoded else _of_response)


def _of_response(raw: list[tuple[Any, Any]], left_out: frozenset[str] = frozenset({"set-cookie"})) -> dict[str, str]:
    out: dict[str, str] = {}
    for name, value in raw:
        lower = _lowered(name)[0]
        if lower not in left_out:
            out[lower] = f"{out[lower]}, {_text(value)}" if lower in out else _text(value)
    return out


def _of_unpacked(raw: list[tuple[Any, Any]]) -> dict[str, str]:
    return _of_response(raw, frozenset({"set-cookie", "content-encoding"}))


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
