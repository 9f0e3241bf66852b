"""The turns of one websocket connection as calls; one request and its answer each."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from jupyter_aiprov.capture._tap import Call, Tap
from jupyter_aiprov.capture._tee import watch
from jupyter_aiprov.capture._turns import Turns, turns_of, unread
from jupyter_aiprov.model import Ended, Request


def conversation_at(url: str, tap: Tap, method: str) -> Conversation | None:
    """The conversation at an address; None, and a gap where an AI service is asked in a dialect nobody reads."""
    turns = turns_of(url)
    if turns is not None:
        return Conversation(turns, tap, method)
    said = unread(url)
    if said is not None:
        tap.gap("not-covered", f"{method}: {said}")
    return None


class Conversation:
    """The turns of one connection; answers come in the order they were asked for."""

    def __init__(self, turns: Turns, tap: Tap, method: str) -> None:
        self._turns = turns
        self._tap = tap
        self._method = method
        self._open: deque[Call] = deque()

    def sent(self, message: Any, connection: Any) -> None:
        """Before a message leaves; only the guard raises."""
        event = _event(message)
        if event is not None:
            self._start(self._turns.sent(event), connection)

    def received(self, message: Any, connection: Any) -> None:
        """A message arrived."""
        event = _event(message)
        if event is None:
            return
        if not self._open:
            self._start(self._turns.unasked(event), connection)
        data, over = self._turns.received(event)
        if self._open and data:
            self._open[0].chunk(data)
        if self._open and over:
            self._open.popleft().finish("eof")

    def over(self, ended: Ended, error: BaseException | None = None) -> None:
        """The connection is gone."""
        while self._open:
            self._open.popleft().finish(ended, error)

    def _start(self, request: Request | None, connection: Any) -> None:
        call = self._tap.start(request, method=self._method) if request is not None else None
        if call is not None:
            call.answered(200, {"content-type": "text/event-stream"})
            self._open.append(call)
            watch(connection, call)


def _event(message: Any) -> dict[str, Any] | None:
    """The event a message is; None for audio, fragments and what is no object."""
    if not isinstance(message, str | bytes):
        return None
    try:
        event = json.loads(message)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
