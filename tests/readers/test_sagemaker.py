"""What a SageMaker endpoint streams is its container's own answer, in frames that are cut anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_aiprov import readers
from jupyter_aiprov.model import Ended, Exchange, Invocation, Request, Response, text_of
from tests.readers.conftest import frame

ADDRESS = "https://runtime.sagemaker.eu-west-3.amazonaws.com/endpoints/lab-llm/invocations-response-stream"
LAST = {"finish_reason": "length", "generated_tokens": 2, "input_length": 7}
TOKENS: list[dict[str, Any]] = [
    {"token": {"id": 1, "text": "Good", "special": False}, "generated_text": None, "details": None},
    {"token": {"id": 2, "text": " day", "special": False}, "generated_text": "Good day", "details": LAST},
]
CHAT: list[dict[str, Any]] = [
    {"id": "c1", "model": "lab", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Good"}}]},
    {"id": "c1", "model": "lab", "choices": [{"index": 0, "delta": {"content": " day"}, "finish_reason": "length"}]},
    {"id": "c1", "model": "lab", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}},
]


def sent(events: list[dict[str, Any]], done: str = "") -> bytes:
    return b"".join(b"data:" + json.dumps(event).encode() + b"\n\n" for event in events) + done.encode()


def lines(events: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def answered(body: bytes, asked: dict[str, Any], address: str = ADDRESS, *, ended: Ended = "eof") -> Invocation:
    request = Request("POST", address, {"content-type": "application/json"}, json.dumps(asked).encode())
    response = Response(200, {"content-type": "application/vnd.amazon.eventstream"}, body, size=len(body))
    reader = readers.recognise(request)
    assert reader is not None
    return reader.read(Exchange(request, response, ended))


def parts(inner: bytes, size: int) -> bytes:
    return b"".join(frame("PayloadPart", inner[at : at + size]) for at in range(0, len(inner), size))


@pytest.mark.parametrize("size", [1, 5, 64, 4000])
@pytest.mark.parametrize(
    "inner", [sent(TOKENS), lines(TOKENS), sent(CHAT, "data: [DONE]\n\n")], ids=["events", "lines", "chat"]
)
def test_every_container_s_stream_is_read_wherever_its_parts_are_cut(inner: bytes, size: int) -> None:
    asked = {"inputs": "hi", "parameters": {"max_new_tokens": 2}, "stream": True}
    found = answered(parts(inner, size), asked)
    assert text_of([part for message in found.output for part in message.parts]) == "Good day"
    assert found.finish_reasons == ("length",)
    assert found.usage is not None
    assert (found.usage.input_tokens, found.usage.output_tokens) == (7, 2)
    assert (found.streamed, found.complete, found.unparsed, found.error_type) == (True, True, None, None)
    assert (found.provider, found.request_model, found.parameters["max_tokens"]) == ("aws.sagemaker", "lab-llm", 2)


def test_a_container_that_streams_bare_text_is_read_as_that_text() -> None:
    found = answered(parts("Good day, é".encode(), 3), {"inputs": "hi"})
    assert text_of([part for message in found.output for part in message.parts]) == "Good day, é"
    assert (found.streamed, found.complete) == (True, True)


def test_a_stream_that_was_left_is_not_complete() -> None:
    assert not answered(parts(sent(TOKENS[:1]), 9), {"inputs": "hi"}).complete
    assert not answered(parts(b"Good", 2), {"inputs": "hi"}, ended="closed").complete


def test_an_exception_inside_the_stream_fails_the_call_and_keeps_what_was_said() -> None:
    body = parts(sent(TOKENS[:1]), 9) + frame("!ModelStreamError", b'{"Message": "gone", "ErrorCode": "X"}')
    found = answered(body, {"inputs": "hi"})
    assert text_of([part for message in found.output for part in message.parts]) == "Good"
    assert (found.error_type, found.complete, found.streamed) == ("ModelStreamError", False, True)


def test_behind_a_private_address_only_the_question_of_a_language_model_is_taken() -> None:
    address = ADDRESS.replace("https://runtime.sagemaker.eu-west-3.amazonaws.com", "http://127.0.0.1:8080")
    assert answered(parts(sent(TOKENS), 9), {"inputs": "hi"}, address).complete
    table = Request("POST", address, {"content-type": "application/json"}, b'{"inputs": [[1, 2]]}')
    assert readers.recognise(table) is None
