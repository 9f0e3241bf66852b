"""Gradio apps in Hugging Face's Spaces: a job is put in line, its answer is fetched as a stream."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation
from jupyter_aiprov.readers import _body, _generic, _parts, _reading, _stream
from jupyter_aiprov.readers._json import dig, items, mapping, string
from jupyter_aiprov.readers._registry import reads

HOST = "*.hf.space"
RETRIEVED = "gradio.answer.retrieved"  # the answer to an earlier request


@reads(
    host=HOST,
    path=("*/call/*", "*/queue/join", "/run/*", "/api/predict", "/gradio_api/run/*"),
    provider="huggingface",
)
def ask(exchange: Exchange) -> Invocation:
    """An app is asked; one that answers with an id answers later."""
    request = exchange.request
    body, why = _reading.request_json(request)
    data = items(body.get("data"))
    beside = [p for p in data if not isinstance(p, str) and p is not None]
    asked = Invocation(
        "other",
        request_model=_space(request.host),
        input=_parts.user(*_parts.strings(data))
        + ((_parts.message("user", [{"type": "json", "content": _parts.shrunk(beside)}]),) if beside else ()),
        extra={_generic.OPERATION: request.path.rpartition("/")[2]},
        unparsed=why,
    )
    return _reading.read(asked, exchange, _plain, fits=_reading.has(data=list, event_id=str))


@reads(host=HOST, path=("*/queue/data", "*/call/*/*"), method="GET", provider="huggingface")
def answer(exchange: Exchange) -> Invocation:
    """The stream with the answers of a session: housekeeping until one is there."""
    request = exchange.request
    asked = Invocation("other", request_model=_space(request.host), extra={RETRIEVED: True})
    response = exchange.response
    if response is None:
        return asked
    if response.status < 400 and not _body.is_stream(response):
        return replace(asked, kind="housekeeping")
    found = _reading.read(asked, exchange, _plain, _streamed)
    return found if found.output or found.error_type else replace(found, kind="housekeeping", unparsed=None)


def _space(host: str) -> str:
    return host.removesuffix(".hf.space")


def _plain(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    return {
        "response_id": string(payload.get("event_id")),
        "output": _made(payload.get("data")),
        "complete": "data" in payload,
    }


def _streamed(events: list[_stream.Event]) -> _reading.Fields:
    """Both protocols: events named `complete`, and messages `process_completed`."""
    made: tuple[Any, ...] = ()
    failed, named = None, None
    for event in events:
        over = event.name == "complete" or dig(event.data, "msg") == "process_completed"
        if over:
            data = event.data if isinstance(event.data, list) else dig(event.data, "output", "data")
            made += _made(data)
            named = string(dig(event.data, "event_id")) or named
        if event.name == "error" or dig(event.data, "success") is False:
            failed = "failed"
    return {
        "response_id": named,
        "output": made,
        "complete": bool(made) and failed is None,
        "error_type": failed,
    }


def _made(data: Any) -> tuple[Any, ...]:
    parts = [
        _parts.text(v) if isinstance(v, str) else {"type": "json", "content": _parts.shrunk(v)}
        for v in items(data)
        if v is not None and v != ""
    ]
    return (_parts.answer(parts),) if parts else ()
