"""Documents put in order for a query, in the shape most servers share: TEI, vLLM, Jina, Voyage, Together."""

from __future__ import annotations

from typing import Any

from jupyter_aiprov.model import Exchange, Invocation
from jupyter_aiprov.readers import _chat, _parts, _reading
from jupyter_aiprov.readers._json import dig, first, items, mappings, string
from jupyter_aiprov.readers._registry import reads


@reads(
    path="*/rerank",
    shape=lambda body: "query" in body and bool(items(body.get("documents")) or items(body.get("texts"))),
)
def rerank(exchange: Exchange) -> Invocation:
    """Documents put in order for a query: TEI, vLLM, Jina, Voyage, Together."""
    body, why = _reading.request_json(exchange.request)
    documents = _parts.strings(first(body, "documents", "texts"))
    asked = Invocation(
        operation="rerank",
        request_model=string(body.get("model")),
        parameters=_reading.others(body, ()),
        input=_parts.user(body.get("query"), *documents),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _ranked, fits=_is_ranking)


@reads(
    host=("discoveryengine.googleapis.com", "*-discoveryengine.googleapis.com"),
    path="*/rankingConfigs/*:rank",
    provider="gcp.discovery_engine",
)
def google(exchange: Exchange) -> Invocation:
    """Records put in order for a query: Google's ranking service."""
    body, why = _reading.request_json(exchange.request)
    records = [_parts.as_text(first(r, "content", "title")) for r in mappings(body.get("records"))]
    asked = Invocation(
        operation="rerank",
        request_model=string(body.get("model")),
        input=_parts.user(body.get("query"), *records),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _ranked, fits=_reading.has(records=list))


@reads(path="*/score", shape=("model", "text_1", "text_2"))
def score(exchange: Exchange) -> Invocation:
    """How alike two texts are, or a text and several: vLLM."""
    body, why = _reading.request_json(exchange.request)
    texts = [*_parts.strings(body.get("text_1")), *_parts.strings(body.get("text_2"))]
    model = string(body.get("model"))
    asked = Invocation(operation="rerank", request_model=model, input=_parts.user(*texts), unparsed=why)
    return _reading.read(asked, exchange, _ranked, fits=_is_ranking)


def _is_ranking(payload: Any) -> bool:
    ranked = payload if isinstance(payload, list) else dig(payload, "results") or dig(payload, "data")
    return isinstance(ranked, list) and all(isinstance(r, dict) for r in ranked)


def _ranked(payload: Any) -> _reading.Fields:
    return {
        "response_model": string(dig(payload, "model")),
        "response_id": string(dig(payload, "id")),
        "usage": _chat.usage(dig(payload, "usage")),
    }
