"""Amazon SageMaker endpoints: whatever the container behind them speaks, streamed as frames of raw bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation, Response
from jupyter_aiprov.readers import _aws, _body, _generic
from jupyter_aiprov.readers._json import items, string
from jupyter_aiprov.readers._registry import reads

HOST = (
    "runtime.sagemaker.*.amazonaws.com",
    "runtime.sagemaker.*.amazonaws.com.cn",
    "runtime-fips.sagemaker.*.amazonaws.com",
)


def _asks(body: dict[str, Any]) -> bool:
    """A body that a language model is asked with: behind a private address the path alone says too little."""
    return bool(items(body.get("messages"))) or any(string(body.get(key)) for key in ("inputs", "prompt"))


@reads(path="/endpoints/*/invocations", shape=_asks, provider="aws.sagemaker")
@reads(host=HOST, path="/endpoints/*/invocations", provider="aws.sagemaker")
def invoke(exchange: Exchange) -> Invocation:
    """The endpoint is the model that is asked for."""
    return _generic.call(exchange)


@reads(host=HOST, path="/endpoints/*/async-invocations", provider="aws.sagemaker")
def invoke_async(exchange: Exchange) -> Invocation:
    """The answer goes to a bucket: never complete here."""
    return replace(_generic.call(exchange), complete=False)


@reads(path="/endpoints/*/invocations-response-stream", shape=_asks, provider="aws.sagemaker")
@reads(host=HOST, path="/endpoints/*/invocations-response-stream", provider="aws.sagemaker")
def stream(exchange: Exchange) -> Invocation:
    """Parts cut anywhere, put together and read as the container's own answer; an exception's frame fails it."""
    response = exchange.response
    if response is None or "eventstream" not in _body.media_type(response):
        return _generic.call(exchange)
    opened, failed = _opened(response)
    found = _generic.call(replace(exchange, response=opened))
    if failed is not None:
        return replace(found, streamed=True, complete=False, error_type=failed, unparsed=None)
    return replace(found, streamed=True)


def _opened(response: Response) -> tuple[Response, str | None]:
    """What the parts hold, under its own media type, and the name of the exception that ended them."""
    body, failed = b"", None
    for headers, payload in _aws.frames(_body.decoded(response)):
        if headers.get(":message-type", "event") == "event":
            body += payload
        else:
            failed = headers.get(":exception-type") or headers.get(":error-code") or "_OTHER"
    start = body.lstrip()[:6]
    if start.startswith(_body.EVENTS):
        kind = "text/event-stream"
    elif start.startswith(b"{"):
        kind = "application/x-ndjson"
    else:
        kind = "text/plain"
    return Response(response.status, {"content-type": kind}, body, response.truncated, len(body)), failed
