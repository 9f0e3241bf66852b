"""OpenAI beyond text: pictures, speech, transcription, video, moderation and batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Message, Usage
from jupyter_aiprov.readers import _batch, _body, _chat, _forms, _parts, _reading, _responses, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, items, mapping, mappings, parsed, string, unpacked, whole
from jupyter_aiprov.readers._registry import reads

HOSTS = (
    "api.openai.com",
    "*.api.openai.com",
    "*.openai.azure.com",
    "api.groq.com",
    "api.together.xyz",
    "api.fireworks.ai",
    "api.mistral.ai",
)
SETTINGS = {"n": "choice.count", "temperature": "temperature", "seed": "seed", "stream": "stream"}


def _asked(
    body: Dict, why: str | None, operation: str, output_type: str | None, exchange: Exchange, *texts: Any
) -> Invocation:
    return Invocation(
        operation=operation,
        request_model=string(body.get("model")) or _reading.path_model(exchange.request.path, "/deployments/"),
        parameters=_reading.settings(body, SETTINGS) | _reading.others(body, SETTINGS),
        input=_parts.user(*texts),
        output_type=output_type,
        unparsed=why,
    )


def _form(exchange: Exchange) -> tuple[Dict, list[_forms.File], str | None]:
    """Fields and files of a form; numbers in it are text on the wire."""
    body, why = _reading.request_json(exchange.request)
    if body:
        return body, [], None
    fields, files = _forms.form(exchange.request)
    numbers = {k: v if isinstance(v := unpacked(t), int | float) and k in SETTINGS else t for k, t in fields.items()}
    return numbers, files, None if fields or files or not exchange.request.body else why


@reads(path=("*/images/generations", "*/image/generations", "*/images/edits", "*/images/variations"), shape=("prompt",))
@reads(host=HOSTS, path=("*/images/generations", "*/images/edits", "*/images/variations"))
@reads(path="*/images/variations", shape=("image",))
def images(exchange: Exchange) -> Invocation:
    """Pictures from a prompt, or from a prompt and pictures."""
    body, files, why = _form(exchange)
    asked = _asked(body, why, "image_generation", "image", exchange, body.get("prompt"))
    sent = [_parts.blob(f.data, f.media_type, "image") for f in files]
    if sent:
        asked = replace(asked, input=(*asked.input, _parts.message("user", sent)))
    return _reading.read(asked, exchange, _pictures, _pictures_streamed, _reading.has(data=list, images=list))


def _pictures(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    mime = f"image/{string(payload.get('output_format')) or 'png'}"
    made = [
        [
            _parts.blob(p["b64_json"], mime)
            if string(p.get("b64_json"))
            else _parts.uri(p.get("url"), modality="image"),
            *([{"type": "revised_prompt", "content": p["revised_prompt"]}] if string(p.get("revised_prompt")) else []),
        ]
        for p in mappings(payload.get("data"))
    ]
    return {"output": tuple(_parts.answer(parts) for parts in made), "usage": _spent(payload.get("usage"))}


def _pictures_streamed(events: list[_stream.Event]) -> _reading.Fields:
    named = [(string(dig(e.data, "type")) or e.name, e.data) for e in events if isinstance(e.data, dict)]
    ended = [data for name, data in named if name.endswith(".completed")]
    last = ended[-1] if ended else {}
    return _pictures(last | {"data": ended}) | {"complete": bool(ended)}


def _spent(raw: Any) -> Usage | None:
    if not isinstance(raw, dict) or not raw:
        return None
    return Usage(
        input_tokens=whole(first(raw, "input_tokens", "prompt_tokens")),
        output_tokens=whole(first(raw, "output_tokens", "completion_tokens")),
        cache_read_tokens=whole(dig(raw, "input_tokens_details", "cached_tokens")),
        raw=raw,
    )


@reads(path="*/audio/speech", shape=("input", "voice"))
@reads(host=HOSTS, path="*/audio/speech")
def speech(exchange: Exchange) -> Invocation:
    """A text spoken; the answer is sound, or events that carry it."""
    body, why = _reading.request_json(exchange.request)
    asked = _asked(body, why, "text_to_speech", "speech", exchange, body.get("input"))
    asked = replace(asked, system=tuple(_parts.texts(body.get("instructions"))))
    response = exchange.response
    kind = _body.media_type(response) if response is not None else ""
    is_sound = kind != "application/json" and not kind.startswith("text/")  # a gateway's page is no sound
    if response is not None and response.status < 400 and is_sound and not _body.is_stream(response):
        sound = _parts.blob(_body.decoded(response), kind or "audio/mpeg", "audio")
        return replace(asked, output=(_parts.answer([sound]),), complete=_reading.whole(exchange))
    return _reading.read(
        asked, exchange, lambda _: {}, _spoken, _reading.has(audio=(str, dict), data=(str, list, dict))
    )


def _spoken(events: list[_stream.Event]) -> _reading.Fields:
    data = [mapping(e.data) for e in events]
    pieces = [_parts.blob(d["audio"], "audio/mpeg") for d in data if string(d.get("audio"))]
    done = next((d for d in data if d.get("type") == "speech.audio.done"), None)
    return {
        "output": (_parts.answer(pieces),) if pieces else (),
        "usage": _spent(dig(done, "usage")),
        "complete": done is not None,
    }


@reads(path=("*/audio/transcriptions", "*/audio/translations"), shape=lambda body: "file" in body or "url" in body)
@reads(host=HOSTS, path=("*/audio/transcriptions", "*/audio/translations"))
def transcription(exchange: Exchange) -> Invocation:
    """Sound written down, in its language or in English; JSON, plain text, subtitles or events."""
    return _transcribed(exchange)


@reads(path=("*/audio/transcriptions", "*/audio/translations"), shape=("model",))
@reads(path=("*/deployments/*/audio/transcriptions", "*/deployments/*/audio/translations"), shape=("file",))
@reads(path="*/inference", shape=("file", "response_format"))  # whisper.cpp
def transcription_form(exchange: Exchange) -> Invocation:
    """The same on any host, sent as a form."""
    return _transcribed(exchange)


def _transcribed(exchange: Exchange) -> Invocation:
    body, files, why = _form(exchange)
    operation = "translation" if exchange.request.path.endswith("translations") else "transcription"
    asked = _asked(body, why, operation, "text", exchange, body.get("prompt"))
    sounds = [_parts.blob(f.data, f.media_type, "audio") for f in files]
    if sounds:
        asked = replace(asked, input=(*asked.input, _parts.message("user", sounds)))
    response = exchange.response
    kind = _body.media_type(response) if response is not None else ""
    is_text = body.get("response_format") in ("text", "srt", "vtt") and kind not in ("text/html", "application/json")
    if response is not None and response.status < 400 and is_text:
        said = _parts.answer(_parts.texts(_body.text(response)))
        return replace(asked, output=(said,), complete=_reading.whole(exchange))
    return _reading.read(asked, exchange, _written, _written_streamed, _reading.has(text=str))


def _written(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    return {
        "response_model": string(payload.get("model")),
        "output": (_parts.answer(_parts.texts(payload.get("text"))),),
        "usage": _spent(payload.get("usage")),
    }


def _written_streamed(events: list[_stream.Event]) -> _reading.Fields:
    data = [mapping(e.data) for e in events]
    if any("choices" in d for d in data):  # vLLM streams it as a chat
        return _chat.streamed(events)
    done = next((d for d in data if str(d.get("type")).endswith(("text.done", "transcription.done"))), None)
    pieces = [p for d in data if str(d.get("type")).endswith("delta") and string(p := first(d, "delta", "text"))]
    return _written(done or {"text": "".join(pieces)}) | {"complete": done is not None}


@reads(path="*/moderations", shape=("input",))
def moderation(exchange: Exchange) -> Invocation:
    """A verdict on texts and pictures: which categories were flagged."""
    body, why = _reading.request_json(exchange.request)
    asked = _asked(body, why, "moderation", "json", exchange)
    asked = replace(asked, input=tuple(_judged(body.get("input"))))
    return _reading.read(asked, exchange, _verdict, fits=_reading.has(results=list))


def _judged(sent: Any) -> Iterator[Message]:
    """Texts, one text with its pictures, or (Mistral) whole chats."""
    yield from _parts.user(*_parts.strings(sent if isinstance(sent, str) else [s for s in items(sent) if string(s)]))
    for chat in items(sent):
        yield from _chat.messages(chat)
    blocks = list(mappings(sent))
    if any("role" in block for block in blocks):
        yield from _chat.messages(blocks)
    elif blocks:
        yield _parts.message("user", _chat.parts(blocks))


def _verdict(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    results = list(mappings(payload.get("results")))
    kept = [
        {
            "flagged": r.get("flagged"),
            "categories": sorted(k for k, v in mapping(r.get("categories")).items() if v is True),
        }
        for r in results
    ]
    return {
        "response_model": string(payload.get("model")),
        "response_id": string(payload.get("id")),
        "output": tuple(_parts.answer([{"type": "json", "content": r}]) for r in kept),
        "usage": _spent(payload.get("usage")),
    }


@reads(path="*/v1/videos", shape=("model", "prompt"))
@reads(host=HOSTS, path=("/v1/videos", "*/openai/v1/videos", "*/video/generations/jobs"))
def video(exchange: Exchange) -> Invocation:
    """A video job is created; complete when it has ended."""
    body, files, why = _form(exchange)
    asked = _asked(body, why, "video_generation", "video", exchange, body.get("prompt"))
    if files:
        asked = replace(
            asked, input=(*asked.input, _parts.message("user", [_parts.blob(f.data, f.media_type) for f in files]))
        )
    return _reading.read(asked, exchange, lambda p: _batch.created(p) | {"extra": {}})


@reads(host=HOSTS, path=("*/batches", "/openai/v1/batches"))
@reads(path="*/batches", shape=("input_file_id", "endpoint"))
def batch(exchange: Exchange) -> Invocation:
    """A batch is created over an uploaded file: the id that its answers will be joined by."""
    body, why = _reading.request_json(exchange.request)
    asked = _batch.asked([], why)
    sent = {"batch.endpoint": body.get("endpoint"), "batch.input_file": body.get("input_file_id")}
    asked = replace(asked, extra={k: v for k, v in sent.items() if string(v)})
    return _reading.read(asked, exchange, _batch.created)


@reads(host=HOSTS, path="*/batches/*", method="GET", kind="housekeeping")
def batch_state(exchange: Exchange) -> Invocation:
    """How far a batch is, and, once it is done, which file holds its answers."""
    return _reading.read(Invocation(operation="batch"), exchange, _batch.created)


@reads(host=HOSTS, path="*/files/*/content", method="GET")
def batch_results(exchange: Exchange) -> Invocation:
    """A result file: each line one answer. Any other file that is downloaded is housekeeping."""
    file = _reading.path_model(exchange.request.path, "/files/")
    named = exchange.response.headers.get("content-disposition", "") if exchange.response is not None else ""
    start = named.find("batch_")
    batch_id = named[start:].partition("_output")[0].partition("_error")[0].strip('"; ') if start >= 0 else None
    found = _batch.results(exchange, _row, batch_id, **{_batch.FILE: file})
    if exchange.response is None or found.output or found.extra.get(_batch.COUNT) or found.error_type:
        return found
    return Invocation(operation="other", kind="housekeeping", complete=_reading.whole(exchange))


def _row(line: str) -> _reading.Fields | None:
    row = mapping(parsed(line))
    answered = isinstance(row.get("response"), dict) or isinstance(row.get("error"), dict)
    if not (answered and string(row.get("custom_id"))):
        return None
    body = dig(row, "response", "body")
    status = whole(dig(row, "response", "status_code")) or 200
    if row.get("error") or status >= 400:
        return {"error_type": _reading.error_in(body) or str(status)}
    if isinstance(dig(body, "choices"), list):
        return _chat.plain(body)
    if isinstance(dig(body, "output"), list):
        return _responses.plain(body)
    return {"response_model": string(dig(body, "model"))}
