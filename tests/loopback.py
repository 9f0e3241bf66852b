"""A server on 127.0.0.1 that answers like the AI services do; it counts what it is asked.

The first part of a path may say how to answer: `/~gzip`, `/~503once`, `/~503twice`, `/~500`, `/~cut`, `/~malformed`,
`/~endless`, `/~hold` (waits for `release`), `/~sized` (streams with a length instead of chunks).
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
BATCH_COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")
USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
WORDS = ["Hello", " there", "!"]
TEXT = "".join(WORDS)


class Loopback:
    """The running server: `url("mode")` is its address, `hits` what it was asked."""

    def __init__(self, words: list[str] | None = None) -> None:
        self.words = words or WORDS
        self.hits: list[tuple[str, str, bytes]] = []
        self.release = threading.Event()
        self._seen: Counter[str] = Counter()
        server = self

        class Handler(_Handler):
            loopback = server

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, mode: str = "", path: str = "") -> str:
        return f"http://127.0.0.1:{self.port}" + (f"/~{mode}" if mode else "") + path

    @property
    def count(self) -> int:
        return len(self.hits)

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.hits]

    def times(self, key: str) -> int:
        """The how-manieth time this is asked for."""
        self._seen[key] += 1
        return self._seen[key]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients go away on purpose here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    loopback: Loopback

    def log_message(self, *_: Any) -> None:
        """Silent."""

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("transfer-encoding", ""):
            out = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                out += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return out
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self._body()
        path = self.path
        mode = ""
        if path.startswith("/~"):
            mode, _, rest = path[2:].partition("/")
            path = "/" + rest
        self.loopback.hits.append((self.command, path, body))
        try:
            asked = json.loads(body) if body else {}
        except ValueError:
            asked = {}
        busy = {"500": 1 << 30, "503once": 1, "503twice": 2}.get(mode, 0)
        if busy and self.loopback.times(self.path) <= busy:
            self._send(503, b'{"error": {"message": "busy", "type": "overloaded"}}', {"retry-after-ms": "1"})
        elif mode == "malformed":
            self._send(200, b'{"choices": [{"mess')
        elif mode == "html":
            self._send(200, b"<html>gateway</html>", {"content-type": "text/html"})
        elif mode == "cut":
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("content-length", "1000")
            self.end_headers()
            self.wfile.write(b'data: {"id": "x", "object": "chat.completion.chunk", "choices": []}\n\n')
            self.wfile.flush()
            self.close_connection = True
        else:
            self._answer(path, asked if isinstance(asked, dict) else {}, mode)

    def _answer(self, path: str, asked: Json, mode: str) -> None:
        kind, content = answer(urlsplit(path).path, path, asked, self.loopback.words)
        if kind == "json":
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            headers = {"content-type": "application/json", "x-request-id": "req_1"}
            if mode == "gzip":
                data, headers["content-encoding"] = gzip.compress(data), "gzip"
            if mode == "hold":
                self.loopback.release.wait(10)
            self._send(200, data, headers)
        elif kind == "bytes":
            self._send(200, content, {"content-type": "audio/mpeg"})
        else:
            self._stream(content, kind, mode)

    def _send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        given = {"content-type": "application/json", **(headers or {})}
        for name, value in given.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def _stream(self, pieces: list[bytes], content_type: str, mode: str) -> None:
        if mode == "sized":
            self._send(200, b"".join(pieces), {"content-type": content_type})
            return
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        if mode == "endless":  # what never ends names no reason for its end
            pieces = [p for p in pieces if b"[DONE]" not in p and b'"stop"' not in p]
        for piece in pieces:
            self._chunk(piece)
            if mode == "hold":
                self.loopback.release.wait(10)
        if mode == "endless":
            end = time.monotonic() + 20
            while time.monotonic() < end and not self.loopback.release.wait(0.01):
                self._chunk(pieces[0])
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _chunk(self, piece: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.flush()


@contextmanager
def serving(words: list[str] | None = None) -> Iterator[Loopback]:
    with Loopback(words) as server:
        yield server


def sse(*events: Any, named: bool = False, done: bool = False) -> list[bytes]:
    out = [
        (f"event: {e['type']}\n" if named else "").encode() + b"data: " + json.dumps(e).encode() + b"\n\n"
        for e in events
    ]
    return [*out, b"data: [DONE]\n\n"] if done else out


SSE = "text/event-stream"


def answer(path: str, full: str, asked: Json, words: list[str]) -> tuple[str, Any]:
    """("json" | "bytes" | a streaming content type, what to send)."""
    text, model = "".join(words), str(asked.get("model", "model-1"))
    if path.endswith(("/chat/completions", "/fim/completions")):
        return chat(asked, text, model, words)
    if path.endswith("/responses"):
        return responses(asked, text, model, words)
    if path.endswith("/messages/count_tokens"):
        return "json", {"input_tokens": 5}
    if path.endswith("/messages"):
        return messages(asked, text, model, words)
    if ":generateContent" in path or ":streamGenerateContent" in path:
        return gemini("stream" in path, text, words)
    if ":embedContent" in path or ":batchEmbedContents" in path:
        return "json", {"embedding": {"values": [0.1]}, "embeddings": [{"values": [0.1, 0.2]}]}
    if path == "/":
        return inference(asked, text, words)
    if path.startswith("/api/"):
        return ollama(path, asked, text, model, words)
    if path.startswith("/model/"):
        return bedrock(path, text, words)
    if path.endswith("/invocations-response-stream"):
        events = [{"token": {"id": i, "text": w}, "generated_text": None} for i, w in enumerate(words)]
        events[-1] |= {"generated_text": text, "details": {"finish_reason": "stop", "generated_tokens": 3}}
        return "application/vnd.amazon.eventstream", [raw_frame("PayloadPart", p) for p in sse(*events)]
    if path.endswith("/ocr"):
        return "json", {"model": model, "pages": [{"index": 0, "markdown": text, "images": [], "dimensions": None}],
                        "usage_info": {"pages_processed": 1}}  # fmt: skip
    if path.endswith("/messages/batches"):
        return "json", {"id": "msgbatch_1", "type": "message_batch", "processing_status": "in_progress",
                        "request_counts": dict.fromkeys(BATCH_COUNTS, 0),
                        "created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-02T00:00:00Z"}  # fmt: skip
    if path.endswith("/batches"):
        return "json", {"id": "batch_1", "object": "batch", "endpoint": asked.get("endpoint"), "status": "validating",
                        "input_file_id": "f", "completion_window": "24h", "created_at": 1}  # fmt: skip
    if ":countTokens" in path:
        return "json", {"totalTokens": 1}
    if path.endswith("/cachedContents"):
        return "json", {"name": "cachedContents/c1", "model": "models/m"}
    if path.endswith(("/v2/chat", "/v1/chat")):
        return cohere(path, asked, text, words)
    if path.endswith("/embed"):
        return "json", {
            "id": "e1",
            "embeddings": {"float": [[0.1, 0.2]]},
            "texts": ["a"],
            "response_type": "embeddings_by_type",
        }
    if path.endswith("/embeddings"):
        given = asked.get("input")
        count = len(given) if isinstance(given, list) and given and isinstance(given[0], str) else 1
        data = [{"object": "embedding", "index": i, "embedding": [0.1, 0.2]} for i in range(count)]
        return "json", {
            "id": "emb-1",
            "object": "list",
            "data": data,
            "model": model,
            "usage": {"prompt_tokens": 5, "total_tokens": 5},
        }
    if path.endswith("/completions"):
        return "json", {
            "id": "cmpl-1", "object": "text_completion", "created": 1, "model": model, "usage": USAGE,
            "choices": [{"index": 0, "text": text, "finish_reason": "stop", "logprobs": None}],
        }  # fmt: skip
    if path.endswith("/interactions"):
        return interaction(asked, text, model, words)
    if path.endswith("/decisions"):
        return "json", {"id": "dec_1", "object": "decision", "created_at": 1, "model": model, "usage": {
            "input_tokens": 5, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 1, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 6,
        }, "answers": [{"type": "predicate", "name": "dead", "probability": 0.9}]}  # fmt: skip
    if path.endswith("/conversations"):
        return conversation(asked, text, model, words)
    if path.endswith(":predict"):
        return "json", {"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": "aGk="}]}
    if path.endswith("/rerank"):
        return "json", {"id": "rr1", "results": [{"index": 1, "relevance_score": 0.9}], "meta": {}}
    if path.endswith(("/images/generations", "/images/edits")):
        return "json", {"created": 1, "data": [{"b64_json": "aGk="}]}
    if path.endswith("/audio/speech"):
        return "bytes", b"ID3noise"
    if path.endswith(("/audio/transcriptions", "/audio/translations")):
        return "json", {"text": text}
    if path.endswith("/moderations"):
        return "json", {
            "id": "modr-1",
            "model": model,
            "results": [{"flagged": False, "categories": {}, "category_scores": {}}],
        }
    return "json", {"object": "list", "data": [], "models": []}


def chat(asked: Json, text: str, model: str, words: list[str]) -> tuple[str, Any]:
    base = {"id": "chatcmpl-1", "created": 1, "model": f"{model}-2026-01-01", "system_fingerprint": "fp_1"}
    if not asked.get("stream"):
        if asked.get("response_format", {}).get("type") == "json_schema":
            text = json.dumps({"answer": text})
        message: Json = {"role": "assistant", "content": text}
        if asked.get("tools"):
            name = asked["tools"][0]["function"]["name"]
            call = {
                "id": "call_1",
                "type": "function",
                "function": {"name": name, "arguments": '{"answer": "42", "name": "Ada", "age": 42}'},
            }
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if asked.get("tools") else "stop"}
        return "json", {**base, "object": "chat.completion", "choices": [choice], "usage": USAGE}
    base["object"] = "chat.completion.chunk"

    def piece(delta: Json, reason: str | None = None) -> Json:
        return {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    events = [piece({"role": "assistant", "content": ""}), *(piece({"content": w}) for w in words), piece({}, "stop")]
    if (asked.get("stream_options") or {}).get("include_usage"):
        events.append({**base, "choices": [], "usage": USAGE})
    return SSE, sse(*events, done=True)


def responses(asked: Json, text: str, model: str, words: list[str]) -> tuple[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
    usage = {
        "input_tokens": 5, "output_tokens": 2, "total_tokens": 7,
        "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
    }  # fmt: skip
    whole = {
        "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": model, "output": [item],
        "usage": usage, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "error": None,
        "incomplete_details": None, "instructions": None, "metadata": {}, "temperature": 1.0, "top_p": 1.0,
    }  # fmt: skip
    if not asked.get("stream"):
        return "json", whole
    started = {**whole, "status": "in_progress", "output": [], "usage": None}
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    events: list[Json] = [
        {"type": "response.created", "response": started},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**item, "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **at, "part": {**part, "text": ""}},
        *({"type": "response.output_text.delta", **at, "delta": word, "logprobs": []} for word in words),
        {"type": "response.output_text.done", **at, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **at, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]
    return SSE, sse(*({**e, "sequence_number": i} for i, e in enumerate(events)), named=True)


def messages(asked: Json, text: str, model: str, words: list[str]) -> tuple[str, Any]:
    base = {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "stop_sequence": None}
    usage = {"input_tokens": 5, "output_tokens": 2}
    if not asked.get("stream"):
        content = [{"type": "text", "text": text}]
        if asked.get("tools"):
            content = [
                {"type": "tool_use", "id": "toolu_1", "name": asked["tools"][0]["name"], "input": {"answer": "42"}}
            ]
        return "json", {**base, "content": content, "stop_reason": "end_turn", "usage": usage}
    start = {**base, "content": [], "stop_reason": None, "usage": {"input_tokens": 5, "output_tokens": 1}}
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    events: list[Json] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": w}} for w in words),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    return SSE, sse(*events, named=True)


def gemini(stream: bool, text: str, words: list[str]) -> tuple[str, Any]:
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}

    def piece(word: str, last: bool) -> Json:
        one: Json = {"content": {"role": "model", "parts": [{"text": word}]}, "index": 0}
        if last:
            one["finishReason"] = "STOP"
        return {"candidates": [one], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash", "responseId": "r1"}

    if not stream:
        return "json", piece(text, True)
    return SSE, sse(*(piece(word, i == len(words) - 1) for i, word in enumerate(words)))


def inference(asked: Json, text: str, words: list[str]) -> tuple[str, Any]:
    if not asked.get("stream"):
        return "json", [{"generated_text": text, "summary_text": text}]
    events: list[Json] = [
        {"index": i, "token": {"id": i, "text": w, "logprob": 0.0, "special": False}, "generated_text": None}
        for i, w in enumerate(words)
    ]
    events[-1] |= {"generated_text": text, "details": {"finish_reason": "length", "generated_tokens": 3, "seed": None}}
    return SSE, sse(*events)


def interaction(asked: Json, text: str, model: str, words: list[str]) -> tuple[str, Any]:
    usage = {"total_input_tokens": 5, "total_output_tokens": 2, "total_tokens": 7}
    base = {"id": "v1_1", "object": "interaction", "model": model, "status": "completed"}
    if not asked.get("stream"):
        steps = [{"type": "model_output", "content": [{"type": "text", "text": text}]}]
        return "json", {**base, "steps": steps, "usage": usage}
    events: list[Json] = [
        {"event_type": "interaction.created", "interaction": {**base, "status": "in_progress"}},
        {"event_type": "step.start", "index": 0, "step": {"type": "model_output"}},
        *({"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": w}} for w in words),
        {"event_type": "step.stop", "index": 0},
        {"event_type": "interaction.completed", "interaction": {**base, "usage": usage}},
    ]
    return SSE, sse(*events, done=True)


def conversation(asked: Json, text: str, model: str, words: list[str]) -> tuple[str, Any]:
    named = {"conversation_id": "conv_1", "usage": USAGE}
    entry = {"id": "msg_1", "model": model, "role": "assistant"}
    if not asked.get("stream"):
        said = {**entry, "object": "entry", "type": "message.output", "content": text}
        return "json", {**named, "object": "conversation.response", "outputs": [said]}
    events: list[Json] = [
        {"type": "conversation.response.started", "conversation_id": "conv_1"},
        *({**entry, "type": "message.output.delta", "content": w, "content_index": 0} for w in words),
        {"type": "conversation.response.done", "usage": USAGE},
    ]
    return SSE, sse(*events, named=True)


def ollama(path: str, asked: Json, text: str, model: str, words: list[str]) -> tuple[str, Any]:
    base = {"model": model, "created_at": "2026-01-01T00:00:00Z"}
    end = {"done": True, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 2, "total_duration": 1}
    if path.endswith("/tags"):
        return "json", {"models": []}
    if path.endswith("/embed"):
        return "json", {"model": model, "embeddings": [[0.1, 0.2]], "prompt_eval_count": 5}

    def piece(word: str) -> Json:
        return {"message": {"role": "assistant", "content": word}} if path.endswith("/chat") else {"response": word}

    if asked.get("stream", True) is False:
        return "json", {**base, **piece(text), **end}
    lines = [*({**base, **piece(word), "done": False} for word in words), {**base, **piece(""), **end}]
    return "application/x-ndjson", [json.dumps(line).encode() + b"\n" for line in lines]


def cohere(path: str, asked: Json, text: str, words: list[str]) -> tuple[str, Any]:
    usage = {"billed_units": {"input_tokens": 5, "output_tokens": 2}, "tokens": {"input_tokens": 5, "output_tokens": 2}}
    if path.endswith("/v1/chat"):
        return "json", {"text": text, "generation_id": "g1", "finish_reason": "COMPLETE", "meta": {**usage}}
    if not asked.get("stream"):
        message = {"role": "assistant", "content": [{"type": "text", "text": text}]}
        return "json", {"id": "c1", "finish_reason": "COMPLETE", "message": message, "usage": usage}
    events: list[Json] = [
        {"type": "message-start", "id": "c1", "delta": {"message": {"role": "assistant"}}},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
        *({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": w}}}} for w in words),
        {"type": "content-end", "index": 0},
        {"type": "message-end", "id": "c1", "delta": {"finish_reason": "COMPLETE", "usage": usage}},
    ]
    return SSE, sse(*events)


def bedrock(path: str, text: str, words: list[str]) -> tuple[str, Any]:
    usage = {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7}
    if path.endswith("/converse"):
        message = {"role": "assistant", "content": [{"text": text}]}
        return "json", {
            "output": {"message": message},
            "stopReason": "end_turn",
            "usage": usage,
            "metrics": {"latencyMs": 1},
        }
    if path.endswith("/converse-stream"):
        events = [
            ("messageStart", {"role": "assistant"}),
            *(("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}}) for word in words),
            ("contentBlockStop", {"contentBlockIndex": 0}),
            ("messageStop", {"stopReason": "end_turn"}),
            ("metadata", {"usage": usage, "metrics": {"latencyMs": 1}}),
        ]
        return "application/vnd.amazon.eventstream", [event_frame(name, body) for name, body in events]
    if path.endswith("/invoke-with-response-stream"):
        pieces = messages({"stream": True}, text, "claude", words)[1]
        held = [base64.b64encode(piece.partition(b"data: ")[2].strip()).decode() for piece in pieces]
        return "application/vnd.amazon.eventstream", [event_frame("chunk", {"bytes": piece}) for piece in held]
    return "json", {
        "content": [{"type": "text", "text": text}],
        "type": "message",
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 5, "output_tokens": 2},
    }


def event_frame(name: str, body: Json) -> bytes:
    """One message of AWS's binary event stream."""
    return raw_frame(name, json.dumps(body).encode())


def raw_frame(name: str, payload: bytes) -> bytes:
    """The same, around any bytes."""
    headers = b""
    for key, value in ((":event-type", name), (":content-type", "application/json"), (":message-type", "event")):
        headers += bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    prelude = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    message = prelude + struct.pack(">I", binascii.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", binascii.crc32(message))
