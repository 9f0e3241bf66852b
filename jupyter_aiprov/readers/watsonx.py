"""IBM watsonx.ai: text generation, chat in OpenAI's shapes, embeddings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Usage
from jupyter_aiprov.readers import _chat, _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, mapping, mappings, string, whole
from jupyter_aiprov.readers._registry import reads

HOST = "*.ml.cloud.ibm.com"
PROVIDER = "ibm.watsonx.ai"
SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_new_tokens": "max_tokens",
    "random_seed": "seed",
    "stop_sequences": "stop_sequences",
}
UNENDED = "not_finished"


@reads(host=HOST, path=("/ml/*/text/generation", "/ml/*/text/generation_stream"), provider=PROVIDER)
@reads(host=HOST, path=("/ml/*/generation/text", "/ml/*/generation/text_stream"), provider=PROVIDER)
@reads(host=HOST, path="/ml/*/deployments/*/text/generation*", provider=PROVIDER)
def generation(exchange: Exchange) -> Invocation:
    """Text from a prompt; the last piece of a stream says why it ended."""
    body, why = _reading.request_json(exchange.request)
    settings = mapping(body.get("parameters"))
    asked = Invocation(
        operation="text_completion",
        request_model=_model(body, exchange),
        parameters=_reading.settings(settings, SETTINGS) | _reading.others(settings, SETTINGS),
        input=_parts.user(body.get("input")),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _plain, _streamed, _reading.has(results=list))


@reads(host=HOST, path=("/ml/*/text/chat", "/ml/*/text/chat_stream"), provider=PROVIDER)
@reads(host=HOST, path="/ml/*/deployments/*/text/chat*", provider=PROVIDER)
def chat(exchange: Exchange) -> Invocation:
    """Chat: OpenAI's dialect, except that a stream ends without [DONE]."""
    body, _ = _reading.request_json(exchange.request)
    found = _chat.read(exchange, _model(body, exchange))
    if found.streamed and exchange.ended == "eof" and found.error_type is None:
        ended = bool(found.output) and all(m.finish_reason for m in found.output)
        return replace(found, complete=found.complete or ended)
    return found


@reads(host=HOST, path="/ml/*/text/embeddings", provider=PROVIDER)
def embeddings(exchange: Exchange) -> Invocation:
    """Vectors of texts."""
    body, why = _reading.request_json(exchange.request)
    inputs = _parts.user(*_parts.strings(body.get("inputs")))
    asked = Invocation("embeddings", request_model=_model(body, exchange), input=inputs, unparsed=why)
    return _reading.read(asked, exchange, _embedded, fits=_reading.has(results=list))


def _embedded(payload: Any) -> _reading.Fields:
    counted = whole(dig(payload, "input_token_count"))
    return {
        "response_model": string(dig(payload, "model_id")),
        "usage": None if counted is None else Usage(counted, raw={"input_token_count": counted}),
    }


def _model(body: Dict, exchange: Exchange) -> str | None:
    return string(body.get("model_id")) or _reading.path_model(exchange.request.path, "/deployments/")


def _plain(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    results = list(mappings(payload.get("results")))
    reasons = [string(r.get("stop_reason")) for r in results]
    counted = results[0] if len(results) == 1 else {}  # several counters are not summed
    raw = {k: counted[k] for k in ("input_token_count", "generated_token_count") if whole(counted.get(k)) is not None}
    return {
        "response_model": string(first(payload, "model_id", "model")),
        "output": tuple(
            _parts.answer(_parts.texts(r.get("generated_text")), why) for r, why in zip(results, reasons, strict=True)
        ),
        "finish_reasons": tuple(r for r in reasons if r),
        "usage": Usage(raw.get("input_token_count"), raw.get("generated_token_count"), raw=raw) if raw else None,
    }


def _streamed(events: list[_stream.Event]) -> _reading.Fields:
    """Pieces joined; the counter of the prompt stands in the first, that of the answer grows to the last."""
    head: Dict = {}
    result: Dict = {}
    text = ""
    for event in events:
        head |= {k: v for k, v in mapping(event.data).items() if v is not None and k != "results"}
        for piece in mappings(dig(event.data, "results")):
            text += piece["generated_text"] if isinstance(piece.get("generated_text"), str) else ""
            result |= {k: v for k, v in piece.items() if v is not None and not (k == "input_token_count" and not v)}
    reason = string(result.get("stop_reason"))
    ended = bool(reason) and str(reason).lower() != UNENDED
    answer = result | {"generated_text": text, "stop_reason": reason if ended else None}
    return _plain(head | {"results": [answer] if result else []}) | {"complete": ended}
