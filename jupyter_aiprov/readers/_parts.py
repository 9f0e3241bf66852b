"""Message parts in OpenTelemetry's shapes; pictures and files by type, size and digest, never by content."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from jupyter_aiprov.model import Message
from jupyter_aiprov.readers._json import items, mapping, mappings, string, unpacked

Part = dict[str, Any]
# digits, capitals and small letters near the start: a protein sequence or a prose text is no base64
_BASE64 = re.compile(r"(?=.{0,400}[0-9])(?=.{0,400}[A-Z])(?=.{0,400}[a-z])[A-Za-z0-9+/_\-\r\n]+={0,2}\s*\Z", re.DOTALL)


def text(content: str) -> Part:
    """A text part."""
    return {"type": "text", "content": content}


def texts(*contents: Any) -> list[Part]:
    """A text part for each that is a string with something in it."""
    return [text(c) for c in contents if isinstance(c, str) and c]


def reasoning(content: Any) -> list[Part]:
    """A reasoning part, if the model showed any."""
    return [{"type": "reasoning", "content": content}] if isinstance(content, str) and content else []


def refusal(content: Any) -> list[Part]:
    """A refusal: said by the model, but no answer."""
    return [{"type": "refusal", "content": content}] if isinstance(content, str) and content else []


def tool_call(named: Any, name: Any, arguments: Any) -> Part:
    """A call the model asks the client to make; arguments as the object they spell."""
    return {
        "type": "tool_call",
        "id": string(named),
        "name": name if isinstance(name, str) else None,
        "arguments": unpacked(arguments),
    }


def tool_response(named: Any, response: Any, beside: Iterable[Part] = ()) -> Part:
    """What a tool gave back: its text (of text blocks, joined) or its JSON; pictures and files stand beside it."""
    blocks = items(response)
    if blocks and all(isinstance(b, dict) and isinstance(b.get("text"), str) for b in blocks):
        response = "".join(b["text"] for b in blocks)
    out = {"type": "tool_call_response", "id": string(named), "response": shrunk(response)}
    more = list(beside)
    return out | {"parts": more} if more else out


def server_tool(kind: str, block: Any, named: Any = None, name: Any = None) -> Part:
    """A tool the provider ran itself: `server_tool_call` or `server_tool_call_response`."""
    return {"type": kind, "id": string(named), "name": string(name), kind: shrunk(block)}


def blob(data: Any, mime: Any = None, modality: str | None = None) -> Part:
    """Inline bytes (base64 or raw) as their media type, size and SHA-256."""
    mime = string(mime)
    part: Part = {"type": "blob", "modality": modality or modality_of(mime)}
    if mime:
        part["mime_type"] = mime
    raw = data if isinstance(data, bytes) else _debased(data)
    if raw is not None:
        part |= {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    return part


def uri(address: Any, mime: Any = None, modality: str | None = None) -> Part:
    """Something named by address; a `data:` address is the bytes themselves."""
    address = string(address) or ""
    if address.startswith("data:"):
        head, _, data = address[5:].partition(",")
        return blob(data, head.partition(";")[0] or mime, modality)
    part: Part = {"type": "uri", "modality": modality or modality_of(string(mime)), "uri": address}
    if string(mime):
        part["mime_type"] = mime
    return part


def file(named: Any, modality: str | None = None) -> Part:
    """A file uploaded earlier, by its id."""
    return {"type": "file", "modality": modality or "file", "file_id": string(named)}


def modality_of(mime: str | None) -> str:
    """image, audio or video where the media type says so, else file."""
    kind = (mime or "").partition("/")[0]
    return kind if kind in ("image", "audio", "video") else "file"


def shrunk(value: Any, depth: int = 12) -> Any:
    """The value with long base64 strings replaced by their size and digest."""
    if isinstance(value, str):
        if value.startswith("data:"):
            return uri(value)
        return blob(value) if len(value) > 1000 and _BASE64.match(value) else value
    if depth and isinstance(value, dict):
        return {k: shrunk(v, depth - 1) for k, v in value.items()}
    if depth and isinstance(value, list):
        if len(value) > 64 and all(isinstance(v, int | float) for v in value):
            return {"type": "numbers", "count": len(value)}  # a vector
        return [shrunk(v, depth - 1) for v in value]
    return None if isinstance(value, dict | list) else value


def message(role: Any, parts: Iterable[Part], finish_reason: str | None = None) -> Message:
    """A message; a role that is no string is unknown."""
    return Message(string(role) or "unknown", tuple(parts), finish_reason)


def user(*contents: Any) -> tuple[Message, ...]:
    """One user message for each string with something in it."""
    return tuple(Message.text("user", c) for c in contents if isinstance(c, str) and c)


def answer(parts: Iterable[Part], finish_reason: Any = None) -> Message:
    """One answer (choice) of the model."""
    return Message("assistant", tuple(parts), string(finish_reason))


def functions(tools: Any) -> Any:
    """Tool definitions as sent, or None."""
    return shrunk(tools) if items(tools) or mapping(tools) else None


def strings(value: Any) -> list[str]:
    """A string, or the strings of a list, also of objects with a `text`."""
    if isinstance(value, str):
        return [value]
    found = [v for v in items(value) if isinstance(v, str)]
    return found + [v["text"] for v in mappings(value) if isinstance(v.get("text"), str)]


def as_text(value: Any) -> str:
    """A JSON value as compact text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _debased(data: Any) -> bytes | None:
    if not isinstance(data, str) or not data:
        return None
    data = data.translate({45: 43, 95: 47}).rstrip("=")  # the URL-safe alphabet too
    try:
        return base64.b64decode(data + "=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return None
