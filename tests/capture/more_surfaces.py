"""Further ways of asking: rarer endpoints of the SDKs, and frameworks that build on them."""

from __future__ import annotations

import io
import itertools
from typing import Any

from tests.capture.surfaces import HI, KEY, kept, run, surface


def gpt(base: str, kind: str = "OpenAI") -> Any:
    import openai

    make = getattr(openai, kind)
    made = {"base_url": base + "/v1", "api_key": KEY, "max_retries": 0}
    return kept(make, **made) if kind == "OpenAI" else make(**made)


@surface("openai")
def openai_speech_streamed(base: str) -> Any:
    asked = {"model": "gpt-4o-mini-tts", "voice": "coral", "input": "hi"}
    with gpt(base).audio.speech.with_streaming_response.create(**asked) as answer:
        return b"".join(answer.iter_bytes())


@surface("openai")
def openai_translation(base: str) -> Any:
    return gpt(base).audio.translations.create(model="whisper-1", file=("a.wav", io.BytesIO(b"RIFF"))).text


@surface("openai")
def openai_batch(base: str) -> Any:
    asked = {"input_file_id": "f", "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    return gpt(base).batches.create(**asked).id


@surface("openai")
def openai_responses_stream_manager(base: str) -> Any:
    with gpt(base).responses.stream(model="gpt-4o-mini", input="hi") as stream:
        kinds = [event.type for event in stream]
        return kinds, stream.get_final_response().output_text


@surface("openai")
def openai_chat_stream_manager_async(base: str) -> Any:
    async def ask() -> Any:
        async with (
            gpt(base, "AsyncOpenAI") as client,
            client.chat.completions.stream(model="gpt-4o-mini", messages=HI) as stream,
        ):
            kinds = [event.type async for event in stream]
            return kinds, (await stream.get_final_completion()).choices[0].message.content

    return run(ask())


@surface("openai")
def openai_with_options(base: str) -> Any:
    client = gpt(base).with_options(timeout=5, max_retries=1)
    return client.chat.completions.create(model="gpt-4o-mini", messages=HI).choices[0].message.content


@surface("anthropic")
def anthropic_batch(base: str) -> Any:
    import anthropic

    client = kept(anthropic.Anthropic, base_url=base, api_key=KEY, max_retries=0)
    asked = {"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": HI}
    return client.messages.batches.create(requests=[{"custom_id": "a", "params": asked}]).id


@surface("anthropic")
def anthropic_tool_runner(base: str) -> Any:
    import anthropic

    @anthropic.beta_tool
    def add(a: int, b: int) -> str:
        """Add.

        Args:
            a: one
            b: another
        """
        return str(a + b)

    client = kept(anthropic.Anthropic, base_url=base, api_key=KEY, max_retries=0)
    runner = client.beta.messages.tool_runner(
        model="claude-sonnet-4-5", max_tokens=10, messages=HI, tools=[add], max_iterations=2
    )
    return [block.type for message in runner for block in message.content]


@surface("google.genai")
def gemini_async_chat_stream(base: str) -> Any:
    from google import genai

    async def ask() -> Any:
        client = genai.Client(api_key=KEY, http_options={"base_url": base})
        chat = client.aio.chats.create(model="gemini-2.5-flash")
        first = [piece.text async for piece in await chat.send_message_stream("hi")]
        return first, (await chat.send_message("again")).text

    return run(ask())


@surface("mistralai")
def mistral_ocr_and_moderation(base: str) -> Any:
    try:
        from mistralai import Mistral
    except ImportError:
        from mistralai.client import Mistral
    with Mistral(api_key=KEY, server_url=base) as client:
        read = client.ocr.process(model="mistral-ocr-latest", document={"type": "document_url", "document_url": "u"})
        judged = client.classifiers.moderate(model="mistral-moderation-latest", inputs=["hi"])
        return read.pages[0].markdown, judged.id


@surface("ollama")
def ollama_generate_async(base: str) -> Any:
    import ollama

    async def ask() -> Any:
        client = ollama.AsyncClient(host=base)
        pieces = [p.response async for p in await client.generate(model="llama3.2", prompt="hi", stream=True)]
        return pieces, (await client.generate(model="llama3.2", prompt="hi")).response

    return run(ask())


@surface("boto3")
def sagemaker_stream(base: str) -> Any:
    import boto3

    client = boto3.client("sagemaker-runtime", region_name="eu-west-3", endpoint_url=base, **AWS)
    asked = {"EndpointName": "lab", "Body": b'{"inputs": "hi", "stream": true}', "ContentType": "application/json"}
    return b"".join(e["PayloadPart"]["Bytes"] for e in client.invoke_endpoint_with_response_stream(**asked)["Body"])


TIMEOUTS = itertools.count(20)
AWS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": KEY}
ROUTED = {"model_name": "m", "litellm_params": {"model": "openai/gpt-4o-mini", "api_key": KEY}}


@surface("litellm")
def litellm_router(base: str) -> Any:
    import litellm

    entry = {**ROUTED, "litellm_params": {**ROUTED["litellm_params"], "api_base": base + "/v1"}}  # type: ignore[dict-item]
    router = litellm.Router(model_list=[entry], num_retries=0)
    first = router.completion(model="m", messages=HI).choices[0].message.content
    return first, run(router.acompletion(model="m", messages=HI)).choices[0].message.content


@surface("litellm")
def litellm_text_completion(base: str) -> Any:
    import litellm

    asked = {"model": "text-completion-openai/gpt-3.5-turbo-instruct", "api_base": base + "/v1", "api_key": KEY}
    return litellm.text_completion(prompt="hi", **asked).choices[0].text


@surface("litellm")
def litellm_responses(base: str) -> Any:
    import litellm

    asked = {"model": "openai/gpt-4o-mini", "input": "hi", "api_base": base + "/v1", "api_key": KEY}
    return litellm.responses(**asked).output_text, run(litellm.aresponses(**asked)).output_text


@surface("langchain_openai")
def langchain_abatch_and_events(base: str) -> Any:
    from langchain_openai import ChatOpenAI

    async def ask() -> Any:
        # one client for each event loop: langchain keeps them by their settings
        llm = ChatOpenAI(model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY, timeout=next(TIMEOUTS))
        answers = [a.content for a in await llm.abatch(["a", "b", "c"])]
        kinds = [event["event"] async for event in llm.astream_events("hi", version="v2")]
        return answers, kinds

    return run(ask())


@surface("langchain_openai")
def langchain_responses_api(base: str) -> Any:
    from langchain_openai import ChatOpenAI

    llm = ChatOpenAI(model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY, use_responses_api=True)
    return llm.invoke("hi").text


@surface("langchain.agents")
def langchain_agent(base: str) -> Any:
    from langchain.agents import create_agent
    from langchain_openai import ChatOpenAI

    agent = create_agent(ChatOpenAI(model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY), tools=[])
    return agent.invoke({"messages": HI})["messages"][-1].content


@surface("langgraph.graph")
def langgraph_nodes(base: str) -> Any:
    from langchain_openai import ChatOpenAI
    from langgraph.graph import END, START, StateGraph

    llm = ChatOpenAI(model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY)

    def ask(state: dict[str, Any]) -> dict[str, Any]:
        return {"text": llm.invoke(state["text"]).content}

    graph = StateGraph(dict)
    graph.add_node("one", ask)
    graph.add_node("two", ask)
    graph.add_edge(START, "one")
    graph.add_edge("one", "two")
    graph.add_edge("two", END)
    return graph.compile().invoke({"text": "hi"})["text"]


@surface("langchain_ollama")
def langchain_ollama(base: str) -> Any:
    from langchain_ollama import ChatOllama

    return ChatOllama(model="llama3.2", base_url=base).invoke("hi").content


@surface("langchain_groq")
def langchain_groq(base: str) -> Any:
    from langchain_groq import ChatGroq

    return ChatGroq(model="llama-3.3-70b-versatile", base_url=base, api_key=KEY).invoke("hi").content


@surface("langchain_mistralai")
def langchain_mistral(base: str) -> Any:
    from langchain_mistralai import ChatMistralAI

    return ChatMistralAI(model="mistral-small-latest", endpoint=base + "/v1", api_key=KEY).invoke("hi").content


@surface("langchain_google_genai")
def langchain_gemini(base: str) -> Any:
    from langchain_google_genai import ChatGoogleGenerativeAI

    llm = ChatGoogleGenerativeAI(model="gemini-2.5-flash", google_api_key=KEY, base_url=base, transport="rest")
    return llm.invoke("hi").content


@surface("llama_index.llms.openai")
def llama_index_llm(base: str) -> Any:
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai import OpenAI

    llm = OpenAI(model="gpt-4o-mini", api_base=base + "/v1", api_key=KEY, max_retries=0)
    pieces = [piece.delta for piece in llm.stream_chat([ChatMessage(role="user", content="hi")])]
    return llm.complete("hi").text, pieces, run(llm.acomplete("hi")).text


@surface("llama_index.embeddings.openai")
def llama_index_query(base: str) -> Any:
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.embeddings.openai import OpenAIEmbedding
    from llama_index.llms.openai import OpenAI

    asked = {"api_base": base + "/v1", "api_key": KEY, "max_retries": 0}
    index = VectorStoreIndex.from_documents([Document(text="a")], embed_model=OpenAIEmbedding(**asked))
    return str(index.as_query_engine(llm=OpenAI(model="gpt-4o-mini", **asked)).query("hi"))


@surface("haystack")
def haystack_generators(base: str) -> Any:
    from haystack.components.generators.chat import OpenAIChatGenerator
    from haystack.dataclasses import ChatMessage
    from haystack.utils import Secret

    asked = {"model": "gpt-4o-mini", "api_base_url": base + "/v1", "api_key": Secret.from_token(KEY)}
    return OpenAIChatGenerator(**asked).run([ChatMessage.from_user("hi")])["replies"][0].text


@surface("magentic")
def magentic_model(base: str) -> Any:
    from magentic import OpenaiChatModel, UserMessage

    model = OpenaiChatModel("gpt-4o-mini", base_url=base + "/v1", api_key=KEY)
    return model.complete([UserMessage("hi")], output_types=[str]).content


@surface("outlines")
def outlines_model(base: str) -> Any:
    import openai
    import outlines

    client = openai.OpenAI(base_url=base + "/v1", api_key=KEY, max_retries=0)
    model = outlines.from_openai(client, "gpt-4o-mini")
    return model("hi"), list(model.stream("hi"))


@surface("guidance")
def guidance_model(base: str) -> Any:
    from guidance import assistant, gen, models, user

    model = models.OpenAI("gpt-4o-mini", api_key=KEY, base_url=base + "/v1", echo=False)
    with user():
        model += "hi"
    with assistant():
        model += gen("answer")
    return model["answer"]


@surface("ell")
def ell_function(base: str) -> Any:
    import ell
    import openai

    client = openai.OpenAI(base_url=base + "/v1", api_key=KEY, max_retries=0)

    @ell.simple(model="gpt-4o-mini", client=client)
    def say(what: str) -> str:
        return f"Say {what}"

    return str(say("hi"))


@surface("semantic_kernel")
def semantic_kernel_chat(base: str) -> Any:
    import openai
    from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion, OpenAIChatPromptExecutionSettings
    from semantic_kernel.contents import ChatHistory

    async def ask() -> Any:
        client = openai.AsyncOpenAI(base_url=base + "/v1", api_key=KEY, max_retries=0)
        service = OpenAIChatCompletion(ai_model_id="gpt-4o-mini", async_client=client)
        history = ChatHistory()
        history.add_user_message("hi")
        return str(await service.get_chat_message_content(history, OpenAIChatPromptExecutionSettings()))

    return run(ask())


@surface("autogen_ext.models.openai")
def autogen_agent(base: str) -> Any:
    from autogen_agentchat.agents import AssistantAgent
    from autogen_ext.models.openai import OpenAIChatCompletionClient

    async def ask() -> Any:
        client = OpenAIChatCompletionClient(model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY)
        got = await AssistantAgent("a", client).run(task="hi")
        await client.close()
        return got.messages[-1].content

    return run(ask())


@surface("crewai")
def crewai_llm(base: str) -> Any:
    from crewai import LLM

    return LLM(model="openai/gpt-4o-mini", base_url=base + "/v1", api_key=KEY).call("hi")


@surface("mirascope")
def mirascope_call(base: str) -> Any:
    from mirascope import llm

    llm.register_provider("openai:completions", scope="openai/", base_url=base + "/v1", api_key=KEY)
    return llm.Model("openai/gpt-4o-mini:completions").call("hi").text()
