"""Asks model servers on this machine which weights they serve: digest, repository, commit, quantisation.

Only where the user allows it, only at loopback addresses, once for each server and model, on a
thread of its own, with a short timeout, without credentials; the asking itself is never on record.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from jupyter_aiprov import semconv
from jupyter_aiprov.capture import _weights
from jupyter_aiprov.capture._tap import under_way
from jupyter_aiprov.model import Ended, Invocation, Request

TIMEOUT: Final = 1.0  # seconds for each question; after one that is not answered in time no other is asked
_MOST: Final = 4 * 2**20  # bytes of an answer
WAIT: Final = 0.5  # seconds that the record of a call waits for what was asked when it began
Weights = dict[str, Any]
Key = tuple[str, int, str, str]  # host, port, what stands before the API's path, model
Ask = Callable[[str], Any]  # path -> the server's JSON, or None


class _Ours:
    """Stands for a call under way, so that no capture takes our own requests for the user's."""

    id = "aiprov"
    sending = True
    unread: Callable[[], Any] | None = None

    def answered(self, status: int, headers: Mapping[str, str]) -> None: ...
    def chunk(self, data: bytes) -> None: ...
    def finish(self, ended: Ended, error: BaseException | None = None) -> None: ...
    def complete(self, invocation: Invocation) -> None: ...


class _Question:
    """One server and model, and what is known of its weights."""

    def __init__(self) -> None:
        self.found: Weights = {}
        self.answered = threading.Event()


class LocalServers:
    """What the servers of this machine said. Thread-safe."""

    def __init__(self, allowed: Callable[[], bool]) -> None:
        self._allowed = allowed
        self._questions: dict[Key, _Question] = {}
        self._remote: set[Key] = set()  # what is answered from elsewhere

    def ask(self, request: Request) -> None:
        """A request is about to leave: find out in the background what will answer it."""
        key = _key(request) if self._allowed() else None
        if key is not None and key not in self._questions:
            question = _Question()
            if self._questions.setdefault(key, question) is question:  # two threads may ask at once
                threading.Thread(target=self._find, args=(key, question), name="aiprov-servers", daemon=True).start()

    def weights(self, request: Request) -> Weights:
        """What its server said of the model's weights; waits for an answer that is on its way."""
        key = _key(request)
        question = self._questions.get(key) if key is not None else None
        if question is None or not question.answered.wait(WAIT):
            return {}
        return _with_sum(question.found)

    def is_remote(self, request: Request) -> bool:
        """True when the server is known to pass this model's requests on to another machine."""
        return bool(self._remote) and _key(request) in self._remote

    def place(self, request: Request | None, destination: str, answer: Invocation) -> dict[str, Any]:
        """Where an answer was made, and from which weights, or that these are not identified."""
        if destination not in ("loopback", "in-process"):
            return {}
        weights: Weights = dict(answer.extra.get(semconv.WEIGHTS) or {})
        if request is not None:
            weights |= self.weights(request)
        if answer.extra.get(semconv.REMOTE_HOST) or weights.get(semconv.REMOTE_HOST):
            key = _key(request) if request is not None else None
            if key is not None:
                self._remote.add(key)
            return {semconv.DESTINATION: "external"}
        is_coming = request is None and bool(weights)  # the sum of a file is on its way
        if not (is_coming or weights.get("sha256") or weights.get("revision")):
            weights["identified"] = False
        return {semconv.WEIGHTS: weights}

    def _find(self, key: Key, question: _Question) -> None:
        under_way.set(_Ours())
        try:
            question.found = weights_at(_asking(*key[:3]), key[3])
        except (OSError, http.client.HTTPException, ValueError, RecursionError):
            question.found = {}
        if semconv.REMOTE_HOST in question.found:
            self._remote.add(key)
        question.answered.set()


def weights_at(ask: Ask, model: str) -> Weights:
    """What a server says of a model's weights; empty where it says nothing that would tell them apart."""
    for source in (_ollama, _llama_cpp, _tgi, _lm_studio, _vllm):
        found = source(ask, model)
        if found:
            return {k: v for k, v in found.items() if isinstance(v, str) and v}
    return {}


def _ollama(ask: Ask, model: str) -> Weights:
    """Ollama: the digest of the model's manifest, which names its files by their SHA-256."""
    for one in _objects(ask("/api/tags"), "models"):
        if model in (one.get("name"), one.get("model")) or f"{model}:latest" == one.get("name"):
            if one.get("remote_host"):  # served elsewhere, under whatever name
                return {"remote_host": one["remote_host"], "remote_model": one.get("remote_model")}
            details = one.get("details")
            named = details.get("quantization_level") if isinstance(details, dict) else None
            return {"revision": _digest(one.get("digest")), "quantisation": named, "asked": "/api/tags"}
    return {}


def _llama_cpp(ask: Ask, _model: str) -> Weights:
    """llama.cpp (and llamafile): the path of its file on this machine; the name alone is kept."""
    said = ask("/props")
    path = said.get("model_path") if isinstance(said, dict) else None
    if not isinstance(path, str) or not path:
        return {}
    return {"path": path, "asked": "/props"}


def _tgi(ask: Ask, _model: str) -> Weights:
    """Text Generation Inference and Text Embeddings Inference: repository and commit."""
    said = ask("/info")
    if not isinstance(said, dict) or "model_id" not in said:
        return {}
    return {"repository": _name(said["model_id"]), "revision": said.get("model_sha"), "asked": "/info"}


def _lm_studio(ask: Ask, model: str) -> Weights:
    """LM Studio: quantisation; it names no digest."""
    for one in _objects(ask("/api/v0/models"), "data"):
        if one.get("id") == model:
            return {"quantisation": one.get("quantization"), "asked": "/api/v0/models"}
    return {}


def _vllm(ask: Ask, model: str) -> Weights:
    """vLLM and SGLang: the repository behind the name that is served; no commit."""
    for one in _objects(ask("/v1/models"), "data"):
        if one.get("id") == model and one.get("root"):
            return {"repository": _name(one["root"]), "asked": "/v1/models"}
    return {}


def _objects(said: Any, key: str) -> list[dict[str, Any]]:
    listed = said.get(key) if isinstance(said, dict) else None
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _digest(value: Any) -> Any:
    return value.removeprefix("sha256:") if isinstance(value, str) else None


def _name(value: Any) -> Any:
    """A repository as it is; of a path the last part, which tells nothing of this machine."""
    if not isinstance(value, str):
        return None
    return value.rstrip("/\\").replace("\\", "/").rpartition("/")[2] if value[:1] in "/~." or ":" in value else value


def _with_sum(found: Weights) -> Weights:
    """The file a server named, described as a file of our own is: its sum is there once it is computed."""
    if "path" not in found:
        return dict(found)
    return {**_weights.of_gguf(found["path"]), "asked": found["asked"]}


def _key(request: Request) -> Key | None:
    """Server, port, path before its API and model; None for what is not on this machine, or not in clear."""
    if request.parts.scheme != "http" or not _is_loopback(request.host) or request.port is None:
        return None
    body = request.json
    model = body.get("model") if isinstance(body, dict) else None
    starts = [at for mark in ("/v1/", "/api/") if (at := request.path.find(mark)) >= 0]
    prefix = request.path[: min(starts)] if starts else ""
    return request.host, request.port, prefix, model if isinstance(model, str) else ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _asking(host: str, port: int, prefix: str) -> Ask:
    def ask(path: str) -> Any:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        try:
            connection.connect()
            if not _is_loopback(connection.sock.getpeername()[0]):  # what `localhost` means is a file's word
                return None
            connection.request("GET", prefix + path, headers={"accept": "application/json"})
            answer = connection.getresponse()
            data = answer.read(_MOST)
            return json.loads(data) if answer.status == 200 else None
        except TimeoutError:
            raise
        except (http.client.HTTPException, ValueError, RecursionError):
            return None
        finally:
            connection.close()

    return ask
