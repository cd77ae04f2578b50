"""Instructor, on top of the SDKs of OpenAI and Anthropic."""

from typing import Any

import anthropic
import instructor
import openai
from harness import QUESTION, Target, behaviour, run
from pydantic import BaseModel

MESSAGES: Any = [{"role": "user", "content": QUESTION}]


class Forecast(BaseModel):
    """A forecast."""

    city: str
    degrees: float


def of_openai(target: Target, mode: instructor.Mode = instructor.Mode.TOOLS, **scenario: object) -> Any:
    """Returns what stands on OpenAI's SDK set up for `target`."""
    client = openai.OpenAI(
        api_key=target.openai_key,
        base_url=target.openai_url,
        default_headers=target.headers(**scenario),
        max_retries=0,
    )
    return instructor.from_openai(client, mode=mode)


def of_anthropic(target: Target, **scenario: object) -> Any:
    """Returns what stands on Anthropic's SDK set up for `target`."""
    return instructor.from_anthropic(
        anthropic.Anthropic(
            api_key=target.anthropic_key,
            base_url=target.anthropic_url,
            default_headers=target.headers(**scenario),
            max_retries=0,
        )
    )


@behaviour
def openai_tool(target: Target) -> Any:
    return of_openai(target).create_with_completion(
        model="gpt-4o", messages=MESSAGES, response_model=Forecast, max_retries=1
    )


@behaviour
def openai_schema(target: Target) -> Any:
    return of_openai(target, instructor.Mode.JSON_SCHEMA).create(
        model="gpt-4o-mini", messages=MESSAGES, response_model=Forecast
    )


@behaviour
def openai_partial(target: Target) -> Any:
    return list(of_openai(target).create_partial(model="gpt-4o", messages=MESSAGES, response_model=Forecast))


@behaviour
def openai_iterable(target: Target) -> Any:
    return list(
        of_openai(target, instructor.Mode.TOOLS).create_iterable(
            model="gpt-4o", messages=MESSAGES, response_model=Forecast
        )
    )


@behaviour
def anthropic_tool(target: Target) -> Any:
    return of_anthropic(target).create_with_completion(
        model="claude-haiku-4-5", max_tokens=200, messages=MESSAGES, response_model=Forecast
    )


@behaviour
def error_of_server(target: Target) -> Any:
    return of_openai(target, status=500).create(
        model="gpt-4o", messages=MESSAGES, response_model=Forecast, max_retries=1
    )


if __name__ == "__main__":
    run()
