"""OpenAI's Assistants (still served by Azure and gateways): a run is a call, the rest is housekeeping."""

from __future__ import annotations

from typing import Any

from jupyter_aiprov.model import Exchange, Invocation
from jupyter_aiprov.readers import _chat, _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, mapping, mappings, string
from jupyter_aiprov.readers._registry import reads

HOSTS = ("api.openai.com", "*.api.openai.com", "*.openai.azure.com")
ENDED = ("completed", "failed", "cancelled", "expired", "incomplete")


@reads(host=HOSTS, path=("*/threads/*/runs", "*/threads/runs", "*/threads/*/runs/*/submit_tool_outputs"))
@reads(path=("*/threads/*/runs", "*/threads/runs"), shape=("assistant_id",))
def run(exchange: Exchange) -> Invocation:
    """A run: its answer is in the stream, or is read from the thread later."""
    body, why = _reading.request_json(exchange.request)
    sent = [*mappings(dig(body, "thread", "messages")), *mappings(body.get("additional_messages"))]
    results = [_parts.tool_response(o.get("tool_call_id"), o.get("output")) for o in mappings(body.get("tool_outputs"))]
    asked = Invocation(
        operation="invoke_agent",
        request_model=string(body.get("model")),
        parameters=_chat.parameters(body),
        system=tuple(_parts.texts(body.get("instructions"))),
        input=(*_chat.messages(sent), *([_parts.message("tool", results)] if results else [])),
        extra={"gen_ai.agent.id": body["assistant_id"]} if string(body.get("assistant_id")) else {},
        unparsed=why,
    )
    return _reading.read(asked, exchange, _plain, _streamed)


def _plain(payload: Any) -> _reading.Fields:
    payload = mapping(payload)
    status = string(payload.get("status"))
    wanted = _chat.calls(mapping(dig(payload, "required_action", "submit_tool_outputs")))
    return {
        "response_model": string(payload.get("model")),
        "response_id": string(payload.get("id")),
        "output": (_parts.answer(wanted, status),) if wanted else (),
        "finish_reasons": (status,) if status else (),
        "usage": _chat.usage(payload.get("usage")),
        "complete": status in ENDED,
        "error_type": string(dig(payload, "last_error", "code")),
    }


def _streamed(events: list[_stream.Event]) -> _reading.Fields:
    state: Dict = {}
    text: dict[str, str] = {}
    for event in events:
        data = mapping(event.data)
        if event.name.startswith("thread.run.") and not event.name.startswith("thread.run.step."):
            state = data
        elif event.name == "thread.message.delta":
            for block in mappings(dig(data, "delta", "content")):
                piece = dig(block, "text", "value")
                said = str(data.get("id"))
                text[said] = text.get(said, "") + (piece if isinstance(piece, str) else "")
    found = _plain(state)
    answers = tuple(_parts.answer(_parts.texts(t), state.get("status")) for t in text.values() if t)
    return found | {"output": (*answers, *found["output"]), "complete": _stream.done(events) or found["complete"]}
