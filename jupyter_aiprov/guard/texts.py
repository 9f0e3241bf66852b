"""Every text in a request, whatever the dialect: all strings of its JSON, its files, its images' metadata.

The dialect is not asked: what leaves is what is in the body. Nested JSON (tool results), base64
texts, data URLs, multipart files, JSON Lines and forms are opened. What cannot be read is said in
`unread`, never passed over.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import sys
import zlib
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes

from jupyter_aiprov.guard import _image
from jupyter_aiprov.model import Request

_DEPTH: Final = 40
_REST: Final = "the rest of a long body"
_INFLATED_MAX: Final = 64 * 2**20
_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w=.+-]+)*),")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{64}")
_TEXTUAL: Final = ("text/", "application/json", "application/xml", "application/x-ndjson", "application/csv")
_BINARY: Final = (
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "archive or office document"),
    (b"ID3", "sound"),
    (b"RIFF", "sound"),
    (b"OggS", "sound"),
    (b"fLaC", "sound"),
    (b"\x1a\x45\xdf\xa3", "video"),
)


class Texts:
    """The texts of one request, and what in it could not be read as text."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.unread: list[str] = []
        self.blind = False  # the body itself, not a part of it, was not read to its end

    @classmethod
    def of(cls, request: Request) -> Texts:
        """Take a request apart; a body that went past the kept head is `unread`."""
        texts = cls()
        texts.found += [v for k, v in parse_qsl(request.parts.query) if len(v) > 30 and k.lower() not in _KEYS]
        if request.truncated:
            texts.blind = True
            texts.unread.append(_REST)
        body = texts._decoded(request.body, request.headers.get("content-encoding", ""))
        if body:
            texts._body(body, request.headers.get("content-type", ""))
        return texts

    def _decoded(self, body: bytes, coding: str) -> bytes:
        for name in reversed([c.strip().lower() for c in coding.split(",") if c.strip()]):
            if name in {"gzip", "x-gzip", "deflate"}:
                try:
                    body = zlib.decompressobj(47 if "gzip" in name else 15).decompress(body, _INFLATED_MAX)
                except zlib.error:
                    self.blind = True
                    body = self._lost(f"a body in {name}")
            elif name != "identity":
                body = self._unpacked(body, name)
        return body

    def _unpacked(self, body: bytes, name: str) -> bytes:
        module = sys.modules.get({"br": "brotli", "zstd": "zstandard"}.get(name, ""))
        if module is None:
            self.blind = True
            return self._lost(f"a body in {name}")
        if name == "br":
            return bytes(module.decompress(body))
        return bytes(module.ZstdDecompressor().decompressobj().decompress(body))

    def _lost(self, what: str) -> bytes:
        self.unread.append(what)
        return b""

    def _body(self, body: bytes, kind: str) -> None:
        if kind.startswith("multipart/"):
            self._multipart(body, kind)
        elif kind.startswith("application/x-www-form-urlencoded"):
            for _, value in parse_qsl(body.decode("utf-8", "replace")):
                self._text(value, 0)
        else:
            self._data(body, kind)

    def _multipart(self, body: bytes, kind: str) -> None:
        boundary = re.search(r'boundary="?([^";]+)', kind)
        if boundary is None:
            self._data(body, "")
            return
        for part in body.split(b"--" + boundary[1].encode()):
            head, blank, content = part.partition(b"\r\n\r\n")
            if not blank:
                continue
            names = re.findall(rb'(?:file)?name="([^"]*)"', head)
            self.found += [n.decode("utf-8", "replace") for n in names[1:]]  # a file's name may be a patient's
            stated = re.search(rb"(?i)content-type:\s*([^\r\n]+)", head)
            self._data(content.removesuffix(b"\r\n"), stated[1].decode("latin-1") if stated else "")

    def _data(self, data: bytes, kind: str) -> None:
        """Bytes that may be JSON, JSON Lines, text, an image or something that cannot be read."""
        if _image.is_image(data):
            self.found += _image.words(data)
            return
        if data.startswith(b"\x1f\x8b"):
            data = self._decoded(data, "gzip")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            if error.start >= len(data) - 4 and self.blind:
                text = data[: error.start].decode()  # cut inside a character
            elif kind.startswith(_TEXTUAL):
                text = data.decode("latin-1")
            else:
                self._lost(_what(data))
                return
        if "\0" in text[:1024] and not kind.startswith(_TEXTUAL):
            self._lost(_what(data))
            return
        self._text(text, 0)

    def _text(self, text: str, depth: int) -> None:
        """One string: a data URL, base64, JSON in a string, or words."""
        first = text[:1]
        if first == "d" and (url := _DATA_URL.match(text)):
            self._data_url(url, text)
        elif not (
            (len(text) >= 64 and _BASE64.match(text) and self._base64(text))
            or (first in ("{", "[") and depth < _DEPTH and self._json(text, depth))
        ):
            self.found.append(text)

    def _json(self, text: str, depth: int) -> bool:
        try:
            self._value(json.loads(text), depth + 1)
        except (ValueError, RecursionError):
            if first_line_is_json(text):
                for line in text.splitlines():
                    if line.strip() and not self._json(line, depth + 1):
                        self.found.append(line)
                return True
            return False
        return True

    def _value(self, value: Any, depth: int) -> None:
        if isinstance(value, str):
            self._text(value, depth)
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                if isinstance(inner, str) and len(inner) < 80 and depth > 3 and inner[:1] not in ("{", "["):
                    self.found.append(f'"{key}": "{inner}"')  # a record: values need their column's name
                elif isinstance(inner, str | dict | list):
                    if len(key) > 20 or " " in key:
                        self.found.append(key)
                    self._value(inner, depth + 1)
                elif not isinstance(inner, bool) and inner is not None:
                    self.found.append(f'"{key}": {inner}')
        elif isinstance(value, list):
            self._list(value, depth)

    def _list(self, items: list[Any], depth: int) -> None:
        if items and isinstance(items[0], int | float):
            numbers = [i for i in items if isinstance(i, int | float)]
            self.found.append(" ".join(map(str, numbers)))
            items = [i for i in items if not isinstance(i, int | float)]
        for item in items:
            self._value(item, depth + 1)

    def _data_url(self, url: re.Match[str], text: str) -> None:
        payload = text[url.end() :]
        if ";base64" in url[2]:
            try:
                data = base64.b64decode(payload, validate=False)
            except binascii.Error:
                self.found.append(text)
                return
        else:
            data = unquote_to_bytes(payload)
        self._data(data, url[1] or "text/plain")

    def _base64(self, text: str) -> bool:
        """True when the string is base64 of something that can be told; what is inside is examined."""
        compact = text.strip().rstrip("=")
        if len(compact) % 4 == 1 or not re.fullmatch(r"[A-Za-z0-9+/_\s-]+", compact):
            return False
        try:
            data = base64.b64decode(compact.replace("-", "+").replace("_", "/") + "===", validate=False)
        except binascii.Error:
            return False
        if _image.is_image(data) or any(data.startswith(m) for m, _ in _BINARY) or data.startswith(b"\x1f\x8b"):
            self._data(data, "")
            return True
        try:
            inside = data.decode()
        except UnicodeDecodeError:
            return False  # a digest, a sequence, a signature: looked at as it is
        if not inside.isprintable() and "\n" not in inside:
            return False
        self._text(inside, _DEPTH)
        return True


_KEYS: Final = frozenset({"key", "api_key", "api-key", "apikey", "token", "access_token", "sig", "signature"})


def first_line_is_json(text: str) -> bool:
    """True for JSON Lines, as batches and fine-tuning files are."""
    first, newline, _ = text.partition("\n")
    if not newline:
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _what(data: bytes) -> str:
    for magic, name in _BINARY:
        if data.startswith(magic):
            return f"a {name}"
    return "binary data"
