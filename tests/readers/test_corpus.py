"""Recorded traffic of many client libraries, where it lies beside the repository: every field right."""

import base64
import collections
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov import readers
from jupyter_aiprov.model import Exchange, Request, Response

SHARED = Path(__file__).parents[3] / "shared"
NEED = 0.995


def scorer() -> Any:
    pytest.importorskip("jupyter_client")
    spec = importlib.util.spec_from_file_location("corpus_score", SHARED / "tools" / "corpus_score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["corpus_score"] = module
    spec.loader.exec_module(module)
    return module


def body(part: dict[str, Any]) -> bytes:
    held = part.get("body") or ""
    return base64.b64decode(held) if part.get("body_encoding") == "base64" else held.encode()


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.skipif(not (SHARED / "corpus").is_dir(), reason="the corpus is not here")
def test_each_recorded_exchange_is_one_record_and_its_fields_are_right_in_every_dialect() -> None:
    score = scorer()
    right, total = collections.Counter[str](), collections.Counter[str]()
    for dialect, line in score.read(SHARED / "corpus", None, 0):
        sent, got, truth = line["request"], line["response"], line["expected"]
        request = Request(sent["method"], sent["url"], lower(sent["headers"]), body(sent))
        reader = readers.recognise(request)
        if reader is None or reader.kind == "housekeeping":
            assert dialect in score.MAY_IGNORE, line["id"]
            continue
        found = reader.read(Exchange(request, Response(got["status"], lower(got["headers"]), body(got))))
        capture = {"streamed": found.streamed, "complete": found.complete}
        fields = score.record_fields({**found.attributes(), **found.content(), "capture": capture})
        for name in truth["scored"]:
            total[dialect] += 1
            right[dialect] += score.right(name, truth, fields)
    shares = {dialect: right[dialect] / total[dialect] for dialect in total}
    assert {dialect: share for dialect, share in shares.items() if share < NEED} == {}
