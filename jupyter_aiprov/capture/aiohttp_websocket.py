"""aiohttp's websockets to AI services: one record per turn of the conversation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from jupyter_aiprov.capture._conversation import Conversation, conversation_at
from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Tap
from jupyter_aiprov.model import Ended

MODULES = ("aiohttp",)
NAME = "aiohttp websocket"


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap sending, `receive` and `close` of client websockets."""
    known: WeakKeyDictionary[Any, Conversation | None] = WeakKeyDictionary()
    over = (module.WSMsgType.CLOSE, module.WSMsgType.CLOSING, module.WSMsgType.CLOSED)

    def tell(socket: Any, message: Any, *, ours: bool) -> None:
        try:
            if socket not in known:
                known[socket] = conversation_at(str(socket._response.url), tap, NAME)
            found = known[socket]
            if found is not None:
                (found.sent if ours else found.received)(message, socket)
        except DRIFT as error:
            tap.gap("not-covered", f"{NAME}: a message could not be followed ({type(error).__name__})")

    def leave(socket: Any, ended: Ended, error: BaseException | None = None) -> None:
        found = known.pop(socket, None)
        if found is not None:
            found.over(ended, error)

    def send(original: Function, patch: Patch) -> Function:
        async def send(self: Any, data: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if patch.active:
                tell(self, data, ours=True)
            return await original(self, data, *args, **kwargs)

        return send

    def receive(original: Function, patch: Patch) -> Function:
        async def receive(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            message = await original(self, *args, **kwargs)
            if message.type in over:
                leave(self, "closed")
            elif message.type is module.WSMsgType.ERROR:
                leave(self, "error", message.data if isinstance(message.data, BaseException) else None)
            elif patch.active:
                tell(self, message.data, ours=False)
            return message

        return receive

    def close(original: Function, _patch: Patch) -> Function:
        async def close(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            leave(self, "closed")
            return await original(self, *args, **kwargs)

        return close

    with ExitStack() as stack:
        for name, wrapper in (("send_str", send), ("send_bytes", send), ("receive", receive), ("close", close)):
            stack.enter_context(patched(module.ClientWebSocketResponse, name, wrapper))
        yield
