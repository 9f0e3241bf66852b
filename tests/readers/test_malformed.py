"""Whatever a server sends, reading it raises nothing and claims no completeness it did not see."""

import json
import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_aiprov import readers
from jupyter_aiprov.model import Exchange, Request, Response

EXAMPLES = int(os.environ.get("AIPROV_FUZZ", "6"))  # per fixture; hundreds for a long run
QUICK = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES < 10, suppress_health_check=list(HealthCheck)
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from(
    [
        "application/json",
        "text/event-stream",
        "application/x-ndjson",
        "application/vnd.amazon.eventstream",
        "text/plain",
        "",
    ]
)
CODINGS = st.sampled_from(["", "gzip", "deflate", "br", "zstd", "gzip, br"])


def read(exchange: Exchange) -> Any:
    reader = readers.recognise(exchange.request)
    if reader is None:
        return None
    found = reader.read(exchange)
    json.dumps(found.attributes(), default=str)
    json.dumps(found.content(), default=str)
    return found


@QUICK
@given(body=st.binary(max_size=400), kind=TYPES, coding=CODINGS, status=st.sampled_from([200, 204, 400, 529]))
def test_random_bytes_raise_nothing(case: Any, body: bytes, kind: str, coding: str, status: int) -> None:
    read(Exchange(case.exchange.request, Response(status, {"content-type": kind, "content-encoding": coding}, body)))
    read(Exchange(Request("POST", case.exchange.request.url, {"content-type": kind}, body), case.exchange.response))


@QUICK
@given(data=st.data())
def test_a_truncated_answer_raises_nothing_and_repeats_no_more_than_the_whole_said(case: Any, data: Any) -> None:
    body = case.exchange.response.body
    cut = data.draw(st.integers(0, len(body)))
    found = read(case.with_body(body[:cut], ended="closed"))
    assert len("".join(_texts(found))) <= len("".join(_texts(read(case.exchange))))


def _texts(invocation: Any) -> list[str]:
    return [str(p["content"]) for m in invocation.output for p in m.parts if p["type"] == "text"]


def test_a_stream_that_ends_before_its_terminal_mark_is_incomplete_wherever_it_is_cut(streamed_case: Any) -> None:
    whole = streamed_case.exchange.response.body
    for cut in range(0, len(whole) // 2, 7):
        found = read(streamed_case.with_body(whole[:cut], ended="closed"))
        assert not found.complete, cut
        found = read(streamed_case.with_body(whole[:cut], ended="eof"))
        assert not found.complete, cut


def mutated(value: Any, draw: Any) -> Any:
    """The value with a few of its leaves and branches replaced by something of another type."""
    if draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    if isinstance(value, dict):
        return {key: mutated(inner, draw) for key, inner in value.items()}
    if isinstance(value, list):
        return [mutated(inner, draw) for inner in value]
    return value


@QUICK
@given(data=st.data())
def test_wrong_types_anywhere_raise_nothing(case: Any, data: Any) -> None:
    exchange = case.exchange
    asked = exchange.request.json
    if asked is not None:
        request = replace(exchange.request, body=json.dumps(mutated(asked, data.draw)).encode())
        read(replace(exchange, request=request))
        read(Exchange(request))
    out = []
    for line in exchange.response.body.decode("utf-8", "replace").split("\n"):
        head, gap, tail = ("", "", line) if line.startswith(("{", "[")) else line.partition(": ")
        try:
            value = json.loads(tail)
        except ValueError:
            out.append(line)
            continue
        out.append(head + gap + json.dumps(mutated(value, data.draw)))
    found = read(case.with_body("\n".join(out).encode()))
    assert found.unparsed is None or "Error" not in found.unparsed, found.unparsed


@QUICK
@given(body=VALUES, answer=VALUES, kind=TYPES)
def test_any_json_in_either_direction_raises_nothing(case: Any, body: Any, answer: Any, kind: str) -> None:
    request = replace(case.exchange.request, body=json.dumps(body).encode())
    text = json.dumps(answer)
    text = f"data: {text}\n\n" if kind == "text/event-stream" else text
    read(Exchange(request, Response(200, {"content-type": kind}, text.encode())))


def test_json_nested_beyond_all_measure_raises_nothing(case: Any) -> None:
    deep = b'{"choices": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    read(case.with_body(deep))
    read(Exchange(replace(case.exchange.request, body=deep), case.exchange.response))
    legal = b"[" * 900 + b"]" * 900
    read(case.with_body(b'{"output": ' + legal + b', "content": ' + legal + b"}"))
    read(
        Exchange(
            replace(case.exchange.request, body=b'{"model": "m", "input": ' + legal + b', "messages": ' + legal + b"}")
        )
    )


# Tasks and services whose answers may be any object or list: there only a bare value is none.
OPEN = ("generic.", "services.", "huggingface.infer", "sagemaker.")


def reads(case: Any, answer: Any, kind: str = "application/json") -> Any:
    body = json.dumps(answer).encode()
    found = read(Exchange(case.exchange.request, Response(200, {"content-type": kind}, body, size=len(body))))
    assert found is not None
    return found


def is_open(case: Any) -> bool:
    reader = readers.recognise(case.exchange.request)
    return reader is not None and reader.name.startswith(OPEN)


def assert_no_answer(found: Any) -> None:
    if found.kind == "call":  # a file that holds no answers is none
        assert not found.complete
        assert found.unparsed or found.error_type


@pytest.mark.parametrize("answer", [0, -1.5, True, "", "text"], ids=repr)
def test_a_bare_value_is_no_answer_of_any_dialect(case: Any, answer: Any) -> None:
    if json.dumps(answer).encode() == case.exchange.response.body:
        return
    assert_no_answer(reads(case, answer))


@pytest.mark.parametrize("answer", [[1], ["a", None], {}, {"unheard": "of"}, {"ok": True, "n": [1]}], ids=repr)
def test_json_of_another_shape_is_no_answer_of_a_dialect_that_has_one(case: Any, answer: Any) -> None:
    if not is_open(case):
        assert_no_answer(reads(case, answer))


@QUICK
@given(data=st.data())
def test_an_answer_whose_fields_all_have_another_type_is_not_complete(case: Any, data: Any) -> None:
    try:
        answer = json.loads(case.exchange.response.body)
    except ValueError:
        return
    if isinstance(answer, dict) and not is_open(case):
        wrong = st.sampled_from([0, 1.5, True, -7])
        found = reads(case, {key: data.draw(wrong) for key in answer})
        # `"error": true` is an error, and a whole one; a file that holds no answers is no call
        assert not found.complete or found.error_type or found.kind == "housekeeping"


@QUICK
@given(answer=SCALARS | st.lists(SCALARS, max_size=3))
def test_events_of_bare_values_are_no_complete_stream_even_with_an_end_mark(streamed_case: Any, answer: Any) -> None:
    body = f"data: {json.dumps(answer)}\n\ndata: [DONE]\n\n".encode()
    response = Response(200, {"content-type": "text/event-stream"}, body, size=len(body))
    found = read(Exchange(streamed_case.exchange.request, response))
    assert not found.complete
    assert found.unparsed or found.error_type


@pytest.mark.parametrize("page", [b"<html>gateway</html>", b"<!doctype html><p>login</p>"])
def test_a_gateways_page_is_no_answer_whatever_was_asked(case: Any, page: bytes) -> None:
    found = read(Exchange(case.exchange.request, Response(200, {"content-type": "text/html"}, page, size=len(page))))
    assert_no_answer(found)
