"""Conversations over websockets: one record per turn, read by the readers of the HTTP APIs."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from jupyter_aiprov import readers
from jupyter_aiprov.capture import install
from jupyter_aiprov.model import text_of
from tests.capture.fake_tap import FakeCall

websockets = pytest.importorskip("websockets")
pytestmark = [pytest.mark.sdk, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

USAGE = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}


def realtime(event: dict[str, Any]) -> list[dict[str, Any]]:
    if event["type"] != "response.create":
        return []
    content = [{"type": "output_audio", "transcript": "Hello there!"}]
    output = [{"id": "i", "type": "message", "role": "assistant", "status": "completed", "content": content}]
    done = {"id": "resp_1", "object": "realtime.response", "status": "completed", "output": output, "usage": USAGE}
    return [
        {"type": "response.created", "event_id": "1", "response": {"id": "resp_1", "status": "in_progress"}},
        {"type": "response.done", "event_id": "2", "response": done},
    ]


def live(event: dict[str, Any]) -> list[dict[str, Any]]:
    if "setup" in event:
        return [{"setupComplete": {}}]
    usage = {"promptTokenCount": 5, "responseTokenCount": 2, "candidatesTokenCount": 2, "totalTokenCount": 7}
    return [
        {"serverContent": {"modelTurn": {"parts": [{"text": "Hello"}]}}},
        {"serverContent": {"modelTurn": {"parts": [{"text": " there!"}]}}},
        {"serverContent": {"turnComplete": True}, "usageMetadata": usage},
    ]


@contextmanager
def speaking(answer: Callable[[dict[str, Any]], list[dict[str, Any]]], greeting: Any = None) -> Iterator[str]:
    from websockets.sync.server import serve

    def handler(connection: Any) -> None:
        if greeting:
            connection.send(json.dumps(greeting))
        for message in connection:
            for event in answer(json.loads(message)):
                connection.send(json.dumps(event))

    with serve(handler, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


def read(call: FakeCall) -> Any:
    assert call.request is not None
    reader = readers.recognise(call.request)
    assert reader is not None, call.request.url
    return reader.read(call.exchange)


def said(invocation: Any) -> str:
    return "".join(text_of(message.parts) for message in invocation.output)


def test_openai_realtime_is_one_record_per_answer(tap):
    openai = pytest.importorskip("openai")
    greeting = {"type": "session.created", "session": {"model": "gpt-realtime", "instructions": "Be kind."}}
    with speaking(realtime, greeting) as address, install(tap):
        client = openai.OpenAI(
            api_key="sk-s3cret", base_url=f"http://{address}/v1", websocket_base_url=f"ws://{address}/v1"
        )
        with client, client.realtime.connect(model="gpt-realtime") as connection:
            connection.recv()
            for text in ("hi", "again"):
                item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
                connection.conversation.item.create(item=item)
                connection.response.create()
                while connection.recv().type != "response.done":
                    pass
    assert [c.ended for c in tap.calls] == ["eof", "eof"]
    first, second = (read(call) for call in tap.calls)
    assert (first.request_model, said(first), first.complete) == ("gpt-realtime", "Hello there!", True)
    assert first.usage.input_tokens == 5
    assert [text_of(m.parts) for m in first.input if m.role == "user"] == ["hi"]
    assert [text_of(m.parts) for m in second.input if m.role == "user"] == ["hi", "again"]
    assert "s3cret" not in str([c.request for c in tap.calls])


def test_a_session_that_only_transcribes_is_one_record_per_stretch_of_speech(tap):
    from websockets.sync.client import connect

    heard = "conversation.item.input_audio_transcription."

    def answer(event: dict[str, Any]) -> list[dict[str, Any]]:
        if event["type"] != "input_audio_buffer.commit":
            return []
        usage = {"type": "tokens", "input_tokens": 9, "output_tokens": 3, "total_tokens": 12}
        return [
            {"type": "input_audio_buffer.committed", "item_id": "i"},
            {"type": heard + "delta", "item_id": "i", "delta": "Good "},
            {"type": heard + "completed", "item_id": "i", "transcript": "Good day.", "usage": usage},
        ]

    hearing = {"audio": {"input": {"transcription": {"model": "gpt-4o-transcribe", "language": "en"}}}}
    with speaking(answer) as address, install(tap), connect(f"ws://{address}/v1/realtime?intent=transcription") as one:
        one.send(json.dumps({"type": "session.update", "session": {"type": "transcription", **hearing}}))
        for _ in range(2):
            one.send(json.dumps({"type": "input_audio_buffer.append", "audio": "UklGRg=="}))
            one.send(json.dumps({"type": "input_audio_buffer.commit"}))
            while not json.loads(one.recv())["type"].endswith("completed"):
                pass
    assert [c.ended for c in tap.calls] == ["eof", "eof"]
    for found in map(read, tap.calls):
        assert (found.operation, found.request_model, found.complete) == ("transcription", "gpt-4o-transcribe", True)
        assert (said(found), found.usage.input_tokens, found.parameters["language"]) == ("Good day.", 9, "en")


def test_responses_over_a_websocket_are_read_like_their_stream(tap):
    from tests.loopback import responses

    def answer(event: dict[str, Any]) -> list[dict[str, Any]]:
        _, pieces = responses({"stream": True}, "Hello there!", "gpt-x", ["Hello", " there!"])
        return [json.loads(p.split(b"data: ", 1)[1]) for p in pieces]

    from websockets.sync.client import connect

    with speaking(answer) as address, install(tap), connect(f"ws://{address}/v1/responses") as connection:
        connection.send(json.dumps({"type": "response.create", "model": "gpt-x", "input": "hi"}))
        while json.loads(connection.recv())["type"] != "response.completed":
            pass
    invocation = read(tap.call)
    assert (invocation.request_model, said(invocation), invocation.complete) == ("gpt-x", "Hello there!", True)


def test_gemini_live_is_one_record_per_turn(tap):
    genai = pytest.importorskip("google.genai")

    async def talk(address: str) -> list[str]:
        client = genai.Client(
            api_key="AIza-s3cret", http_options={"base_url": f"http://{address}", "api_version": "v1beta"}
        )
        client._api_client._websocket_base_url = lambda *_: f"ws://{address}"  # it would insist on TLS
        client._api_client._websocket_ssl_ctx = {}
        out = []
        async with client.aio.live.connect(model="gemini-live", config={"response_modalities": ["TEXT"]}) as session:
            for text in ("hi", "again"):
                turn = {"role": "user", "parts": [{"text": text}]}
                await session.send_client_content(turns=turn, turn_complete=True)
                out.append("".join([m.text or "" async for m in session.receive()]))
        return out

    with speaking(live) as address, install(tap):
        assert asyncio.run(talk(address)) == ["Hello there!"] * 2
    assert [c.ended for c in tap.calls] == ["eof", "eof"]
    second = read(tap.calls[1])
    assert (second.request_model, said(second), second.complete) == ("gemini-live", "Hello there!", True)
    assert [text_of(m.parts) for m in second.input if m.role == "user"] == ["hi", "again"]
    assert "s3cret" not in tap.calls[0].request.url


def test_an_answer_nobody_waited_for_is_closed_with_its_connection(tap):
    from websockets.sync.client import connect

    with speaking(lambda event: []) as address, install(tap), connect(f"ws://{address}/v1/realtime?model=m") as socket:
        socket.send(json.dumps({"type": "response.create"}))
    assert tap.call.ended == "closed"


def test_other_websockets_are_none_of_our_business(tap):
    from websockets.sync.client import connect

    with speaking(lambda event: [event]) as address, install(tap), connect(f"ws://{address}/feed") as socket:
        socket.send('{"type": "response.create"}')
        assert json.loads(socket.recv()) == {"type": "response.create"}
        socket.send(b"\x00")
    assert tap.calls == []
    assert tap.gaps == []


def test_a_conversation_in_a_dialect_that_is_not_read_is_a_gap(tap, monkeypatch):
    from websockets.sync.client import connect

    monkeypatch.setattr(
        "jupyter_aiprov.capture.websocket._address", lambda _: "wss://api.deepgram.com/v1/listen?token=not-said"
    )
    with speaking(lambda event: [event]) as address, install(tap), connect(f"ws://{address}/v1/listen") as socket:
        for _ in range(2):
            socket.send('{"type": "KeepAlive"}')
            assert json.loads(socket.recv()) == {"type": "KeepAlive"}
    assert tap.calls == []
    said = "websockets: what is said over a websocket with api.deepgram.com is not read"
    assert tap.gaps == [("not-covered", said)]


@pytest.mark.parametrize(
    "message", ["[1]", "nonsense", '{"type": 5}', '{"serverContent": 3}', '{"type": "response.done", "response": 4}']
)
@pytest.mark.parametrize("path", ["/v1/realtime", "/v1/responses", "/ws/x.BidiGenerateContent"])
def test_strange_messages_pass_untouched(tap, message, path):
    from websockets.sync.client import connect
    from websockets.sync.server import serve

    with serve(lambda c: [c.send(m) for m in c], "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with install(tap), connect(f"ws://127.0.0.1:{server.socket.getsockname()[1]}{path}") as socket:
            socket.send(message)
            assert socket.recv() == message
        server.shutdown()


def responding(event: dict[str, Any]) -> list[dict[str, Any]]:
    from tests.loopback import responses

    _, pieces = responses({"stream": True}, "Hello there!", "gpt-x", ["Hello", " there!"])
    return [json.loads(p.split(b"data: ", 1)[1]) for p in pieces]


ASKED = {"type": "response.create", "model": "gpt-x", "input": "hi"}


def assert_whole(call: FakeCall, method: str) -> None:
    invocation = read(call)
    assert (invocation.request_model, said(invocation), invocation.complete) == ("gpt-x", "Hello there!", True)
    assert (call.method, call.ended) == (method, "eof")


def test_a_message_taken_in_pieces_is_followed(tap):
    from websockets.sync.client import connect

    with speaking(responding) as address, install(tap), connect(f"ws://{address}/v1/responses") as connection:
        connection.send(json.dumps(ASKED))
        while json.loads("".join(connection.recv_streaming()))["type"] != "response.completed":
            pass
    assert_whole(tap.call, "websockets")


async def test_an_asyncio_message_taken_in_pieces_is_followed(tap):
    from websockets.asyncio.client import connect

    with speaking(responding) as address, install(tap):
        async with connect(f"ws://{address}/v1/responses") as connection:
            await connection.send(json.dumps(ASKED))
            while json.loads("".join([p async for p in connection.recv_streaming()]))["type"] != "response.completed":
                pass
    assert_whole(tap.call, "websockets")


@pytest.mark.parametrize("leave", ["read", "closed"])
async def test_aiohttps_websockets_are_one_record_per_turn(tap, leave):
    aiohttp = pytest.importorskip("aiohttp")
    tap.wanted = lambda request: request.method == "POST"  # the handshake is none
    with speaking(responding if leave == "read" else lambda _: []) as address, install(tap):
        async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://{address}/v1/responses") as socket:
            await socket.send_json(ASKED)
            while leave == "read" and (await socket.receive_json())["type"] != "response.completed":
                pass
    if leave == "closed":
        assert tap.call.ended == "closed"
    else:
        assert_whole(tap.call, "aiohttp websocket")


async def test_other_aiohttp_websockets_are_none_of_our_business(tap):
    aiohttp = pytest.importorskip("aiohttp")
    tap.wanted = lambda request: request.method == "POST"
    with speaking(lambda event: [event]) as address, install(tap):
        async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://{address}/feed") as socket:
            await socket.send_json({"type": "response.create"})
            assert await socket.receive_json() == {"type": "response.create"}
    assert tap.calls == []
    assert tap.gaps == []
