"""A dialect is known by its shape: behind an institution's own address the same is read, but for the provider."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from jupyter_aiprov import readers
from jupyter_aiprov.model import Request
from tests.readers.conftest import CASES, UNSEEN, Case, found

# what gateways and servers of one's own speak; the rest is known by its host alone
SPOKEN = (
    "openai_chat.", "openai_responses.responses", "openai_media.images", "openai_media.speech",
    "openai_media.transcription", "openai_media.moderation", "openai_media.video", "openai_assistants.run",
    "anthropic.messages", "anthropic.complete", "gemini.generate", "gemini.predict", "gemini_interactions.interactions",
    "bedrock.converse", "bedrock.invoke", "mistral.fill_in", "mistral.agent", "mistral.ocr", "cohere.chat",
    "cohere.embed", "embeddings.", "ollama.", "local_servers.", "platforms.", "deferred.sonar",
)  # fmt: skip


def behind(request: Request) -> Request:
    address = urlsplit(request.url)
    return replace(request, url=f"https://llm.lab.example/team{address.path}?{address.query}")


def spoken(case: Case) -> bool:
    reader = readers.recognise(case.exchange.request)
    asked = case.exchange.request
    return reader is not None and reader.name.startswith(SPOKEN) and asked.method == "POST" and bool(asked.body)


@pytest.mark.parametrize("told", [c for c in CASES + UNSEEN if spoken(c)], ids=lambda c: c.name)
def test_behind_a_gateway_a_dialect_is_read_as_at_its_provider(told: Case) -> None:
    known = readers.recognise(told.exchange.request)
    reader = readers.recognise(behind(told.exchange.request))
    assert known is not None
    assert reader is not None
    here = found(reader.read(replace(told.exchange, request=behind(told.exchange.request))))
    there = found(known.read(told.exchange))
    assert {k: v for k, v in here.items() if k != "provider"} == {k: v for k, v in there.items() if k != "provider"}
