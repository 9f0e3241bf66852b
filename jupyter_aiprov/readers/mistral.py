"""Mistral beyond chat: fill-in-the-middle, agents, OCR and batch jobs (chat and embeddings are OpenAI's dialect)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Usage
from jupyter_aiprov.readers import _batch, _chat, _parts, _reading
from jupyter_aiprov.readers._json import first, mapping, mappings, string, whole
from jupyter_aiprov.readers._registry import reads

HOSTS = ("api.mistral.ai", "codestral.mistral.ai")


@reads(host=HOSTS, path="/v1/fim/completions", provider="mistral_ai")
def fill_in(exchange: Exchange) -> Invocation:
    """Code between a prompt and a suffix."""
    body, why = _reading.request_json(exchange.request)
    asked = replace(
        _chat.asked(body, why), operation="text_completion", input=_parts.user(body.get("prompt"), body.get("suffix"))
    )
    return _reading.read(asked, exchange, _chat.plain, _chat.streamed)


@reads(host=HOSTS, path="/v1/agents/completions", provider="mistral_ai")
def agent(exchange: Exchange) -> Invocation:
    """Chat with a stored agent, which stands where the model would."""
    body, why = _reading.request_json(exchange.request)
    asked = _chat.asked(body, why)
    return _reading.read(replace(asked, extra=_agent(body)), exchange, _chat.plain, _chat.streamed)


def _agent(body: dict[str, Any]) -> dict[str, Any]:
    return {"gen_ai.agent.id": body["agent_id"]} if string(body.get("agent_id")) else {}


@reads(
    path=("*/publishers/mistralai/models/*:rawPredict", "*/publishers/mistralai/models/*:streamRawPredict"),
    shape=("messages", "model"),
    provider="gcp.vertex_ai",
)
def vertex(exchange: Exchange) -> Invocation:
    """Mistral's models on Vertex AI."""
    return _chat.read(exchange, _reading.path_model(exchange.request.path, "/models/", ":"))


@reads(path="*/ocr", shape=("document",))
def ocr(exchange: Exchange) -> Invocation:
    """Text read from pages."""
    body, why = _reading.request_json(exchange.request)
    document = mapping(body.get("document"))
    address = first(document, "document_url", "image_url")
    address = mapping(address).get("url") or address
    part = _parts.uri(address) if address else _parts.file(document.get("file_id"))
    asked = Invocation(
        operation="ocr",
        request_model=string(body.get("model")),
        input=(_parts.message("user", [part]),),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _pages)


def _pages(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    pages = [p["markdown"] for p in mappings(payload.get("pages")) if isinstance(p.get("markdown"), str)]
    spent = payload.get("usage_info")
    return {
        "response_model": string(payload.get("model")),
        "output": (_parts.answer(_parts.texts(*pages)),) if pages else (),
        "usage": Usage(whole(spent.get("prompt_tokens")), raw=spent) if isinstance(spent, dict) and spent else None,
    }


@reads(host=HOSTS, path="/v1/batch/jobs", provider="mistral_ai")
def batch(exchange: Exchange) -> Invocation:
    """A batch job is created over an uploaded file."""
    body, why = _reading.request_json(exchange.request)
    rows = [_chat.asked(mapping(r.get("body"))) for r in mappings(body.get("requests"))]
    return _reading.read(_batch.asked(rows, why, string(body.get("model"))), exchange, _batch.created)
