"""Servers on this machine are asked which weights they serve: only if allowed, once, here, unrecorded."""

from __future__ import annotations

import hashlib
import json
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov import semconv
from jupyter_aiprov.capture import _weights, install
from jupyter_aiprov.capture._local_servers import LocalServers, weights_at
from jupyter_aiprov.model import Invocation, Request
from jupyter_aiprov.readers import recognise
from tests.capture.fake_tap import FakeTap
from tests.kernels import kernel

DIGEST = "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72"
OLLAMA = {
    "/api/tags": {
        "models": [
            {"name": "llama3.2:latest", "model": "llama3.2:latest", "digest": DIGEST, "size": 2019393189,
             "details": {"format": "gguf", "family": "llama", "quantization_level": "Q4_K_M"}},
            {"name": "big:latest", "model": "big:latest", "digest": "b" * 64, "remote_model": "gpt-oss:120b",
             "remote_host": "https://ollama.com:443", "details": {}},
        ]
    }
}  # fmt: skip
LM_STUDIO = {
    "/api/v0/models": {"object": "list", "data": [{"id": "qwen2.5", "type": "llm", "quantization": "Q8_0"}]},
    "/v1/models": {"object": "list", "data": [{"id": "qwen2.5", "object": "model", "owned_by": "organization_owner"}]},
}
VLLM = {
    "/v1/models": {
        "object": "list",
        "data": [{"id": "served", "object": "model", "owned_by": "vllm", "root": "meta-llama/Llama-3.1-8B-Instruct"}],
    }
}
TGI = {"/info": {"model_id": "bigscience/bloom", "model_sha": "e985a63cdc139290c5f700ff1929f0b5942cced2"}}


class Server:
    """Answers GET from a table and POST as Ollama's chat does; notes what it was asked."""

    def __init__(self, table: dict[str, Any], answer: dict[str, Any] | None = None) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.hold = threading.Event()
        self.hold.set()
        server = self
        said = answer or {"model": "llama3.2", "message": {"role": "assistant", "content": "hi"}, "done": True}

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                """Silent."""

            def do_GET(self) -> None:
                server.hold.wait(10)
                server.asked.append(self.path)
                server.headers.append({k.lower(): v for k, v in self.headers.items()})
                self._send(200 if self.path in table else 404, table.get(self.path, {"error": "no"}))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self._send(200, said)

            def _send(self, status: int, value: Any) -> None:
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[Server]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.hold.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def chat(url: str, model: str = "llama3.2", path: str = "/api/chat", **headers: str) -> Request:
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
    return Request("POST", url + path, {"content-type": "application/json", **headers}, json.dumps(body).encode())


def known(servers: LocalServers, request: Request) -> dict[str, Any]:
    servers.ask(request)
    return servers.weights(request)


def answer(**extra: Any) -> Invocation:
    return Invocation("chat", extra=extra, complete=True)


# ── what each server says ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("table", "model", "expected"),
    [
        (OLLAMA, "llama3.2", {"revision": DIGEST, "quantisation": "Q4_K_M", "asked": "/api/tags"}),
        (OLLAMA, "llama3.2:latest", {"revision": DIGEST, "quantisation": "Q4_K_M", "asked": "/api/tags"}),
        (OLLAMA, "big", {"remote_host": "https://ollama.com:443", "remote_model": "gpt-oss:120b"}),
        (OLLAMA, "unheard-of", {}),
        (LM_STUDIO, "qwen2.5", {"quantisation": "Q8_0", "asked": "/api/v0/models"}),
        (VLLM, "served", {"repository": "meta-llama/Llama-3.1-8B-Instruct", "asked": "/v1/models"}),
        ({"/v1/models": {"data": [{"id": "m", "root": "/home/ada/models/m"}]}}, "m",
         {"repository": "m", "asked": "/v1/models"}),
        (TGI, "tgi", {"repository": "bigscience/bloom", "revision": TGI["/info"]["model_sha"], "asked": "/info"}),
        ({}, "m", {}),
    ],
)  # fmt: skip
def test_each_kind_of_server_is_understood(table: dict[str, Any], model: str, expected: dict[str, Any]) -> None:
    assert weights_at(table.get, model) == expected


@pytest.mark.parametrize("said", [None, 0, "x", [], [1], {"models": 3}, {"models": [1, {"name": 5}]}, {"data": [{}]}])
def test_strange_answers_identify_nothing(said: Any) -> None:
    assert weights_at(lambda _path: said, "m") == {}


def test_the_file_llama_cpp_names_is_summed_here_and_its_path_is_not_kept(tmp_path: Path) -> None:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    pairs = text("general.file_type") + struct.pack("<II", 4, 15)
    file = tmp_path / "smol.gguf"
    file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + pairs)
    with Server({"/props": {"model_path": str(file)}}).running() as server:
        servers, request = LocalServers(lambda: True), chat(server.url, path="/v1/chat/completions")
        known(servers, request)
        _weights.sums.wait()
        found = servers.weights(request)
    assert found["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (found["file"], found["quantisation"]) == ("smol.gguf", "Q4_K_M")
    assert str(tmp_path) not in str(found)


# ── when, whom and how often ──────────────────────────────────────────────────────────


def test_nothing_is_asked_unless_the_user_allowed_it() -> None:
    with Server(OLLAMA).running() as server:
        servers = LocalServers(lambda: False)
        assert known(servers, chat(server.url)) == {}
        assert server.asked == []


def test_each_server_and_model_is_asked_once_whoever_asks() -> None:
    with Server(OLLAMA).running() as server, ThreadPoolExecutor(8) as pool:
        servers = LocalServers(lambda: True)
        found = list(pool.map(lambda _: known(servers, chat(server.url)), range(40)))
        assert {f["revision"] for f in found} == {DIGEST}
        assert server.asked == ["/api/tags"]
        known(servers, chat(server.url, "big"))
        assert server.asked == ["/api/tags"] * 2


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.7:11434",
        "http://llm.example:80",
        "https://127.0.0.1:1",
        "http://host.docker.internal:11434",
        "http://127.0.0.1.example:80",
        "http://[2001:db8::1]:80",
    ],
)
def test_only_this_machine_is_ever_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", lambda self: pytest.fail("asked"))
    assert known(LocalServers(lambda: True), chat(url)) == {}


def test_a_local_name_that_leads_elsewhere_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(OLLAMA).running() as server:
        from jupyter_aiprov.capture import _local_servers as module

        monkeypatch.setattr(module, "_is_loopback", lambda host: host == "localhost")  # no address is local
        assert known(LocalServers(lambda: True), chat(f"http://localhost:{server.port}")) == {}
        assert server.asked == []


def test_our_own_question_is_no_call_and_carries_no_credentials() -> None:
    tap = FakeTap()
    with Server(OLLAMA).running() as server, install(tap):
        known(LocalServers(lambda: True), chat(server.url, authorization="Bearer s3cret"))
        assert server.asked == ["/api/tags"]
    assert tap.calls == []
    assert "s3cret" not in str(server.headers)
    assert "authorization" not in server.headers[0]


def test_a_server_that_does_not_answer_is_waited_for_briefly_and_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from jupyter_aiprov.capture import _local_servers as module

    monkeypatch.setattr(module, "TIMEOUT", 0.05)
    with Server(OLLAMA).running() as server:
        server.hold.clear()
        servers = LocalServers(lambda: True)
        assert known(servers, chat(server.url)) == {}
        assert servers._questions[next(iter(servers._questions))].answered.wait(10)
        server.hold.set()
        assert known(servers, chat(server.url)) == {}
        assert len(servers._questions) == 1


def test_nobody_listening_is_no_error() -> None:
    assert known(LocalServers(lambda: True), chat("http://127.0.0.1:9")) == {}


# ── what the record says ──────────────────────────────────────────────────────────────


def test_unknown_weights_are_said_to_be_unknown() -> None:
    servers = LocalServers(lambda: False)
    unknown = {semconv.WEIGHTS: {"identified": False}}
    assert servers.place(chat("http://127.0.0.1:9"), "loopback", answer()) == unknown
    assert servers.place(None, "in-process", answer()) == unknown
    assert servers.place(None, "in-process", answer(weights={"file": "x.gguf"})) == {"weights": {"file": "x.gguf"}}
    assert servers.place(chat("https://api.openai.com"), "external", answer()) == {}


def test_a_quantisation_alone_identifies_no_weights() -> None:
    with Server(LM_STUDIO).running() as server:
        servers, request = LocalServers(lambda: True), chat(server.url, "qwen2.5", "/v1/chat/completions")
        servers.ask(request)
        placed = servers.place(request, "loopback", answer())[semconv.WEIGHTS]
    assert (placed["quantisation"], placed["identified"]) == ("Q8_0", False)


def test_a_model_that_ollama_only_passes_on_is_external_from_the_first_answer_that_shows_it() -> None:
    request = chat("http://127.0.0.1:11434", "nice-name")
    reader = recognise(request)
    assert reader is not None
    servers = LocalServers(lambda: False)
    assert not servers.is_remote(request)
    assert servers.place(request, "loopback", answer(remote_host="https://ollama.com:443")) == {
        "destination": "external"
    }
    assert servers.is_remote(request)
    assert not servers.is_remote(chat("http://127.0.0.1:11434", "another"))


def test_what_the_server_lists_as_remote_is_external() -> None:
    with Server(OLLAMA).running() as server:
        servers, request = LocalServers(lambda: True), chat(server.url, "big")
        servers.ask(request)
        assert servers.place(request, "loopback", answer()) == {"destination": "external"}
        assert servers.is_remote(request)


@pytest.mark.parametrize("allowed", [True, False])
def test_the_kernels_record_and_stamp_say_which_weights_answered(tmp_path: Path, allowed: bool) -> None:
    with Server(OLLAMA).running() as server, kernel(tmp_path) as nb:
        nb.run(f"import httpx\n%load_ext jupyter_aiprov\n%config AIProv.ask_local_servers = {allowed}")
        body = {"model": "llama3.2", "messages": [{"role": "user", "content": "hi"}], "stream": False}
        cell = nb.run(f"_ = httpx.post({server.url + '/api/chat'!r}, json={body!r})")
        (call,) = nb.calls()
        (group,) = cell.stamps[0]["groups"]
        for said in (call["weights"], group["weights"]):
            assert said.get("revision") == (DIGEST if allowed else None)
            assert said.get("identified") is (None if allowed else False)
        assert server.asked == (["/api/tags"] if allowed else [])


def test_a_cloud_model_behind_this_machines_ollama_is_on_record_as_external(tmp_path: Path) -> None:
    said = {
        "model": "gpt-oss:120b", "remote_model": "gpt-oss:120b", "remote_host": "https://ollama.com:443",
        "message": {"role": "assistant", "content": "hi"}, "done": True, "done_reason": "stop",
    }  # fmt: skip
    with Server({}, said).running() as server, kernel(tmp_path) as nb:
        nb.run("import httpx\n%load_ext jupyter_aiprov")
        body = {"model": "nice-name", "messages": [{"role": "user", "content": "hi"}]}
        nb.run(f"_ = httpx.post({server.url + '/api/chat'!r}, json={body!r})")
        (call,) = nb.calls()
    assert call["destination"] == "external"
    assert "weights" not in call
