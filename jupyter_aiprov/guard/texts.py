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
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes

from jupyter_aiprov.guard import _image
from jupyter_aiprov.guard.patterns import finds_nothing
from jupyter_aiprov.model import Request
from jupyter_aiprov.redact import PACKED, may_be_packed, packed

_DEPTH: Final = 40
_REST: Final = "the rest of a long body"
_INFLATED_MAX: Final = 64 * 2**20
_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w=.+-]+)*),")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{64}")
# What a protocol says beside the texts: no part of a text that was cut into pieces.
_ENVELOPE: Final = frozenset({"role", "type", "id", "name", "model", "object", "status", "tool_call_id", "call_id"})
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
        self.pieces: list[str] = []  # the strings as they are, in order: a value may be cut over several
        self.said: dict[str, list[str]] = {}  # and by who says them: answers may stand between the pieces
        self._short: list[str] = []  # of records: looked into together
        self.unread: list[str] = []
        self.blind = False  # the body itself, not a part of it, was not read to its end

    @classmethod
    def of(cls, request: Request) -> Texts:
        """Take a request apart; a body that went past the kept head is `unread`."""
        texts = cls()
        query = request.parts.query
        texts.found += [v for k, v in (parse_qsl(query) if query else ()) if len(v) > 5 and k.lower() not in _KEYS]
        if request.truncated:
            texts.blind = True
            texts.unread.append(_REST)
        elif request.body[:1] in (b"{", b"[") and _is_json(request.headers) and request.json is not None:
            texts._value(request.json, 1)  # parsed already, to tell what the request is
            texts._packed("\n".join(texts._short))
            return texts
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
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # as spreadsheets save Unicode text
            self._text(data.decode("utf-16", "replace"), 0)
            return
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
            self._packed(text)

    def _packed(self, text: str) -> None:
        """Base64 of words in the middle of a text: what is inside is examined, too."""
        self.found += [inside for _, _, inside in packed(text)]

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
            self.pieces.append(value)
        elif type(value) is dict or isinstance(value, Mapping):  # the first is faster
            before, role = len(self.pieces), value.get("role")
            said_of = _said_of(value) if "value" in value else ""
            for key, inner in value.items():
                if type(inner) is int or type(inner) is float:
                    self.found.append(f'"{key}": {inner}')
                elif isinstance(inner, str) and len(inner) < 80 and depth > 3 and not _is_opened(inner):
                    name = said_of if said_of and key == "value" else key
                    self.found.append(f'"{name}": "{inner}"')  # a record: values need their column's name
                    if len(inner) >= PACKED:
                        self._short.append(inner)
                    if key not in _ENVELOPE:
                        self.pieces.append(inner)
                elif isinstance(inner, str) and key in _ENVELOPE:
                    self._text(inner, depth)
                elif isinstance(inner, (str, dict, list)):  # a union would be made anew each time
                    if len(key) > 20 or " " in key:
                        self.found.append(key)
                    self._value(inner, depth + 1)
                elif not isinstance(inner, bool) and inner is not None:
                    self.found.append(f'"{key}": {inner}')
            if isinstance(role, str):
                self.said.setdefault(role, []).extend(self.pieces[before:])
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


def plain(request: Request) -> list[str] | None:
    """The texts of the plainest of requests, a chat of strings; None where there is more to look at.

    Names of models and small settings are not among them: what is in those is told once and for all.
    """
    body = request.json
    if type(body) is not dict or request.truncated or "?" in request.url or not _is_json(request.headers):
        return None
    found: list[str] = []
    for key, value in body.items():
        kind = type(value)
        if key == "messages" and kind is list:
            for said in value:
                if type(said) is not dict or len(said) != 2 or said.get("role") not in _SPEAKERS:
                    return None
                content = said.get("content")
                if type(content) is not str or content[:1] in _OPENS or content[:5] == "data:":
                    return None
                found.append(content)
        elif kind is str:
            if key != "model" or not _is_name(value):
                return None
        elif kind is int or kind is float:
            if key not in _SETTINGS or not -_SMALL < value < _SMALL:
                return None
        elif kind is not bool and value is not None:
            return None
    return None if any(len(t) >= PACKED and may_be_packed(t) for t in found) else found


_SPEAKERS: Final = frozenset({"user", "system", "assistant", "developer"})
_OPENS: Final = frozenset({"{", "["})
_SETTINGS: Final = frozenset(
    {"temperature", "top_p", "top_k", "n", "seed", "max_tokens", "max_completion_tokens", "presence_penalty"}
    | {"frequency_penalty", "min_p", "repetition_penalty", "top_logprobs"}
)
_SMALL: Final = 1e6


@lru_cache(maxsize=256)
def _is_name(model: str) -> bool:
    """A short name without anything in it that a rule finds: nearly every model's."""
    return len(model) < 80 and not may_be_packed(model) and model[:5] != "data:" and finds_nothing(model)


def _said_of(member: Mapping[str, Any]) -> str:
    """What a member that names its value beside it (`{"system": "phone", "value": …}`) says that it is; or nothing."""
    kind = member.get("type")
    if isinstance(kind, Mapping):
        codings = kind.get("coding")
        coding = codings[0] if isinstance(codings, list) and codings and isinstance(codings[0], Mapping) else {}
        if coding.get("code") in _RECORD_CODES:
            return "MRN"
        kind = kind.get("text") or coding.get("display")
    for said in (kind, *(member.get(key) for key in _NAMING)):
        if isinstance(said, str) and len(said) < 40 and _TELLS.search(said):
            return said
    return ""


_RECORD_CODES: Final = frozenset({"MR", "PI", "MRT", "AN"})  # HL7 v2, table 0203
_NAMING: Final = ("system", "use", "name", "label", "key", "field", "question")
_TELLS: Final = re.compile(
    r"(?i)phone|mobile|fax|t[ée]l\b|birth|dob\b|naissance|ddn\b|mrn\b|ipp\b|record|dossier|patient|password|passe|secret|token|key"
)


def _is_opened(text: str) -> bool:
    """True for a short string that is not looked at as it is: JSON, a data URL."""
    return text[:1] in ("{", "[") or text[:5] == "data:"


_KEYS: Final = frozenset({"key", "api_key", "api-key", "apikey", "token", "access_token", "sig", "signature"})


def _is_json(headers: Mapping[str, str]) -> bool:
    """True when nothing is said that would make a body of JSON something else."""
    kind = headers.get("content-type", "")
    return (not kind or kind.startswith("application/json")) and not headers.get("content-encoding")


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
