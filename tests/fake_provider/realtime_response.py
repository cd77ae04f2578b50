"""The events of one realtime response, from `response.created` to `response.done`."""

import base64
from typing import Any

from tests.fake_provider.openai_chat import tool_arguments
from tests.fake_provider.scenario import Scenario
from tests.fake_provider.text import sentence, tokens_of, words_of

Event = dict[str, Any]
WORDS = 12
_AUDIO = base64.b64encode(bytes(2400)).decode()  # 50 ms


def response_events(
    scenario: Scenario, id: str, item_id: str, modalities: list[str], tools: list[Event], *, is_beta: bool
) -> list[Event]:
    """Returns the events for a text, audio or tool answer, in the names of the API or of its beta."""
    words = sentence(scenario.words or WORDS)
    if tools and scenario.calls:
        item, telling = _call(tools[0], item_id)
    elif "audio" in modalities:
        item, telling = _audio(words, item_id, is_beta)
    else:
        item, telling = _text(words, item_id, is_beta)
    place = {"response_id": id, "output_index": 0}
    opening = {**item, "status": "in_progress"} | (
        {"content": []} if "content" in item else {"arguments": ""}
    )
    response: Event = {
        "object": "realtime.response",
        "id": id,
        "status": "in_progress",
        "status_details": None,
        "output": [],
        "conversation_id": "conv_fake",
        "output_modalities": modalities,
        "usage": None,
    }
    done = {**response, "status": "completed", "output": [item], "usage": _usage(scenario, words)}
    if scenario.ending == "failed":
        error = {"type": "server_error", "code": "server_error", "message": "The model failed."}
        done |= {"status": "failed", "status_details": {"type": "failed", "error": error}, "output": []}
    return [
        {"type": "response.created", "response": response},
        {"type": "response.output_item.added", **place, "item": opening},
        *({**event, **place, "item_id": item_id} for event in telling),
        {"type": "response.output_item.done", **place, "item": item},
        {"type": "response.done", "response": done},
    ]


def _text(words: str, item_id: str, is_beta: bool) -> tuple[Event, list[Event]]:
    name, kind = ("text", "text") if is_beta else ("output_text", "output_text")
    deltas = [
        {"type": f"response.{name}.delta", "content_index": 0, "delta": word} for word in words_of(words)
    ]
    done = {"type": f"response.{name}.done", "content_index": 0, "text": words}
    return _message(item_id, {"type": kind, "text": words}), [*deltas, done]


def _audio(words: str, item_id: str, is_beta: bool) -> tuple[Event, list[Event]]:
    name, kind = ("audio", "audio") if is_beta else ("output_audio", "output_audio")
    telling: list[Event] = []
    for word in words_of(words):
        telling.append({"type": f"response.{name}.delta", "content_index": 0, "delta": _AUDIO})
        telling.append({"type": f"response.{name}_transcript.delta", "content_index": 0, "delta": word})
    telling.append({"type": f"response.{name}.done", "content_index": 0})
    return _message(item_id, {"type": kind, "transcript": words}), telling


def _call(tool: Event, item_id: str) -> tuple[Event, list[Event]]:
    arguments = tool_arguments(tool.get("parameters", {}))
    item = {
        "id": item_id,
        "type": "function_call",
        "status": "completed",
        "name": tool["name"],
        "call_id": "call_fake",
        "arguments": arguments,
    }
    pieces = tokens_of(arguments)
    return item, [{"type": "response.function_call_arguments.delta", "delta": piece} for piece in pieces]


def _message(item_id: str, part: Event) -> Event:
    return {"id": item_id, "type": "message", "status": "completed", "role": "assistant", "content": [part]}


def _usage(scenario: Scenario, words: str) -> Event:
    inputs = 20 + scenario.cached + scenario.audio_in
    outputs = len(tokens_of(words)) + scenario.audio_out
    cached_text, cached_audio = scenario.cached - scenario.cached // 4, scenario.cached // 4
    return {
        "total_tokens": inputs + outputs,
        "input_tokens": inputs,
        "output_tokens": outputs,
        "input_token_details": {
            "text_tokens": 20 + cached_text,
            "audio_tokens": scenario.audio_in + cached_audio,
            "image_tokens": 0,
            "cached_tokens": scenario.cached,
            "cached_tokens_details": {
                "text_tokens": cached_text,
                "audio_tokens": cached_audio,
                "image_tokens": 0,
            },
        },
        "output_token_details": {
            "text_tokens": outputs - scenario.audio_out,
            "audio_tokens": scenario.audio_out,
        },
    }
