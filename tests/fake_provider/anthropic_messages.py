"""`POST /v1/messages` and `POST /v1/messages/count_tokens`."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from tests.fake_provider.answer import Answer, Ask, Refused, compact, named_event
from tests.fake_provider.models import snapshot
from tests.fake_provider.scenario import Scenario
from tests.fake_provider.text import count_tokens, example, identifier, sentence, tokens_of, words_of

Block = dict[str, Any]
_STOP = {"length": "max_tokens", "filter": "refusal", "refusal": "refusal"}


def message(ask: Ask) -> Answer:
    """Returns a message, plain or streamed. Raises Refused."""
    body, scenario = ask.body, ask.scenario
    model = snapshot("anthropic", body)
    _check_messages(body)
    if not isinstance(body.get("max_tokens"), int):
        raise Refused(400, "max_tokens: Field required")
    content = _content(ask)
    called = any(block["type"] == "tool_use" for block in content)
    stop_reason = "tool_use" if called else _STOP.get(scenario.ending, "end_turn")
    usage = _usage(ask, content)
    whole = {
        "model": model,
        "id": identifier("msg_01", ask.request_id),
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "stop_details": {"type": "refusal", "category": None, "explanation": None}
        if stop_reason == "refusal"
        else None,
        "usage": usage,
    }
    if not body.get("stream"):
        return Answer(body=compact(whole), whole=whole, usage=usage)
    return Answer(
        events=list(_events(whole)),
        content_type="text/event-stream; charset=utf-8",
        whole=whole,
        usage=usage,
    )


def token_count(ask: Ask) -> Answer:
    """Returns the input tokens of a request that is not made. Raises Refused."""
    snapshot("anthropic", ask.body)
    _check_messages(ask.body)
    counts = {"input_tokens": _input_tokens(ask.body)}
    return Answer(body=compact(counts), whole=counts)


def _check_messages(body: dict[str, Any]) -> None:
    if not isinstance(body.get("messages"), list):
        raise Refused(400, "messages: Field required")
    if not body["messages"]:
        raise Refused(400, "messages: at least one message is required")


def _content(ask: Ask) -> list[Block]:
    """Returns thinking if asked for, searches if the scenario says so, text, then tool calls."""
    body, scenario = ask.body, ask.scenario
    content: list[Block] = []
    if thinking := _thinking_tokens(ask):
        signature = base64.b64encode(ask.request_id.encode() * 6).decode()
        content.append({"type": "thinking", "thinking": sentence(thinking, seed=2), "signature": signature})
    for n in range(scenario.searches):
        content += _search(ask, n)
    wanted = (body.get("output_config") or {}).get("format") or {}
    text = sentence(12 if scenario.words is None else scenario.words)
    if wanted.get("type") == "json_schema":
        text = json.dumps(example(wanted["schema"]), ensure_ascii=False)
    if text:
        content.append({"type": "text", "text": text})
    for n, tool in enumerate(_called_tools(body, scenario)):
        identity = identifier("toolu_01", ask.request_id, n)
        arguments = example(tool.get("input_schema") or {})
        content.append(
            {
                "type": "tool_use",
                "id": identity,
                "name": tool["name"],
                "input": arguments,
                "caller": {"type": "direct"},
            }
        )
    return content


def _thinking_tokens(ask: Ask) -> int:
    asked = (ask.body.get("thinking") or {}).get("type") in {"enabled", "adaptive"}
    return ask.scenario.reasoning or (8 if asked else 0)


def _called_tools(body: dict[str, Any], scenario: Scenario) -> list[dict[str, Any]]:
    tools = [tool for tool in body.get("tools") or [] if "input_schema" in tool]
    last = body["messages"][-1].get("content")
    answered = isinstance(last, list) and any(part.get("type") == "tool_result" for part in last)
    if not tools or answered or (body.get("tool_choice") or {}).get("type") == "none":
        return []
    return [tools[n % len(tools)] for n in range(scenario.calls)]


def _search(ask: Ask, n: int) -> list[Block]:
    identity = identifier("srvtoolu_01", ask.request_id, n)
    caller = {"type": "direct"}
    found = {
        "type": "web_search_result",
        "title": "Proxies",
        "url": "https://example.com/proxies",
        "encrypted_content": base64.b64encode(identity.encode()).decode(),
        "page_age": "April 30, 2025",
    }
    query = {"query": sentence(3, seed=n)}
    return [
        {"type": "server_tool_use", "id": identity, "name": "web_search", "input": query, "caller": caller},
        {"type": "web_search_tool_result", "tool_use_id": identity, "content": [found], "caller": caller},
    ]


def _input_tokens(body: dict[str, Any]) -> int:
    return sum(count_tokens(body.get(name)) for name in ("system", "messages", "tools"))


def _usage(ask: Ask, content: list[Block]) -> dict[str, Any]:
    scenario = ask.scenario
    said = 0
    for block in content:
        said += len(words_of(block.get("text") or ""))
        said += count_tokens(block.get("input"))
    thinking = _thinking_tokens(ask)
    usage: dict[str, Any] = {
        "input_tokens": _input_tokens(ask.body),
        "cache_creation_input_tokens": scenario.cache_write + scenario.cache_write_1h,
        "cache_read_input_tokens": scenario.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": scenario.cache_write,
            "ephemeral_1h_input_tokens": scenario.cache_write_1h,
        },
        "output_tokens": said + thinking,
        "output_tokens_details": {"thinking_tokens": thinking},
        "service_tier": "standard",
        "inference_geo": "not_available",
    }
    if scenario.searches:
        usage["server_tool_use"] = {"web_search_requests": scenario.searches, "web_fetch_requests": 0}
    return usage


def _events(whole: dict[str, Any]) -> Iterator[bytes]:
    usage = whole["usage"]
    # What is known when the answer begins; the rest comes with message_delta, cumulative.
    known = {
        name: value
        for name, value in usage.items()
        if name not in {"server_tool_use", "output_tokens_details"}
    }
    start = {
        **whole,
        "content": [],
        "stop_reason": None,
        "stop_details": None,
        "usage": {**known, "output_tokens": 1},
    }
    yield named_event({"type": "message_start", "message": start})
    for index, block in enumerate(whole["content"]):
        opening, deltas = _block_deltas(block)
        yield named_event({"type": "content_block_start", "index": index, "content_block": opening})
        if index == 0:
            yield named_event({"type": "ping"})
        for delta in deltas:
            yield named_event({"type": "content_block_delta", "index": index, "delta": delta})
        yield named_event({"type": "content_block_stop", "index": index})
    delta = {name: whole[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    cumulative = {
        name: value
        for name, value in usage.items()
        if name not in {"cache_creation", "service_tier", "inference_geo"}
    }
    yield named_event({"type": "message_delta", "delta": delta, "usage": cumulative})
    yield named_event({"type": "message_stop"})


def _block_deltas(block: Block) -> tuple[Block, list[dict[str, Any]]]:
    """Returns the block as it is announced, and what is sent after it."""
    match block["type"]:
        case "text":
            return {**block, "text": ""}, [
                {"type": "text_delta", "text": word} for word in words_of(block["text"])
            ]
        case "thinking":
            deltas = [{"type": "thinking_delta", "thinking": word} for word in words_of(block["thinking"])]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
            return {**block, "thinking": "", "signature": ""}, deltas
        case "tool_use" | "server_tool_use":
            text = json.dumps(block["input"], ensure_ascii=False)
            # The first fragment is always empty, as in the real ones.
            fragments = ["", *tokens_of(text)]
            return {**block, "input": {}}, [
                {"type": "input_json_delta", "partial_json": part} for part in fragments
            ]
        case _:
            return block, []
