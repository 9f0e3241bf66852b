"""A call to a known AI host in a dialect nobody wrote down: what can be told from any JSON, nothing more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from jupyter_aiprov.model import Exchange, Invocation, Message, Request, Usage
from jupyter_aiprov.readers import _body, _chat, _forms, _parts, _reading, _stream, _tgi
from jupyter_aiprov.readers._json import Dict, first, items, mapping, mappings, string, whole
from jupyter_aiprov.readers._registry import Rule

OPERATION = "service.operation"  # what a service calls it
MODEL = ("model", "model_id", "modelId", "model_name", "modelName", "engine")
# names under which services keep what was said to them, and what they answer; the first that is there counts
_SAID = """
prompt input inputs text texts text_prompts query message question sequence sequences content contents q documents
document analysisinput textlist ssml value instances
"""
SAID = _SAID.split()
_MADE = """
output outputs generated_text translations translation translatedtext text answer transcript displaytext result
results alternatives channels responses response completion generations content sequence sequences summary predictions
candidates choices completions improvements fulltextannotation labelannotations description data document mfasta
summary_text translation_text textresponse markdown message
"""
MADE = _MADE.split()
# words of paths under which an AI host keeps things instead of making them
_HOUSEKEEPING = re.compile(
    r"(?:^|[/:])(?:files?|uploads?|models?|engines|vector_stores|vectorStores|assistants|threads|conversations|containers|"
    r"fine_tuning|fine-tunes|finetune|fine_tunes|evals|graders|skills|datasets|organization|organizations|projects?|"
    r"usage|billing|credits?|key|keys|auth|login|oauth2?|token|tokens|me|account|health|healthz|status|metrics|version|ping|"
    r"cachedContents|fileSearchStores|corpora|permissions|operations|jobs|cancel|tags|show|ps|pull|push|create|copy|delete|blobs|"
    r"countTokens|computeTokens|count_tokens|count-tokens|input_tokens|tokenize|detokenize|extras|webhooks|"
    r"agents|environments|libraries|documents|endpoints|connectors|deployments|trainings|grant|auth_tokens|tunedModels|"
    r"check-api-key|finetuned-models|add|available-models|tokenize-text|foundation_model_specs|sessions|client_secrets)/?$",
    re.IGNORECASE,
)
# the same anywhere in the path: what lies below is kept there too
_KEPT = re.compile(
    r"/(?:files|uploads?|vector_stores|assistants|threads|conversations|fileSearchStores|cachedContents|fine_tuning|containers|tunedModels)/",
    re.IGNORECASE,
)


# settings, and the names of models in paths, as further services spell them
SETTINGS = _chat.SETTINGS | {
    "maximum_tokens": "max_tokens",
    "max_new_tokens": "max_tokens",
    "maxOutputTokens": "max_tokens",
    "topP": "top_p",
    "topK": "top_k",
}
_IN_PATH = (
    ("/models/", "/"),
    ("/generation/", "/"),
    ("/biology/", ""),
    ("/endpoints/", "/"),
    ("/serving-endpoints/", "/"),
    ("/ai/run/", ""),
)
_OPERATIONS = tuple(
    (re.compile(pattern, re.IGNORECASE), operation)
    for pattern, operation in (
        (r"text.?(?:to|2).?image|stable.image|image.generation", "image_generation"),
        (r"embed", "embeddings"),
        (r"rerank", "rerank"),
        (r"text.to.speech|/speak$|/tts(?:/|$)", "text_to_speech"),
        (r"speech.to.text|/listen$|/v2/transcript$", "transcription"),
        (r"(?:text|image|video).?(?:to|2).?video|videos?/generations|generations/video", "video_generation"),
    )
)
# states of jobs that have not ended
_STATES = """
queued pending submitted starting started processing running in_progress in_queue notstarted throttled dreaming
"""
_WAITING = frozenset(_STATES.split())
REASONS = ("finish_reason", "stop_reason", "finishReason", "stopReason")
# counters under the names of services that do not put them in an object `usage`
_IN = """
input_tokens prompt_tokens input_token_count prompt_token_count num_tokens_prompt_total total_input_tokens inputTokens
promptTokens promptTokenCount inputTokenCount
""".split()
_OUT = """
output_tokens completion_tokens generated_token_count generation_token_count num_tokens_generated total_output_tokens
outputTokens completionTokens candidatesTokenCount outputTokenCount
""".split()
_CACHED = ("cached_tokens", "total_cached_tokens", "cache_read_input_tokens", "cachedContentTokenCount")
_WRITTEN = ("cache_write_tokens", "cache_creation_input_tokens")
_THOUGHT = ("reasoning_tokens", "total_thought_tokens", "thinking_tokens", "thoughtsTokenCount")
_BESIDE = frozenset({"number"})
# an answer of nothing but these only names a job
_NAMES = frozenset("id prompt_id request_id requestid job_id jobid task_id taskid operation_id operationid".split())


# Vertex keeps everything of a project at the address its models answer at: what asks one has a verb of these
_VERTEX = "aiplatform.googleapis.com"
_ASKS = re.compile(r":(?!fetch)\w*(?:predict|generate|embed|query|chat|retrieve|explain)\w*$", re.IGNORECASE)


def fallback(request: Request) -> Rule:
    """Generic call for what generates, housekeeping for what only looks or stores."""
    path = request.path
    if request.host.endswith(_VERTEX) and not _ASKS.search(path):
        return HOUSEKEEPING
    return (
        CALL if request.method == "POST" and not _HOUSEKEEPING.search(path) and not _KEPT.search(path) else HOUSEKEEPING
    )


def call(exchange: Exchange, named: str | None = None, fits: _reading.Fits = _reading.is_container) -> Invocation:
    """The request's model and texts, and the answer's, under whichever common name they go.

    `named` is the service's own word for what was asked (`DetectSentiment`), `fits` tells an answer of its dialect.
    """
    request = exchange.request
    body, why = _sent(request)
    talks = any(items(place.get("messages")) for place in (body, *mappings(body.get("instances"))))
    asked = Invocation(
        operation="chat" if talks else _operation(named or "", request.path),
        request_model=string(first(body, *MODEL)) or string(first(request.query, *MODEL)) or _model(request.path),
        parameters=_reading.settings(body | mapping(body.get("parameters")), SETTINGS),
        input=_chat.messages(body.get("messages")) or _parts.user(*texts(body, SAID)),
        extra={OPERATION: named} if named else {},
        unparsed=why,
    )
    if not asked.input and body:
        asked = replace(asked, input=(_parts.message("user", [{"type": "json", "content": _parts.shrunk(body)}]),))
    return answered(asked, exchange, fits)


def _operation(named: str, path: str) -> str:
    """What kind of call it is, where the service's own word or the path says so."""
    for words in (named, path):
        found = next((operation for pattern, operation in _OPERATIONS if pattern.search(words)), None)
        if found:
            return found
    return "other"


def _sent(request: Request) -> tuple[Dict, str | None]:
    """The request's fields: JSON, a form, a query, or a body that is text or bytes as it stands."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    sent = request.json
    if isinstance(sent, dict):
        return sent, None
    if isinstance(sent, list):
        return {"inputs": sent}, None
    if not request.body:
        return dict(request.query), None
    if kind == "application/x-www-form-urlencoded":
        pairs = parse_qsl(request.body.decode("utf-8", "replace"))
        return {key: [v for k, v in pairs if k == key] for key, _ in pairs}, None
    if kind.startswith("multipart/"):
        fields, files = _forms.form(request)
        return {**fields, **({"files": [_parts.blob(f.data, f.media_type) for f in files]} if files else {})}, None
    if kind.startswith(("text/", "application/ssml")):
        return {"text": request.body.decode("utf-8", "replace")}, None
    if kind.startswith(("image/", "audio/", "video/", "application/octet-stream", "application/pdf")):
        return {"file": _parts.blob(request.body, kind)}, None
    return {}, _reading.request_json(request)[1]


def said(content: str) -> tuple[Message, ...]:
    """A body that is one text."""
    return _parts.user(content.strip())


def answered(asked: Invocation, exchange: Exchange, fits: _reading.Fits = _reading.is_container) -> Invocation:
    """The answer, whatever it is: text where JSON has some, JSON, plain text, or bytes by digest."""
    response = exchange.response
    if response is None:
        return asked
    kind = _body.media_type(response)
    is_body = response.body and kind not in ("", "text/html") and "json" not in kind  # a page is a gateway's
    if response.status < 400 and is_body and not _body.is_stream(response):
        content = _body.decoded(response)
        said = _parts.texts(_body.text(response)) if kind.startswith("text/") else [_parts.blob(content, kind)]
        return replace(asked, output=(_parts.answer(said),), complete=_reading.whole(exchange))
    return _reading.read(asked, exchange, _plain, _streamed, fits)


def _plain(payload: Any) -> _reading.Fields:
    held = mapping(payload)
    for place in (held, mapping(held.get("output")), *_predictions(held)):  # Alibaba's own dialect, Vertex's endpoints
        if isinstance(place.get("choices"), list):
            found = _chat.plain(place)
            if place is not held:
                named: _reading.Fields = {"response_id": string(first(held, "id", "request_id"))}
                named |= {"usage": _usage(held.get("usage"))}
                found |= {key: value for key, value in named.items() if value is not None}
            return found
    inner = mapping(held.get("result"))  # Cloudflare wraps its answers
    answers = [a for v in (held | inner).values() if isinstance(v, list) for a in mappings(v)]
    reasons = tuple(dict.fromkeys(r for a in (held, *answers) if (r := string(first(a, *REASONS)))))
    made = texts(payload, MADE)
    parts = _parts.texts(*made) if made else [{"type": "json", "content": _parts.shrunk(payload)}]
    return {
        "response_model": string(first(held, *MODEL)),
        "response_id": string(first(mapping(held.get("metadata")) | held, "id", "request_id")),
        "output": (_parts.answer(parts, reasons[0] if len(reasons) == 1 else None),),
        "finish_reasons": reasons,
        "usage": _usage(first(held, "usage") or inner.get("usage")) or _counted(held, answers),
        "complete": not _waits(held),
    }


def _predictions(held: Dict) -> list[Dict]:
    made = held.get("predictions")
    return [made] if isinstance(made, dict) else list(mappings(made))[:1]


def _waits(held: Dict) -> bool:
    """True when the answer is a job that has not ended: a state that says so, or only the address to ask at."""
    for place in (held, *(v for v in held.values() if isinstance(v, dict))):
        for key, state in place.items():
            if isinstance(state, str) and key.lower().endswith(("status", "state")) and _state(state) in _WAITING:
                return True
    held = {k: v for k, v in held.items() if v not in ({}, [], None)}
    names_only = any(k in _NAMES for k in held) and all(k.lower() in _BESIDE | _NAMES for k in held)
    is_operation = "operations/" in str(held.get("name")) and held.get("done") is not True  # Google's long jobs
    return "polling_url" in held or names_only or is_operation


def _state(word: str) -> str:
    return word.lower().replace("-", "_").replace(" ", "_")


def _usage(raw: Any) -> Usage | None:
    found = _chat.usage(raw)
    return found if found is None or found.attributes() else _counted(mapping(raw), []) or found


def _counted(held: Dict, answers: list[Dict]) -> Usage | None:
    """Counters beside the answer, or in it where there is one answer only: several are not summed."""
    places = (held, *answers) if len(answers) == 1 else (held,)
    raw = {key: p[key] for p in places for key in (*_IN, *_OUT) if whole(p.get(key)) is not None}
    if not raw:
        return None
    details = {k: n for p in places for v in (p, *p.values()) for k, n in mapping(v).items() if whole(n) is not None}
    cached, written, thought = (whole(first(details, *names)) for names in (_CACHED, _WRITTEN, _THOUGHT))
    return Usage(whole(first(raw, *_IN)), whole(first(raw, *_OUT)), cached, written, thought, raw=raw)


def _streamed(events: list[_stream.Event]) -> _reading.Fields:
    chunks = [mapping(e.data) for e in events]
    if any("choices" in c for c in chunks):
        return _chat.streamed(events)
    if any(isinstance(c.get("token"), dict) for c in chunks):
        return _tgi.streamed(events)
    if any("choices" in mapping(c.get("output")) for c in chunks):
        return _nested(events)
    made = [e.data for e in events if isinstance(e.data, str)] or [t for c in chunks for t in texts(c, MADE)]
    return {
        "output": (_parts.answer(_parts.texts("".join(made))),) if made else (),
        "usage": next((u for c in reversed(chunks) if (u := _usage(c.get("usage")))), None),
        "complete": _stream.done(events),
    }


def _nested(events: list[_stream.Event]) -> _reading.Fields:
    """Alibaba's pieces: a chat's, one level down; "null" is no reason, and some hold all that was said so far."""
    pieces, said, spent, named = [], "", None, None
    for event in events:
        chunk = mapping(event.data)
        spent, named = _usage(chunk.get("usage")) or spent, string(chunk.get("request_id")) or named
        for choice in mappings(mapping(chunk.get("output")).get("choices")):
            delta = dict(mapping(choice.get("message")))
            text = string(delta.get("content")) or ""
            if said and text.startswith(said):
                text = text[len(said) :]
            said += text
            reason = choice.get("finish_reason")
            piece = {"delta": delta | {"content": text}, "finish_reason": None if reason == "null" else reason}
            pieces.append(_stream.Event("", "", {"choices": [piece]}))
    found = _chat.streamed(pieces)
    return found | {"usage": spent, "response_id": named, "complete": bool(found["finish_reasons"])}


def texts(value: Any, keys: Sequence[str], depth: int = 6) -> list[str]:
    """Texts under the given names, in order, also inside lists and objects."""
    if depth == 0:
        return []
    if isinstance(value, list):
        return [t for v in value[:2000] for t in ([v] if isinstance(v, str) and v else texts(v, keys, depth - 1))]
    if not isinstance(value, dict):
        return []
    held = {key.lower(): inner for key, inner in value.items() if isinstance(inner, str | dict | list)}
    for key in keys:
        inner = held.get(key)
        if inner is None:
            continue
        found = [inner] if isinstance(inner, str) and inner else texts(inner, keys, depth - 1)
        if found:
            return found
    return []


def _model(path: str) -> str | None:
    for mark, after in _IN_PATH:  # NVIDIA: /v1/biology/arc/evo2-40b/generate
        rest = _reading.path_model(path, mark, after)
        if rest:
            return "/".join(rest.split("/")[:2]) if mark == "/biology/" else rest.partition(":")[0]
    return None


def keep(exchange: Exchange) -> Invocation:
    """Housekeeping: counted, never a call."""
    body: Dict = exchange.request.json if isinstance(exchange.request.json, dict) else {}
    counts = re.search(r"count.?tokens|input_tokens|computeTokens", exchange.request.path, re.IGNORECASE)
    asked = Invocation(
        operation="count_tokens" if counts else "other",
        request_model=string(first(body, *MODEL)) or _model(exchange.request.path),
        kind="housekeeping",
    )
    response = exchange.response
    if response is None or _body.is_stream(response):
        return replace(asked, streamed=response is not None)
    found = _reading.read(asked, exchange, lambda _: {})
    return replace(found, unparsed=None)


CALL = Rule(call, None, "", "*", "call", name="generic.call")
HOUSEKEEPING = Rule(keep, None, "", "*", "housekeeping", name="generic.keep")
