"""Anthropic's Messages shapes, as Anthropic, Amazon Bedrock and Vertex AI serve them."""

from __future__ import annotations

from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.model import Exchange, Invocation, Message, Usage
from jupyter_aiprov.readers import _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, items, mapping, mappings, string, unpacked, whole

SETTINGS = {
    "max_tokens": "max_tokens",
    "max_tokens_to_sample": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop_sequences": "stop_sequences",
    "stream": "stream",
}
FITS = _reading.has(content=list)


def read(asked: Invocation, exchange: Exchange) -> Invocation:
    """A whole exchange. A client that goes once it has the reason for the end (LiteLLM does) has heard the answer."""
    found = _reading.read(asked, exchange, plain, streamed, FITS)
    if found.streamed and not found.complete and found.error_type is None and exchange.ended in ("closed", "gc"):
        return found.with_(complete=bool(found.finish_reasons))
    return found


def asked(body: Dict, why: str | None = None, model: str | None = None) -> Invocation:
    """What a Messages request asks for."""
    parameters = _reading.settings(body, SETTINGS) | _reading.others(body, SETTINGS)
    effort = string(dig(body, "output_config", "effort"))
    budget = whole(dig(body, "thinking", "budget_tokens"))
    thinking = string(dig(body, "thinking", "type"))
    more = {"reasoning.effort": effort, "thinking.type": thinking, "thinking.budget_tokens": budget}
    schema = dig(body, "output_config", "format", "type") or dig(body, "output_format", "type")
    system = body.get("system")
    return Invocation(
        operation="chat",
        request_model=string(body.get("model")) or model,
        parameters=parameters | {k: v for k, v in more.items() if v is not None},
        system=tuple(_parts.texts(system) if isinstance(system, str) else parts(system)),
        input=tuple(m for said in mappings(body.get("messages")) for m in _messages(said)),
        tools=_parts.functions(body.get("tools")),
        output_type="json" if schema == "json_schema" else None,
        unparsed=why,
    )


def _messages(said: Dict) -> list[Message]:
    """One message, its tool results apart in OpenTelemetry's tool role."""
    content = said.get("content")
    found = parts(content)
    if found and all(p["type"] == "tool_call_response" for p in found):
        return [_parts.message("tool", found)]
    return [_parts.message(said.get("role"), found)]


def parts(content: Any) -> list[dict[str, Any]]:
    """Content of a message: a text or blocks."""
    if isinstance(content, str):
        return _parts.texts(content)
    out: list[dict[str, Any]] = []
    for block in items(content):
        out += _block(block) if isinstance(block, dict) else _parts.texts(block)
    return out


def _block(block: Dict) -> list[dict[str, Any]]:
    kind = str(block.get("type"))
    if kind == "text":
        return _parts.texts(block.get("text"))
    if kind == "thinking":
        return _parts.reasoning(block.get("thinking"))
    if kind == "tool_use":
        return [_parts.tool_call(block.get("id"), block.get("name"), block.get("input"))]
    if kind == "tool_result":
        return [_parts.tool_response(block.get("tool_use_id"), *_result(block.get("content")))]
    if kind in ("image", "document", "video"):
        return [_media(kind, mapping(block.get("source")))]
    if kind == "container_upload":
        return [_parts.file(block.get("file_id"))]
    if kind.endswith("tool_use"):
        return [_parts.server_tool("server_tool_call", block, block.get("id"), block.get("name"))]
    if kind.endswith("tool_result"):
        return [_parts.server_tool("server_tool_call_response", block, block.get("tool_use_id"), kind)]
    return [{"type": kind, "content": _parts.shrunk(block)}]


def _result(content: Any) -> tuple[Any, list[dict[str, Any]]]:
    """A tool's result: its texts, and what is no text."""
    if not isinstance(content, list):
        return content, []
    return "".join(_parts.strings(content)), [p for p in parts(content) if p["type"] != "text"]


def _media(kind: str, source: Dict) -> dict[str, Any]:
    modality = kind if kind != "document" else None
    if source.get("type") == "url":
        return _parts.uri(source.get("url"), source.get("media_type"), modality)
    if source.get("type") == "file":
        return _parts.file(source.get("file_id"), modality)
    data = source.get("data")
    if source.get("type") == "text" and isinstance(data, str):
        data = data.encode("utf-8", "replace")
    return _parts.blob(data, source.get("media_type"), modality)


def usage(raw: Any) -> Usage | None:
    """Counters as sent: input without what came from, or went to, the cache."""
    if not isinstance(raw, dict) or not raw:
        return None
    return Usage(
        input_tokens=whole(raw.get("input_tokens")),
        output_tokens=whole(raw.get("output_tokens")),
        cache_read_tokens=whole(raw.get("cache_read_input_tokens")),
        cache_creation_tokens=whole(raw.get("cache_creation_input_tokens")),
        reasoning_tokens=whole(dig(raw, "output_tokens_details", "thinking_tokens")),
        raw=raw,
    )


def plain(payload: Any) -> dict[str, Any]:
    """A whole message."""
    payload = mapping(payload)
    reason = string(payload.get("stop_reason"))
    content = parts(payload.get("content"))
    tier = string(dig(payload, "usage", "service_tier"))
    return {
        "response_model": string(payload.get("model")),
        "response_id": string(payload.get("id")),
        "output": (_parts.answer(content, reason),) if content or reason else (),
        "finish_reasons": (reason,) if reason else (),
        "usage": usage(payload.get("usage")),
        "extra": {semconv.SERVICE_TIER.replace("openai", "anthropic"): tier} if tier else {},
    }


def streamed(events: list[_stream.Event]) -> dict[str, Any]:
    """A message in pieces; counters of `message_delta` are cumulative: set, never added."""
    message: Dict = {}
    blocks: dict[int, Dict] = {}
    stopped = False
    for event in events:
        data = mapping(event.data)
        kind = data.get("type")
        if kind == "message_start":
            message = dict(mapping(data.get("message")))
        elif kind == "content_block_start":
            blocks[whole(data.get("index")) or 0] = dict(mapping(data.get("content_block")))
        elif kind == "content_block_delta":
            _grow(blocks.setdefault(whole(data.get("index")) or 0, {}), mapping(data.get("delta")))
        elif kind == "message_delta":
            message |= {k: v for k, v in mapping(data.get("delta")).items() if v is not None}
            counted = {k: v for k, v in mapping(data.get("usage")).items() if v is not None}
            message["usage"] = mapping(message.get("usage")) | counted
        elif kind == "message_stop":
            stopped = True
    message["content"] = [_closed(blocks[index]) for index in sorted(blocks)]
    return plain(message) | {"complete": stopped}


GROWS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "compaction_delta": ("compaction", "content"),
}


def _grow(block: Dict, delta: Dict) -> None:
    kind = str(delta.get("type"))
    if kind == "input_json_delta":
        block["_json"] = block.get("_json", "") + (string(delta.get("partial_json")) or "")
    elif kind in GROWS:
        type_, key = GROWS[kind]
        block.setdefault("type", type_)
        block[key] = (string(block.get(key)) or "") + (string(delta.get(key)) or "")


def _closed(block: Dict) -> Dict:
    """A block whose input arrived in pieces, with its input."""
    pieces = block.pop("_json", "")
    return block | {"input": unpacked(pieces)} if pieces else block


def completed(payload: Any) -> dict[str, Any]:
    """An answer of the legacy Text Completions API."""
    payload = mapping(payload)
    reason = string(payload.get("stop_reason"))
    return {
        "response_model": string(payload.get("model")),
        "response_id": string(payload.get("id")),
        "output": (_parts.answer(_parts.texts(payload.get("completion")), reason),),
        "finish_reasons": (reason,) if reason else (),
    }


def completion_streamed(events: list[_stream.Event]) -> dict[str, Any]:
    """A legacy completion in pieces; the last says why it stopped."""
    chunks = [mapping(e.data) for e in events if "completion" in mapping(e.data)]
    joined: Dict = {}
    for chunk in chunks:
        joined |= {k: v for k, v in chunk.items() if v is not None}
    joined["completion"] = "".join(c["completion"] for c in chunks if isinstance(c["completion"], str))
    return completed(joined) | {"complete": bool(string(joined.get("stop_reason")))}
