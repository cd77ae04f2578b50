"""Costs against what providers publish: an answer goes the writer's way, and comes to the sum of the price list."""

import json

import pytest

from ingest_app.events import LogEvent, uuid7
from ingest_app.writer import COLUMNS, prepare
from tests.live import Stack
from tests.price_cases import CASES
from tests.price_cases.form import PriceCase

NOBODY = 0  # an organization without prices of its own


def cost_of(case: PriceCase) -> int | None:
    """Returns the cost that the row of this answer would have."""
    at_us = int(case.at.timestamp()) * 1_000_000
    is_stream = isinstance(case.answer, bytes)
    event = LogEvent(
        id=uuid7(at_us),
        organization_id=NOBODY,
        created_at_us=at_us,
        keeps_time=True,
        provider=case.provider,
        path=case.path,
        target_url=case.target_url,
        status=200,
        latency_ms=1,
        is_stream=is_stream,
        request_body=json.dumps({"model": case.asked} if case.asked else {}).encode(),
        response_body=case.answer if isinstance(case.answer, bytes) else json.dumps(case.answer).encode(),
    )
    row = prepare(event, arrived_at=case.at).row
    cost: int | None = row[list(COLUMNS).index("cost_nanodollars")]
    return cost


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_lines_of_a_case_come_to_its_sum(case: PriceCase) -> None:
    assert round(sum(line.nanodollars for line in case.bill)) == case.nanodollars


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_answer_costs_what_the_price_list_says(stack: Stack, case: PriceCase) -> None:
    assert cost_of(case) == case.nanodollars


def test_there_are_cases_of_all_providers_with_a_price_list() -> None:
    assert len(CASES) >= 60
    assert {case.provider for case in CASES.values()} == {
        "openai",
        "azure",
        "anthropic",
        "google",
        "vertex",
        "bedrock",
        "mistral",
        "groq",
        "deepseek",
        "xai",
        "together",
        "fireworks",
        "openrouter",
        "perplexity",
        "cohere",
        "cerebras",
    }
