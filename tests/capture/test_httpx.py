"""httpx and httpx2: one record per attempt, and nothing changes for the caller."""

from __future__ import annotations

import gc
import gzip
import io
from typing import Any

import pytest

from jupyter_aiprov.capture import install
from tests.capture.fake_tap import FakeTap, nothing_under_way


@pytest.fixture(params=["httpx", "httpx2"])
def lib(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


def streaming(lib: Any, pieces: list[bytes], **headers: str) -> Any:
    class Stream(lib.SyncByteStream, lib.AsyncByteStream):
        closed = 0

        def __iter__(self):
            yield from pieces

        async def __aiter__(self):
            for piece in pieces:
                yield piece

        def close(self):
            self.closed += 1

        async def aclose(self):
            self.closed += 1

    return lib.MockTransport(lambda request: lib.Response(200, headers=headers, stream=Stream()))


def test_a_client_built_before_loading_is_recorded(lib, tap):
    client = lib.Client(transport=lib.MockTransport(lambda request: lib.Response(200, json={"a": 1})))
    bound = client.post
    with install(tap):
        answer = bound("https://api.example/v1", json={"q": 2}, headers={"Authorization": "Bearer s3cret"})
    assert answer.json() == {"a": 1}
    assert tap.call.request.json == {"q": 2}
    assert tap.call.body == answer.content
    assert (tap.call.ended, tap.call.ends, tap.call.method) == ("eof", 1, lib.__name__)
    assert "s3cret" not in str(tap.call.request.headers)
    client.post("https://api.example/v1", json={})
    assert len(tap.calls) == 1


def test_a_stream_arrives_chunk_by_chunk_as_sent(lib, tap, installed):
    pieces = [b"data: 1\n", b"\n", b"data: [DONE]\n\n"]
    client = lib.Client(transport=streaming(lib, pieces))
    with client.stream("POST", "https://api.example/v1") as answer:
        assert list(answer.iter_raw()) == pieces
        assert tap.call.ended == "eof"
    assert answer.elapsed.total_seconds() >= 0
    assert tap.call.chunks == pieces
    assert nothing_under_way() is None


async def test_an_async_stream_arrives_chunk_by_chunk_as_sent(lib, tap, installed):
    pieces = [b"a", b"b", b"c"]
    client = lib.AsyncClient(transport=streaming(lib, pieces))
    async with client.stream("POST", "https://api.example/v1") as answer:
        assert [piece async for piece in answer.aiter_raw()] == pieces
    assert answer.elapsed.total_seconds() >= 0
    assert (tap.call.chunks, tap.call.ended) == (pieces, "eof")


def test_breaking_out_keeps_what_was_read(lib, tap, installed):
    client = lib.Client(transport=streaming(lib, [b"a", b"b", b"c"]))
    with client.stream("POST", "https://api.example/v1") as answer:
        for piece in answer.iter_raw():
            assert piece == b"a"
            break
    assert (tap.call.body, tap.call.ended) == (b"a", "closed")


async def test_breaking_out_of_an_async_stream_keeps_what_was_read(lib, tap, installed):
    client = lib.AsyncClient(transport=streaming(lib, [b"a", b"b", b"c"]))
    async with client.stream("POST", "https://api.example/v1") as answer:
        async for piece in answer.aiter_raw():
            assert piece == b"a"
            break
    assert (tap.call.body, tap.call.ended) == (b"a", "closed")


def test_a_forgotten_stream_ends_as_gc(lib, tap, installed):
    client = lib.Client(transport=streaming(lib, [b"a"]))
    answer = client.send(client.build_request("POST", "https://api.example/v1"), stream=True)
    assert tap.call.ended is None
    del answer
    gc.collect()
    assert (tap.call.ended, tap.call.body) == ("gc", b"")


def test_an_error_passes_through_unchanged(lib, tap, installed):
    cause = OSError("cable")

    def fail(request):
        raise lib.ConnectError("no way") from cause

    client = lib.Client(transport=lib.MockTransport(fail))
    with pytest.raises(lib.ConnectError) as caught:
        client.get("https://api.example/v1")
    assert caught.value.args == ("no way",)
    assert caught.value.__cause__ is cause
    assert (tap.call.ended, tap.call.error) == ("error", caught.value)
    assert nothing_under_way() is None


def test_bytes_stay_encoded(lib, tap, installed):
    packed = gzip.compress(b'{"a": 1}')
    client = lib.Client(transport=streaming(lib, [packed[:7], packed[7:]], **{"content-encoding": "gzip"}))
    assert client.get("https://api.example/").json() == {"a": 1}
    assert tap.call.body == packed
    assert tap.call.headers["content-encoding"] == "gzip"


def test_every_redirect_hop_is_an_attempt(lib, tap, installed):
    def answer(request):
        if request.url.path == "/a":
            return lib.Response(307, headers={"location": "/b"})
        return lib.Response(200, text="there")

    client = lib.Client(transport=lib.MockTransport(answer), follow_redirects=True)
    assert client.post("https://api.example/a", json={}).text == "there"
    assert [c.status for c in tap.calls] == [307, 200]


@pytest.mark.parametrize("kind", ["bytes", "memory", "disk", "stream"])
def test_an_upload_is_looked_at_and_put_back(lib, tap, installed, tmp_path, kind):
    """The guard examines files before they leave; a file that only streams by is said to be unread."""
    seen = []

    def answer(request):
        seen.append(request.read())
        return lib.Response(200, json={"text": "hi"})

    class Stream(io.BytesIO):
        def seekable(self):
            return False

    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFFnoise")
    with path.open("rb") as disk:
        file = {"bytes": b"RIFFnoise", "memory": io.BytesIO(b"RIFFnoise"), "disk": disk, "stream": Stream(b"RIFFnoise")}
        client = lib.Client(transport=lib.MockTransport(answer))
        client.post("https://api.example/", data={"model": "whisper-1"}, files={"file": ("a.wav", file[kind])})
    assert b"RIFFnoise" in seen[0]
    assert b"whisper-1" in tap.call.request.body
    assert b'filename="a.wav"' in tap.call.request.body
    assert (b"RIFFnoise" in tap.call.request.body) is (kind != "stream")
    assert tap.call.request.truncated is (kind == "stream")


def test_what_is_no_ai_call_passes_untouched(lib):
    tap = FakeTap(wanted=lambda request: False)
    with install(tap):
        client = lib.Client(transport=streaming(lib, [b"a"]))
        with client.stream("GET", "https://data.example/") as answer:
            assert type(answer.stream._stream).__name__ == "Stream"
    assert tap.calls == []


def test_a_stop_leaves_before_anything_is_sent(lib, tap, installed):
    class Stop(BaseException):
        pass

    sent = []
    client = lib.Client(transport=lib.MockTransport(sent.append))
    tap.stop = Stop()
    with pytest.raises(Stop):
        client.get("https://api.example/v1")
    assert sent == []


def test_the_classes_are_what_they_were(lib, tap):
    before = dict(vars(lib.Client)), dict(vars(lib.AsyncClient))
    with install(tap):
        assert dict(vars(lib.Client)) != before[0]
    assert (dict(vars(lib.Client)), dict(vars(lib.AsyncClient))) == before
