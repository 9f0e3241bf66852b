"""The providers' own SDKs."""

from __future__ import annotations

import importlib
from typing import Any

from tests.capture.surfaces import HI, KEY, joined, joined_async, kept, run, surface


def claude(base: str, kind: str = "Anthropic") -> Any:
    import anthropic

    make = getattr(anthropic, kind)
    if kind == "Anthropic":
        return kept(make, base_url=base, api_key=KEY, max_retries=0)
    return make(base_url=base, api_key=KEY, max_retries=0)


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


def kept_gemini(base: str) -> Any:
    return kept(gemini, base)


@surface("google.genai")
def gemini_generate(base: str) -> Any:
    client = kept_gemini(base)
    return client.models.generate_content(model="gemini-2.5-flash", contents="hi").text


@surface("google.genai")
def gemini_stream(base: str) -> Any:
    client = kept_gemini(base)
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
    return kept(mistral, base).chat.complete(model="mistral-small", messages=HI).choices[0].message.content


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

    return (
        kept(cohere.ClientV2, api_key=KEY, base_url=base).chat(model="command-r", messages=HI).message.content[0].text
    )


@surface("cohere")
def cohere_stream(base: str) -> Any:
    import cohere

    events = kept(cohere.ClientV2, api_key=KEY, base_url=base).chat_stream(model="command-r", messages=HI)
    return [event.type for event in events]


@surface("cohere")
def cohere_embed(base: str) -> Any:
    import cohere

    client = kept(cohere.ClientV2, api_key=KEY, base_url=base)
    return client.embed(model="e", texts=["a"], input_type="search_query", embedding_types=["float"]).id


@surface("groq")
def groq_chat(base: str) -> Any:
    import groq

    client = kept(groq.Groq, base_url=base, api_key=KEY)
    return client.chat.completions.create(model="llama", messages=HI).choices[0].message.content


@surface("groq")
def groq_stream(base: str) -> Any:
    import groq

    client = kept(groq.Groq, base_url=base, api_key=KEY)
    return len(list(client.chat.completions.create(model="llama", messages=HI, stream=True)))


@surface("together")
def together_chat(base: str) -> Any:
    import together

    client = kept(together.Together, base_url=base + "/v1", api_key=KEY)
    return client.chat.completions.create(model="llama", messages=HI).choices[0].message.content


@surface("ollama")
def ollama_chat(base: str) -> Any:
    import ollama

    return kept(ollama.Client, host=base).chat(model="llama3", messages=HI).message.content


@surface("ollama")
def ollama_stream(base: str) -> Any:
    import ollama

    return [p.response for p in kept(ollama.Client, host=base).generate(model="llama3", prompt="hi", stream=True)]


@surface("ollama")
def ollama_async(base: str) -> Any:
    import ollama

    return run(ollama.AsyncClient(host=base).chat(model="llama3", messages=HI)).message.content


@surface("huggingface_hub")
def huggingface_chat(base: str) -> Any:
    from huggingface_hub import InferenceClient

    client = kept(InferenceClient, base_url=base + "/v1", api_key=KEY)
    return client.chat_completion(HI, model="m").choices[0].message.content


@surface("huggingface_hub")
def huggingface_stream(base: str) -> Any:
    from huggingface_hub import InferenceClient

    client = kept(InferenceClient, base_url=base + "/v1", api_key=KEY)
    return len(list(client.chat_completion(HI, model="m", stream=True)))


def bedrock(base: str) -> Any:
    import boto3

    keys = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": KEY}
    return kept(boto3.client, "bedrock-runtime", region_name="us-east-1", endpoint_url=base, **keys)


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
    return (
        bedrock(base)
        .invoke_model(modelId="anthropic.claude-v2", body=b'{"messages": [], "max_tokens": 5}')["body"]
        .read()
    )


@surface("azure.ai.inference")
def azure_inference(base: str) -> Any:
    from azure.ai.inference import ChatCompletionsClient
    from azure.core.credentials import AzureKeyCredential

    client = ChatCompletionsClient(endpoint=base, credential=AzureKeyCredential(KEY))
    return client.complete(messages=HI, model="m").choices[0].message.content


# ── more of each ──────────────────────────────────────────────────────────────────────


@surface("anthropic")
def anthropic_stream_async(base: str) -> Any:
    async def ask() -> Any:
        async with claude(base, "AsyncAnthropic") as client, client.messages.stream(**CLAUDE) as stream:
            return [text async for text in stream.text_stream], (await stream.get_final_message()).usage.output_tokens

    return run(ask())


@surface("anthropic")
def anthropic_beta_stream(base: str) -> Any:
    with claude(base).beta.messages.stream(**CLAUDE) as stream:
        return [event.type for event in stream], stream.get_final_text()


@surface("anthropic")
def anthropic_raw_stream(base: str) -> Any:
    return [e.type for e in claude(base).messages.with_raw_response.create(**CLAUDE, stream=True).parse()]


@surface("anthropic")
def anthropic_streaming_response_lines(base: str) -> Any:
    with claude(base).messages.with_streaming_response.create(**CLAUDE, stream=True) as answer:
        return list(answer.iter_lines())


@surface("anthropic")
def anthropic_async_streaming_response(base: str) -> Any:
    async def ask() -> Any:
        async with (
            claude(base, "AsyncAnthropic") as client,
            client.messages.with_streaming_response.create(**CLAUDE) as answer,
        ):
            return (await answer.parse()).content[0].text

    return run(ask())


@surface("google.genai")
def gemini_chat(base: str) -> Any:
    chat = kept_gemini(base).chats.create(model="gemini-2.5-flash")
    return chat.send_message("hi").text, "".join(piece.text for piece in chat.send_message_stream("again"))


@surface("google.genai")
def gemini_embed(base: str) -> Any:
    found = kept_gemini(base).models.embed_content(model="gemini-embedding-001", contents="hi")
    return [e.values for e in found.embeddings]


@surface("google.genai")
def gemini_async_embed(base: str) -> Any:
    async def ask() -> Any:
        client = gemini(base).aio
        try:
            found = await client.models.embed_content(model="gemini-embedding-001", contents="hi")
            return [e.values for e in found.embeddings]
        finally:
            await client.aclose()

    return run(ask())


@surface("mistralai")
def mistral_async_stream(base: str) -> Any:
    async def ask() -> Any:
        async with mistral(base) as client:
            events = await client.chat.stream_async(model="mistral-small", messages=HI)
            return [event.data.choices[0].delta.content async for event in events]

    return run(ask())


@surface("mistralai")
def mistral_embed(base: str) -> Any:
    return kept(mistral, base).embeddings.create(model="mistral-embed", inputs=["a"]).data[0].embedding


@surface("mistralai")
def mistral_fim(base: str) -> Any:
    return kept(mistral, base).fim.complete(model="codestral", prompt="def f():").choices[0].message.content


@surface("cohere")
def cohere_v1_chat(base: str) -> Any:
    import cohere

    return kept(cohere.Client, api_key=KEY, base_url=base).chat(model="command-r", message="hi").text


@surface("cohere")
def cohere_async(base: str) -> Any:
    import cohere

    async def ask() -> Any:
        async with cohere.AsyncClientV2(api_key=KEY, base_url=base) as client:
            return (await client.chat(model="command-r", messages=HI)).message.content[0].text

    return run(ask())


@surface("cohere")
def cohere_async_stream(base: str) -> Any:
    import cohere

    async def ask() -> Any:
        async with cohere.AsyncClientV2(api_key=KEY, base_url=base) as client:
            return [event.type async for event in client.chat_stream(model="command-r", messages=HI)]

    return run(ask())


@surface("cohere")
def cohere_rerank(base: str) -> Any:
    import cohere

    client = kept(cohere.ClientV2, api_key=KEY, base_url=base)
    return [r.index for r in client.rerank(model="rerank-v3.5", query="q", documents=["a", "b"]).results]


@surface("groq")
def groq_async_stream(base: str) -> Any:
    import groq

    async def ask() -> Any:
        async with groq.AsyncGroq(base_url=base, api_key=KEY) as client:
            return await joined_async(await client.chat.completions.create(model="llama", messages=HI, stream=True))

    return run(ask())


@surface("groq")
def groq_raw(base: str) -> Any:
    import groq

    client = kept(groq.Groq, base_url=base, api_key=KEY)
    return client.chat.completions.with_raw_response.create(model="llama", messages=HI).parse().to_dict()


@surface("groq")
def groq_transcription(base: str) -> Any:
    import groq

    client = kept(groq.Groq, base_url=base, api_key=KEY)
    return client.audio.transcriptions.create(model="whisper-large-v3", file=("a.wav", b"RIFF")).text


@surface("together")
def together_stream(base: str) -> Any:
    import together

    client = kept(together.Together, base_url=base + "/v1", api_key=KEY)
    return joined(client.chat.completions.create(model="llama", messages=HI, stream=True))


@surface("together")
def together_async(base: str) -> Any:
    import together

    async def ask() -> Any:
        client = together.AsyncTogether(base_url=base + "/v1", api_key=KEY)
        return (await client.chat.completions.create(model="llama", messages=HI)).choices[0].message.content

    return run(ask())


@surface("together")
def together_completion_and_embedding(base: str) -> Any:
    import together

    client = kept(together.Together, base_url=base + "/v1", api_key=KEY)
    text = client.completions.create(model="llama", prompt="hi").choices[0].text
    return text, client.embeddings.create(model="e", input=["a"]).data[0].embedding


@surface("ollama")
def ollama_async_stream(base: str) -> Any:
    import ollama

    async def ask() -> Any:
        pieces = await ollama.AsyncClient(host=base).chat(model="llama3", messages=HI, stream=True)
        return [piece.message.content async for piece in pieces]

    return run(ask())


@surface("ollama")
def ollama_chat_stream(base: str) -> Any:
    import ollama

    return [p.message.content for p in kept(ollama.Client, host=base).chat(model="llama3", messages=HI, stream=True)]


@surface("ollama")
def ollama_embed(base: str) -> Any:
    import ollama

    return kept(ollama.Client, host=base).embed(model="nomic", input=["a"]).embeddings


@surface("huggingface_hub")
def huggingface_async(base: str) -> Any:
    from huggingface_hub import AsyncInferenceClient

    async def ask() -> Any:
        async with AsyncInferenceClient(base_url=base + "/v1", api_key=KEY) as client:
            return (await client.chat_completion(HI, model="m")).choices[0].message.content

    return run(ask())


@surface("huggingface_hub")
def huggingface_async_stream(base: str) -> Any:
    from huggingface_hub import AsyncInferenceClient

    async def ask() -> Any:
        async with AsyncInferenceClient(base_url=base + "/v1", api_key=KEY) as client:
            return await joined_async(await client.chat_completion(HI, model="m", stream=True))

    return run(ask())


@surface("boto3")
def bedrock_invoke_stream(base: str) -> Any:
    got = bedrock(base).invoke_model_with_response_stream(modelId="anthropic.claude-3-haiku", body=b'{"messages": []}')
    return [event["chunk"]["bytes"] for event in got["body"]]


@surface("boto3")
def bedrock_stream_left_early(base: str) -> Any:
    asked = [{"role": "user", "content": [{"text": "hi"}]}]
    stream = bedrock(base).converse_stream(modelId="anthropic.claude-v2", messages=asked)["stream"]
    first = next(iter(stream))
    stream.close()
    return first


@surface("azure.ai.inference")
def azure_inference_stream(base: str) -> Any:
    from azure.ai.inference import ChatCompletionsClient
    from azure.core.credentials import AzureKeyCredential

    client = kept(ChatCompletionsClient, base, AzureKeyCredential(KEY))
    return joined(client.complete(messages=HI, model="m", stream=True))


@surface("azure.ai.inference.aio")
def azure_inference_async(base: str) -> Any:
    from azure.ai.inference.aio import ChatCompletionsClient
    from azure.core.credentials import AzureKeyCredential

    async def ask() -> Any:
        async with ChatCompletionsClient(endpoint=base, credential=AzureKeyCredential(KEY)) as client:
            return (await client.complete(messages=HI, model="m")).choices[0].message.content

    return run(ask())


@surface("openai")
def openai_azure(base: str) -> Any:
    import openai

    client = kept(openai.AzureOpenAI, azure_endpoint=base, api_key=KEY, api_version="2024-10-21", max_retries=0)
    return client.chat.completions.create(model="d", messages=HI).choices[0].message.content


@surface("openai")
def openai_responses_parsed(base: str) -> Any:
    import openai

    client = kept(openai.OpenAI, base_url=base + "/v1", api_key=KEY, max_retries=0)
    return client.responses.parse(model="m", input="hi").output_text


@surface("openai")
def openai_picture_edited(base: str) -> Any:
    import openai

    client = kept(openai.OpenAI, base_url=base + "/v1", api_key=KEY, max_retries=0)
    return client.images.edit(model="gpt-image-1", image=("a.png", b"PNG"), prompt="a hat").data[0].b64_json


@surface("httpx_aiohttp")
def openai_over_aiohttp(base: str) -> Any:
    import openai

    async def ask() -> Any:
        http = openai.DefaultAioHttpClient()
        async with openai.AsyncOpenAI(base_url=base + "/v1", api_key=KEY, http_client=http) as client:
            got = await client.chat.completions.create(model="m", messages=HI)
            return got.choices[0].message.content, await joined_async(
                await client.chat.completions.create(model="m", messages=HI, stream=True)
            )

    return run(ask())
