"""Claude Agent SDK: the model runs in a child program; one record per prompt, from the messages on its pipe."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Call, Tap
from jupyter_aiprov.capture._tee import watch
from jupyter_aiprov.model import Ended, Invocation, Message, Usage

MODULES = ("claude_agent_sdk._internal.query",)
NAME = "claude-agent-sdk"


class _Run:
    """One prompt and what the agent says until its result."""

    def __init__(self, call: Call, asked: Invocation) -> None:
        self.call = call
        self._answer = asked
        self._said: list[str] = []

    def hear(self, message: dict[str, Any]) -> bool:
        """Take a message; True when it is the result, with which the run is over."""
        self.call.chunk(b"")
        held = message.get("message")
        if message.get("type") == "assistant" and isinstance(held, dict):
            self._answer = replace(self._answer, response_model=held.get("model") or self._answer.response_model)
            blocks = [b for b in held.get("content") or () if isinstance(b, dict)]
            self._said += [str(b.get("text", "")) for b in blocks if b.get("type") == "text"]
        if message.get("type") != "result":
            return False
        raw = message.get("usage")
        self.call.complete(
            replace(
                self._answer,
                response_id=message.get("session_id"),
                output=(Message.text("assistant", "\n".join(self._said) or str(message.get("result") or "")),),
                usage=_usage(raw) if isinstance(raw, dict) else None,
                error_type=str(message.get("subtype")) if message.get("is_error") else None,
                complete=not message.get("is_error"),
            )
        )
        return True


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap the start of a conversation (its pipe's `write`) and the stream of its messages."""
    runs: WeakKeyDictionary[Any, deque[_Run]] = WeakKeyDictionary()

    def over(query: Any, ended: Ended, error: BaseException | None = None) -> None:
        for run in runs.pop(query, ()):
            run.call.finish(ended, error)

    def starting(original: Function, patch: Patch) -> Function:
        async def start(self: Any) -> Any:
            __tracebackhide__ = True
            if patch.active and self not in runs:
                open_runs: deque[_Run] = deque()
                runs[self] = open_runs
                _listen(self.transport, open_runs, tap, self)
            return await original(self)

        return start

    def receiving(original: Function, _patch: Patch) -> Function:
        async def receive_messages(self: Any) -> AsyncIterator[dict[str, Any]]:
            __tracebackhide__ = True
            inner = original(self)
            try:
                async for message in inner:
                    open_runs = runs.get(self)
                    if open_runs and _heard(open_runs[0], message, tap):
                        open_runs.popleft()
                    yield message
            except GeneratorExit:  # the listener leaves; the conversation goes on
                raise
            except BaseException as error:
                over(self, "error", error)
                raise
            finally:
                await inner.aclose()

        return receive_messages

    def closing(original: Function, _patch: Patch) -> Function:
        async def close(self: Any) -> Any:
            __tracebackhide__ = True
            over(self, "closed")
            return await original(self)

        return close

    with ExitStack() as stack:
        stack.enter_context(patched(module.Query, "start", starting))
        stack.enter_context(patched(module.Query, "receive_messages", receiving))
        stack.enter_context(patched(module.Query, "close", closing))
        yield


def _listen(transport: Any, runs: deque[_Run], tap: Tap, query: Any) -> None:
    write = transport.write

    async def listening(data: str) -> Any:
        __tracebackhide__ = True
        asked = _asked(data)
        if asked is not None:
            call = tap.begin(asked, method=NAME, destination="external")
            runs.append(_Run(call, asked))
            watch(query, call)
        return await write(data)

    transport.write = listening


def _heard(run: _Run, message: Any, tap: Tap) -> bool:
    try:
        return run.hear(message)
    except DRIFT as error:
        tap.gap("not-covered", f"{NAME}: a message could not be read ({type(error).__name__})")
        return False


def _asked(data: Any) -> Invocation | None:
    """The prompt a line on the pipe is; None for control messages."""
    try:
        message = json.loads(data)
        content = message["message"]["content"] if message["type"] == "user" else None
    except (ValueError, TypeError, KeyError):
        return None
    if isinstance(content, list):
        content = "\n".join(str(b.get("text", "")) for b in content if isinstance(b, dict) and b.get("type") == "text")
    if not isinstance(content, str):
        return None
    return Invocation("invoke_agent", provider="anthropic", input=(Message.text("user", content),))


def _usage(raw: dict[str, Any]) -> Usage:
    def count(name: str) -> int | None:
        value = raw.get(name)
        return value if isinstance(value, int) else None

    return Usage(
        input_tokens=count("input_tokens"),
        output_tokens=count("output_tokens"),
        cache_read_tokens=count("cache_read_input_tokens"),
        cache_creation_tokens=count("cache_creation_input_tokens"),
        raw=raw,
    )
