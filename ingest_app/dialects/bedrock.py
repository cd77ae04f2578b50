"""AWS Bedrock Converse (docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).

InvokeModel answers in the dialect of the model's maker: Anthropic's messages, or this one with Amazon's Nova.
"""

from typing import Any

import msgspec

from ingest_app.dialects.base import UNREADABLE, Dialect, Fold, Json, append_text, integer, rows, table
from ingest_app.events import Usage

# Nova's streams name the events within the payload, ConverseStream in the frame.
_EVENTS = ("messageStart", "contentBlockStart", "contentBlockDelta", "messageStop", "metadata")


def usage(answer: Json) -> Usage | None:
    """Returns the token counts. Reads from and writes to the cache stand beside `inputTokens`: they are added up."""
    reported = answer.get("usage")
    if not isinstance(reported, dict):
        return None
    read = _either(reported, "cacheReadInputTokens", "cacheReadInputTokenCount")
    written = _either(reported, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    return Usage(
        prompt_tokens=integer(reported.get("inputTokens")) + read + written,
        completion_tokens=integer(reported.get("outputTokens")),
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=sum(
            integer(detail.get("inputTokens"))
            for detail in rows(reported.get("cacheDetails"))
            if detail.get("ttl") == "1h"
        ),
    )


class ConverseFold(Fold):
    """`messageStart` … `messageStop` and `metadata` become one answer of Converse."""

    def __init__(self) -> None:
        self._answer: Json = {}
        self._message: Json = {}
        self._blocks: dict[int, Json] = {}
        self._inputs: dict[int, str] = {}

    def add(self, event_type: str, data: Json) -> bool:
        named = next((name for name in _EVENTS if isinstance(data.get(name), dict)), None)
        kind, data = (named, data[named]) if named else (event_type, data)
        match kind:
            case "messageStart":
                self._message["role"] = data.get("role")
            case "contentBlockStart":
                start = table(data.get("start"))
                self._block(data).update({key: dict(table(value)) for key, value in start.items()})
            case "contentBlockDelta":
                return self._delta(data)
            case "messageStop":
                self._answer.update(_without_padding(data))
            case "metadata":
                self._answer.update(_without_padding(data))
        return False

    def answer(self) -> Json | None:
        if not (self._answer or self._message or self._blocks):
            return None
        content = [self._closed(index, block) for index, block in sorted(self._blocks.items())]
        return {"output": {"message": {**self._message, "content": content}}, **self._answer}

    def _block(self, data: Json) -> Json:
        return self._blocks.setdefault(integer(data.get("contentBlockIndex")), {})

    def _delta(self, data: Json) -> bool:
        block, delta = self._block(data), table(data.get("delta"))
        has_content = False
        if "text" in delta:
            append_text(block, "text", delta["text"])
            has_content = bool(delta["text"])
        if "toolUse" in delta:
            index = integer(data.get("contentBlockIndex"))
            piece = str(table(delta["toolUse"]).get("input") or "")
            self._inputs[index] = self._inputs.get(index, "") + piece
            has_content |= bool(piece)
        if "reasoningContent" in delta:
            has_content |= _reason(block, table(delta["reasoningContent"]))
        return has_content

    def _closed(self, index: int, block: Json) -> Json:
        if index not in self._inputs:
            return block
        return {**block, "toolUse": {**table(block.get("toolUse")), "input": _decoded(self._inputs[index])}}


def _reason(block: Json, delta: Json) -> bool:
    if "redactedContent" in delta:
        block["reasoningContent"] = {"redactedContent": delta["redactedContent"]}
        return False
    reasoning = block.setdefault("reasoningContent", {})
    if not isinstance(reasoning, dict):
        return False
    told = reasoning.setdefault("reasoningText", {})
    for key in ("text", "signature"):
        if key in delta and isinstance(told, dict):
            append_text(told, key, delta[key])
    return bool(delta.get("text"))


def _without_padding(event: Json) -> Json:
    # "p" makes every frame of another length, so that nobody can tell the words by it.
    return {key: value for key, value in event.items() if key != "p"}


def _either(reported: Json, *names: str) -> int:
    return next((integer(reported[name]) for name in names if name in reported), 0)


def _decoded(arguments: str) -> Any:
    try:
        return msgspec.json.decode(arguments)
    except UNREADABLE:
        return arguments  # broke off in the middle: keep what came


CONVERSE = Dialect("bedrock-converse", ConverseFold, usage)
