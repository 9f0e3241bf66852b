"""Amazon's message shapes: the Converse API, and Nova behind InvokeModel."""

from __future__ import annotations

from typing import Any

from jupyter_aiprov.model import Invocation, Usage
from jupyter_aiprov.readers import _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, items, mapping, mappings, string, unpacked, whole

SETTINGS = {
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "maxTokens": "max_tokens",
    "max_new_tokens": "max_tokens",
    "stopSequences": "stop_sequences",
    # the model's own spelling, in additionalModelRequestFields
    "top_p": "top_p",
    "top_k": "top_k",
    "max_tokens": "max_tokens",
    "stop_sequences": "stop_sequences",
    "seed": "seed",
    "reasoning_effort": "thinking.effort",
}


# Converse shows the tools that Bedrock runs itself among the client's
RAN_THERE = {"executed_by": "provider"}


def asked(body: Dict, why: str | None = None, model: str | None = None) -> Invocation:
    """What a Converse request asks for."""
    config = mapping(body.get("inferenceConfig"))
    more = mapping(body.get("additionalModelRequestFields"))
    inner = mapping(more.get("inferenceConfig"))
    parameters = _reading.settings(more | inner, SETTINGS) | _reading.settings(config, SETTINGS)
    effort = string(dig(more, "output_config", "effort")) or string(dig(more, "reasoningConfig", "maxReasoningEffort"))
    schema = dig(body, "outputConfig", "textFormat", "type")
    return Invocation(
        operation="chat",
        request_model=model,
        parameters=parameters | ({"thinking.effort": effort} if effort else {}),
        system=tuple(parts(body.get("system"))),
        input=tuple(_message(m) for m in mappings(body.get("messages"))),
        tools=_parts.functions(dig(body, "toolConfig", "tools")),
        output_type="json" if schema == "json_schema" else None,
        unparsed=why,
    )


def _message(said: Dict) -> Any:
    found = parts(said.get("content"))
    results = found and all(p["type"] == "tool_call_response" for p in found)
    return _parts.message("tool" if results else said.get("role"), found)


def parts(content: Any) -> list[dict[str, Any]]:
    """Content blocks, each a one-key object."""
    if isinstance(content, str):
        return _parts.texts(content)
    return [part for block in mappings(content) for part in _block(block)]


def _block(block: Dict) -> list[dict[str, Any]]:
    if "text" in block:
        return _parts.texts(block["text"])
    if "toolUse" in block:
        use = mapping(block["toolUse"])
        call = _parts.tool_call(use.get("toolUseId"), use.get("name"), use.get("input"))
        return [call | (RAN_THERE if use.get("type") == "server_tool_use" else {})]
    if "toolResult" in block:
        result = mapping(block["toolResult"])
        given = _parts.tool_response(result.get("toolUseId"), *_result(result.get("content")))
        return [given | (RAN_THERE if string(result.get("type")) else {})]
    if "reasoningContent" in block:
        held = mapping(block["reasoningContent"])
        return _parts.reasoning(first(mapping(held.get("reasoningText")), "text") or held.get("text"))
    for kind in ("image", "document", "video", "audio"):
        if kind in block:
            return [_media(kind, mapping(block[kind]))]
    if "guardContent" in block:
        held = mapping(block["guardContent"])
        return _parts.texts(dig(held, "text", "text")) + [_media("image", p) for p in mappings([held.get("image")])]
    if "citationsContent" in block:
        return _parts.texts(*_parts.strings(dig(block, "citationsContent", "content")))
    return [{"type": kind, "content": _parts.shrunk(block[kind])} for kind in block if kind not in MARKS]


def _result(content: Any) -> tuple[str, list[dict[str, Any]]]:
    """A tool's result: its texts and its JSON as text, and what is neither."""
    blocks = list(mappings(content))
    said = [_parts.as_text(b.get("text", b.get("json"))) for b in blocks if "text" in b or "json" in b]
    return "".join(said), [p for b in blocks if "text" not in b for p in _block(b)]


def _media(kind: str, held: Dict) -> dict[str, Any]:
    source = mapping(held.get("source"))
    modality = None if kind == "document" else kind
    form = string(held.get("format"))
    mime = f"{modality or 'application'}/{form}" if form else None
    address = dig(source, "s3Location", "uri")
    if address:
        return _parts.uri(address, mime, modality)
    words = "".join(_parts.strings(first(source, "text", "content")))
    return _parts.blob(words.encode("utf-8", "replace") if words else source.get("bytes"), mime, modality)


def usage(raw: Any) -> Usage | None:
    """Counters as sent: input without what came from, or went to, the cache."""
    if not isinstance(raw, dict) or not raw:
        return None
    return Usage(
        input_tokens=whole(raw.get("inputTokens")),
        output_tokens=whole(raw.get("outputTokens")),
        cache_read_tokens=whole(first(raw, "cacheReadInputTokens", "cacheReadInputTokenCount")),
        cache_creation_tokens=whole(first(raw, "cacheWriteInputTokens", "cacheWriteInputTokenCount")),
        raw=raw,
    )


def plain(payload: Any) -> dict[str, Any]:
    """A whole answer; Bedrock names neither the answering model nor an id."""
    payload = mapping(payload)
    reason = string(payload.get("stopReason"))
    return {
        "output": (_parts.answer(parts(dig(payload, "output", "message", "content")), reason),),
        "finish_reasons": (reason,) if reason else (),
        "usage": usage(payload.get("usage")),
        "extra": {"aws.bedrock.service_tier": tier} if (tier := string(dig(payload, "serviceTier", "type"))) else {},
    }


def streamed(events: list[_stream.Event]) -> dict[str, Any]:
    """An answer in frames; Nova puts each event's name inside its body."""
    blocks: dict[int, Dict] = {}
    reason, spent, tier, stopped = None, None, None, False
    for event in events:
        data = mapping(event.data)
        name = event.name
        if name in ("chunk", ""):
            name = next((k for k in data if k in EVENTS), "")
            data = mapping(data.get(name))
        index = whole(data.get("contentBlockIndex")) or 0
        if name == "contentBlockStart":
            _start(blocks.setdefault(index, {}), mapping(data.get("start")))
        elif name == "contentBlockDelta":
            _grow(blocks.setdefault(index, {}), mapping(data.get("delta")))
        elif name == "messageStop":
            reason, stopped = string(data.get("stopReason")), True
        elif name == "metadata":
            spent, tier = data.get("usage") or spent, data.get("serviceTier")
    content = [_closed(blocks[index]) for index in sorted(blocks)]
    whole_answer = {"output": {"message": {"content": content}}, "stopReason": reason, "usage": spent}
    return plain(whole_answer | {"serviceTier": tier}) | {"complete": stopped}


MARKS = ("cachePoint", "type")  # no content
EVENTS = ("messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata")


def _start(block: Dict, start: Dict) -> None:
    for key in ("toolUse", "toolResult", "image"):
        if isinstance(start.get(key), dict):
            block[key] = dict(start[key])


def _grow(block: Dict, delta: Dict) -> None:
    if isinstance(delta.get("text"), str):
        block["text"] = block.get("text", "") + delta["text"]
    thought = dig(delta, "reasoningContent", "text") or dig(delta, "reasoningContent", "reasoningText", "text")
    if isinstance(thought, str):
        block["thought"] = block.get("thought", "") + thought
    piece = dig(delta, "toolUse", "input")
    if piece is not None:
        block.setdefault("toolUse", {})
        block["pieces"] = block.get("pieces", "") + (piece if isinstance(piece, str) else _parts.as_text(piece))
    if isinstance(delta.get("image"), dict):
        block["image"] = mapping(block.get("image")) | delta["image"]
    if isinstance(delta.get("toolResult"), list):
        held = mapping(block.get("toolResult"))
        block["toolResult"] = held | {"content": [*items(held.get("content")), *delta["toolResult"]]}


def _closed(block: Dict) -> Dict:
    if "thought" in block:
        return {"reasoningContent": {"text": block["thought"]}}
    if "toolUse" in block:
        return {"toolUse": block["toolUse"] | {"input": unpacked(block.get("pieces", "")) or {}}}
    return block
