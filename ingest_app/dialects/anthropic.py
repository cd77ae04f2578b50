"""Anthropic messages (docs.anthropic.com/en/docs/build-with-claude/streaming)."""

from typing import Any

import msgspec

from ingest_app.dialects.base import UNREADABLE, Dialect, Fold, Json, append_text, integer, table, text_of
from ingest_app.events import Usage

_DELTA_FIELD = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}


def usage(answer: Json) -> Usage | None:
    """Returns the token counts. Anthropic's three input counts stand beside each other, so they are added up."""
    reported = answer.get("usage")
    if not isinstance(reported, dict):
        return None
    cache_read = integer(reported.get("cache_read_input_tokens"))
    lifetimes = table(reported.get("cache_creation"))
    written_1h = integer(lifetimes.get("ephemeral_1h_input_tokens"))
    cache_write = max(
        integer(reported.get("cache_creation_input_tokens")),
        integer(lifetimes.get("ephemeral_5m_input_tokens")) + written_1h,
    )
    return Usage(
        prompt_tokens=integer(reported.get("input_tokens")) + cache_read + cache_write,
        completion_tokens=integer(reported.get("output_tokens")),
        cache_read_tokens=cache_read,
        cache_write_tokens=cache_write,
        cache_write_1h_tokens=written_1h,
        reasoning_tokens=integer(table(reported.get("output_tokens_details")).get("thinking_tokens")),
    )


class MessageFold(Fold):
    """`message_start` … `message_stop` become one message; usage in `message_delta` is cumulative."""

    def __init__(self) -> None:
        self.usage_is_final = False  # message_start counts one output token
        self._message: Json = {}
        self._blocks: dict[int, Json] = {}
        self._arguments: dict[int, str] = {}

    def add(self, event_type: str, data: Json) -> bool:
        match data.get("type"):
            case "message_start":
                self._message = dict(table(data.get("message")))
            case "content_block_start":
                self._blocks[integer(data.get("index"))] = dict(table(data.get("content_block")))
            case "content_block_delta":
                return self._delta(integer(data.get("index")), table(data.get("delta")))
            case "message_delta":
                self._message.update(table(data.get("delta")))
                self.usage_is_final |= isinstance(data.get("usage"), dict)
                self._message["usage"] = {
                    **table(self._message.get("usage")),
                    **{key: value for key, value in table(data.get("usage")).items() if value is not None},
                }
                self._message.update(
                    {key: value for key, value in data.items() if key not in {"type", "delta", "usage"}}
                )
        return False

    def answer(self) -> Json | None:
        if not self._message and not self._blocks:
            return None
        content = []
        for index, block in sorted(self._blocks.items()):
            arguments = self._arguments.get(index)
            content.append({**block, "input": _decoded(arguments)} if arguments else block)
        return {**self._message, "content": content}

    def _delta(self, index: int, delta: Json) -> bool:
        block = self._blocks.setdefault(index, {})
        kind = text_of(delta.get("type"))
        if kind in _DELTA_FIELD:
            append_text(block, _DELTA_FIELD[kind], delta.get(_DELTA_FIELD[kind]))
            return bool(kind != "signature_delta")
        if kind == "input_json_delta":
            self._arguments[index] = self._arguments.get(index, "") + str(delta.get("partial_json") or "")
            return bool(delta.get("partial_json"))
        if kind == "citations_delta":
            before = block.get("citations")
            block["citations"] = [*(before if isinstance(before, list) else []), delta.get("citation")]
        return False


def _decoded(arguments: str) -> Any:
    try:
        return msgspec.json.decode(arguments)
    except UNREADABLE:
        return arguments  # broke off in the middle: keep what came


MESSAGES = Dialect("anthropic-messages", MessageFold, usage)
