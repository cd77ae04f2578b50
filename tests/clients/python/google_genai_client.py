"""google-genai."""

from dataclasses import replace
from typing import Any

from google import genai
from google.genai import types
from harness import QUESTION, WEATHER, Target, behaviour, run
from pydantic import BaseModel

MODEL = "gemini-2.5-flash"
TOOL: Any = {
    "function_declarations": [
        {"name": "get_weather", "description": "The weather in a city.", "parameters_json_schema": WEATHER}
    ]
}


class Forecast(BaseModel):
    city: str
    degrees: float


def client(target: Target, **scenario: object) -> genai.Client:
    """Returns the SDK set up for `target`, without retries of its own."""
    return genai.Client(
        api_key=target.google_key,
        http_options=types.HttpOptions(
            base_url=target.google_url, headers=target.headers(**scenario), timeout=10_000
        ),
    )


@behaviour
def generate(target: Target) -> Any:
    with client(target) as google:
        return google.models.generate_content(model=MODEL, contents=QUESTION)


@behaviour
def stream(target: Target) -> Any:
    with client(target) as google:
        return list(google.models.generate_content_stream(model=MODEL, contents=QUESTION))


@behaviour
async def async_stream(target: Target) -> Any:
    async with client(target).aio as google:
        chunks = await google.models.generate_content_stream(model=MODEL, contents=QUESTION)
        return [chunk.text async for chunk in chunks]


@behaviour
def tools(target: Target) -> Any:
    settings = types.GenerateContentConfig(tools=[TOOL])
    with client(target) as google:
        return google.models.generate_content(model=MODEL, contents=QUESTION, config=settings)


@behaviour
def parsed(target: Target) -> Any:
    settings = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Forecast)
    with client(target) as google:
        answer = google.models.generate_content(model=MODEL, contents=QUESTION, config=settings)
        return [answer, answer.parsed]


@behaviour
def google_embeddings(target: Target) -> Any:
    with client(target) as google:
        return google.models.embed_content(model="gemini-embedding-001", contents=["eins", "zwei"])


@behaviour
def count_tokens(target: Target) -> Any:
    with client(target) as google:
        return google.models.count_tokens(model=MODEL, contents=QUESTION)


@behaviour
def error_wrong_key(target: Target) -> Any:
    with client(replace(target, google_key=target.bad_key(target.google_key))) as google:
        return google.models.generate_content(model=MODEL, contents=QUESTION)


@behaviour
def error_rate_limited(target: Target) -> Any:
    with client(target, status=429) as google:
        return google.models.generate_content(model=MODEL, contents=QUESTION)


if __name__ == "__main__":
    run()
