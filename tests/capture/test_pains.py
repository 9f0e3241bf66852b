"""The 23 known pains of instrumentation, each as a test named after what it protects."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import json
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_aiprov.capture import install
from jupyter_aiprov.recorder import HEAD, TAIL, Body, Recorder
from tests.capture import framework_surfaces
from tests.capture import test_sdk_surfaces as surfaces
from tests.capture.fake_tap import FakeTap, nothing_under_way
from tests.capture.recording import Recording, recording
from tests.kernels import kernel
from tests.loopback import TEXT, Loopback

sdk = pytest.mark.sdk
ROOT = Path(__file__).parents[2]
ASK: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
CLAUDE: dict[str, Any] = {"model": "claude-x", "max_tokens": 10, "messages": ASK["messages"]}
CHAT = "/v1/chat/completions"
KEY = "sk-s3cret-0123456789"


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Recording]:
    with recording(tmp_path) as running:
        yield running


def openai_client(base: str, kind: str = "OpenAI", **more: Any) -> Any:
    openai = pytest.importorskip("openai")
    return getattr(openai, kind)(base_url=base + "/v1", api_key=KEY, max_retries=0, **more)


def claude_client(base: str, kind: str = "Anthropic") -> Any:
    anthropic = pytest.importorskip("anthropic")
    return getattr(anthropic, kind)(base_url=base, api_key=KEY, max_retries=0)


def words(chunks: Any) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


# 1 ────────────────────────────────────────────────────────────────────────────────────
BROKEN: dict[str, Callable[[Recorder, pytest.MonkeyPatch], None]] = {
    "the description of a request": lambda _, m: m.setattr("jupyter_aiprov.capture.httpx.body_of", lambda _: 1 / 0),
    "the reader": lambda _, m: m.setattr("jupyter_aiprov.readers.Reader.read", lambda *_: 1 / 0),
    "the recogniser": lambda r, m: m.setattr(r, "recognise", lambda _: 1 / 0),
    "the destination": lambda r, m: m.setattr(r, "destination", lambda _: 1 / 0),
    "the guard": lambda r, m: m.setattr(r, "examine", lambda *_: 1 / 0),
    "the cells": lambda r, m: m.setattr(r.cells, "current", lambda: 1 / 0),
    "the redactor": lambda r, m: m.setattr(type(r.redactor), "value", lambda *_: 1 / 0),
    "the journal": lambda r, m: m.setattr(r.journal, "write", lambda *_: 1 / 0),
    "a subscriber": lambda r, m: r.subscribe(lambda _: 1 / 0) and None,  # type: ignore[func-returns-value]
}


@sdk
@pytest.mark.parametrize("what", BROKEN)
def test_01_a_failure_of_ours_is_never_the_users(
    record: Recording, server: Loopback, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    BROKEN[what](record.recorder, monkeypatch)
    with openai_client(server.url()) as client:
        raw = client.chat.completions.with_raw_response.create(**ASK)
        assert raw.parse().choices[0].message.content == TEXT
        assert words(client.chat.completions.create(**ASK, stream=True)) == TEXT
    assert record.recorder.flush(10)
    assert server.count == 2


# 2 ────────────────────────────────────────────────────────────────────────────────────
@sdk
def test_02_returned_objects_and_classes_are_identical(server: Loopback, tap: FakeTap) -> None:
    def looked_at(client: Any) -> list[Any]:
        raw = client.chat.completions.with_raw_response.create(**ASK, stream=True)
        parsed = raw.parse()
        plain = client.chat.completions.create(**ASK)
        kinds = [raw, parsed, plain, raw.http_response, raw.http_response.stream]
        return [*map(type, kinds), words(parsed), plain.to_dict(), raw.headers["content-type"]]

    openai = pytest.importorskip("openai")
    with openai_client(server.url()) as client:
        classes = [openai.OpenAI, openai.Stream, type(client.chat.completions), type(client._client)]
        expected, before = looked_at(client), [dict(vars(c)) for c in classes]
        with install(tap):
            assert looked_at(client) == expected
            assert [dict(vars(c)) for c in classes[:3]] == before[:3], "no class of the SDK is touched"
        assert [dict(vars(c)) for c in classes] == before


# 3 ────────────────────────────────────────────────────────────────────────────────────
def _break(chunks: Any) -> None:
    for _ in chunks:
        break


def _break_inside_with(chunks: Any) -> None:
    with chunks:
        _break(chunks)


def _close(chunks: Any) -> None:
    next(iter(chunks))
    chunks.close()


@sdk
@pytest.mark.parametrize("leave", [_break, _break_inside_with, _close, lambda _: None])
def test_03_abandoned_streams_end_on_record_and_are_let_go(
    record: Recording, server: Loopback, leave: Callable[[Any], None]
) -> None:
    with openai_client(server.url()) as client:
        chunks = client.chat.completions.create(**ASK, stream=True)
        gone = weakref.ref(chunks)
        leave(chunks)
        del chunks
        gc.collect()
        assert gone() is None
    assert record.call["status"] in ("abandoned", "unread")
    assert not record.call["capture"]["complete"]


@sdk
@pytest.mark.parametrize("leave", ["break", "break inside with", "close", "never read"])
async def test_03_abandoned_async_streams_end_on_record(record: Recording, server: Loopback, leave: str) -> None:
    async with openai_client(server.url(), "AsyncOpenAI") as client:
        chunks = await client.chat.completions.create(**ASK, stream=True)
        if leave == "break inside with":
            async with chunks:
                async for _ in chunks:
                    break
        elif leave != "never read":
            async for _ in chunks:
                break
            await chunks.close()
        else:
            await chunks.response.aclose()
        del chunks
        gc.collect()
    assert record.call["status"] in ("abandoned", "unread")


# 4 ────────────────────────────────────────────────────────────────────────────────────
@sdk
def test_04_anthropics_text_stream_and_final_message_work(record: Recording, server: Loopback) -> None:
    with claude_client(server.url()) as client, client.messages.stream(**CLAUDE) as stream:
        assert "".join(stream.text_stream) == TEXT
        assert stream.get_final_message().usage.output_tokens == 2
    assert record.call["status"] == "completed"


# 5 ────────────────────────────────────────────────────────────────────────────────────
@sdk
async def test_05_beta_surfaces_are_recorded(record: Recording, server: Loopback) -> None:
    async with claude_client(server.url(), "AsyncAnthropic") as client:
        async with client.beta.messages.stream(**CLAUDE) as stream:
            assert "".join([text async for text in stream.text_stream]) == TEXT
        await client.beta.messages.create(**CLAUDE)
    assert [c["status"] for c in record.calls()] == ["completed"] * 2


# 6 ────────────────────────────────────────────────────────────────────────────────────
@sdk
async def test_06_streams_are_context_managers_still(record: Recording, server: Loopback) -> None:
    with openai_client(server.url()) as client, client.chat.completions.create(**ASK, stream=True) as chunks:
        assert words(chunks) == TEXT
    async with (
        openai_client(server.url(), "AsyncOpenAI") as client,
        await client.chat.completions.create(**ASK, stream=True) as chunks,
    ):
        assert words([chunk async for chunk in chunks]) == TEXT
    assert [c["status"] for c in record.calls()] == ["completed"] * 2


@sdk
@pytest.mark.filterwarnings("ignore")
def test_06_streams_are_context_managers_also_through_langchain(record: Recording, server: Loopback) -> None:
    pytest.importorskip("langchain_openai")
    assert framework_surfaces.langchain_stream(server.url()) == TEXT
    assert record.call["status"] == "completed"


# 7 ────────────────────────────────────────────────────────────────────────────────────
@sdk
async def test_07_no_sentinel_no_repr_and_no_unawaited_parse(record: Recording, server: Loopback) -> None:
    """A coroutine left unawaited would be a warning, and warnings are errors here."""
    openai = pytest.importorskip("openai")
    async with openai_client(server.url(), "AsyncOpenAI") as client:
        raw = await client.chat.completions.with_raw_response.create(**ASK, temperature=openai.NOT_GIVEN)
        parsed = raw.parse()
        assert (await parsed if inspect.isawaitable(parsed) else parsed).choices
        async with client.chat.completions.with_streaming_response.create(**ASK, stream=True) as answer:
            assert [line async for line in answer.iter_lines()]
    gc.collect()
    assert [c["status"] for c in record.calls()] == ["completed"] * 2
    written = record.text()
    assert TEXT in written
    for word in ("NOT_GIVEN", "NotGiven", "Omit", "APIResponse", "object at 0x", "coroutine"):
        assert word not in written


# 8 ────────────────────────────────────────────────────────────────────────────────────
CLEAN = """
import sys
sys.path.insert(0, {root!r})
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
from jupyter_aiprov.capture import install
from tests.capture.fake_tap import FakeTap
tap = FakeTap()
with install(tap) as installed:
    import urllib.request
    urllib.request.urlopen({url!r}).read()
    for name in {present!r}:
        module = __import__(name)
        module.post({url!r}, json={{}}).read()
print(tap.by_method(), installed.hooked, tap.gaps)
"""


@pytest.mark.parametrize("present", [("httpx",), ("httpx2",), ("httpx", "httpx2"), ()], ids=str)
def test_08_clean_environments_with_either_both_or_no_httpx(server: Loopback, present: tuple[str, ...]) -> None:
    for name in present:
        pytest.importorskip(name)
    absent = {"httpx", "httpx2", "aiohttp", "urllib3", "requests"} - set(present)
    code = CLEAN.format(root=str(ROOT), absent=absent, url=server.url(path=CHAT), present=present)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr
    seen = {"http.client": 1, **dict.fromkeys(present, 1)}
    assert done.stdout.startswith(str(seen)), done.stdout
    assert done.stdout.rstrip().endswith("[]")


# 9 ────────────────────────────────────────────────────────────────────────────────────
@sdk
def test_09_loading_ten_times_is_one_record_and_unloading_none(server: Loopback) -> None:
    tap, other = FakeTap(), FakeTap()
    with openai_client(server.url()) as client:
        for _ in range(10):
            with install(other):
                pass
        with install(tap):
            client.chat.completions.create(**ASK)
        client.chat.completions.create(**ASK)
    assert (len(tap.calls), len(other.calls)) == (1, 0)


# 10 ───────────────────────────────────────────────────────────────────────────────────
@sdk
def test_10_raw_responses_and_bound_methods_cached_before_loading_are_recorded(server: Loopback, tap: FakeTap) -> None:
    with openai_client(server.url()) as client, claude_client(server.url()) as claude:
        cached = [
            client.chat.completions.with_raw_response.create,
            client.chat.completions.create,
            client.with_options(timeout=5).chat.completions.create,
        ]
        messages = claude.messages.create
        with install(tap):
            for create in cached:
                create(**ASK)
            messages(**CLAUDE)
    assert len(tap.calls) == server.count == 4


# 11 ───────────────────────────────────────────────────────────────────────────────────
@sdk
async def test_11_a_stream_torn_down_in_another_context_raises_nothing(server: Loopback, tap: FakeTap) -> None:
    with install(tap):
        async with openai_client(server.url(), "AsyncOpenAI") as client:
            chunks = await asyncio.create_task(client.chat.completions.create(**ASK, stream=True))
            iterator = aiter(chunks)
            await asyncio.create_task(anext(iterator))  # type: ignore[arg-type]
            await asyncio.create_task(chunks.close(), context=contextvars.Context())
        with openai_client(server.url()) as client:
            opened = contextvars.Context().run(lambda: client.chat.completions.create(**ASK, stream=True))
            with ThreadPoolExecutor(1) as pool:
                pool.submit(next, iter(opened)).result()
            contextvars.Context().run(opened.close)
        assert nothing_under_way() is None
    assert [c.ended for c in tap.calls] == ["closed"] * 2


# 12 ───────────────────────────────────────────────────────────────────────────────────
@sdk
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", ["langchain_invoke", "langchain_anthropic", "litellm_chat", "smolagents_model", "pydantic_ai_agent"]
)
def test_12_frameworks_over_sdks_are_one_record_per_attempt(record: Recording, server: Loopback, name: str) -> None:
    library, ask = surfaces.SURFACES[name]
    pytest.importorskip(library, exc_type=ImportError)
    assert ask(server.url())
    gc.collect()
    assert len(record.calls()) == server.count == 1
    assert record.call["gen_ai.usage.output_tokens"] == 2
    gc.collect()  # what the framework leaves open is let go here, where it may warn


# 13 ───────────────────────────────────────────────────────────────────────────────────
def answering(lib: Any, body: bytes, kind: str = "text/event-stream", status: int = 200, **headers: str) -> Any:
    """A client whose every request is answered with these bytes, without a network."""
    handler = lib.MockTransport(lambda _: lib.Response(status, headers={"content-type": kind, **headers}, content=body))
    return lib.Client(transport=handler)


def post(lib: Any, body: bytes, url: str = "https://api.openai.com" + CHAT, **more: Any) -> Any:
    with answering(lib, body, **more) as client:
        return client.post(url, json=ASK).content


@pytest.fixture
def lib() -> Any:
    return pytest.importorskip("httpx")


def events(*found: dict[str, Any]) -> bytes:
    return b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in found)


def test_13_usage_is_set_not_added_and_kept_as_sent(record: Recording, lib: Any) -> None:
    started = {"input_tokens": 10, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 7, "output_tokens": 1}
    counted = {"input_tokens": 10, "cache_read_input_tokens": 100, "output_tokens": 25}
    body = events(
        {"type": "message_start", "message": {"id": "m", "model": "claude-x", "content": [], "usage": started}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 12}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": counted},
        {"type": "message_stop"},
    )
    with answering(lib, body) as client:
        client.post("https://api.anthropic.com/v1/messages", json=CLAUDE)
    call = record.call
    assert call["gen_ai.usage.input_tokens"] == 10, "what came from the cache is not added"
    assert call["gen_ai.usage.output_tokens"] == 25, "cumulative counters are not summed"
    assert call["gen_ai.usage.cache_read.input_tokens"] == 100
    assert call["usage_raw"] == {**started, **counted}


def test_13_reasoning_tokens_are_part_of_the_output_and_never_on_top(record: Recording, lib: Any) -> None:
    sent = {
        "prompt_tokens": 9, "completion_tokens": 30, "total_tokens": 39,
        "completion_tokens_details": {"reasoning_tokens": 20}, "prompt_tokens_details": {"cached_tokens": 4},
    }  # fmt: skip
    choice = {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}
    post(
        lib,
        json.dumps({"id": "x", "model": "o3", "choices": [choice], "usage": sent}).encode(),
        kind="application/json",
    )
    call = record.call
    assert (call["gen_ai.usage.input_tokens"], call["gen_ai.usage.output_tokens"]) == (9, 30)
    assert (call["gen_ai.usage.reasoning.output_tokens"], call["gen_ai.usage.cache_read.input_tokens"]) == (20, 4)
    assert call["usage_raw"] == sent


# 14 ───────────────────────────────────────────────────────────────────────────────────
@sdk
def test_14_missing_usage_is_not_sent_never_estimated_and_never_asked_for(record: Recording, server: Loopback) -> None:
    with openai_client(server.url()) as client:
        assert words(client.chat.completions.create(**ASK, stream=True)) == TEXT
    assert not [k for k in record.call if k.startswith("gen_ai.usage.")]
    assert "usage_raw" not in record.call
    assert b"stream_options" not in server.hits[0][2]
    (use,) = record.recorder.provenance().uses
    assert (use.usage_missing, dict(use.usage)) == (1, {})


# 15 ───────────────────────────────────────────────────────────────────────────────────
@sdk
def test_15_the_first_piece_is_not_delayed_and_streaming_stays_on(record: Recording, server: Loopback) -> None:
    with openai_client(server.url("hold")) as client:
        pieces = iter(client.chat.completions.create(**ASK, stream=True))
        next(pieces)  # the server sends the rest only once this has arrived
        assert not server.release.is_set()
        server.release.set()
        assert words(pieces) == TEXT
    assert record.call["gen_ai.response.time_to_first_chunk"] >= 0


# 16 ───────────────────────────────────────────────────────────────────────────────────
def test_16_of_a_long_body_head_and_tail_are_kept_and_its_size(record: Recording, lib: Any) -> None:
    body = Body()
    for _ in range(50):
        body.add(b"x" * 2**20)
    body.add(b"the end")
    assert (len(body.value()), body.size, body.truncated) == (HEAD + TAIL, 50 * 2**20 + 7, True)
    assert body.value().endswith(b"the end")
    post(lib, b'{"choices": "' + b"y" * (50 * 2**20) + b'"}', kind="application/json")
    assert record.call["capture"]["unparsed"]
    assert record.call["capture"]["bytes"] > 50 * 2**20


TEN_THOUSAND = """
import resource, sys, tempfile
sys.path.insert(0, {root!r})
from pathlib import Path
import httpx
from tests.capture.recording import recording
body = (b'{{"id":"x","model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"' + b"word " * 200 +
        b'"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":5,"completion_tokens":2}}}}')
answer = lambda request: httpx.Response(200, headers={{"content-type": "application/json"}}, content=body)
def held(): return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
with recording(Path(tempfile.mkdtemp())) as record, httpx.Client(transport=httpx.MockTransport(answer)) as client:
    def ask(count, start):
        for n in range(start, start + count):
            messages = [{{"role": "user", "content": f"note {{n}}: " + "asthma " * 50}}]
            client.post("https://api.openai.com/v1/chat/completions", json={{"model": "m", "messages": messages}})
            if n % 500 == 499:
                record.recorder.flush(60)
    ask(1000, 0)
    before = held()
    ask(10000, 1000)
    after = held()
    print(len(record.calls()), round(after - before, 1))
"""


@pytest.mark.full
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads its memory from /proc")
@pytest.mark.timeout(900)
def test_16_ten_thousand_calls_leave_memory_where_it_was(lib: Any) -> None:
    code = TEN_THOUSAND.format(root=str(ROOT))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=800)
    assert done.returncode == 0, done.stderr
    count, grown = done.stdout.split()
    assert int(count) == 11_000
    assert float(grown) <= 20, f"{grown} MB more after ten thousand calls"


# 17 ───────────────────────────────────────────────────────────────────────────────────
def test_17_an_unknown_endpoint_of_a_known_host_is_recorded(record: Recording, lib: Any) -> None:
    body = b'{"id": "n1", "model": "new-1", "output": "something never seen", "usage": {"prompt_tokens": 3}}'
    post(lib, body, url="https://api.openai.com/v9/brand/new", kind="application/json")
    call = record.call
    assert (call["gen_ai.provider.name"], call["status"]) == ("openai", "completed")
    assert call["gen_ai.request.model"] == "gpt-4o-mini"
    assert "something never seen" in record.text()


# 18 ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", ["httpx", "httpx2"])
def test_18_the_private_names_we_hook_are_there_in_this_version(name: str) -> None:
    """A drift shows here on the newest libraries; without these, calls are stated as not captured."""
    module = pytest.importorskip(name)
    for client in (module.Client, module.AsyncClient):
        assert list(inspect.signature(client._send_single_request).parameters)[:2] == ["self", "request"]
    with answering(module, b"{}") as client, client.stream("GET", "https://x.example/") as answer:
        assert hasattr(answer.stream, "_stream")


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
def test_18_an_old_or_new_library_without_them_is_a_stated_gap_and_works(
    name: str, monkeypatch: pytest.MonkeyPatch, tap: FakeTap
) -> None:
    module = pytest.importorskip(name)
    monkeypatch.delattr(module.Client, "_send_single_request")
    with install(tap) as installed:
        assert name not in installed.hooked
    assert any(reason == "not-covered" and name in detail for reason, detail in tap.gaps)


# 19 ───────────────────────────────────────────────────────────────────────────────────
EXIT = """
import sys
sys.path.insert(0, {root!r})
import openai, anthropic, tempfile
from pathlib import Path
from tests.capture.recording import recording
context = recording(Path(tempfile.mkdtemp()))
running = context.__enter__()
client = openai.OpenAI(base_url={url!r} + "/v1", api_key="k")
ask = dict(model="m", messages=[{{"role": "user", "content": "hi"}}])
kept = client.chat.completions.create(**ask, stream=True)
read = iter(client.chat.completions.create(**ask, stream=True)); next(read)
claude = anthropic.Anthropic(base_url={url!r}, api_key="k")
manager = claude.messages.stream(model="m", max_tokens=5, messages=ask["messages"]); manager.__enter__()
print("over")
"""


@sdk
def test_19_the_interpreter_exits_cleanly_with_patched_clients_and_open_streams(server: Loopback) -> None:
    pytest.importorskip("openai")
    pytest.importorskip("anthropic")
    code = EXIT.format(root=str(ROOT), url=server.url())
    env = {**os.environ, "NO_PROXY": "*"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=150, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")


# 20 ───────────────────────────────────────────────────────────────────────────────────
def test_20_no_secret_is_written_whichever_way_it_travels(record: Recording, lib: Any) -> None:
    secrets = {name: f"{name}-s3cretvalue-{index}987654321" for index, name in enumerate(
        ("query", "bearer", "xapi", "xgoog", "sigv4", "cookie", "setcookie", "echoed"))}  # fmt: skip
    headers = {
        "authorization": f"Bearer {secrets['bearer']}",
        "x-api-key": secrets["xapi"],
        "x-goog-api-key": secrets["xgoog"],
        "x-amz-security-token": secrets["sigv4"],
        "cookie": f"session={secrets['cookie']}",
    }
    echo = {"error": {"type": "auth", "message": f"bad key {secrets['bearer']} {secrets['xapi']} {secrets['query']}"}}
    gemini = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent"
    for url in ("https://api.openai.com" + CHAT, f"{gemini}?key={secrets['query']}"):
        for status in (200, 401):
            reply = answering(
                lib, json.dumps(echo).encode(), "application/json", status, **{"set-cookie": secrets["setcookie"]}
            )
            with reply as client:
                client.post(url, headers=headers, json={**ASK, "contents": [{"parts": [{"text": "hi"}]}]})
    assert len(record.calls()) == 4
    written = record.text()
    assert [name for name, value in secrets.items() if value in written] == []


# 21 ───────────────────────────────────────────────────────────────────────────────────
async def test_21_httpx_over_aiohttp_is_recorded_once(record: Recording, server: Loopback) -> None:
    bridge = pytest.importorskip("httpx_aiohttp")
    async with bridge.HttpxAiohttpClient() as client:
        assert (await client.post(server.url(path=CHAT), json=ASK)).json()["choices"]
    assert record.call["capture"]["method"] == "httpx"


@sdk
def test_21_an_event_stream_that_never_ends_does_not_hang(record: Recording, server: Loopback) -> None:
    with openai_client(server.url("endless")) as client:
        chunks = client.chat.completions.create(**ASK, stream=True)
        for index, _ in enumerate(chunks):
            if index == 50:
                break
        chunks.close()
    assert record.call["status"] == "abandoned"
    assert not server.release.is_set()


# 22 ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the kernel client leaves its loop open
def test_22_pool_threads_and_background_tasks_belong_to_the_cell_that_asked(tmp_path: Path, server: Loopback) -> None:
    with kernel(tmp_path) as nb:
        nb.run(
            "%load_ext jupyter_aiprov\nimport asyncio, httpx\nfrom concurrent.futures import ThreadPoolExecutor\n"
            f"def ask(n): return httpx.post({server.url(path=CHAT)!r}, json={ASK!r}).status_code\n"
            "async def aask(gate):\n"
            "    await gate.wait()\n"
            "    async with httpx.AsyncClient() as client:\n"
            f"        return await client.post({server.url(path=CHAT)!r}, json={ASK!r})",
            cell_id="setup",
        )
        nb.run("with ThreadPoolExecutor(4) as pool: print(list(pool.map(ask, range(8))))", cell_id="pool")
        nb.run("gate = asyncio.Event(); task = asyncio.create_task(aask(gate))", cell_id="task")
        nb.run("gate.set(); _ = await task", cell_id="later")
        calls = nb.calls()
    asyncio.set_event_loop(None)
    gc.collect()
    assert [c["cell_id"] for c in calls] == ["pool"] * 8 + ["task"]
    assert {c["status"] for c in calls} == {"completed"}


# 23 ───────────────────────────────────────────────────────────────────────────────────
@sdk
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    body=st.binary(max_size=300) | st.text(max_size=100).map(lambda t: json.dumps(t).encode()),
    kind=st.sampled_from(["application/json", "text/event-stream", "text/html", ""]),
    status=st.sampled_from([200, 201, 400, 500]),
    streamed=st.booleans(),
)
def test_23_malformed_answers_raise_what_they_raise_without_us(
    body: bytes, kind: str, status: int, streamed: bool
) -> None:
    openai = pytest.importorskip("openai")
    module = sys.modules["httpx2"] if openai.VERSION.startswith("3") else pytest.importorskip("httpx")

    def outcome() -> Any:
        transport = answering(module, body, kind, status)
        client = openai.OpenAI(api_key=KEY, base_url="https://api.openai.com/v1", max_retries=0, http_client=transport)
        with client:
            try:
                answer = client.chat.completions.create(**ASK, stream=streamed)
                return [c.to_dict() for c in answer] if streamed else repr(answer)
            except Exception as error:
                return type(error), str(error)

    expected, tap = outcome(), FakeTap()
    with install(tap):
        assert outcome() == expected
    assert len(tap.calls) == 1
