"""Hugging Face: text generation (TGI), text embeddings (TEI), inference of any task by endpoint or router."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Usage
from jupyter_aiprov.readers import _body, _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, items, mapping, mappings, string, whole
from jupyter_aiprov.readers._registry import reads

HOSTS = ("router.huggingface.co", "api-inference.huggingface.co", "*.endpoints.huggingface.cloud")
SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_new_tokens": "max_tokens",
    "stop": "stop_sequences",
    "stop_sequences": "stop_sequences",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "best_of": "best_of",
}


ANSWER = ("generated_text", "summary_text", "translation_text", "text", "answer", "label", "sequence")
RANKED = {"label", "sequence"}


@reads(path=("", "/", "*/generate", "*/generate_stream"), shape=("inputs",))
@reads(host=HOSTS, path=("/", "/hf-inference/models/*", "/models/*", "/pipeline/*"), provider="huggingface")
def infer(exchange: Exchange) -> Invocation:
    """Inputs and parameters in, texts, vectors or pictures out; the task shows in the answer."""
    request = exchange.request
    body, why = _reading.request_json(request)
    settings = mapping(body.get("parameters"))
    inputs = body.get("inputs")
    said = _parts.user(*_parts.strings(inputs)) or _structured(inputs)
    if not body and request.body:  # a picture or a recording as it is
        said = (_parts.message("user", [_parts.blob(request.body, request.headers.get("content-type"))]),)
        why = None
    asked = Invocation(
        operation=_task(request.path),
        request_model=_model(request.path) or string(body.get("model")),
        parameters=_reading.settings(settings, SETTINGS) | _reading.others(settings, SETTINGS),
        input=said,
        unparsed=why,
    )
    response = exchange.response
    if response is not None and response.status < 400 and _body.media_type(response).startswith(("image/", "audio/")):
        made = _parts.blob(_body.decoded(response), _body.media_type(response))
        return replace(asked, output=(_parts.answer([made]),), complete=_reading.whole(exchange))
    return _reading.read(asked, exchange, _plain, _streamed, _reading.is_container)


def _structured(inputs: Any) -> tuple[Any, ...]:
    held = [string(v) for v in mapping(inputs).values()]
    return _parts.user(*held)


def _task(path: str) -> str:
    task = _reading.path_model(path, "/pipeline/") or ""
    return "embeddings" if task in ("feature-extraction", "sentence-similarity") else "text_completion"


def _model(path: str) -> str | None:
    """The repository: two steps after /models/, the second of which a task may follow."""
    rest = _reading.path_model(path, "/models/", "")
    return "/".join(rest.split("/")[:2]) if rest else None


def _plain(payload: Any) -> _reading.Fields:
    listed = payload if isinstance(payload, list) else [payload]
    if listed and all(isinstance(a, list) for a in listed):  # a ranking for each input
        listed = [best for ranking in listed if (best := _best(ranking)) is not None]
    elif isinstance(payload, list):
        listed = [best] if (best := _best(payload)) is not None else payload
    answers = [a for a in listed if isinstance(a, dict)]
    texts = [next(iter(_parts.strings(a.get("labels"))), None) or string(first(a, *ANSWER)) for a in answers]
    details = [mapping(a.get("details")) for a in answers]
    reasons = tuple(r for d in details if (r := string(d.get("finish_reason"))))
    return {
        "output": tuple(
            _parts.answer(_parts.texts(t), d.get("finish_reason")) for t, d in zip(texts, details, strict=True) if t
        ),
        "finish_reasons": reasons,
        "usage": _usage(details[0]) if len(details) == 1 else None,
    }


def _best(ranking: Any) -> Dict | None:
    """The likeliest of the labels or fillings that a classifier ranks; None for what is no ranking."""
    held = [
        m for m in mappings(ranking) if isinstance(m.get("score"), int | float) and m.keys() & RANKED and "box" not in m
    ]
    return max(held, key=lambda m: m["score"]) if held and len(held) == len(items(ranking)) else None


def _usage(details: Dict) -> Usage | None:
    raw = {k: details[k] for k in ("input_length", "prompt_tokens", "generated_tokens") if details.get(k) is not None}
    return (
        Usage(whole(first(raw, "input_length", "prompt_tokens")), whole(raw.get("generated_tokens")), raw=raw)
        if raw
        else None
    )


def _streamed(events: list[_stream.Event]) -> _reading.Fields:
    """One token an event; the last holds the whole text."""
    chunks = [mapping(e.data) for e in events]
    last = chunks[-1] if chunks else {}
    pieces = [dig(c, "token", "text") for c in chunks if dig(c, "token", "special") is not True]
    text = string(last.get("generated_text")) or "".join(p for p in pieces if isinstance(p, str))
    found = _plain({"generated_text": text, "details": last.get("details")})
    return found | {"complete": last.get("generated_text") is not None}


@reads(path=("*/embed", "*/embed_sparse"), shape=("inputs",))
def embed(exchange: Exchange) -> Invocation:
    """Text Embeddings Inference."""
    body, why = _reading.request_json(exchange.request)
    asked = Invocation("embeddings", input=_parts.user(*_parts.strings(body.get("inputs"))), unparsed=why)
    return _reading.read(asked, exchange, lambda _: {}, fits=_is_vectors)


def _is_vectors(payload: Any) -> bool:
    return isinstance(payload, list) and all(isinstance(vector, list) for vector in payload)
