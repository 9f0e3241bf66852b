"""Platforms that put a model behind an address of one's own: Dify, Flowise, AnythingLLM, Triton, ComfyUI."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.model import Exchange, Invocation
from jupyter_aiprov.readers import _chat, _generic, _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, mapping, string
from jupyter_aiprov.readers._registry import reads

ENDED = ("message_end", "workflow_finished")


@reads(path=("*/chat-messages", "*/completion-messages", "*/workflows/run"), shape=("inputs", "user"))
def dify(exchange: Exchange) -> Invocation:
    """Dify: a question to an application, answered in one piece or in events."""
    body, why = _reading.request_json(exchange.request)
    asked = Invocation(
        operation="chat",
        input=_parts.user(body.get("query"), *(string(v) for v in mapping(body.get("inputs")).values())),
        extra={semconv.CONVERSATION_ID: body["conversation_id"]} if string(body.get("conversation_id")) else {},
        unparsed=why,
    )
    return _reading.read(asked, exchange, _dify, _dify_streamed, _reading.has(answer=str, data=dict))


def _dify(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    made = _parts.texts(payload.get("answer"), *_parts.strings(list(mapping(dig(payload, "data", "outputs")).values())))
    named = string(payload.get("conversation_id"))
    return {
        "response_id": string(first(payload, "message_id", "workflow_run_id")),
        "output": (_parts.answer(made),) if made else (),
        "usage": _chat.usage(dig(payload, "metadata", "usage")),
        "extra": {semconv.CONVERSATION_ID: named} if named else {},
    }


def _dify_streamed(events: list[_stream.Event]) -> _reading.Fields:
    held = [mapping(e.data) for e in events]
    pieces = [string(first(d, "answer") or dig(d, "data", "text")) for d in held if d.get("event") not in ENDED]
    last = next((d for d in reversed(held) if d.get("event") in ENDED), {})
    text = "".join(p for p in pieces if p)
    whole = {**(held[0] if held else {}), **last, **({"answer": text} if text else {})}
    return _dify(whole) | {"complete": bool(last)}


@reads(path="*/api/v1/prediction/*", shape=("question",))
@reads(path=("*/workspace/*/chat", "*/workspace/*/thread/*/chat"), shape=("message", "mode"))
def flow(exchange: Exchange) -> Invocation:
    """Flowise and AnythingLLM: a question in, one text out."""
    found = _generic.call(exchange, fits=_reading.has(text=str, textResponse=str, json=dict))
    return replace(found, operation="chat")


@reads(path=("*/models/*/generate", "*/models/*/generate_stream"), shape=("text_input",))
def triton(exchange: Exchange) -> Invocation:
    """NVIDIA's Triton: a text in, a text out; the model is in the path."""
    body, why = _reading.request_json(exchange.request)
    settings = body | mapping(body.get("parameters"))
    asked = Invocation(
        operation="text_completion",
        request_model=_reading.path_model(exchange.request.path, "/models/"),
        parameters=_reading.settings(settings, _generic.SETTINGS),
        input=_parts.user(*_parts.strings(body.get("text_input"))),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _triton, _triton_streamed, _reading.has(text_output=(str, list)))


def _triton(payload: Any) -> _reading.Fields:
    made = _parts.texts(*_parts.strings(dig(payload, "text_output")))
    return {"response_model": string(dig(payload, "model_name")), "output": (_parts.answer(made),) if made else ()}


def _triton_streamed(events: list[_stream.Event]) -> _reading.Fields:
    text = "".join(t for e in events if (t := string(dig(e.data, "text_output"))))
    found = _triton({**mapping(events[-1].data if events else None), "text_output": text})
    return found | {"complete": bool(text)}


def _is_graph(body: Dict) -> bool:
    """A graph of nodes, each with the class of what it does."""
    nodes = list(mapping(body.get("prompt")).values())
    return bool(nodes) and all("class_type" in mapping(node) for node in nodes)


@reads(path="*/prompt", shape=_is_graph)
def comfy(exchange: Exchange) -> Invocation:
    """ComfyUI: a graph that makes pictures is put in line; what it makes is written to files of its own."""
    body, why = _reading.request_json(exchange.request)
    nodes = [mapping(node) for node in mapping(body.get("prompt")).values()]
    inputs = [mapping(node.get("inputs")) for node in nodes]
    asked = Invocation(
        operation="image_generation",
        request_model=next((m for i in inputs if (m := string(first(i, "ckpt_name", "unet_name")))), None),
        parameters=next((_reading.settings(i, {"seed": "seed"}) for i in inputs if "seed" in i), {}),
        input=_parts.user(*(i.get("text") for i in inputs)),
        output_type="image",
        unparsed=why,
    )
    return _reading.read(asked, exchange, _queued, fits=_reading.has(prompt_id=str))


def _queued(payload: Any) -> _reading.Fields:
    return {"response_id": string(dig(payload, "prompt_id")), "complete": False}
