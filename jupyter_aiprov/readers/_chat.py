"""Messages, tools, usage and answers in the shapes of OpenAI Chat Completions, which many services speak."""

from __future__ import annotations

from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.model import Exchange, Invocation, Message, Usage
from jupyter_aiprov.readers import _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, items, mapping, mappings, string, whole

SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_completion_tokens": "max_tokens",
    "max_tokens": "max_tokens",
    "stop": "stop_sequences",
    "seed": "seed",
    "random_seed": "seed",  # Mistral
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "n": "choice.count",
    "reasoning_effort": "reasoning.effort",
    "stream": "stream",
}
FITS = _reading.has(choices=list)


def read(exchange: Exchange, model: str | None = None) -> Invocation:
    """A whole chat exchange; `model` is the one the path names."""
    noted = exchange.request.noted
    if "chat" not in noted:
        noted["chat"] = asked(*_reading.request_json(exchange.request), model)
    found = _reading.read(noted["chat"], exchange, plain, streamed, FITS, words=True)
    if found.streamed and not found.complete and exchange.ended in ("closed", "gc") and found.error_type is None:
        # a client that goes once it has the reason for the end has heard the answer
        return found.with_(complete=bool(found.output) and all(m.finish_reason for m in found.output))
    return found


def asked(body: Dict, why: str | None = None, model: str | None = None) -> Invocation:
    """What a chat request asks for."""
    effort = string(dig(body, "reasoning", "effort"))  # OpenRouter
    return Invocation(
        operation="chat",
        request_model=string(body.get("model")) or model,
        parameters=parameters(body) | ({"reasoning.effort": effort} if effort else {}),
        input=messages(body.get("messages")),
        tools=_parts.functions(first(body, "tools", "functions")),
        output_type=output_type(body.get("response_format")),
        unparsed=why,
    )


def parameters(body: Dict) -> dict[str, Any]:
    """Settings really sent."""
    return _reading.settings(body, SETTINGS) | _reading.others(body, SETTINGS)


def output_type(wanted: Any) -> str | None:
    """`json` where the answer was asked for in JSON."""
    kind = dig(wanted, "type")
    return "json" if kind in ("json_object", "json_schema") else "text" if kind == "text" else None


def messages(sent: Any) -> tuple[Message, ...]:
    """Messages of a request, in order."""
    return tuple([_message(m) for m in items(sent) if isinstance(m, dict)])


def _message(said: Dict) -> Message:
    role, content = said.get("role"), said.get("content")
    if (
        len(said) == 2 and type(role) is str and role in _SPEAKERS and type(content) is str and content
    ):  # nearly every message
        return Message.text(role, content)
    if role in ("tool", "function"):
        call_id = first(said, "tool_call_id", "name")
        return _parts.message("tool", [_parts.tool_response(call_id, content)])
    spoken = said.get("text") if content is None else content  # Yandex
    return _parts.message(role, [*thought(said), *parts(spoken), *calls(said)])


def parts(content: Any) -> list[dict[str, Any]]:
    """Content of a message: a text, or blocks of text, pictures, sound, files and thoughts."""
    if isinstance(content, str):
        return _parts.texts(content)
    out: list[dict[str, Any]] = []
    for block in items(content):
        if isinstance(block, str):
            out += _parts.texts(block)
        elif isinstance(block, dict):
            out += _block(block)
    return out


def _block(block: Dict) -> list[dict[str, Any]]:
    kind = block.get("type")
    if kind in ("text", "input_text", "output_text", None):
        return _parts.texts(block.get("text"))
    if kind == "thinking":
        inner = block.get("thinking")
        return _parts.reasoning(inner if isinstance(inner, str) else "".join(_parts.strings(inner)))
    if kind == "refusal":
        return _parts.refusal(block.get("refusal"))
    if kind in ("image_url", "video_url", "audio_url", "document_url"):
        address = block.get(str(kind))
        modality = str(kind).removesuffix("_url")
        return [_parts.uri(dig(address, "url") or address, modality=modality if modality != "document" else "file")]
    if kind == "input_audio":
        audio = mapping(block.get("input_audio"))
        return [_parts.blob(audio.get("data"), f"audio/{audio.get('format') or 'wav'}")]
    if kind == "file":
        held = mapping(block.get("file"))
        if held.get("file_data"):
            return [
                _parts.uri(held["file_data"])
                if str(held["file_data"]).startswith("data:")
                else _parts.blob(held["file_data"])
            ]
        return [_parts.file(held.get("file_id"))]
    return [{"type": str(kind), "content": _parts.shrunk(block)}]


def thought(said: Dict) -> list[dict[str, Any]]:
    """Reasoning shown beside the answer, under whichever of its names."""
    found = first(said, "reasoning_content", "reasoning", "thinking")
    if not isinstance(found, str):
        details = mappings(said.get("reasoning_details"))
        found = "".join(t for d in details if (t := string(first(d, "text", "summary"))))
    return _parts.reasoning(found)


def calls(said: Dict) -> list[dict[str, Any]]:
    """Tool calls of a message, and the older function call."""
    out = []
    for call in mappings(said.get("tool_calls")):
        function = mapping(call.get("function")) or mapping(call.get("custom"))
        out.append(_parts.tool_call(call.get("id"), function.get("name"), first(function, "arguments", "input")))
    legacy = mapping(said.get("function_call"))
    if isinstance(legacy.get("name"), str):
        out.append(_parts.tool_call(None, legacy["name"], legacy.get("arguments")))
    return out


def usage(raw: Any) -> Usage | None:
    """Counters as sent; cached and reasoning tokens are part of the totals, and stay apart."""
    if not isinstance(raw, dict) or not raw:
        return None
    if raw.keys() <= _TOTALS:
        return Usage(whole(raw.get("prompt_tokens")), whole(raw.get("completion_tokens")), raw=raw)
    asked_details = mapping(first(raw, "prompt_tokens_details", "input_tokens_details"))
    said_details = mapping(first(raw, "completion_tokens_details", "output_tokens_details"))
    written = first(raw | asked_details, "cache_write_tokens", "cache_creation_input_tokens")
    return Usage(
        input_tokens=whole(first(raw, "prompt_tokens", "input_tokens")),
        output_tokens=whole(first(raw, "completion_tokens", "output_tokens")),
        cache_read_tokens=whole(first({"d": asked_details.get("cached_tokens"), **raw}, "d", *_CACHED)),
        cache_creation_tokens=whole(written),
        reasoning_tokens=whole(first({"d": said_details.get("reasoning_tokens"), **raw}, "d", "reasoning_tokens")),
        raw=raw,
    )


# Moonshot and Together, DeepSeek, Mistral, LiteLLM
_CACHED = ("cached_tokens", "prompt_cache_hit_tokens", "num_cached_tokens", "cache_read_input_tokens")
_TOTALS = frozenset({"prompt_tokens", "completion_tokens", "total_tokens"})


def identity(payload: Dict) -> dict[str, Any]:
    """Service tier and system fingerprint, as the answer names them."""
    found = {
        semconv.SERVICE_TIER: string(payload.get("service_tier")),
        semconv.SYSTEM_FINGERPRINT: string(payload.get("system_fingerprint")),
    }
    return {key: value for key, value in found.items() if value}


def plain(payload: Any) -> dict[str, Any]:
    """An answer in one piece."""
    payload = mapping(payload)
    choices = [c for c in items(payload.get("choices")) if isinstance(c, dict)]
    reasons = [string(c.get("finish_reason")) or string(c.get("stop_reason")) for c in choices]
    return {
        "response_model": string(payload.get("model")),
        "response_id": string(payload.get("id")),
        "output": tuple(_parts.answer(_told(c), r) for c, r in zip(choices, reasons, strict=True)),
        "finish_reasons": tuple(r for r in reasons if r),
        "usage": usage(payload.get("usage")),
        "extra": identity(payload),
        "error_type": _failure(choices),
        "unparsed": None if any(map(_is_choice, choices)) else "the answer has no choices",
    }


def _failure(choices: list[Dict]) -> str | None:
    """The error of the choice that has one, as routers hand on what failed behind them."""
    codes = [first(error, "type", "code") or "_OTHER" for c in choices if (error := mapping(c.get("error")))]
    return str(codes[0]) if codes else None


def _is_choice(choice: Dict) -> bool:
    if isinstance(choice.get("message"), dict) or items(choice.get("messages")):
        return True
    return isinstance(first(choice, "text", "finish_reason"), str)


def _told(choice: Dict) -> list[dict[str, Any]]:
    """Parts of one choice; of several messages where the service ran tools in between (Mistral)."""
    said = choice.get("message")
    if isinstance(said, dict):
        return _said(said)
    turns = list(mappings(choice.get("messages")))
    if not turns:
        return _said(choice)
    ran = {t.get("tool_call_id") for t in turns if t.get("role") == "tool"}
    out: list[dict[str, Any]] = []
    for part in (p for t in turns if t.get("role") != "tool" for p in _said(t)):
        by_service = part["type"] == "tool_call" and part["id"] in ran
        out.append(_parts.server_tool("server_tool_call", part, part["id"], part["name"]) if by_service else part)
    return out


def _said(said: Dict) -> list[dict[str, Any]]:
    """Parts of one choice: thoughts, text (`text` in completions), refusal, pictures, sound, calls."""
    content = said.get("content")
    if type(content) is str and not any(v for k, v in said.items() if k not in _WORD):  # nearly every answer
        return _parts.texts(content)
    out = [*thought(said), *parts(first(said, "content", "text")), *_parts.refusal(said.get("refusal"))]
    pictures = [dig(p, "image_url", "url") or p.get("url") for p in mappings(said.get("images"))]
    out += [_parts.uri(address, modality="image") for address in pictures]
    audio = said.get("audio")
    if isinstance(audio, dict):
        sound = _parts.blob(audio.get("data"), "audio/" + (string(audio.get("format")) or "wav"))
        out.append(sound | ({"transcript": audio["transcript"]} if string(audio.get("transcript")) else {}))
    ran = mappings(said.get("executed_tools"))  # Groq
    out += [_parts.server_tool("server_tool_call", t, t.get("id"), first(t, "name", "type")) for t in ran]
    return out + calls(said)


def streamed(events: list[_stream.Event]) -> dict[str, Any]:
    """An answer in pieces: text and arguments are joined, counters and names are set by the last that has them."""
    choices: dict[int, Dict] = {}
    head: Dict = {}
    spent: Any = None
    for event in events:
        chunk = mapping(event.data)
        for key in ("id", "model", "service_tier", "system_fingerprint"):
            value = chunk.get(key)
            if value and isinstance(value, str) and not (key in head and key in ("id", "model")):
                head[key] = value
        used = chunk.get("usage")
        spent = (dig(chunk, "x_groq", "usage") if used is None else used) or spent
        for choice in mappings(chunk.get("choices")):
            _grow(choices.setdefault(whole(choice.get("index")) or 0, {}), choice)
    ordered = [choices[index] for index in sorted(choices)]
    reasons = [string(c.get("finish_reason")) for c in ordered]
    return {
        "response_model": string(head.get("model")),
        "response_id": string(head.get("id")),
        "output": tuple(_parts.answer(_said(_joined(c)), r) for c, r in zip(ordered, reasons, strict=True)),
        "finish_reasons": tuple(r for r in reasons if r),
        "usage": usage(spent),
        "extra": identity(head),
        "complete": _stream.done(events),
    }


def _grow(choice: Dict, piece: Dict) -> None:
    """Add a piece to what has arrived of a choice."""
    delta = piece.get("delta")
    if type(delta) is dict and delta.keys() <= _WORD and piece.get("finish_reason") is None:
        word = delta.get("content")  # nearly every piece
        if type(word) is str:
            held = choice.get("content")
            choice["content"] = held + word if isinstance(held, str) else word
            return
    reason = string(piece.get("finish_reason")) or string(piece.get("stop_reason"))  # the latter: Mistral on Bedrock
    choice["finish_reason"] = reason or choice.get("finish_reason")
    delta = mapping(piece.get("delta"))
    if not delta and "text" in piece:
        delta = {"content": piece["text"]}
    elif "delta" not in piece:  # beside a delta, Perplexity's message repeats all that was said
        delta = mapping(piece.get("message"))
    for key in ("content", "reasoning_content", "reasoning", "refusal"):
        value = delta.get(key)
        if isinstance(value, str):
            choice[key] = choice[key] + value if isinstance(choice.get(key), str) else value
        elif isinstance(value, list) and key == "content":  # Mistral: blocks of text and thinking
            choice.setdefault("blocks", []).extend(_block_of(b) for b in value)
    if not string(first(delta, "reasoning", "reasoning_content")):
        for detail in mappings(delta.get("reasoning_details")):
            if string(first(detail, "text", "summary")):
                choice["details"] = choice.get("details", "") + first(detail, "text", "summary")
    for key in ("images", "executed_tools"):
        choice.setdefault(key, []).extend(items(delta.get(key)))
    audio = mapping(delta.get("audio"))
    for key in ("data", "transcript"):
        if string(audio.get(key)):
            held = choice.setdefault("audio", {})
            held[key] = held.get(key, "") + audio[key]
    for number, call in enumerate(mappings(delta.get("tool_calls"))):
        _grow_call(choice.setdefault("calls", {}), call, number)
    legacy = mapping(delta.get("function_call"))
    if legacy:
        held = choice.setdefault("function_call", {"arguments": ""})
        held["name"] = held.get("name") or legacy.get("name")
        held["arguments"] += legacy["arguments"] if isinstance(legacy.get("arguments"), str) else ""


_WORD = frozenset({"role", "content"})
_SPEAKERS = frozenset({"user", "system", "assistant", "developer"})


def _block_of(block: Any) -> Dict:
    return {"type": "text", "text": block} if isinstance(block, str) else mapping(block)


def _grow_call(calls: dict[int, Dict], piece: Dict, number: int) -> None:
    index = whole(piece.get("index"))
    if index is None:  # some servers send whole calls without a number
        index = len(calls) if string(piece.get("id")) else max(len(calls) - 1, number)
    call = calls.setdefault(index, {"arguments": ""})
    function = mapping(piece.get("function")) or mapping(piece.get("custom"))
    call["id"] = call.get("id") or piece.get("id")
    call["name"] = call.get("name") or function.get("name")
    arguments = first(function, "arguments", "input")
    if isinstance(arguments, str):
        call["arguments"] += arguments
    elif isinstance(arguments, dict):
        call["arguments"] = _parts.as_text(arguments)


def _joined(choice: Dict) -> Dict:
    """A grown choice in the shape of a whole message."""
    said = {
        key: choice.get(key) for key in ("content", "refusal", "images", "audio", "function_call", "reasoning_content")
    }
    said["reasoning"] = choice.get("reasoning") or choice.get("details")
    said["executed_tools"] = choice.get("executed_tools")
    if choice.get("blocks"):
        blocks = _runs(choice["blocks"])
        said["content"] = blocks + ([{"type": "text", "text": said["content"]}] if said["content"] else [])
    called = choice.get("calls", {})
    said["tool_calls"] = [
        {"id": c.get("id"), "function": {"name": c.get("name"), "arguments": c["arguments"]}}
        for _, c in sorted(called.items())
    ]
    return said


def _runs(blocks: list[Dict]) -> list[Dict]:
    """Blocks with neighbours of one kind joined."""
    out: list[Dict] = []
    for block in blocks:
        thinking = block.get("type") == "thinking"
        inner = block.get("thinking") if thinking else block.get("text")
        text = inner if isinstance(inner, str) else "".join(_parts.strings(inner))
        key = "thinking" if thinking else "text"
        if out and out[-1]["type"] == key:
            out[-1][key] += text
        elif text:
            out.append({"type": key, key: text})
    return out
