"""Every kind of item that the providers' own SDKs have a type for is kept: nothing said or answered is lost."""

from __future__ import annotations

import base64
import json
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_aiprov import readers
from jupyter_aiprov.model import Exchange, Invocation, Request, Response

pytestmark = pytest.mark.sdk
MARK = "MARK-of-a-text"
ASKED = {"role": "user", "content": "q"}


def read(url: str, sent: Any, got: Any) -> Invocation:
    request = Request("POST", url, {"content-type": "application/json"}, json.dumps(sent).encode())
    body = json.dumps(got).encode()
    reader = readers.recognise(request)
    assert reader is not None
    return reader.read(Exchange(request, Response(200, {"content-type": "application/json"}, body, size=len(body))))


def kinds(union: Any) -> Iterator[Any]:
    """The models of a union, unions in it opened."""
    for one in typing.get_args(union):
        if hasattr(one, "model_fields"):
            yield one
        else:
            yield from kinds(one)


def filled(model: Any, depth: int = 0) -> dict[str, Any]:
    """An object of a model with a word in each of its fields."""
    return {name: value(field.annotation, name, depth) for name, field in model.model_fields.items()}


def value(annotation: Any, name: str, depth: int) -> Any:
    origin, given = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return given[0]
    if hasattr(annotation, "model_fields"):
        return filled(annotation, depth + 1) if depth < 5 else {}
    if origin is list:
        return [value(given[0], name, depth + 1)] if depth < 5 else []
    if origin is dict:
        return {"k": MARK}
    if given:  # a union or what is annotated: the first that is something
        return value(next(g for g in given if g is not type(None)), name, depth)
    plain = {int: 3, float: 0.5, bool: True, str: '{"k": "MARK-of-a-text"}' if name == "arguments" else MARK}
    return plain.get(annotation, MARK)


def kept(found: Invocation, where: str) -> bool:
    parts = [part for message in getattr(found, where) for part in message.parts]
    return bool(parts) and found.unparsed is None


def test_every_item_of_openai_s_responses_is_kept_as_asked_and_as_answered() -> None:
    types = pytest.importorskip("openai.types.responses")
    answer: dict[str, Any] = {"id": "r", "object": "response", "status": "completed", "model": "m", "output": []}
    url = "https://api.openai.com/v1/responses"
    output = [filled(kind) for kind in kinds(types.ResponseOutputItem)]
    lost = [i["type"] for i in output if not kept(read(url, {"model": "m"}, {**answer, "output": [i]}), "output")]
    items = [filled(kind) for kind in kinds(types.ResponseItem)]
    lost += [i["type"] for i in items if not kept(read(url, {"model": "m", "input": [i]}, answer), "input")]
    assert len(output) > 15
    assert lost == []


def test_every_block_of_anthropic_s_messages_is_kept() -> None:
    types = pytest.importorskip("anthropic.types.beta")
    url = "https://api.anthropic.com/v1/messages"
    asked: dict[str, Any] = {"model": "m", "max_tokens": 3, "messages": [ASKED]}
    answer: dict[str, Any] = {
        "id": "r",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "stop_reason": "end_turn",
    }
    answer |= {"content": [], "usage": {"output_tokens": 1}}
    blocks = [filled(kind) for kind in kinds(types.BetaContentBlock)]
    lost = [b["type"] for b in blocks if not kept(read(url, asked, {**answer, "content": [b]}), "output")]
    turns = [{"role": "assistant", "content": [block]} for block in blocks]
    lost += [t["content"][0]["type"] for t in turns if not kept(read(url, {**asked, "messages": [t]}, answer), "input")]  # type: ignore[index]
    assert len(blocks) > 10
    assert lost == []


# what accompanies a part and is none by itself
WITH = {"thought", "thought_signature", "media_resolution", "media_processing", "audio_transcription"}


def test_every_part_of_gemini_s_contents_is_kept() -> None:
    types = pytest.importorskip("google.genai.types")
    url = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent"
    asked = {"contents": [{"parts": [{"text": "q"}]}]}
    lost = []
    for name in (n for n in types.Part.model_fields if n not in WITH and not n.endswith("_metadata")):
        field = types.Part.model_fields[name]
        held = value(field.annotation, name, 0)
        if name == "inline_data":
            held = {"mimeType": "image/png", "data": base64.b64encode(b"PNG").decode()}
        part = {field.alias or name: held}
        got = {"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}]}
        if not kept(read(url, asked, got), "output"):
            lost.append(name)
    assert lost == []


def test_every_block_of_bedrock_s_converse_is_kept() -> None:
    session = pytest.importorskip("botocore.session")
    model = session.get_session().get_service_model("bedrock-runtime")
    lost = []
    for name in set(model.shape_for("ContentBlock").members) - {"cachePoint"}:  # a mark, no content
        block = {name: shaped(model.shape_for("ContentBlock").members[name])}
        url = "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse"
        message = {"role": "assistant", "content": [block]}
        answer = {"output": {"message": message}, "stopReason": "end_turn", "usage": {"inputTokens": 1}}
        if not kept(read(url, {"messages": [message]}, answer), "output"):
            lost.append(name)
    assert lost == []


def shaped(shape: Any, depth: int = 0) -> Any:
    """A value of a shape of botocore's."""
    if shape.type_name == "structure":
        members = list(shape.members.items())
        chosen = members[:1] if getattr(shape, "is_tagged_union", False) else members
        return {name: shaped(inner, depth + 1) for name, inner in chosen} if depth < 5 else {}
    if shape.type_name == "list":
        return [shaped(shape.member, depth + 1)] if depth < 5 else []
    words = {"integer": 3, "long": 3, "float": 0.5, "double": 0.5, "boolean": True, "blob": "UE5H"}
    return (shape.enum or [MARK])[0] if shape.type_name == "string" else words.get(shape.type_name, {})
