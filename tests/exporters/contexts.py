"""RO-Crate's JSON-LD context, served without a network: the terms that our crates use, mapped as version 1.1 maps them."""

from __future__ import annotations

import io
import json
from typing import Any

URL = "https://w3id.org/ro/crate/1.1/context"
_SCHEMA = (
    "CreativeWork Dataset Organization Person SoftwareApplication CreateAction about actionStatus agent author contentSize "
    "datePublished description encodingFormat endTime error hasPart instrument license mentions name object publisher result "
    "softwareVersion startTime url version conformsTo"
).split()
CONTEXT: dict[str, Any] = {
    "@context": {
        **{t: f"http://schema.org/{t}" for t in _SCHEMA},
        "File": "http://schema.org/MediaObject",
        "conformsTo": "http://purl.org/dc/terms/conformsTo",
    }
}


def serve(monkeypatch: Any) -> None:
    """Answer the context's address locally and refuse every other one."""
    import rdflib.plugins.shared.jsonld.context as context_module
    import rdflib.plugins.shared.jsonld.util as util_module
    import requests

    text = json.dumps(CONTEXT)

    def source_to_json(source: Any, *args: Any, **kwargs: Any) -> Any:
        if str(source).startswith("https://w3id.org/ro/crate/1.1"):
            return CONTEXT, None
        return original(source, *args, **kwargs)

    original = util_module.source_to_json
    monkeypatch.setattr(util_module, "source_to_json", source_to_json)
    monkeypatch.setattr(context_module, "source_to_json", source_to_json)

    def send(self: Any, request: Any, **kwargs: Any) -> Any:
        answer = requests.Response()
        answer.url = request.url
        answer.request = request
        answer.status_code = 200 if request.url.startswith("https://w3id.org/ro/crate/1.1") else 404
        answer.headers["Content-Type"] = "application/ld+json"
        answer.raw = io.BytesIO(text.encode() if answer.status_code == 200 else b"")
        return answer

    monkeypatch.setattr(requests.Session, "send", send)
