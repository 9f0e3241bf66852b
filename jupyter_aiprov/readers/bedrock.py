"""Amazon Bedrock: Converse, and InvokeModel with each family's own body; streams in AWS frames."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Message, Usage
from jupyter_aiprov.readers import _chat, _claude, _converse, _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, items, mapping, mappings, string, whole
from jupyter_aiprov.readers._registry import reads

SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "topP": "top_p",
    "p": "top_p",
    "top_k": "top_k",
    "topK": "top_k",
    "k": "top_k",
    "max_tokens": "max_tokens",
    "maxTokens": "max_tokens",
    "maxTokenCount": "max_tokens",
    "max_gen_len": "max_tokens",
    "max_tokens_to_sample": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "stop": "stop_sequences",
    "stopSequences": "stop_sequences",
    "stop_sequences": "stop_sequences",
    "seed": "seed",
    "numResults": "choice.count",
    "num_generations": "choice.count",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}
COUNTS = {
    "x-amzn-bedrock-input-token-count": "inputTokens",
    "x-amzn-bedrock-output-token-count": "outputTokens",
    "x-amzn-bedrock-cache-read-input-token-count": "cacheReadInputTokens",
    "x-amzn-bedrock-cache-write-input-token-count": "cacheWriteInputTokens",
}
# what a body of some family has; no request of any family lacks all of them
_FAMILY_KEYS = """
messages prompt inputText texts text_prompts query message textToImageParams singleEmbeddingParams taskType
inputImage inputs images inputPrompt
"""
FAMILY_KEYS = frozenset(_FAMILY_KEYS.split())
FITS = _reading.has(
    **dict.fromkeys(("content", "choices", "results", "outputs", "generations", "completions"), list),
    **dict.fromkeys(("images", "artifacts", "embedding", "data"), list),
    **dict.fromkeys(("completion", "generation", "text", "message"), str),
    **dict.fromkeys(("embeddings", "embeddingsByType", "output"), (list, dict)),
)
METRICS = "amazon-bedrock-invocationMetrics"
BLOCKED = "amazon-bedrock-guardrailAction"  # a guardrail ends the stream without a stop reason


@reads(path=("*/model/*/converse", "*/model/*/converse-stream"), shape=("messages",), provider="aws.bedrock")
def converse(exchange: Exchange) -> Invocation:
    """Converse, streamed or not; the model is in the path only."""
    body, why = _reading.request_json(exchange.request)
    asked = _converse.asked(body, why, _model(exchange))
    return _reading.read(asked, exchange, _converse.plain, _converse.streamed, _reading.has(output=dict))


@reads(path="*/model/*/count-tokens", kind="housekeeping")
def count_tokens(exchange: Exchange) -> Invocation:
    """Token counting is no model call."""
    asked = Invocation(operation="count_tokens", request_model=_model(exchange))
    return _reading.read(asked, exchange, lambda payload: {"usage": _converse.usage(payload)})


@reads(
    path=("*/model/*/invoke", "*/model/*/invoke-with-response-stream"),
    shape=lambda body: bool(FAMILY_KEYS & body.keys()),
    provider="aws.bedrock",
)
def invoke(exchange: Exchange) -> Invocation:
    """InvokeModel: the body's shape tells the family, also behind an inference profile or imported model."""
    body, why = _reading.request_json(exchange.request)
    model = _model(exchange)
    asked = replace(_asked(body, model or ""), request_model=model, unparsed=why)
    found = _reading.read(asked, exchange, _plain, _streamed, FITS)
    if found.usage is None and exchange.response is not None and found.error_type is None:
        headers = exchange.response.headers
        counted = {key: int(headers[h]) for h, key in COUNTS.items() if headers.get(h, "").isdigit()}
        found = replace(found, usage=_converse.usage(counted))
    return found


def _model(exchange: Exchange) -> str | None:
    """The model of the path; an ARN may hold a slash."""
    return _reading.path_model(exchange.request.path.rpartition("/")[0], "/model/", "")


def _asked(body: Dict, model: str) -> Invocation:
    if "anthropic_version" in body and "messages" in body:
        return _claude.asked(body)
    if "inferenceConfig" in body or body.get("schemaVersion") == "messages-v1" or _is_nova(body):
        return _converse.asked(body)
    if "messages" in body:
        return _chat.asked(body)
    config = mapping(body.get("textGenerationConfig")) | mapping(body.get("imageGenerationConfig"))
    return Invocation(
        operation=_operation(body, model),
        parameters=_reading.settings(body | config, SETTINGS) if not _embeds(body, model) else {},
        input=_input(body),
        system=tuple(_parts.texts(body.get("preamble"))),
    )


def _is_nova(body: Dict) -> bool:
    blocks = [b for m in mappings(body.get("messages")) for b in mappings(m.get("content"))]
    return bool(blocks) and all("type" not in b and "text" in b for b in blocks)


def _embeds(body: Dict, model: str) -> bool:
    settings = body.keys() & {"textGenerationConfig", "prompt", "query", "taskType", "text_prompts"}
    return (
        "embed" in model or "singleEmbeddingParams" in body or "texts" in body or ("inputText" in body and not settings)
    )


def _operation(body: Dict, model: str) -> str:
    if _embeds(body, model):
        # Titan text without settings looks like its embeddings: the model's name decides where it can
        return "text_completion" if "titan-text" in model else "embeddings"
    if "query" in body and "documents" in body:
        return "rerank"
    if {"text_prompts", "textToImageParams"} & body.keys() or any(
        n in model for n in ("stability.", "image", "canvas")
    ):
        return "image_generation"
    return "chat" if "message" in body else "text_completion"


def _input(body: Dict) -> tuple[Message, ...]:
    texts = [
        *_parts.strings(first(body, "prompt", "inputText", "inputPrompt", "message", "query", "inputs")),
        *_parts.strings(body.get("texts")),
        *_parts.strings(body.get("text_prompts")),
        *_parts.strings(dig(body, "textToImageParams", "text")),
        *_parts.strings(dig(body, "singleEmbeddingParams", "text", "value")),
    ]
    history = [
        _parts.message(
            {"CHATBOT": "assistant", "SYSTEM": "system"}.get(str(m.get("role")), "user"), _parts.texts(m.get("message"))
        )
        for m in mappings(body.get("chat_history"))
    ]
    pictures = [p for p in (body.get("inputImage"), *items(body.get("images"))) if string(p)]
    media = [
        _parts.message("user", [_parts.uri(p) if p.startswith("data:") else _parts.blob(p, "image/png")])
        for p in pictures
    ]
    return (*history, *_parts.user(*texts), *media)


def _plain(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    if "content" in payload and payload.get("type") == "message":
        return _claude.plain(payload)
    if isinstance(payload.get("output"), dict):
        return _converse.plain(payload)
    if isinstance(payload.get("choices"), list):
        found = _chat.plain(payload)
        return found | {"usage": _dropped_empty(found["usage"])}
    if "completion" in payload:
        return _claude.completed(payload)
    return _family(payload)


def _dropped_empty(usage: Usage | None) -> Usage | None:
    return usage if usage and usage.attributes() else None


def _family(payload: Dict) -> _reading.Fields:
    """Titan, Llama, Mistral, Cohere, AI21, embeddings and pictures: each keeps its text under a name of its own."""
    answers: list[tuple[str, Any]] = []
    if isinstance(payload.get("generation"), str):  # Llama
        answers.append((payload["generation"], payload.get("stop_reason")))
    for key, text, reason in (
        ("results", "outputText", "completionReason"),  # Titan
        ("outputs", "text", "stop_reason"),  # Mistral
        ("generations", "text", "finish_reason"),  # Cohere Command
    ):
        answers += [(a[text], a.get(reason)) for a in mappings(payload.get(key)) if isinstance(a.get(text), str)]
    if isinstance(payload.get("text"), str) and not answers:  # Cohere Command R
        answers.append((payload["text"], payload.get("finish_reason")))
    if isinstance(payload.get("message"), str) and not answers:  # TwelveLabs Pegasus
        answers.append((payload["message"], payload.get("finishReason")))
    for done in mappings(payload.get("completions")):  # AI21 Jurassic
        answers.append((string(dig(done, "data", "text")) or "", dig(done, "finishReason", "reason")))
    pictures = [p for p in items(payload.get("images")) if string(p)]
    pictures += [a["base64"] for a in mappings(payload.get("artifacts")) if string(a.get("base64"))]
    reasons = tuple(str(r) for _, r in answers if string(r))
    return {
        "response_id": string(payload.get("id")),
        "output": tuple(_parts.answer(_parts.texts(t), r) for t, r in answers)
        + tuple(_parts.answer([_parts.blob(p, "image/png")]) for p in pictures),
        "finish_reasons": reasons or tuple(r for r in items(payload.get("finish_reasons")) if string(r)),
        "usage": _counted(payload),
    }


def _counted(payload: Dict) -> Usage | None:
    """Counters in the body, under the family's names."""
    made = [whole(r.get("tokenCount")) for r in mappings(payload.get("results"))]
    names = ("inputTextTokenCount", "prompt_token_count", "generation_token_count", "totalOutputTextTokenCount")
    raw = {k: payload[k] for k in names if payload.get(k) is not None}
    if made and made[0] is not None:
        raw["tokenCount"] = made[0] if len(made) == 1 else made
    if not raw:
        return None
    return Usage(
        input_tokens=whole(first(raw, "inputTextTokenCount", "prompt_token_count")),
        output_tokens=whole(first(raw, "tokenCount", "generation_token_count", "totalOutputTextTokenCount")),
        raw=raw,
    )


def _streamed(events: list[_stream.Event]) -> _reading.Fields:
    chunks = [mapping(e.data) for e in events]
    metrics = next((mapping(c[METRICS]) for c in reversed(chunks) if METRICS in c), {})
    if any(c.get("type") == "message_start" for c in chunks):
        return _claude.streamed(events)
    if any(k in c for c in chunks for k in ("contentBlockDelta", "messageStop")):
        return _converse.streamed(events)
    if any(isinstance(c.get("choices"), list) for c in chunks):
        found = _chat.streamed(events)
        ended = bool(found["finish_reasons"]) or found["complete"] or bool(metrics)
        return found | {"usage": _dropped_empty(found["usage"]) or _measured(metrics), "complete": ended}
    if any("completion" in c for c in chunks):
        found = _claude.completion_streamed(events)
        return found | {"usage": _measured(metrics), "complete": found["complete"] or bool(metrics)}
    return _pieces(chunks, metrics)


def _pieces(chunks: list[Dict], metrics: Dict) -> _reading.Fields:
    """Text families in pieces; counters are the last that were sent."""
    text, last = "", dict[str, Any]()
    for chunk in chunks:
        inner = next(mappings(first(chunk, "outputs", "generations")), chunk)
        ended = mapping(chunk.get("response")) if chunk.get("event_type") == "stream-end" else {}
        piece = first(inner, "generation", "outputText", "text")
        text += piece if isinstance(piece, str) and not ended else ""
        last |= {k: v for k, v in (inner | chunk | ended).items() if v is not None}
    reason = string(first(last, "stop_reason", "completionReason", "finish_reason"))
    return {
        "response_id": string(first(last, "id", "generation_id")),
        "output": (_parts.answer(_parts.texts(text), reason),) if chunks else (),
        "finish_reasons": (reason,) if reason else (),
        "usage": _counted(last) or _measured(metrics),
        "complete": bool(reason)
        or bool(metrics)
        or last.get("is_finished") is True
        or last.get(BLOCKED) == "INTERVENED",
    }


def _measured(metrics: Dict) -> Usage | None:
    """What Bedrock itself measured, in the last frame."""
    if not metrics:
        return None
    return Usage(whole(metrics.get("inputTokenCount")), whole(metrics.get("outputTokenCount")), raw=metrics)
