"""An answer taken apart: its blocks of code, what it says around them, and sources handed to tools."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

Kind = Literal["code", "prose"]

_FENCE = re.compile(
    r"^[ \t]*(?P<fence>```+|~~~+)[ \t]*(?P<language>\w*)[^\n`]*\n(?P<block>.*?)(?:^[ \t]*(?P=fence)[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
# What stands in such a fence may become a Markdown cell.
_MARKUP = frozenset({"", "markdown", "md", "text", "txt", "latex", "tex", "html"})
_PROSE_CELL = re.compile(r"%%(?:markdown|latex)\b[^\n]*\n")
_CODE = re.compile(r"[=(\[{]|^\s*(?:def|for|while|if|class|with|SELECT|library)\b", re.MULTILINE)
_LEAST = 20  # characters
_MOST = 200_000


def pieces(messages: Iterable[Any]) -> Iterator[tuple[Kind, str]]:
    """Code and prose in an answer's messages, as model values or as dicts."""
    for message in messages:
        parts = message.get("parts") if isinstance(message, Mapping) else getattr(message, "parts", ())
        for part in parts or ():
            if not isinstance(part, Mapping):
                continue
            content = part.get("content")
            if part.get("type") == "text" and isinstance(content, str):
                yield from of_text(content)
            elif part.get("type") == "tool_call":
                for given in _strings(_parsed(part.get("arguments"))):
                    yield from of_text(given)


def of_text(text: str) -> Iterator[tuple[Kind, str]]:
    """The fenced blocks and the rest; a text without fences is code where it looks like it, and prose."""
    text = text[:_MOST]
    blocks = [(m["language"].lower(), m["block"]) for m in _FENCE.finditer(text)]
    for language, block in blocks:
        if len(block) >= _LEAST:
            yield "code", block
            if language in _MARKUP:
                yield "prose", block
    rest = _FENCE.sub("\n", text).strip()
    if len(rest) < _LEAST:
        return
    if not blocks and _CODE.search(rest):
        yield "code", rest
    yield "prose", rest


def parts_of(source: str, kind: Kind) -> list[tuple[Kind, str]]:
    """A cell's source taken apart: a Markdown cell with fenced code is prose and code."""
    if kind == "code" and (magic := _PROSE_CELL.match(source)):
        kind, source = "prose", source[magic.end() :]
    if kind == "code" or not _FENCE.search(source):
        return [(kind, source)]
    blocks: list[tuple[Kind, str]] = [("code", m["block"]) for m in _FENCE.finditer(source)]
    return [*blocks, ("prose", _FENCE.sub("\n", source))]


def paragraphs(text: str) -> Iterator[tuple[Kind, str]]:
    """A question as it may be read: its fences, and each paragraph, for code often stands unfenced among prose."""
    for match in _FENCE.finditer(text):
        yield "code", match["block"]
    for part in re.split(r"\n[ \t]*\n", text):
        if len(part) >= _LEAST and _CODE.search(part):
            yield "code", part


def texts(messages: Iterable[Any], *roles: str) -> Iterator[str]:
    """The texts of messages with one of these roles."""
    for message in messages:
        role = message.get("role") if isinstance(message, Mapping) else getattr(message, "role", None)
        if role in roles:
            parts = message.get("parts") if isinstance(message, Mapping) else getattr(message, "parts", ())
            for part in parts or ():
                if isinstance(part, Mapping) and isinstance(part.get("content"), str):
                    yield part["content"]


def _parsed(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except ValueError:
        return None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
