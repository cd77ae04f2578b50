"""Pydantic AI: agents on the models of OpenAI and Anthropic."""

from typing import Any

import anthropic
import openai
from harness import QUESTION, Target, behaviour, run
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider


class Forecast(BaseModel):
    """A forecast."""

    city: str
    degrees: float


def get_weather(city: str, days: int) -> str:
    """The weather in a city."""
    return f"21 degrees in {city} for {days} days"


def of_openai(target: Target, **scenario: object) -> OpenAIProvider:
    """Returns what stands on OpenAI's SDK set up for `target`."""
    return OpenAIProvider(
        openai_client=openai.AsyncOpenAI(
            api_key=target.openai_key,
            base_url=target.openai_url,
            default_headers=target.headers(**scenario),
            max_retries=0,
        )
    )


def of_anthropic(target: Target, **scenario: object) -> AnthropicProvider:
    """Returns what stands on Anthropic's SDK set up for `target`."""
    return AnthropicProvider(
        anthropic_client=anthropic.AsyncAnthropic(
            api_key=target.anthropic_key,
            base_url=target.anthropic_url,
            default_headers=target.headers(**scenario),
            max_retries=0,
        )
    )


async def answered(agent: Agent[None, Any]) -> Any:
    """Returns what the agent answers, and what that took."""
    result = await agent.run(QUESTION)
    return [result.output, result.usage]


@behaviour
async def openai_chat(target: Target) -> Any:
    return await answered(Agent(OpenAIChatModel("gpt-4o", provider=of_openai(target))))


@behaviour
async def openai_tools(target: Target) -> Any:
    model = OpenAIChatModel("gpt-4o", provider=of_openai(target))
    return await answered(Agent(model, tools=[get_weather]))


@behaviour
async def openai_structured(target: Target) -> Any:
    model = OpenAIChatModel("gpt-4o", provider=of_openai(target))
    return await answered(Agent(model, output_type=Forecast))


@behaviour
async def openai_stream(target: Target) -> Any:
    agent = Agent(OpenAIChatModel("gpt-4o", provider=of_openai(target, words=60)))
    async with agent.run_stream(QUESTION) as result:
        return [[text async for text in result.stream_text(delta=True, debounce_by=None)], result.usage]


@behaviour
async def openai_responses(target: Target) -> Any:
    return await answered(Agent(OpenAIResponsesModel("gpt-5", provider=of_openai(target))))


@behaviour
async def anthropic_tools(target: Target) -> Any:
    model = AnthropicModel("claude-sonnet-4-5", provider=of_anthropic(target))
    return await answered(Agent(model, tools=[get_weather]))


@behaviour
async def anthropic_stream(target: Target) -> Any:
    agent = Agent(AnthropicModel("claude-sonnet-4-5", provider=of_anthropic(target)))
    async with agent.run_stream(QUESTION) as result:
        return [[text async for text in result.stream_text(delta=True, debounce_by=None)], result.usage]


@behaviour
async def error_of_server(target: Target) -> Any:
    return await answered(Agent(OpenAIChatModel("gpt-4o", provider=of_openai(target, status=500))))


if __name__ == "__main__":
    run()
