"""Servers on one's own machine with a dialect of their own: SGLang, KoboldCpp, LM Studio, Stable Diffusion, TEI."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Usage
from jupyter_aiprov.readers import _chat, _generic, _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, items, mapping, mappings, string, whole
from jupyter_aiprov.readers._registry import reads

SETTINGS = _generic.SETTINGS | {
    "max_length": "max_tokens",
    "stop_sequence": "stop_sequences",
    "max_output_tokens": "max_tokens",
}


@reads(path="*/generate", shape=("text", "sampling_params"))
def sglang(exchange: Exchange) -> Invocation:
    """SGLang's own endpoint: each event of a stream holds the whole text so far."""
    body, why = _reading.request_json(exchange.request)
    settings = mapping(body.get("sampling_params"))
    asked = Invocation(
        "text_completion",
        parameters=_reading.settings(settings, SETTINGS) | _reading.others(settings, SETTINGS),
        input=_parts.user(*_parts.strings(body.get("text"))),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _sglang, _sglang_streamed, _is_sglang)


def _is_sglang(payload: Any) -> bool:
    answers = payload if isinstance(payload, list) else [payload]
    return any(isinstance(a.get("text"), str) or mapping(a.get("meta_info")) for a in mappings(answers))


def _sglang(payload: Any) -> _reading.Fields:
    answers = [payload] if isinstance(payload, dict) else list(mappings(payload))
    told = [mapping(a.get("meta_info")) for a in answers]
    reasons = tuple(r for t in told if (r := string(dig(t, "finish_reason", "type")) or string(t.get("finish_reason"))))
    return {
        "response_id": string(told[0].get("id")) if len(told) == 1 else None,
        "output": tuple(_parts.answer(_parts.texts(a.get("text"))) for a in answers if string(a.get("text"))),
        "finish_reasons": reasons,
        "usage": _counted(told[0], "prompt_tokens", "completion_tokens") if len(told) == 1 else None,
    }


def _sglang_streamed(events: list[_stream.Event]) -> _reading.Fields:
    last = next((e.data for e in reversed(events) if isinstance(e.data, dict)), {})
    return _sglang(last) | {"complete": _stream.done(events)}


@reads(path=("*/api/v1/generate", "*/api/latest/generate"), shape=("prompt", "max_length"))
def kobold(exchange: Exchange) -> Invocation:
    """KoboldCpp: a prompt in, one text out."""
    body, why = _reading.request_json(exchange.request)
    asked = Invocation(
        "text_completion",
        parameters=_reading.settings(body, SETTINGS) | _reading.others(body, SETTINGS),
        input=_parts.user(*_parts.strings(body.get("prompt"))),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _kobold, fits=_reading.has(results=list))


def _kobold(payload: Any) -> _reading.Fields:
    answers = list(mappings(mapping(payload).get("results")))
    reasons = tuple(r for a in answers if (r := string(a.get("finish_reason"))))
    return {
        "output": tuple(_parts.answer(_parts.texts(a.get("text")), a.get("finish_reason")) for a in answers),
        "finish_reasons": reasons,
        "usage": _counted(answers[0], "prompt_tokens", "completion_tokens") if len(answers) == 1 else None,
    }


@reads(path="*/api/v1/chat", shape=("model", "input"))
def lm_studio(exchange: Exchange) -> Invocation:
    """LM Studio's own chat."""
    body, why = _reading.request_json(exchange.request)
    asked = Invocation(
        "chat",
        request_model=string(body.get("model")),
        parameters=_reading.settings(body, SETTINGS) | _reading.others(body, SETTINGS),
        system=tuple(_parts.texts(body.get("system_prompt"))),
        input=_parts.user(*_parts.strings(body.get("input")))
        or _parts.user(*[string(m.get("content")) for m in mappings(body.get("input"))]),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _lm_studio, _lm_studio_streamed, _reading.has(output=list))


def _lm_studio(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    parts: list[dict[str, Any]] = []
    for item in mappings(payload.get("output")):
        kind = item.get("type")
        if kind in ("message", "reasoning"):
            parts += (_parts.texts if kind == "message" else _parts.reasoning)(item.get("content"))
        else:
            parts.append(_parts.server_tool("server_tool_call", item, None, first(item, "tool", "type")))
    told = mapping(payload.get("stats"))
    spent = _counted(told, "input_tokens", "total_output_tokens")
    return {
        "response_model": string(payload.get("model_instance_id")),
        "response_id": string(payload.get("response_id")),
        "output": (_parts.answer(parts),) if parts else (),
        "usage": replace(spent, reasoning_tokens=whole(told.get("reasoning_output_tokens"))) if spent else None,
    }


def _lm_studio_streamed(events: list[_stream.Event]) -> _reading.Fields:
    """The last event holds the whole answer; before it the text comes in pieces."""
    ended = next((e.data for e in events if (e.name or dig(e.data, "type")) == "chat.end"), None)
    if ended is not None:
        return _lm_studio(first(mapping(ended), "result") or ended) | {"complete": True}
    pieces = [dig(e.data, "content") for e in events if (e.name or dig(e.data, "type")) == "message.delta"]
    text = "".join(p for p in pieces if isinstance(p, str))
    return {"output": (_parts.answer(_parts.texts(text)),) if text else (), "complete": False}


@reads(path=("*/sdapi/v1/txt2img", "*/sdapi/v1/img2img"), shape=("prompt",))
def stable_diffusion(exchange: Exchange) -> Invocation:
    """The Stable Diffusion web interface and its forks: pictures in base64."""
    body, why = _reading.request_json(exchange.request)
    sent = [_parts.blob(p, "image/png") for p in items(body.get("init_images")) if string(p)]
    asked = Invocation(
        "image_generation",
        request_model=string(dig(body, "override_settings", "sd_model_checkpoint")),
        parameters=_reading.settings(body, SETTINGS) | _reading.others(body, SETTINGS),
        input=(*_parts.user(body.get("prompt")), *([_parts.message("user", sent)] if sent else [])),
        output_type="image",
        unparsed=why,
    )
    return _reading.read(asked, exchange, _pictures, fits=_reading.has(images=list))


def _pictures(payload: Any) -> _reading.Fields:
    made = [p for p in items(mapping(payload).get("images")) if string(p)]
    return {"output": tuple(_parts.answer([_parts.blob(p, "image/png")]) for p in made)}


def _classifies(body: Dict) -> bool:
    """Texts, and nothing but what a text classifier takes: a model of tables is given numbers."""
    given = body.get("inputs")
    texts = given if isinstance(given, list) else [given]
    known = {"inputs", "truncate", "truncation_direction", "raw_scores"}
    return bool(texts) and all(isinstance(t, str) and t for t in texts) and body.keys() <= known


def _compares(body: Dict) -> bool:
    return {"source_sentence", "sentences"} <= mapping(body.get("inputs")).keys()


def _judges(body: Dict) -> bool:
    return bool(string(body.get("model")) and _parts.strings(body.get("input")))


@reads(path="*/predict", shape=_classifies)
@reads(path="*/embedding", shape=lambda body: bool(_parts.strings(body.get("content"))))
def other(exchange: Exchange) -> Invocation:
    """Classification by Text Embeddings Inference, vectors of llama.cpp's own endpoint."""
    return _generic.call(exchange)


@reads(path="*/similarity", shape=_compares)
def likeness(exchange: Exchange) -> Invocation:
    """How alike a sentence is to others, one number each: Text Embeddings Inference."""
    body, _ = _reading.request_json(exchange.request)
    count = len(items(dig(body, "inputs", "sentences")))

    def fits(payload: Any) -> bool:
        scores = [score for score in items(payload) if isinstance(score, int | float)]
        return 0 < len(scores) == len(items(payload)) == count

    return _generic.call(exchange, fits=fits)


@reads(path="*/decisions", shape=("model", "input", "questions"))
def decisions(exchange: Exchange) -> Invocation:
    """Questions about something given, answered by likelihood: OpenAI, Google."""
    return _generic.call(exchange, fits=_reading.has(answers=(list, dict), prompt_feedback=dict))


@reads(path="*/classify", shape=_judges)
def classify(exchange: Exchange) -> Invocation:
    """Texts put into classes: vLLM, Jina."""
    return _generic.call(exchange, fits=_reading.has(data=list, results=list))


def _counted(told: Dict, read: str, written: str) -> Usage | None:
    found = _chat.usage({"prompt_tokens": told.get(read), "completion_tokens": told.get(written)})
    return replace(found, raw=told) if found is not None and found.attributes() else None
