"""Every text of a request is examined, whatever carries it; what cannot be read is said."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import zlib
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov.guard._image import LOCATION
from jupyter_aiprov.guard.texts import Texts
from jupyter_aiprov.model import Request

WORD = "jean.dupont@chu.example"
JSON = {"content-type": "application/json"}


def request(body: bytes, **headers: str) -> Request:
    return Request("POST", "https://api.openai.com/v1/x", {k.replace("_", "-"): v for k, v in headers.items()}, body)


def as_json(value: Any) -> Request:
    return Request("POST", "https://api.openai.com/v1/x", JSON, json.dumps(value).encode())


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def png(kind: bytes, content: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(kind, content) + chunk(b"IEND", b"")


def tiff(tag: int) -> bytes:
    return b"II*\x00" + struct.pack("<IHHHII", 8, 1, tag, 4, 1, 26)


def jpeg(marker: int, content: bytes) -> bytes:
    return (
        b"\xff\xd8\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content + b"\xff\xda\x00\x02\xff\xd9"
    )


TEXT = f"Please write to {WORD} about the results of the last visit, and be brief."
CSV = f"id,mail\n1,{WORD}\n2,x\n" * 3
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b\r\nContent-Disposition: form-data; '
    b'name="file"; filename="f"\r\nContent-Type: application/octet-stream\r\n\r\n%s\r\n--b--\r\n'
)
PLACES = {
    "chat": as_json({"messages": [{"role": "user", "content": TEXT}]}),
    "system": as_json({"system": [{"type": "text", "text": TEXT}], "messages": []}),
    "gemini": as_json({"contents": [{"parts": [{"text": TEXT}]}]}),
    "tool definition": as_json({"tools": [{"function": {"name": "f", "description": TEXT}}]}),
    "tool result in JSON": as_json({"messages": [{"role": "tool", "content": json.dumps({"rows": [{"mail": WORD}]})}]}),
    "JSON in JSON in JSON": as_json({"a": json.dumps({"b": json.dumps({"c": TEXT})})}),
    "a key": as_json({"tool_result": {WORD: {"n": 1}}}),
    "prompt": as_json({"prompt": [TEXT]}),
    "data URL": as_json({"url": "data:text/csv;base64," + b64(CSV.encode())}),
    "data URL, plain": as_json({"url": "data:text/plain," + TEXT.replace(" ", "%20")}),
    "base64 text": as_json({"source": {"type": "base64", "media_type": "text/plain", "data": b64(CSV.encode())}}),
    "PNG text": as_json(
        {"image_url": {"url": "data:image/png;base64," + b64(png(b"tEXt", b"Author\0" + WORD.encode()))}}
    ),
    "PNG packed text": as_json({"data": b64(png(b"zTXt", b"Comment\0\0" + zlib.compress(WORD.encode())))}),
    "JPEG comment": as_json({"data": b64(jpeg(0xFE, TEXT.encode()))}),
    "JPEG XMP": as_json({"images": [b64(jpeg(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>" + TEXT.encode() + b"</x>"))]}),
    "WebP EXIF": as_json({"d": b64(b"RIFF\x00\x00\x00\x00WEBPEXIF" + struct.pack("<I", len(TEXT)) + TEXT.encode())}),
    "JSON Lines": request("\n".join(json.dumps({"body": {"input": t}}) for t in ("hi", TEXT)).encode()),
    "multipart JSON Lines": request(
        MULTIPART % "\n".join([json.dumps({"a": 1}), json.dumps({"a": TEXT})]).encode(),
        content_type="multipart/form-data; boundary=b",
    ),
    "multipart CSV": request(MULTIPART % CSV.encode(), content_type='multipart/form-data; boundary="b"'),
    "multipart image": request(MULTIPART % jpeg(0xFE, TEXT.encode()), content_type="multipart/form-data; boundary=b"),
    "form": request(urlencode({"text": TEXT}).encode(), content_type="application/x-www-form-urlencoded"),
    "plain": request(TEXT.encode(), content_type="text/plain"),
    "latin-1": request(("é " + TEXT).encode("latin-1"), content_type="text/plain"),
    "gzip": request(
        gzip.compress(json.dumps({"p": TEXT}).encode()), content_encoding="gzip", content_type="application/json"
    ),
    "deflate": request(zlib.compress(json.dumps({"p": TEXT}).encode()), content_encoding="deflate"),
    "query": Request("GET", "https://api.example/complete?" + urlencode({"prompt": TEXT})),
    "broken JSON": request(b'{"messages": [{"content": "' + TEXT.encode()),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_text_is_found_wherever_it_is_carried(place: str) -> None:
    texts = Texts.of(PLACES[place])
    assert WORD in "\n".join(texts.found)


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=30), inner, max_size=4),
    max_leaves=20,
)


@given(tree=trees)
@settings(max_examples=400, deadline=None)
def test_no_string_of_any_json_is_passed_over(tree: Any) -> None:
    """Values are all there, or their decoded form is; nothing raises."""

    def strings(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [s for v in value.values() for s in strings(v)]
        if isinstance(value, list):
            return [s for v in value for s in strings(v)]
        return [value] if isinstance(value, str) and value[:1] not in ("{", "[", "d") else []

    found = "\n".join(Texts.of(as_json({"a": tree})).found)
    assert all(s in found for s in strings(tree))


@given(body=st.binary(max_size=400), kind=st.sampled_from(["", "application/json", "multipart/form-data; boundary=a"]))
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_read_or_said_to_be_unread(body: bytes, kind: str) -> None:
    """Nothing raises; text comes back as it is, other bytes are named."""
    texts = Texts.of(request(b"\xfe" + body, content_type=kind))
    assert texts.found or texts.unread or "multipart" in kind
    words = Texts.of(request(b"a" + body.hex().encode(), content_type=kind))
    assert words.found or "multipart" in kind


@given(
    data=st.binary(max_size=200),
    magic=st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF0000WEBP", b"II*\0"]),
)
@settings(max_examples=300, deadline=None)
def test_a_broken_image_does_not_raise(data: bytes, magic: bytes) -> None:
    assert Texts.of(request(magic + data)).unread == []


def test_coordinates_in_an_image_are_a_finding() -> None:
    where = b"Exif\0\0" + tiff(0x8825)
    assert LOCATION in Texts.of(as_json({"d": b64(jpeg(0xE1, where) + bytes(40))})).found
    assert LOCATION not in Texts.of(as_json({"d": b64(jpeg(0xE1, b"Exif\0\0" + tiff(0x0112)) + bytes(40))})).found


def test_what_cannot_be_read_is_named() -> None:
    assert Texts.of(as_json({"file_data": "data:application/pdf;base64," + b64(b"%PDF-1.7\n\xff\xfe")})).unread == [
        "a PDF"
    ]
    assert Texts.of(request(b"\xff\xfbsound\x00\x01\x02")).unread == ["binary data"]
    brotli = Texts.of(request(b"\x0b\x02\x80hello\x03", content_encoding="x-unknown"))
    assert (brotli.unread, brotli.blind) == (["a body in x-unknown"], True)
    cut = Texts.of(Request("POST", "https://x.example/", JSON, b'{"a": "caf\xc3', truncated=True))
    assert cut.blind
    assert "caf" in cut.found[0]


def test_pixels_are_not_taken_for_words() -> None:
    noise = bytes(range(256)) * 40
    texts = Texts.of(as_json({"image": "data:image/png;base64," + b64(png(b"IDAT", noise))}))
    assert texts.found == []
    assert texts.unread == []
