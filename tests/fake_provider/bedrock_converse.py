"""Bedrock: `/model/<id>/converse` and `/model/<id>/converse-stream`, which is AWS's binary event stream."""

import base64
import itertools
import struct
import zlib
from typing import Any

from tests.fake_provider.answer import Answer, Ask, Refused, compact
from tests.fake_provider.text import count_tokens, example, identifier, sentence, tokens_of, words_of

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STOP = {"length": "max_tokens", "filter": "content_filtered", "refusal": "guardrail_intervened"}


def converse(ask: Ask) -> Answer:
    """Returns the whole answer, or its stream. Raises Refused."""
    if not isinstance(ask.body.get("messages"), list):
        raise Refused(400, "The messages field is required.")
    content = _content(ask)
    called = any("toolUse" in block for block in content)
    usage = _usage(ask, content)
    whole = {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": "tool_use" if called else _STOP.get(ask.scenario.ending, "end_turn"),
        "usage": usage,
        "metrics": {"latencyMs": 321},
    }
    if not ask.path.endswith("-stream"):
        return Answer(body=compact(whole), whole=whole, usage=usage)
    return Answer(events=_events(whole), content_type=CONTENT_TYPE, whole=whole, usage=usage)


def exception(kind: str, message: str) -> bytes:
    """Returns the message with which a stream says that it cannot go on."""
    return _message({":exception-type": kind, ":message-type": "exception"}, compact({"message": message}))


def chunk(event: dict[str, Any]) -> bytes:
    """Returns the message in which InvokeModel streams one event of the model's own dialect."""
    payload = {"bytes": base64.b64encode(compact(event)).decode(), "p": "abcd"}
    return _message({":event-type": "chunk", ":message-type": "event"}, compact(payload))


def _content(ask: Ask) -> list[dict[str, Any]]:
    specs = [
        tool["toolSpec"]
        for tool in (ask.body.get("toolConfig") or {}).get("tools") or []
        if "toolSpec" in tool
    ]
    last = (ask.body["messages"] or [{}])[-1]
    answered = any("toolResult" in block for block in last.get("content") or [])
    if specs and not answered:
        return [
            {
                "toolUse": {
                    "toolUseId": identifier("tooluse_", ask.request_id, number),
                    "name": spec["name"],
                    "input": example((spec.get("inputSchema") or {}).get("json") or {}),
                }
            }
            for number, spec in enumerate(itertools.islice(itertools.cycle(specs), ask.scenario.calls))
        ]
    content: list[dict[str, Any]] = []
    if ask.scenario.reasoning:
        text = sentence(ask.scenario.reasoning, seed=5)
        content.append({"reasoningContent": {"reasoningText": {"text": text, "signature": "c2lnbmF0dXJl"}}})
    return [*content, {"text": sentence(12 if ask.scenario.words is None else ask.scenario.words)}]


def _usage(ask: Ask, content: list[dict[str, Any]]) -> dict[str, Any]:
    scenario = ask.scenario
    fresh = sum(count_tokens(ask.body.get(name)) for name in ("messages", "system", "toolConfig"))
    said = sum(
        len(words_of(block["text"])) if "text" in block else count_tokens(block.get("toolUse"))
        for block in content
    )
    written = scenario.cache_write + scenario.cache_write_1h
    usage: dict[str, Any] = {
        "inputTokens": fresh,
        "outputTokens": said + scenario.reasoning,
        "totalTokens": fresh + scenario.cached + written + said + scenario.reasoning,
        "cacheReadInputTokens": scenario.cached,
        "cacheWriteInputTokens": written,
    }
    if scenario.cache_write_1h:
        usage["cacheDetails"] = [
            {"ttl": "5m", "inputTokens": scenario.cache_write},
            {"ttl": "1h", "inputTokens": scenario.cache_write_1h},
        ]
    return usage


def _events(whole: dict[str, Any]) -> list[bytes]:
    events = [_event("messageStart", {"role": "assistant"})]
    for index, block in enumerate(whole["output"]["message"]["content"]):
        at = {"contentBlockIndex": index}
        if "toolUse" in block:
            start = {name: block["toolUse"][name] for name in ("toolUseId", "name")}
            events.append(_event("contentBlockStart", {**at, "start": {"toolUse": start}}))
            arguments = compact(block["toolUse"]["input"]).decode()
            deltas: list[dict[str, Any]] = [{"toolUse": {"input": piece}} for piece in tokens_of(arguments)]
        elif "reasoningContent" in block:
            told = block["reasoningContent"]["reasoningText"]
            deltas = [{"reasoningContent": {"text": word}} for word in words_of(told["text"])]
            deltas.append({"reasoningContent": {"signature": told["signature"]}})
        else:
            deltas = [{"text": word} for word in words_of(block["text"])]
        events += [_event("contentBlockDelta", {**at, "delta": delta}) for delta in deltas]
        events.append(_event("contentBlockStop", at))
    events.append(_event("messageStop", {"stopReason": whole["stopReason"]}))
    events.append(_event("metadata", {"usage": whole["usage"], "metrics": whole["metrics"]}))
    return events


def _event(kind: str, payload: dict[str, Any]) -> bytes:
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return _message(headers, compact({**payload, "p": "abcdefghijkl"[: len(kind) % 12]}))


def _message(headers: dict[str, str], payload: bytes) -> bytes:
    block = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(block) + len(payload), len(block))
    head = prelude + struct.pack("!I", zlib.crc32(prelude)) + block + payload
    return head + struct.pack("!I", zlib.crc32(head))
