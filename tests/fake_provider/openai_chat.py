"""`POST /v1/chat/completions`."""

import base64
import json
from typing import Any

from tests.fake_provider.answer import DONE, Answer, Ask, Refused, data_event, pretty
from tests.fake_provider.chat_flavours import flavoured_events, flavoured_usage
from tests.fake_provider.models import snapshot
from tests.fake_provider.scenario import Scenario
from tests.fake_provider.text import count_tokens, example, identifier, sentence, tokens_of, words_of

FINGERPRINT = "fp_44709d6fcb"
_FINISH = {"length": "length", "filter": "content_filter"}


def chat_completion(ask: Ask) -> Answer:
    """Returns a chat completion, plain or streamed. Raises Refused."""
    body = ask.body
    flavour = ask.scenario.flavour
    # Others have models of their own, and name them in the answer as they were asked for.
    model = str(body.get("model")) if flavour else snapshot("openai", body)
    if not isinstance(body.get("messages"), list):
        raise Refused(
            400,
            "Missing required parameter: 'messages'.",
            param="messages",
            code="missing_required_parameter",
        )
    choices = [_choice(ask, index) for index in range(body.get("n") or 1)]
    tier = body.get("service_tier")
    usage = _usage(ask, choices)
    if flavour:
        usage = flavoured_usage(flavour, usage)
    whole = {
        "id": identifier("chatcmpl-", ask.request_id),
        "object": "chat.completion",
        "created": int(ask.now),
        "model": model,
        "choices": choices,
        "usage": usage,
        "service_tier": "default" if tier in {None, "auto"} else tier,
        "system_fingerprint": FINGERPRINT,
    }
    if not body.get("stream"):
        return Answer(body=pretty(whole), whole=whole, usage=usage)
    events = _events(body, whole)
    return Answer(
        events=flavoured_events(flavour, events, usage) if flavour else events,
        content_type="text/event-stream; charset=utf-8",
        whole=whole,
        usage=usage,
    )


def offered_tools(body: dict[str, Any], scenario: Scenario) -> list[dict[str, Any]]:
    """Returns the tools that this turn calls: none after a tool's result, or where it must not call any."""
    tools = [tool for tool in body.get("tools") or [] if tool.get("type") == "function"]
    last = (body.get("messages") or body.get("input") or [{}])[-1]
    answered = isinstance(last, dict) and (
        last.get("role") == "tool" or last.get("type") == "function_call_output"
    )
    if not tools or answered or body.get("tool_choice") == "none":
        return []
    return [tools[n % len(tools)] for n in range(scenario.calls)]


def tool_arguments(parameters: dict[str, Any] | None) -> str:
    """Returns the arguments that a model makes for a tool's schema, as JSON text."""
    return json.dumps(example(parameters or {}), ensure_ascii=False)


def token_logprobs(text: str, top: int) -> list[dict[str, Any]]:
    """Returns one log probability for each word of `text`, with `top` alternatives each."""
    return [
        {
            "token": word,
            "logprob": -0.25,
            "bytes": list(word.encode()),
            "top_logprobs": [
                {
                    "token": word if rank == 0 else f"{word}{rank}",
                    "logprob": -0.25 - rank,
                    "bytes": list(word.encode()),
                }
                for rank in range(top)
            ],
        }
        for word in words_of(text)
    ]


def _choice(ask: Ask, index: int) -> dict[str, Any]:
    body, scenario = ask.body, ask.scenario
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    text = _text(body, scenario, index)
    called = offered_tools(body, scenario)
    finish = _FINISH.get(scenario.ending, "stop")
    if scenario.ending == "refusal":
        message["refusal"] = "I'm sorry, I can't assist with that request."
    elif called:
        finish = "tool_calls"
        message["tool_calls"] = [
            {
                "id": identifier("call_", ask.request_id, index, n),
                "type": "function",
                "function": {
                    "name": tool["function"]["name"],
                    "arguments": tool_arguments(tool["function"].get("parameters")),
                },
            }
            for n, tool in enumerate(called)
        ]
    elif "audio" in (body.get("modalities") or []):
        message["audio"] = {
            "id": identifier("audio_", ask.request_id, index),
            "data": base64.b64encode(text.encode() * 8).decode(),
            "expires_at": int(ask.now) + 3600,
            "transcript": text,
        }
    else:
        message["content"] = text
    logprobs = None
    if body.get("logprobs"):
        top = body.get("top_logprobs") or 0
        parts = {name: message[name] for name in ("content", "refusal")}
        logprobs = {name: part and token_logprobs(part, top) for name, part in parts.items()}
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": finish}


def _text(body: dict[str, Any], scenario: Scenario, index: int) -> str:
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        return json.dumps(example(wanted["json_schema"]["schema"]), ensure_ascii=False)
    if wanted.get("type") == "json_object":
        return json.dumps({"answer": sentence(4)}, ensure_ascii=False)
    return sentence(12 if scenario.words is None else scenario.words, seed=index)


def _usage(ask: Ask, choices: list[dict[str, Any]]) -> dict[str, Any]:
    scenario = ask.scenario
    counted = count_tokens(ask.body["messages"]) + count_tokens(ask.body.get("tools"))
    prompt = counted + scenario.cached + scenario.cache_write + scenario.audio_in
    said = 0
    for choice in choices:
        message = choice["message"]
        said += len(words_of(message["content"] or message["refusal"] or ""))
        said += sum(count_tokens(call["function"]) for call in message.get("tool_calls", []))
        said += len(words_of(message.get("audio", {}).get("transcript", "")))
    completion = said + scenario.reasoning + scenario.audio_out
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {
            "cached_tokens": scenario.cached,
            "cache_write_tokens": scenario.cache_write,
            "audio_tokens": scenario.audio_in,
        },
        "completion_tokens_details": {
            "reasoning_tokens": scenario.reasoning,
            "audio_tokens": scenario.audio_out,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _events(body: dict[str, Any], whole: dict[str, Any]) -> list[bytes]:
    options = body.get("stream_options") or {}
    head = {name: whole[name] for name in ("id", "created", "model", "service_tier", "system_fingerprint")}
    head["object"] = "chat.completion.chunk"
    tail: dict[str, Any] = {"usage": None} if options.get("include_usage") else {}

    def chunk(choices: list[dict[str, Any]], size: int) -> bytes:
        # Padding so that a listener cannot tell a word by its chunk's length, as the real one has it.
        pad = (
            {} if options.get("include_obfuscation") is False else {"obfuscation": "x7Qk2Zr9"[: 8 - size % 8]}
        )
        return data_event({**head, "choices": choices, **tail, **pad})

    deltas = [list(_deltas(choice)) for choice in whole["choices"]]
    events: list[bytes] = []
    for turn in range(max(len(of_choice) for of_choice in deltas)):
        for index, of_choice in enumerate(deltas):
            if turn < len(of_choice):
                delta, logprobs, finish = of_choice[turn]
                part = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
                events.append(chunk([part], turn))
    if options.get("include_usage"):
        tail = {"usage": whole["usage"]}
        events.append(chunk([], 0))
    return [*events, DONE]


def _deltas(choice: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any] | None, str | None]]:
    """Returns (delta, logprobs, finish_reason) for each chunk of one choice."""
    message, logprobs = choice["message"], choice["logprobs"]
    deltas: list[tuple[dict[str, Any], dict[str, Any] | None, str | None]] = []
    role = {"role": "assistant", "content": None, "refusal": None}
    if calls := message.get("tool_calls"):
        deltas += _tool_deltas(role, calls)
    elif audio := message.get("audio"):
        deltas.append(({**role, "audio": {"id": audio["id"], "transcript": ""}}, None, None))
        deltas += [({"audio": {"transcript": word}}, None, None) for word in words_of(audio["transcript"])]
        data = audio["data"]
        deltas += [({"audio": {"data": data[at : at + 200]}}, None, None) for at in range(0, len(data), 200)]
        deltas.append(({"audio": {"expires_at": audio["expires_at"]}}, None, None))
    else:
        name = "refusal" if message["refusal"] else "content"
        deltas.append(({**role, name: ""}, None, None))
        for n, word in enumerate(words_of(message[name] or "")):
            of_word = logprobs and {"content": None, "refusal": None, name: [logprobs[name][n]]}
            deltas.append(({name: word}, of_word, None))
    return [*deltas, ({}, None, choice["finish_reason"])]


def _tool_deltas(
    role: dict[str, Any], calls: list[dict[str, Any]]
) -> list[tuple[dict[str, Any], dict[str, Any] | None, str | None]]:
    deltas: list[tuple[dict[str, Any], dict[str, Any] | None, str | None]] = []
    # A single call comes with the role; several come after it.
    first = dict(role) if len(calls) == 1 else {}
    if not first:
        deltas.append((role, None, None))
    for index, call in enumerate(calls):
        opening = {**call, "index": index, "function": {"name": call["function"]["name"], "arguments": ""}}
        deltas.append(({**first, "tool_calls": [opening]}, None, None))
        for fragment in tokens_of(call["function"]["arguments"]):
            part = {"index": index, "function": {"arguments": fragment}}
            deltas.append(({"tool_calls": [part]}, None, None))
    return deltas
