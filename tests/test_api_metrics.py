"""`/api/metrics/`: any number, of any requests, told apart by anything, in any stretches of time."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts_app import actions
from ingest_app.events import LogEvent
from ingest_app.rollups import fold_organization
from tests.api import Api
from tests.events import chat_event
from tests.live import Stack, Tenant
from tests.logged_days import at, store

# Summer time ends in Berlin on Sunday, 25 October 2026: that day has 25 hours there.
PERIOD = {"start": "2026-10-24T00:00", "end": "2026-10-27T00:00", "zone": "Europe/Berlin"}
GPT_4O, MINI = 450_000, 27_000  # nano-dollars of 100 tokens in and 20 out, at $2.50 and $10, $0.15 and $0.60


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


def event(tenant: Tenant, moment: str, **changes: Any) -> LogEvent:
    """Returns a call at `moment` in UTC."""
    return chat_event(tenant.id, at_us=at(datetime.fromisoformat(moment).replace(tzinfo=UTC)), **changes)


@pytest.fixture
def days(organization: Tenant) -> None:
    """Six calls, the first four of which are folded into sums."""
    store(
        event(organization, "2026-10-23T21:59", model="gpt-4o"),  # a minute before the period, in Berlin
        event(
            organization, "2026-10-24T09:00", model="gpt-4o", user_id="ann", session_id="s1", latency_ms=100
        ),
        event(
            organization, "2026-10-24T21:59", model="gpt-4o-mini", user_id="ann", properties={"Plan": "pro"}
        ),
        event(
            organization, "2026-10-24T22:00", model="gpt-4o-mini", user_id="bob", properties={"Plan": "free"}
        ),
        event(organization, "2026-10-25T22:59", model="gpt-4o", status=429, properties={"Plan": "pro"}),
        event(organization, "2026-10-25T23:00", model="nobody-knows", user_id="bob", session_id="s2"),
    )
    fold_organization(organization.id, datetime(2026, 10, 25, 12, tzinfo=UTC))


def metrics(api: Api, **query: Any) -> dict[str, Any]:
    """Returns the answer to a question of the period."""
    answer = api.get("/api/metrics/", **{**PERIOD, **query})
    assert answer.status == 200, answer.json
    return answer.json


def by(api: Api, name: str, **query: Any) -> dict[Any, dict[str, Any]]:
    """Returns the values by what `name` says."""
    return {group["by"][name]: group["values"] for group in metrics(api, by=name, **query)["groups"]}


@pytest.mark.usefixtures("days")
def test_without_more_it_is_one_total(api: Api) -> None:
    assert metrics(api) == {
        "start": "2026-10-24T00:00:00+02:00",
        "end": "2026-10-27T00:00:00+01:00",
        "zone": "Europe/Berlin",
        "bucket": "none",
        "groups": [
            {"by": {}, "values": {"requests": 5, "errors": 1, "cost_usd": 0.000954, "total_tokens": 600}}
        ],
        "other": None,
    }


@pytest.mark.usefixtures("days")
def test_groups_come_by_the_first_metric_and_the_rest_is_other(api: Api) -> None:
    found = metrics(api, metric=["cost_nanodollars", "requests", "latency_ms_p50"], by="model", limit=1)
    assert [(group["by"], group["values"]["cost_nanodollars"]) for group in found["groups"]] == [
        ({"model": "gpt-4o"}, 2 * GPT_4O)
    ]
    assert found["other"] == {
        "groups": 2,
        "values": {"cost_nanodollars": 2 * MINI, "requests": 3, "latency_ms_p50": None},
    }


@pytest.mark.usefixtures("days")
def test_an_unknown_price_is_not_zero(api: Api) -> None:
    found = by(api, "model", metric=["cost_usd", "cost_usd_per_request", "unpriced_requests"])
    assert found["nobody-knows"] == {"cost_usd": None, "cost_usd_per_request": None, "unpriced_requests": 1}
    assert found["gpt-4o"] == {"cost_usd": 0.0009, "cost_usd_per_request": 0.00045, "unpriced_requests": 0}


@pytest.mark.usefixtures("days")
def test_days_are_those_of_the_zone(api: Api) -> None:
    (group,) = metrics(api, metric=["requests", "error_rate"], bucket="day")["groups"]
    assert group["buckets"] == [
        {
            "start": "2026-10-24T00:00:00+02:00",
            "end": "2026-10-25T00:00:00+02:00",
            "values": {"requests": 2, "error_rate": 0},
        },
        {
            "start": "2026-10-25T00:00:00+02:00",
            "end": "2026-10-26T00:00:00+01:00",
            "values": {"requests": 2, "error_rate": 0.5},
        },
        {
            "start": "2026-10-26T00:00:00+01:00",
            "end": "2026-10-27T00:00:00+01:00",
            "values": {"requests": 1, "error_rate": 0},
        },
    ]


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize(
    ("bucket", "number"), [("auto", 73), ("hour", 73), ("week", 2), ("month", 1), ("year", 1)]
)
def test_buckets_cover_the_period_without_a_gap(api: Api, bucket: str, number: int) -> None:
    (group,) = metrics(api, metric="requests", bucket=bucket)["groups"]
    buckets = group["buckets"]
    assert len(buckets) == number
    assert [bucket["end"] for bucket in buckets[:-1]] == [bucket["start"] for bucket in buckets[1:]]
    assert (buckets[0]["start"], buckets[-1]["end"]) == (
        "2026-10-24T00:00:00+02:00",
        "2026-10-27T00:00:00+01:00",
    )
    assert sum(bucket["values"]["requests"] for bucket in buckets) == 5


@pytest.mark.usefixtures("days")
def test_where_nothing_happened_counts_are_zero_and_rates_unknown(api: Api) -> None:
    asked = ["requests", "error_rate", "latency_ms_avg", "latency_ms_p95", "active_users"]
    (group,) = metrics(api, metric=asked, model="none")["groups"]
    assert group["values"] == {
        "requests": 0,
        "error_rate": None,
        "latency_ms_avg": None,
        "latency_ms_p95": None,
        "active_users": 0,
    }


@pytest.mark.usefixtures("days")
def test_two_names_tell_pairs_apart(api: Api) -> None:
    found = metrics(api, metric="requests", by=["property.Plan", "status"])["groups"]
    assert {
        (group["by"]["property.Plan"], group["by"]["status"]): group["values"]["requests"] for group in found
    } == {
        ("pro", 200): 1,
        ("pro", 429): 1,
        ("free", 200): 1,
    }


@pytest.mark.usefixtures("days")
def test_pairs_are_told_apart_bucket_by_bucket(api: Api) -> None:
    found = metrics(api, metric="requests", by=["model", "user"], bucket="day", limit=1)
    (group,) = found["groups"]
    assert group["by"] == {"model": "gpt-4o", "user": "ann"}
    assert [bucket["values"]["requests"] for bucket in group["buckets"]] == [1, 0, 0]
    assert found["other"]["groups"] == 3
    assert [bucket["values"]["requests"] for bucket in found["other"]["buckets"]] == [1, 1, 1]


@pytest.mark.usefixtures("days")
def test_percentiles_and_users_are_told_apart(api: Api) -> None:
    asked = ["latency_ms_p50", "latency_ms_p99.9", "latency_ms_avg", "active_users", "sessions"]
    found = by(api, "model", metric=asked)
    values = found["gpt-4o"]
    assert values["latency_ms_p50"] == pytest.approx(100, rel=0.01)
    assert values["latency_ms_p99.9"] == pytest.approx(500, rel=0.01)
    assert values["latency_ms_avg"] == 300
    assert (values["active_users"], values["sessions"]) == (1, 1)
    assert (found["gpt-4o-mini"]["active_users"], found["gpt-4o-mini"]["sessions"]) == (2, 0)


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize("name", ["user", "property.Plan", "status", "provider"])
def test_percentiles_are_known_of_whatever_is_told_apart(api: Api, name: str) -> None:
    for values in by(api, name, metric=["latency_ms_p99", "requests"]).values():
        assert values["latency_ms_p99"] == pytest.approx(500, rel=0.01)


@pytest.mark.usefixtures("days")
def test_the_period_before_is_told_of_the_same_groups(api: Api) -> None:
    found = metrics(
        api,
        metric="requests",
        by="model",
        start="2026-10-25T00:00",
        end="2026-10-26T00:00",
        compare="previous",
    )
    assert {group["by"]["model"]: group["values"]["requests"] for group in found["groups"]} == {
        "gpt-4o": 1,
        "gpt-4o-mini": 1,
    }
    before = found["previous"]
    # As long, which is 25 hours.
    assert (before["start"], before["end"]) == ("2026-10-23T23:00:00+02:00", "2026-10-25T00:00:00+02:00")
    assert {group["by"]["model"]: group["values"]["requests"] for group in before["groups"]} == {
        "gpt-4o": 2,
        "gpt-4o-mini": 1,
    }


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize(
    "filters", [{"status": "error"}, {"q": "user:ann OR user:bob"}, {"property.Plan__not": "pro"}]
)
def test_filters_are_those_of_requests(api: Api, filters: dict[str, str]) -> None:
    (group,) = metrics(api, metric="requests", **filters)["groups"]
    period = {"start": "2026-10-23T22:00Z", "end": "2026-10-26T23:00Z"}
    counted = api.get("/api/requests/count/", **period, **filters)
    assert group["values"]["requests"] == counted.json["count"]


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize("start", ["0001-01-01T00:00+14:00", "1900-01-01T00:00Z"])
def test_a_period_may_begin_before_there_was_anything(api: Api, start: str) -> None:
    found = metrics(api, metric="requests", start=start, bucket="year", compare="previous")
    (group,) = found["groups"]
    assert sum(bucket["values"]["requests"] for bucket in group["buckets"]) == 6


def test_steps_that_called_no_model_count_when_they_are_asked_for(api: Api, organization: Tenant) -> None:
    store(
        event(organization, "2026-10-24T09:00"),
        event(organization, "2026-10-24T09:01", kind="tool", span_name="search"),
    )
    assert metrics(api, metric="requests")["groups"][0]["values"] == {"requests": 1}
    assert metrics(api, metric="requests", q="kind:tool")["groups"][0]["values"] == {"requests": 1}


@pytest.mark.usefixtures("days")
def test_a_property_is_found_as_filters_find_it(api: Api, organization: Tenant) -> None:
    assert by(api, "property.Plan", metric="requests") == {"pro": {"requests": 2}, "free": {"requests": 1}}
    assert by(api, "property.Nobody", metric="requests") == {}


@pytest.mark.usefixtures("days")
def test_rates_are_per_second_of_the_bucket(api: Api) -> None:
    (group,) = metrics(api, metric="requests_per_s", bucket="day")["groups"]
    assert [bucket["values"]["requests_per_s"] for bucket in group["buckets"]] == [
        pytest.approx(2 / (24 * 3600), rel=1e-3),
        pytest.approx(2 / (25 * 3600), rel=1e-3),
        pytest.approx(1 / (24 * 3600), rel=1e-3),
    ]


@pytest.mark.parametrize(
    ("query", "parameter", "said"),
    [
        ({"metric": "beauty"}, "metric", "There is no 'beauty': choose from requests, errors,"),
        ({"metric": "latency_ms_p0"}, "metric", "There is no 'latency_ms_p0'"),
        ({"metric": "latency_ms_p100"}, "metric", "There is no 'latency_ms_p100'"),
        ({"by": "beauty"}, "by", "There is no 'beauty': choose from model, provider, status, user, error"),
        ({"by": "property."}, "by", "There is no 'property.'"),
        ({"by": "property.a\x00"}, "by", "There is no 'property.a"),
        ({"zone": "\x00"}, "zone", "There is no time zone"),
        ({"by": ["user", "property.Plan"]}, "by", "Give one of user, error and property.<Name> at most."),
        (
            {"by": ["model", "status"], "metric": "latency_ms_p50"},
            "by",
            "can be told apart by one thing only",
        ),
        ({"bucket": "fortnight"}, "bucket", "There is no 'fortnight': choose from none, auto, minute, 5m,"),
        ({"bucket": "minute"}, "bucket", "more than 2,000 bars"),
        ({"bucket": "15m", "by": "model", "limit": 100}, "bucket", "292 buckets of 100 groups are too many"),
        ({"zone": "Europe/Atlantis"}, "zone", "There is no time zone 'Europe/Atlantis'"),
        ({"zone": "../etc/passwd"}, "zone", "There is no time zone '../etc/passwd'"),
        ({"compare": "next"}, "compare", "There is no 'next': choose from previous."),
        ({"start": "2026-10-28T00:00"}, "q", "The period ends before it begins."),
        ({"limit": "101"}, "limit", "Give a number from 1 to 100."),
        ({"status": "teapot"}, "status", "teapot"),
        ({"q": 'text:"hello"'}, "q", "Metrics cannot be narrowed by words in bodies"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_the_name_of_the_parameter(
    api: Api, query: dict[str, Any], parameter: str, said: str
) -> None:
    answer = api.get("/api/metrics/", **{**PERIOD, **query})
    assert answer.status == 400, answer.json
    assert said in answer.json[parameter][0]


@pytest.mark.usefixtures("days")
def test_other_organizations_see_nothing_of_it(stack: Stack, make_tenant: Any) -> None:
    other = make_tenant()
    assert metrics(Api(stack.url, other.api_key), metric="requests", by="model")["groups"] == []
    assert Api(stack.url, None).get("/api/metrics/").status == 401
    writer = actions.issue_api_key(organization=other.organization, name="Writer", scope="w")
    assert Api(stack.url, writer.secret).get("/api/metrics/").status == 403
