"""Each SDK and framework: one record per request on the wire, the same answer with and without us."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_aiprov.capture import install
from tests.loopback import TEXT, Loopback

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore"),  # the SDKs' own deprecations and unclosed sockets
]

HI = [{"role": "user", "content": "hi"}]
Surface = Callable[[str], Any]
SURFACES: dict[str, tuple[str, Surface]] = {}
KEY = "sk-s3cret-0123456789"


def surface(library: str) -> Callable[[Surface], Surface]:
    def note(function: Surface) -> Surface:
        SURFACES[function.__name__] = (library, function)
        return function

    return note


def run(awaitable: Any) -> Any:
    return asyncio.run(awaitable)


# ── anthropic ─────────────────────────────────────────────────────────────────────────


def claude(base: str, kind: str = "Anthropic") -> Any:
    import anthropic

    return getattr(anthropic, kind)(base_url=base, api_key=KEY, max_retries=0)


CLAUDE = {"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": HI}


@surface("anthropic")
def anthropic_create(base: str) -> Any:
    return claude(base).messages.create(**CLAUDE).content[0].text


@surface("anthropic")
def anthropic_stream(base: str) -> Any:
    return [event.type for event in claude(base).messages.create(**CLAUDE, stream=True)]


@surface("anthropic")
def anthropic_stream_text(base: str) -> Any:
    with claude(base).messages.stream(**CLAUDE) as stream:
        return list(stream.text_stream), stream.get_final_message().usage.output_tokens


@surface("anthropic")
def anthropic_stream_left_early(base: str) -> Any:
    with claude(base).messages.stream(**CLAUDE) as stream:
        for text in stream.text_stream:
            return text
    return None


@surface("anthropic")
def anthropic_raw(base: str) -> Any:
    return claude(base).messages.with_raw_response.create(**CLAUDE).parse().content[0].text


@surface("anthropic")
def anthropic_streaming_response(base: str) -> Any:
    with claude(base).messages.with_streaming_response.create(**CLAUDE) as answer:
        return answer.parse().content[0].text


@surface("anthropic")
def anthropic_beta(base: str) -> Any:
    return claude(base).beta.messages.create(**CLAUDE).content[0].text


@surface("anthropic")
def anthropic_beta_stream_async(base: str) -> Any:
    async def ask() -> Any:
        async with claude(base, "AsyncAnthropic") as client, client.beta.messages.stream(**CLAUDE) as stream:
            return [text async for text in stream.text_stream], (await stream.get_final_message()).id

    return run(ask())


@surface("anthropic")
def anthropic_async(base: str) -> Any:
    async def ask() -> Any:
        async with claude(base, "AsyncAnthropic") as client:
            return (await client.messages.create(**CLAUDE)).content[0].text

    return run(ask())


@surface("anthropic")
def anthropic_count_tokens(base: str) -> Any:
    return claude(base).messages.count_tokens(model="claude-sonnet-4-5", messages=HI).input_tokens


# ── google-genai ──────────────────────────────────────────────────────────────────────


def gemini(base: str) -> Any:
    from google import genai

    return genai.Client(api_key=KEY, http_options={"base_url": base})


@surface("google.genai")
def gemini_generate(base: str) -> Any:
    client = gemini(base)
    return client.models.generate_content(model="gemini-2.5-flash", contents="hi").text


@surface("google.genai")
def gemini_stream(base: str) -> Any:
    client = gemini(base)
    return [c.text for c in client.models.generate_content_stream(model="gemini-2.5-flash", contents="hi")]


@surface("google.genai")
def gemini_async(base: str) -> Any:
    async def ask() -> Any:
        client = gemini(base).aio
        try:
            return (await client.models.generate_content(model="gemini-2.5-flash", contents="hi")).text
        finally:
            await client.aclose()

    return run(ask())


@surface("google.genai")
def gemini_async_stream(base: str) -> Any:
    async def ask() -> Any:
        client = gemini(base).aio
        stream = await client.models.generate_content_stream(model="gemini-2.5-flash", contents="hi")
        try:
            return [piece.text async for piece in stream]
        finally:
            await client.aclose()

    return run(ask())


# ── the others ────────────────────────────────────────────────────────────────────────


def mistral(base: str) -> Any:
    module: Any = importlib.import_module("mistralai")
    kind = getattr(module, "Mistral", None) or importlib.import_module("mistralai.client").Mistral
    return kind(api_key=KEY, server_url=base)


@surface("mistralai")
def mistral_chat(base: str) -> Any:
    return mistral(base).chat.complete(model="mistral-small", messages=HI).choices[0].message.content


@surface("mistralai")
def mistral_stream(base: str) -> Any:
    with mistral(base).chat.stream(model="mistral-small", messages=HI) as events:
        return [event.data.choices[0].delta.content for event in events]


@surface("mistralai")
def mistral_async(base: str) -> Any:
    async def ask() -> Any:
        async with mistral(base) as client:
            return (await client.chat.complete_async(model="mistral-small", messages=HI)).choices[0].message.content

    return run(ask())


@surface("cohere")
def cohere_chat(base: str) -> Any:
    import cohere

    return cohere.ClientV2(api_key=KEY, base_url=base).chat(model="command-r", messages=HI).message.content[0].text


@surface("cohere")
def cohere_stream(base: str) -> Any:
    import cohere

    events = cohere.ClientV2(api_key=KEY, base_url=base).chat_stream(model="command-r", messages=HI)
    return [event.type for event in events]


@surface("cohere")
def cohere_embed(base: str) -> Any:
    import cohere

    client = cohere.ClientV2(api_key=KEY, base_url=base)
    return client.embed(model="e", texts=["a"], input_type="search_query", embedding_types=["float"]).id


@surface("groq")
def groq_chat(base: str) -> Any:
    import groq

    client = groq.Groq(base_url=base, api_key=KEY)
    return client.chat.completions.create(model="llama", messages=HI).choices[0].message.content


@surface("groq")
def groq_stream(base: str) -> Any:
    import groq

    client = groq.Groq(base_url=base, api_key=KEY)
    return len(list(client.chat.completions.create(model="llama", messages=HI, stream=True)))


@surface("together")
def together_chat(base: str) -> Any:
    import together

    client = together.Together(base_url=base + "/v1", api_key=KEY)
    return client.chat.completions.create(model="llama", messages=HI).choices[0].message.content


@surface("ollama")
def ollama_chat(base: str) -> Any:
    import ollama

    return ollama.Client(host=base).chat(model="llama3", messages=HI).message.content


@surface("ollama")
def ollama_stream(base: str) -> Any:
    import ollama

    return [p.response for p in ollama.Client(host=base).generate(model="llama3", prompt="hi", stream=True)]


@surface("ollama")
def ollama_async(base: str) -> Any:
    import ollama

    return run(ollama.AsyncClient(host=base).chat(model="llama3", messages=HI)).message.content


@surface("huggingface_hub")
def huggingface_chat(base: str) -> Any:
    from huggingface_hub import InferenceClient

    return InferenceClient(base_url=base + "/v1", api_key=KEY).chat_completion(HI, model="m").choices[0].message.content


@surface("huggingface_hub")
def huggingface_stream(base: str) -> Any:
    from huggingface_hub import InferenceClient

    client = InferenceClient(base_url=base + "/v1", api_key=KEY)
    return len(list(client.chat_completion(HI, model="m", stream=True)))


def bedrock(base: str) -> Any:
    import boto3

    keys = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": KEY}
    return boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=base, **keys)


@surface("boto3")
def bedrock_converse(base: str) -> Any:
    asked = [{"role": "user", "content": [{"text": "hi"}]}]
    answer = bedrock(base).converse(modelId="anthropic.claude-v2", messages=asked)
    return answer["output"]["message"]["content"][0]["text"]


@surface("boto3")
def bedrock_converse_stream(base: str) -> Any:
    asked = [{"role": "user", "content": [{"text": "hi"}]}]
    return list(bedrock(base).converse_stream(modelId="anthropic.claude-v2", messages=asked)["stream"])


@surface("boto3")
def bedrock_invoke(base: str) -> Any:
    return bedrock(base).invoke_model(modelId="anthropic.claude-v2", body=b'{"max_tokens": 5}')["body"].read()


@surface("azure.ai.inference")
def azure_inference(base: str) -> Any:
    from azure.ai.inference import ChatCompletionsClient
    from azure.core.credentials import AzureKeyCredential

    client = ChatCompletionsClient(endpoint=base, credential=AzureKeyCredential(KEY))
    return client.complete(messages=HI, model="m").choices[0].message.content


# ── frameworks ────────────────────────────────────────────────────────────────────────


@surface("litellm")
def litellm_chat(base: str) -> Any:
    import litellm

    answer = litellm.completion(model="openai/gpt-4o-mini", messages=HI, api_base=base + "/v1", api_key=KEY)
    return answer.choices[0].message.content


@surface("litellm")
def litellm_stream(base: str) -> Any:
    import litellm

    asked = {"model": "openai/gpt-4o-mini", "messages": HI, "api_base": base + "/v1", "api_key": KEY}
    return "".join(c.choices[0].delta.content or "" for c in litellm.completion(**asked, stream=True))


@surface("litellm")
def litellm_anthropic(base: str) -> Any:
    import litellm

    answer = litellm.completion(model="anthropic/claude-sonnet-4-5", messages=HI, api_base=base, api_key=KEY)
    return answer.choices[0].message.content


@surface("litellm")
def litellm_async(base: str) -> Any:
    import litellm

    asked = {"model": "openai/gpt-4o-mini", "messages": HI, "api_base": base + "/v1", "api_key": KEY}
    return run(litellm.acompletion(**asked)).choices[0].message.content


@surface("langchain_openai")
def langchain_invoke(base: str) -> Any:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY).invoke("hi").content


@surface("langchain_openai")
def langchain_stream(base: str) -> Any:
    from langchain_openai import ChatOpenAI

    llm = ChatOpenAI(model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY)
    return "".join(piece.content for piece in llm.stream("hi"))


@surface("langchain_openai")
def langchain_batch(base: str) -> Any:
    from langchain_openai import ChatOpenAI

    llm = ChatOpenAI(model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY)
    return [answer.content for answer in llm.batch(["a", "b", "c"])]


@surface("langchain_anthropic")
def langchain_anthropic(base: str) -> Any:
    from langchain_anthropic import ChatAnthropic

    return ChatAnthropic(model="claude-sonnet-4-5", base_url=base, api_key=KEY).invoke("hi").content


@surface("instructor")
def instructor_extract(base: str) -> Any:
    import instructor
    import openai
    from pydantic import BaseModel

    class Answer(BaseModel):
        answer: str

    client = instructor.from_openai(openai.OpenAI(base_url=base + "/v1", api_key=KEY))
    return client.chat.completions.create(model="gpt-4o-mini", messages=HI, response_model=Answer).answer


@surface("pydantic_ai")
def pydantic_ai_agent(base: str) -> Any:
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel("gpt-4o-mini", provider=OpenAIProvider(base_url=base + "/v1", api_key=KEY))
    return Agent(model).run_sync("hi").output


@surface("smolagents")
def smolagents_model(base: str) -> Any:
    from smolagents import OpenAIServerModel

    return OpenAIServerModel("gpt-4o-mini", api_base=base + "/v1", api_key=KEY).generate(HI).content


@surface("dspy")
def dspy_lm(base: str) -> Any:
    import dspy

    return dspy.LM("openai/gpt-4o-mini", api_base=base + "/v1", api_key=KEY, cache=False)("hi")


@surface("dspy")
def dspy_async(base: str) -> Any:
    import dspy

    return run(dspy.LM("openai/gpt-4o-mini", api_base=base + "/v1", api_key=KEY, cache=False).acall("hi"))


@surface("agents")
def openai_agents(base: str) -> Any:
    import openai
    from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, Runner, set_tracing_disabled

    set_tracing_disabled(True)

    async def ask() -> Any:
        async with openai.AsyncOpenAI(base_url=base + "/v1", api_key=KEY) as client:
            model = OpenAIChatCompletionsModel("gpt-4o-mini", client)
            agent = Agent("a", model=model, model_settings=ModelSettings())
            return (await Runner.run(agent, "hi")).final_output

    return run(ask())


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither telemetry nor proxies nor price lists from the net."""
    for name, value in {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True", "DO_NOT_TRACK": "1", "LANGSMITH_TRACING": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "*",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    for name in [n for n in os.environ if n.lower() in ("http_proxy", "https_proxy", "all_proxy")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("name", SURFACES)
def test_one_record_per_request_and_the_same_answer(name: str, server: Loopback, tap: Any) -> None:
    library, ask = SURFACES[name]
    pytest.importorskip(library, exc_type=ImportError)
    expected = ask(server.url())
    gc.collect()
    asked = [path for path in server.paths if "/api/tags" not in path]
    assert asked, "the surface must reach the wire"
    server.hits.clear()
    with install(tap):
        assert ask(server.url()) == expected
        gc.collect()
        assert len(tap.calls) == server.count == len(asked), (tap.by_method(), server.paths)
        for call in tap.calls:
            assert call.status == 200
            assert call.ended is not None
            assert KEY not in str(call.request.headers)
            assert TEXT.split()[0].encode() in call.body or call.body
        assert tap.gaps == []
