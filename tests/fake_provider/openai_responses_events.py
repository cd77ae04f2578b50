"""The events of a streamed response, in the order in which OpenAI sends them."""

from collections.abc import Iterator
from typing import Any

from tests.fake_provider.answer import named_event
from tests.fake_provider.text import tokens_of, words_of

Event = dict[str, Any]


def response_events(whole: dict[str, Any]) -> list[bytes]:
    """Returns the stream that amounts to `whole`."""
    unfinished = {
        **whole,
        "status": "in_progress",
        "output": [],
        "usage": None,
        "error": None,
        "incomplete_details": None,
        "completed_at": None,
    }
    events: list[Event] = [
        {"type": "response.created", "response": unfinished},
        {"type": "response.in_progress", "response": unfinished},
    ]
    for output_index, item in enumerate(whole["output"]):
        events += _item_events(item, output_index)
    events.append({"type": f"response.{whole['status']}", "response": whole})
    return [
        named_event({"type": event["type"], "sequence_number": number, **event})
        for number, event in enumerate(events)
    ]


def _item_events(item: dict[str, Any], output_index: int) -> Iterator[Event]:
    place = {"item_id": item["id"], "output_index": output_index}
    openings: dict[str, Event] = {
        "reasoning": {"summary": []},
        "message": {"content": [], "status": "in_progress"},
        "function_call": {"arguments": "", "status": "in_progress"},
    }
    opening = {**item, **openings[item["type"]]}
    yield {"type": "response.output_item.added", "output_index": output_index, "item": opening}
    for index, part in enumerate(item.get("summary", [])):
        yield from _summary_events(part, {**place, "summary_index": index})
    for index, part in enumerate(item.get("content", [])):
        yield from _content_events(part, {**place, "content_index": index})
    if item["type"] == "function_call":
        for fragment in tokens_of(item["arguments"]):
            yield {
                "type": "response.function_call_arguments.delta",
                **place,
                "delta": fragment,
                "obfuscation": "b7Xw",
            }
        yield {"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"]}
    yield {"type": "response.output_item.done", "output_index": output_index, "item": item}


def _summary_events(part: dict[str, Any], place: dict[str, Any]) -> Iterator[Event]:
    yield {"type": "response.reasoning_summary_part.added", **place, "part": {**part, "text": ""}}
    for word in words_of(part["text"]):
        yield {"type": "response.reasoning_summary_text.delta", **place, "delta": word, "obfuscation": "q2"}
    yield {"type": "response.reasoning_summary_text.done", **place, "text": part["text"]}
    yield {"type": "response.reasoning_summary_part.done", **place, "part": part}


def _content_events(part: dict[str, Any], place: dict[str, Any]) -> Iterator[Event]:
    if part["type"] == "refusal":
        yield {"type": "response.content_part.added", **place, "part": {**part, "refusal": ""}}
        for word in words_of(part["refusal"]):
            yield {"type": "response.refusal.delta", **place, "delta": word}
        yield {"type": "response.refusal.done", **place, "refusal": part["refusal"]}
    else:
        yield {"type": "response.content_part.added", **place, "part": {**part, "text": "", "logprobs": []}}
        for n, word in enumerate(words_of(part["text"])):
            logprobs = part["logprobs"][n : n + 1]
            yield {
                "type": "response.output_text.delta",
                **place,
                "delta": word,
                "logprobs": logprobs,
                "obfuscation": "k9Zr3"[: 5 - n % 5],
            }
        yield {
            "type": "response.output_text.done",
            **place,
            "text": part["text"],
            "logprobs": part["logprobs"],
        }
    yield {"type": "response.content_part.done", **place, "part": part}
