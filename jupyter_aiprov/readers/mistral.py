"""Mistral beyond chat: fill-in-the-middle, agents, conversations, OCR and batch jobs; its chat is OpenAI's dialect."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.model import Exchange, Invocation, Message, Usage
from jupyter_aiprov.readers import _batch, _chat, _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, first, mapping, mappings, string, unpacked, whole
from jupyter_aiprov.readers._registry import reads

HOSTS = ("api.mistral.ai", "codestral.mistral.ai")


@reads(host=HOSTS, path="/v1/fim/completions", provider="mistral_ai")
@reads(path="*/fim/completions", shape=("prompt", "model"))
def fill_in(exchange: Exchange) -> Invocation:
    """Code between a prompt and a suffix."""
    body, why = _reading.request_json(exchange.request)
    asked = replace(
        _chat.asked(body, why), operation="text_completion", input=_parts.user(body.get("prompt"), body.get("suffix"))
    )
    return _reading.read(asked, exchange, _chat.plain, _chat.streamed, _chat.FITS, words=True)


@reads(host=HOSTS, path="/v1/agents/completions", provider="mistral_ai")
@reads(path="*/agents/completions", shape=("messages", "agent_id"))
def agent(exchange: Exchange) -> Invocation:
    """Chat with a stored agent, which stands where the model would."""
    body, why = _reading.request_json(exchange.request)
    asked = _chat.asked(body, why)
    return _reading.read(
        replace(asked, extra=_agent(body)), exchange, _chat.plain, _chat.streamed, _chat.FITS, words=True
    )


def _agent(body: dict[str, Any]) -> dict[str, Any]:
    return {"gen_ai.agent.id": body["agent_id"]} if string(body.get("agent_id")) else {}


@reads(
    path=("*/publishers/mistralai/models/*:rawPredict", "*/publishers/mistralai/models/*:streamRawPredict"),
    shape=("messages", "model"),
    provider="gcp.vertex_ai",
)
def vertex(exchange: Exchange) -> Invocation:
    """Mistral's models on Vertex AI."""
    return _chat.read(exchange, _reading.path_model(exchange.request.path, "/models/", ":"))


def _converses(body: Dict) -> bool:
    return "inputs" in body and bool(string(body.get("model")) or string(body.get("agent_id")))


@reads(path="*/v1/conversations", shape=_converses)
@reads(host=HOSTS, path=("/v1/conversations", "/v1/conversations/*"), provider="mistral_ai")
def conversation(exchange: Exchange) -> Invocation:
    """A conversation kept by the service: entries in, entries out."""
    body, why = _reading.request_json(exchange.request)
    arguments = mapping(body.get("completion_args"))
    sent = body.get("inputs")
    entries = tuple(m for e in mappings(sent) if (m := _entry(e)) is not None)
    asked = Invocation(
        operation="chat",
        request_model=string(body.get("model")),
        parameters=_chat.parameters(arguments) | _reading.settings(body, {"stream": "stream"}),
        system=tuple(_parts.texts(body.get("instructions"))),
        input=_parts.user(sent) if isinstance(sent, str) else entries,
        tools=_parts.functions(body.get("tools")),
        extra=_agent(body),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _conversed, _conversed_stream, _reading.has(outputs=list))


def _entry(entry: Dict) -> Message | None:
    if entry.get("type") == "function.result":
        return _parts.message("tool", [_parts.tool_response(entry.get("tool_call_id"), entry.get("result"))])
    parts = _output(entry)
    role = entry.get("role") or ("user" if entry.get("type") == "message.input" else "assistant")
    return _parts.message(role, parts) if parts else None


def _output(entry: Dict) -> list[dict[str, Any]]:
    if entry.get("type") == "function.call":
        return [_parts.tool_call(entry.get("tool_call_id"), entry.get("name"), entry.get("arguments"))]
    if entry.get("type") == "tool.execution":
        return [_parts.server_tool("server_tool_call", entry, entry.get("id"), entry.get("name"))]
    return _chat.parts(entry.get("content"))


def _conversed(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    outputs = list(mappings(payload.get("outputs")))
    parts = [part for entry in outputs for part in _output(entry)]
    named = string(payload.get("conversation_id"))
    return {
        "response_model": next((m for e in outputs if (m := string(e.get("model")))), None),
        "output": (_parts.answer(parts),) if parts else (),
        "usage": _chat.usage(payload.get("usage")),
        "extra": {semconv.CONVERSATION_ID: named} if named else {},
    }


def _conversed_stream(events: list[_stream.Event]) -> _reading.Fields:
    head: Dict = {}
    grown: dict[str, Dict] = {}
    closed = False
    for event in events:
        data = mapping(event.data)
        kind = string(data.get("type")) or event.name
        if kind == "conversation.response.started":
            head["conversation_id"] = data.get("conversation_id")
        elif kind == "conversation.response.done":
            closed, head["usage"] = True, data.get("usage")
        elif kind in ("message.output.delta", "function.call.delta"):
            entry = grown.setdefault(str(data.get("id")), {**data, "type": kind.removesuffix(".delta"), "content": []})
            for key in ("content", "arguments"):
                _add(entry, key, data.get(key), first_piece=entry.get("_seen") is None)
            entry["_seen"] = True
    found = _conversed(head | {"outputs": list(grown.values())})
    failed = next((e for e in events if e.name == "conversation.response.error"), None)
    error = str(mapping(failed.data).get("code") or "_OTHER") if failed else None
    return found | {"complete": closed, "error_type": error}


def _add(entry: Dict, key: str, piece: Any, *, first_piece: bool) -> None:
    """Join a piece: texts to content blocks, arguments to one string."""
    if key == "content":
        entry[key] += [piece] if isinstance(piece, dict) else [{"type": "text", "text": piece}] if piece else []
    elif isinstance(piece, str) and not first_piece and isinstance(entry.get(key), str):
        entry[key] += piece


@reads(path="*/ocr", shape=("document",))
def ocr(exchange: Exchange) -> Invocation:
    """Text read from pages."""
    body, why = _reading.request_json(exchange.request)
    document = mapping(body.get("document"))
    address = first(document, "document_url", "image_url")
    address = mapping(address).get("url") or address
    part = _parts.uri(address) if address else _parts.file(document.get("file_id"))
    asked = Invocation(
        operation="ocr",
        request_model=string(body.get("model")),
        input=(_parts.message("user", [part]),),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _pages, fits=_reading.has(pages=list))


def _pages(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    pages = [p["markdown"] for p in mappings(payload.get("pages")) if isinstance(p.get("markdown"), str)]
    noted = string(payload.get("document_annotation"))
    parts = _parts.texts(*pages) + ([{"type": "json", "content": unpacked(noted)}] if noted else [])
    spent = payload.get("usage_info")
    return {
        "response_model": string(payload.get("model")),
        "output": (_parts.answer(parts),) if parts else (),
        "usage": Usage(whole(spent.get("prompt_tokens")), raw=spent) if isinstance(spent, dict) and spent else None,
    }


@reads(host=HOSTS, path="/v1/batch/jobs", provider="mistral_ai")
def batch(exchange: Exchange) -> Invocation:
    """A batch job is created over an uploaded file."""
    body, why = _reading.request_json(exchange.request)
    rows = [_chat.asked(mapping(r.get("body"))) for r in mappings(body.get("requests"))]
    return _reading.read(_batch.asked(rows, why, string(body.get("model"))), exchange, _batch.created)
