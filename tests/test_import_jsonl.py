"""`manage.py import jsonl`: lines in OpenAI's forms."""

import json
import os
from datetime import UTC, datetime

import pytest

from tests.imports import CASES, by_request_id, rows_of, run_import

pytestmark = pytest.mark.usefixtures("stack")
ASKED, ANSWERED = CASES / "batch_input.jsonl", CASES / "batch_output.jsonl"


def test_a_batch_is_joined_and_has_the_prices_of_batches(organization, bodies_of):
    ran = run_import("jsonl", ANSWERED, ASKED, organization=organization)
    assert (ran.code, ran.output.splitlines()[0]) == (0, "2 imported"), ran
    row = by_request_id(organization)["req-b1"]
    assert row.created_at == datetime.fromtimestamp(1_749_000_000, UTC)
    assert (row.provider, row.model, row.status) == ("openai", "gpt-4o-mini", 200)
    assert row.cost_nanodollars == 75_000_000  # half of $0.15 for a million tokens
    assert json.loads(bodies_of(row).request)["messages"][0]["content"] == "Question 1"
    assert row.properties == {"Batch-Custom-Id": "job-1"}
    failed = by_request_id(organization)["req-b2"]
    assert (failed.status, failed.error) == (400, "invalid_value")


def test_answers_alone_are_told_to_lack_what_was_asked(organization):
    ran = run_import("jsonl", ANSWERED, organization=organization)
    assert "  2: requests of a batch: give the file with what was asked, too" in ran.output.splitlines()


def test_lines_of_other_forms_come_in_and_the_rest_is_told(organization, bodies_of, tmp_path):
    file = tmp_path / "mixed.jsonl"
    file.write_bytes((CASES / "mixed.jsonl").read_bytes())
    at = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    os.utime(file, (at.timestamp(), at.timestamp()))
    ran = run_import("jsonl", file, organization=organization, provider="openai")
    assert ran.code == 2
    assert "  line 4: it is in none of the forms that are read" in ran.output.splitlines()
    trained, stored, pair = sorted(rows_of(organization), key=lambda row: row.created_at)

    assert (trained.created_at.replace(microsecond=0), trained.provider) == (at, "openai")
    assert [message["role"] for message in json.loads(bodies_of(trained).request)["messages"]] == [
        "system",
        "user",
    ]
    assert json.loads(bodies_of(trained).response)["choices"][0]["message"]["content"] == "Paris."

    assert (stored.request_id, stored.model, stored.prompt_tokens) == (
        "chatcmpl-s1",
        "gpt-4.1-2025-04-14",
        12,
    )
    assert stored.properties == {"team": "docs"}
    assert json.loads(bodies_of(stored).request)["messages"][0]["content"] == "Keep it"

    assert (pair.request_id, pair.latency_ms, pair.cost_nanodollars) == ("pair-1", 420, 250_000_000)
    assert (pair.user_id, pair.session_id, pair.properties) == ("erin", "s-1", {"feature": "pairs"})


def test_a_second_run_adds_nothing(organization):
    run_import("jsonl", ASKED, ANSWERED, organization=organization)
    ran = run_import("jsonl", ASKED, ANSWERED, organization=organization)
    assert ran.output.splitlines()[:2] == ["0 imported", "2 already there"]
    assert len(rows_of(organization)) == 2


def test_a_pair_of_another_dialect_is_known_by_its_looks(organization, tmp_path):
    file = tmp_path / "pair.jsonl"
    usage = {"input_tokens": 10, "cache_read_input_tokens": 90, "output_tokens": 5}
    said = {
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-20250514",
        "content": [],
        "usage": usage,
    }
    asked = {"model": "claude-sonnet-4-20250514", "messages": [{"role": "user", "content": "Hi"}]}
    file.write_text(json.dumps({"created": 1_748_000_000, "request": asked, "response": said}))
    run_import("jsonl", file, organization=organization)
    (row,) = rows_of(organization)
    assert (row.provider, row.path, row.prompt_tokens) == ("anthropic", "/v1/messages", 100)
    assert row.price_id is not None
