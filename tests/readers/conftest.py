"""Reads `tests/wire`: one file is one exchange and what a reader has to find in it."""

import base64
import binascii
import json
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov.model import Exchange, Invocation, Request, Response, text_of

WIRE = Path(__file__).parent.parent / "wire"


@dataclass(frozen=True)
class Case:
    """A fixture: the exchange and the fields that are known of it."""

    name: str
    exchange: Exchange
    expect: dict[str, Any]
    coding: str = ""  # how the answer's body was packed on the wire

    def with_body(self, body: bytes, **more: Any) -> Exchange:
        """The exchange with another response body."""
        assert self.exchange.response is not None
        return replace(self.exchange, response=replace(self.exchange.response, body=body, size=len(body)), **more)


def frame(event: str, payload: bytes) -> bytes:
    """One AWS event-stream frame; an event that starts with ! is an exception."""
    kind = "exception" if event.startswith("!") else "event"
    headers = b""
    for name, value in (
        (f":{kind}-type", event.lstrip("!")),
        (":content-type", "application/json"),
        (":message-type", kind),
    ):
        headers += bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    whole = prelude + struct.pack(">I", binascii.crc32(prelude)) + headers + payload
    return whole + struct.pack(">I", binascii.crc32(whole))


def frames(text: str, wrap: bool = True) -> bytes:
    """Lines `event JSON` as frames; a `chunk` is wrapped as InvokeModel wraps it, unless it is so already."""
    out = b""
    for line in text.splitlines():
        event, _, payload = line.partition(" ")
        body = payload.encode()
        if event == "chunk" and wrap:
            body = json.dumps({"bytes": base64.b64encode(body).decode()}).encode()
        out += frame(event, body)
    return out


def load(path: Path) -> Case:
    """A fixture file."""
    asked, _, rest = path.read_text(encoding="utf-8").partition("\n=== ")
    answered, _, expect = rest.rpartition("\n=== expect\n")
    first, _, asked = asked.partition("\n")
    method, url = first.split(" ", 1)
    request = Request(method, url, *_split(asked))
    status, _, answered = answered.partition("\n")
    code, _, form = status.partition(" ")
    headers, body = _split(answered)
    if form in ("frames", "raw frames"):
        body = frames(body.decode(), wrap=form == "frames")
    elif form == "base64":
        body = base64.b64decode(body)
    elif form == "crlf":
        body = body.replace(b"\n", b"\r\n")
    exchange = Exchange(request, Response(int(code), headers, body, size=len(body)))
    return Case(path.stem, exchange, json.loads(expect), form if form == "gzip" else "")


def _split(text: str) -> tuple[dict[str, str], bytes]:
    head, _, body = text.partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines() if line)
    if "multipart/" in headers.get("content-type", ""):
        body = body.replace("\n", "\r\n")
    return headers, body.encode()


CASES = [load(path) for path in sorted(WIRE.glob("*.http"))]
UNSEEN = [load(path) for path in sorted((WIRE / "unseen").glob("*.http"))]  # see test_unseen.py


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that takes `case` runs on every fixture; `streamed_case` on every streamed one."""
    broken = metafunc.module.__name__.endswith("test_malformed")  # holds of any exchange that is read
    all_ = CASES + [c for c in UNSEEN if c.expect != {"kind": None}] if broken else CASES
    for name, cases in (("case", all_), ("streamed_case", [c for c in all_ if c.expect.get("streamed")])):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, cases, ids=[c.name for c in cases])


def found(invocation: Invocation) -> dict[str, Any]:
    """An invocation in the terms of `=== expect`."""
    usage = invocation.usage
    parts = [part for message in invocation.output for part in message.parts]
    return {
        **{name: getattr(invocation, name) for name in ("operation", "provider", "request_model", "response_model")},
        **{name: getattr(invocation, name) for name in ("response_id", "error_type", "streamed", "complete", "kind")},
        **{name: getattr(invocation, name) for name in ("unparsed", "output_type", "parameters", "extra")},
        "finish_reasons": list(invocation.finish_reasons),
        "system": [dict(p) for p in invocation.system],
        "input": [m.to_dict() for m in invocation.input],
        "output": [m.to_dict() for m in invocation.output],
        "text": text_of(parts),
        "tool_calls": [[p["name"], p["arguments"]] for p in parts if p["type"] == "tool_call"],
        "usage": None
        if usage is None
        else {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cache_read_tokens": usage.cache_read_tokens,
            "cache_creation_tokens": usage.cache_creation_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
        },
    }


@pytest.fixture
def as_found() -> Any:
    """`found`, for tests that read by themselves."""
    return found
