"""websockets' client connections to AI services: one record per turn of the conversation."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Call, Tap
from jupyter_aiprov.capture._tee import watch
from jupyter_aiprov.capture._turns import Turns, turns_of
from jupyter_aiprov.model import Ended, Request

MODULES = ("websockets.sync.client", "websockets.asyncio.client")
NAME = "websockets"


class Conversation:
    """The turns of one connection; answers come in the order they were asked for."""

    def __init__(self, turns: Turns, tap: Tap) -> None:
        self._turns = turns
        self._tap = tap
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
        call = self._tap.start(request, method=NAME) if request is not None else None
        if call is not None:
            call.answered(200, {"content-type": "text/event-stream"})
            self._open.append(call)
            watch(connection, call)


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap `send`, `recv` and `close` of client connections."""
    known: WeakKeyDictionary[Any, Conversation | None] = WeakKeyDictionary()
    closed = sys.modules["websockets.exceptions"].ConnectionClosed

    def conversation(connection: Any) -> Conversation | None:
        if connection not in known:
            turns = turns_of(_address(connection))
            known[connection] = Conversation(turns, tap) if turns is not None else None
        return known[connection]

    def tell(connection: Any, message: Any, *, ours: bool) -> None:
        try:
            found = conversation(connection)
            if found is not None:
                (found.sent if ours else found.received)(message, connection)
        except DRIFT as error:
            tap.gap("not-covered", f"{NAME}: a message could not be followed ({type(error).__name__})")

    def leave(connection: Any, ended: Ended, error: BaseException | None = None) -> None:
        found = known.pop(connection, None)
        if found is not None:
            found.over(ended, error)

    def send(original: Function, patch: Patch) -> Function:
        def send(self: Any, message: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if patch.active:
                tell(self, message, ours=True)
            return original(self, message, *args, **kwargs)

        return send

    def asend(original: Function, patch: Patch) -> Function:
        async def send(self: Any, message: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if patch.active:
                tell(self, message, ours=True)
            return await original(self, message, *args, **kwargs)

        return send

    def recv(original: Function, patch: Patch) -> Function:
        def recv(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            try:
                message = original(self, *args, **kwargs)
            except closed as error:
                leave(self, "error", error)
                raise
            if patch.active:
                tell(self, message, ours=False)
            return message

        return recv

    def arecv(original: Function, patch: Patch) -> Function:
        async def recv(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            try:
                message = await original(self, *args, **kwargs)
            except closed as error:
                leave(self, "error", error)
                raise
            if patch.active:
                tell(self, message, ours=False)
            return message

        return recv

    def close(original: Function, _patch: Patch) -> Function:
        def close(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            leave(self, "closed")
            return original(self, *args, **kwargs)

        return close

    def aclose(original: Function, _patch: Patch) -> Function:
        async def close(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            leave(self, "closed")
            return await original(self, *args, **kwargs)

        return close

    is_async = module.__name__.endswith("asyncio.client")
    wrappers = (
        {"send": asend, "recv": arecv, "close": aclose} if is_async else {"send": send, "recv": recv, "close": close}
    )
    with ExitStack() as stack:
        for name, wrapper in wrappers.items():
            stack.enter_context(patched(module.ClientConnection, name, wrapper))
        yield


def _address(connection: Any) -> str:
    uri = connection.protocol.uri
    default = 443 if uri.secure else 80
    port = "" if uri.port == default else f":{uri.port}"
    host = f"[{uri.host}]" if ":" in uri.host else uri.host
    return f"{'wss' if uri.secure else 'ws'}://{host}{port}{uri.resource_name}"


def _event(message: Any) -> dict[str, Any] | None:
    """The event a message is; None for audio, fragments and what is no object."""
    if not isinstance(message, str | bytes):
        return None
    try:
        event = json.loads(message)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
