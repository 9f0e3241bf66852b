"""Turns of a conversation over a websocket, put as the HTTP exchanges that mean the same.

OpenAI's realtime and responses sockets and Gemini Live send the objects of their HTTP APIs as
events; put back into those, the readers of the HTTP APIs read them. One turn: one exchange.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from jupyter_aiprov import readers
from jupyter_aiprov.model import Request

Event = Mapping[str, Any]
_HEARD = "conversation.item.input_audio_transcription."
_REASONS = {"completed": "response.completed", "failed": "response.failed"}


class Turns(Protocol):
    """One connection's dialect."""

    def sent(self, event: Event, /) -> Request | None:
        """The client says something; the request, where it asks for an answer with it."""

    def unasked(self, event: Event, /) -> Request | None:
        """The server begins an answer nobody asked for in so many words (it heard a pause)."""

    def received(self, event: Event, /) -> tuple[bytes, bool]:
        """What to put on the open answer, and whether it is over with it."""


def turns_of(url: str) -> Turns | None:
    """The dialect spoken at an address; None where it is no known AI service's."""
    parts = urlsplit(url)
    if "BidiGenerateContent" in parts.path:
        return GeminiLive(url)
    if parts.path.endswith("/realtime"):
        return Realtime(url)
    if parts.path.endswith("/responses"):
        return Responses(url)
    return None


def unread(url: str) -> str | None:
    """What to say of a socket to an AI service whose dialect is none of ours; None where it is no such service's."""
    parts = urlsplit(url)
    if readers.recognise(Request("POST", _http(url, parts.path), {}, b"")) is None:
        return None
    return f"what is said over a websocket with {parts.hostname} is not read"


def _http(url: str, path: str) -> str:
    parts = urlsplit(url)
    return f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc}{path}"


def _post(url: str, body: Mapping[str, Any]) -> Request:
    return Request("POST", url, {"content-type": "application/json"}, json.dumps(body).encode())


def _sse(event: Event) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"


class Responses:
    """Responses API: `response.create` holds the whole request, the events are those of its stream."""

    def __init__(self, url: str) -> None:
        self._url = _http(url, urlsplit(url).path)

    def sent(self, event: Event) -> Request | None:
        if event.get("type") != "response.create":
            return None
        held = event.get("response")
        body = dict(held if isinstance(held, dict) else event)
        body.pop("type", None)
        return _post(self._url, {**body, "stream": True})

    def unasked(self, _event: Event) -> Request | None:
        return None

    def received(self, event: Event) -> tuple[bytes, bool]:
        kind = str(event.get("type"))
        over = kind in ("response.completed", "response.failed", "response.incomplete", "error")
        return _sse(event), over


class Realtime:
    """Realtime: items are added one by one, then an answer is asked for, or begun by the server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url = _http(url, parts.path.removesuffix("/realtime") + "/responses")
        self._session: dict[str, Any] = {"model": parse_qs(parts.query).get("model", [None])[0]}
        self._items: list[Any] = []
        # a session that only writes down what it hears: each stretch of speech is a transcription
        self._writes_down = parse_qs(parts.query).get("intent") == ["transcription"]
        self._hearing: dict[str, Any] = {}

    def sent(self, event: Event) -> Request | None:
        kind = event.get("type")
        if kind in ("session.update", "transcription_session.update"):
            self._learn(event.get("session"))
        elif kind == "conversation.item.create":
            self._items.append(event.get("item"))
        elif kind == "response.create":
            return self._ask(event.get("response"))
        return None

    def unasked(self, event: Event) -> Request | None:
        kind = str(event.get("type"))
        if self._writes_down and kind in (_HEARD + "delta", _HEARD + "completed", _HEARD + "failed"):
            asked = {k: v for k, v in self._hearing.items() if v is not None}
            address = self._url.removesuffix("/responses") + "/audio/transcriptions"
            return _post(address, {"model": self._session.get("model"), **asked, "stream": True})
        return self._ask(None) if kind == "response.created" else None

    def received(self, event: Event) -> tuple[bytes, bool]:
        kind = event.get("type")
        if kind in (
            "session.created",
            "session.updated",
            "transcription_session.created",
            "transcription_session.updated",
        ):
            self._learn(event.get("session"))
        if self._writes_down and str(kind).startswith(_HEARD):
            return _written(str(kind).removeprefix(_HEARD), event)
        if kind == "conversation.item.input_audio_transcription.completed":
            heard = {"type": "input_text", "text": event.get("transcript")}
            self._items.append({"type": "message", "role": "user", "content": [heard]})
        if kind == "response.done":
            held = event.get("response")
            answer = dict(held) if isinstance(held, dict) else {}
            answer["output"] = [_spoken(item) for item in answer.get("output") or ()]
            answer.setdefault("model", self._session.get("model"))
            self._items += answer["output"]
            over = _REASONS.get(str(answer.get("status")), "response.incomplete")
            return _sse({"type": over, "response": answer}), True
        if kind == "error":
            return _sse(event), False  # the session goes on
        if kind in ("response.output_text.delta", "response.text.delta"):
            return _sse({**event, "type": "response.output_text.delta"}), False
        return b"", False

    def _learn(self, session: Any) -> None:
        if isinstance(session, dict):
            known = ("model", "instructions", "tools", "temperature", "tool_choice", "max_output_tokens")
            self._session.update({k: session[k] for k in known if session.get(k) is not None})
            self._writes_down = self._writes_down or session.get("type") == "transcription"
            heard = session.get("audio")
            heard = heard.get("input") if isinstance(heard, dict) else None
            how = heard.get("transcription") if isinstance(heard, dict) else session.get("input_audio_transcription")
            self._hearing = how if isinstance(how, dict) else self._hearing

    def _ask(self, given: Any) -> Request:
        own = {k: v for k, v in given.items() if k != "input"} if isinstance(given, dict) else {}
        said: list[Any] = (given.get("input") if isinstance(given, dict) else None) or self._items
        body = {k: v for k, v in {**self._session, **own}.items() if v is not None}
        return _post(self._url, {**body, "input": list(said), "stream": True})


def _written(kind: str, event: Event) -> tuple[bytes, bool]:
    """A stretch of speech written down, as the events of a streamed transcription."""
    if kind == "delta":
        return _sse({"type": "transcript.text.delta", "delta": event.get("delta")}), False
    if kind == "completed":
        done = {"type": "transcript.text.done", "text": event.get("transcript"), "usage": event.get("usage")}
        return _sse(done), True
    return (_sse({"type": "error", "error": event.get("error")}), True) if kind == "failed" else (b"", False)


def _spoken(item: Any) -> Any:
    """Speech counts as the words the server says it spoke."""
    if not isinstance(item, dict) or not isinstance(item.get("content"), list):
        return item
    content = [
        {"type": "output_text", "text": part["transcript"]}
        if isinstance(part, dict) and part.get("transcript")
        else part
        for part in item["content"]
    ]
    return {**item, "content": content}


class GeminiLive:
    """Gemini Live: a set-up, then turns; the answer's parts come as `serverContent`."""

    def __init__(self, url: str) -> None:
        self._address = url
        self._setup: dict[str, Any] = {}
        self._contents: list[Any] = []

    def sent(self, event: Event) -> Request | None:
        setup, content = _either(event, "setup"), _either(event, "client_content", "clientContent")
        if isinstance(setup, dict):
            self._setup = setup
        realtime = _either(event, "realtime_input", "realtimeInput")
        if isinstance(realtime, dict) and isinstance(realtime.get("text"), str):
            self._contents.append({"role": "user", "parts": [{"text": realtime["text"]}]})
        results = _either(event, "tool_response", "toolResponse")
        if isinstance(results, dict):
            held = _either(results, "function_responses", "functionResponses") or []
            self._contents.append({"role": "user", "parts": [{"functionResponse": r} for r in held]})
            return self._ask()
        if isinstance(content, dict):
            self._contents += content.get("turns") or []
            if _either(content, "turn_complete", "turnComplete"):
                return self._ask()
        return None

    def unasked(self, event: Event) -> Request | None:
        return self._ask() if "serverContent" in event or "toolCall" in event else None

    def received(self, event: Event) -> tuple[bytes, bool]:
        content, tools = event.get("serverContent"), event.get("toolCall")
        out: dict[str, Any] = {}
        candidate: dict[str, Any] = {}
        over = False
        if isinstance(content, dict):
            turn = content.get("modelTurn")
            heard = content.get("outputTranscription")
            if isinstance(heard, dict) and isinstance(heard.get("text"), str):
                turn = {"role": "model", "parts": [{"text": heard["text"]}]}
            if isinstance(turn, dict):
                candidate["content"] = {"role": "model", **turn}
            over = bool(content.get("turnComplete"))
            if over:
                candidate["finishReason"] = "STOP"
        if isinstance(tools, dict):
            calls = [{"functionCall": call} for call in tools.get("functionCalls") or ()]
            candidate = {"content": {"role": "model", "parts": calls}, "finishReason": "STOP"}
            over = True
        if candidate:
            out["candidates"] = [candidate]
        if "usageMetadata" in event:
            out["usageMetadata"] = event["usageMetadata"]
        if over and candidate.get("content"):
            self._contents.append(candidate["content"])
        return (_sse(out) if out else b""), over

    def _ask(self) -> Request:
        model = str(self._setup.get("model") or "models/unknown")
        body: dict[str, Any] = {"contents": list(self._contents)}
        for ours, theirs in (
            ("generationConfig", "generation_config"),
            ("systemInstruction", "system_instruction"),
            ("tools", "tools"),
        ):
            value = _either(self._setup, ours, theirs)
            if value is not None:
                body[ours] = value
        path = f"/v1beta/{model if model.startswith('models/') else model.lstrip('/')}:streamGenerateContent?alt=sse"
        return _post(_http(self._address, path), body)


def _either(event: Mapping[str, Any], *names: str) -> Any:
    return next((event[name] for name in names if name in event), None)
