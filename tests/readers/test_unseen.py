"""Exchanges written before the readers were looked at, replayed through a real client and scored field by field.

`accept` lists what is just as right; `asked` is the text of the question, `asked_has` and `holds` what question and
answer hold somewhere (reasoning, refusals, labels).
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from jupyter_aiprov import readers
from jupyter_aiprov.capture import install
from jupyter_aiprov.model import Exchange
from tests.capture.fake_tap import FakeTap
from tests.readers.conftest import UNSEEN, Case, found

SECONDARY = ("accept", "parameters", "asked", "asked_has", "holds")


def squeezed(text: str) -> str:
    return "".join(text.split())


def replayed(case: Case) -> Exchange | None:
    """What capture kept of the exchange, its answer cut at random places."""
    httpx = pytest.importorskip("httpx")
    answer = case.exchange.response
    assert answer is not None
    cuts = random.Random(case.name)
    sent, headers = answer.body, dict(answer.headers)
    if case.coding:
        sent, headers["content-encoding"] = gzip.compress(sent, mtime=0), case.coding

    class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):  # type: ignore[misc,name-defined]
        def __iter__(self) -> Iterator[bytes]:
            at = 0
            while at < len(sent):
                size = cuts.choice([1, 7, 64, 500])
                yield sent[at : at + size]
                at += size

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in self:
                yield piece

    def handler(_request: Any) -> Any:
        return httpx.Response(answer.status, headers=headers, stream=Pieces())

    asked = case.exchange.request
    tap = FakeTap(lambda request: readers.recognise(request) is not None)
    with install(tap), httpx.Client(transport=httpx.MockTransport(handler)) as client:
        got = client.request(asked.method, asked.url, headers=dict(asked.headers), content=asked.body)
        assert got.content == answer.body
    return tap.call.exchange if tap.calls else None


def fields(case: Case) -> Iterator[tuple[str, bool, Any, Any]]:
    """Name, agreement, wanted and found of each field that is known of an exchange."""
    wanted = dict(case.expect)
    accept = wanted.get("accept", {})
    exchange = replayed(case)
    reader = readers.recognise(case.exchange.request)
    if wanted == {"kind": None}:  # nothing that a model answers
        yield "kind", exchange is None, None, reader
        return
    if exchange is None or reader is None:
        for name in set(wanted) - {"accept"}:
            yield name, False, wanted[name], "no record"
        return
    invocation = reader.read(exchange)
    got = found(invocation)
    for name in sorted(set(wanted) - set(SECONDARY)):
        right = [wanted[name], *accept.get(name, [])]
        yield name, got[name] in right, wanted[name], got[name]
    for name, value in wanted.get("parameters", {}).items():
        yield f"parameters.{name}", got["parameters"].get(name) == value, value, got["parameters"].get(name)
    said = [*invocation.system, *(part for message in invocation.input for part in message.parts)]
    asked = json.dumps([dict(part) for part in said], ensure_ascii=False)
    if "asked" in wanted:
        texts = [p.get("content", p.get("response")) for p in said if p["type"] in ("text", "tool_call_response")]
        text = "".join(t if isinstance(t, str) else json.dumps(t, ensure_ascii=False) for t in texts)
        yield "asked", squeezed(text) == squeezed(wanted["asked"]), wanted["asked"], text
    if "asked_has" in wanted:
        yield "asked_has", wanted["asked_has"] in asked, wanted["asked_has"], asked
    if "holds" in wanted:
        answer = json.dumps(got["output"], ensure_ascii=False)
        yield "holds", wanted["holds"] in answer, wanted["holds"], answer
    yield "unparsed", got["unparsed"] is None, None, got["unparsed"]


@pytest.mark.parametrize("unseen", UNSEEN, ids=[case.name for case in UNSEEN])
def test_what_the_published_reference_says_is_what_the_record_says(unseen: Case) -> None:
    assert [field for field in fields(unseen) if not field[1]] == []
