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
_LINES = re.compile(r"\r\n|\n|\r")  # str.splitlines would also cut at U+2028, which JSON allows


class Event(NamedTuple):
    """One event of a stream: its name, its text and, where the text is JSON, its value."""

    name: str
    text: str
    data: Any = None


def events(response: Response, *, words: bool = False) -> list[Event]:
    """Every whole event of a streamed response, in order; what is cut or broken is left out.

    `words`: pieces of a chat that differ in their word alone come as one event with all their words,
    which saves taking apart most of what a stream is made of.
    """
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
    tries = _TRIES if words else 0
    run: _Words | None = None
    for block in text.split("\n\n"):  # an event ends with a blank line
        if run is not None:
            if run.takes(block):
                continue
            run.close()
            tries = _TRIES if len(run.words) > 1 else tries - 1  # some servers put a time or padding into each piece
            run = None
        if block[:6] == "data: " and "\n" not in block:
            event = _event("", [block[6:]])
            out.append(event)
            if tries:
                run = _Words.after(block, event.data)
        else:
            out += _server_sent(block)
    if run is not None:
        run.close()
    return out


class _Words:
    """A piece of a chat, and those after it that are the same text but for the word in them."""

    __slots__ = ("_delta", "_head", "_tail", "words")

    def __init__(self, head: str, tail: str, delta: dict[str, Any]) -> None:
        self._head, self._tail, self._delta = head, tail, delta
        self.words = [delta["content"]]

    @classmethod
    def after(cls, block: str, data: Any) -> _Words | None:
        """What begins with this piece; None where it holds more than a word."""
        choices = data.get("choices") if type(data) is dict else None
        if type(choices) is not list or len(choices) != 1 or type(choices[0]) is not dict:
            return None
        delta = choices[0].get("delta")
        if type(delta) is not dict or delta.keys() - _SAID or choices[0].get("finish_reason") is not None:
            return None
        found = _CONTENT.search(block)
        if found is None or block.count('"content"') > 1 or type(delta.get("content")) is not str:
            return None
        word, end = _STRING(block, found.end())
        if word != delta["content"]:
            return None
        return cls(block[: found.end()], block[end:], delta)

    def takes(self, block: str) -> bool:
        """True when a piece is the same but for its word."""
        if not block.startswith(self._head):
            return False
        try:
            word, end = _STRING(block, len(self._head))
        except ValueError:
            return False
        if block[end:] != self._tail:
            return False
        self.words.append(word)
        return True

    def close(self) -> None:
        """Give the first of them all the words."""
        self._delta["content"] = "".join(self.words)


_TRIES = 3
_SAID = frozenset({"role", "content"})
_CONTENT = re.compile(r'"content": ?"')
_STRING = json.decoder.scanstring  # type: ignore[attr-defined]  # typeshed leaves it out


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
    return Event(name, text, parsed(text))


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
