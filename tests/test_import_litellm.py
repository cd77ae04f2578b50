"""`manage.py import litellm`: its spend logs."""

import csv
import json

import pytest

from tests.conftest import Stack, Tenant
from tests.imports import CASES, by_request_id, rows_of, run_import

LOGS = CASES / "litellm_spend_logs.json"


@pytest.fixture
def imported(stack: Stack, organization: Tenant) -> Tenant:
    """An organization with the four rows of the example."""
    ran = run_import("litellm", LOGS, organization=organization)
    assert (ran.code, ran.output.splitlines()[0]) == (0, "4 imported"), ran
    return organization


def test_a_call_has_what_its_row_and_the_metadata_say(imported, bodies_of):
    row = by_request_id(imported)["chatcmpl-L1"]
    assert (row.provider, row.model, row.path, row.status) == (
        "openai",
        "gpt-4o",
        "/v1/chat/completions",
        200,
    )
    assert (row.prompt_tokens, row.completion_tokens, row.cache_read_tokens) == (20, 9, 4)
    assert (row.cost_nanodollars, row.price_id) == (140_000, None)
    assert (row.latency_ms, row.time_to_first_token_ms, row.is_stream) == (1250, 400, True)
    assert (row.user_id, row.session_id) == ("dora", "sess-1")
    assert row.properties == {
        "LiteLLM-Key": "shop-backend",
        "LiteLLM-Team": "Shop",
        "LiteLLM-User": "default_user_id",
        "Tags": "jobID:17",
        "feature": "greeting",
    }
    assert json.loads(bodies_of(row).request) == {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Hi"}],
    }
    assert json.loads(bodies_of(row).response)["id"] == "chatcmpl-L1"


def test_a_failure_has_the_status_and_the_name_of_its_error(imported):
    row = by_request_id(imported)["req-failed"]
    assert (row.status, row.error, row.provider, row.is_stream) == (429, "RateLimitError", "anthropic", False)


def test_an_answer_from_the_cache_costs_nothing(imported):
    row = by_request_id(imported)["chatcmpl-L3"]
    assert (row.cost_nanodollars, row.prompt_tokens) == (0, 20)
    assert row.properties["LiteLLM-Cache-Hit"] == "true"


def test_an_embedding_has_the_name_that_was_asked_for_and_that_of_the_deployment(imported):
    row = by_request_id(imported)["emb-1"]
    assert (row.provider, row.path) == ("bedrock", "/v1/embeddings")
    assert (row.request_model, row.response_model) == ("titan", "amazon.titan-embed-text-v2:0")
    assert row.cost_nanodollars == 200


def test_a_second_run_adds_nothing(imported):
    ran = run_import("litellm", LOGS, organization=imported)
    assert ran.output.splitlines()[:2] == ["0 imported", "4 already there"]
    assert len(rows_of(imported)) == 4


def test_the_report_tells_what_was_not_kept(organization):
    ran = run_import("litellm", LOGS, organization=organization)
    lines = [line.strip() for line in ran.output.splitlines()]
    assert "3: bodies that LiteLLM did not keep (store_prompts_in_spend_logs was off)" in lines
    assert "1: requester_ip_address" in lines


def test_a_csv_of_the_table_brings_in_the_same(imported, make_tenant, tmp_path):
    rows = json.loads(LOGS.read_text())
    file = tmp_path / "table.csv"
    with file.open("w", newline="") as text:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        for row in rows:
            # As PostgreSQL's COPY writes it.
            times = {
                n: v.replace("T", " ").replace("Z", "") for n, v in row.items() if n.endswith("Time") and v
            }
            jsons = {n: json.dumps(v) for n, v in row.items() if isinstance(v, dict | list)}
            writer.writerow({**row, **times, **jsons})
    other = make_tenant()
    assert run_import("litellm", file, organization=other).code == 0
    names = ("request_id", "created_at", "status", "cost_nanodollars", "prompt_tokens", "properties", "error")
    told = [
        [[getattr(row, name) for name in names] for row in rows_of(tenant)] for tenant in (imported, other)
    ]
    assert told[0] == told[1]
