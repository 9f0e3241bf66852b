"""OpenAI Responses: items in, items out, one closing event that holds the whole answer."""

from __future__ import annotations

from dataclasses import replace

from jupyter_aiprov.model import Exchange, Invocation
from jupyter_aiprov.readers import _chat, _parts, _reading, _responses
from jupyter_aiprov.readers._json import Dict, dig, string
from jupyter_aiprov.readers._registry import reads

SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_tokens",
    "top_logprobs": "top_logprobs",
    "stream": "stream",
    "background": "background",
}
HOSTS = ("api.openai.com", "*.api.openai.com", "*.openai.azure.com")
FITS = _reading.has(output=list)
RETRIEVED = "openai.response.retrieved"  # the answer to an earlier request, fetched by its id


def _asks(body: Dict) -> bool:
    return "input" in body or ("model" in body and ("prompt" in body or "previous_response_id" in body))


@reads(path=("*/responses", "*/responses/compact"), shape=_asks)
def responses(exchange: Exchange) -> Invocation:
    """Responses, streamed or not; complete when the job it describes has ended."""
    body, why = _reading.request_json(exchange.request)
    effort = string(dig(body, "reasoning", "effort"))
    asked = Invocation(
        operation="chat",
        request_model=string(body.get("model")) or _reading.path_model(exchange.request.path, "/deployments/"),
        parameters=_reading.settings(body, SETTINGS)
        | ({"reasoning.effort": effort} if effort else {})
        | _reading.others(body, SETTINGS),
        system=tuple(_parts.texts(body.get("instructions"))),
        input=_responses.input_(body.get("input")),
        tools=_parts.functions(body.get("tools")),
        output_type=_chat.output_type(dig(body, "text", "format")),
        extra=_responses.conversation(body),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _responses.plain, _responses.streamed, FITS)


@reads(host=HOSTS, path="*/responses/*", method="GET")
def retrieved(exchange: Exchange) -> Invocation:
    """An answer fetched by its id: what a background job came to; housekeeping until it has ended."""
    name = exchange.request.path.rstrip("/").rpartition("/")[2]
    asked = Invocation(operation="chat", response_id=name, extra={RETRIEVED: True})
    found = _reading.read(asked, exchange, _responses.plain, _responses.streamed, FITS)
    waits = exchange.response is not None and found.finish_reasons and not (found.complete or found.streamed)
    return replace(found, kind="housekeeping") if waits and found.unparsed is None else found


@reads(host=HOSTS, path="*/responses/*/*", method="GET", kind="housekeeping")
@reads(host=HOSTS, path="*/conversations", kind="housekeeping")
def listed(_: Exchange) -> Invocation:
    """What was sent with a response, listed again; a place made to keep answers in."""
    return Invocation(operation="other")
