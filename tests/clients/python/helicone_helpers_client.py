"""helicone-helpers: Helicone's own logger for Python, with what its users log."""

import time
from typing import Any

import openai
from harness import QUESTION, Target, behaviour, run
from helicone_helpers import HeliconeManualLogger

REQUEST: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": QUESTION}]}


def logger(target: Target) -> HeliconeManualLogger:
    """Returns the logger, with nothing changed but where it logs."""
    return HeliconeManualLogger(api_key=target.helicone_key, logging_endpoint=target.log_url)


def client(target: Target) -> openai.OpenAI:
    """Returns the SDK, straight at the provider."""
    headers = {"x-fake-scenario": f"marker={target.marker}"}
    return openai.OpenAI(
        api_key=target.openai_key,
        base_url=target.openai_url,
        default_headers=headers,
        max_retries=0,
        timeout=10,
    )


@behaviour
def chat(target: Target) -> None:
    def ask(recorder: Any) -> None:
        recorder.append_results(client(target).chat.completions.create(**REQUEST).model_dump())

    logger(target).log_request(
        provider="openai", request=REQUEST, operation=ask, additional_headers=dict(target.extra_headers)
    )


@behaviour
def message(target: Target) -> None:
    answer = {
        "type": "message",
        "model": "claude-sonnet-4-5",
        "content": [{"type": "text", "text": "Hi"}],
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 30, "output_tokens": 3},
    }
    logger(target).log_request(
        provider="anthropic",
        request={**REQUEST, "model": "claude-sonnet-4-5"},
        operation=lambda recorder: recorder.append_results(answer),
        additional_headers=dict(target.extra_headers),
    )


@behaviour
async def stream(target: Target) -> None:
    request = {**REQUEST, "stream": True, "stream_options": {"include_usage": True}}
    builder = logger(target).new_builder(request, dict(target.extra_headers))
    for chunk in client(target).chat.completions.create(**request):
        builder.add_chunk(chunk.model_dump())
    await builder.send_log()


@behaviour
async def error(target: Target) -> None:
    builder = logger(target).new_builder(REQUEST, dict(target.extra_headers))
    try:
        raise ValueError("the model is tired")
    except ValueError as raised:
        builder.set_error(raised)
    await builder.send_log()


@behaviour
def text(target: Target) -> None:
    at = time.time()
    options: Any = {"start_time": at - 2.5, "end_time": at, "additional_headers": dict(target.extra_headers)}
    logger(target).send_log(None, {"prompt": QUESTION}, "It rains.", options)


@behaviour
def tool(target: Target) -> None:
    logger(target).log_request(
        request={"_type": "tool", "toolName": "get_weather", "input": {"city": "Oslo"}},
        operation=lambda recorder: recorder.append_results({"degrees": 21}),
        additional_headers=dict(target.extra_headers),
    )


@behaviour
def vector_db(target: Target) -> None:
    logger(target).log_request(
        request={"_type": "vector_db", "operation": "search", "text": QUESTION, "vector": [0.1], "topK": 3},
        operation=lambda recorder: recorder.append_results({"status": "success", "message": "3 found"}),
        additional_headers=dict(target.extra_headers),
    )


@behaviour
def data(target: Target) -> None:
    logger(target).log_request(
        request={"_type": "data", "name": "cleaning", "meta": {"rows": 3}},
        operation=lambda recorder: recorder.append_results({"rows": 2}),
        additional_headers=dict(target.extra_headers),
    )


if __name__ == "__main__":
    run()
