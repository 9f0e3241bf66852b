"""Google Gemini and Vertex AI: generate, stream, embed, predict, batches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.model import Exchange, Invocation, Message, Usage
from jupyter_aiprov.readers import _batch, _body, _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, mapping, mappings, string, whole
from jupyter_aiprov.readers._registry import reads

SETTINGS = {
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "maxOutputTokens": "max_tokens",
    "stopSequences": "stop_sequences",
    "seed": "seed",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
    "candidateCount": "choice.count",
}
FITS = _reading.has(candidates=list, promptFeedback=dict, prompt_feedback=dict, usageMetadata=dict, usage_metadata=dict)
PREDICTED = SETTINGS | {"sampleCount": "choice.count"}
# a prompt that was refused outright has no candidate, and this instead of a finish reason
REFUSED = ("promptFeedback", "blockReason")


def camel(value: Any) -> Dict:
    """An object with the keys of Google's JSON; its SDKs and users also write them with underscores."""
    out = {}
    for key, held in mapping(value).items():
        head, *rest = key.split("_")
        out[head + "".join(word[:1].upper() + word[1:] for word in rest)] = held
    return out


@reads(path=("*/models/*:generateContent", "*/models/*:streamGenerateContent"), shape=("contents",))
@reads(path=("*/tunedModels/*:generateContent", "*/endpoints/*:generateContent"), shape=("contents",))
@reads(path=("*/tunedModels/*:streamGenerateContent", "*/endpoints/*:streamGenerateContent"), shape=("contents",))
def generate(exchange: Exchange) -> Invocation:
    """generateContent, in one piece, as server-sent events or as a JSON array in pieces."""
    body, why = _reading.request_json(exchange.request)
    found = _reading.read(_asked(camel(body), _model(exchange), why), exchange, _plain, _streamed, FITS)
    response = exchange.response
    if response is None or found.streamed or ":streamGenerateContent" not in exchange.request.path:
        return found
    if response.status >= 400 or _body.text(response).lstrip()[:1] != "[":
        return found
    events = _stream.events(response)
    if not any(FITS(e.data) or _reading.error_in(e.data) is not None for e in events):
        return found
    error = _reading.stream_error(events)
    return replace(found, **{"unparsed": why, **_streamed(events), "streamed": True, "error_type": error})


def _model(exchange: Exchange) -> str | None:
    path = exchange.request.path
    for mark in ("/models/", "/tunedModels/", "/endpoints/"):
        if mark in path:
            return _reading.path_model(path, mark, ":")
    return None


def _asked(body: Dict, model: str | None, why: str | None) -> Invocation:
    config = camel(first(body, "generationConfig", "config"))
    thinking = camel(config.get("thinkingConfig"))
    more = {
        "reasoning.effort": string(thinking.get("thinkingLevel")),
        "thinking.budget_tokens": whole(thinking.get("thinkingBudget")),
    }
    kinds = [str(m).lower() for m in config.get("responseModalities") or [] if isinstance(m, str)]
    as_json = config.get("responseMimeType") == "application/json"
    media = next((k for k in ("image", "audio", "video") if k in kinds), None)
    return Invocation(
        operation="generate_content",
        request_model=model,
        parameters=_reading.settings(config, SETTINGS)
        | {k: v for k, v in more.items() if v is not None}
        | _reading.others(config, SETTINGS),
        system=tuple(_parts_of(body.get("systemInstruction"))),
        input=_contents(body.get("contents")),
        tools=_parts.functions(body.get("tools")),
        output_type="json" if as_json else {"audio": "speech"}.get(media or "", media),
        unparsed=why,
    )


def _contents(contents: Any) -> tuple[Message, ...]:
    if isinstance(contents, str):
        return _parts.user(contents)
    listed = [contents] if isinstance(contents, dict) else contents
    return tuple(
        _parts.message("assistant" if c.get("role") == "model" else string(c.get("role")) or "user", _parts_of(c))
        for c in mappings(listed)
    )


def _parts_of(content: Any) -> list[dict[str, Any]]:
    """Parts of a content; a bare string counts as one."""
    if isinstance(content, str):
        return _parts.texts(content)
    held = mapping(content)
    if "parts" not in held and isinstance(held.get("text"), str):
        return _parts.texts(held["text"])
    parts = held.get("parts")
    return [p for part in mappings([parts] if isinstance(parts, dict) else parts) for p in _part(camel(part))]


def _part(part: Dict) -> list[dict[str, Any]]:
    if isinstance(part.get("text"), str):
        return (_parts.reasoning if part.get("thought") is True else _parts.texts)(part["text"])
    for key, kind in (
        ("functionCall", "call"),
        ("functionResponse", "response"),
        ("inlineData", "data"),
        ("fileData", "file"),
    ):
        held = camel(part.get(key))
        if held:  # what was spoken may stand beside the sound
            return [_held(kind, held), *_parts.texts(dig(part, "audioTranscription", "text"))]
    for key in ("executableCode", "toolCall"):
        if part.get(key):
            return [_parts.server_tool("server_tool_call", part[key], dig(part[key], "id"), key)]
    for key in ("codeExecutionResult", "toolResponse"):
        if part.get(key):
            return [_parts.server_tool("server_tool_call_response", part[key], dig(part[key], "id"), key)]
    return []


def _held(kind: str, held: Dict) -> dict[str, Any]:
    if kind == "call":
        return _parts.tool_call(held.get("id"), held.get("name"), first(held, "args") or {})
    if kind == "response":
        return _parts.tool_response(first(held, "id", "name"), held.get("response"))
    if kind == "data":
        return _parts.blob(held.get("data"), held.get("mimeType"))
    return _parts.uri(held.get("fileUri"), held.get("mimeType"))


def _usage(raw: Any) -> Usage | None:
    """Counters as sent; thoughts are apart from the candidates'."""
    if not isinstance(raw, dict) or not raw:
        return None
    return Usage(
        input_tokens=whole(raw.get("promptTokenCount")),
        output_tokens=whole(first(raw, "candidatesTokenCount", "responseTokenCount")),
        cache_read_tokens=whole(raw.get("cachedContentTokenCount")),
        reasoning_tokens=whole(raw.get("thoughtsTokenCount")),
        raw=raw,
    )


def _plain(payload: Any) -> _reading.Fields:
    if isinstance(payload, list):  # streamed as an array, read whole
        payload = payload[0] if len(payload) == 1 else {}
    return _answer([mapping(payload)])


def _streamed(events: list[_stream.Event]) -> _reading.Fields:
    found = _answer([mapping(e.data) for e in events])
    return found | {"complete": bool(found["finish_reasons"])}


def _answer(chunks: list[Dict]) -> _reading.Fields:
    """Candidates joined over chunks; counters and names are the last that were sent."""
    said: dict[int, list[dict[str, Any]]] = {}
    reasons: dict[int, str] = {}
    head: Dict = {}
    for chunk in map(camel, chunks):
        head |= {k: v for k, v in chunk.items() if v is not None and k != "candidates"}
        for candidate in map(camel, mappings(chunk.get("candidates"))):
            index = whole(candidate.get("index")) or 0
            _join(said.setdefault(index, []), _parts_of(candidate.get("content")))
            if string(candidate.get("finishReason")):
                reasons[index] = candidate["finishReason"]
    refused = string(dig(head, *REFUSED))
    ended = tuple(reasons[index] for index in sorted(reasons)) or ((refused,) if refused else ())
    tier = string(dig(head, "usageMetadata", "serviceTier"))
    return {
        "response_model": string(head.get("modelVersion")),
        "response_id": string(head.get("responseId")),
        "output": tuple(_parts.answer(said[index], reasons.get(index)) for index in sorted(said)),
        "finish_reasons": ended,
        "usage": _usage(head.get("usageMetadata")),
        "extra": {semconv.SERVICE_TIER.replace("openai", "gcp"): tier} if tier else {},
    }


def _join(said: list[dict[str, Any]], more: list[dict[str, Any]]) -> None:
    """Add parts; neighbouring pieces of text or thought are one."""
    for part in more:
        last = said[-1] if said else {}
        if part["type"] in ("text", "reasoning") and last.get("type") == part["type"]:
            last["content"] += part["content"]
        else:
            said.append(part)


@reads(
    path=("*/models/*:embedContent", "*/models/*:batchEmbedContents"),
    shape=lambda body: "content" in body or "requests" in body,
)
def embed(exchange: Exchange) -> Invocation:
    """Embeddings of one content or of several."""
    body, why = _reading.request_json(exchange.request)
    asked = [r.get("content") for r in mappings(body.get("requests"))] or [body.get("content")]
    found = Invocation(
        operation="embeddings",
        request_model=_model(exchange),
        input=tuple(_parts.message("user", parts) for content in asked if (parts := _parts_of(content))),
        unparsed=why,
    )
    return _reading.read(found, exchange, _embedded, fits=_reading.has(embedding=dict, embeddings=list))


def _embedded(payload: Any) -> _reading.Fields:
    return {"usage": _usage(mapping(payload).get("usageMetadata"))}


@reads(path="*/models/*:generateAnswer", shape=("contents",), provider="gcp.gemini")
def answer(exchange: Exchange) -> Invocation:
    """An answer from passages that were given: one candidate under a name of its own."""
    body, why = _reading.request_json(exchange.request)
    asked = _asked(camel(body), _model(exchange), why)
    return _reading.read(asked, exchange, _answered, fits=_reading.has(answer=dict, inputFeedback=dict))


def _answered(payload: Any) -> _reading.Fields:
    held = camel(payload)
    refused = string(dig(held, "inputFeedback", "blockReason"))
    found = _answer([held | {"candidates": [held["answer"]] if mapping(held.get("answer")) else []}])
    return found | ({"finish_reasons": (refused,)} if refused and not found["finish_reasons"] else {})


@reads(path="*/models/*:batchGenerateContent", shape=("batch",))
def batch(exchange: Exchange) -> Invocation:
    """A batch is created, of requests in the body or in an uploaded file."""
    body, why = _reading.request_json(exchange.request)
    config = camel(camel(body.get("batch")).get("inputConfig"))
    rows = mappings(dig(config, "requests", "requests"))
    asked = [_asked(camel(row.get("request")), None, None) for row in rows]
    return _reading.read(_batch.asked(asked, why, _model(exchange)), exchange, _batch_state)


@reads(host="generativelanguage.googleapis.com", path="/v1beta/batches/*", method="GET")
def batch_results(exchange: Exchange) -> Invocation:
    """The answers of a batch, in one JSON; housekeeping until they are there."""
    found = _reading.read(Invocation(operation="batch"), exchange, _batch_state)
    return (
        found if exchange.response is None or found.output or found.error_type else replace(found, kind="housekeeping")
    )


def _batch_state(payload: Any) -> _reading.Fields:
    state = string(dig(payload, "metadata", "state"))
    rows = mappings(dig(payload, "response", "inlinedResponses", "inlinedResponses"))
    answers = [_answer([mapping(row.get("response"))]) for row in rows]
    found = _batch.created(payload)
    return found | {
        "response_model": None,
        "output": tuple(m for fields in answers for m in fields["output"]),
        "finish_reasons": (state,) if state else (),
        "complete": mapping(payload).get("done") is True,
    }


@reads(path=("*/models/*:predict", "*/models/*:predictLongRunning"), shape=("instances",))
def predict(exchange: Exchange) -> Invocation:
    """Vertex AI prediction: embeddings of texts, or pictures, video and music from a prompt."""
    body, why = _reading.request_json(exchange.request)
    model = _model(exchange)
    instances = list(mappings(body.get("instances")))
    prompts = [string(first(i, "content", "prompt", "text")) for i in instances]
    chats = [_parts.message(s.get("author"), _said(s)) for i in instances for s in mappings(i.get("messages"))]
    kind = _prediction(model or "", instances)
    found = Invocation(
        operation=kind,
        request_model=model,
        parameters=_reading.settings(camel(body.get("parameters")), PREDICTED),
        system=tuple(_parts.texts(*(i.get("context") for i in instances))),
        input=(*_parts.user(*prompts), *chats),
        output_type={"image_generation": "image", "video_generation": "video"}.get(kind),
        unparsed=why,
    )
    return _reading.read(found, exchange, _predicted, fits=_reading.has(predictions=list, name=str))


def _prediction(model: str, instances: list[Dict]) -> str:
    if "embedding" in model or "gecko" in model or any("content" in i for i in instances):
        return "embeddings"
    if any("messages" in i for i in instances):
        return "chat"
    for words, kind in (("imagen", "image_generation"), ("veo-", "video_generation"), ("bison", "text_completion")):
        if words in model or (kind == "image_generation" and "imagegeneration" in model):
            return kind
    return "generate_content"


def _said(held: Dict) -> list[dict[str, Any]]:
    return _parts.texts(held.get("content"))


def _predicted(payload: Any) -> _reading.Fields:
    """Pictures, counters of embedded texts, and (models before Gemini) texts."""
    predictions = list(mappings(mapping(payload).get("predictions")))
    candidates = [c for p in predictions for c in (p, *mappings(p.get("candidates")))]
    metered = mapping(dig(payload, "metadata", "tokenMetadata"))
    counts = [dig(p, "embeddings", "statistics", "token_count") for p in predictions]
    statistics = [dig(p, "embeddings", "statistics") for p in predictions if dig(p, "embeddings", "statistics")]
    pictures = [
        _parts.blob(data, p.get("mimeType"))
        for p in predictions
        if (data := string(first(p, "bytesBase64Encoded", "audioContent")))
    ]
    one = whole(counts[0]) if len(counts) == 1 else None  # several counters are not summed
    return {
        "response_id": string(dig(payload, "name")),
        "output": tuple(_parts.answer(parts) for parts in (*([p] for p in pictures), *map(_said, candidates)) if parts),
        "usage": Usage(input_tokens=one, raw=statistics) if statistics else _metered(metered),
        "complete": dig(payload, "done") is True if dig(payload, "name") else dig(payload, "done") is not False,
    }


def _metered(raw: Dict) -> Usage | None:
    read, written = (whole(dig(raw, key, "totalTokens")) for key in ("inputTokenCount", "outputTokenCount"))
    return Usage(read, written, raw=raw) if raw else None


@reads(path="*/batchPredictionJobs", shape=("inputConfig", "model"), provider="gcp.vertex_ai")
def vertex_batch(exchange: Exchange) -> Invocation:
    """A batch on Vertex AI is created; its answers lie in a bucket or a table, beyond this kernel's wire."""
    body, why = _reading.request_json(exchange.request)
    model = (string(body.get("model")) or "").rpartition("/models/")[2] or None
    return _reading.read(_batch.asked([], why, model), exchange, lambda p: _batch.created(p) | {"response_model": None})
