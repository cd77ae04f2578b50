"""Pydantic AI's own instrumentation: the run of an agent, its calls and its tool."""

import openai
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from tracing import JOB, Exporter, show, tracer_provider

exporter = Exporter()
provider = tracer_provider(exporter)
Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))
client = openai.AsyncOpenAI(
    api_key="sk-fake-client",
    base_url=JOB["openai_url"],
    default_headers={"x-fake-scenario": f"marker={JOB['marker']} cached=64 reasoning=5"},
    max_retries=0,
)
agent = Agent(
    OpenAIChatModel("gpt-4o", provider=OpenAIProvider(openai_client=client)),
    name="forecaster",
    instructions="Be brief.",
)


@agent.tool_plain
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"21 degrees in {city}"


agent.run_sync("What is the weather like in Rome?")
show(provider, exporter)
