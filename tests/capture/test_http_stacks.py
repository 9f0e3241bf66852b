"""urllib3, requests, aiohttp and the standard library: one record per attempt, whoever is above."""

from __future__ import annotations

import gc
import json
import urllib.error
import urllib.request
from http.client import HTTPConnection
from typing import Any

import pytest

from jupyter_aiprov import readers
from tests.loopback import TEXT

ASK = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**ASK, "stream": True}
PATH = "/v1/chat/completions"

requests = pytest.importorskip("requests")
urllib3 = pytest.importorskip("urllib3")
aiohttp = pytest.importorskip("aiohttp")


def text_of(body: bytes) -> str:
    """The words of an answer, whole or streamed."""
    if body.startswith(b"data:"):
        events = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]
        return "".join(e["choices"][0]["delta"].get("content", "") for e in events if e["choices"])
    return json.loads(body)["choices"][0]["message"]["content"]


# ── requests over urllib3 ─────────────────────────────────────────────────────────────


def test_requests_is_recorded_once_not_again_below(tap, installed, server):
    answer = requests.post(server.url(path=PATH), json=ASK, headers={"Authorization": "Bearer s3cret"})
    assert answer.json()["choices"]
    assert (tap.call.method, tap.call.status, tap.call.ended) == ("urllib3", 200, "eof")
    assert tap.call.request.json == ASK
    assert tap.call.request.url == server.url(path=PATH)
    assert text_of(tap.call.body) == TEXT
    assert "s3cret" not in str(tap.call.request.headers)


@pytest.mark.parametrize("mode", ["", "sized"])
def test_a_requests_stream_read_by_line_arrives_whole(tap, installed, server, mode):
    with requests.post(server.url(mode, PATH), json=STREAM, stream=True) as answer:
        lines = list(answer.iter_lines())
    assert lines[-2] == b"data: [DONE]"
    assert (text_of(tap.call.body), tap.call.ended) == (TEXT, "eof")


def test_a_requests_stream_broken_out_of_is_closed(tap, installed, server):
    with requests.post(server.url(path=PATH), json=STREAM, stream=True) as answer:
        before = set(vars(answer.raw))
        for _ in answer.iter_lines():
            break
    assert tap.call.ended == "closed"
    assert tap.call.body
    assert len(before - set(vars(answer.raw))) == 1, "our listener is taken away again"


def test_a_requests_answer_with_gzip_keeps_its_encoding(tap, installed, server):
    answer = requests.post(server.url("gzip", PATH), json=ASK)
    assert answer.json()["choices"]
    assert tap.call.headers["content-encoding"] == "gzip"
    assert tap.call.body[:2] == b"\x1f\x8b"


def test_a_cut_connection_is_an_error_of_the_users_own(tap, installed, server):
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.post(server.url("cut", PATH), json=STREAM)
    assert tap.call.ended == "error"
    assert tap.call.body.startswith(b"data:")


def test_nobody_listening_is_one_failed_attempt(tap, installed):
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.post("http://127.0.0.1:9/v1/chat/completions", json=ASK)
    assert (tap.call.ended, tap.call.status) == ("error", None)


# ── urllib3 itself ────────────────────────────────────────────────────────────────────


def test_a_preloaded_urllib3_answer_comes_unpacked_and_names_no_encoding(tap, installed, server):
    pool = urllib3.PoolManager()
    answer = pool.request("POST", server.url("gzip", PATH), json=ASK)
    assert answer.json()["choices"]
    assert "content-encoding" not in tap.call.headers
    assert (text_of(tap.call.body), tap.call.ended) == (TEXT, "eof")


@pytest.mark.parametrize("mode", ["", "sized"])
@pytest.mark.parametrize("how", ["read", "read_amt", "read1", "stream", "iter", "readline", "readinto"])
def test_every_way_of_reading_urllib3_gives_the_same_bytes(tap, installed, server, how, mode):
    pool = urllib3.PoolManager()
    answer = pool.request("POST", server.url(mode, PATH), body=json.dumps(STREAM), preload_content=False)
    out = bytearray()
    if how == "read":
        out += answer.read()
    elif how == "read_amt":
        while piece := answer.read(7):
            out += piece
    elif how == "read1":
        while piece := answer.read1(7):
            out += piece
    elif how == "stream":
        for piece in answer.stream(5):
            out += piece
    elif how == "iter":
        for piece in answer:
            out += piece
    elif how == "readline":
        while piece := answer.readline():
            out += piece
    else:
        room = bytearray(50)
        while count := answer.readinto(room):
            out += room[:count]
    answer.release_conn()
    assert tap.call.body == bytes(out)
    assert (text_of(tap.call.body), tap.call.ended, tap.call.ends) == (TEXT, "eof", tap.call.ends)


def test_urllib3_retries_are_attempts(tap, installed, server):
    retry = urllib3.Retry(total=2, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
    answer = urllib3.PoolManager().request("POST", server.url("503once", PATH), json=ASK, retries=retry)
    assert answer.status == 200
    assert [c.status for c in tap.calls] == [503, 200]


def test_a_forgotten_urllib3_answer_ends_as_gc(tap, installed, server):
    pool = urllib3.PoolManager()
    answer = pool.request("POST", server.url(path=PATH), json=STREAM, preload_content=False)
    pool.clear()
    del answer
    gc.collect()
    assert tap.call.ended in ("gc", "closed")


def test_a_forward_proxy_is_passed_through_with_the_real_address(tap, installed, server):
    proxy = urllib3.ProxyManager(server.url())
    proxy.request("POST", "http://llm.example/v1/chat/completions", json=ASK)
    assert tap.call.request.url == "http://llm.example/v1/chat/completions"


def test_answers_that_only_their_method_holds_are_read_as_without_us(tap, installed, server):
    """`urlopen(...).read()` and `pool.request(...).read()` keep nothing but the bound method."""
    asked = json.dumps(ASK).encode()
    assert json.loads(urllib.request.urlopen(server.url(path=PATH), asked).read())["choices"]
    pool = urllib3.PoolManager()
    assert json.loads(pool.request("POST", server.url(path=PATH), body=asked, preload_content=False).read())["choices"]
    assert requests.post(server.url(path=PATH), json=ASK, stream=True).raw.read()
    assert pool.request("POST", server.url(path=PATH), body=asked, preload_content=False).close() is None
    assert requests.post(server.url(path=PATH), json=ASK, stream=True).raw.release_conn() is None
    assert [c.ended for c in tap.calls] == ["eof", "eof", "eof", "closed", "closed"]


# ── the standard library ──────────────────────────────────────────────────────────────


def post(url: str, asked: dict[str, Any]) -> urllib.request.Request:
    return urllib.request.Request(
        url, json.dumps(asked).encode(), {"content-type": "application/json", "x-api-key": "s3cret"}
    )


def test_urllib_request_is_recorded(tap, installed, server):
    with urllib.request.urlopen(post(server.url(path=PATH), ASK)) as answer:
        body = answer.read()
    assert (tap.call.method, tap.call.body, tap.call.ended) == ("http.client", body, "eof")
    assert tap.call.request.json == ASK
    assert tap.call.request.url == server.url(path=PATH)
    assert tap.call.request.headers["x-api-key"] == ""


@pytest.mark.parametrize("mode", ["", "sized"])
@pytest.mark.parametrize("how", ["lines", "read_amt", "readinto", "read1"])
def test_every_way_of_reading_http_client_gives_the_same_bytes(tap, installed, server, how, mode):
    out = bytearray()
    with urllib.request.urlopen(post(server.url(mode, PATH), STREAM)) as answer:
        if how == "lines":
            for line in answer:
                out += line
        elif how == "readinto":
            room = bytearray(64)
            while count := answer.readinto(room):
                out += room[:count]
        else:
            while piece := getattr(answer, how[:5].rstrip("_"))(9):
                out += piece
    assert tap.call.body == bytes(out)
    assert (text_of(bytes(out)), tap.call.ended) == (TEXT, "eof")


def test_an_http_error_is_the_users_own(tap, installed, server):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(post(server.url("500", PATH), ASK))
    assert b"busy" in caught.value.read()
    assert tap.call.status == 503
    assert b"busy" in tap.call.body


def test_a_connection_closed_without_an_answer_is_over(tap, installed, server):
    connection = HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", PATH, json.dumps(ASK))
    connection.close()
    assert tap.call.ended == "closed"


def test_headers_put_one_by_one_and_a_body_sent_later_are_one_request(tap, installed, server):
    connection = HTTPConnection("127.0.0.1", server.port)
    body = json.dumps(ASK).encode()
    connection.putrequest("POST", PATH)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    connection.send(body)
    assert connection.getresponse().read()
    connection.close()
    assert tap.call.request.truncated
    assert text_of(tap.call.body) == TEXT


# ── aiohttp ───────────────────────────────────────────────────────────────────────────


async def test_aiohttp_is_recorded(tap, installed, server):
    session = aiohttp.ClientSession(base_url=server.url())
    async with session, session.post(PATH, json=ASK, params={"api-version": "1"}) as answer:
        assert text_of(await answer.read()) == TEXT
    assert (tap.call.method, tap.call.status, tap.call.ended) == ("aiohttp", 200, "eof")
    assert tap.call.request.json == ASK
    assert tap.call.request.url.endswith(PATH + "?api-version=1")
    assert text_of(tap.call.body) == TEXT


async def test_aiohttp_bodies_come_unpacked(tap, installed, server):
    async with aiohttp.ClientSession() as session, session.post(server.url("gzip", PATH), json=ASK) as answer:
        await answer.json()
    assert "content-encoding" not in tap.call.headers
    assert text_of(tap.call.body) == TEXT


@pytest.mark.parametrize("how", ["iter_any", "iter_chunks", "lines", "iter_chunked", "readexactly"])
async def test_every_way_of_reading_aiohttp_gives_the_same_bytes(tap, installed, server, how):
    out = bytearray()
    async with aiohttp.ClientSession() as session, session.post(server.url(path=PATH), json=STREAM) as answer:
        if how == "lines":
            async for line in answer.content:
                out += line
        elif how == "iter_chunks":
            async for piece, _ in answer.content.iter_chunks():
                out += piece
        elif how == "iter_chunked":
            async for piece in answer.content.iter_chunked(7):
                out += piece
        elif how == "readexactly":
            out += await answer.content.readexactly(10)
            out += await answer.content.read()
        else:
            async for piece in answer.content.iter_any():
                out += piece
        assert tap.call.ended == "eof"
    assert (tap.call.body, text_of(bytes(out))) == (bytes(out), TEXT)


async def test_an_aiohttp_stream_broken_out_of_is_closed(tap, installed, server):
    async with aiohttp.ClientSession() as session:
        async with session.post(server.url("endless", PATH), json=STREAM) as answer:
            async for _ in answer.content:
                break
        server.release.set()
    assert tap.call.ended == "closed"
    assert tap.call.body


async def test_a_cut_aiohttp_answer_is_an_error_of_the_users_own(tap, installed, server):
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientPayloadError):
            async with session.post(server.url("cut", PATH), json=STREAM) as answer:
                await answer.read()
    assert tap.call.ended == "error"


async def test_raise_for_status_keeps_the_status(tap, installed, server):
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        with pytest.raises(aiohttp.ClientResponseError):
            await session.post(server.url("500", PATH), json=ASK)
    assert (tap.call.status, tap.call.ended) == (503, "error")


async def test_an_aiohttp_form_shows_its_fields(tap, installed, server):
    form = aiohttp.FormData()
    form.add_field("model", "whisper-1")
    form.add_field("file", b"RIFFnoise", filename="a.wav")
    url = server.url(path="/v1/audio/transcriptions")
    async with aiohttp.ClientSession() as session, session.post(url, data=form) as answer:
        assert (await answer.json())["text"] == TEXT
    assert b"whisper-1" in tap.call.request.body
    assert b"RIFF" not in tap.call.request.body


# ── stacks on stacks ──────────────────────────────────────────────────────────────────


async def test_httpx_over_aiohttp_is_recorded_once(tap, installed, server):
    httpx_aiohttp = pytest.importorskip("httpx_aiohttp")
    async with httpx_aiohttp.HttpxAiohttpClient() as client:
        answer = await client.post(server.url(path=PATH), json=ASK)
        assert answer.json()["choices"]
        async with client.stream("POST", server.url(path=PATH), json=STREAM) as streamed:
            assert text_of(await streamed.aread()) == TEXT
    assert [c.method for c in tap.calls] == ["httpx", "httpx"]
    assert text_of(tap.calls[0].body) == text_of(tap.calls[1].body) == TEXT


async def test_a_task_started_inside_a_send_is_not_silenced_for_ever(tap, installed, server):
    import asyncio

    import httpx

    later: list[asyncio.Task[Any]] = []

    async def call_later(go: asyncio.Event) -> None:
        await go.wait()
        async with httpx.AsyncClient() as inner:
            await inner.post(server.url(path=PATH), json=ASK)

    go = asyncio.Event()

    class Spawning(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: Any) -> Any:
            later.append(asyncio.create_task(call_later(go)))
            return httpx.Response(200, json={})

    async with httpx.AsyncClient(transport=Spawning()) as client:
        await client.post("http://llm.example/v1/chat/completions", json=ASK)
    go.set()
    await later[0]
    assert len(tap.calls) == 2


async def test_a_method_in_small_letters_is_recognised_as_what_it_is(tap, installed, server):
    """google-genai's async client sends `post` through aiohttp."""
    url, body = server.url(path="/v1beta/models/m:generateContent"), json.dumps({"contents": []})
    async with aiohttp.ClientSession() as session, session.request("post", url, data=body) as answer:
        await answer.read()
    connection = HTTPConnection("127.0.0.1", server.port)
    connection.request("POST".swapcase(), "/v1beta/models/m:generateContent", body)
    connection.getresponse().read()
    connection.close()
    assert [call.request.method for call in tap.calls] == ["POST", "POST"]
    for call in tap.calls:
        reader = readers.recognise(call.request)
        assert reader is not None
        assert (reader.name, reader.kind) == ("gemini.generate", "call")
