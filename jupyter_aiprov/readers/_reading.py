"""The frame of every reader: the request's fields, then a plain answer or a stream, then errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any
from urllib.parse import unquote

from jupyter_aiprov.model import Exchange, Invocation, Request, Response
from jupyter_aiprov.readers import _body, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, mapping, parsed, string
from jupyter_aiprov.readers._json import whole as whole_number

_MODEL = re.compile(rb'"model"\s*:\s*"([^"\\]{1,200})"')
Fields = dict[str, Any]  # fields of an Invocation, as found
Plain = Callable[[Any], Fields]
Streamed = Callable[[list[_stream.Event]], Fields]
Fits = Callable[[Any], bool]
STRANGE = "the answer is not in the shape of its dialect"


def read(
    asked: Invocation,
    exchange: Exchange,
    plain: Plain,
    streamed: Streamed | None = None,
    fits: Fits | None = None,
    *,
    words: bool = False,
) -> Invocation:
    """The request's fields completed by the response: absent, an error, a plain answer or a stream.

    `fits` tells a plain answer of the dialect from other JSON; without it an answer is one when
    something is found in it. What is no answer is `unparsed` and never complete. `words`: see
    `_stream.events`.
    """
    response = exchange.response
    if response is None:
        return asked
    payload = parsed(_body.text(response)) if response.status >= 400 or not _body.is_stream(response) else None
    if streamed is not None and payload is None and _body.is_stream(response):
        events = _stream.events(response, words=words)
        found = streamed(events)
        error = found.get("error_type") or stream_error(events) or failed(response.status)
        why = None if events or not response.body else "the stream holds no event"
        if events and error is None and not tells(found) and (found.get("complete") or exchange.ended == "eof"):
            why, found["complete"] = "the stream holds nothing of its dialect", False
        found = {"unparsed": why, "streamed": True, **found, "error_type": error}
        return asked.with_(**_kept(asked, found))
    error = error_of(payload, response)
    if error is not None:
        failed_job = response.status < 400 and isinstance(payload, dict) and "id" in payload
        found = {"complete": payload is not None or whole(exchange), **(plain(payload) if failed_job else {})}
        kept = _kept(asked, found | {"unparsed": None, "error_type": found.get("error_type") or error})
        return asked.with_(**kept)
    if payload is None:
        if not response.body and response.status != 200:  # accepted, moved, nothing to say
            return asked
        return asked.with_(unparsed=asked.unparsed or unreadable(response), complete=False)
    found = {"complete": True, **plain(payload)}
    if not (fits(payload) if fits is not None else isinstance(payload, dict) and tells(found)):
        found["unparsed"] = found.get("unparsed") or STRANGE
    if found.get("unparsed"):
        found["complete"] = False
    return asked.with_(**_kept(asked, found))


def has(**types: type | tuple[type, ...]) -> Fits:
    """A test for objects that have one of these keys with a value of its type."""
    return lambda payload: isinstance(payload, dict) and any(isinstance(payload.get(k), t) for k, t in types.items())


def is_container(payload: Any) -> bool:
    """Any object or list: for answers that have no shape of their own."""
    return isinstance(payload, dict | list)


def tells(found: Fields) -> bool:
    """True when something was found: a name, a counter, a reason, a part of an answer."""
    named = any(found.get(key) for key in _TELLING)
    return named or any(message.parts for message in found.get("output", ()))


_TELLING = ("response_model", "response_id", "finish_reasons", "usage", "extra", "error_type")


def _kept(asked: Invocation, found: Fields) -> Fields:
    """What was found, with what the request already told: further names, and why it was not understood."""
    return found | {
        "extra": {**asked.extra, **found.get("extra", {})},
        "unparsed": asked.unparsed or found.get("unparsed"),
        "response_id": found.get("response_id") or asked.response_id,
    }


def whole(exchange: Exchange) -> bool:
    """True when a body without a mark of its own arrived to its end."""
    response = exchange.response
    if response is None or response.truncated:
        return False
    length = response.headers.get("content-length", "")
    if length.isdigit() and max(len(response.body), response.size) < int(length):
        return False
    return exchange.ended == "eof" or (length.isdigit() and int(length) > 0)


def unreadable(response: Response) -> str | None:
    """Why a body that should be JSON is none; nothing to say about an empty one."""
    if not response.body:
        return "the response has no body"
    coding = response.headers.get("content-encoding", "")
    return "the response is not whole JSON" + (f" ({coding})" if coding else "")


def request_json(request: Request) -> tuple[Dict, str | None]:
    """The request's JSON object, and why there is none."""
    body = request.json
    if isinstance(body, dict):
        return body, None
    if request.truncated:
        named = _MODEL.search(request.body)
        return {
            "model": named[1].decode("utf-8", "replace")
        } if named else {}, "the request is longer than what is kept"
    return {}, "the request is not a JSON object" if request.body else None


def failed(status: int) -> str | None:
    """The status as an error type, when it is one."""
    return str(status) if status >= 400 else None


def error_of(payload: Any, response: Response) -> str | None:
    """The service's own error type; the status where it names none; None when nothing failed."""
    found = error_in(payload)
    if found is None and response.status >= 400:
        named = response.headers.get("x-amzn-errortype", "").partition(":")[0]
        body = mapping(payload)
        code = first(body, "type", "__type", "error_type", "code", "error_code", "err_code")
        code = code or first(mapping(body.get("detail")), "type", "status", "code")  # ElevenLabs
        code = code or (body.get("name") if "errors" in body else None)  # Stability
        code = named or (code if isinstance(code, str) else None) or str(response.status)
        return code.rpartition("#")[2]
    if found == "":
        return failed(response.status) or "_OTHER"
    return found


def error_in(payload: Any) -> str | None:
    """Type of the error an object carries: "" when it has one without a type, None without error."""
    if type(payload) is dict and "error" not in payload and payload.get("type") != "error":
        code = dig(payload, "base_resp", "status_code") if "base_resp" in payload else 0  # MiniMax, under status 200
        return str(code) if code else None
    if isinstance(payload, list) and payload:
        payload = payload[0]  # Google wraps errors of streams in a list
    error = dig(payload, "error")
    if error is None and dig(payload, "type") == "error":
        return string(dig(payload, "code")) or ""
    if error is None and dig(payload, "object") == "error":  # Mistral, vLLM
        return string(dig(payload, "type")) or ""
    if isinstance(error, dict):
        if not error:
            return None
        named = [error.get(key) for key in ("type", "status", "code")]
        code = next((c for c in named if string(c)), None) or next(
            (c for c in named if whole_number(c) is not None), ""
        )
        return str(code)
    if isinstance(error, str) and error:
        return string(dig(payload, "error_type")) or ""
    return "" if error is True else None


def stream_error(events: Iterable[_stream.Event]) -> str | None:
    """Type of the first error that arrived inside a stream."""
    for event in events:
        found = error_in(event.data)
        if found is not None:
            return found or "_OTHER"
        if event.name == "error":
            data = mapping(event.data)
            return string(first(data, "type", "code", "error_type")) or "_OTHER"
    return None


def path_model(path: str, before: str, after: str = "/") -> str | None:
    """The model named in a path, between two marks: `/model/NAME/invoke`, `/models/NAME:generate`."""
    rest = path.rpartition(before)[2] if before in path else ""
    return unquote(rest.partition(after)[0] if after else rest) or None


def settings(body: Dict, names: dict[str, str]) -> Fields:
    """Parameters really sent, under OpenTelemetry's names; null and empty ones were not."""
    out: Fields = {}
    for key, name in names.items():
        if key not in body:
            continue
        value = body[key]
        if value is not None and value != [] and value != "" and name not in out:
            out[name] = [value] if name == "stop_sequences" and isinstance(value, str) else value
    return out


def others(body: Dict, known: Collection[str]) -> Fields:
    """Further settings sent: numbers, switches and single words; texts and names of people are not among them."""
    return {
        key: value
        for key, value in body.items()
        if key not in NO_SETTINGS
        and key not in known
        and (
            isinstance(value, bool | int | float)
            or (isinstance(value, str) and 0 < len(value) < 40 and " " not in value)
        )
    }


# content, names of people and identifiers: read elsewhere or not at all
_NO_SETTINGS = """
model modelId model_id messages prompt input inputs text texts message query question instructions system suffix user
safety_identifier prompt_cache_key metadata previous_response_id conversation conversation_id id name file file_id url
audio_url file_url image_url document_url custom_id assistant_id thread_id project_id space_id anthropic_version
api_key key token inputText preamble context content contents title description image images audio video language_hint
template session_id request_id client_request_id stream
"""
NO_SETTINGS = frozenset(_NO_SETTINGS.split())
