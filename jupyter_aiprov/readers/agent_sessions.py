"""Agents that a provider runs in sessions (OpenAI, Anthropic): what is said goes in as events, what they say comes out
as events of another request, joined by the session's id."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.model import Exchange, Invocation, Message, Request, Usage
from jupyter_aiprov.readers import _claude, _parts, _reading, _responses, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, mapping, mappings, string
from jupyter_aiprov.readers._registry import reads

OPENAI = ("api.openai.com", "*.api.openai.com")
ANTHROPIC = "api.anthropic.com"
ENDED = ("session.status_idle", "session.status_terminated", "agent.session.idle", "agent.session.turn.completed")
FITS = _reading.has(data=list, id=str)
SPENT = ("span.model_request_end", "agent.session.turn.completed")


def _is_told(request: Request) -> bool:
    return bool(mapping(request.json).get("input"))


@reads(host=OPENAI, path="/v1/agents/sessions", provider="openai", when=_is_told)
@reads(host=OPENAI, path="/v1/agents/sessions/*/events", provider="openai")
@reads(host=ANTHROPIC, path="/v1/sessions/*/events", provider="anthropic")
def told(exchange: Exchange) -> Invocation:
    """What is said to an agent; its answer is read from the session's events."""
    body, why = _reading.request_json(exchange.request)
    events = [*mappings(body.get("events"))]
    said = [m for event in events for m in _messages(first(event, "input", "content"), event.get("type"))]
    asked = Invocation(
        operation="invoke_agent",
        request_model=string(dig(body, "agent", "model")),
        input=(*_messages(body.get("input"), None), *said),
        system=tuple(_parts.texts(dig(body, "agent", "instructions"))),
        extra=_joined(exchange.request),
        unparsed=why,
    )
    return replace(_reading.read(asked, exchange, _taken, _answered, FITS), response_model=None)


def _messages(said: Any, kind: Any) -> tuple[Message, ...]:
    """A text, content blocks, or messages with content of their own."""
    listed = list(mappings(said))
    if any("content" in m for m in listed):
        return tuple(m for inner in listed for m in _messages(inner.get("content"), inner.get("role")))
    parts = _parts.texts(*_parts.strings(said))
    role = "user" if "user" in str(kind or "user") or "input" in str(kind) else str(kind)
    return (_parts.message(role, parts),) if parts else ()


def _joined(request: Request) -> Dict:
    """The session of the path, under the name of a conversation."""
    named = _reading.path_model(request.path, "/sessions/")
    return {semconv.CONVERSATION_ID: named} if named else {}


def _taken(payload: Any) -> _reading.Fields:
    """What was said is noted by the service: nothing is answered yet."""
    named = string(dig(payload, "id"))
    return {"extra": {semconv.CONVERSATION_ID: named} if named else {}, "complete": False}


@reads(host=OPENAI, path="/v1/agents/sessions/*/events", method="GET", provider="openai")
@reads(host=ANTHROPIC, path="/v1/sessions/*/stream", method="GET", provider="anthropic")
def heard(exchange: Exchange) -> Invocation:
    """The events of a session as they come: what the agent says, and what it spent."""
    asked = Invocation(operation="invoke_agent", extra=_joined(exchange.request))
    return _reading.read(asked, exchange, _taken, _answered, FITS)


def _answered(events: list[_stream.Event]) -> _reading.Fields:
    held = [(string(mapping(e.data).get("type")) or e.name, mapping(e.data)) for e in events]
    parts = [part for kind, data in held for part in _said(kind, data)]
    spent = [u for kind, data in held if kind in SPENT and (u := first(data, "model_usage", "usage"))]
    known = [kind for kind, _ in held if kind.startswith(("session.", "agent.", "span.", "user."))]
    reasons = tuple(r for kind, data in held if kind in ENDED and (r := string(dig(data, "stop_reason", "type"))))
    return {
        "output": (_parts.answer(parts),) if parts else (),
        "usage": _usage(spent[0]) if len(spent) == 1 else None,  # several requests are not summed
        "finish_reasons": reasons,
        "complete": any(kind in ENDED for kind, _ in held),
        "extra": {"session.events": len(known)} if known and not parts else {},
    }


def _said(kind: str, data: Dict) -> list[dict[str, Any]]:
    if kind == "agent.message":
        return _parts.texts(*_parts.strings(data.get("content")))
    if kind == "agent.session.turn.output_text.done":
        return _parts.texts(data.get("text"))
    if kind in ("agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use"):
        return [_parts.server_tool("server_tool_call", data.get("input"), data.get("id"), data.get("name"))]
    return []


def _usage(raw: Any) -> Usage | None:
    return _responses.usage(raw) if "input_tokens_details" in mapping(raw) else _claude.usage(raw)
