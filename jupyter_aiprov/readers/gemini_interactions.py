"""Google's Interactions API: steps of user, model, thoughts and tools, streamed as events."""

from __future__ import annotations

from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Message, Usage
from jupyter_aiprov.readers import _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, first, items, mapping, mappings, string, whole
from jupyter_aiprov.readers._registry import reads

HOSTS = ("generativelanguage.googleapis.com", "aiplatform.googleapis.com", "*-aiplatform.googleapis.com")
SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_tokens",
    "stop_sequences": "stop_sequences",
    "seed": "seed",
    "thinking_level": "reasoning.effort",
}
MEDIA = ("image", "audio", "video", "document")


def _asks(body: Dict) -> bool:
    return "input" in body and bool(string(body.get("model")) or string(body.get("agent")))


@reads(path="*/interactions", host=HOSTS)
@reads(path="*/interactions", shape=_asks)
def interactions(exchange: Exchange) -> Invocation:
    """An interaction, streamed or not; complete when what it started has ended."""
    body, why = _reading.request_json(exchange.request)
    config = mapping(body.get("generation_config"))
    asked = Invocation(
        operation="generate_content",
        request_model=string(body.get("model")) or string(body.get("agent")),
        parameters=_reading.settings(config, SETTINGS)
        | _reading.others(config, SETTINGS)
        | _reading.settings(body, {"stream": "stream", "background": "background"}),
        system=tuple(_parts.texts(*_parts.strings(body.get("system_instruction")))),
        input=_input(body.get("input")),
        tools=_parts.functions(body.get("tools")),
        output_type="json" if body.get("response_mime_type") == "application/json" else None,
        unparsed=why,
    )
    return _reading.read(asked, exchange, _plain, _streamed)


@reads(path="*/interactions/*", host=HOSTS, method="GET")
def retrieved(exchange: Exchange) -> Invocation:
    """An interaction fetched by its id: what a background job came to."""
    name = _reading.path_model(exchange.request.path, "/interactions/")
    asked = Invocation(operation="generate_content", response_id=name, extra={"gcp.interaction.retrieved": True})
    return _reading.read(asked, exchange, _plain, _streamed)


def _input(sent: Any) -> tuple[Message, ...]:
    """A text, content blocks, turns with roles, or the steps of an earlier interaction."""
    steps = list(mappings(sent))
    if not any("role" in s or s.get("type") in ("user_input", "model_output") for s in steps):
        parts = _said(sent)
        return (_parts.message("user", parts),) if parts else ()
    return tuple(_parts.message(_role(s), _said(s["content"] if "role" in s and "content" in s else s)) for s in steps)


def _role(step: Dict) -> str:
    named = string(step.get("role"))
    if named:
        return "assistant" if named == "model" else named
    kind = step.get("type")
    return "user" if kind == "user_input" else "tool" if kind == "function_result" else "assistant"


def _said(content: Any) -> list[dict[str, Any]]:
    """Parts of a text, a block, a step or several of them."""
    if isinstance(content, str):
        return _parts.texts(content)
    listed = [content] if isinstance(content, dict) else content
    return [part for block in mappings(listed) for part in _block(block)]


def _block(block: Dict) -> list[dict[str, Any]]:
    kind = str(block.get("type"))
    if kind == "text":
        return _parts.texts(block.get("text"))
    if kind in ("model_output", "user_input"):
        return _said(block.get("content"))
    if kind == "thought":
        return _parts.reasoning("".join(_parts.strings(block.get("summary"))))
    if kind == "function_call":
        return [_parts.tool_call(block.get("id"), block.get("name"), block.get("arguments"))]
    if kind == "function_result":
        return [_parts.tool_response(block.get("call_id"), block.get("result"))]
    if kind in MEDIA:
        mime, held = block.get("mime_type"), block.get("data")
        modality = kind if kind != "document" else None
        return [_parts.blob(held, mime, modality) if held else _parts.uri(block.get("uri"), mime, modality)]
    if kind.endswith("_result"):
        return [_parts.server_tool("server_tool_call_response", block, block.get("call_id"), kind)]
    return [_parts.server_tool("server_tool_call", block, block.get("id"), kind)]


def _plain(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    status = string(payload.get("status"))
    said = [p for s in mappings(first(payload, "steps", "outputs")) if s.get("type") != "user_input" for p in _block(s)]
    return {
        "response_model": string(payload.get("model")),
        "response_id": string(payload.get("id")),
        "output": (_parts.answer(said, status),) if said else (),
        "finish_reasons": (status,) if status else (),
        "usage": _usage(payload.get("usage")),
        "complete": status not in ("in_progress", "queued", None),
    }


def _usage(raw: Any) -> Usage | None:
    if not isinstance(raw, dict) or not raw:
        return None
    return Usage(
        input_tokens=whole(raw.get("total_input_tokens")),
        output_tokens=whole(raw.get("total_output_tokens")),
        cache_read_tokens=whole(raw.get("total_cached_tokens")),
        reasoning_tokens=whole(first(raw, "total_thought_tokens", "total_reasoning_tokens")),
        raw=raw,
    )


def _streamed(events: list[_stream.Event]) -> _reading.Fields:
    """Steps (or, in the older form, contents) grown from their deltas; the closing event repeats none of them."""
    head: Dict = {}
    grown: dict[int, Dict] = {}
    closed = False
    for event in events:
        data = mapping(event.data)
        kind = string(data.get("event_type")) or event.name
        head |= {k: v for k, v in mapping(data.get("interaction")).items() if v is not None}
        closed = closed or kind in ("interaction.completed", "interaction.complete")
        index = whole(data.get("index"))
        if index is not None:
            step = grown.setdefault(index, dict(mapping(first(data, "step", "content"))))
            _grow(step, mapping(data.get("delta")))
    if not items(first(head, "steps", "outputs")):
        head["steps"] = [_closed(grown[index]) for index in sorted(grown)]
    return _plain(head) | {"complete": closed}


def _grow(step: Dict, delta: Dict) -> None:
    kind = delta.get("type")
    if kind == "arguments_delta":
        step["_arguments"] = step.get("_arguments", "") + (string(delta.get("arguments")) or "")
    elif kind == "thought_summary":
        step["summary"] = [*items(step.get("summary")), delta.get("content")]
    elif kind == "text" and step.get("type") in ("text", None):
        step |= {"type": "text", "text": (string(step.get("text")) or "") + (string(delta.get("text")) or "")}
    elif kind in ("text", *MEDIA) and step.get("type") == "model_output":
        _append(step, delta)
    elif kind is not None:
        step |= {k: v for k, v in delta.items() if v is not None and not (k == "type" and step.get("type"))}


def _append(step: Dict, block: Dict) -> None:
    """Add a block to a model's output; neighbouring pieces of one kind are one."""
    content = [dict(b) for b in mappings(step.get("content"))]
    key = "text" if block["type"] == "text" else "data"
    last = content[-1] if content else {}
    if last.get("type") == block["type"] and isinstance(last.get(key), str) and isinstance(block.get(key), str):
        last[key] += block[key]
    else:
        content.append(block)
    step["content"] = content


def _closed(step: Dict) -> Dict:
    return step | {"arguments": step["_arguments"]} if step.get("_arguments") else step
