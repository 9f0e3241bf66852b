"""RO-Crate's JSON-LD context, served without a network: the terms that our crates use, as version 1.1 maps them."""

from __future__ import annotations

import email.message
import io
import json
import urllib.response
from typing import Any

URL = "https://w3id.org/ro/crate/1.1/context"
_SCHEMA = [
    "CreativeWork",
    "Dataset",
    "Organization",
    "Person",
    "SoftwareApplication",
    "CreateAction",
    "about",
    "actionStatus",
    "agent",
    "author",
    "contentSize",
    "datePublished",
    "description",
    "encodingFormat",
    "endTime",
    "error",
    "hasPart",
    "instrument",
    "license",
    "mentions",
    "name",
    "object",
    "publisher",
    "result",
    "softwareVersion",
    "startTime",
    "url",
    "version",
    "conformsTo",
]
CONTEXT: dict[str, Any] = {
    "@context": {
        **{t: f"http://schema.org/{t}" for t in _SCHEMA},
        "File": "http://schema.org/MediaObject",
        "conformsTo": "http://purl.org/dc/terms/conformsTo",
    }
}


def serve(monkeypatch: Any) -> None:
    """Answer the context's address locally and refuse every other one."""
    import rdflib.parser
    import requests
    import urllib3

    text = json.dumps(CONTEXT).encode()

    def known(url: str) -> bool:
        return url.startswith("https://w3id.org/ro/crate/1.1")

    def send(self: Any, request: Any, **kwargs: Any) -> Any:
        answer = requests.Response()
        answer.url, answer.request = request.url, request
        answer.status_code = 200 if known(request.url) else 404
        answer.headers["Content-Type"] = "application/ld+json"
        body = io.BytesIO(text if known(request.url) else b"")
        answer.raw = urllib3.HTTPResponse(
            body, status=answer.status_code, preload_content=False, request_url=request.url
        )
        return answer

    def urlopen(request: Any, *args: Any, **kwargs: Any) -> Any:
        url = request if isinstance(request, str) else request.full_url
        if not known(url):
            raise OSError(f"not served in tests: {url}")
        headers = email.message.Message()
        headers["Content-Type"] = "application/ld+json"
        return urllib.response.addinfourl(io.BytesIO(text), headers, url, 200)

    monkeypatch.setattr(requests.Session, "send", send)
    monkeypatch.setattr(rdflib.parser, "_urlopen", urlopen)
