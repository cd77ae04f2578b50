"""openai-python."""

import io
from typing import Any

import openai
from harness import QUESTION, WEATHER, Target, behaviour, run
from pydantic import BaseModel

MESSAGES: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
FUNCTION: Any = {"name": "get_weather", "description": "The weather in a city.", "parameters": WEATHER}
TOOLS: Any = [{"type": "function", "function": FUNCTION}]


class Forecast(BaseModel):
    city: str
    degrees: float
    warnings: list[str]


def client(target: Target, **scenario: object) -> openai.OpenAI:
    """Returns the SDK set up for `target`, without retries of its own."""
    return openai.OpenAI(
        api_key=target.openai_key,
        base_url=target.openai_url,
        default_headers=target.headers(**scenario),
        max_retries=0,
        timeout=10,
    )


@behaviour
def chat(target: Target) -> Any:
    answer = client(target, cached=64, reasoning=5).chat.completions.with_raw_response.create(
        model="gpt-4o", messages=MESSAGES, n=2, logprobs=True, top_logprobs=2, user="ada"
    )
    return [answer.parse(), answer.headers["x-ratelimit-remaining-tokens"], answer.headers["content-type"]]


@behaviour
def model_and_provider(target: Target) -> Any:
    return client(target).chat.completions.create(model=target.model_and_provider, messages=MESSAGES)


@behaviour
def stream(target: Target) -> Any:
    with client(target).chat.completions.stream(
        model="gpt-4o", messages=MESSAGES, stream_options={"include_usage": True}
    ) as events:
        return [[event.type for event in events], events.get_final_completion()]


@behaviour
def stream_without_usage(target: Target) -> Any:
    chunks = list(client(target).chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True))
    return [chunk.model_dump(exclude_unset=True) for chunk in chunks]


@behaviour
async def async_chat(target: Target) -> Any:
    async with openai.AsyncOpenAI(
        api_key=target.openai_key, base_url=target.openai_url, default_headers=target.headers(), max_retries=0
    ) as asynchronous:
        answers = await asynchronous.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True)
        return ["".join([chunk.choices[0].delta.content or "" async for chunk in answers if chunk.choices])]


@behaviour
def tools(target: Target) -> Any:
    completions = client(target, calls=2).chat.completions
    asked = completions.create(model="gpt-4o", messages=MESSAGES, tools=TOOLS)
    message = asked.choices[0].message
    results: Any = [
        {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"}
        for call in message.tool_calls or []
    ]
    told = completions.create(model="gpt-4o", messages=[*MESSAGES, message, *results], tools=TOOLS)
    return [asked, told]


@behaviour
def stream_tools(target: Target) -> Any:
    with client(target, calls=2).chat.completions.stream(
        model="gpt-4o", messages=MESSAGES, tools=TOOLS
    ) as events:
        events.until_done()
        return events.get_final_completion()


@behaviour
def parsed(target: Target) -> Any:
    answer = client(target).chat.completions.parse(
        model="gpt-4o-mini", messages=MESSAGES, response_format=Forecast
    )
    return [answer, answer.choices[0].message.parsed]


@behaviour
def stream_parsed(target: Target) -> Any:
    with client(target).chat.completions.stream(
        model="gpt-4o-mini", messages=MESSAGES, response_format=Forecast
    ) as events:
        return events.get_final_completion()


@behaviour
def responses(target: Target) -> Any:
    answer = client(target, cached=32).responses.create(
        model="gpt-5",
        input=QUESTION,
        reasoning={"effort": "low", "summary": "auto"},
        tools=[{"type": "function", "strict": False, **FUNCTION}],
    )
    return [answer, answer.output_text]


@behaviour
def responses_stream(target: Target) -> Any:
    with client(target).responses.stream(model="gpt-5", input=QUESTION) as events:
        return [[event.type for event in events], events.get_final_response()]


@behaviour
def responses_parsed(target: Target) -> Any:
    answer = client(target).responses.parse(model="gpt-5", input=QUESTION, text_format=Forecast)
    return [answer, answer.output_parsed]


@behaviour
def embeddings(target: Target) -> Any:
    found = client(target).embeddings.create(
        model="text-embedding-3-small", input=["eins", "zwei"], dimensions=32
    )
    return found


@behaviour
def completion(target: Target) -> Any:
    return client(target).completions.create(model="gpt-3.5-turbo-instruct", prompt=QUESTION)


@behaviour
def models(target: Target) -> Any:
    return [model.id for model in client(target).models.list()]


@behaviour
def images(target: Target) -> Any:
    return client(target).images.generate(model="gpt-image-1", prompt="A fox", size="1024x1024")


@behaviour
def image_edit(target: Target) -> Any:
    picture = ("fox.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "image/png")
    return client(target).images.edit(model="gpt-image-1", prompt="A red fox", image=picture)


@behaviour
def speech(target: Target) -> Any:
    answer = client(target).audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input=QUESTION)
    return answer.read()


@behaviour
def transcription(target: Target) -> Any:
    return client(target).audio.transcriptions.create(
        model="gpt-4o-transcribe", file=("said.wav", b"RIFF" + bytes(4000), "audio/wav")
    )


@behaviour
def files(target: Target) -> Any:
    made = client(target).files.create(file=io.BytesIO(b'{"line": 1}\n'), purpose="batch")
    kept = client(target).files.retrieve(made.id)
    content = client(target).files.content(made.id).read()
    return [made, kept, content, client(target).files.delete(made.id)]


@behaviour
def error_wrong_key(target: Target) -> Any:
    keyed = client(target).with_options(api_key=target.bad_key(target.openai_key))
    return keyed.chat.completions.create(model="gpt-4o", messages=MESSAGES)


@behaviour
def error_unknown_model(target: Target) -> Any:
    return client(target).chat.completions.create(model="gpt-none", messages=MESSAGES)


@behaviour
def error_rate_limited(target: Target) -> Any:
    return client(target, status=429).chat.completions.create(model="gpt-4o", messages=MESSAGES)


@behaviour
def error_of_server(target: Target) -> Any:
    return client(target, status=500).chat.completions.create(model="gpt-4o", messages=MESSAGES)


@behaviour
def error_html_page(target: Target) -> Any:
    return client(target, body="html", status=502).chat.completions.create(model="gpt-4o", messages=MESSAGES)


@behaviour
def error_in_stream(target: Target) -> Any:
    chunks = client(target, error_after=4).chat.completions.create(
        model="gpt-4o", messages=MESSAGES, stream=True
    )
    return [chunk.id for chunk in chunks]


if __name__ == "__main__":
    run()
