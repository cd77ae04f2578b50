"""LlamaIndex, with its package for OpenAI."""

from typing import Any

from harness import QUESTION, Target, behaviour, run
from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI, OpenAIResponses
from pydantic import BaseModel


class Forecast(BaseModel):
    """A forecast."""

    city: str
    degrees: float


def get_weather(city: str, days: int) -> str:
    """The weather in a city."""
    return f"21 degrees in {city} for {days} days"


def llm(target: Target, **scenario: object) -> OpenAI:
    """Returns the model set up for `target`, without retries of its own."""
    return OpenAI(
        model="gpt-4o",
        api_key=target.openai_key,
        api_base=target.openai_url,
        default_headers=target.headers(**scenario),
        max_retries=0,
    )


@behaviour
def chat(target: Target) -> Any:
    answer = llm(target).chat([ChatMessage(role="user", content=QUESTION)])
    return [answer.message, answer.raw]


@behaviour
def stream_chat(target: Target) -> Any:
    return [piece.delta for piece in llm(target).stream_chat([ChatMessage(role="user", content=QUESTION)])]


@behaviour
async def async_complete(target: Target) -> Any:
    return (await llm(target).acomplete(QUESTION)).text


@behaviour
def tools(target: Target) -> Any:
    answer = llm(target).predict_and_call([FunctionTool.from_defaults(get_weather)], user_msg=QUESTION)
    return [answer.response, answer.sources]


@behaviour
def structured(target: Target) -> Any:
    return llm(target).structured_predict(Forecast, PromptTemplate("{question}"), question=QUESTION)


@behaviour
def responses(target: Target) -> Any:
    answer = OpenAIResponses(
        model="gpt-5",
        api_key=target.openai_key,
        api_base=target.openai_url,
        default_headers=target.headers(),
        max_retries=0,
    ).chat([ChatMessage(role="user", content=QUESTION)])
    return answer.message


@behaviour
def error_of_server(target: Target) -> Any:
    return llm(target, status=500).complete(QUESTION)


if __name__ == "__main__":
    run()
