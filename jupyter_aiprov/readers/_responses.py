"""Items, usage and events in the shapes of OpenAI's Responses."""

from __future__ import annotations

from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.model import Message, Usage
from jupyter_aiprov.readers import _chat, _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, mapping, mappings, string, whole

CLOSING = ("response.completed", "response.failed", "response.incomplete", "response.cancelled")
ENDED = ("completed", "failed", "incomplete", "cancelled")
FOLLOWS = "openai.request.previous_response_id"


def conversation(body: Dict) -> dict[str, Any]:
    named = string(body.get("conversation")) or string(dig(body, "conversation", "id"))
    follows = string(body.get("previous_response_id"))
    return ({semconv.CONVERSATION_ID: named} if named else {}) | ({FOLLOWS: follows} if follows else {})


def input_(sent: Any) -> tuple[Message, ...]:
    if isinstance(sent, str):
        return _parts.user(sent)
    return tuple(message for item in mappings(sent) if (message := _item(item)) is not None)


def _item(item: Dict) -> Message | None:
    """One input item as a message."""
    kind = item.get("type")
    if "role" in item and kind in ("message", None):
        return _parts.message(item["role"], _content(item.get("content")))
    if isinstance(kind, str) and kind.endswith("_output"):
        if kind in ("function_call_output", "custom_tool_call_output"):
            return _parts.message("tool", [_parts.tool_response(item.get("call_id"), _result(item.get("output")))])
        return _parts.message(
            "tool", [_parts.server_tool("server_tool_call_response", item, item.get("call_id"), kind)]
        )
    parts = _said(item)
    return _parts.message("assistant", parts) if parts else None


def _result(output: Any) -> Any:
    """A tool's result: a text, or blocks of which the texts count."""
    blocks = _parts.strings(output) if isinstance(output, list) else []
    return "".join(blocks) if blocks else output


def _content(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return _parts.texts(content)
    out: list[dict[str, Any]] = []
    for block in mappings(content):
        kind = block.get("type")
        if kind in ("input_image", "input_file", "input_video", "input_audio", "computer_screenshot"):
            out.append(_media(block))
        elif kind == "refusal":
            out += _parts.refusal(block.get("refusal"))
        elif isinstance(block.get("text"), str):
            out += _parts.texts(block["text"])
        else:
            out.append({"type": str(kind), "content": _parts.shrunk(block)})
    return out


def _media(block: Dict) -> dict[str, Any]:
    modality = {"input_image": "image", "computer_screenshot": "image", "input_audio": "audio"}.get(str(block["type"]))
    if block.get("file_id"):
        return _parts.file(block["file_id"], modality)
    audio = mapping(block.get("input_audio"))
    if audio:
        return _parts.blob(audio.get("data"), f"audio/{audio.get('format') or 'wav'}")
    address = first(block, "image_url", "file_url", "video_url", "file_data")
    address = dig(address, "url") or address
    if isinstance(address, str) and block.get("file_data") and not address.startswith("data:"):
        return _parts.blob(address, modality=modality)
    return _parts.uri(address, modality=modality)


def _said(item: Dict) -> list[dict[str, Any]]:
    """Parts of one item the model produced."""
    kind = item.get("type")
    if kind == "message":
        return _content(item.get("content"))
    if kind in ("function_call", "custom_tool_call"):
        return [_parts.tool_call(item.get("call_id"), item.get("name"), first(item, "arguments", "input"))]
    if kind == "reasoning":
        summary, shown = _parts.strings(item.get("summary")), _parts.strings(item.get("content"))
        return _parts.reasoning("\n".join(shown or summary))
    if kind == "image_generation_call":
        picture = f"image/{string(item.get('output_format')) or 'png'}"
        return [_parts.blob(item["result"], picture)] if string(item.get("result")) else []
    if isinstance(kind, str) and kind not in ("item_reference",):
        return [_parts.server_tool("server_tool_call", item, first(item, "call_id", "id"), item.get("name") or kind)]
    return []


def plain(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    status = string(payload.get("status"))
    reason = string(dig(payload, "incomplete_details", "reason")) or status
    parts = [part for item in mappings(payload.get("output")) for part in _said(item)]
    error = payload.get("error")
    return {
        "response_model": string(payload.get("model")),
        "response_id": string(payload.get("id")),
        "output": (_parts.answer(parts, reason),) if parts else (),
        "finish_reasons": (reason,) if reason else (),
        "usage": usage(payload.get("usage")),
        "extra": _extra(payload),
        "complete": status is None or status in ENDED,
        "error_type": (string(first(mapping(error), "type", "code")) or "_OTHER") if error else None,
    }


def _extra(payload: Dict) -> dict[str, Any]:
    out = _chat.identity(payload)
    return out | conversation(payload)


def usage(raw: Any) -> Usage | None:
    if not isinstance(raw, dict) or not raw:
        return None
    return Usage(
        input_tokens=whole(raw.get("input_tokens")),
        output_tokens=whole(raw.get("output_tokens")),
        cache_read_tokens=whole(dig(raw, "input_tokens_details", "cached_tokens")),
        cache_creation_tokens=whole(dig(raw, "input_tokens_details", "cache_write_tokens")),
        reasoning_tokens=whole(dig(raw, "output_tokens_details", "reasoning_tokens")),
        raw=raw,
    )


def streamed(events: list[_stream.Event]) -> _reading.Fields:
    """The closing event says all; before it, finished items and the text so far are what there is."""
    state: Dict = {}
    grown: dict[int, Dict] = {}
    closed = False
    for event in events:
        data = mapping(event.data)
        kind = string(data.get("type")) or event.name
        if isinstance(data.get("response"), dict):
            state.update({k: v for k, v in data["response"].items() if v is not None})
            closed = closed or kind in CLOSING
        index = whole(data.get("output_index"))
        if index is None:
            continue
        if kind in ("response.output_item.added", "response.output_item.done"):
            grown[index] = dict(mapping(data.get("item")))
        elif isinstance(data.get("delta"), str):
            _grow(grown.setdefault(index, {}), kind, data["delta"])
    if not closed:
        state.pop("status", None)  # "in_progress" is no reason to have ended
    if not state.get("output"):
        state["output"] = [_whole(grown[index]) for index in sorted(grown)]
    return plain(state) | {"complete": closed}


def _grow(item: Dict, kind: str, delta: str) -> None:
    """Add what arrived of an unfinished item."""
    for word, key in (
        ("output_text", "_text"),
        ("refusal", "_refusal"),
        ("summary_text", "_thought"),
        ("reasoning_text", "_thought"),
    ):
        if word in kind:
            item[key] = item.get(key, "") + delta
    if kind.endswith("arguments.delta") or kind == "response.custom_tool_call_input.delta":
        key = "arguments" if kind.endswith("arguments.delta") else "input"
        item[key] = (string(item.get(key)) or "") + delta


def _whole(item: Dict) -> Dict:
    """An unfinished item in the shape of a finished one."""
    if "_thought" in item:
        return {"type": "reasoning", "summary": [{"text": item["_thought"]}]}
    if "_text" in item or "_refusal" in item:
        blocks = [
            {"type": "output_text", "text": item.get("_text", "")},
            {"type": "refusal", "refusal": item.get("_refusal")},
        ]
        return {"type": "message", "content": blocks}
    return item
