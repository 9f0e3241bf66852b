"""One attempt under way: what was asked, and the bytes of its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from jupyter_aiprov.cells import Execution
from jupyter_aiprov.errors import ConfidentialDataError
from jupyter_aiprov.journal import Event, new_id
from jupyter_aiprov.model import Ended, Invocation, Request
from jupyter_aiprov.recorder._given import Reads

HEAD, TAIL = 8 * 2**20, 2**20  # bytes of a body kept in memory
_RETRY_HEADERS = ("x-stainless-retry-count", "x-retry-count")


class Body:
    """The bytes of an answer as kept: head and tail whole, their size always."""

    __slots__ = ("_pieces", "_room", "_tail", "size")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._room = HEAD
        self._tail = bytearray()
        self.size = 0

    def add(self, data: bytes) -> None:
        """A further piece."""
        size = len(data)
        self.size += size
        if size <= self._room:
            self._room -= size
            self._pieces.append(data)
            return
        if self._room:
            self._pieces.append(data[: self._room])
            data = data[self._room :]
            self._room = 0
        self._tail += data
        if len(self._tail) > 2 * TAIL:
            del self._tail[:-TAIL]

    @property
    def truncated(self) -> bool:
        """True when bytes in the middle were let go."""
        return len(self._tail) > TAIL or self.size > HEAD - self._room + len(self._tail)

    def value(self) -> bytes:
        """Head and tail."""
        return b"".join([*self._pieces, self._tail[-TAIL:]])


class Hears(Protocol):
    """What is told when an attempt is over."""

    def ended(
        self, call: Attempt, ended: Ended, error: BaseException | None, invocation: Invocation | None
    ) -> None: ...


class Attempt:
    """One attempt under way; see `capture._tap.Call`."""

    __slots__ = (
        *("_once", "asked", "at", "base", "began", "body", "destination", "evidence", "examined"),
        *(
            "execution",
            "first",
            "headers",
            "id",
            "is_clean",
            "method",
            "reader",
            "recorder",
            "request",
            "scan",
            "sending",
        ),
        *("site", "status", "status_when_over", "stopped", "unread", "version", "warning"),
    )

    def __init__(self, recorder: Hears, reader: Reads | None, request: Request | None) -> None:
        self.id = new_id()
        self.sending = True
        self.unread: Callable[[], Any] | None = None
        self.reader = reader
        self.request = request
        self.execution: Execution | None = None
        self.body = Body()
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.destination = self.method = self.evidence = ""
        self.version: str | None = None
        self.at = time.time_ns()
        self.began = time.perf_counter()
        self.first: float | None = None
        self.status_when_over: str | None = None
        # What the guard said, before or while the started line is written.
        self.examined = False
        self.scan: Event | None = None
        self.warning: str | None = None
        self.stopped: ConfidentialDataError | None = None
        self.site: Event | None = None
        self.base: Event = {}  # what both lines say; put together on the journal's thread
        self.asked: Event = {}  # the attributes of the started line
        self.is_clean = False  # no secret was found in them
        self.recorder = recorder
        self._once = iter((True,))

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        self.status, self.headers, self.sending = status, headers, False

    def chunk(self, data: bytes) -> None:
        if self.first is None:
            self.first = time.perf_counter()
        self.body.add(data)

    def _over(self) -> None:
        self.sending = False
        unread, self.unread = self.unread, None
        if unread is not None:
            unread()

    def finish(self, ended: Ended, error: BaseException | None = None) -> None:
        if next(self._once, None):
            self._over()
            self.recorder.ended(self, ended, error, None)

    def complete(self, invocation: Invocation) -> None:
        if next(self._once, None):
            self._over()
            self.recorder.ended(self, "eof", None, invocation)


def number_of(request: Request) -> int:
    """Which attempt at its logical call a request says that it is."""
    for name in _RETRY_HEADERS:
        count = request.headers.get(name, "")
        if count.isdigit():
            return int(count) + 1
    return 1


def status_of(call: Attempt, ended: Ended, failure: str | None, answer: Invocation) -> str:
    """How a call ended, by what arrived and by what became of its stream."""
    if call.status is None and call.reader is not None:
        return "unread" if ended == "gc" else "failed"
    if failure and _by_the_user(failure) and (call.status or 0) < 400 and not answer.complete:
        return "abandoned"
    if answer.error_type or (call.status or 0) >= 400:
        return "failed"
    if answer.complete:
        return "completed"
    if ended == "gc" and not call.body.size:
        return "unread"
    if failure and not _by_the_user(failure):
        return "failed"
    if ended != "eof" or (answer.streamed and not answer.complete):
        return "abandoned"
    return "completed"


def _by_the_user(failure: str) -> bool:
    return failure in {"KeyboardInterrupt", "GeneratorExit", "CancelledError", "StopIteration", "StopAsyncIteration"}
