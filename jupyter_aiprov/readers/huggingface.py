"""Hugging Face: text generation (TGI), text embeddings (TEI), inference of any task by endpoint or router."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation
from jupyter_aiprov.readers import _body, _parts, _reading, _tgi
from jupyter_aiprov.readers._json import mapping, string
from jupyter_aiprov.readers._registry import reads

HOSTS = ("router.huggingface.co", "api-inference.huggingface.co", "*.endpoints.huggingface.cloud")


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
        parameters=_reading.settings(settings, _tgi.SETTINGS) | _reading.others(settings, _tgi.SETTINGS),
        input=said,
        unparsed=why,
    )
    response = exchange.response
    if response is not None and response.status < 400 and _body.media_type(response).startswith(("image/", "audio/")):
        made = _parts.blob(_body.decoded(response), _body.media_type(response))
        return replace(asked, output=(_parts.answer([made]),), complete=_reading.whole(exchange))
    return _reading.read(asked, exchange, _tgi.plain, _tgi.streamed, _reading.is_container)


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


@reads(path=("*/embed", "*/embed_sparse"), shape=("inputs",))
def embed(exchange: Exchange) -> Invocation:
    """Text Embeddings Inference."""
    body, why = _reading.request_json(exchange.request)
    asked = Invocation("embeddings", input=_parts.user(*_parts.strings(body.get("inputs"))), unparsed=why)
    return _reading.read(asked, exchange, lambda _: {}, fits=_is_vectors)


def _is_vectors(payload: Any) -> bool:
    return isinstance(payload, list) and all(isinstance(vector, list) for vector in payload)
