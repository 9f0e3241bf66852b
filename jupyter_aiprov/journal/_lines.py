"""One line of a journal: ids, times, its bytes and the hash that seals them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from jupyter_aiprov.proof import encoder, total

Event = dict[str, Any]
GENESIS = "0" * 64
_TAIL = len(',"hash":""}') + 64


def new_id() -> str:
    """A random UUID (version 4) as text; a third of what `uuid.uuid4` costs, on the way of every call."""
    mark = f"{int.from_bytes(os.urandom(16)) & _RANDOM | _VERSION_4:032x}"
    return f"{mark[:8]}-{mark[8:12]}-{mark[12:16]}-{mark[16:20]}-{mark[20:]}"


_RANDOM = ~((0xF000 << 64) | (0xC000 << 48)) & (1 << 128) - 1
_VERSION_4 = (0x4000 << 64) | (0x8000 << 48)


def now(at: int | None = None) -> str:
    """This instant, or that of `time.time_ns()`, as RFC 3339 in UTC with milliseconds and `+00:00`."""
    global _second  # noqa: PLW0603 - the text of the second that is, for all that happens in it
    seconds, milliseconds = divmod((time.time_ns() if at is None else at) // 1_000_000, 1000)
    known = _second
    if known[0] != seconds:
        known = _second = seconds, datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")[:19]
    return f"{known[1]}.{milliseconds:03d}+00:00"


_second = (-1, "")
_COMPACT = encoder(sort_keys=False, ascii_only=True)


def encode(event: Mapping[str, Any]) -> bytes:
    """An event as one line of ASCII JSON, without line end; what JSON cannot hold is spelled out."""
    try:
        return _COMPACT(event).encode()
    except (ValueError, TypeError, RecursionError):
        return json.dumps(total(event), separators=(",", ":")).encode()


def sealed(body: bytes) -> tuple[bytes, str]:
    """The line with its hash appended, and the hash."""
    mark = sha256(body).hexdigest()
    return body[:-1] + b',"hash":"' + mark.encode() + b'"}\n', mark


def line_problem(line: bytes) -> tuple[str | None, Event]:
    """What is wrong with a line (None: nothing), and its event."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return "not a whole line", {}
    if not isinstance(event, dict) or not isinstance(event.get("hash"), str) or len(line) <= _TAIL:
        return "not a record", {}
    mark = sha256(line[:-_TAIL] + b"}").hexdigest()
    if mark != event["hash"] or not line.endswith(f',"hash":"{mark}"}}'.encode()):
        return "changed after it was written", event
    return None, event


def parsed(line: bytes) -> Event | None:
    """The event of a line; None when it is no JSON object."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def number_of(event: Event, otherwise: int = 0) -> int:
    """A line's sequence number; a file that is not ours may hold anything there."""
    seq = event.get("seq")
    return seq if isinstance(seq, int) else otherwise
