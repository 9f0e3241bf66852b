"""gRPC: xAI's SDK against a server on this machine, and Google's messages through their REST twins."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from jupyter_aiprov import readers
from jupyter_aiprov.capture import install
from jupyter_aiprov.model import text_of

pytestmark = [pytest.mark.sdk, pytest.mark.filterwarnings("ignore")]
grpc = pytest.importorskip("grpc")
xai_sdk = pytest.importorskip("xai_sdk")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from xai_sdk.proto.v6 import chat_pb2, chat_pb2_grpc, sample_pb2, usage_pb2

    usage = usage_pb2.SamplingUsage(prompt_tokens=5, completion_tokens=2, total_tokens=7)
    stop = sample_pb2.FinishReason.REASON_STOP

    class Chat(chat_pb2_grpc.ChatServicer):
        def GetCompletion(self, request: Any, context: Any) -> Any:
            if request.model == "broken":
                context.abort(grpc.StatusCode.INTERNAL, "no")
            message = chat_pb2.CompletionMessage(content="Hello there!", role=chat_pb2.MessageRole.ROLE_ASSISTANT)
            output = chat_pb2.CompletionOutput(index=0, message=message, finish_reason=stop)
            return chat_pb2.GetChatCompletionResponse(id="r1", model="grok-4", outputs=[output], usage=usage)

        def GetCompletionChunk(self, request: Any, context: Any) -> Iterator[Any]:
            for i, word in enumerate(["Hello", " there", "!"]):
                delta = chat_pb2.Delta(content=word, role=chat_pb2.MessageRole.ROLE_ASSISTANT)
                chunk = chat_pb2.CompletionOutputChunk(index=0, delta=delta, finish_reason=stop if i == 2 else 0)
                yield chat_pb2.GetChatCompletionChunk(id="r1", model="grok-4", outputs=[chunk], usage=usage)

    server = grpc.server(ThreadPoolExecutor(4))
    chat_pb2_grpc.add_ChatServicer_to_server(Chat(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    """What gRPC leaves open is let go here, not in a test that forbids it."""
    yield
    gc.collect()


def read(call: Any) -> Any:
    reader = readers.recognise(call.request)
    assert reader is not None, call.request.url
    return reader.read(call.exchange)


def client(address: str) -> Any:
    return xai_sdk.Client(api_key="xai-s3cret", api_host=address, use_insecure_channel=True)


def chat_of(made: Any, model: str = "grok-4") -> Any:
    from xai_sdk.chat import system, user

    return made.chat.create(model=model, messages=[system("Be brief."), user("hi")], temperature=0.5)


def check(call: Any, *, streamed: bool) -> None:
    invocation = read(call)
    assert (invocation.request_model, invocation.response_model) == ("grok-4", "grok-4")
    assert "".join(text_of(m.parts) for m in invocation.output) == "Hello there!"
    assert "hi" in [text_of(m.parts) for m in invocation.input]
    assert invocation.parameters["temperature"] == 0.5
    assert (invocation.usage.input_tokens, invocation.usage.output_tokens) == (5, 2)
    assert invocation.complete
    assert invocation.streamed == streamed
    assert call.ended == "eof"
    assert "s3cret" not in str(call.request)


def test_a_channel_made_before_loading_is_recorded_once(address, tap):
    made = client(address)
    expected = chat_of(made).sample().content
    with install(tap):
        assert chat_of(made).sample().content == expected == "Hello there!"
    check(tap.call, streamed=False)
    chat_of(made).sample()
    assert len(tap.calls) == 1


def test_a_stream_of_messages_passes_one_by_one(address, tap, installed):
    words = [chunk.content for _, chunk in chat_of(client(address)).stream()]
    assert words == ["Hello", " there", "!"]
    check(tap.call, streamed=True)


def test_an_rpc_error_is_the_users_own(address, tap, installed):
    with pytest.raises(grpc.RpcError) as caught:
        chat_of(client(address), "broken").sample()
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert (len(tap.calls), tap.call.ended) == (1, "error")


@pytest.mark.parametrize("streamed", [False, True])
def test_asyncio_calls_are_recorded_once(address, tap, installed, streamed):
    async def ask() -> str:
        made = xai_sdk.AsyncClient(api_key="xai-s3cret", api_host=address, use_insecure_channel=True)
        chat = chat_of(made)
        if streamed:
            return "".join([chunk.content async for _, chunk in chat.stream()])
        return (await chat.sample()).content

    assert asyncio.run(ask()) == "Hello there!"
    check(tap.call, streamed=streamed)


def test_other_grpc_services_are_none_of_our_business(tap, installed):
    def echo(request: bytes, context: Any) -> bytes:
        return request

    handler = grpc.method_handlers_generic_handler("some.Service", {"Echo": grpc.unary_unary_rpc_method_handler(echo)})
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        assert channel.unary_unary("/some.Service/Echo")(b"x") == b"x"
        assert channel.unary_unary("/some.Service/Echo").future(b"y").result() == b"y"
    server.stop(None)
    assert tap.calls == []
    assert tap.gaps == []
