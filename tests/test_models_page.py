"""What is said of models and providers: costs, times, failures, and how dependable they were."""

import csv
import io
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.urls import reverse

from ingest_app.events import Facts, LogEvent, Usage
from ingest_app.rollups import fold_organization
from metrics_app.scope import Scope, scope_of
from metrics_app.used_models import table
from metrics_app.used_models.availability import Strip, availability
from metrics_app.used_models.paid import Paid, paid, prices_of_models
from metrics_app.used_models.table import Used
from requests_app.filters import RequestFilter
from requests_app.queries import requests_of
from tests.events import chat_event, log
from tests.live import Stack, Tenant
from tests.logged_days import asking, days_ago, store
from tests.web_client import WebClient


@pytest.fixture(params=["of rows", "of sums"])
def keep(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Returns a function that stores events, of days past, and leaves them as rows or folds them in."""

    def store_all(*events: LogEvent) -> None:
        store(*events)
        if request.param == "of sums":
            fold_organization(events[0].organization_id, days_ago(0.5))

    return store_all


def scope(organization: Tenant, **query: str) -> Scope:
    filters = RequestFilter(QueryDict(urlencode(query)))
    assert filters.is_valid(), filters.errors
    return scope_of(organization_id=organization.id, filters=filters)


def called(organization: Tenant, days: float = 1, **changes: Any) -> LogEvent:
    return asking(organization.id, days_ago(days), **changes)


def used(organization: Tenant, by: table.By = "model") -> dict[str, Used]:
    return {one.name: one for one in table.used(table.cells_of(scope(organization)), by)}


def strips(organization: Tenant, by: table.By = "model") -> dict[str, Strip]:
    return {one.name: one for one in availability(scope(organization), by).strips}


def paid_for(organization: Tenant, model: str) -> Paid | None:
    return paid(used(organization)[model].cells, prices_of_models(organization.id))


def lines(stack: Stack, organization: Tenant, name: str = "models-csv", **query: str) -> list[dict[str, str]]:
    path = reverse(f"metrics:{name}", args=[organization.organization.slug])
    text = WebClient(stack.url, organization.owner).get(f"{path}?{urlencode(query)}").text
    return list(csv.DictReader(io.StringIO(text)))


def test_each_model_has_what_its_calls_come_to(organization: Tenant, keep: Callable[..., None]) -> None:
    keep(
        called(organization, 2),
        called(organization, 1, status=429, usage=None),
        called(organization, 1, model="gpt-4o-mini", provider="azure"),
    )
    found = used(organization)
    assert (found["gpt-4o"].sums.requests, found["gpt-4o"].failures) == (2, Counter({429: 1}))
    assert found["gpt-4o"].sums.cost_nanodollars == 100 * 2_500 + 20 * 10_000
    assert [name for name, _ in found["gpt-4o-mini"].beside] == ["azure"]


def test_a_provider_has_the_models_that_it_was_asked_for(organization: Tenant) -> None:
    store(
        called(organization, model="gpt-4o-mini"),
        *(called(organization) for _ in range(2)),
        called(organization, provider="azure"),
    )
    found = used(organization, "provider")
    assert [(name, one.requests) for name, one in found["openai"].beside] == [
        ("gpt-4o", 2),
        ("gpt-4o-mini", 1),
    ]
    assert found["azure"].sums.requests == 1


def test_percentiles_are_right_to_one_percent(organization: Tenant, keep: Callable[..., None]) -> None:
    keep(*(called(organization, latency_ms=n * 10) for n in range(1, 101)))
    timing = table.timings(scope(organization), "model")["gpt-4o"]
    assert timing.p50_ms == pytest.approx(500, rel=0.0101)
    assert timing.p95_ms == pytest.approx(950, rel=0.0101)
    assert timing.p99_ms == pytest.approx(990, rel=0.0101)
    assert timing.first_token_ms is None


def test_errors_are_counted_by_name(organization: Tenant, keep: Callable[..., None]) -> None:
    keep(
        *(called(organization, status=502, error="upstream_unreachable") for _ in range(2)),
        called(organization, status=504, error="upstream_timeout"),
    )
    assert table.errors(scope(organization), "model") == {
        "gpt-4o": Counter({"upstream_unreachable": 2, "upstream_timeout": 1})
    }


def test_only_faults_of_the_provider_count_against_it(
    organization: Tenant, keep: Callable[..., None]
) -> None:
    faults, others = (500, 503, 529, -2, -100), (200, 400, 401, 404, 429, -3)
    keep(*(called(organization, status=status) for status in (*faults, *others)))
    found = strips(organization)["gpt-4o"]
    assert (found.calls, found.faults) == (len(faults) + len(others), len(faults))
    filters = RequestFilter(QueryDict(found.faults_query))
    assert filters.is_valid()
    behind = filters.narrow(requests_of(organization.id), organization_id=organization.id)
    assert sorted(behind.values_list("status", flat=True)) == sorted(faults)


@pytest.mark.parametrize(("failed", "step"), [(0, 5), (1, 2), (10, 1)])
def test_a_bar_says_how_many_failed_in_its_time(organization: Tenant, failed: int, step: int) -> None:
    store(*(called(organization, 3, status=500 if n < failed else 200) for n in range(20)))
    bars = strips(organization)["gpt-4o"].bars
    (bar,) = (one for one in bars if one.step)
    assert bar.step == step
    assert bar.title.endswith(f": {100 - 5 * failed} % of 20")
    assert {one.title.rpartition(": ")[2] for one in bars if one is not bar} == {"no calls"}


def test_tokens_in_and_out_have_what_they_cost(organization: Tenant, keep: Callable[..., None]) -> None:
    # At $2.50 in, $1.25 cached and $10 out, by the million.
    cached = {
        "prompt_tokens": 1_000,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 600},
    }
    keep(called(organization, usage=cached), called(organization))
    prompt = (500 * 2_500 + 600 * 1_250) * 1_000_000 / 1_100
    assert paid_for(organization, "gpt-4o") == Paid(round(prompt), 10 * 10**9)


def counted(organization: Tenant, usage: Usage, **changes: Any) -> LogEvent:
    """Returns a call of which only the counts are logged."""
    facts = Facts(usage=usage, request_model=changes["model"])
    return called(organization, facts=facts, request_body=b"", response_body=b"", **changes)


def test_nothing_is_said_of_in_and_out_where_prices_depend_on_the_length_of_the_prompt(
    organization: Tenant, wait_for_rows: Callable[..., object]
) -> None:
    for tokens in (1_000, 300_000):
        usage = Usage(prompt_tokens=tokens, completion_tokens=10)
        log(counted(organization, usage, provider="google", model="gemini-2.5-pro"))
    wait_for_rows(organization.id, 2)
    assert used(organization)["gemini-2.5-pro"].sums.cost_nanodollars > 0
    assert paid_for(organization, "gemini-2.5-pro") is None


def test_nothing_is_said_of_in_and_out_where_a_price_is_unknown(organization: Tenant) -> None:
    store(called(organization, model="nobody-knows"))
    assert paid_for(organization, "nobody-knows") is None


def test_a_file_has_the_whole_table(stack: Stack, organization: Tenant) -> None:
    store(
        *(called(organization, latency_ms=500) for _ in range(3)),
        called(organization, model="nobody-knows", status=500),
    )
    known, unknown = lines(stack, organization)
    assert (known["model"], known["requests"], known["share (percent)"]) == ("gpt-4o", "3", "75.0")
    assert known["cost (USD)"] == "0.001350000"
    assert known["cost per 1 M tokens (USD)"] == "3.750000000"
    assert known["cost per 1 M tokens in (USD)"] == "2.500000000"
    assert float(known["latency p50 (ms)"]) == pytest.approx(500, rel=0.0101)
    assert (unknown["cost (USD)"], unknown["unpriced requests"]) == ("", "1")
    assert (unknown["failures"], unknown["error rate (percent)"]) == ("1", "100.0")


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("name", "gpt-4o"), ("-name", "nobody-knows"), ("-requests", "gpt-4o"), ("-cost", "gpt-4o"),
        ("cost", "gpt-4o"), ("-cost_per_mtok", "gpt-4o"), ("-p95_ms", "nobody-knows"), ("p50_ms", "gpt-4o"),
        ("-error_rate", "nobody-knows"), ("-cache_hits", "gpt-4o"), ("-speed", "gpt-4o"),
    ],
)  # fmt: skip
def test_the_table_is_sorted_and_what_is_unknown_comes_last(
    stack: Stack, organization: Tenant, sort: str, first: str
) -> None:
    store(
        *(called(organization, latency_ms=100) for _ in range(2)),
        called(organization, model="nobody-knows", latency_ms=900, status=500),
    )
    assert lines(stack, organization, sort=sort)[0]["model"] == first


def test_a_sorting_that_does_not_exist_is_refused(stack: Stack, organization: Tenant) -> None:
    store(called(organization))
    path = reverse("metrics:models", args=[organization.organization.slug])
    page = WebClient(stack.url, organization.owner).get(f"{path}?sort=beauty")
    assert "Cannot sort by &#x27;beauty&#x27;" in page.text


def test_availability_as_a_file_has_a_column_for_each(stack: Stack, organization: Tenant) -> None:
    store(
        called(organization, 2), called(organization, 2, status=500), called(organization, provider="azure")
    )
    found = lines(stack, organization, "models-availability-csv", by="provider")
    assert {line["openai (percent)"] for line in found} == {"", "50.0"}
    assert {line["azure (percent)"] for line in found} == {"", "100.0"}


def test_a_filter_narrows_the_table(stack: Stack, organization: Tenant) -> None:
    store(called(organization, user_id="ann"), called(organization, model="gpt-4o-mini", user_id="bob"))
    assert [line["model"] for line in lines(stack, organization, q="user:bob")] == ["gpt-4o-mini"]


def test_nothing_is_told_of_the_models_of_others(
    stack: Stack, organization: Tenant, make_tenant: Callable[[], Tenant]
) -> None:
    store(called(organization), chat_event(make_tenant().id, model="secret-model"))
    assert [line["model"] for line in lines(stack, organization)] == ["gpt-4o"]
