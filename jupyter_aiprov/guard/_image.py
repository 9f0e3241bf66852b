"""The words inside an image file: comments, EXIF, XMP and IPTC, without decoding a pixel."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_GPS_TAG: Final = 0x8825
_READABLE: Final = re.compile(rb"[\x20-\x7e\xa0-\xff]{4,}")
_MAX = 1 << 20

LOCATION: Final = "\x00image-location"  # stands for coordinates, which are numbers and no text


def is_image(data: bytes) -> bool:
    """True for PNG, JPEG, WebP, GIF and TIFF."""
    return data.startswith((_PNG, _JPEG, b"GIF8", b"II*\x00", b"MM\x00*")) or (
        data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    )


def words(data: bytes) -> Iterator[str]:
    """The texts of an image's metadata; `LOCATION` when it says where it was taken."""
    for segment in _segments(data):
        tiff = segment[6:] if segment.startswith(b"Exif\x00\x00") else segment
        if tiff[:4] in (b"II*\x00", b"MM\x00*") and _has_gps(tiff):
            yield LOCATION
        yield from (m[0].decode("utf-8", "replace") for m in _READABLE.finditer(segment[:_MAX]))


def _segments(data: bytes) -> Iterator[bytes]:
    if data.startswith(_PNG):
        yield from _png(data)
    elif data.startswith(_JPEG):
        yield from _jpeg(data)
    elif data[:4] == b"RIFF":
        yield from _webp(data)
    else:
        yield data[: 1 << 16]


def _png(data: bytes) -> Iterator[bytes]:
    at = 8
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + size]
        if kind in (b"tEXt", b"eXIf"):
            yield body.replace(b"\0", b" ") if kind == b"tEXt" else body
        elif kind in (b"zTXt", b"iTXt"):
            yield from _inflated(body)
        at += 12 + size


def _inflated(body: bytes) -> Iterator[bytes]:
    yield body
    packed = body.find(b"\x78")  # a zlib stream begins with 0x78
    if packed >= 0:
        try:
            yield zlib.decompressobj().decompress(body[packed:], _MAX)
        except zlib.error:
            return


def _jpeg(data: bytes) -> Iterator[bytes]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9):
        size = struct.unpack_from(">H", data, at + 2)[0]
        if data[at + 1] in (0xE1, 0xED, 0xFE):  # APP1 (EXIF, XMP), APP13 (IPTC), comment
            yield data[at + 4 : at + 2 + size]
        at += 2 + size


def _webp(data: bytes) -> Iterator[bytes]:
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        if kind in (b"EXIF", b"XMP "):
            yield data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _has_gps(tiff: bytes) -> bool:
    order = "<" if tiff[:2] == b"II" else ">"
    if len(tiff) < 8:
        return False
    at = struct.unpack_from(order + "I", tiff, 4)[0]
    if at + 2 > len(tiff):
        return False
    count = struct.unpack_from(order + "H", tiff, at)[0]
    entries = range(at + 2, min(at + 2 + 12 * count, len(tiff) - 1), 12)
    return any(struct.unpack_from(order + "H", tiff, entry)[0] == _GPS_TAG for entry in entries)
