"""LangChain, with its packages for OpenAI and Anthropic."""

from typing import Any

from harness import QUESTION, WEATHER, Target, behaviour, run
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

TOOL: Any = {"name": "get_weather", "description": "The weather in a city.", "parameters": WEATHER}


class Forecast(BaseModel):
    """A forecast."""

    city: str
    degrees: float


def openai_chat(
    target: Target, *, model: str = "gpt-4o", scenario: Any = None, **settings: Any
) -> ChatOpenAI:
    """Returns OpenAI's chat model set up for `target`."""
    return ChatOpenAI(
        model=model,
        api_key=target.openai_key,
        base_url=target.openai_url,
        default_headers=target.headers(**(scenario or {})),
        max_retries=0,
        **settings,
    )


def anthropic_chat(target: Target, **scenario: object) -> ChatAnthropic:
    """Returns Anthropic's chat model set up for `target`."""
    return ChatAnthropic(
        model="claude-sonnet-4-5",
        api_key=target.anthropic_key,
        base_url=target.anthropic_url,
        default_headers=target.headers(**scenario),
        max_tokens=200,
        max_retries=0,
    )


@behaviour
def openai_invoke(target: Target) -> Any:
    return openai_chat(target).invoke(QUESTION)


@behaviour
def openai_stream(target: Target) -> Any:
    return list(openai_chat(target).stream(QUESTION))


@behaviour
async def openai_async_batch(target: Target) -> Any:
    return await openai_chat(target).abatch([QUESTION, "And tomorrow?"])


@behaviour
def openai_tools(target: Target) -> Any:
    chat = openai_chat(target).bind_tools([TOOL])
    asked = chat.invoke(QUESTION)
    results = [ToolMessage("21 degrees", tool_call_id=call["id"]) for call in asked.tool_calls]
    return [asked, chat.invoke([HumanMessage(QUESTION), asked, *results])]


@behaviour
def openai_structured(target: Target) -> Any:
    return openai_chat(target, model="gpt-4o-mini").with_structured_output(Forecast).invoke(QUESTION)


@behaviour
def openai_responses(target: Target) -> Any:
    return list(openai_chat(target, model="gpt-5", use_responses_api=True).stream(QUESTION))


@behaviour
def openai_embeddings(target: Target) -> Any:
    return OpenAIEmbeddings(
        model="text-embedding-3-small",
        api_key=target.openai_key,
        base_url=target.openai_url,
        default_headers=target.headers(),
        dimensions=16,
        check_embedding_ctx_length=False,  # counting tokens would fetch a vocabulary
    ).embed_documents(["eins", "zwei"])


@behaviour
def anthropic_invoke(target: Target) -> Any:
    return anthropic_chat(target, cached=30).invoke(QUESTION)


@behaviour
def anthropic_stream(target: Target) -> Any:
    return list(anthropic_chat(target).stream(QUESTION))


@behaviour
def anthropic_tools(target: Target) -> Any:
    return anthropic_chat(target, calls=2).bind_tools([TOOL]).invoke(QUESTION)


@behaviour
def error_rate_limited(target: Target) -> Any:
    return openai_chat(target, scenario={"status": 429}).invoke(QUESTION)


@behaviour
def error_in_stream(target: Target) -> Any:
    return list(openai_chat(target, scenario={"error_after": 4}).stream(QUESTION))


if __name__ == "__main__":
    run()
