"""A Tap that keeps everything it is told, for looking at what capture saw."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from jupyter_aiprov.capture._tap import under_way
from jupyter_aiprov.model import Ended, Exchange, Invocation, Request, Response
from jupyter_aiprov.recorder import Body

_ids = itertools.count(1)


class FakeCall:
    """One call, as it was told."""

    def __init__(
        self, request: Request | None, invocation: Invocation | None, method: str, version: str | None
    ) -> None:
        self.id = f"call-{next(_ids)}"
        self.sending = True
        self.unread: Callable[[], Any] | None = None
        self.request = request
        self.invocation = invocation
        self.method = method
        self.version = version
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.kept = Body()
        self.chunks: list[bytes] = []
        self.ended: Ended | None = None
        self.error: BaseException | None = None
        self.ends = 0
        self.cached = False
        self.destination = "external"
        self.thread = threading.get_ident()

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        self.status, self.headers = status, headers
        self.sending = False

    def chunk(self, data: bytes) -> None:
        self.kept.add(bytes(data))
        self.chunks.append(bytes(data))

    def finish(self, ended: Ended, error: BaseException | None = None) -> None:
        self.ends += 1
        self.sending = False
        if self.ended is None:
            self.ended, self.error = ended, error

    def complete(self, invocation: Invocation) -> None:
        self.ends += 1
        self.sending = False
        if self.ended is None:
            self.ended, self.invocation = "eof", invocation

    @property
    def body(self) -> bytes:
        return self.kept.value()

    @property
    def exchange(self) -> Exchange:
        assert self.request is not None
        response = None
        if self.status is not None:
            response = Response(self.status, self.headers, self.body, self.kept.truncated, self.kept.size)
        name = type(self.error).__name__ if self.error else None
        return Exchange(self.request, response, self.ended or "gc", name)


class FakeTap:
    """Takes every request whose host or path `wanted` accepts; everything by default."""

    def __init__(self, wanted: Callable[[Request], bool] = lambda request: True) -> None:
        self.wanted = wanted
        self.calls: list[FakeCall] = []
        self.gaps: list[tuple[str, str]] = []
        self.stop: BaseException | None = None

    def start(self, request: Request, *, method: str, version: str | None = None) -> FakeCall | None:
        if self.stop is not None:
            raise self.stop
        if not self.wanted(request):
            return None
        call = FakeCall(request, None, method, version)
        self.calls.append(call)
        return call

    def begin(self, invocation: Invocation, *, method: str, destination: str = "in-process") -> FakeCall:
        if self.stop is not None:
            raise self.stop
        call = FakeCall(None, invocation, method, None)
        call.destination = destination
        self.calls.append(call)
        return call

    def record(self, invocation: Invocation, *, method: str, status: str = "completed") -> None:
        call = FakeCall(None, replace(invocation), method, None)
        call.complete(invocation)
        call.cached = status == "cached"
        self.calls.append(call)

    def gap(self, reason: str, detail: str = "") -> None:
        if (reason, detail) not in self.gaps:
            self.gaps.append((reason, detail))

    @property
    def call(self) -> FakeCall:
        """The only call."""
        assert len(self.calls) == 1, [c.request or c.invocation for c in self.calls]
        return self.calls[0]

    def clear(self) -> None:
        self.calls.clear()
        self.gaps.clear()

    def by_method(self) -> dict[str, int]:
        out: dict[str, int] = {}
        for call in self.calls:
            out[call.method] = out.get(call.method, 0) + 1
        return out


def nothing_under_way() -> Any:
    """None, unless a call's token was left behind in this context."""
    return under_way.get()
