"""Base64 and hexadecimal of words in the middle of a text: what is in it leaves, and would be written, with it."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from jupyter_aiprov.redact import _heads
from jupyter_aiprov.redact._heads import HEAD, MARKS
from jupyter_aiprov.redact._held import loaded_numpy

PACKED: Final = 24  # characters in a row that may be base64 inside a text
_MAX: Final = 2**20
_LONG_TEXT: Final = 8192  # characters
_NEVER: Final = b"Gghijklmnopqrstuv+/-_"  # first of them: a control character, or the middle of another
_WIDE: Final = b"AQgw"  # unless a zero follows, as in UTF-16
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_HEX: Final = b"0123456789abcdefABCDEF"
_UTF_8: Final = re.compile(
    rb"(?:[\t\n\r -~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})*"
)
_HEXADECIMAL: Final = re.compile("[0-9a-f]+|[0-9A-F]+")
_RUN: Final = bytes(97 if chr(c).isascii() and (chr(c).isalnum() or chr(c) in "+/_-") else 32 for c in range(256))
_PACKED_RUN: Final = b"a" * PACKED


def may_be_packed(text: str) -> bool:
    """True where a run of characters is long enough to be base64."""
    return _PACKED_RUN in text.encode("latin-1", "replace").translate(_RUN)


def packed(text: str) -> Iterator[tuple[int, int, str]]:
    """The runs that are base64 or hexadecimal of a text: where they stand, and what is inside."""
    if len(text) < PACKED:
        return
    raw = text.encode("latin-1", "replace")
    mapped = raw.translate(_RUN)
    for start in _begun(raw, mapped):
        end = mapped.find(b" ", start)
        end = len(text) if end < 0 else end
        may_be = (raw[start] not in _NEVER or raw[start + 1] in _WIDE) and end - start <= _MAX
        may_be = may_be and _begins_words(raw[start : start + HEAD])
        if may_be and (inside := _words_of(text[start:end])):
            yield start, end, inside


def _begun(raw: bytes, mapped: bytes) -> Iterable[int]:
    """Where the long runs begin; with numpy without most of those that are no text."""
    start = mapped.find(_PACKED_RUN)
    np = loaded_numpy() if start >= 0 and len(raw) >= _LONG_TEXT else None
    if np is not None:
        yield from _heads.begun(np, raw, mapped, PACKED)
        return
    while start >= 0:
        yield start
        end = mapped.find(b" ", start)
        start = mapped.find(_PACKED_RUN, end) if end >= 0 else -1


def _begins_words(head: bytes) -> bool:
    """False where a run that begins so is no base64 or hexadecimal of a text: told by its first bytes."""
    if _may_be_text(binascii.a2b_base64(head.translate(_URL_SAFE))):
        return True
    return not head.translate(None, _HEX) and _may_be_text(bytes.fromhex(head.decode()))


def _may_be_text(data: bytes) -> bool:
    said = _UTF_8.match(data)
    return data[:2] in MARKS or data[1:2] == b"\0" or (said is not None and said.end() > len(data) - 4)


def _words_of(run: str) -> str:
    """The text in a run of base64 or hexadecimal digits, packed or not; empty for anything else."""
    compact = run.replace("-", "+").replace("_", "/")
    try:
        if _HEXADECIMAL.fullmatch(run) and (inside := _plain_of(bytes.fromhex(run[: len(run) // 2 * 2]))):
            return inside
        return _plain_of(base64.b64decode(compact[: len(compact) - (len(compact) % 4 == 1)] + "===", validate=False))
    except (binascii.Error, ValueError):
        return ""


def _plain_of(data: bytes) -> str:
    """Bytes as text, if they are one; empty otherwise."""
    try:
        if data[:2] in MARKS:
            data = zlib.decompressobj(47).decompress(data, _MAX)
        if data[1:2] == b"\0" and data[1::2].count(0) * 2 > len(data) // 2:
            inside = data[: len(data) // 2 * 2].decode("utf-16-le")
        else:
            inside = data.decode()
    except (UnicodeDecodeError, zlib.error):
        return ""
    return inside if all(c.isprintable() or c in "\n\r\t" for c in inside) else ""
