"""AWS event-stream framing (application/vnd.amazon.eventstream).

A frame is: total length, header length, CRC of those eight bytes, headers, payload, CRC of all.
Checksums are not enforced: a frame that was captured whole is worth reading. After a hole (capture
keeps head and tail of a long body) reading goes on at the next frame that can be recognised.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Iterator
from typing import Any

from jupyter_aiprov.readers._json import parsed, string

PRELUDE, OVERHEAD, LARGEST = 12, 16, 24 * 2**20
_FIRST_HEADER = re.compile(rb"\x0b:event-type\x07|\x0d:message-type\x07|\x0f:exception-type\x07|\x0b:error-code\x07")
# value types of a header: type -> length (strings and byte arrays, 6 and 7, carry their own)
_FIXED = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


def messages(data: bytes) -> Iterator[tuple[str, Any]]:
    """(event type, JSON payload) of each frame; InvokeModel's base64 `bytes` are opened."""
    for headers, payload in frames(data):
        name = headers.get(":event-type") or headers.get(":exception-type") or headers.get(":error-code", "")
        value = parsed(payload)
        if headers.get(":message-type", "event") != "event":
            text = value.get("message") if isinstance(value, dict) else headers.get(":error-message")
            yield name, {"error": {"type": name, "message": text}}
            continue
        inner = string(value.get("bytes")) if isinstance(value, dict) and name == "chunk" else None
        if inner is not None:
            try:
                held = base64.b64decode(inner)
            except (binascii.Error, ValueError):
                held = b""
            value = parsed(held)
            if value is None and held:  # an agent's answer is plain text
                value = held.decode("utf-8", "replace")
        yield name, value


def frames(data: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """(headers, payload) of each whole frame."""
    at = 0
    while at + OVERHEAD <= len(data):
        total, header_length = struct.unpack_from(">II", data, at)
        end = at + total
        if not (OVERHEAD <= total <= LARGEST and header_length <= total - OVERHEAD and end <= len(data)):
            at = _next_frame(data, at + 1)
            continue
        body = at + PRELUDE
        try:
            headers = _headers(data[body : body + header_length])
        except (IndexError, struct.error, KeyError):
            at = _next_frame(data, at + 1)
            continue
        yield headers, data[body + header_length : end - 4]
        at = end


def _next_frame(data: bytes, start: int) -> int:
    found = _FIRST_HEADER.search(data, start + PRELUDE)
    return found.start() - PRELUDE if found else len(data)


def _headers(block: bytes) -> dict[str, str]:
    out, at = dict[str, str](), 0
    while at < len(block):
        length = block[at]
        name = block[at + 1 : at + 1 + length].decode("utf-8", "replace")
        at += 1 + length
        kind = block[at]
        at += 1
        if kind in (6, 7):
            (size,) = struct.unpack_from(">H", block, at)
            out[name] = block[at + 2 : at + 2 + size].decode("utf-8", "replace")
            at += 2 + size
        else:
            at += _FIXED[kind]
    return out
