"""websockets' client connections to AI services: one record per turn of the conversation."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from jupyter_aiprov.capture._conversation import Conversation, conversation_at
from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Tap
from jupyter_aiprov.model import Ended

MODULES = ("websockets.sync.client", "websockets.asyncio.client")
NAME = "websockets"


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap `send`, `recv`, `recv_streaming` and `close` of client connections."""
    known: WeakKeyDictionary[Any, Conversation | None] = WeakKeyDictionary()
    closed = sys.modules["websockets.exceptions"].ConnectionClosed

    def conversation(connection: Any) -> Conversation | None:
        if connection not in known:
            known[connection] = conversation_at(_address(connection), tap, NAME)
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

    def pieces(original: Function, patch: Patch) -> Function:
        def recv_streaming(self: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
            __tracebackhide__ = True
            seen: list[Any] = []
            try:
                for piece in original(self, *args, **kwargs):
                    seen.append(piece)
                    yield piece
            except closed as error:
                leave(self, "error", error)
                raise
            if patch.active and seen:
                tell(self, seen[0][:0].join(seen), ours=False)

        return recv_streaming

    def apieces(original: Function, patch: Patch) -> Function:
        async def recv_streaming(self: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            __tracebackhide__ = True
            seen: list[Any] = []
            try:
                async for piece in original(self, *args, **kwargs):
                    seen.append(piece)
                    yield piece
            except closed as error:
                leave(self, "error", error)
                raise
            if patch.active and seen:
                tell(self, seen[0][:0].join(seen), ours=False)

        return recv_streaming

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
    ours = (asend, arecv, apieces, aclose) if is_async else (send, recv, pieces, close)
    wrappers = dict(zip(("send", "recv", "recv_streaming", "close"), ours, strict=True))
    with ExitStack() as stack:
        for name, wrapper in wrappers.items():
            if hasattr(module.ClientConnection, name):
                stack.enter_context(patched(module.ClientConnection, name, wrapper))
        yield


def _address(connection: Any) -> str:
    uri = connection.protocol.uri
    default = 443 if uri.secure else 80
    port = "" if uri.port == default else f":{uri.port}"
    host = f"[{uri.host}]" if ":" in uri.host else uri.host
    return f"{'wss' if uri.secure else 'ws'}://{host}{port}{uri.resource_name}"
