"""Every way of asking through the OpenAI SDK is one record per attempt, and changes nothing.

The client is built, and methods are bound, before capture is installed, or after.
"""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from jupyter_aiprov.capture import install
from tests.capture.fake_tap import FakeTap, nothing_under_way
from tests.loopback import TEXT, Loopback

openai = pytest.importorskip("openai")
pytestmark = pytest.mark.sdk

ASK = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
RESPOND = {"model": "gpt-4o-mini", "input": "hi"}


def deltas(chunks: Any) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def chat(client: Any) -> Any:
    return client.chat.completions.create(**ASK).to_dict()


def parse(client: Any) -> Any:
    from pydantic import BaseModel

    class Answer(BaseModel):
        answer: str

    return client.chat.completions.parse(**ASK, response_format=Answer).choices[0].message.parsed.answer


def raw(client: Any) -> Any:
    answer = client.chat.completions.with_raw_response.create(**ASK)
    return answer.status_code, answer.parse().to_dict()


def stream(client: Any) -> Any:
    return deltas(client.chat.completions.create(**ASK, stream=True))


def stream_with_usage(client: Any) -> Any:
    chunks = list(client.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True}))
    return deltas(chunks), chunks[-1].usage.total_tokens


def stream_manager(client: Any) -> Any:
    with client.chat.completions.stream(**ASK) as events:
        for _ in events:
            pass
        return events.get_final_completion().choices[0].message.content


def stream_left_early(client: Any) -> Any:
    for piece in client.chat.completions.create(**ASK, stream=True):
        seen = piece.id
        break
    return seen


def stream_left_early_inside_with(client: Any) -> Any:
    with client.chat.completions.create(**ASK, stream=True) as chunks:
        for piece in chunks:
            seen = piece.id
            break
        return seen


def stream_closed(client: Any) -> Any:
    chunks = client.chat.completions.create(**ASK, stream=True)
    first = next(iter(chunks)).id
    chunks.close()
    return first


def stream_never_read(client: Any) -> Any:
    return type(client.chat.completions.create(**ASK, stream=True)).__name__


def raw_stream_parsed(client: Any) -> Any:
    return deltas(client.chat.completions.with_raw_response.create(**ASK, stream=True).parse())


def streaming_response_parsed(client: Any) -> Any:
    with client.chat.completions.with_streaming_response.create(**ASK) as answer:
        return answer.parse().to_dict()


def streaming_response_lines(client: Any) -> Any:
    with client.chat.completions.with_streaming_response.create(**ASK, stream=True) as answer:
        return list(answer.iter_lines())


def responses(client: Any) -> Any:
    return client.responses.create(**RESPOND).output_text


def responses_streamed(client: Any) -> Any:
    return "".join(e.delta for e in client.responses.create(**RESPOND, stream=True) if e.type.endswith("text.delta"))


def responses_stream_manager(client: Any) -> Any:
    with client.responses.stream(**RESPOND) as events:
        return [e.type for e in events], events.get_final_response().output_text


def embeddings(client: Any) -> Any:
    return [d.embedding for d in client.embeddings.create(model="e", input=["a", "b"], encoding_format="float").data]


def completions_posted(client: Any) -> Any:
    return client.post("/completions", body={"model": "m", "prompt": "hi"}, cast_to=object)


def chat_posted(client: Any) -> Any:
    return client.post("/chat/completions", body=ASK, cast_to=object)


def images(client: Any) -> Any:
    return client.images.generate(prompt="a cat", model="gpt-image-1").data[0].b64_json


def speech(client: Any) -> Any:
    return client.audio.speech.create(model="tts-1", voice="alloy", input="hi").content


def transcription(client: Any) -> Any:
    return client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"RIFF")).text


def moderation(client: Any) -> Any:
    return client.moderations.create(input="hi").results[0].flagged


SURFACES: dict[Callable[[Any], Any], str] = {
    chat: "eof", parse: "eof", raw: "eof", stream: "any", stream_with_usage: "any", stream_manager: "any",
    stream_left_early: "gc", stream_left_early_inside_with: "closed", stream_closed: "closed",
    stream_never_read: "gc", raw_stream_parsed: "any", streaming_response_parsed: "eof",
    streaming_response_lines: "eof",
    responses: "eof", responses_streamed: "any", responses_stream_manager: "any", embeddings: "eof",
    completions_posted: "eof", chat_posted: "eof", images: "eof", speech: "eof",
    transcription: "eof", moderation: "eof",
}  # fmt: skip


def client_of(server: Loopback, kind: Any = None, mode: str = "", **more: Any) -> Any:
    return (kind or openai.OpenAI)(base_url=server.url(mode, "/v1"), api_key="sk-s3cret", **{"max_retries": 0, **more})


@pytest.fixture
def client(server: Loopback) -> Iterator[Any]:
    with client_of(server) as built:
        yield built


@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: s.__name__)
def test_a_client_built_before_loading_is_recorded_once_and_answers_as_before(client, server, tap, surface):
    expected = surface(client)
    gc.collect()
    server.hits.clear()
    with install(tap):
        assert surface(client) == expected
        gc.collect()
        assert len(tap.calls) == server.count == 1
        assert tap.call.status == 200
        assert tap.call.ended is not None
        assert SURFACES[surface] in ("any", tap.call.ended)
        assert "s3cret" not in str(tap.call.request)
        assert nothing_under_way() is None
    surface(client)
    assert len(tap.calls) == 1


@pytest.mark.parametrize(
    "surface", [chat, stream, responses_streamed, streaming_response_lines], ids=lambda s: s.__name__
)
def test_a_client_built_after_loading_is_recorded_once(server, tap, installed, surface):
    with client_of(server) as client:
        surface(client)
    assert len(tap.calls) == 1


def test_methods_bound_before_loading_are_recorded(client, tap):
    create = client.chat.completions.create
    raw_create = client.chat.completions.with_raw_response.create
    streaming = client.chat.completions.with_streaming_response
    with install(tap):
        create(**ASK)
        raw_create(**ASK).parse()
        with streaming.create(**ASK) as answer:
            answer.read()
    assert [c.ended for c in tap.calls] == ["eof"] * 3


def test_the_bytes_on_record_are_the_bytes_that_were_sent(client, tap, installed):
    stream(client)
    sent = [json.loads(line[6:]) for line in tap.call.body.splitlines() if line.startswith(b"data: {")]
    assert "".join(c["choices"][0]["delta"].get("content", "") for c in sent) == TEXT
    assert b"[DONE]" in tap.call.body


def test_requests_are_never_modified(client, server, tap, installed):
    stream(client)
    _, _, body = server.hits[0]
    assert "stream_options" not in json.loads(body)
    assert tap.call.request.body == body


def test_a_retry_is_an_attempt_of_its_own(server, tap, installed):
    with client_of(server, mode="503once", max_retries=2) as client:
        chat(client)
    assert [c.status for c in tap.calls] == [503, 200]
    assert [c.request.headers.get("x-stainless-retry-count") for c in tap.calls] == ["0", "1"]


def test_a_connection_error_is_one_record_per_attempt_and_the_sdks_own_exception(tap, installed):
    client = openai.OpenAI(base_url="http://127.0.0.1:9/v1", api_key="k", max_retries=1)
    with client, pytest.raises(openai.APIConnectionError) as caught:
        chat(client)
    assert [c.ended for c in tap.calls] == ["error"] * 2
    assert caught.value.__cause__ is not None


def test_a_cut_stream_raises_what_it_raises_without_us(server, tap):
    def outcome() -> tuple[type, str]:
        with client_of(server, mode="cut") as client, pytest.raises(Exception) as caught:  # noqa: PT011
            stream(client)
        return type(caught.value), str(caught.value)

    expected = outcome()
    with install(tap):
        assert outcome() == expected
    assert tap.call.ended == "error"
    assert tap.call.body.startswith(b"data:")


@pytest.mark.parametrize("mode", ["malformed", "html", "500"])
def test_a_strange_answer_raises_what_it_raises_without_us(server, tap, mode):
    def outcome() -> Any:
        with client_of(server, mode=mode) as client:
            try:
                return chat(client)
            except Exception as error:
                return type(error), str(error), type(error.__cause__), type(error.__context__)

    expected = outcome()
    with install(tap):
        assert outcome() == expected
    assert len(tap.calls) == 1


def test_an_endless_stream_does_not_hang(server, tap, installed):
    with client_of(server, mode="endless") as client:
        for index, _ in enumerate(client.chat.completions.create(**ASK, stream=True)):
            if index == 20:
                break
        server.release.set()
    gc.collect()
    assert len(tap.calls) == 1


def test_the_first_piece_of_a_stream_is_not_held_back(server, tap, installed):
    with client_of(server, mode="hold") as client:
        pieces = iter(client.chat.completions.create(**ASK, stream=True))
        next(pieces)  # the server sends the second only after this one
        assert not server.release.is_set()
        server.release.set()
        assert deltas(pieces) == TEXT


def test_eight_threads_are_each_recorded(client, server, tap, installed):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: chat(client), range(50)))
    assert len(tap.calls) == server.count == 50
    assert {c.ended for c in tap.calls} == {"eof"}


def test_reloading_ten_times_is_still_one_record_and_unloading_none(client, tap):
    for _ in range(10):
        with install(tap):
            pass
    with install(tap):
        chat(client)
    chat(client)
    assert len(tap.calls) == 1


async def test_fifty_at_once_are_fifty_records(server, tap, installed):
    async with client_of(server, openai.AsyncOpenAI) as client:
        answers = await asyncio.gather(*(client.chat.completions.create(**ASK) for _ in range(50)))
    assert {a.choices[0].message.content for a in answers} == {TEXT}
    assert len(tap.calls) == server.count == 50
    assert {c.ended for c in tap.calls} == {"eof"}


async def achat(client: Any) -> Any:
    return (await client.chat.completions.create(**ASK)).to_dict()


async def astream(client: Any) -> Any:
    return deltas([piece async for piece in await client.chat.completions.create(**ASK, stream=True)])


async def astream_left_early(client: Any) -> Any:
    chunks = await client.chat.completions.create(**ASK, stream=True)
    async for piece in chunks:
        first = piece.id
        break
    await chunks.close()
    return first


async def astream_inside_with(client: Any) -> Any:
    async with await client.chat.completions.create(**ASK, stream=True) as chunks:
        return deltas([piece async for piece in chunks])


async def astream_manager(client: Any) -> Any:
    async with client.chat.completions.stream(**ASK) as events:
        return (await events.get_final_completion()).choices[0].message.content


async def araw(client: Any) -> Any:
    return (await client.chat.completions.with_raw_response.create(**ASK)).parse().to_dict()


async def astreaming_response(client: Any) -> Any:
    async with client.chat.completions.with_streaming_response.create(**ASK) as answer:
        return (await answer.parse()).to_dict()


async def astreaming_lines(client: Any) -> Any:
    async with client.chat.completions.with_streaming_response.create(**ASK, stream=True) as answer:
        return [line async for line in answer.iter_lines()]


async def aresponses_stream(client: Any) -> Any:
    async with client.responses.stream(**RESPOND) as events:
        return [event.type async for event in events]


async def aembeddings(client: Any) -> Any:
    return (await client.embeddings.create(model="e", input="a", encoding_format="float")).data[0].embedding


async def aspeech(client: Any) -> Any:
    return (await client.audio.speech.create(model="tts-1", voice="alloy", input="hi")).content


ASYNC = (
    *(achat, astream, astream_left_early, astream_inside_with, astream_manager, araw),
    *(astreaming_response, astreaming_lines, aresponses_stream, aembeddings, aspeech),
)


@pytest.mark.parametrize("surface", ASYNC, ids=lambda s: s.__name__)
async def test_an_async_client_built_before_loading_is_recorded_once_and_answers_as_before(server, tap, surface):
    async with client_of(server, openai.AsyncOpenAI) as client:
        expected = await surface(client)
        server.hits.clear()
        with install(tap):
            assert await surface(client) == expected
            assert len(tap.calls) == server.count == 1
            assert tap.call.status == 200
            assert tap.call.ended is not None


def test_what_is_no_ai_call_costs_no_record(client):
    tap = FakeTap(wanted=lambda request: not request.path.endswith("/models"))
    with install(tap):
        client.models.list()
        chat(client)
    assert len(tap.calls) == 1
