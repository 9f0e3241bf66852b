"""Bodies are decoded from the response's headers; what was cut gives the prefix that arrived."""

import gzip
import importlib
import json
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_aiprov import readers
from jupyter_aiprov.model import Response, text_of
from jupyter_aiprov.readers import _aws, _body, _chat, _reading, _stream

TEXT = b"".join(b"%d the quick brown fox\n" % n for n in range(5000))


def encoded(coding: str, data: bytes) -> bytes:
    if coding == "gzip":
        return gzip.compress(data)
    if coding == "deflate":
        return zlib.compress(data)
    if coding == "raw deflate":
        return zlib.compress(data, wbits=-15)
    module = pytest.importorskip({"br": "brotli", "zstd": "zstandard"}[coding])
    return module.compress(data) if coding == "br" else module.ZstdCompressor().compress(data)


CODINGS = ["gzip", "deflate", "raw deflate", "br", "zstd"]


@pytest.mark.parametrize("coding", CODINGS)
def test_every_content_coding_is_undone(coding: str) -> None:
    response = Response(200, {"content-encoding": coding.removeprefix("raw ")}, encoded(coding, TEXT))
    assert _body.decoded(response) == TEXT


@pytest.mark.parametrize("coding", CODINGS)
def test_a_cut_body_gives_the_prefix_that_arrived(coding: str) -> None:
    whole = encoded(coding, TEXT)
    got = _body.decoded(Response(200, {"content-encoding": coding.removeprefix("raw ")}, whole[: len(whole) * 2 // 3]))
    assert TEXT.startswith(got) or got == whole[: len(whole) * 2 // 3]
    if coding in ("gzip", "deflate", "raw deflate"):
        assert 0 < len(got) < len(TEXT)


def test_codings_are_undone_in_reverse_order_and_members_follow_one_another() -> None:
    twice = Response(200, {"content-encoding": "deflate, gzip"}, gzip.compress(zlib.compress(TEXT)))
    assert _body.decoded(twice) == TEXT
    members = Response(200, {"content-encoding": "gzip"}, gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]))
    assert _body.decoded(members) == TEXT


@pytest.mark.parametrize("cut", [None, -30])
def test_zstandard_is_undone_with_pythons_own_library_too(monkeypatch: pytest.MonkeyPatch, cut: int | None) -> None:
    """From Python 3.14 on, and through its backport, HTTP libraries take it without the package `zstandard`."""
    try:
        library = importlib.import_module("compression.zstd")
    except ImportError:
        library = pytest.importorskip("backports.zstd")
    monkeypatch.setattr(_body, "_found", lambda *names: library)
    packed = library.compress(TEXT) + library.compress(b" and a frame more")
    got = _body.decoded(Response(200, {"content-encoding": "zstd"}, packed[:cut]))
    assert got == TEXT + b" and a frame more" if cut is None else TEXT.startswith(got[: len(TEXT)])


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_no_coding_inflates_beyond_the_limit(monkeypatch: pytest.MonkeyPatch, coding: str) -> None:
    monkeypatch.setattr(_body, "LIMIT", 100_000)
    got = _body.decoded(Response(200, {"content-encoding": coding}, encoded(coding, b"0" * 50_000_000)))
    assert got == b"0" * len(got)
    assert 100_000 <= len(got) <= 100_000 + _body.STEP


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity", "unheard-of"])
def test_a_body_that_is_already_clear_stays_as_it_is(coding: str) -> None:
    assert _body.decoded(Response(200, {"content-encoding": coding}, b'{"a": 1}')) == b'{"a": 1}'


def test_a_body_that_inflates_without_end_is_read_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_body, "LIMIT", 10_000)
    bomb = gzip.compress(b"0" * 5_000_000)
    assert len(_body.decoded(Response(200, {"content-encoding": "gzip"}, bomb))) == 10_000


def test_a_compressed_answer_is_read_like_a_plain_one(case: Any) -> None:
    reader = readers.recognise(case.exchange.request)
    response = case.exchange.response
    assert reader is not None
    packed = Response(
        response.status,
        {**response.headers, "content-encoding": "gzip"}
        | ({"content-length": "1"} if "content-length" in response.headers else {}),
        gzip.compress(response.body),
        size=response.size,
    )
    plain, zipped = reader.read(case.exchange), reader.read(type(case.exchange)(case.exchange.request, packed))
    assert (plain.output, plain.finish_reasons, plain.usage) == (zipped.output, zipped.finish_reasons, zipped.usage)


def test_lines_of_a_stream_end_in_any_of_the_three_ways_and_never_at_a_line_separator_inside_json() -> None:
    body = 'data: {"a": "x\u2028y"}\r\n\r\n: comment\r\rdata: {"a":\ndata: 2}\n\nevent: done\ndata:[DONE]'.encode()
    found = _stream.events(Response(200, {"content-type": "text/event-stream"}, body))
    assert [event.data for event in found] == [{"a": "x\u2028y"}, {"a": 2}, None]
    assert (found[-1].name, _stream.done(found)) == ("done", True)


def aws(*payloads: bytes) -> list[bytes]:
    out = []
    for payload in payloads:
        header = b"\x0b:event-type\x07\x00\x05event"
        prelude = struct.pack(">II", 16 + len(header) + len(payload), len(header))
        out.append(prelude + b"CRC?" + header + payload + b"CRC?")
    return out


def test_frames_with_a_wrong_checksum_are_read_and_a_hole_is_stepped_over() -> None:
    one, two, three = aws(b'{"n": 1}', json.dumps({"n": "x" * 300}).encode(), b'{"n": 3}')
    assert [value["n"] for _, value in _aws.messages(one + two + three)] == [1, "x" * 300, 3]
    holed = one + two[:50] + three  # capture keeps head and tail of a long body
    assert [value for _, value in _aws.messages(holed)][-1] == {"n": 3}
    assert [value for _, value in _aws.messages(one + two[:50])] == [{"n": 1}]


def test_pictures_and_sound_are_recorded_by_type_size_and_digest_only(case: Any) -> None:
    reader = readers.recognise(case.exchange.request)
    assert reader is not None
    invocation = reader.read(case.exchange)
    for message in (*invocation.input, *invocation.output):
        for part in message.parts:
            if part["type"] == "blob":
                assert {"bytes", "sha256"} <= set(part)
                assert not {"data", "content"} & set(part)
    assert isinstance(text_of(()), str)


PIECE = {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": None}]}
CHANGES = st.sampled_from(
    [{}] * 6
    + [{"usage": {"prompt_tokens": 1}}, {"obfuscation": "x9"}, {"model": "n"}, {"choices": []}, {"content": "no word"}]
    + [{"system_fingerprint": "f"}, {"error": {"type": "late"}}, {"choices": PIECE["choices"] * 2}, {"created": 7}]
)
DELTAS = st.sampled_from(
    [{}] * 6
    + [{"role": "assistant"}, {"tool_calls": []}, {"reasoning_content": "so"}, {"content": None}, {"content": [1]}]
)


@given(
    pieces=st.lists(
        st.tuples(
            st.text(max_size=4) | st.sampled_from(["\ud83d", "\ude00", '"', "\\", "\n", '"content": "']),
            CHANGES,
            DELTAS,
            st.sampled_from([None] * 6 + ["stop"]),
            st.sampled_from([0, 0, 0, 0, 1]),
        ),
        max_size=12,
    ),
    ascii_only=st.booleans(),
    compact=st.booleans(),
    cut=st.integers(0, 40),
)
def test_words_that_come_as_one_event_say_what_they_say_one_by_one(
    pieces: list[Any], ascii_only: bool, compact: bool, cut: int
) -> None:
    lines = []
    for word, change, delta, reason, index in pieces:
        choice = {"index": index, "delta": {"content": word, **delta}, "finish_reason": reason}
        chunk = {**PIECE, "choices": [choice], **change}
        separators = (",", ":") if compact else None
        lines.append(f"data: {json.dumps(chunk, ensure_ascii=ascii_only, separators=separators)}\n\n")
    body = "".join([*lines, "data: [DONE]\n\n"]).encode("utf-8", "replace")
    response = Response(200, {"content-type": "text/event-stream"}, body[: len(body) - cut])
    joined, single = _stream.events(response, words=True), _stream.events(response)
    assert len(joined) <= len(single)
    assert _chat.streamed(joined) == _chat.streamed(single)
    assert _reading.stream_error(joined) == _reading.stream_error(single)


def test_the_words_of_a_plain_stream_come_as_one_event() -> None:
    pieces = [json.dumps(PIECE).replace('""', json.dumps(word)) for word in ("", "a", "é", "\n")]
    lines = "".join(f"data: {piece}\n\n" for piece in [*pieces, "[DONE]"])
    found = _stream.events(Response(200, {"content-type": "text/event-stream"}, lines.encode()), words=True)
    assert [e.data and e.data["choices"][0]["delta"]["content"] for e in found] == ["aé\n", None]
    assert _stream.done(found)
