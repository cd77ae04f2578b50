"""A filter means the same of requests that come as of those that are stored."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from hypothesis import given

from alerts_app.live.wanted import Wanted, matching
from helicone_site.redis_client import sync_client
from ingest_app.events import uuid7
from ingest_app.live import FIELD, Row, decoded, note_watched, rows_key
from tests.api import Api
from tests.events import log, wait_until
from tests.filter_oracle import Spec, as_text
from tests.filter_rows import N, made_event
from tests.fuzzing import fuzz_of
from tests.live import Stack, Tenant
from tests.test_filters_meaning import only_text, trees

NOW = datetime.now(UTC)


@pytest.fixture
def told_rows(stack: Stack, organization: Tenant, wait_for_rows: Callable[..., Any]) -> tuple[Api, list[Row]]:
    """A REST caller, and the rows as viewers are told of them."""
    pipeline = sync_client().pipeline()
    note_watched(pipeline, organization.id)
    pipeline.execute()
    log(*(made_event(organization.id, n) for n in range(N)))
    wait_for_rows(organization.id, N)
    return Api(stack.url, organization.api_key), wait_until(lambda: _all_told(organization.id))


def _all_told(organization_id: int) -> list[Row] | None:
    entries: Any = sync_client().xrange(rows_key(organization_id))
    rows = [row for _, fields in entries for row in decoded(fields[FIELD])]
    return rows if len(rows) == N else None


def found(rows: list[Row], now: datetime, **query: str) -> list[str]:
    [wanted] = matching([Wanted.read(QueryDict(urlencode(query)))], rows, now)
    return sorted(row["request_id"] for row in wanted)


def test_a_filter_means_the_same_of_what_comes_and_of_what_is_there(told_rows: tuple[Api, list[Row]]) -> None:
    api, rows = told_rows
    stored = api.rows(limit=1000)

    @fuzz_of(60)
    @given(trees(only_text(stored), negates=True))
    def check(spec: Spec) -> None:
        query = {"range": "30d", "q": as_text(spec)}
        listed = sorted(row["request_id"] for row in api.rows(limit=1000, **query))
        assert found(rows, datetime.now(UTC), **query) == listed

    check()


# Rows as they come: what is not said is not known


def came(hours_ago: int, **columns: Any) -> Row:
    at = NOW - timedelta(hours=hours_ago)
    id = str(uuid7(int(at.timestamp() * 1e6)))
    return {"id": id, "created_at": at.isoformat(), "request_id": f"r{hours_ago}", **columns}


@pytest.mark.usefixtures("stack")
def test_any_number_of_filters_is_asked_at_once() -> None:
    rows = [came(1, latency_ms=latency_ms) for latency_ms in (0, 200, 505, 600)]
    wanted = [Wanted.read(QueryDict(f"latency_ms__gt={n}")) for n in range(510)]
    counts = [len(one) for one in matching(wanted, rows, NOW)]
    assert counts == [3] * 200 + [2] * 305 + [1] * 5


@pytest.mark.usefixtures("stack")
def test_a_period_moves_on_with_the_clock() -> None:
    rows = [came(hours) for hours in range(30)]
    later = NOW + timedelta(hours=12)
    assert len(found(rows, NOW, range="24h")) == 25
    assert len(found(rows, later, range="24h")) == 13
    assert len(found(rows, later, start=(NOW - timedelta(hours=24)).isoformat())) == 25
    assert found(rows, later, end=(NOW - timedelta(hours=28)).isoformat()) == ["r29"]


@pytest.mark.usefixtures("stack")
def test_of_what_is_not_known_yet_no_condition_holds() -> None:
    running = [came(0, provider="openai", user_id="ada", properties={"Team": "search"})]
    for condition in ("provider:openai", "user:ad*", "property.Team:search", "-is:error"):
        assert found(running, NOW, q=condition) == ["r0"]
    for condition in ("cost>=0", "latency<1m", "is:success", "is:error", "model:*", "tokens>0"):
        assert found(running, NOW, q=condition) == []
