"""Streams as events: server-sent events, JSON lines, streamed JSON arrays and AWS frames."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from jupyter_aiprov.model import Response
from jupyter_aiprov.readers import _aws, _body
from jupyter_aiprov.readers._json import parsed

DONE = "[DONE]"
_SCAN = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # typeshed leaves it out
_LINES = re.compile(r"\r\n|\n|\r")  # str.splitlines would also cut at U+2028, which JSON allows


class Event(NamedTuple):
    """One event of a stream: its name, its text and, where the text is JSON, its value."""

    name: str
    text: str
    data: Any = None


def events(response: Response) -> list[Event]:
    """Every whole event of a streamed response, in order; what is cut or broken is left out."""
    kind = _body.media_type(response)
    if "eventstream" in kind:
        return [Event(name, "", data) for name, data in _aws.messages(_body.decoded(response))]
    text = _body.text(response)
    start = text.lstrip()[:1]
    if start == "[":
        return [Event("", "", value) for value in _elements(text)]
    if start == "{":
        return [Event("", line, parsed(line)) for line in _LINES.split(text) if line.strip()]
    if "\r" in text:
        return list(_server_sent(text))
    out: list[Event] = []
    for block in text.split("\n\n"):  # an event ends with a blank line
        if block[:6] == "data: " and "\n" not in block:
            out.append(_event("", [block[6:]]))
        else:
            out += _server_sent(block)
    return out


def done(found: list[Event]) -> bool:
    """True when the stream ended with OpenAI's own mark."""
    return any(event.text.strip() == DONE for event in reversed(found))


def _server_sent(text: str) -> Iterator[Event]:
    name, data = "", list[str]()
    for line in _LINES.split(text):
        if not line:
            if data:
                yield from _events(name, data)
            name, data = "", []
            continue
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if key == "data":
            data.append(value)
        elif key == "event":
            name = value
    if data:  # the last event may lack its blank line
        yield from _events(name, data)


def _events(name: str, data: list[str]) -> Iterator[Event]:
    """One event; several, where a server forgot the blank lines between lines that are each whole."""
    if len(data) > 1 and all(line.strip() == DONE or isinstance(parsed(line), dict) for line in data):
        yield from (_event(name, [line]) for line in data)
    else:
        yield _event(name, data)


def _event(name: str, data: list[str]) -> Event:
    text = "\n".join(data)
    try:
        value, end = _SCAN(text, 0)
    except (ValueError, StopIteration, RecursionError):
        end = -1
    return Event(name, text, value if end == len(text) else parsed(text))


def _elements(text: str) -> Iterator[Any]:
    """The whole elements of a JSON array that may be cut anywhere."""
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    while at < len(text):
        if text[at] in " \t\r\n,":
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value
