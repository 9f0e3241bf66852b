"""OpenAI Chat Completions and legacy Completions: OpenAI, Azure, Groq, vLLM, LM Studio, routers and gateways."""

from __future__ import annotations

from dataclasses import replace

from jupyter_aiprov.model import Exchange, Invocation
from jupyter_aiprov.readers import _chat, _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, string
from jupyter_aiprov.readers._registry import reads


@reads(path="*/chat/completions", shape=("messages",))
def chat(exchange: Exchange) -> Invocation:
    """Chat Completions, streamed or not; Azure names its deployment in the path."""
    return _chat.read(exchange, _reading.path_model(exchange.request.path, "/deployments/"))


@reads(host="api.writer.com", path="/v1/chat", provider="writer")
def writer(exchange: Exchange) -> Invocation:
    """Writer speaks the dialect under a path of its own, and ends a stream without [DONE]."""
    found = _chat.read(exchange)
    if found.streamed and exchange.ended == "eof" and found.error_type is None:
        ended = bool(found.output) and all(m.finish_reason for m in found.output)
        return replace(found, complete=found.complete or ended)
    return found


@reads(path="*/completions", shape=("prompt",))
def completions(exchange: Exchange) -> Invocation:
    """Legacy Completions: prompts in, one text per choice out."""
    body, why = _reading.request_json(exchange.request)
    model = _reading.path_model(exchange.request.path, "/deployments/")
    asked = replace(_chat.asked(body, why, model), operation="text_completion", input=_parts.user(*_prompts(body)))
    return _reading.read(asked, exchange, _chat.plain, _chat.streamed, _chat.FITS, words=True)


@reads(path="*/completion", shape=("prompt",))
def llama_server(exchange: Exchange) -> Invocation:
    """llama.cpp's own completion endpoint."""
    body, why = _reading.request_json(exchange.request)
    names = _chat.SETTINGS | {"n_predict": "max_tokens"}
    asked = Invocation(
        operation="text_completion",
        request_model=string(body.get("model")),
        parameters=_reading.settings(body, names) | _reading.others(body, names),
        input=_parts.user(*_prompts(body)),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _llama_plain, _llama_streamed, _reading.has(content=str))


@reads(path="*/infill", shape=("input_prefix", "input_suffix"))
def llama_infill(exchange: Exchange) -> Invocation:
    """llama.cpp's completion between two pieces of code."""
    body, why = _reading.request_json(exchange.request)
    names = _chat.SETTINGS | {"n_predict": "max_tokens"}
    asked = Invocation(
        operation="text_completion",
        request_model=string(body.get("model")),
        parameters=_reading.settings(body, names),
        input=_parts.user(body["input_prefix"], body["input_suffix"]) if body else (),
        unparsed=why,
    )
    return _reading.read(asked, exchange, _llama_plain, _llama_streamed, _reading.has(content=str))


def _prompts(body: Dict) -> list[str]:
    return _parts.strings(body.get("prompt"))


def _llama_plain(payload: object) -> _reading.Fields:
    body = payload if isinstance(payload, dict) else {}
    reason = string(body.get("stop_type"))
    counts = {"prompt_tokens": body.get("tokens_evaluated"), "completion_tokens": body.get("tokens_predicted")}
    return {
        "response_model": string(body.get("model")),
        "output": (_parts.answer(_parts.texts(body.get("content")), reason),),
        "finish_reasons": (reason,) if reason else (),
        "usage": _chat.usage({k: v for k, v in counts.items() if v is not None}),
    }


def _llama_streamed(events: list[_stream.Event]) -> _reading.Fields:
    chunks = [e.data for e in events if isinstance(e.data, dict)]
    text = "".join(c["content"] for c in chunks if isinstance(c.get("content"), str))
    last = chunks[-1] if chunks else {}
    return _llama_plain({**last, "content": text}) | {"complete": last.get("stop") is True}
