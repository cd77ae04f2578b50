"""`POST /v1/responses`: what is answered; how it is streamed is in `openai_responses_events.py`."""

import base64
import json
from typing import Any

from tests.fake_provider.answer import Answer, Ask, Refused, named_event, pretty
from tests.fake_provider.models import snapshot
from tests.fake_provider.openai_chat import offered_tools, token_logprobs, tool_arguments
from tests.fake_provider.openai_responses_events import response_events
from tests.fake_provider.text import count_tokens, example, identifier, sentence, words_of


def response(ask: Ask) -> Answer:
    """Returns a response, plain or streamed. Raises Refused."""
    body, scenario = ask.body, ask.scenario
    model = snapshot("openai", body)
    if "input" not in body and "prompt" not in body:
        raise Refused(
            400, "Missing required parameter: 'input'.", param="input", code="missing_required_parameter"
        )
    output = _output(ask)
    usage = _usage(ask, output)
    whole = {**_settings(ask, model), "output": output, "usage": usage}
    if scenario.ending == "failed":
        whole |= {
            "status": "failed",
            "error": {"code": "server_error", "message": "The model failed to generate a response."},
            "output": [],
            "usage": None,
            "completed_at": None,
        }
    elif scenario.ending in {"length", "filter"}:
        reason = "max_output_tokens" if scenario.ending == "length" else "content_filter"
        whole |= {"status": "incomplete", "incomplete_details": {"reason": reason}, "completed_at": None}
    if not body.get("stream"):
        return Answer(body=pretty(whole), whole=whole, usage=whole["usage"])
    error = {"code": "server_error", "message": "The server had an error.", "param": None}
    return Answer(
        events=response_events(whole),
        content_type="text/event-stream; charset=utf-8",
        whole=whole,
        usage=whole["usage"],
        error_event=named_event({"type": "error", **error, "sequence_number": scenario.error_after}),
    )


def _settings(ask: Ask, model: str) -> dict[str, Any]:
    body = ask.body
    tier = body.get("service_tier")
    return {
        "id": identifier("resp_", ask.request_id),
        "object": "response",
        "created_at": int(ask.now),
        "status": "completed",
        "background": False,
        "completed_at": int(ask.now) + 1,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": model,
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": body.get("previous_response_id"),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "prompt_cache_retention": None,
        "reasoning": {"effort": None, "summary": None, **(body.get("reasoning") or {})},
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default" if tier in {None, "auto"} else tier,
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": {"format": {"type": "text"}, "verbosity": "medium", **(body.get("text") or {})},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_logprobs": body.get("top_logprobs", 0),
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation", "disabled"),
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def _output(ask: Ask) -> list[dict[str, Any]]:
    """Returns the output items: reasoning if asked for, text unless tools are called (or with them, if
    the scenario says how many words), then the calls."""
    scenario, output = ask.scenario, []
    if reasoning_tokens(ask):
        output.append(_reasoning_item(ask))
    called = offered_tools(ask.body, scenario)
    if not called or scenario.words is not None:
        output.append(_message_item(ask))
    for n, tool in enumerate(called):
        output.append(
            {
                "id": identifier("fc_", ask.request_id, n),
                "type": "function_call",
                "status": "completed",
                "arguments": tool_arguments(tool.get("parameters")),
                "call_id": identifier("call_", ask.request_id, n),
                "name": tool["name"],
            }
        )
    return output


def reasoning_tokens(ask: Ask) -> int:
    """Returns how many tokens of the output are reasoning."""
    return ask.scenario.reasoning or (8 if (ask.body.get("reasoning") or {}).get("effort") else 0)


def _reasoning_item(ask: Ask) -> dict[str, Any]:
    item: dict[str, Any] = {"id": identifier("rs_", ask.request_id), "type": "reasoning", "summary": []}
    if (ask.body.get("reasoning") or {}).get("summary"):
        item["summary"] = [{"type": "summary_text", "text": f"**Weighing it**\n\n{sentence(6, seed=3)}"}]
    if "reasoning.encrypted_content" in (ask.body.get("include") or []):
        item["encrypted_content"] = base64.b64encode(ask.request_id.encode() * 4).decode()
    return item


def _message_item(ask: Ask) -> dict[str, Any]:
    body, scenario = ask.body, ask.scenario
    wanted = (body.get("text") or {}).get("format") or {}
    text = sentence(12 if scenario.words is None else scenario.words)
    if wanted.get("type") == "json_schema":
        text = json.dumps(example(wanted["schema"]), ensure_ascii=False)
    part: dict[str, Any] = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    if "message.output_text.logprobs" in (body.get("include") or []):
        part["logprobs"] = token_logprobs(text, body.get("top_logprobs") or 0)
    if scenario.ending == "refusal":
        part = {"type": "refusal", "refusal": "I'm sorry, I can't assist with that request."}
    return {
        "id": identifier("msg_", ask.request_id),
        "type": "message",
        "status": "incomplete" if scenario.ending in {"length", "filter"} else "completed",
        "content": [part],
        "role": "assistant",
    }


def _usage(ask: Ask, output: list[dict[str, Any]]) -> dict[str, Any]:
    body, scenario = ask.body, ask.scenario
    counted = sum(count_tokens(body.get(name)) for name in ("instructions", "input", "tools"))
    inputs = counted + scenario.cached + scenario.cache_write
    said = 0
    for item in output:
        if item["type"] == "function_call":
            said += count_tokens(item["name"]) + count_tokens(item["arguments"])
        for part in item.get("content", []):
            said += len(words_of(part.get("text") or part.get("refusal") or ""))
    outputs = said + reasoning_tokens(ask)
    return {
        "input_tokens": inputs,
        "input_tokens_details": {
            "cached_tokens": scenario.cached,
            "cache_write_tokens": scenario.cache_write,
        },
        "output_tokens": outputs,
        "output_tokens_details": {"reasoning_tokens": reasoning_tokens(ask)},
        "total_tokens": inputs + outputs,
    }
