"""Answers as the providers give them, whole: what a stream of each would have become."""

import random
import string
from base64 import b64encode
from collections.abc import Callable
from functools import cache

import msgspec

from ingest_app.demo.catalog import Dialect, Model
from ingest_app.demo.conversations import EMBEDDING_DIMENSIONS, request_body
from ingest_app.demo.dialogue import Ask, Json, Reply, Tokens

_ALPHABET = string.ascii_letters + string.digits
_BYTES_PER_FLOAT = 4


def answer(
    model: Model, ask: Ask, reply: Reply, tokens: Tokens, *, created_s: int, rng: random.Random
) -> Json:
    """Returns the answer object of `reply` in the dialect of `model`."""
    whole: Json = _ANSWERS[model.dialect](model, ask, reply, tokens, created_s, rng)
    return whole


def identifier(prefix: str, rng: random.Random, length: int = 24) -> str:
    """Returns an id such as providers make."""
    return prefix + "".join(rng.choices(_ALPHABET, k=length))


def _chat(model: Model, ask: Ask, reply: Reply, tokens: Tokens, created_s: int, rng: random.Random) -> Json:
    message: Json = {"role": "assistant", "content": reply.text or None, "refusal": None, "annotations": []}
    if reply.calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in reply.calls
        ]
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": "tool_calls" if reply.calls else "stop",
    }
    whole: Json = {
        "id": identifier("chatcmpl-", rng),
        "object": "chat.completion",
        "created": created_s,
        "model": model.answers_as,
        "choices": [choice],
        "usage": {
            "prompt_tokens": tokens.prompt,
            "completion_tokens": tokens.completion,
            "total_tokens": tokens.prompt + tokens.completion,
            "prompt_tokens_details": {"cached_tokens": tokens.cached, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": tokens.reasoning,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
    }
    if model.provider == "openai":
        whole |= {"service_tier": "default", "system_fingerprint": f"fp_{model.tokens_per_s:010x}"}
    return whole


def _messages(
    model: Model, ask: Ask, reply: Reply, tokens: Tokens, created_s: int, rng: random.Random
) -> Json:
    content: list[Json] = [{"type": "text", "text": reply.text}] if reply.text else []
    for call in reply.calls:
        given = msgspec.json.decode(call.arguments)
        content.append({"type": "tool_use", "id": call.id, "name": call.name, "input": given})
    return {
        "model": model.answers_as,
        "id": identifier("msg_01", rng, 22),
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": "tool_use" if reply.calls else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": tokens.prompt - tokens.cached - tokens.written,
            "cache_creation_input_tokens": tokens.written,
            "cache_read_input_tokens": tokens.cached,
            "cache_creation": {"ephemeral_5m_input_tokens": tokens.written, "ephemeral_1h_input_tokens": 0},
            "output_tokens": tokens.completion,
            "service_tier": "standard",
        },
    }


def _responses(
    model: Model, ask: Ask, reply: Reply, tokens: Tokens, created_s: int, rng: random.Random
) -> Json:
    output: list[Json] = []
    if tokens.reasoning:
        output.append({"id": identifier("rs_", rng), "type": "reasoning", "summary": []})
    if reply.text:
        text = {"type": "output_text", "annotations": [], "logprobs": [], "text": reply.text}
        message = {"id": identifier("msg_", rng), "type": "message", "status": "completed"}
        output.append({**message, "content": [text], "role": "assistant"})
    for call in reply.calls:
        item = {"id": identifier("fc_", rng), "type": "function_call", "status": "completed"}
        output.append({**item, "arguments": call.arguments, "call_id": call.id, "name": call.name})
    asked = msgspec.json.decode(request_body(model, Ask(system=ask.system, tools=ask.tools), stream=False))
    return {
        "id": identifier("resp_", rng, 40),
        "object": "response",
        "created_at": created_s,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": ask.system,
        "max_output_tokens": None,
        "model": model.answers_as,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": "medium", "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": asked.get("tools", []),
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": tokens.prompt,
            "input_tokens_details": {"cached_tokens": tokens.cached},
            "output_tokens": tokens.completion,
            "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
            "total_tokens": tokens.prompt + tokens.completion,
        },
        "user": None,
        "metadata": {},
    }


def _embeddings(
    model: Model, ask: Ask, reply: Reply, tokens: Tokens, created_s: int, rng: random.Random
) -> Json:
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": rng.choice(_vectors())}
            for index in range(len(ask.inputs))
        ],
        "model": model.answers_as,
        "usage": {"prompt_tokens": tokens.prompt, "total_tokens": tokens.prompt},
    }


@cache
def _vectors() -> tuple[str, ...]:
    """Nobody looks at the numbers of a vector, so a few serve all inputs."""
    rng = random.Random(256)
    return tuple(
        b64encode(rng.randbytes(EMBEDDING_DIMENSIONS * _BYTES_PER_FLOAT)).decode() for _ in range(64)
    )


_ANSWERS: dict[Dialect, Callable[[Model, Ask, Reply, Tokens, int, random.Random], Json]] = {
    "chat": _chat,
    "messages": _messages,
    "responses": _responses,
    "embeddings": _embeddings,
}
