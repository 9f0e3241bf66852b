"""Replicate: predictions are jobs; their answer comes with the job, by asking again, or as a stream."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Message, Usage
from jupyter_aiprov.readers import _body, _parts, _reading, _stream
from jupyter_aiprov.readers._json import dig, mapping, string, whole
from jupyter_aiprov.readers._registry import reads

HOST = "api.replicate.com"
RETRIEVED = "replicate.prediction.retrieved"  # the answer to an earlier request
ENDED = ("succeeded", "failed", "canceled", "aborted")


@reads(
    host=HOST,
    path=("/v1/predictions", "/v1/models/*/predictions", "/v1/deployments/*/predictions"),
    provider="replicate",
)
def prediction(exchange: Exchange) -> Invocation:
    """A prediction is created; complete when its job has ended."""
    body, why = _reading.request_json(exchange.request)
    sent = mapping(body.get("input"))
    path = exchange.request.path
    named = next(
        (m for mark in ("/models/", "/deployments/") if (m := _reading.path_model(path, mark, "/predictions"))), None
    )
    text = [string(sent.get(key)) for key in ("system_prompt", "prompt", "text", "input_text")]
    asked = Invocation(
        operation="other",
        request_model=named or string(body.get("version")),
        parameters=_reading.settings(sent, {k: k for k in ("temperature", "top_p", "top_k", "max_tokens", "seed")}),
        input=_parts.user(*text),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _plain)


@reads(host=HOST, path="/v1/predictions/*", method="GET", provider="replicate")
def asked_again(exchange: Exchange) -> Invocation:
    """A job made earlier, asked for by its id: housekeeping until it has ended."""
    name = _reading.path_model(exchange.request.path, "/predictions/")
    found = _reading.read(Invocation("other", response_id=name, extra={RETRIEVED: True}), exchange, _plain)
    if exchange.response is None or found.complete:
        return found
    return replace(found, kind="housekeeping")


def _plain(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    made = payload.get("output")
    pieces = _parts.strings(made)
    if any(p.startswith(("https://", "data:")) for p in pieces):
        parts = [_parts.uri(p) for p in pieces]
    elif isinstance(made, str | list) and (pieces or not made):
        parts = _parts.texts("".join(pieces))
    else:
        parts = [{"type": "json", "content": _parts.shrunk(made)}] if made is not None else []
    status = string(payload.get("status"))
    return {
        "response_model": string(payload.get("model")),
        "response_id": string(payload.get("id")),
        "output": (_parts.answer(parts, status),) if parts else (),
        "finish_reasons": (status,) if status else (),
        "usage": _usage(payload.get("metrics")),
        "complete": status in ENDED,
        "error_type": "failed" if status == "failed" else None,
    }


def _usage(raw: Any) -> Usage | None:
    read, written = whole(dig(raw, "input_token_count")), whole(dig(raw, "output_token_count"))
    return None if read is None and written is None else Usage(read, written, raw=raw)


@reads(
    host=("stream.replicate.com", "streaming-api.svc.*.replicate.net"), path="/v1/*", method="GET", provider="replicate"
)
def stream(exchange: Exchange) -> Invocation:
    """The answer of a job as server-sent events; `done` ends it."""
    asked = Invocation(operation="other")
    if exchange.response is not None and exchange.response.status < 400 and not _body.is_stream(exchange.response):
        return replace(asked, unparsed="the response is no stream")
    return _reading.read(asked, exchange, _plain, _streamed)


def _streamed(events: list[_stream.Event]) -> _reading.Fields:
    text = "".join(e.text for e in events if e.name == "output")
    ended = next((e for e in events if e.name == "done"), None)
    reason = string(dig(ended.data, "reason")) if ended else None
    return {
        "output": (Message.text("assistant", text),) if text else (),
        "complete": ended is not None,
        "error_type": "failed" if reason == "error" else None,
    }
