"""The same answers as event streams, in the order and the shapes in which the providers send them."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from ingest_app.demo.dialogue import Json

# Providers send tokens one by one or a few together; together keeps the demo's streams small.
MOST_PIECES = 40
_WORD = re.compile(r"\S{1,16}\s*|\s+")


class Stream(NamedTuple):
    """The events of a stream, and which is the first with generated content."""

    events: list[bytes]
    first_content: int


def stream(answer: Json) -> Stream:
    """Returns the events that `answer` would have come in."""
    dialect = answer.get("object") or answer.get("type")
    events: list[bytes] = []
    first_content = None
    for encoded, has_content in _STREAMS[str(dialect)](answer):
        if has_content and first_content is None:
            first_content = len(events)
        events.append(encoded)
    return Stream(events, first_content or 0)


def error_event(error: Json) -> bytes:
    """Returns an error as Anthropic sends it inside a stream."""
    return _named({"type": "error", "error": error})


Events = Iterator[tuple[bytes, bool]]


def _chat(answer: Json) -> Events:
    head = {key: value for key, value in answer.items() if key not in {"choices", "usage"}}
    head["object"] = "chat.completion.chunk"
    choice = answer["choices"][0]
    message = choice["message"]

    def chunk(delta: Json, finish: str | None = None) -> bytes:
        part = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _data({**head, "choices": [part], "usage": None})

    yield chunk({"role": "assistant", "content": "" if message["content"] else None, "refusal": None}), False
    for piece in _pieces(message["content"] or ""):
        yield chunk({"content": piece}), True
    for index, call in enumerate(message.get("tool_calls", [])):
        function = call["function"]
        opening = {**call, "index": index, "function": {"name": function["name"], "arguments": ""}}
        yield chunk({"tool_calls": [opening]}), True
        for piece in _pieces(function["arguments"]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}), True
    yield chunk({}, choice["finish_reason"]), False
    yield _data({**head, "choices": [], "usage": answer["usage"]}), False
    yield b"data: [DONE]\n\n", False


def _messages(answer: Json) -> Events:
    usage = answer["usage"]
    start = {**answer, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield _named({"type": "message_start", "message": start}), False
    for index, block in enumerate(answer["content"]):
        is_text = block["type"] == "text"
        opening = {**block, "text": ""} if is_text else {**block, "input": {}}
        yield _named({"type": "content_block_start", "index": index, "content_block": opening}), False
        if index == 0:
            yield _named({"type": "ping"}), False
        text = block["text"] if is_text else msgspec.json.encode(block["input"]).decode()
        kind, field = ("text_delta", "text") if is_text else ("input_json_delta", "partial_json")
        for piece in _pieces(text):
            delta = {"type": kind, field: piece}
            yield _named({"type": "content_block_delta", "index": index, "delta": delta}), True
        yield _named({"type": "content_block_stop", "index": index}), False
    ending = {"stop_reason": answer["stop_reason"], "stop_sequence": None}
    cumulative = {key: value for key, value in usage.items() if key.endswith("_tokens")}
    yield _named({"type": "message_delta", "delta": ending, "usage": cumulative}), False
    yield _named({"type": "message_stop"}), False


def _responses(answer: Json) -> Events:
    number = 0

    def event(kind: str, **fields: object) -> bytes:
        nonlocal number
        number += 1
        return _named({"type": kind, "sequence_number": number - 1, **fields})

    begun = {**answer, "status": "in_progress", "output": [], "usage": None}
    yield event("response.created", response=begun), False
    yield event("response.in_progress", response=begun), False
    for index, item in enumerate(answer["output"]):
        place = {"output_index": index, "item_id": item["id"]}
        if item["type"] == "message":
            part = item["content"][0]
            place |= {"content_index": 0}
            opening = {**item, "status": "in_progress", "content": []}
            yield event("response.output_item.added", output_index=index, item=opening), False
            yield event("response.content_part.added", **place, part={**part, "text": ""}), False
            for piece in _pieces(part["text"]):
                yield event("response.output_text.delta", **place, delta=piece, logprobs=[]), True
            yield event("response.output_text.done", **place, text=part["text"], logprobs=[]), False
            yield event("response.content_part.done", **place, part=part), False
        elif item["type"] == "function_call":
            opening = {**item, "status": "in_progress", "arguments": ""}
            yield event("response.output_item.added", output_index=index, item=opening), False
            for piece in _pieces(item["arguments"]):
                yield event("response.function_call_arguments.delta", **place, delta=piece), True
            done = item["arguments"]
            yield event("response.function_call_arguments.done", **place, arguments=done), False
        else:
            yield event("response.output_item.added", output_index=index, item=item), False
        yield event("response.output_item.done", output_index=index, item=item), False
    yield event("response.completed", response=answer), False


_STREAMS: dict[str, Callable[[Json], Events]] = {
    "chat.completion": _chat,
    "message": _messages,
    "response": _responses,
}


def _data(value: Json) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(value)


def _named(value: Json) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (value["type"].encode(), msgspec.json.encode(value))


def _pieces(text: str) -> list[str]:
    words = _WORD.findall(text)
    together = max(2, -(-len(words) // MOST_PIECES))
    return ["".join(words[at : at + together]) for at in range(0, len(words), together)]
