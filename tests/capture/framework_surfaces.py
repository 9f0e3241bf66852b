"""Frameworks over the SDKs."""

from __future__ import annotations

from typing import Any

from tests.capture.surfaces import HI, KEY, joined, joined_async, kept, run, surface


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

    return kept(ChatOpenAI, model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY).invoke("hi").content


@surface("langchain_openai")
def langchain_stream(base: str) -> Any:
    from langchain_openai import ChatOpenAI

    llm = kept(ChatOpenAI, model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY)
    return "".join(piece.content for piece in llm.stream("hi"))


@surface("langchain_openai")
def langchain_batch(base: str) -> Any:
    from langchain_openai import ChatOpenAI

    llm = kept(ChatOpenAI, model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY)
    return [answer.content for answer in llm.batch(["a", "b", "c"])]


@surface("langchain_anthropic")
def langchain_anthropic(base: str) -> Any:
    from langchain_anthropic import ChatAnthropic

    return kept(ChatAnthropic, model="claude-sonnet-4-5", base_url=base, api_key=KEY).invoke("hi").content


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

    return kept(OpenAIServerModel, "gpt-4o-mini", api_base=base + "/v1", api_key=KEY).generate(HI).content


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


LITELLM = {"model": "openai/gpt-4o-mini", "messages": HI, "api_key": KEY}


@surface("litellm")
def litellm_async_stream(base: str) -> Any:
    import litellm

    async def ask() -> Any:
        return await joined_async(await litellm.acompletion(**LITELLM, api_base=base + "/v1", stream=True))

    return run(ask())


@surface("litellm")
def litellm_anthropic_stream(base: str) -> Any:
    import litellm

    asked = {**LITELLM, "model": "anthropic/claude-sonnet-4-5", "api_base": base}
    return joined(litellm.completion(**asked, stream=True))


@surface("litellm")
def litellm_embedding(base: str) -> Any:
    import litellm

    return litellm.embedding(model="openai/e", input=["a"], api_base=base + "/v1", api_key=KEY).data[0]["embedding"]


@surface("langchain_openai")
def langchain_batch_of_five(base: str) -> Any:
    from langchain_openai import ChatOpenAI

    llm = kept(ChatOpenAI, model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY)
    return [answer.content for answer in llm.batch(list("abcde"))]


@surface("langchain_openai")
def langchain_async(base: str) -> Any:
    import openai
    from langchain_openai import ChatOpenAI

    async def ask() -> Any:
        http = openai.DefaultAsyncHttpxClient()  # langchain would keep one for all event loops
        llm = ChatOpenAI(model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY, http_async_client=http)
        whole = [a.content for a in await llm.abatch(["a", "b"])]
        return whole, "".join([piece.content async for piece in llm.astream("hi")])

    return run(ask())


@surface("langchain_openai")
def langchain_structured(base: str) -> Any:
    from langchain_openai import ChatOpenAI
    from pydantic import BaseModel

    class Answer(BaseModel):
        answer: str

    llm = kept(ChatOpenAI, model="gpt-4o-mini", base_url=base + "/v1", api_key=KEY)
    return llm.with_structured_output(Answer, method="function_calling").invoke("hi").answer


@surface("langchain_openai")
def langchain_embeddings(base: str) -> Any:
    from langchain_openai import OpenAIEmbeddings

    embed = kept(OpenAIEmbeddings, model="e", base_url=base + "/v1", api_key=KEY, check_embedding_ctx_length=False)
    return embed.embed_documents(["a", "b"])


@surface("langchain_anthropic")
def langchain_anthropic_stream(base: str) -> Any:
    from langchain_anthropic import ChatAnthropic

    llm = kept(ChatAnthropic, model="claude-sonnet-4-5", base_url=base, api_key=KEY)
    return [piece.content for piece in llm.stream("hi")]


@surface("instructor")
def instructor_partial(base: str) -> Any:
    import instructor
    import openai
    from pydantic import BaseModel

    class Answer(BaseModel):
        answer: str = ""

    client = instructor.from_openai(openai.OpenAI(base_url=base + "/v1", api_key=KEY), mode=instructor.Mode.JSON)
    asked = {"model": "gpt-4o-mini", "messages": HI, "response_model": Answer, "max_retries": 0}
    try:
        return [piece.answer for piece in client.chat.completions.create_partial(**asked)]
    except Exception as error:  # the loopback's words are no JSON: the same without us
        return type(error).__name__


@surface("instructor")
def instructor_async(base: str) -> Any:
    import instructor
    import openai
    from pydantic import BaseModel

    class Answer(BaseModel):
        answer: str

    async def ask() -> Any:
        client = instructor.from_openai(openai.AsyncOpenAI(base_url=base + "/v1", api_key=KEY))
        return (await client.chat.completions.create(model="gpt-4o-mini", messages=HI, response_model=Answer)).answer

    return run(ask())


@surface("pydantic_ai")
def pydantic_ai_stream(base: str) -> Any:
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    async def ask() -> Any:
        model = OpenAIChatModel("gpt-4o-mini", provider=OpenAIProvider(base_url=base + "/v1", api_key=KEY))
        async with Agent(model).run_stream("hi") as got:
            return [piece async for piece in got.stream_text(delta=True, debounce_by=None)]

    return run(ask())


@surface("pydantic_ai")
def pydantic_ai_anthropic(base: str) -> Any:
    from pydantic_ai import Agent
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    model = AnthropicModel("claude-sonnet-4-5", provider=AnthropicProvider(base_url=base, api_key=KEY))
    return Agent(model).run_sync("hi").output


@surface("smolagents")
def smolagents_stream(base: str) -> Any:
    from smolagents import OpenAIServerModel

    model = kept(OpenAIServerModel, "gpt-4o-mini", api_base=base + "/v1", api_key=KEY)
    return [piece.content for piece in model.generate_stream(HI)]


@surface("dspy")
def dspy_predict(base: str) -> Any:
    import dspy

    lm = dspy.LM("openai/gpt-4o-mini", api_base=base + "/v1", api_key=KEY, cache=False)
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        try:
            return dspy.Predict("question -> answer")(question="hi").answer
        except Exception as error:  # the loopback's words have no fields: the same without us
            return type(error).__name__


@surface("dspy")
def dspy_embedder(base: str) -> Any:
    import dspy

    ask = dspy.Embedder("openai/e", api_base=base + "/v1", api_key=KEY, caching=False)
    return ask(["a"]).tolist()


@surface("agents")
def openai_agents_streamed(base: str) -> Any:
    import openai
    from agents import Agent, OpenAIResponsesModel, Runner, set_tracing_disabled

    set_tracing_disabled(True)

    async def ask() -> Any:
        async with openai.AsyncOpenAI(base_url=base + "/v1", api_key=KEY) as client:
            got = Runner.run_streamed(Agent("a", model=OpenAIResponsesModel("gpt-4o-mini", client)), "hi")
            return [event.type async for event in got.stream_events()], got.final_output

    return run(ask())
