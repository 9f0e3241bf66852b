"""Batches: requests handed in together, answers fetched later as lines of a file, joined by the batch's id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jupyter_aiprov.model import Exchange, Invocation
from jupyter_aiprov.readers import _body, _reading
from jupyter_aiprov.readers._json import dig, mapping, string, whole

ID = "batch.id"
FILE = "batch.file"  # the file that holds the answers
COUNT = "batch.count"
FAILED = "batch.failed"
ENDED = ("completed", "ended", "failed", "expired", "cancelled", "canceled", "success")


def asked(requests: Sequence[Invocation], why: str | None = None, model: str | None = None) -> Invocation:
    """What a batch asks for, as far as its requests are in the body."""
    models = {r.request_model for r in requests if r.request_model}
    return Invocation(
        operation="batch",
        request_model=model or (models.pop() if len(models) == 1 else None),
        input=tuple(m for r in requests for m in r.input),
        extra={COUNT: len(requests)} if requests else {},
        unparsed=why,
    )


def created(payload: Any) -> dict[str, Any]:
    """A batch as the service describes it: its id, its state and, in the end, its result file."""
    payload = mapping(payload)
    payload = mapping(payload.get("batch")) or payload  # Cohere wraps it
    status = string(payload.get("status")) or string(payload.get("processing_status")) or string(payload.get("state"))
    file = string(payload.get("output_file_id")) or string(payload.get("output_file"))
    own = string(payload.get("id")) or string(payload.get("name"))
    count = whole(dig(payload, "request_counts", "total"))
    return {
        "response_id": own,
        "response_model": string(payload.get("model")),
        "finish_reasons": (status,) if status else (),
        "complete": (status or "").removeprefix("BATCH_STATUS_").lower() in ENDED,
        "extra": {k: v for k, v in ((ID, own), (FILE, file), (COUNT, count)) if v},
    }


def results(
    exchange: Exchange, row: Callable[[str], _reading.Fields | None], batch_id: str | None, **extra: Any
) -> Invocation:
    """The result file read line by line; answers in the order of the file."""
    found: dict[str, Any] = {**({ID: batch_id} if batch_id else {}), **extra}
    asked = Invocation(operation="batch", response_id=batch_id, extra=found)
    response = exchange.response
    if response is None:
        return asked
    if response.status >= 400:
        return _reading.read(asked, exchange, created)
    text = _body.text(response)
    lines = [line for line in text.split("\n") if line.strip()]
    rows = [fields for line in lines if (fields := row(line)) is not None]
    models = {fields["response_model"] for fields in rows if fields.get("response_model")}
    reasons = tuple(r for fields in rows for r in fields.get("finish_reasons", ()))
    broken = len(lines) - len(rows)
    return Invocation(
        operation="batch",
        response_id=batch_id,
        response_model=models.pop() if len(models) == 1 else None,
        output=tuple(m for fields in rows for m in fields.get("output", ())),
        finish_reasons=tuple(dict.fromkeys(reasons)),
        complete=broken == 0 and bool(rows) and _reading.whole(exchange),
        unparsed=f"{broken} of {len(lines)} lines of the result file are not understood" if broken else None,
        extra=found | {COUNT: len(rows), FAILED: sum(1 for fields in rows if fields.get("error_type"))},
    )
