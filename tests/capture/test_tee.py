"""What goes in comes out, whatever the pieces; and a call ends exactly once."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov import readers
from jupyter_aiprov.capture._tee import afollowed, followed, listen, listening, watch
from jupyter_aiprov.model import Exchange, Request, Response
from tests.capture.fake_tap import FakeCall, FakeTap

PIECES = st.lists(st.binary(max_size=40), max_size=12)


def call() -> FakeCall:
    return FakeCall(None, None, "test", None)


@given(PIECES, st.integers(0, 12))
def test_bytes_out_are_bytes_in_for_any_chunking_and_any_place_to_stop(pieces, stop):
    one = call()
    out = []
    stream = followed(iter(pieces), one)
    for piece in stream:
        out.append(piece)
        if len(out) == stop:
            break
    stream.close()
    assert out == pieces[: stop or None] == one.chunks
    assert one.ended == ("closed" if 0 < stop <= len(pieces) else "eof")


@given(PIECES, st.integers(0, 12))
def test_async_bytes_out_are_bytes_in_for_any_chunking_and_any_place_to_stop(pieces, stop):
    one = call()

    async def source():
        for piece in pieces:
            yield piece

    async def read() -> list[bytes]:
        out = []
        stream = afollowed(source(), one)
        async for piece in stream:
            out.append(piece)
            if len(out) == stop:
                break
        await stream.aclose()
        return out

    assert asyncio.run(read()) == pieces[: stop or None] == one.chunks
    assert one.ended == ("closed" if 0 < stop <= len(pieces) else "eof")


class Source:
    """A response with two ways to read, one of which uses the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, n: int) -> bytes:
        out, self.data = self.data[:n], self.data[n:]
        return out

    def line(self) -> bytes:
        return self.read(1) + self.read(2)

    def close(self) -> None:
        pass


@given(st.binary(max_size=60), st.lists(st.booleans(), max_size=40))
def test_a_read_inside_a_read_counts_once(data, ways):
    one, source = call(), Source(data)
    given_back = lambda result, args: result  # noqa: E731
    with listening(Source, {"read": given_back, "line": given_back}, ("close",)):
        listen(source, one, lambda s: not s.data)
        out = b"".join(source.line() if way else source.read(3) for way in ways)
        assert one.body == out
        source.close()
    assert one.ended is not None
    assert set(vars(source)) == {"data"}


def test_the_listener_keeps_nothing_alive():
    one, source = call(), Source(b"abc")
    with listening(Source, {"read": lambda r, a: r}, ("close",)):
        listen(source, one, lambda s: False)
        del source
        assert one.ended == "gc", "at once, without the cycle collector"


def test_an_object_that_only_its_method_holds_is_read_as_ever():
    """`urlopen(...).read()`: nothing else keeps the response."""
    one = call()

    def made() -> Source:
        source = Source(b"abc")
        listen(source, one, lambda s: not s.data)
        return source

    with listening(Source, {"read": lambda r, a: r}, ("close",)):
        assert made().read(3) == b"abc"
    assert (one.body, one.ended) == (b"abc", "eof")


def test_a_carrier_that_is_forgotten_ends_its_call_once():
    one = call()
    carrier = Source(b"")
    watch(carrier, one)
    one.finish("eof")
    del carrier
    gc.collect()
    assert one.ended == "eof"


@settings(deadline=None)  # the first one loads the readers
@given(st.binary(max_size=400), st.sampled_from(["", "gzip", "br", "zstd", "deflate", "nonsense"]))
def test_any_bytes_as_an_answer_are_read_or_said_to_be_unparsed(body, encoding):
    request = Request("POST", "https://api.openai.com/v1/chat/completions", {}, b'{"model": "m", "messages": []}')
    reader = readers.recognise(request)
    assert reader is not None
    headers = {"content-type": "application/json", **({"content-encoding": encoding} if encoding else {})}
    invocation = reader.read(Exchange(request, Response(200, headers, body, size=len(body))))
    assert invocation.unparsed or invocation.output or not invocation.complete


def test_a_program_that_ends_with_streams_open_ends_quietly():
    code = """
import threading
from jupyter_aiprov.capture import install
from tests.capture.fake_tap import FakeTap
from tests.loopback import Loopback
import httpx
following = install(FakeTap())
following.__enter__()
server = Loopback().__enter__()
client = httpx.Client()
asked = {"model": "m", "messages": [], "stream": True}
request = client.build_request("POST", server.url("hold", "/v1/chat/completions"), json=asked)
answer = client.send(request, stream=True)
pieces = answer.iter_raw()
next(pieces)
server.release.set()
print("end", flush=True)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path.cwd(), timeout=60)
    assert (run.returncode, run.stdout.strip()) == (0, "end"), run.stderr
    assert "jupyter_aiprov" not in run.stderr, run.stderr


def test_python_children_that_are_not_followed_are_said_once(tap: FakeTap, installed):
    for _ in range(2):
        subprocess.run([sys.executable, "-c", "pass", "s3cret"], check=True)
    subprocess.run(["true"], check=True)
    said = [detail for reason, detail in tap.gaps if reason == "child-process"]
    assert said == ["python: what it asks of models is not followed"]


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (["ollama", "run", "llama3.2", "s3cret"], "ollama"),
        (["/usr/bin/curl", "-s", "https://api.openai.com/v1/chat/completions", "-H", "s3cret"], "curl"),
        ("curl http://localhost:11434/api/generate -d s3cret", "curl"),
        (["curl", "https://data.example/cohort.csv"], None),
        (["git", "status"], None),
    ],
)
def test_programs_that_ask_models_are_said_by_name(tap: FakeTap, installed, command, named):
    with pytest.raises(OSError, match="no-such-folder"):
        subprocess.Popen(command, cwd="/no-such-folder")
    said = [detail for reason, detail in tap.gaps if reason == "child-process"]
    assert said == ([f"{named}: what it asks of models is not followed"] if named else [])
