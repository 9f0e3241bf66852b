"""What SDKs ask beyond chat: interactions, conversations, decisions, pictures, tasks, and streams let go of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.capture.more_surfaces import gpt
from tests.capture.sdk_surfaces import gemini, kept_gemini, mistral
from tests.capture.surfaces import HI, KEY, kept, run, surface

# ── google-genai ──────────────────────────────────────────────────────────────────────


def interactions_of(client: Any) -> Any:
    """The SDK's interactions, where it has them in the form of steps."""
    pytest.importorskip(
        "google.genai.interactions", reason="this google-genai has no interactions", exc_type=ImportError
    )
    return client.interactions


@surface("google.genai")
def gemini_interaction(base: str) -> Any:
    found = interactions_of(kept_gemini(base)).create(model="gemini-3-flash", input="hi")
    return found.id, found.status


@surface("google.genai")
def gemini_interaction_stream(base: str) -> Any:
    events = interactions_of(kept_gemini(base)).create(model="gemini-3-flash", input="hi", stream=True)
    return [event.event_type for event in events]


@surface("google.genai")
def gemini_interaction_async_stream(base: str) -> Any:
    async def ask() -> Any:
        client = gemini(base).aio
        try:
            events = await interactions_of(client).create(model="gemini-3-flash", input="hi", stream=True)
            return [event.event_type async for event in events]
        finally:
            await client.aclose()

    return run(ask())


@surface("google.genai")
def gemini_picture(base: str) -> Any:
    from google import genai

    client = kept(genai.Client, vertexai=True, api_key=KEY, http_options={"base_url": base})
    made = client.models.generate_images(model="imagen-4.0-generate-001", prompt="a cell")
    return [picture.image.image_bytes for picture in made.generated_images]


@surface("google.genai")
def gemini_vertex(base: str) -> Any:
    from google import genai

    client = kept(genai.Client, vertexai=True, api_key=KEY, http_options={"base_url": base})
    return [piece.text for piece in client.models.generate_content_stream(model="gemini-3-flash", contents="hi")]


# ── mistralai ─────────────────────────────────────────────────────────────────────────


@surface("mistralai")
def mistral_conversation(base: str) -> Any:
    with mistral(base) as client:
        return client.beta.conversations.start(model="mistral-medium", inputs="hi").outputs[0].content


@surface("mistralai")
def mistral_conversation_stream(base: str) -> Any:
    with mistral(base) as client, client.beta.conversations.start_stream(model="m", inputs="hi") as events:
        return [event.event for event in events]


# ── openai ────────────────────────────────────────────────────────────────────────────


@surface("openai")
def openai_decision(base: str) -> Any:
    pytest.importorskip("openai.resources.decisions", reason="this openai has no decisions", exc_type=ImportError)
    question = {"type": "predicate", "name": "dead", "predicate": "Is it dead?"}
    found = gpt(base).decisions.create(model="m", input="a cell", questions=[question])
    return found.answers[0].probability


@surface("openai")
def openai_responses_streaming_response(base: str) -> Any:
    with gpt(base).responses.with_streaming_response.create(model="m", input="hi", stream=True) as response:
        return len(list(response.iter_lines()))


# ── huggingface_hub ───────────────────────────────────────────────────────────────────


@surface("huggingface_hub")
def huggingface_text(base: str) -> Any:
    from huggingface_hub import InferenceClient

    return kept(InferenceClient, model=base, token=KEY).text_generation("hi", max_new_tokens=5)


@surface("huggingface_hub")
def huggingface_text_stream(base: str) -> Any:
    from huggingface_hub import InferenceClient

    return list(kept(InferenceClient, model=base, token=KEY).text_generation("hi", stream=True))


@surface("huggingface_hub")
def huggingface_summary(base: str) -> Any:
    from huggingface_hub import InferenceClient

    return kept(InferenceClient, model=base, token=KEY).summarization("a long text").summary_text


# ── cohere, groq, together ────────────────────────────────────────────────────────────


@surface("cohere")
def cohere_raw(base: str) -> Any:
    import cohere

    client = kept(cohere.ClientV2, api_key=KEY, base_url=base)
    return client.with_raw_response.chat(model="command-a", messages=HI).data.id


@surface("groq")
def groq_streaming_response(base: str) -> Any:
    import groq

    client = kept(groq.Groq, api_key=KEY, base_url=base, max_retries=0)
    with client.chat.completions.with_streaming_response.create(model="m", messages=HI) as response:
        return response.json()


@surface("together")
def together_picture(base: str) -> Any:
    import together

    client = kept(together.Together, api_key=KEY, base_url=base + "/v1", max_retries=0)
    return len(client.images.generate(model="m", prompt="a cell").data)
