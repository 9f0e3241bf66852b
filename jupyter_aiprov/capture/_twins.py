"""gRPC calls put as the REST calls they are twins of, for the readers of the REST APIs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jupyter_aiprov.model import Request

_GOOGLE = (
    "google.cloud.aiplatform.v1.PredictionService",
    "google.cloud.aiplatform.v1beta1.PredictionService",
    "google.ai.generativelanguage.v1.GenerativeService",
    "google.ai.generativelanguage.v1alpha.GenerativeService",
    "google.ai.generativelanguage.v1beta.GenerativeService",
)
_QUIET = ("List", "Get", "Delete", "Count", "Tokenize", "Cancel", "Update")


class Twin:
    """One call: its request as REST would send it, and its answers as REST would give them."""

    def __init__(self, method: str, target: str, message: Any) -> None:
        service, _, name = method.strip("/").rpartition("/")
        self._xai = service.startswith("xai_api.")
        self._chat = self._xai and name in ("GetCompletion", "GetCompletionChunk")
        self.streamed = name in ("GetCompletionChunk", "StreamGenerateContent")
        fields = plain(message, camel=not self._xai)
        host = target.removeprefix("dns:///").removeprefix("ipv4:").removeprefix("ipv6:")
        base = f"https://{host}"
        if self._chat:
            url, body = f"{base}/v1/chat/completions", {**_chat(fields), "stream": self.streamed}
        elif service == "xai_api.Embedder":
            texts = [item.get("string", "") for item in fields.get("input", ())]
            url, body = f"{base}/v1/embeddings", {"model": fields.get("model"), "input": texts}
        elif self._xai:
            url, body = f"{base}/v1/{service.rpartition('.')[2].lower()}/{name}", fields
        else:
            version = service.split(".")[-2]
            model = str(fields.pop("model", fields.pop("endpoint", "models/unknown")))
            verb = name[0].lower() + name[1:]
            url, body = f"{base}/{version}/{model}:{verb}" + ("?alt=sse" if self.streamed else ""), fields
        self.request = Request("POST", url, {"content-type": "application/json"}, json.dumps(body).encode())

    @property
    def headers(self) -> dict[str, str]:
        """What REST would say the answer is."""
        return {"content-type": "text/event-stream" if self.streamed else "application/json"}

    def answer(self, message: Any) -> bytes:
        """One message of the answer."""
        fields = plain(message, camel=not self._xai)
        data = json.dumps(_answer(fields, streamed=self.streamed) if self._chat else fields).encode()
        return b"data: " + data + b"\n\n" if self.streamed else data

    def end(self) -> bytes:
        """The mark at the end of a stream that ended well."""
        return b"data: [DONE]\n\n" if self._chat and self.streamed else b""


def twin_of(method: Any, target: Any, message: Any) -> Twin | None:
    """The twin of a call to an AI service; None for any other gRPC."""
    name = method.decode() if isinstance(method, bytes) else str(method)
    service, _, verb = name.strip("/").rpartition("/")
    if service not in _GOOGLE and not service.startswith("xai_api."):
        return None
    if (verb.startswith(_QUIET) and not verb.startswith("GetCompletion")) or service.endswith((".Auth", ".Models")):
        return None  # housekeeping
    return Twin(name, target.decode() if isinstance(target, bytes) else str(target), message)


def plain(message: Any, *, camel: bool) -> dict[str, Any]:
    """A protobuf message (or proto-plus around it) as plain values."""
    from google.protobuf.json_format import MessageToDict

    out: dict[str, Any] = MessageToDict(getattr(message, "_pb", message), preserving_proto_field_name=not camel)
    return out


def _name(value: Any, prefix: str) -> str | None:
    return str(value).removeprefix(prefix).lower() if value else None


def _text(content: Any) -> Any:
    """xAI's content parts as OpenAI's: a text where there is nothing else."""
    if isinstance(content, str):
        return content
    parts = [p for p in content or () if isinstance(p, Mapping)]
    if all(set(p) <= {"text"} for p in parts):
        return "".join(p.get("text", "") for p in parts)
    out = []
    for part in parts:
        if "text" in part:
            out.append({"type": "text", "text": part["text"]})
        elif "image_url" in part:
            out.append({"type": "image_url", "image_url": {"url": part["image_url"].get("image_url", "")}})
        else:
            out.append({"type": "file", **part})
    return out


def _message(fields: Mapping[str, Any], prefix: str = "ROLE_") -> dict[str, Any]:
    out: dict[str, Any] = {"content": _text(fields.get("content"))}
    role = _name(fields.get("role"), prefix)
    if role:
        out["role"] = role
    if fields.get("reasoning_content"):
        out["reasoning_content"] = fields["reasoning_content"]
    if fields.get("tool_call_id"):
        out["tool_call_id"] = fields["tool_call_id"]
    calls = [c for c in fields.get("tool_calls") or () if isinstance(c, Mapping)]
    if calls:
        out["tool_calls"] = [
            {"id": c.get("id"), "type": "function", "function": dict(c.get("function") or {}), "index": i}
            for i, c in enumerate(calls)
        ]
    return out


def _chat(fields: Mapping[str, Any]) -> dict[str, Any]:
    body = {k: v for k, v in fields.items() if k not in ("messages", "reasoning_effort")}
    body["messages"] = [_message(m) for m in fields.get("messages") or ()]
    if fields.get("reasoning_effort"):
        body["reasoning_effort"] = _name(fields["reasoning_effort"], "EFFORT_")
    return body


def _answer(fields: Mapping[str, Any], *, streamed: bool) -> dict[str, Any]:
    choices = []
    for output in fields.get("outputs") or ():
        said = _message(output.get("delta" if streamed else "message") or {})
        reason = _name(output.get("finish_reason"), "REASON_")
        choices.append(
            {"index": output.get("index", 0), "delta" if streamed else "message": said, "finish_reason": reason}
        )
    out = {k: fields[k] for k in ("id", "model", "system_fingerprint", "service_tier") if fields.get(k)}
    if fields.get("usage"):
        raw = dict(fields["usage"])
        details = {"cached_tokens": raw["cached_prompt_text_tokens"]} if raw.get("cached_prompt_text_tokens") else None
        thought = {"reasoning_tokens": raw["reasoning_tokens"]} if raw.get("reasoning_tokens") else None
        out["usage"] = {
            **raw,
            **({"prompt_tokens_details": details} if details else {}),
            **({"completion_tokens_details": thought} if thought else {}),
        }
    kind = "chat.completion.chunk" if streamed else "chat.completion"
    return {**out, "object": kind, "choices": choices}
