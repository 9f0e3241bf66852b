"""A response body with its content coding undone; a cut body gives the prefix that arrived."""

from __future__ import annotations

import importlib
import io
import zlib
from functools import lru_cache
from typing import Any

from jupyter_aiprov.model import Response

LIMIT = 64 * 2**20  # a body that inflates beyond this is read up to here
EVENTS = (b"data:", b"event:", b": ", b"id:")
STEP = 16384  # piecewise, so that what precedes a broken place is kept
STREAM_TYPES = ("event-stream", "ndjson", "stream+json", "jsonl", "json-seq", "x-json-stream", "eventstream")


def decoded(response: Response) -> bytes:
    """The body in clear; as it came when its coding is unknown here or was already undone."""
    body = response.body
    if "content-encoding" not in response.headers:
        return body
    codings = [c.strip().lower() for c in response.headers.get("content-encoding", "").split(",")]
    for coding in reversed(codings):
        undo = CODINGS.get(coding)
        if undo is not None and body:
            body = undo(body)
    return body


def text(response: Response) -> str:
    """The body as text; bytes that are no UTF-8 (a cut character) become U+FFFD."""
    return decoded(response).decode("utf-8-sig", "replace")


def media_type(response: Response) -> str:
    """The content type without parameters, in lower case."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_stream(response: Response) -> bool:
    """Delivered as a stream, by content type or, where that says nothing, by its first bytes."""
    kind = media_type(response)
    if _is_streamed(kind):
        return True
    if kind in ("", "text/plain", "application/octet-stream"):
        return decoded(response).lstrip()[:6].startswith(EVENTS)
    # some gateways call a stream JSON; no JSON begins so
    return kind == "application/json" and _start(response).startswith(EVENTS)


@lru_cache(maxsize=256)
def _is_streamed(kind: str) -> bool:
    return any(name in kind for name in STREAM_TYPES)


def _start(response: Response) -> bytes:
    """The first bytes in clear, without inflating the rest where that can be had."""
    coding = response.headers.get("content-encoding", "").strip().lower()
    if not coding:
        return response.body[:8]
    if coding in ("gzip", "x-gzip"):
        try:
            return zlib.decompressobj(31).decompress(response.body[:1024], 8)
        except zlib.error:
            return b""
    return decoded(response)[:8]


def _gunzip(data: bytes) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    out = bytearray()
    while data[:2] == b"\x1f\x8b" and len(out) < LIMIT:  # members may follow one another
        more, data = _inflated(31, data, LIMIT - len(out))
        out += more
    return bytes(out)


def _inflate(data: bytes) -> bytes:
    zlib_form = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    return _inflated(15 if zlib_form else -15, data, LIMIT)[0] or data


def _inflated(form: int, data: bytes, limit: int) -> tuple[bytes, bytes]:
    """What the data holds up to its end, a broken place or the limit, and what follows its end."""
    engine, out, at = zlib.decompressobj(form), bytearray(), 0
    while at < len(data) and not engine.eof and len(out) < limit:
        piece = data[at : at + STEP]
        at += len(piece)
        try:
            out += engine.decompress(piece, limit - len(out))
        except zlib.error:
            break
    return bytes(out), engine.unused_data + data[at:] if engine.eof else b""


def _unbrotli(data: bytes) -> bytes:
    library = _found("brotli", "brotlicffi")
    if library is None:
        return data
    engine, out = library.Decompressor(), bytearray()
    limited = hasattr(engine, "can_accept_more_data")  # from brotli 1.2 on: no piece inflates beyond all measure
    for start in range(0, len(data), STEP):
        piece = data[start : start + STEP]
        try:
            out += engine.process(piece, output_buffer_limit=LIMIT) if limited else engine.process(piece)
            while limited and len(out) < LIMIT and not engine.can_accept_more_data():
                out += engine.process(b"", output_buffer_limit=LIMIT)
        except library.error:
            break
        if len(out) >= LIMIT:
            break
    return bytes(out[:LIMIT]) or data


def _unzstd(data: bytes) -> bytes:
    if data[:4] != b"\x28\xb5\x2f\xfd":
        return data
    library = _found("zstandard", "compression.zstd", "backports.zstd")  # the last two are one: Python's own
    if library is None:
        return data
    if hasattr(library, "ZstdFile"):
        read = library.ZstdFile(io.BytesIO(data)).read1
    else:
        read = library.ZstdDecompressor().stream_reader(data, read_across_frames=True).read
    out = bytearray()
    while len(out) < LIMIT:
        try:
            piece = read(STEP)
        except (library.ZstdError, EOFError):
            break
        if not piece:
            break
        out += piece
    return bytes(out)


def _found(*names: str) -> Any:
    """The first of several optional libraries that is installed."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


CODINGS = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
