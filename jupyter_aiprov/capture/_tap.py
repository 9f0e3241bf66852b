"""What a capture file is given: a tap that takes requests and hands back calls to complete.

Capture knows bytes and libraries, not AI: `Tap.start` decides. A capture file implements
`install(tap: Tap) -> AbstractContextManager[None]` (for a module passed in, or found when it is
imported); leaving the context puts everything back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Protocol

from jupyter_aiprov.model import Ended, Invocation, Request


class Call(Protocol):
    """One attempt under way. Every method is cheap, thread-safe and never raises."""

    @property
    def id(self) -> str:
        """The invocation's id."""

    sending: bool
    """True until the response's head has arrived: an inner HTTP stack then stays quiet."""

    unread: Callable[[], Any] | None
    """Called when the call is over: nothing listens any more for its stream being thrown away."""

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """The head of the response arrived (header names in lower case)."""

    def chunk(self, data: bytes) -> None:
        """A piece of the body went by, still content-encoded unless `answered` got no encoding."""

    def finish(self, ended: Ended, error: BaseException | None = None) -> None:
        """The exchange is over; only the first call counts."""

    def complete(self, invocation: Invocation) -> None:
        """For calls without HTTP: what the in-process call came to; only the first counts."""


class Tap(Protocol):
    """Takes what capture sees. `ConfidentialDataError` from the guard is the only exception raised."""

    def start(self, request: Request, *, method: str, version: str | None = None) -> Call | None:
        """A request is about to leave through library `method`; None when it is no AI call.

        Examined by the guard and recorded as started before this returns.
        """

    def begin(self, invocation: Invocation, *, method: str, destination: str = "in-process") -> Call:
        """A call that no HTTP library sees (a local model, gRPC, a websocket, a cache) begins."""

    def record(self, invocation: Invocation, *, method: str, status: str = "completed") -> None:
        """A call known only when it was over, e.g. an answer served from a cache."""

    def gap(self, reason: str, detail: str = "") -> None:
        """Something could not be observed; goes on record once per reason and detail."""


# The call whose request this context is sending: a token per request, so that a task created
# inside a send, and outliving it, is not silenced for ever (its token stops `sending`).
under_way: ContextVar[Call | None] = ContextVar("aiprov_call_under_way", default=None)


def is_inner() -> bool:
    """True inside the sending of a request that an outer stack already records."""
    call = under_way.get()
    return call is not None and call.sending


def left_open() -> bool:
    """Forget the call that is under way in this context; True when there was one that was being sent.

    At the start of a cell nothing is: an interrupt that hit the very opening or closing of a send has left it so,
    and every later call would be taken for an inner one.
    """
    call = under_way.get()
    if call is None:
        return False
    under_way.set(None)
    return call.sending
