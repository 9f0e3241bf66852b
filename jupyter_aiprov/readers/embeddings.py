"""Embeddings in OpenAI's shape: OpenAI, Azure, Mistral, Voyage, Jina, Together, Fireworks, vLLM, LM Studio."""

from __future__ import annotations

from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Message
from jupyter_aiprov.readers import _chat, _parts, _reading
from jupyter_aiprov.readers._json import items, mapping, mappings, string
from jupyter_aiprov.readers._registry import reads

SETTINGS = {"dimensions": "embeddings.dimension.count", "output_dimension": "embeddings.dimension.count"}


@reads(
    path=("*/embeddings", "*/multimodalembeddings", "*/contextualizedembeddings", "*/pooling"),
    shape=lambda body: "input" in body or "inputs" in body,
)
@reads(path=("*/embeddings", "*/pooling"), shape=("messages", "model"))
def embeddings(exchange: Exchange) -> Invocation:
    """Vectors of texts (or of token lists, which have no text); only their counters are kept."""
    body, why = _reading.request_json(exchange.request)
    sent = body.get("input", body.get("inputs"))
    asked = Invocation(
        operation="embeddings",
        request_model=string(body.get("model")) or _reading.path_model(exchange.request.path, "/deployments/"),
        parameters=_reading.settings(body, SETTINGS) | _reading.others(body, SETTINGS),
        input=(*_inputs(sent), *_chat.messages(body.get("messages"))),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _plain, fits=_reading.has(data=list, embeddings=list))


def _inputs(sent: Any) -> list[Message]:
    out = list(_parts.user(*_parts.strings(sent)))
    for group in items(sent):
        if isinstance(group, list):  # Voyage: the chunks of one document
            out += _parts.user(*_parts.strings(group))
    for item in mappings(sent):
        if isinstance(item.get("text"), str):
            continue
        parts = _chat.parts(item.get("content")) or [
            _parts.uri(item[k], modality="image") for k in ("image", "url") if string(item.get(k))
        ]
        if parts:
            out.append(_parts.message("user", parts))
    return out


def _plain(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    return {
        "response_model": string(payload.get("model")),
        "response_id": string(payload.get("id")),
        "usage": _chat.usage(payload.get("usage")),
    }
