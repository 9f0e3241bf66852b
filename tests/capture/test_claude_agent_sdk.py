"""Claude Agent SDK: its own types over a pipe of ours; one record per prompt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from jupyter_aiprov.model import text_of

pytestmark = [pytest.mark.sdk, pytest.mark.filterwarnings("ignore")]
sdk = pytest.importorskip("claude_agent_sdk")


def made(answers: bool = True) -> Any:
    class Pipe(sdk.Transport):
        """Answers as the program does: control requests at once, prompts with an answer and a result."""

        def __init__(self) -> None:
            self.queue: asyncio.Queue[Any] = asyncio.Queue()
            self.ready = True

        async def connect(self) -> None: ...

        async def write(self, data: str) -> None:
            message = json.loads(data)
            if message["type"] == "control_request":
                response = {"subtype": "success", "request_id": message["request_id"], "response": {"commands": []}}
                await self.queue.put({"type": "control_response", "response": response})
            if message["type"] == "user" and answers:
                said = {
                    "role": "assistant",
                    "model": "claude-sonnet-4-5",
                    "content": [{"type": "text", "text": "Hello there!"}],
                }
                await self.queue.put(
                    {"type": "assistant", "message": said, "session_id": "s1", "parent_tool_use_id": None}
                )
                usage = {"input_tokens": 5, "output_tokens": 2, "cache_read_input_tokens": 3}
                await self.queue.put({
                    "type": "result", "subtype": "success", "is_error": False, "result": "Hello there!",
                    "session_id": "s1",
                    "duration_ms": 1, "duration_api_ms": 1, "num_turns": 1, "total_cost_usd": 0.1, "usage": usage,
                })  # fmt: skip

        def read_messages(self) -> AsyncIterator[dict[str, Any]]:
            async def read() -> AsyncIterator[dict[str, Any]]:
                while (message := await self.queue.get()) is not None:
                    yield message

            return read()

        async def close(self) -> None:
            await self.queue.put(None)

        def is_ready(self) -> bool:
            return self.ready

        async def end_input(self) -> None:
            await self.queue.put(None)

    return Pipe()


def test_a_query_is_one_record(tap, installed):
    async def ask() -> list[str]:
        return [type(m).__name__ async for m in sdk.query(prompt="hi", transport=made())]

    assert asyncio.run(ask()) == ["AssistantMessage", "ResultMessage"]
    invocation = tap.call.invocation
    assert (tap.call.destination, invocation.response_model) == ("external", "claude-sonnet-4-5")
    assert [text_of(m.parts) for m in (*invocation.input, *invocation.output)] == ["hi", "Hello there!"]
    assert (invocation.usage.input_tokens, invocation.usage.cache_read_tokens) == (5, 3)
    assert invocation.complete


def test_each_prompt_of_a_conversation_is_a_record(tap, installed):
    async def talk() -> None:
        async with sdk.ClaudeSDKClient(transport=made()) as client:
            for text in ("hi", "again"):
                await client.query(text)
                async for _ in client.receive_response():
                    pass

    asyncio.run(talk())
    assert [text_of(c.invocation.input[0].parts) for c in tap.calls] == ["hi", "again"]
    assert {c.ended for c in tap.calls} == {"eof"}


def test_a_conversation_left_before_its_answer_is_closed(tap, installed):
    async def talk() -> None:
        async with sdk.ClaudeSDKClient(transport=made(answers=False)) as client:
            await client.query("hi")

    asyncio.run(talk())
    assert tap.call.ended == "closed"
