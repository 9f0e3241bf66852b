"""HTTP/2, proxies, clients and transports of the user's own, and every content encoding: one whole record each."""

from __future__ import annotations

import gzip
import importlib
import json
import socket
import socketserver
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.capture.recording import Recording, recording
from tests.loopback import TEXT, USAGE, Loopback, chat

CHAT = "/v1/chat/completions"
ASK = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**ASK, "stream": True}
PLAIN = json.dumps(chat(ASK, TEXT, "m", [TEXT])[1]).encode()
EVENTS = b"".join(chat(STREAM, TEXT, "m", ["Hello", " there", "!"])[1])


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Recording]:
    with recording(tmp_path) as running:
        yield running


@pytest.fixture(params=["httpx", "httpx2"])
def lib(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


def assert_whole(record: Recording, *, streamed: bool = False) -> dict[str, Any]:
    call = record.call
    assert (call["status"], call["capture"]["complete"], call["capture"]["streamed"]) == ("completed", True, streamed)
    assert call["gen_ai.response.id"] == "chatcmpl-1"
    assert TEXT in record.text()
    if not streamed:
        assert call["gen_ai.usage.input_tokens"] == USAGE["prompt_tokens"]
    return call


# ── HTTP/2 ────────────────────────────────────────────────────────────────────────────


class _Http2(socketserver.BaseRequestHandler):
    """HTTP/2 with prior knowledge, on the `h2` package: answers every request, streams in three pieces."""

    def handle(self) -> None:
        h2 = importlib.import_module("h2.connection")
        events, config = importlib.import_module("h2.events"), importlib.import_module("h2.config")
        server = h2.H2Connection(config=config.H2Configuration(client_side=False))
        server.initiate_connection()
        self.request.sendall(server.data_to_send())
        bodies: dict[int, bytes] = {}
        while data := self.request.recv(65536):
            for event in server.receive_data(data):
                if isinstance(event, events.DataReceived):
                    bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
                    server.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, events.StreamEnded):
                    self._answer(server, event.stream_id, json.loads(bodies[event.stream_id]))
            self.request.sendall(server.data_to_send())

    def _answer(self, server: Any, stream: int, asked: dict[str, Any]) -> None:
        kind, body = ("text/event-stream", EVENTS) if asked.get("stream") else ("application/json", PLAIN)
        server.send_headers(stream, [(":status", "200"), ("content-type", kind)])
        third = len(body) // 3
        for piece in (body[:third], body[third : 2 * third], body[2 * third :]):
            server.send_data(stream, piece)
            self.request.sendall(server.data_to_send())
        server.end_stream(stream)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("streamed", [False, True])
def test_http_2_is_recorded_whole(record: Recording, lib: Any, streamed: bool) -> None:
    pytest.importorskip("h2")
    with serving(_Http2) as port, lib.Client(http1=False, http2=True) as client:
        url = f"http://127.0.0.1:{port}{CHAT}"
        with client.stream("POST", url, json=STREAM if streamed else ASK) as answer:
            assert answer.http_version == "HTTP/2"
            assert answer.read() == (EVENTS if streamed else PLAIN)
    assert_whole(record, streamed=streamed)


async def test_requests_that_share_an_http_2_connection_are_told_apart(record: Recording, lib: Any) -> None:
    import asyncio

    pytest.importorskip("h2")
    with serving(_Http2) as port:
        async with lib.AsyncClient(http1=False, http2=True) as client:
            url = f"http://127.0.0.1:{port}{CHAT}"
            answers = await asyncio.gather(*(client.post(url, json=STREAM if n % 2 else ASK) for n in range(10)))
    assert [a.content for a in answers] == [EVENTS if n % 2 else PLAIN for n in range(10)]
    calls = record.calls()
    assert sorted(c["capture"]["streamed"] for c in calls) == [False] * 5 + [True] * 5
    assert {c["status"] for c in calls} == {"completed"}


# ── proxies ───────────────────────────────────────────────────────────────────────────


class _Proxy(socketserver.StreamRequestHandler):
    """Passes absolute-form requests and CONNECT tunnels on to the one server behind it; counts them."""

    behind = 0
    seen: list[str]

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            head += line
        first, _, rest = head.partition(b"\r\n")
        method, target, version = first.decode().split(" ")
        self.seen.append(f"{method} {target}")
        with socket.create_connection(("127.0.0.1", self.behind)) as server:
            if method == "CONNECT":
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = "/" + target.split("/", 3)[3]
                kept = [h for h in rest.split(b"\r\n") if not h.lower().startswith((b"proxy-", b"connection:"))]
                server.sendall(f"{method} {path} {version}\r\nConnection: close\r\n".encode() + b"\r\n".join(kept))
            back = threading.Thread(target=self._pass, args=(server, self.connection), daemon=True)
            back.start()
            self._pass_from_client(server)
            back.join()

    def _pass_from_client(self, server: socket.socket) -> None:
        with suppress(OSError):
            while data := self.rfile.read1(65536):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def proxying(server: Loopback) -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []
    handler = type("Proxy", (_Proxy,), {"behind": server.port, "seen": seen})
    with serving(handler) as port:
        yield f"http://127.0.0.1:{port}", seen


@pytest.mark.parametrize("streamed", [False, True])
def test_through_a_proxy_the_record_names_the_real_server_and_its_whole_answer(
    record: Recording, server: Loopback, lib: Any, streamed: bool
) -> None:
    with proxying(server) as (proxy, seen), lib.Client(proxy=proxy, trust_env=False) as client:
        client.post(f"http://llm.example{CHAT}", json=STREAM if streamed else ASK).read()
    assert seen == [f"POST http://llm.example{CHAT}"]
    call = assert_whole(record, streamed=streamed)
    assert (call["server.address"], call["destination"]) == ("llm.example", "external")


def test_proxies_from_the_environment_are_used_and_recorded_once(
    record: Recording, server: Loopback, lib: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with proxying(server) as (proxy, seen):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
        with lib.Client() as client:
            client.post(f"http://llm.example{CHAT}", json=ASK)
    assert len(seen) == 1
    assert assert_whole(record)["server.address"] == "llm.example"


@pytest.mark.parametrize("stack", ["requests", "urllib3", "http.client"])
def test_proxied_requests_of_other_stacks_name_the_real_server_too(
    record: Recording, server: Loopback, stack: str
) -> None:
    url = f"http://llm.example{CHAT}"
    with proxying(server) as (proxy, seen):
        if stack == "requests":
            requests = pytest.importorskip("requests")
            assert requests.post(url, json=ASK, proxies={"http": proxy}).json()["choices"]
        elif stack == "urllib3":
            urllib3 = pytest.importorskip("urllib3")
            assert urllib3.ProxyManager(proxy).request("POST", url, json=ASK).status == 200
        else:  # a tunnel, as for TLS
            from http.client import HTTPConnection

            connection = HTTPConnection("127.0.0.1", int(proxy.rpartition(":")[2]))
            connection.set_tunnel("llm.example", 80)
            connection.request("POST", CHAT, json.dumps(ASK), {"content-type": "application/json"})
            assert json.loads(connection.getresponse().read())["choices"]
            connection.close()
    assert len(seen) == 1
    assert assert_whole(record)["server.address"] == "llm.example"


# ── clients and transports of the user's own ──────────────────────────────────────────


def test_a_transport_of_the_users_own_is_seen(record: Recording, server: Loopback, lib: Any) -> None:
    class Counting(lib.BaseTransport):
        def __init__(self) -> None:
            self.inner, self.count = lib.HTTPTransport(), 0

        def handle_request(self, request: Any) -> Any:
            self.count += 1
            return self.inner.handle_request(request)

        def close(self) -> None:
            self.inner.close()

    transport = Counting()
    with lib.Client(transport=transport) as client:
        assert client.post(server.url(path=CHAT), json=ASK).json()["choices"]
    assert transport.count == 1
    assert_whole(record)


def test_a_client_class_of_the_users_own_that_overrides_send_is_one_record(
    record: Recording, server: Loopback, lib: Any
) -> None:
    class Own(lib.Client):
        def send(self, request: Any, **kwargs: Any) -> Any:
            request.headers["x-own"] = "1"
            return super().send(request, **kwargs)

    with Own(mounts={"all://": lib.HTTPTransport()}) as client:
        assert client.post(server.url(path=CHAT), json=ASK).json()["choices"]
    assert_whole(record)


def test_event_hooks_and_auth_flows_run_as_ever_and_each_request_is_a_record(
    record: Recording, server: Loopback, lib: Any
) -> None:
    class Twice(lib.Auth):
        def auth_flow(self, request: Any) -> Iterator[Any]:
            yield request
            request.headers["x-second"] = "1"
            yield request

    heard: list[int] = []
    hooks = {"response": [lambda response: heard.append(response.status_code)]}
    with lib.Client(auth=Twice(), event_hooks=hooks) as client:
        client.post(server.url(path=CHAT), json=ASK)
    assert len(record.calls()) == server.count == 2
    assert heard == [200, 200]


@pytest.mark.sdk
def test_a_client_handed_to_the_sdk_is_seen(record: Recording, server: Loopback) -> None:
    openai = pytest.importorskip("openai")
    module = importlib.import_module("httpx2" if openai.VERSION.startswith("3") else "httpx")
    own = module.Client(transport=module.HTTPTransport(retries=0))
    with openai.OpenAI(base_url=server.url() + "/v1", api_key="k", http_client=own) as client:
        assert client.chat.completions.create(**ASK).choices
    assert_whole(record)


# ── content encodings ─────────────────────────────────────────────────────────────────


def packed(coding: str, body: bytes) -> bytes:
    if coding == "br":
        return bytes(pytest.importorskip("brotli").compress(body))
    if coding == "zstd":
        return bytes(pytest.importorskip("zstandard").compress(body))
    if coding == "raw deflate":
        engine = zlib.compressobj(wbits=-15)
        return engine.compress(body) + engine.flush()
    return gzip.compress(body) if coding == "gzip" else zlib.compress(body)


@contextmanager
def answering(body: bytes, kind: str, coding: str) -> Iterator[str]:
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-encoding: {coding}\r\ntransfer-encoding: chunked\r\n\r\n"
    )

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = 0
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.rfile.read(length)
            self.wfile.write(head.encode())
            for start in range(0, len(body), 37):
                piece = body[start : start + 37]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")

    with serving(Handler) as port:
        yield f"http://127.0.0.1:{port}{CHAT}"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate", "br", "zstd"])
@pytest.mark.parametrize("stack", ["httpx", "httpx2", "requests", "urllib3", "aiohttp"])
async def test_every_encoding_is_read_through_every_stack(
    record: Recording, stack: str, coding: str, streamed: bool
) -> None:
    module = pytest.importorskip(stack)
    body, kind = (EVENTS, "text/event-stream") if streamed else (PLAIN, "application/json")
    asked = STREAM if streamed else ASK
    named = coding.removeprefix("raw ")
    with answering(packed(coding, body), kind, named) as url:
        if stack == "aiohttp":
            async with module.ClientSession() as session, session.post(url, json=asked) as answer:
                assert await answer.read() == body
        elif stack == "urllib3":
            got = module.PoolManager().request("POST", url, json=asked)
            if got.data != body:
                pytest.skip(f"this urllib3 does not unpack {coding}")
        else:
            got = module.post(url, json=asked)
            if got.content != body:
                pytest.skip(f"this {stack} does not unpack {coding}")
    assert_whole(record, streamed=streamed)
