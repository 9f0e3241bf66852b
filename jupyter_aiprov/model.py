"""Frozen values of what crosses the wire and what a reader makes of it; no I/O, no storage.

Capture produces an `Exchange`, a reader turns it into an `Invocation`, and
`Invocation.attributes()` gives the dotted names of `semconv` that every record uses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

from jupyter_aiprov import semconv

Json = Any
Ended = Literal["eof", "closed", "error", "gc"]
Kind = Literal["call", "housekeeping"]
Part = Mapping[str, Any]  # {"type": "text", "content": …} and the other OpenTelemetry part shapes


@dataclass(frozen=True)
class Request:
    """A request about to leave: method, full URL, lower-cased headers, body as bytes.

    `body` is the head that capture kept (8 MB at most); `truncated` says that more was sent.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    truncated: bool = False

    @cached_property
    def parts(self) -> SplitResult:
        """The URL taken apart."""
        return urlsplit(self.url)

    @property
    def host(self) -> str:
        """Host name in lower case, without port; empty when the URL has none."""
        return _server(self.url)[0]

    @property
    def port(self) -> int | None:
        """Port named in the URL, or the scheme's."""
        return _server(self.url)[1]

    @property
    def path(self) -> str:
        """Path of the URL, without query."""
        return self.parts.path

    @cached_property
    def query(self) -> Mapping[str, str]:
        """Query of the URL; the last value of a repeated name."""
        return dict(parse_qsl(self.parts.query))

    @cached_property
    def noted(self) -> dict[str, Any]:
        """What a reader made of the request, for when it reads the answer."""
        return {}

    @cached_property
    def json(self) -> Json:
        """Body parsed as JSON, or None when it is not (complete) JSON."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@lru_cache(maxsize=512)
def _server(url: str) -> tuple[str, int | None]:
    """Host and port of an address: many calls go to the same."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return "", None
    try:
        return host, parts.port or {"https": 443, "wss": 443, "http": 80, "ws": 80}.get(parts.scheme)
    except ValueError:
        return host, None


@dataclass(frozen=True)
class Response:
    """An answer as it arrived: status, lower-cased headers, still content-encoded body.

    `body` is what capture kept: the first 8 MB and, past that, the last 1 MB; `size` is what
    went by in bytes.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    truncated: bool = False
    size: int = 0


@dataclass(frozen=True)
class Exchange:
    """One attempt on the wire: the request and what came back, if anything did.

    `ended` is the transport's word (eof, closed early, error, gc); whether an answer is complete
    is the reader's to say. `error` is the exception's class name.
    """

    request: Request
    response: Response | None = None
    ended: Ended = "eof"
    error: str | None = None


@dataclass(frozen=True)
class Message:
    """One message in the OpenTelemetry shape: role, parts and, for an answer, finish_reason."""

    role: str
    parts: tuple[Part, ...]
    finish_reason: str | None = None

    @staticmethod
    def text(role: str, content: str, finish_reason: str | None = None) -> Message:
        """A message of one text part."""
        return Message(role, ({"type": "text", "content": content},), finish_reason)

    def to_dict(self) -> dict[str, Any]:
        """The message as OpenTelemetry's JSON schema writes it."""
        out: dict[str, Any] = {"role": self.role, "parts": [dict(p) for p in self.parts]}
        if self.finish_reason is not None:
            out["finish_reason"] = self.finish_reason
        return out


@dataclass(frozen=True)
class Usage:
    """Token counters as sent: None where a counter was not sent, never estimated or summed."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_creation_tokens: int | None = None
    reasoning_tokens: int | None = None
    raw: Json = None

    def attributes(self) -> dict[str, int]:
        """The counters that were sent, under OpenTelemetry's names."""
        values = (
            self.input_tokens,
            self.output_tokens,
            self.cache_read_tokens,
            self.cache_creation_tokens,
            self.reasoning_tokens,
        )
        return {k: v for k, v in zip(semconv.USAGE_KEYS, values, strict=True) if v is not None}


@dataclass(frozen=True)
class Invocation:
    """What a reader found in one exchange. Unknown is None; nothing is guessed.

    `parameters` holds what was really sent, keyed by the tail of OpenTelemetry's name
    (`temperature`, `top_p`, `top_k`, `max_tokens`, `stop_sequences`, `seed`,
    `frequency_penalty`, `presence_penalty`, `choice.count`, `stream`, `reasoning.effort`, …).
    `complete` is true only by the protocol's own terminal mark. `unparsed` says why a body could
    not be understood. `extra` takes further dotted names (service tier, fingerprint, batch id …).
    """

    operation: str
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    system: tuple[Part, ...] = ()
    input: tuple[Message, ...] = ()
    output: tuple[Message, ...] = ()
    finish_reasons: tuple[str, ...] = ()
    usage: Usage | None = None
    tools: Json = None
    output_type: str | None = None
    error_type: str | None = None
    streamed: bool = False
    complete: bool = False
    unparsed: str | None = None
    kind: Kind = "call"
    extra: Mapping[str, Any] = field(default_factory=dict)

    def attributes(self) -> dict[str, Any]:
        """Everything but content, under the names of `semconv`; absent where unknown."""
        out: dict[str, Any] = {
            semconv.OPERATION: self.operation,
            semconv.PROVIDER: self.provider,
            semconv.REQUEST_MODEL: self.request_model,
            semconv.RESPONSE_MODEL: self.response_model,
            semconv.RESPONSE_ID: self.response_id,
            semconv.FINISH_REASONS: list(self.finish_reasons) or None,
            semconv.OUTPUT_TYPE: self.output_type,
            semconv.ERROR_TYPE: self.error_type,
        }
        out = {k: v for k, v in out.items() if v is not None}
        out.update({semconv.REQUEST_PREFIX + k: v for k, v in self.parameters.items() if v is not None})
        if self.usage is not None:
            out.update(self.usage.attributes())
            if self.usage.raw is not None:
                out[semconv.USAGE_RAW] = self.usage.raw
        out.update(self.extra)
        return out

    def with_(self, **fields: Any) -> Invocation:
        """The same with other values; `dataclasses.replace` costs ten times as much, on the way of every call."""
        if not fields.keys() <= _FIELDS:
            raise TypeError(f"no such field: {sorted(fields.keys() - _FIELDS)}")
        made = object.__new__(Invocation)
        made.__dict__.update(self.__dict__, **fields)
        return made

    def content(self) -> dict[str, Any]:
        """The texts: system instructions, input and output messages, tool definitions."""
        out: dict[str, Any] = {}
        if self.system:
            out[semconv.SYSTEM_INSTRUCTIONS] = [dict(p) for p in self.system]
        if self.input:
            out[semconv.INPUT_MESSAGES] = [m.to_dict() for m in self.input]
        if self.output:
            out[semconv.OUTPUT_MESSAGES] = [m.to_dict() for m in self.output]
        if self.tools is not None:
            out[semconv.TOOL_DEFINITIONS] = self.tools
        return out


_FIELDS = frozenset(Invocation.__dataclass_fields__)


def text_of(parts: Sequence[Part]) -> str:
    """The text parts of a message joined; other parts have no text here."""
    return "".join(p["content"] for p in parts if p.get("type") == "text" and isinstance(p.get("content"), str))
