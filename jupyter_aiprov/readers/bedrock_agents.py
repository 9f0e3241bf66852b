"""Amazon Bedrock's agents and flows: a text in, the answer in frames that are text, not JSON."""

from __future__ import annotations

from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.model import Exchange, Invocation
from jupyter_aiprov.readers import _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, mapping, mappings, string
from jupyter_aiprov.readers._registry import reads

HOST = ("bedrock-agent-runtime.*.amazonaws.com", "bedrock-agent-runtime-fips.*.amazonaws.com")


@reads(host=HOST, path="/agents/*/agentAliases/*/sessions/*/text", provider="aws.bedrock")
def agent(exchange: Exchange) -> Invocation:
    """An agent is asked; what it returns for the client to do are tool calls."""
    body, why = _reading.request_json(exchange.request)
    path = exchange.request.path
    session = _reading.path_model(path, "/sessions/")
    results = dig(body, "sessionState", "returnControlInvocationResults")
    given = [_parts.tool_response(None, held) for held in mappings(results)]
    asked = Invocation(
        operation="invoke_agent",
        input=(*_parts.user(body.get("inputText")), *([_parts.message("tool", given)] if given else [])),
        extra={
            "gen_ai.agent.id": _reading.path_model(path.partition("/agentAliases/")[0], "/agents/"),
            semconv.CONVERSATION_ID: session,
        },
        unparsed=why,
    )
    return _reading.read(asked, exchange, lambda _: {}, _answered)


@reads(host=HOST, path="/flows/*/aliases/*", provider="aws.bedrock")
def flow(exchange: Exchange) -> Invocation:
    """A flow is run over its inputs."""
    body, why = _reading.request_json(exchange.request)
    sent = [_parts.as_text(held) for i in mappings(body.get("inputs")) if (held := dig(i, "content", "document"))]
    return _reading.read(Invocation("other", input=_parts.user(*sent), unparsed=why), exchange, lambda _: {}, _answered)


@reads(host=HOST, path="/rerank", provider="aws.bedrock")
def rerank(exchange: Exchange) -> Invocation:
    """Documents put in order; the model is named by an ARN."""
    body, why = _reading.request_json(exchange.request)
    setting = ("rerankingConfiguration", "bedrockRerankingConfiguration")
    said = [dig(q, "textQuery", "text") for q in mappings(body.get("queries"))]
    for source in mappings(body.get("sources")):
        document = mapping(source.get("inlineDocumentSource"))
        given = first(document, "textDocument", "jsonDocument")
        said.append(string(dig(given, "text")) or (_parts.as_text(given) if given is not None else None))
    asked = Invocation(
        operation="rerank",
        request_model=string(dig(body, *setting, "modelConfiguration", "modelArn")),
        input=_parts.user(*said),
        unparsed=why,
    )
    return _reading.read(asked, exchange, lambda _: {}, fits=_reading.has(results=list))


def _answered(events: list[_stream.Event]) -> _reading.Fields:
    """Neither an agent's stream nor a flow's has a mark of its own but a flow's completion event."""
    text = "".join(e.data for e in events if e.name == "chunk" and isinstance(e.data, str))
    shown = [_parts.as_text(d) for e in events if (d := dig(e.data, "content", "document")) is not None]
    asked = [p for e in events if e.name == "returnControl" for p in _wanted(mapping(e.data))]
    reason = next((r for e in events if (r := string(dig(e.data, "completionReason")))), None)
    parts = [*_parts.texts(text, *shown), *asked]
    return {
        "output": (_parts.answer(parts, reason),) if parts else (),
        "finish_reasons": (reason,) if reason else (),
        "complete": reason is not None,
    }


def _wanted(data: Dict) -> list[dict[str, Any]]:
    out = []
    for held in mappings(data.get("invocationInputs")):
        inner = mapping(held.get("functionInvocationInput"))
        given = {str(p.get("name")): p.get("value") for p in mappings(inner.get("parameters"))}
        out.append(_parts.tool_call(data.get("invocationId"), inner.get("function"), given))
    return out
