"""Whatever a server sends: the user gets what he gets without us, memory stays bounded, the record says `unparsed`."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from jupyter_aiprov.recorder import HEAD, TAIL
from tests.capture.recording import Recording, recording

ROOT = Path(__file__).parents[2]
CHAT = "https://api.openai.com/v1/chat/completions"
ASK = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
GOOD = {
    "id": "c1", "object": "chat.completion", "model": "m-1", "usage": {"prompt_tokens": 5, "completion_tokens": 2},
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello there!"}, "finish_reason": "stop"}],
}  # fmt: skip
WHOLE = json.dumps(GOOD).encode()
NOISE = random.Random(3)

BODIES: dict[str, tuple[str, bytes]] = {
    "random bytes": ("application/json", NOISE.randbytes(5000)),
    "random bytes as events": ("text/event-stream", NOISE.randbytes(5000)),
    "truncated JSON": ("application/json", WHOLE[:-20]),
    "a lone brace": ("application/json", b"{"),
    "a number": ("application/json", b"0"),
    "a list": ("application/json", b"[1, 2, 3]"),
    "choices is a number": ("application/json", b'{"id": "x", "model": "m", "choices": 5}'),
    "choices hold numbers": ("application/json", b'{"id": "x", "model": "m", "choices": [1, null]}'),
    "a page": ("text/html", b"<html>login</html>"),
    "events without sense": ("text/event-stream", b"data: 0\n\ndata: [1]\n\ndata: [DONE]\n\n"),
    "no events": ("text/event-stream", b"hello\n\nworld\n\n"),
    "nested beyond measure": ("application/json", b'{"choices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "invalid UTF-8": ("application/json", b'{"choices": "\xff\xfe\xfd'),
    "50 MB": ("application/json", b'{"choices": "' + b"x" * (50 * 2**20) + b'"}'),
    "50 MB of events": ("text/event-stream", b"data: {}\n\n" * (5 * 2**20)),
}


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Recording]:
    with recording(tmp_path) as running:
        yield running


def pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 2**18):
        yield body[start : start + 2**18]


def fetched(body: bytes, kind: str, **headers: str) -> bytes:
    class Stream(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            return pieces(body)

    answer = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"content-type": kind, **headers}, stream=Stream())
    )
    with httpx.Client(transport=answer) as client, client.stream("POST", CHAT, json=ASK) as response:
        return b"".join(response.iter_raw())


@pytest.mark.parametrize("name", BODIES)
def test_what_cannot_be_understood_is_said_to_be_unparsed_and_arrives_as_sent(record: Recording, name: str) -> None:
    kind, body = BODIES[name]
    assert fetched(body, kind) == body
    capture = record.call["capture"]
    assert capture["unparsed"]
    assert not capture["complete"]
    assert capture["bytes"] == len(body)
    assert record.recorder.coverage["unparsed"] == 1
    assert not [e for e in record.events("gap") if e["reason"] == "internal"]


def test_an_event_stream_without_end_is_kept_up_to_a_limit_and_lets_go_when_the_user_does(record: Recording) -> None:
    chunk = b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": "x" * 1000}}]}).encode() + b"\n\n"

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield chunk * 100

    answer = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Endless())
    )
    seen = 0
    with httpx.Client(transport=answer) as client, client.stream("POST", CHAT, json=ASK) as response:
        for piece in response.iter_raw():
            seen += len(piece)
            if seen > 2 * (HEAD + TAIL):
                break
    call = record.call
    assert (call["status"], call["capture"]["complete"]) == ("abandoned", False)
    assert call["capture"]["bytes"] >= seen
    assert len(record.text()) < 2 * (HEAD + TAIL) + 2**20


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_that_inflates_without_measure_is_read_up_to_a_limit(record: Recording, coding: str) -> None:
    plain = b'{"choices": "' + b"0" * (300 * 2**20) + b'"}'
    packed = gzip.compress(plain, 1) if coding == "gzip" else zlib.compress(plain, 1)
    fetched(packed, "application/json", **{"content-encoding": coding})
    assert record.call["capture"]["unparsed"]


BOUNDED = """
import resource, sys, tempfile
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.capture.recording import recording
from tests.capture.test_fuzz import BODIES, fetched
def held(): return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
with recording(Path(tempfile.mkdtemp())) as record:
    kind, body = BODIES["50 MB"]
    def ask(times):
        for _ in range(times):
            fetched(body, kind)
            record.recorder.flush(60)
    ask(3)
    before = held()
    ask(20)
    print(round(held() - before, 1))
"""


@pytest.mark.full
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads its memory from /proc")
@pytest.mark.timeout(900)
def test_a_gigabyte_of_long_bodies_stays_within_what_a_few_of_them_take() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED.format(root=str(ROOT))], capture_output=True, text=True, timeout=800
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) <= 150, f"{done.stdout} MB more"


def test_fuzz_from_many_threads_at_once_gives_a_record_each(record: Recording) -> None:
    names = [n for n in BODIES if "50 MB" not in n]

    def ask(name: str) -> None:
        kind, body = BODIES[name]
        assert fetched(body, kind) == body

    threads = [threading.Thread(target=ask, args=(name,)) for name in names * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    calls: list[dict[str, Any]] = record.calls()
    assert len(calls) == 4 * len(names)
    assert all(c["capture"]["unparsed"] for c in calls)


@pytest.mark.parametrize("seed", range(20))
def test_any_mutilation_of_a_good_answer_is_recorded_once_without_complaint(record: Recording, seed: int) -> None:
    chance = random.Random(seed)
    body = bytearray(WHOLE)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(body))
        body[at : at + chance.randint(0, 4)] = chance.randbytes(chance.randint(0, 4))
    assert fetched(bytes(body), "application/json") == bytes(body)
    capture = record.call["capture"]
    assert capture["unparsed"] or capture["complete"]
    assert not [e for e in record.events("gap") if e["reason"] in ("internal", "reader-failed")]
