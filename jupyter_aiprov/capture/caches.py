"""Answers from the caches of LiteLLM, LangChain and DSPy: no request leaves, still AI output (`cached`)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture._in_process import OpenAIShape
from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Tap
from jupyter_aiprov.model import Invocation, Message

MODULES = ("litellm.caching.caching", "langchain_core.caches", "langchain_community.cache", "dspy.clients.cache")

_ROLES = {
    "human": "user",
    "ai": "assistant",
    "HumanMessage": "user",
    "AIMessage": "assistant",
    "SystemMessage": "system",
}
_MODEL = re.compile(r"[\"']model(?:_name)?[\"']\s*[:,]\s*[\"']([^\"']+)[\"']")
Read = Callable[[tuple[Any, ...], Mapping[str, Any], Any], Invocation | None]


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap the look-ups; only a hit is put on record."""
    library = module.__name__.partition(".")[0]
    with ExitStack() as stack:
        if library == "litellm":
            stack.enter_context(patched(module.Cache, "get_cache", _looking_up(tap, library, _litellm)))
            stack.enter_context(patched(module.Cache, "async_get_cache", _alooking_up(tap, library, _litellm)))
        elif library == "dspy":
            stack.enter_context(patched(module.Cache, "get", _looking_up(tap, library, _dspy)))
        else:
            for held in list(vars(module).values()):
                if isinstance(held, type) and held.__module__ == module.__name__ and "lookup" in vars(held):
                    stack.enter_context(patched(held, "lookup", _looking_up(tap, "langchain", _langchain)))
        yield


def _looking_up(tap: Tap, method: str, read: Read) -> Any:
    def make(original: Function, patch: Patch) -> Function:
        def lookup(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            found = original(self, *args, **kwargs)
            if found is not None and patch.active:
                _note(tap, method, read, args, kwargs, found)
            return found

        return lookup

    return make


def _alooking_up(tap: Tap, method: str, read: Read) -> Any:
    def make(original: Function, patch: Patch) -> Function:
        async def lookup(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            found = await original(self, *args, **kwargs)
            if found is not None and patch.active:
                _note(tap, method, read, args, kwargs, found)
            return found

        return lookup

    return make


def _note(tap: Tap, method: str, read: Read, args: tuple[Any, ...], kwargs: Mapping[str, Any], found: Any) -> None:
    try:
        invocation = read(args, kwargs, found)
    except DRIFT as error:
        tap.gap("not-covered", f"{method}: an answer from its cache could not be read ({type(error).__name__})")
        return
    if invocation is not None:
        tap.record(invocation, method=method, status="cached")


def _litellm(_args: tuple[Any, ...], kwargs: Mapping[str, Any], found: Any) -> Invocation | None:
    wanted = ("model", "messages", "input", "prompt", "temperature", "top_p", "max_tokens", "seed", "tools", "stream")
    body = {k: kwargs[k] for k in wanted if kwargs.get(k) is not None}
    path = "chat/completions" if "messages" in body else "embeddings" if "input" in body else "completions"
    body.pop("stream", None)
    return _shaped(path, body, found, provider=kwargs.get("custom_llm_provider"))


def _dspy(args: tuple[Any, ...], kwargs: Mapping[str, Any], found: Any) -> Invocation | None:
    request = dict(kwargs.get("request", args[0] if args else {}))
    request = request.get("request", request) if isinstance(request.get("request"), Mapping) else request
    if not request.get("model"):
        return None  # something else that a user put into the cache
    messages = request.get("messages") or [{"role": "user", "content": request.get("prompt")}]
    provider, _, model = str(request["model"]).rpartition("/")
    body = {"model": model, "messages": messages}
    if hasattr(found, "choices"):
        return _shaped("chat/completions", body, found, provider=provider or None)
    answers = found.get("responses") if isinstance(found, Mapping) else None
    if not isinstance(answers, list):
        return None
    said = [Message.text("assistant", _said(one.get("message") or {}), one.get("finish_reason")) for one in answers]
    heard = tuple(
        Message.text(str(m.get("role", "user")), m["content"]) for m in messages if isinstance(m.get("content"), str)
    )
    return Invocation(
        "chat",
        provider=provider or None,
        request_model=model,
        response_model=next((one["model"] for one in answers if one.get("model")), None),
        input=heard,
        output=tuple(said),
        complete=True,
    )


def _said(message: Mapping[str, Any]) -> str:
    return "".join(p.get("text", "") for p in message.get("parts") or () if p.get("type") == "text")


def _shaped(path: str, body: Mapping[str, Any], found: Any, *, provider: Any) -> Invocation:
    answer = found.model_dump() if hasattr(found, "model_dump") else found
    if isinstance(answer, str):
        answer = json.loads(answer)
    shape = OpenAIShape(path, body, str(provider or "litellm"))
    return shape.answered(shape.asked(), answer)


def _langchain(args: tuple[Any, ...], kwargs: Mapping[str, Any], found: Any) -> Invocation | None:
    prompt = str(kwargs.get("prompt", args[0] if args else ""))
    settings = str(kwargs.get("llm_string", args[1] if len(args) > 1 else ""))
    model = _MODEL.search(settings)
    answered, said = None, []
    for generation in found:
        message = getattr(generation, "message", None)
        said.append(Message.text("assistant", str(getattr(generation, "text", ""))))
        answered = answered or (getattr(message, "response_metadata", None) or {}).get("model_name")
    return Invocation(
        "chat" if any(hasattr(g, "message") for g in found) else "text_completion",
        request_model=model.group(1) if model else None,
        response_model=answered,
        input=tuple(_prompt(prompt)),
        output=tuple(said),
        complete=True,
    )


def _prompt(prompt: str) -> Iterator[Message]:
    """A prompt as LangChain keys it: plain text, or its messages as JSON."""
    try:
        held = json.loads(prompt)
    except ValueError:
        held = None
    messages = (
        [m for m in held if isinstance(m, dict) and isinstance(m.get("kwargs"), dict)] if isinstance(held, list) else []
    )
    if not messages:
        yield Message.text("user", prompt)
    for message in messages:
        content = message["kwargs"].get("content")
        kind = str(message["kwargs"].get("type") or (message.get("id") or [""])[-1])
        if isinstance(content, str):
            yield Message.text(_ROLES.get(kind, kind), content)
