"""Anthropic: Messages, legacy completions and message batches, direct or through Vertex AI."""

from __future__ import annotations

from dataclasses import replace

from jupyter_aiprov.model import Exchange, Invocation
from jupyter_aiprov.readers import _batch, _claude, _parts, _reading
from jupyter_aiprov.readers._json import mapping, mappings, parsed, string
from jupyter_aiprov.readers._registry import reads


@reads(path="*/messages", shape=("messages", "max_tokens"))
@reads(host="api.anthropic.com", path="/v1/messages", provider="anthropic")
def messages(exchange: Exchange) -> Invocation:
    """Anthropic Messages, streamed or not.  Usage in message_delta is cumulative: set, never add."""
    body, why = _reading.request_json(exchange.request)
    return _claude.read(_claude.asked(body, why), exchange)


@reads(
    path=("*/models/*:rawPredict", "*/models/*:streamRawPredict"),
    shape=("messages", "max_tokens"),
    provider="gcp.vertex_ai",
)
def vertex(exchange: Exchange) -> Invocation:
    """Claude on Vertex AI: the same body, the model in the path."""
    body, why = _reading.request_json(exchange.request)
    model = _reading.path_model(exchange.request.path, "/models/", ":")
    return _claude.read(_claude.asked(body, why, model), exchange)


@reads(host="api.anthropic.com", path="/v1/complete", provider="anthropic")
@reads(path="*/v1/complete", shape=("prompt", "max_tokens_to_sample"))
def complete(exchange: Exchange) -> Invocation:
    """The legacy Text Completions API."""
    body, why = _reading.request_json(exchange.request)
    asked = replace(_claude.asked(body, why), operation="text_completion", input=_parts.user(body.get("prompt")))
    return _reading.read(asked, exchange, _claude.completed, _claude.completion_streamed, _reading.has(completion=str))


@reads(path=("*/messages/count_tokens", "*/models/count-tokens:rawPredict"), kind="housekeeping")
def count_tokens(exchange: Exchange) -> Invocation:
    """Token counting is no model call."""
    body, _ = _reading.request_json(exchange.request)
    asked = replace(_claude.asked(body), operation="count_tokens")
    return _reading.read(asked, exchange, _counted)


def _counted(payload: object) -> _reading.Fields:
    return {"usage": _claude.usage(payload)}


@reads(path="*/messages/batches", shape=("requests",))
@reads(host="api.anthropic.com", path="/v1/messages/batches", provider="anthropic")
def batch(exchange: Exchange) -> Invocation:
    """A message batch is created: its requests, and the id its results will carry."""
    body, why = _reading.request_json(exchange.request)
    asked = [_claude.asked(mapping(row.get("params"))) for row in mappings(body.get("requests"))]
    return _reading.read(_batch.asked(asked, why), exchange, _batch.created)


@reads(host="api.anthropic.com", path="/v1/messages/batches/*/results", method="GET", provider="anthropic")
def batch_results(exchange: Exchange) -> Invocation:
    """The answers of a batch: each line one message, all of them the batch's."""
    batch_id = _reading.path_model(exchange.request.path, "/batches/")
    return _batch.results(exchange, _row, batch_id)


def _row(line: str) -> _reading.Fields | None:
    result = mapping(mapping(parsed(line)).get("result"))
    if result.get("type") == "succeeded":
        return _claude.plain(result.get("message"))
    kind = string(mapping(mapping(result.get("error")).get("error")).get("type"))
    return {"error_type": kind or string(result.get("type")) or "_OTHER"} if result else None
