"""Ollama's own API: chat, generate and embeddings; streams are JSON lines, `done: true` is the last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.model import Exchange, Invocation, Message, Usage
from jupyter_aiprov.readers import _body, _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, mapping, mappings, parsed, string, whole
from jupyter_aiprov.readers._registry import reads

SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "num_predict": "max_tokens",
    "stop": "stop_sequences",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}
FITS = _reading.has(message=dict, response=str)


@reads(path="*/api/chat", shape=("model", "messages"), provider="ollama")
def chat(exchange: Exchange) -> Invocation:
    """Chat; it streams unless told not to."""
    body, why = _reading.request_json(exchange.request)
    asked = replace(
        _base(body, why, "chat"),
        input=tuple(_message(m) for m in mappings(body.get("messages"))),
        tools=_parts.functions(body.get("tools")),
    )
    return _read(asked, exchange)


@reads(path="*/api/generate", shape=("model", "prompt"), provider="ollama")
def generate(exchange: Exchange) -> Invocation:
    """One prompt, one text; without a prompt it only loads the model."""
    body, why = _reading.request_json(exchange.request)
    pictures = [_parts.blob(p, modality="image") for p in body.get("images") or [] if string(p)]
    said = _parts.texts(body.get("prompt")) + pictures
    asked = replace(
        _base(body, why, "text_completion"),
        system=tuple(_parts.texts(body.get("system"))),
        input=(_parts.message("user", said),) if said else (),
    )
    return _read(asked, exchange)


@reads(
    path=("*/api/embed", "*/api/embeddings"),
    shape=lambda body: "model" in body and ("input" in body or "prompt" in body),
    provider="ollama",
)
def embed(exchange: Exchange) -> Invocation:
    """Embeddings."""
    body, why = _reading.request_json(exchange.request)
    texts = _parts.strings(body.get("input")) or _parts.strings(body.get("prompt"))
    asked = replace(_base(body, why, "embeddings"), input=_parts.user(*texts))
    return _reading.read(asked, exchange, _embedded, fits=_reading.has(embeddings=list, embedding=list))


def _embedded(payload: Any) -> _reading.Fields:
    said = mapping(payload)
    return {"response_model": string(said.get("model")), "usage": _usage(said), "extra": _elsewhere(said)}


def _base(body: Dict, why: str | None, operation: str) -> Invocation:
    options = mapping(body.get("options"))
    wanted = body.get("format")
    think = body.get("think")
    return Invocation(
        operation=operation,
        request_model=string(body.get("model")),
        parameters=_reading.settings(options, SETTINGS)
        | _reading.others(options, SETTINGS)
        | _reading.settings(body, {"stream": "stream", "raw": "raw"})
        | ({"reasoning.effort": think} if string(think) else {}),
        output_type="json" if wanted == "json" or isinstance(wanted, dict) else None,
        unparsed=why,
    )


def _message(said: Dict) -> Message:
    if said.get("role") == "tool":
        return _parts.message("tool", [_parts.tool_response(said.get("tool_name"), said.get("content"))])
    pictures = [_parts.blob(p, modality="image") for p in said.get("images") or [] if string(p)]
    return _parts.message(said.get("role"), [*_said(said), *pictures])


def _said(said: Dict) -> list[dict[str, Any]]:
    calls = [mapping(c.get("function")) for c in mappings(said.get("tool_calls"))]
    return [
        *_parts.reasoning(said.get("thinking")),
        *_parts.texts(said.get("content")),
        *(_parts.tool_call(c.get("id"), c.get("name"), c.get("arguments")) for c in calls),
    ]


def _read(asked: Invocation, exchange: Exchange) -> Invocation:
    """A stream may come without the content type that says so."""
    response = exchange.response
    text = _body.text(response) if response is not None and not _body.is_stream(response) else ""
    if response is not None and response.status < 400 and text.lstrip()[:1] == "{" and parsed(text) is None:
        events = _stream.events(response)
        return replace(asked, **_streamed(events), streamed=True, error_type=_reading.stream_error(events))
    return _reading.read(asked, exchange, lambda p: _answer([mapping(p)]), _streamed, FITS)


def _streamed(events: list[_stream.Event]) -> _reading.Fields:
    return _answer([mapping(e.data) for e in events])


def _answer(chunks: list[Dict]) -> _reading.Fields:
    """Pieces joined; the last one holds the counters."""
    said: Dict = {"content": "", "thinking": "", "tool_calls": []}
    last: Dict = {}
    for chunk in chunks:
        last |= {k: v for k, v in chunk.items() if v is not None}
        inner = mapping(chunk.get("message"))
        for key, piece in (
            ("content", inner.get("content", chunk.get("response"))),
            ("thinking", inner.get("thinking", chunk.get("thinking"))),
        ):
            said[key] += piece if isinstance(piece, str) else ""
        said["tool_calls"] += list(mappings(inner.get("tool_calls")))
    done = last.get("done") is True
    reason = string(last.get("done_reason")) if done else None
    return {
        "response_model": string(last.get("model")),
        "output": (_parts.answer(_said(said), reason),) if chunks else (),
        "finish_reasons": (reason,) if reason else (),
        "usage": _usage(last) if done else None,
        "complete": done,
        "extra": _elsewhere(last),
    }


def _elsewhere(said: Dict) -> dict[str, Any]:
    """A cloud model is named with the host that answered for this server."""
    host = string(said.get("remote_host"))
    return {semconv.REMOTE_HOST: host} if host else {}


def _usage(last: Dict) -> Usage | None:
    raw = {k: v for k, v in last.items() if k.endswith(("_count", "_duration"))}
    if not any(k.endswith("_count") for k in raw):
        return None
    return Usage(whole(raw.get("prompt_eval_count")), whole(raw.get("eval_count")), raw=raw)
