"""What spans mean, in each of the conventions in which libraries write them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from requests_app.models import Request
from tests.otlp import CHAT, span

pytest_plugins = ("tests.otlp_rows",)

Log = Callable[..., list[Request]]

GPT = {"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o"}
OPENINFERENCE = {"openinference.span.kind": "LLM", "llm.system": "openai", "llm.model_name": "gpt-4o"}
VERCEL = {
    "ai.operationId": "ai.generateText.doGenerate",
    "ai.model.id": "gpt-4o",
    "ai.model.provider": "openai.chat",
}


# What is counted: attributes, then input, output, cache reads, cache writes, reasoning.
COUNTED = {
    "opentelemetry": (
        {
            **GPT,
            "gen_ai.usage.input_tokens": 900,
            "gen_ai.usage.output_tokens": 50,
            "gen_ai.usage.cache_read.input_tokens": 600,
            "gen_ai.usage.cache_creation.input_tokens": 100,
            "gen_ai.usage.reasoning.output_tokens": 20,
        },
        (900, 50, 600, 100, 20),
    ),
    "opentelemetry, before 1.27": (
        {**GPT, "gen_ai.usage.prompt_tokens": 9, "gen_ai.usage.completion_tokens": 5},
        (9, 5, 0, 0, 0),
    ),
    "traceloop": (
        {
            **GPT,
            "llm.request.type": "chat",
            "gen_ai.usage.prompt_tokens": 90,
            "gen_ai.usage.completion_tokens": 5,
            "llm.usage.total_tokens": 95,
            "gen_ai.usage.cache_read_input_tokens": 60,
            "gen_ai.usage.cache_creation_input_tokens": 10,
            "gen_ai.usage.reasoning_tokens": 2,
        },
        (90, 5, 60, 10, 2),
    ),
    "cached tokens beside the input, as a total tells": (
        {
            **GPT,
            "gen_ai.usage.input_tokens": 300,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.total_tokens": 505,
            "gen_ai.usage.cache_read.input_tokens": 200,
        },
        (500, 5, 200, 0, 0),
    ),
    "cached tokens beside the input, as their number tells": (
        {
            **GPT,
            "gen_ai.usage.input_tokens": 3,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.cache_read.input_tokens": 2000,
        },
        (2003, 5, 2000, 0, 0),
    ),
    "thoughts beside the output, as a total tells": (
        {
            "gen_ai.provider.name": "gcp.gemini",
            "gen_ai.request.model": "gemini-2.5-flash",
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.output_tokens": 50,
            "gen_ai.usage.total_tokens": 90,
            "gen_ai.usage.reasoning.output_tokens": 30,
        },
        (10, 80, 0, 0, 30),
    ),
    "openinference": (
        {
            **OPENINFERENCE,
            "llm.token_count.prompt": 90,
            "llm.token_count.completion": 8,
            "llm.token_count.total": 98,
            "llm.token_count.prompt_details.cache_read": 60,
            "llm.token_count.prompt_details.cache_write": 10,
            "llm.token_count.completion_details.reasoning": 4,
        },
        (90, 8, 60, 10, 4),
    ),
    "vercel 4": (
        {**VERCEL, "ai.usage.promptTokens": 9, "ai.usage.completionTokens": 5},
        (9, 5, 0, 0, 0),
    ),
    "vercel 5": (
        {
            **VERCEL,
            "ai.usage.inputTokens": 90,
            "ai.usage.outputTokens": 5,
            "ai.usage.totalTokens": 95,
            "ai.usage.cachedInputTokens": 60,
            "ai.usage.reasoningTokens": 2,
        },
        (90, 5, 60, 0, 2),
    ),
    "vercel 5, of Anthropic": (
        {
            **VERCEL,
            "ai.model.id": "claude-sonnet-4-5",
            "ai.model.provider": "anthropic.messages",
            "ai.usage.inputTokens": 90,
            "ai.usage.outputTokens": 5,
            "ai.usage.cachedInputTokens": 60,
        },
        (150, 5, 60, 0, 0),
    ),
    "vercel 6, of Anthropic": (
        {
            **VERCEL,
            "ai.model.id": "claude-sonnet-4-5",
            "ai.model.provider": "anthropic.messages",
            "ai.usage.inputTokens": 150,
            "ai.usage.inputTokenDetails.noCacheTokens": 80,
            "ai.usage.inputTokenDetails.cacheReadTokens": 60,
            "ai.usage.inputTokenDetails.cacheWriteTokens": 10,
            "ai.usage.outputTokens": 5,
            "ai.usage.cachedInputTokens": 60,
        },
        (150, 5, 60, 10, 0),
    ),
    "pydantic-ai": (
        {
            **GPT,
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.input_tokens": 90,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.details.cache_read_tokens": 60,
            "gen_ai.usage.details.reasoning_tokens": 2,
        },
        (90, 5, 60, 0, 2),
    ),
    "logfire": (
        {
            **GPT,
            "gen_ai.usage.input_tokens": 90,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.raw": json.dumps({"completion_tokens_details": {"reasoning_tokens": 3}}),
        },
        (90, 5, 0, 0, 3),
    ),
    "langfuse": (
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "gpt-4o",
            "langfuse.observation.usage_details": json.dumps(
                {"input": 30, "output": 3, "total": 95, "input_cache_read": 60, "output_reasoning": 2}
            ),
        },
        (90, 5, 60, 0, 2),
    ),
    "langsmith": (
        {
            "langsmith.span.kind": "llm",
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 9,
            "gen_ai.usage.output_tokens": 5,
        },
        (9, 5, 0, 0, 0),
    ),
    "numbers sent as text": (
        {**GPT, "gen_ai.usage.input_tokens": "9", "gen_ai.usage.output_tokens": 5.0},
        (9, 5, 0, 0, 0),
    ),
}


def test_tokens_of_every_convention_are_counted_once(log: Log) -> None:
    rows = log(*(span(attributes) for attributes, _ in COUNTED.values()))

    found = {
        name: (
            row.prompt_tokens,
            row.completion_tokens,
            row.cache_read_tokens,
            row.cache_write_tokens,
            row.reasoning_tokens,
        )
        for name, row in zip(COUNTED, rows, strict=True)
    }
    assert found == {name: counts for name, (_, counts) in COUNTED.items()}
    assert [row.kind for row in rows] == [""] * len(rows)
    assert all(row.cost_nanodollars for row in rows)


def test_audio_is_counted_apart(log: Log) -> None:
    (row,) = log(
        span(
            {
                **OPENINFERENCE,
                "llm.model_name": "gpt-4o-audio-preview",
                "llm.token_count.prompt": 100,
                "llm.token_count.completion": 50,
                "llm.token_count.prompt_details.audio": 80,
                "llm.token_count.completion_details.audio": 40,
            }
        )
    )
    assert (row.prompt_audio_tokens, row.completion_audio_tokens) == (80, 40)


KINDS = {
    "tool": [
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "weather"},
        {"openinference.span.kind": "TOOL", "tool.name": "weather"},
        {"traceloop.span.kind": "tool", "traceloop.entity.name": "weather"},
        {"ai.operationId": "ai.toolCall", "ai.toolCall.name": "weather"},
        {"gen_ai.tool.name": "weather", "logfire.msg": "running tool: weather"},
        {"langfuse.observation.type": "tool", "gen_ai.tool.name": "weather"},
        {"langsmith.span.kind": "tool", "gen_ai.tool.name": "weather"},
    ],
    "vector_db": [
        {"openinference.span.kind": "RETRIEVER"},
        {"gen_ai.operation.name": "retrieval"},
        {"db.system": "pinecone", "db.operation": "query"},
        {"db.system.name": "Qdrant"},
        {"db.chroma.query.n_results": 3},
        {"langfuse.observation.type": "retriever"},
    ],
    "database": [
        {"db.system": "postgresql", "db.statement": "SELECT 1"},
        {"db.system.name": "redis"},
        {"db.query.text": "SELECT 1"},
    ],
    "http": [
        {"http.request.method": "GET", "url.full": "https://example.com/"},
        {"http.method": "GET", "http.url": "https://example.com/"},
    ],
    "agent": [
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "forecaster"},
        {"openinference.span.kind": "AGENT", "agent.name": "forecaster"},
        {"openinference.span.kind": "CHAIN"},
        {"traceloop.span.kind": "workflow", "traceloop.entity.name": "forecaster"},
        {"ai.operationId": "ai.generateText"},
        {"agent_name": "forecaster", "model_name": "gpt-4o", "gen_ai.usage.input_tokens": 9},
        {"langsmith.span.kind": "chain"},
    ],
    "data": [
        {},
        {"anything": "else"},
        {"openinference.span.kind": "GUARDRAIL"},
        {"traceloop.span.kind": "task"},
        {"openinference.span.kind": "nobody knows"},
    ],
}


def test_other_steps_have_their_kind_and_no_tokens(log: Log) -> None:
    cases = [(kind, attributes) for kind, all_attributes in KINDS.items() for attributes in all_attributes]
    rows = log(*(span({**attributes, "gen_ai.usage.input_tokens": 9}, "a step") for _, attributes in cases))

    assert [(row.kind, attributes) for row, (_, attributes) in zip(rows, cases, strict=True)] == cases
    assert {row.prompt_tokens for row in rows} == {row.cost_nanodollars for row in rows} == {None}
    assert {row.provider for row in rows} == {"custom"}
    assert {row.model for row in rows} == {
        "tool:weather",
        "vector_db",
        "database",
        "http",
        "agent:forecaster",
        "agent:a step",
        "data:a step",
    }


PROVIDERS = [
    ({"gen_ai.system": "OpenAI"}, "openai"),
    ({"gen_ai.provider.name": "openai", "gen_ai.system": "other"}, "openai"),
    ({"gen_ai.system": "Anthropic"}, "anthropic"),
    ({"gen_ai.system": "az.ai.openai"}, "azure"),
    ({"gen_ai.provider.name": "azure.ai.inference"}, "azure"),
    ({"gen_ai.provider.name": "aws.bedrock"}, "bedrock"),
    ({"gen_ai.system": "AWS"}, "bedrock"),
    ({"gen_ai.provider.name": "gcp.gemini"}, "google"),
    ({"gen_ai.provider.name": "gcp.vertex_ai"}, "vertex"),
    ({"gen_ai.system": "vertex_ai"}, "vertex"),
    ({"gen_ai.provider.name": "mistral_ai"}, "mistral"),
    ({"gen_ai.provider.name": "x_ai"}, "xai"),
    ({"ai.model.provider": "google.generative-ai"}, "google"),
    ({"ai.model.provider": "amazon-bedrock"}, "bedrock"),
    ({"llm.provider": "groq", "llm.system": "openai"}, "groq"),
    ({"gen_ai.system": "openai", "server.address": "api.deepseek.com"}, "deepseek"),
    ({"gen_ai.system": "openai", "gen_ai.openai.api_base": "https://openrouter.ai/api/v1/"}, "openrouter"),
    ({"gen_ai.system": "openai", "server.address": "127.0.0.1"}, "openai"),
    ({"gen_ai.system": "ibm.watsonx.ai"}, "ibm.watsonx.ai"),
    ({"gen_ai.system": "Langchain"}, "openai"),
    ({"gen_ai.system": "Langchain", "gen_ai.request.model": "claude-sonnet-4-5"}, "anthropic"),
    ({}, "openai"),
    ({"gen_ai.request.model": "my-own"}, "custom"),
]


def test_providers_have_the_products_names(log: Log) -> None:
    rows = log(*(span({"gen_ai.request.model": "gpt-4o", **told}) for told, _ in PROVIDERS))

    assert [(told, row.provider) for (told, _), row in zip(PROVIDERS, rows, strict=True)] == PROVIDERS


OUTCOMES: list[tuple[dict[str, Any], tuple[int, str]]] = [
    ({}, (200, "")),
    ({"status": {"code": 1}}, (200, "")),
    ({"status": {"code": 2}}, (500, "error")),
    ({"status": {"code": 2, "message": "it broke"}}, (500, "it broke")),
    ({"status": {"code": 2}, "extra": {"error.type": "timeout"}}, (500, "timeout")),
    ({"status": {"code": 2}, "extra": {"error.type": "429"}}, (429, "429")),
    ({"status": {"code": 2}, "extra": {"http.response.status_code": 503}}, (503, "error")),
    ({"status": {"code": 2}, "extra": {"http.status_code": "404"}}, (404, "error")),
    ({"extra": {"http.response.status_code": 201}}, (201, "")),
    ({"extra": {"http.response.status_code": 404}}, (404, "error")),
    (
        {"status": {"code": 2, "message": "x"}, "events": [("exception", {"exception.type": "KeyError"})]},
        (500, "KeyError"),
    ),
    (
        {
            "status": {"code": 2, "message": "RateLimitError: Error code: 429 - {'error': …}"},
            "extra": {"error.type": "RateLimitError"},
        },
        (429, "RateLimitError"),
    ),
    ({"extra": {"gen_ai.response.finish_reasons": ["error"]}}, (500, "error")),
    ({"extra": {"gen_ai.response.finish_reasons": ["length"]}}, (200, "")),
]


def test_outcomes_are_statuses(log: Log) -> None:
    rows = log(
        *(
            span({**GPT, **told.get("extra", {})}, **{k: v for k, v in told.items() if k != "extra"})
            for told, _ in OUTCOMES
        )
    )
    assert [
        (told, (row.status, row.error)) for (told, _), row in zip(OUTCOMES, rows, strict=True)
    ] == OUTCOMES


FIRST_TOKENS: list[tuple[dict[str, Any], int]] = [
    ({"extra": {"gen_ai.response.time_to_first_chunk": 0.04}}, 40),
    ({"extra": {"gen_ai.server.time_to_first_token": 0.04}}, 40),
    ({"extra": {"ai.response.msToFirstChunk": 40.2}}, 40),
    ({"events": [("First Token Stream Event", {})]}, 40),
    ({"events": [("gen_ai.content.completion.chunk", {})] * 3}, 40),
    ({"events": [("llm.content.completion.chunk", {})]}, 40),
    ({"extra": {"langfuse.observation.completion_start_time": '"2026-11-29T10:00:00.040Z"'}}, 40),
]


def test_the_time_to_the_first_token_is_found(log: Log) -> None:
    start_ns = 1_795_946_400_000_000_000  # 2026-11-29 10:00
    rows = log(
        *(
            span({**GPT, **told.get("extra", {})}, start_ns=start_ns, events=told.get("events", ()))
            for told, _ in FIRST_TOKENS
        )
    )
    assert [row.time_to_first_token_ms for row in rows] == [waited for _, waited in FIRST_TOKENS]
    assert all(row.is_stream for row in rows)


WRAPPERS = [
    {"gen_ai.operation.name": "invoke_agent"},
    {"openinference.span.kind": "CHAIN"},
    {"traceloop.span.kind": "workflow"},
    {"ai.operationId": "ai.generateText"},
    {"openinference.span.kind": "LLM"},
    {"gen_ai.operation.name": "chat"},
]


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_the_tokens_of_a_wrapper_are_not_counted_again(log: Log, wrapper: dict[str, str]) -> None:
    totals = {
        **GPT,
        "gen_ai.usage.input_tokens": 2000,
        "llm.token_count.prompt": 2000,
        "ai.usage.inputTokens": 2000,
    }
    outer = span({**totals, **wrapper})
    between = span({"http.request.method": "POST"}, parent=outer)
    rows = log(span(parent=between), span(parent=between), between, outer)

    assert [row.prompt_tokens for row in rows] == [1000, 1000, None, None]
    assert [row.kind for row in rows] == ["", "", "http", "agent"]


def test_calls_that_a_tool_makes_are_no_part_of_the_call_above_it(log: Log) -> None:
    outer = span()
    tool = span({"gen_ai.operation.name": "execute_tool"}, parent=outer)
    rows = log(span(parent=tool), tool, outer)

    assert [row.prompt_tokens for row in rows] == [1000, None, 1000]


def test_a_failed_call_names_its_model_where_openinference_keeps_it(log: Log) -> None:
    (row,) = log(
        span(
            {
                "openinference.span.kind": "LLM",
                "llm.system": "openai",
                "llm.invocation_parameters": '{"model": "gpt-4o", "stream": true}',
            },
            status={"code": 2},
        )
    )
    assert (row.model, row.provider, row.is_stream, row.status) == ("gpt-4o", "openai", True, 500)


def test_a_cost_that_was_told_stands(log: Log) -> None:
    rows = log(
        span({**CHAT, "gen_ai.usage.cost": 0.0123}),
        span({**CHAT, "llm.cost.total": 0}),
        span({**CHAT, "gen_ai.request.model": "nobody-knows", "gen_ai.response.model": "nobody-knows"}),
    )
    assert [row.cost_nanodollars for row in rows] == [12_300_000, 0, None]
