"""What is read of answers' usage: see tests.usage_cases."""

import json
from typing import Any

import pytest

from ingest_app.digest import digest
from ingest_app.events import LogEvent, Usage, now_us, uuid7
from tests.usage_cases import CASES
from tests.usage_cases.form import Case


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


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_usage(case: Case) -> None:
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
