"""Chat answers that are fetched later: asynchronous jobs of Perplexity and Z.ai, xAI's deferred completions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Request
from jupyter_aiprov.readers import _chat, _parts, _reading
from jupyter_aiprov.readers._json import mapping, mappings, string
from jupyter_aiprov.readers._registry import reads

PERPLEXITY = "api.perplexity.ai"
ZAI = ("api.z.ai", "open.bigmodel.cn")
ENDED = ("COMPLETED", "FAILED")
RETRIEVED = "chat.retrieved"  # the answer to an earlier request, fetched by its id


@reads(host=PERPLEXITY, path=("/async/chat/completions", "/v1/async/sonar"), provider="perplexity")
def perplexity(exchange: Exchange) -> Invocation:
    """A job is created around a chat request; its id joins the answer to it."""
    body, why = _reading.request_json(exchange.request)
    return _reading.read(_chat.asked(mapping(body.get("request")), why), exchange, _job)


@reads(host=PERPLEXITY, path=("/async/chat/completions/*", "/v1/async/sonar/*"), method="GET", provider="perplexity")
def perplexity_answer(exchange: Exchange) -> Invocation:
    """A job asked for by its id: housekeeping until it has ended."""
    return _once_ended(_reading.read(_retrieved(exchange), exchange, _job), exchange)


def _once_ended(found: Invocation, exchange: Exchange) -> Invocation:
    """A job that goes on is no answer yet."""
    if exchange.response is None or found.complete or found.error_type:
        return found
    return replace(found, kind="housekeeping")


def _job(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    status = string(payload.get("status"))
    answer = mapping(payload.get("response"))
    found = _chat.plain(answer) if answer else {"response_model": string(payload.get("model"))}
    return found | {
        "response_id": string(payload.get("id")),
        "complete": status in ENDED,
        "error_type": "failed" if status == "FAILED" else None,
    }


@reads(host=PERPLEXITY, path="/v1/sonar", provider="perplexity")
@reads(path="*/v1/sonar", shape=("messages", "model"))
def sonar(exchange: Exchange) -> Invocation:
    """Perplexity's chat under its newer name."""
    return _chat.read(exchange)


@reads(host=ZAI, path="*/async/chat/completions", provider="zai")
def zai(exchange: Exchange) -> Invocation:
    """A chat handed in to be answered later; its id joins the answer to it."""
    body, why = _reading.request_json(exchange.request)
    return _reading.read(_chat.asked(body, why), exchange, _task, fits=_reading.has(task_status=str))


@reads(host=ZAI, path="*/async-result/*", method="GET", provider="zai")
def zai_answer(exchange: Exchange) -> Invocation:
    """What became of it, also of pictures and videos: housekeeping until it has ended."""
    found = _reading.read(_retrieved(exchange), exchange, _task, fits=_reading.has(task_status=str, choices=list))
    return _once_ended(found, exchange)


def _task(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    status = string(payload.get("task_status"))
    found: _reading.Fields = {"response_model": string(payload.get("model"))}
    if isinstance(payload.get("choices"), list):
        found = _chat.plain(payload)
    made = [*mappings(payload.get("video_result")), *mappings(payload.get("image_result"))]
    if made:
        found["output"] = (_parts.answer([_parts.uri(m.get("url")) for m in made]),)
    return found | {
        "response_id": string(payload.get("id")),
        "complete": status != "PROCESSING",
        "error_type": "FAIL" if status == "FAIL" else None,
    }


def _is_deferred(request: Request) -> bool:
    return mapping(request.json).get("deferred") is True


@reads(host=("api.x.ai", "*.api.x.ai"), path="/v1/chat/completions", provider="x_ai", when=_is_deferred)
def xai(exchange: Exchange) -> Invocation:
    """xAI's chat is OpenAI's dialect; a deferred one is answered with the id to ask for."""
    body, why = _reading.request_json(exchange.request)
    return _reading.read(_chat.asked(body, why), exchange, _named, fits=_reading.has(request_id=str))


def _named(payload: Any) -> _reading.Fields:
    return {"response_id": string(mapping(payload).get("request_id")), "complete": False}


@reads(host=("api.x.ai", "*.api.x.ai"), path="/v1/chat/deferred-completion/*", method="GET", provider="x_ai")
def xai_answer(exchange: Exchange) -> Invocation:
    """A deferred completion asked for by its id: housekeeping (202) until it is there."""
    if exchange.response is not None and exchange.response.status == 202:
        return replace(_retrieved(exchange), kind="housekeeping")
    found = _reading.read(_retrieved(exchange), exchange, _chat.plain, fits=_chat.FITS)
    return replace(found, response_id=_retrieved(exchange).response_id)


def _retrieved(exchange: Exchange) -> Invocation:
    name = exchange.request.path.rstrip("/").rpartition("/")[2]
    return Invocation(operation="chat", response_id=name, extra={RETRIEVED: True})
