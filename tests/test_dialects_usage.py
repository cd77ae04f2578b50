"""What each provider's words for usage mean: bodies as their references print them, and the one record they become.

The traps are cached input that is within the prompt with one provider and beside it with the next, and reasoning
likewise.
"""

import json
from typing import Any

import pytest

from ingest_app.digest import digest
from ingest_app.events import LogEvent, Usage, now_us, uuid7


def usage_of(provider: str, path: str, answer: dict[str, Any]) -> Usage | None:
    event = LogEvent(
        id=uuid7(now_us()),
        organization_id=1,
        created_at_us=now_us(),
        provider=provider,
        path=path,
        status=200,
        latency_ms=1,
        response_body=json.dumps(answer).encode(),
    )
    return digest(event).facts.usage


def chat(**usage: Any) -> dict[str, Any]:
    return {"object": "chat.completion", "model": "m", "choices": [], "usage": usage}


CHAT = "/v1/chat/completions"

CASES: dict[str, tuple[str, str, dict[str, Any], Usage]] = {
    "OpenAI chat: cached, audio and image within the prompt, reasoning within the completion": (
        "openai",
        CHAT,
        chat(
            prompt_tokens=2006,
            completion_tokens=300,
            total_tokens=2306,
            prompt_tokens_details={"cached_tokens": 1920, "audio_tokens": 10, "image_tokens": 20},
            completion_tokens_details={"reasoning_tokens": 128, "audio_tokens": 40},
        ),
        Usage(
            prompt_tokens=2006,
            completion_tokens=300,
            cache_read_tokens=1920,
            prompt_audio_tokens=10,
            prompt_image_tokens=20,
            reasoning_tokens=128,
            completion_audio_tokens=40,
        ),
    ),
    "OpenAI responses": (
        "openai",
        "/v1/responses",
        {
            "object": "response",
            "usage": {
                "input_tokens": 328,
                "input_tokens_details": {"cached_tokens": 256},
                "output_tokens": 52,
                "output_tokens_details": {"reasoning_tokens": 20},
                "total_tokens": 380,
            },
        },
        Usage(prompt_tokens=328, completion_tokens=52, cache_read_tokens=256, reasoning_tokens=20),
    ),
    "OpenAI completions": (
        "openai",
        "/v1/completions",
        chat(prompt_tokens=5, completion_tokens=7, total_tokens=12),
        Usage(prompt_tokens=5, completion_tokens=7),
    ),
    "OpenAI embeddings": (
        "openai",
        "/v1/embeddings",
        {"object": "list", "data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}},
        Usage(prompt_tokens=8),
    ),
    "OpenAI images: what comes out is all pictures": (
        "openai",
        "/v1/images/edits",
        {
            "data": [],
            "usage": {
                "total_tokens": 4214,
                "input_tokens": 54,
                "output_tokens": 4160,
                "input_tokens_details": {"text_tokens": 14, "image_tokens": 40},
            },
        },
        Usage(
            prompt_tokens=54,
            completion_tokens=4160,
            prompt_image_tokens=40,
            completion_image_tokens=4160,
        ),
    ),
    "OpenAI transcription by tokens": (
        "openai",
        "/v1/audio/transcriptions",
        {
            "text": "Imagine",
            "usage": {
                "type": "tokens",
                "input_tokens": 14,
                "input_token_details": {"text_tokens": 0, "audio_tokens": 14},
                "output_tokens": 45,
                "total_tokens": 59,
            },
        },
        Usage(prompt_tokens=14, prompt_audio_tokens=14, completion_tokens=45),
    ),
    "OpenAI transcription by length": (
        "openai",
        "/v1/audio/transcriptions",
        {"text": "Imagine", "usage": {"type": "duration", "seconds": 9}},
        Usage(prompt_audio_seconds=9),
    ),
    "OpenAI moderation is free": (
        "openai",
        "/v1/moderations",
        {"id": "modr-1", "model": "omni-moderation-latest", "results": [{"flagged": False}]},
        Usage(reported_cost_nanodollars=0),
    ),
    "OpenAI realtime: cached audio is a part of both": (
        "openai",
        "/v1/realtime",
        {
            "type": "response.done",
            "response": {
                "usage": {
                    "total_tokens": 253,
                    "input_tokens": 132,
                    "output_tokens": 121,
                    "input_token_details": {
                        "text_tokens": 119,
                        "audio_tokens": 13,
                        "cached_tokens": 64,
                        "cached_tokens_details": {"text_tokens": 54, "audio_tokens": 10},
                    },
                    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
                }
            },
        },
        Usage(
            prompt_tokens=132,
            completion_tokens=121,
            cache_read_tokens=64,
            cache_read_audio_tokens=10,
            prompt_audio_tokens=13,
            completion_audio_tokens=91,
        ),
    ),
    "Azure speaks OpenAI's": (
        "azure",
        "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21",
        chat(prompt_tokens=9, completion_tokens=4, total_tokens=13),
        Usage(prompt_tokens=9, completion_tokens=4),
    ),
    "Anthropic: three counts of input beside each other": (
        "anthropic",
        "/v1/messages",
        {
            "type": "message",
            "usage": {
                "input_tokens": 50,
                "cache_read_input_tokens": 100_000,
                "cache_creation_input_tokens": 556,
                "cache_creation": {"ephemeral_5m_input_tokens": 456, "ephemeral_1h_input_tokens": 100},
                "output_tokens": 503,
            },
        },
        Usage(
            prompt_tokens=100_606,
            completion_tokens=503,
            cache_read_tokens=100_000,
            cache_write_tokens=556,
            cache_write_1h_tokens=100,
        ),
    ),
    "Anthropic on Vertex": (
        "vertex",
        "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4@20250514:rawPredict",
        {"usage": {"input_tokens": 5, "cache_read_input_tokens": 20, "output_tokens": 3}},
        Usage(prompt_tokens=25, completion_tokens=3, cache_read_tokens=20),
    ),
    "Anthropic's own chat completions speak OpenAI's": (
        "anthropic",
        CHAT,
        chat(prompt_tokens=12, completion_tokens=3, total_tokens=15),
        Usage(prompt_tokens=12, completion_tokens=3),
    ),
    "Gemini: cached within, thoughts and tool results beside": (
        "google",
        "/v1beta/models/gemini-2.5-flash:generateContent",
        {
            "candidates": [],
            "usageMetadata": {
                "promptTokenCount": 1000,
                "cachedContentTokenCount": 800,
                "candidatesTokenCount": 50,
                "thoughtsTokenCount": 200,
                "toolUsePromptTokenCount": 30,
                "totalTokenCount": 1280,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 600},
                    {"modality": "AUDIO", "tokenCount": 300},
                    {"modality": "IMAGE", "tokenCount": 100},
                ],
                "cacheTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 500},
                    {"modality": "AUDIO", "tokenCount": 300},
                ],
            },
        },
        Usage(
            prompt_tokens=1030,
            completion_tokens=250,
            cache_read_tokens=800,
            cache_read_audio_tokens=300,
            reasoning_tokens=200,
            prompt_audio_tokens=300,
            prompt_image_tokens=100,
        ),
    ),
    "Google's OpenAI endpoint tells thoughts in the total only": (
        "google",
        "/v1beta/openai/chat/completions",
        chat(prompt_tokens=10, completion_tokens=20, total_tokens=130),
        Usage(prompt_tokens=10, completion_tokens=120, reasoning_tokens=100),
    ),
    "Vertex embeddings": (
        "vertex",
        "/v1/projects/p/locations/l/publishers/google/models/text-embedding-005:predict",
        {
            "predictions": [
                {"embeddings": {"values": [0.1], "statistics": {"truncated": False, "token_count": 6}}},
                {"embeddings": {"values": [0.2], "statistics": {"truncated": False, "token_count": 4}}},
            ]
        },
        Usage(prompt_tokens=10),
    ),
    "Bedrock Converse: cache beside the input": (
        "bedrock",
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
        {
            "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}},
            "usage": {
                "inputTokens": 30,
                "outputTokens": 628,
                "totalTokens": 1658,
                "cacheReadInputTokens": 900,
                "cacheWriteInputTokens": 100,
                "cacheDetails": [
                    {"ttl": "1h", "inputTokens": 60},
                    {"ttl": "5m", "inputTokens": 40},
                ],
            },
        },
        Usage(
            prompt_tokens=1030,
            completion_tokens=628,
            cache_read_tokens=900,
            cache_write_tokens=100,
            cache_write_1h_tokens=60,
        ),
    ),
    "Bedrock InvokeModel with Claude speaks Anthropic's": (
        "bedrock",
        "/model/anthropic.claude-3-5-sonnet-20240620-v1%3A0/invoke",
        {"usage": {"input_tokens": 11, "output_tokens": 22}},
        Usage(prompt_tokens=11, completion_tokens=22),
    ),
    "Groq, of a stream that was put together elsewhere": (
        "groq",
        "/openai/v1/chat/completions",
        chat(queue_time=0.03, prompt_tokens=24, prompt_time=0.01, completion_tokens=377, total_tokens=401),
        Usage(prompt_tokens=24, completion_tokens=377),
    ),
    "DeepSeek: hits and misses make the prompt": (
        "deepseek",
        "/chat/completions",
        chat(
            prompt_tokens=1000,
            completion_tokens=10,
            total_tokens=1010,
            prompt_cache_hit_tokens=960,
            prompt_cache_miss_tokens=40,
        ),
        Usage(prompt_tokens=1000, completion_tokens=10, cache_read_tokens=960),
    ),
    "xAI: reasoning beside the completion": (
        "xai",
        CHAT,
        chat(
            prompt_tokens=32,
            completion_tokens=9,
            total_tokens=135,
            prompt_tokens_details={"text_tokens": 32, "cached_tokens": 6},
            completion_tokens_details={"reasoning_tokens": 94},
            num_sources_used=0,
        ),
        Usage(prompt_tokens=32, completion_tokens=103, cache_read_tokens=6, reasoning_tokens=94),
    ),
    "xAI without a total": (
        "xai",
        CHAT,
        chat(prompt_tokens=32, completion_tokens=9, completion_tokens_details={"reasoning_tokens": 94}),
        Usage(prompt_tokens=32, completion_tokens=103, reasoning_tokens=94),
    ),
    "xAI responses tell their cost in ticks": (
        "xai",
        "/v1/responses",
        {
            "usage": {
                "input_tokens": 9212,
                "input_tokens_details": {"cached_tokens": 3072},
                "output_tokens": 3417,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": 12629,
                "cost_in_usd_ticks": 318_319_000,
            }
        },
        Usage(
            prompt_tokens=9212,
            completion_tokens=3417,
            cache_read_tokens=3072,
            reported_cost_nanodollars=31_831_900,
        ),
    ),
    "OpenRouter tells its own cost": (
        "openrouter",
        "/api/v1/chat/completions",
        chat(
            prompt_tokens=194,
            completion_tokens=2,
            total_tokens=196,
            cost=0.00095,
            is_byok=False,
            cost_details={"upstream_inference_cost": 0.00095},
            prompt_tokens_details={"cached_tokens": 100, "cache_write_tokens": 50, "audio_tokens": 0},
        ),
        Usage(
            prompt_tokens=194,
            completion_tokens=2,
            cache_read_tokens=100,
            cache_write_tokens=50,
            reported_cost_nanodollars=950_000,
        ),
    ),
    "OpenRouter with a key of one's own: the fee and what the maker charges": (
        "openrouter",
        "/api/v1/chat/completions",
        chat(
            prompt_tokens=10,
            completion_tokens=2,
            total_tokens=12,
            cost=0.00005,
            is_byok=True,
            cost_details={"upstream_inference_cost": 0.001},
        ),
        Usage(prompt_tokens=10, completion_tokens=2, reported_cost_nanodollars=1_050_000),
    ),
    "Perplexity tells its own cost, the request's price within": (
        "perplexity",
        "/chat/completions",
        chat(
            prompt_tokens=7,
            completion_tokens=100,
            total_tokens=107,
            search_context_size="low",
            cost={"input_tokens_cost": 0.0, "output_tokens_cost": 0.0001, "total_cost": 0.0051},
        ),
        Usage(prompt_tokens=7, completion_tokens=100, reported_cost_nanodollars=5_100_000),
    ),
    "A cost told by somebody unknown is not believed": (
        "custom",
        CHAT,
        chat(prompt_tokens=7, completion_tokens=1, total_tokens=8, cost=3),
        Usage(prompt_tokens=7, completion_tokens=1),
    ),
    "Mistral": (
        "mistral",
        CHAT,
        chat(prompt_tokens=16, completion_tokens=34, total_tokens=50),
        Usage(prompt_tokens=16, completion_tokens=34),
    ),
    "Fireworks": (
        "fireworks",
        "/inference/v1/chat/completions",
        chat(
            prompt_tokens=90,
            completion_tokens=4,
            total_tokens=94,
            prompt_tokens_details={"cached_tokens": 64},
        ),
        Usage(prompt_tokens=90, completion_tokens=4, cache_read_tokens=64),
    ),
    "A proxy that passes Anthropic's counts on beside the prompt": (
        "custom",
        CHAT,
        chat(
            prompt_tokens=10,
            completion_tokens=5,
            total_tokens=115,
            cache_read_input_tokens=60,
            cache_creation_input_tokens=40,
        ),
        Usage(prompt_tokens=110, completion_tokens=5, cache_read_tokens=60, cache_write_tokens=40),
    ),
    "LiteLLM's: the same words within the prompt": (
        "custom",
        CHAT,
        chat(
            prompt_tokens=110,
            completion_tokens=5,
            total_tokens=115,
            cache_read_input_tokens=60,
            cache_creation_input_tokens=40,
        ),
        Usage(prompt_tokens=110, completion_tokens=5, cache_read_tokens=60, cache_write_tokens=40),
    ),
    "Cohere: what is billed": (
        "cohere",
        "/v2/chat",
        {
            "finish_reason": "COMPLETE",
            "usage": {
                "billed_units": {"input_tokens": 5, "output_tokens": 418},
                "tokens": {"input_tokens": 71, "output_tokens": 418},
            },
        },
        Usage(prompt_tokens=5, completion_tokens=418),
    ),
    "Cohere embeddings": (
        "cohere",
        "/v2/embed",
        {"embeddings": {}, "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 2}}},
        Usage(prompt_tokens=2),
    ),
    "Ollama": (
        "ollama",
        "/api/chat",
        {"model": "llama3.2", "done": True, "prompt_eval_count": 26, "eval_count": 298},
        Usage(prompt_tokens=26, completion_tokens=298),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_usage(case: tuple[str, str, dict[str, Any], Usage]) -> None:
    provider, path, answer, expected = case
    assert usage_of(provider, path, answer) == expected


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1beta/models/gemini-2.5-flash:generateContent", "gemini-2.5-flash"),
        ("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", "gemini-2.5-pro"),
        (
            "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4@20250514:streamRawPredict",
            "claude-sonnet-4@20250514",
        ),
        (
            "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse",
            "anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.amazon.nova-lite-v1%3A0/converse-stream",
            "us.amazon.nova-lite-v1:0",
        ),
        ("/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21", "my-gpt"),
        ("/v1/chat/completions", ""),
    ],
)
def test_the_model_is_read_from_the_path(path: str, model: str) -> None:
    event = LogEvent(
        id=uuid7(now_us()),
        organization_id=1,
        created_at_us=now_us(),
        provider="x",
        path=path,
        status=200,
        latency_ms=1,
        request_body=b'{"contents": []}',
    )
    assert digest(event).facts.request_model == model


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("anthropic", "/v1/messages/count_tokens"),
        ("google", "/v1beta/models/gemini-2.5-flash:countTokens"),
        ("openai", "/v1/files"),
    ],
)
def test_what_is_no_generation_has_no_usage(provider: str, path: str) -> None:
    assert (
        usage_of(provider, path, {"input_tokens": 14, "totalTokens": 14, "usage": {"prompt_tokens": 3}})
        is None
    )
