"""Cohere v1 and v2: chat, generate, embed, rerank, classify, summarize, tokenize."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Message, Usage
from jupyter_aiprov.readers import _batch, _chat, _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, items, mapping, mappings, string, whole
from jupyter_aiprov.readers._registry import reads

HOSTS = ("api.cohere.com", "api.cohere.ai", "production.api.cohere.com")
SETTINGS = {
    "temperature": "temperature",
    "p": "top_p",
    "k": "top_k",
    "max_tokens": "max_tokens",
    "stop_sequences": "stop_sequences",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "num_generations": "choice.count",
    "stream": "stream",
}
ROLES = {"CHATBOT": "assistant", "SYSTEM": "system", "USER": "user", "TOOL": "tool"}


def _base(body: Dict, why: str | None, operation: str, *texts: Any) -> Invocation:
    return Invocation(
        operation=operation,
        request_model=string(body.get("model")),
        parameters=_reading.settings(body, SETTINGS) | _reading.others(body, SETTINGS),
        input=_parts.user(*texts),
        unparsed=why,
    )


@reads(host=HOSTS, path="*/v2/chat", provider="cohere")
@reads(path="*/v2/chat", shape=("messages", "model"), provider="cohere")
def chat(exchange: Exchange) -> Invocation:
    """Chat v2: messages as OpenAI's, answers and stream events of its own; names no answering model."""
    body, why = _reading.request_json(exchange.request)
    asked = replace(
        _base(body, why, "chat"),
        input=_chat.messages(body.get("messages")),
        tools=_parts.functions(body.get("tools")),
        output_type=_chat.output_type(body.get("response_format")),
    )
    return _reading.read(asked, exchange, _plain_v2, _streamed_v2, _reading.has(message=dict))


def _plain_v2(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    said = mapping(payload.get("message"))
    reason = string(payload.get("finish_reason"))
    parts = [*_parts.reasoning(said.get("tool_plan")), *_chat.parts(said.get("content")), *_chat.calls(said)]
    return {
        "response_id": string(payload.get("id")),
        "output": (_parts.answer(parts, reason),),
        "finish_reasons": (reason,) if reason else (),
        "usage": _usage(payload.get("usage")),
    }


def _usage(raw: Any) -> Usage | None:
    """Tokens read and written, or, where only those were sent, tokens billed."""
    counts = mapping(dig(raw, "tokens")) or mapping(dig(raw, "billed_units"))
    if not counts:
        return None
    return Usage(
        input_tokens=whole(counts.get("input_tokens")),
        output_tokens=whole(counts.get("output_tokens")),
        cache_read_tokens=whole(dig(raw, "cached_tokens")),
        raw=raw,
    )


def _streamed_v2(events: list[_stream.Event]) -> _reading.Fields:
    message: Dict = {"content": [], "tool_calls": []}
    head: Dict = {}
    plan = ""
    calls: dict[int, Dict] = {}
    blocks: dict[int, Dict] = {}
    complete = False
    for event in events:
        data = mapping(event.data)
        kind = string(data.get("type")) or event.name
        index = whole(data.get("index")) or 0
        delta = mapping(dig(data, "delta", "message"))
        content = delta.get("content")
        if kind == "message-start":
            head["id"] = data.get("id")
        elif kind in ("content-start", "content-delta") and isinstance(content, dict):
            block = blocks.setdefault(index, {"type": "thinking" if "thinking" in content else "text"})
            for key in ("text", "thinking"):
                if isinstance(content.get(key), str):
                    block[key] = block.get(key, "") + content[key]
        elif kind == "tool-plan-delta" and isinstance(delta.get("tool_plan"), str):
            plan += delta["tool_plan"]
        elif kind in ("tool-call-start", "tool-call-delta"):
            _grow_call(calls.setdefault(index, {"arguments": ""}), mapping(delta.get("tool_calls")))
        elif kind == "message-end":
            complete = True
            head |= mapping(data.get("delta"))
    message["tool_plan"] = plan
    message["content"] = [blocks[i] for i in sorted(blocks)]
    message["tool_calls"] = [{"id": c.get("id"), "function": c} for _, c in sorted(calls.items())]
    failed = "ERROR" if string(head.get("error")) else None
    return _plain_v2(head | {"message": message}) | {"complete": complete, "error_type": failed}


def _grow_call(call: Dict, piece: Dict) -> None:
    function = mapping(piece.get("function"))
    call["id"] = call.get("id") or piece.get("id")
    call["name"] = call.get("name") or function.get("name")
    if isinstance(function.get("arguments"), str):
        call["arguments"] += function["arguments"]


@reads(host=HOSTS, path="*/chat", provider="cohere")
@reads(path="*/v1/chat", shape=("message", "model"), provider="cohere")
def chat_v1(exchange: Exchange) -> Invocation:
    """Chat v1: one message and a history; its stream is JSON lines."""
    body, why = _reading.request_json(exchange.request)
    history = tuple(
        _parts.message(ROLES.get(str(m.get("role")).upper(), m.get("role")), _v1_parts(m))
        for m in mappings(body.get("chat_history"))
    )
    results = [
        _parts.tool_response(dig(r, "call", "name"), r.get("outputs")) for r in mappings(body.get("tool_results"))
    ]
    base = _base(body, why, "chat", body.get("message"))
    asked = replace(
        base,
        system=tuple(_parts.texts(body.get("preamble"))),
        input=(*history, *base.input, *([_parts.message("tool", results)] if results else [])),
        tools=_parts.functions(body.get("tools")),
        output_type=_chat.output_type(body.get("response_format")),
    )
    return _reading.read(asked, exchange, _plain_v1, _streamed_v1, _reading.has(text=str))


def _v1_parts(said: Dict) -> list[dict[str, Any]]:
    results = [
        _parts.tool_response(dig(r, "call", "name"), r.get("outputs")) for r in mappings(said.get("tool_results"))
    ]
    return [*_parts.texts(said.get("message")), *_v1_calls(said), *results]


def _v1_calls(said: Dict) -> list[dict[str, Any]]:
    return [_parts.tool_call(None, c.get("name"), c.get("parameters")) for c in mappings(said.get("tool_calls"))]


def _plain_v1(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    reason = string(payload.get("finish_reason"))
    return {
        "response_id": string(payload.get("response_id")) or string(payload.get("generation_id")),
        "output": (_parts.answer([*_parts.texts(payload.get("text")), *_v1_calls(payload)], reason),),
        "finish_reasons": (reason,) if reason else (),
        "usage": _usage(payload.get("meta")),
    }


def _streamed_v1(events: list[_stream.Event]) -> _reading.Fields:
    text, head, complete = "", dict[str, Any](), False
    for event in events:
        data = mapping(event.data)
        kind = data.get("event_type")
        head |= {k: data[k] for k in ("generation_id", "finish_reason") if string(data.get(k))}
        if kind == "text-generation" and isinstance(data.get("text"), str):
            text += data["text"]
        elif kind == "stream-end":
            complete = True
            head |= mapping(data.get("response"))
    return _plain_v1({"text": text} | {k: v for k, v in head.items() if v is not None}) | {"complete": complete}


@reads(host=HOSTS, path=("*/generate", "*/summarize"), provider="cohere")
def generate(exchange: Exchange) -> Invocation:
    """The older generate and summarize."""
    body, why = _reading.request_json(exchange.request)
    asked = _base(body, why, "text_completion", first(body, "prompt", "text"))
    return _reading.read(asked, exchange, _generated, _generated_stream, _reading.has(generations=list, summary=str))


def _generated(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    made = list(mappings(payload.get("generations"))) or [{"text": payload.get("summary")}]
    reasons = [string(g.get("finish_reason")) for g in made]
    return {
        "response_id": string(payload.get("id")),
        "output": tuple(_parts.answer(_parts.texts(g.get("text")), r) for g, r in zip(made, reasons, strict=True)),
        "finish_reasons": tuple(r for r in reasons if r),
        "usage": _usage(payload.get("meta")),
    }


def _generated_stream(events: list[_stream.Event]) -> _reading.Fields:
    data = [mapping(e.data) for e in events]
    text = "".join(d["text"] for d in data if isinstance(d.get("text"), str) and not d.get("is_finished"))
    last = data[-1] if data else {}
    ended = mapping(last.get("response"))
    made = [{"text": text, "finish_reason": last.get("finish_reason")}]
    return _generated(ended | {"generations": made}) | {"complete": last.get("is_finished") is True}


@reads(host=HOSTS, path="*/embed", provider="cohere")
@reads(path=("*/v1/embed", "*/v2/embed"), shape=("texts", "model"), provider="cohere")
@reads(path=("*/v1/embed", "*/v2/embed"), shape=("model", "input_type"), provider="cohere")
def embed(exchange: Exchange) -> Invocation:
    """Embeddings of texts, pictures or both."""
    body, why = _reading.request_json(exchange.request)
    pictures = [
        _parts.message("user", [_parts.uri(p, modality="image")]) for p in items(body.get("images")) if string(p)
    ]
    mixed = [
        _parts.message("user", parts) for i in mappings(body.get("inputs")) if (parts := _chat.parts(i.get("content")))
    ]
    base = _base(body | {"max_tokens": None}, why, "embeddings", *_parts.strings(body.get("texts")))
    asked = replace(base, input=(*base.input, *pictures, *mixed))
    return _reading.read(asked, exchange, _identified, fits=_reading.has(embeddings=(list, dict)))


@reads(host=HOSTS, path="*/rerank", provider="cohere")
def rerank(exchange: Exchange) -> Invocation:
    """Documents put in order for a query: the query and the documents are what was sent."""
    body, why = _reading.request_json(exchange.request)
    documents = [
        _parts.as_text(first(d, "text") or d) if isinstance(d, dict) else d for d in items(body.get("documents"))
    ]
    return _reading.read(
        _base(body, why, "rerank", body.get("query"), *documents),
        exchange,
        _identified,
        fits=_reading.has(results=list),
    )


@reads(host=HOSTS, path=("*/classify", "*/tokenize", "*/detokenize"), provider="cohere")
def other(exchange: Exchange) -> Invocation:
    """Classification and tokens: a call, but no generation."""
    body, why = _reading.request_json(exchange.request)
    asked = _base(body, why, "other", body.get("text"), *_parts.strings(body.get("inputs")))
    return _reading.read(asked, exchange, _identified, fits=_reading.has(classifications=list, tokens=list, text=str))


def _identified(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    labels = [string(c.get("prediction")) for c in mappings(payload.get("classifications"))]
    return {
        "response_id": string(payload.get("id")),
        "output": tuple(Message.text("assistant", label) for label in labels if label),
        "usage": _usage(payload.get("meta")),
    }


@reads(host=HOSTS, path="*/v2/batches", provider="cohere")
def batch(exchange: Exchange) -> Invocation:
    """A batch is created over an uploaded data set."""
    body, why = _reading.request_json(exchange.request)
    return _reading.read(_batch.asked([], why, string(body.get("model"))), exchange, _batch.created)
