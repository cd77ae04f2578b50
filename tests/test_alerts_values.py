"""What windows come to: each metric and aggregation against the same rows added up here."""

import random
import statistics
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from alerts_app.models import Aggregation, Metric
from alerts_app.rules.rule import Watched
from alerts_app.rules.values import series_values, window_values
from ingest_app.events import LogEvent, Usage
from requests_app.models import Request
from tests.alerting import MINUTE, START
from tests.conftest import Tenant
from tests.metric_rows import model_call, write_all

END = START + 30 * MINUTE
USERS = ("ada", "ben", "cas", "")
_FIELDS = {
    Metric.COST: lambda row: None if row.cost_nanodollars is None else row.cost_nanodollars / 1e9,
    Metric.LATENCY: lambda row: row.latency_ms,
    Metric.TIME_TO_FIRST_TOKEN: lambda row: row.time_to_first_token_ms,
    Metric.TOTAL_TOKENS: lambda row: row.total_tokens,
    Metric.PROMPT_TOKENS: lambda row: row.prompt_tokens,
    Metric.COMPLETION_TOKENS: lambda row: row.completion_tokens,
    Metric.CACHE_READ_TOKENS: lambda row: row.cache_read_tokens,
    Metric.CACHE_WRITE_TOKENS: lambda row: row.cache_write_tokens,
}


@pytest.fixture(scope="module")
def logged(make_module_tenant: Callable[[], Tenant]) -> tuple[Tenant, list[Request]]:
    """An organization with half an hour of random calls, and their rows."""
    tenant, chance = make_module_tenant(), random.Random(4)
    write_all([_call(tenant, chance) for _ in range(300)])
    return tenant, list(Request.objects.filter(organization_id=tenant.id))


@pytest.fixture(scope="module")
def make_module_tenant() -> Callable[[], Tenant]:
    """As `make_tenant`, of all tests of this module."""
    import secrets

    from accounts_app import actions

    def make() -> Tenant:
        name = f"Test {secrets.token_hex(6)}"
        owner = actions.create_user(email=f"{name.replace(' ', '-').lower()}@example.com", password=None)
        return Tenant(actions.create_organization(name=name, owner=owner), owner, "")

    return make


def _call(tenant: Tenant, chance: random.Random) -> LogEvent:
    return model_call(
        tenant.id,
        START + timedelta(seconds=chance.randrange(1800)),
        model=chance.choice(["gpt-4o", "gpt-4o-mini", "nobody-knows"]),
        status=chance.choice([200, 200, 200, 429, 500, -3]),
        user_id=chance.choice(USERS),
        latency_ms=chance.randrange(1, 60_000),
        first_ms=chance.choice([None, chance.randrange(1, 2000)]),
        usage=Usage(
            prompt_tokens=chance.randrange(5000),
            completion_tokens=chance.randrange(500),
            cache_read_tokens=chance.choice([0, 128]),
            cache_write_tokens=chance.choice([0, 64]),
        ),
        properties=chance.choice([{}, {"Tenant": "a"}, {"Tenant": "b"}]),
    )


@pytest.mark.parametrize("aggregation", list(Aggregation))
@pytest.mark.parametrize("metric", list(_FIELDS))
def test_a_quantity_of_requests_is_what_its_rows_say(
    logged: tuple[Tenant, list[Request]], metric: Metric, aggregation: Aggregation
) -> None:
    tenant, rows = logged
    percentile = 95 if aggregation == Aggregation.PERCENTILE else None
    for grouping in ("", "user"):
        found = _window(
            tenant, metric=metric, aggregation=aggregation, percentile=percentile, grouping=grouping
        )
        for group, seen in found.items():
            of_group = [row for row in rows if not grouping or row.user_id == group]
            assert seen.requests == len(of_group)
            exact = _plain(of_group, metric, aggregation)
            # Percentiles of times come from histograms, whose relative error is 1 %.
            assert seen.value == pytest.approx(exact, rel=0.02 if percentile else 1e-6), (grouping, group)
        assert set(found) == ({"ada", "ben", "cas"} if grouping else {""})


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Metric.COUNT, lambda rows: len(rows)),
        (Metric.ERROR_COUNT, lambda rows: sum(row.status >= 400 or row.status < 0 for row in rows)),
        (
            Metric.ERROR_RATE,
            lambda rows: 100 * sum(row.status >= 400 or row.status < 0 for row in rows) / len(rows),
        ),
        (Metric.RATE_LIMIT_HITS, lambda rows: sum(row.status == 429 for row in rows)),
    ],
)
def test_a_number_of_requests_is_what_its_rows_say(
    logged: tuple[Tenant, list[Request]], metric: Metric, expected: Callable[[list[Request]], float]
) -> None:
    tenant, rows = logged
    assert _window(tenant, metric=metric)[""].value == pytest.approx(expected(rows))
    of_tenant = _window(tenant, metric=metric, grouping="Tenant", grouping_is_property=True)
    for name in ("a", "b"):
        of_group = [row for row in rows if row.properties.get("Tenant") == name]
        assert of_tenant[name].value == pytest.approx(expected(of_group))
    narrowed = _window(tenant, metric=metric, query="model:gpt-4o")
    of_model = [row for row in rows if row.model == "gpt-4o"]
    assert narrowed[""].value == pytest.approx(expected(of_model))


def test_windows_one_after_the_other_add_up(logged: tuple[Tenant, list[Request]]) -> None:
    tenant, rows = logged
    edges = [START + number * 7 * MINUTE for number in range(5)]
    for changes in ({"metric": Metric.COUNT}, {"metric": Metric.LATENCY, "aggregation": Aggregation.MOST}):
        watched = Watched(threshold=1, window_ms=420_000, **changes)
        found = series_values(watched, organization_id=tenant.id, edges=edges, groups=[""])[""]
        assert sum(seen.requests for seen in found) == sum(row.created_at < edges[-1] for row in rows)


def test_nothing_is_known_of_no_requests_but_that_they_come_to_nothing(
    logged: tuple[Tenant, list[Request]],
) -> None:
    tenant, _ = logged
    for metric in Metric:
        for aggregation in Aggregation:
            watched = Watched(
                metric=metric,
                aggregation=aggregation,
                percentile=50 if aggregation == Aggregation.PERCENTILE else None,
                threshold=1,
                window_ms=60_000,
            )
            seen = window_values(watched, organization_id=tenant.id, end=END + 60 * MINUTE)[""]
            is_sum = aggregation == Aggregation.SUM and metric != Metric.ERROR_RATE
            is_count = metric in {Metric.COUNT, Metric.ERROR_COUNT, Metric.RATE_LIMIT_HITS}
            assert seen == (0 if is_sum or is_count else None, 0, None), (metric, aggregation)


def _window(tenant: Tenant, **changes: Any) -> dict[str, Any]:
    watched = Watched(**{"threshold": 1, "window_ms": 1_800_000, **changes})
    return window_values(watched, organization_id=tenant.id, end=END)


def _plain(rows: list[Request], metric: Metric, aggregation: Aggregation) -> float | None:
    known = [value for row in rows if (value := _FIELDS[metric](row)) is not None]
    match aggregation:
        case Aggregation.SUM:
            return sum(known)
        case Aggregation.AVERAGE:
            # A mean of tokens is of all requests; of a cost or a time, of those that have one.
            is_of_all = metric not in {Metric.COST, Metric.TIME_TO_FIRST_TOKEN}
            return sum(known) / (len(rows) if is_of_all else len(known))
        case Aggregation.LEAST:
            return min(known)
        case Aggregation.MOST:
            return max(known)
    ordered = sorted(known)
    if metric in {Metric.LATENCY, Metric.TIME_TO_FIRST_TOKEN}:
        return float(ordered[min(int(0.95 * len(ordered)), len(ordered) - 1)])
    return statistics.quantiles(ordered, n=20, method="inclusive")[-1]
