"""Oracle's generative AI service: Cohere's chat or one like OpenAI's, inside an envelope."""

from __future__ import annotations

from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Message, Usage
from jupyter_aiprov.readers import _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, mapping, mappings, string, whole
from jupyter_aiprov.readers._registry import reads

HOST = "inference.generativeai.*.oraclecloud.com"
ACTIONS = {"chat": "chat", "embedText": "embeddings", "rerankText": "rerank"}
SETTINGS = {
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "maxTokens": "max_tokens",
    "maxCompletionTokens": "max_tokens",
    "stop": "stop_sequences",
    "stopSequences": "stop_sequences",
    "seed": "seed",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
    "numGenerations": "choice.count",
}
SPEAKERS = {"CHATBOT": "assistant", "ASSISTANT": "assistant", "USER": "user", "SYSTEM": "system", "TOOL": "tool"}


@reads(host=HOST, path="*/actions/*", provider="oracle")
def action(exchange: Exchange) -> Invocation:
    """A chat, vectors of texts or a ranking; the model that serves is named beside what is asked."""
    body, why = _reading.request_json(exchange.request)
    sent = mapping(first(body, "chatRequest", "inferenceRequest")) or body
    action = exchange.request.path.rpartition("/")[2]
    asked = Invocation(
        operation=ACTIONS.get(action, "text_completion"),
        request_model=string(dig(body, "servingMode", "modelId")) or string(dig(body, "servingMode", "endpointId")),
        parameters=_reading.settings(sent, SETTINGS),
        system=tuple(_parts.texts(sent.get("preambleOverride"))),
        input=(
            *(_message(m) for m in (*mappings(sent.get("chatHistory")), *mappings(sent.get("messages")))),
            *_parts.user(first(sent, "message", "prompt", "input")),
            *_parts.user(*_parts.strings(first(sent, "inputs", "documents"))),
        ),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _plain, _streamed)


def _message(said: Dict) -> Message:
    return _parts.message(SPEAKERS.get(str(said.get("role")).upper()), _parts_of(said))


def _parts_of(said: Dict) -> list[dict[str, Any]]:
    parts = _parts.texts(said.get("message"), *_parts.strings(said.get("content")))
    return parts + [
        _parts.tool_call(call.get("id"), call.get("name"), first(call, "arguments", "parameters"))
        for call in mappings(said.get("toolCalls"))
    ]


def _plain(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    held = mapping(first(payload, "chatResponse", "inferenceResponse")) or payload
    choices = list(mappings(held.get("choices"))) or ([held] if "text" in held else [])
    reasons = [string(c.get("finishReason")) for c in choices]
    said = [_parts_of(mapping(c.get("message")) or {"message": c.get("text"), **c}) for c in choices]
    return {
        "response_model": string(payload.get("modelId")),
        "response_id": string(payload.get("id")),
        "output": tuple(_parts.answer(p, r) for p, r in zip(said, reasons, strict=True)),
        "finish_reasons": tuple(r for r in reasons if r),
        "usage": _usage(first(held, "usage")),
    }


def _streamed(events: list[_stream.Event]) -> _reading.Fields:
    """Pieces of one answer; Cohere's last one repeats all that was said."""
    chunks = [mapping(e.data) for e in events]
    said: list[dict[str, Any]] = []
    for chunk in chunks:
        ended = bool(string(chunk.get("finishReason"))) and bool(string(chunk.get("text")))
        more = mapping(chunk.get("message")) or {"message": None if ended else chunk.get("text"), **chunk}
        for part in _parts_of(more):
            if part["type"] == "text" and said and said[-1]["type"] == "text":
                said[-1]["content"] += part["content"]
            elif part["type"] != "text" or not ended:
                said.append(part)
    reasons = tuple(r for c in chunks if (r := string(c.get("finishReason"))))
    spent = next((u for c in reversed(chunks) if (u := _usage(c.get("usage")))), None)
    return {
        "output": (_parts.answer(said, reasons[0] if reasons else None),) if said else (),
        "finish_reasons": reasons,
        "usage": spent,
        "complete": bool(reasons),
    }


def _usage(raw: Any) -> Usage | None:
    if not isinstance(raw, dict) or not raw:
        return None
    return Usage(
        input_tokens=whole(raw.get("promptTokens")),
        output_tokens=whole(raw.get("completionTokens")),
        cache_read_tokens=whole(dig(raw, "promptTokensDetails", "cachedTokens")),
        reasoning_tokens=whole(dig(raw, "completionTokensDetails", "reasoningTokens")),
        raw=raw,
    )
