"""Answers that were logged as the events of a stream: put together again into the body of a plain answer."""

from collections.abc import Iterable, Iterator
from typing import Any

from requests_app.conversation.reading import mapping, sequence, word
from requests_app.json_text import decoded


def assembled(body: bytes) -> dict[str, Any] | None:
    """Returns the whole answer that the events in `body` (SSE, or one JSON object a line) amount to.

    None when it holds no events. A stream that broke off gives what had arrived.
    """
    events = list(_events(body))
    if not events:
        return None
    for event in reversed(events):
        if isinstance(event.get("response"), dict) and word(event.get("type")).startswith("response."):
            return _response(events, event["response"])
    if any("choices" in event for event in events):
        return _chat(events)
    if any(word(event.get("type")).startswith(("message_", "content_block_")) for event in events):
        return _anthropic(events)
    return next((event for event in events if "error" in event), None)


def _events(body: bytes) -> Iterator[dict[str, Any]]:
    for line in body.splitlines():
        data = line.removeprefix(b"data:").strip()
        if data.startswith(b"{"):
            try:
                event = decoded(data)
            except ValueError:
                continue
            if isinstance(event, dict):
                yield event


def _response(events: list[dict[str, Any]], last: dict[str, Any]) -> dict[str, Any]:
    """`response.completed` repeats everything; a stream that broke off has only the items that were done."""
    if sequence(last.get("output")):
        return last
    done = [
        event["item"]
        for event in events
        if event.get("type") == "response.output_item.done" and "item" in event
    ]
    if not done:
        words = "".join(
            word(event.get("delta")) for event in events if event.get("type") == "response.output_text.delta"
        )
        content = [{"type": "output_text", "text": words}]
        done = [{"type": "message", "role": "assistant", "content": content}] if words else []
    return {**last, "output": done}


def _chat(events: list[dict[str, Any]]) -> dict[str, Any]:
    choices: dict[int, dict[str, Any]] = {}
    whole: dict[str, Any] = {}
    for event in events:
        whole |= {name: value for name, value in event.items() if name != "choices" and value is not None}
        for entry in sequence(event.get("choices")):
            chunk = mapping(entry)
            index = _index(chunk)
            choice = choices.setdefault(index, {"index": index, "message": {"role": "assistant"}})
            if chunk.get("finish_reason"):
                choice["finish_reason"] = chunk["finish_reason"]
            if isinstance(chunk.get("text"), str):
                choice["text"] = choice.get("text", "") + chunk["text"]
            _merge(choice["message"], mapping(chunk.get("delta")))
    return {**whole, "choices": [choices[index] for index in sorted(choices)]}


def _merge(message: dict[str, Any], delta: dict[str, Any]) -> None:
    for field in ("content", "refusal", "reasoning_content", "reasoning"):
        if isinstance(delta.get(field), str):
            message[field] = message.get(field, "") + delta[field]
    calls: list[dict[str, Any]] = message.setdefault("tool_calls", [])
    for position, entry in enumerate(sequence(delta.get("tool_calls"))):
        piece = mapping(entry)
        index = _index(piece, position)
        call = next((call for call in calls if call["index"] == index), None)
        if call is None:
            call = {"index": index, "function": {"name": "", "arguments": ""}}
            calls.append(call)
        call["id"] = call.get("id") or piece.get("id")
        function = mapping(piece.get("function"))
        for field in ("name", "arguments"):
            call["function"][field] += word(function.get(field))


def _anthropic(events: list[dict[str, Any]]) -> dict[str, Any]:
    message: dict[str, Any] = {"type": "message", "role": "assistant", "content": []}
    blocks: dict[Any, dict[str, Any]] = {}
    for event in events:
        match word(event.get("type")):
            case "message_start":
                message |= {**mapping(event.get("message")), "content": []}
            case "content_block_start":
                blocks[_index(event)] = dict(mapping(event.get("content_block")))
            case "content_block_delta":
                _extend(blocks.setdefault(_index(event), {"type": "text"}), mapping(event.get("delta")))
            case "message_delta":
                message["stop_reason"] = mapping(event.get("delta")).get("stop_reason")
                message["usage"] = {**mapping(message.get("usage")), **mapping(event.get("usage"))}
            case "error":
                message["error"] = event.get("error")
    message["content"] = list(_finished(blocks.values()))
    return message


def _index(item: dict[str, Any], default: int = 0) -> int:
    index = item.get("index")
    return index if isinstance(index, int) else default


def _extend(block: dict[str, Any], delta: dict[str, Any]) -> None:
    for field in ("text", "thinking", "partial_json"):
        if isinstance(delta.get(field), str):
            block[field] = word(block.get(field)) + delta[field]


def _finished(blocks: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A tool's input arrives as pieces of JSON text, which replace the empty object it started with."""
    for block in blocks:
        given = block.pop("partial_json", "")
        yield {**block, "input": given} if given else block
