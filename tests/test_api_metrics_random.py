"""Whatever `/api/metrics/` is asked, it says what the rows say, worked out in plain Python."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest_app.events import Facts, LogEvent, Usage, uuid7
from ingest_app.rollups import fold_organization
from metrics_app.reading import Question, Sums
from metrics_app.reading.questions import MODEL_CALLS
from metrics_app.reading.sums import NOTHING
from requests_app.filter_language.text import parse
from requests_app.filter_language.tree import conjunction
from tests.api import Api
from tests.live import Stack, Tenant
from tests.logged_days import at, store
from tests.metric_sums import summed

# Around the end of summer time in Europe, 25 October 2026.
BEGIN = datetime(2026, 10, 23, 20, 17, 3, tzinfo=UTC)
LENGTH_S = 4 * 24 * 3600
MEASURES: dict[str, Callable[[Sums], float | None]] = {
    "requests": lambda sums: sums.requests,
    "errors": lambda sums: sums.failures,
    "error_rate": lambda sums: sums.failures / sums.requests if sums.requests else None,
    "cost_nanodollars": lambda sums: (
        sums.cost_nanodollars if sums.cost_nanodollars or not sums.unpriced else None
    ),
    "cost_usd": lambda sums: (
        sums.cost_nanodollars / 1e9 if sums.cost_nanodollars or not sums.unpriced else None
    ),
    "saved_nanodollars": lambda sums: sums.saved_nanodollars,
    "unpriced_requests": lambda sums: sums.unpriced,
    "prompt_tokens": lambda sums: sums.prompt_tokens,
    "completion_tokens": lambda sums: sums.completion_tokens,
    "total_tokens": lambda sums: sums.prompt_tokens + sums.completion_tokens,
    "cache_read_tokens": lambda sums: sums.cache_read_tokens,
    "cache_hits": lambda sums: sums.cache_hits,
    "latency_ms_avg": lambda sums: sums.latency_sum_ms / sums.requests if sums.requests else None,
    "time_to_first_token_ms_avg": lambda sums: (
        sums.first_token_sum_ms / sums.first_tokens if sums.first_tokens else None
    ),
}
NAMES = {
    "model": "model",
    "status": "status",
    "provider": "provider",
    "user": "user",
    "error": "error",
    "property.Env": "properties.Env",
}
_questions = st.fixed_dictionaries(
    {
        "metric": st.lists(st.sampled_from(list(MEASURES)), min_size=1, max_size=4, unique=True),
        "by": st.sampled_from(
            [
                (),
                *((name,) for name in NAMES),
                ("model", "status"),
                ("provider", "user"),
                ("property.Env", "model"),
            ]
        ),
        "bucket": st.sampled_from(["none", "auto", "hour", "day", "week", "month"]),
        "zone": st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Chatham"]),
        "q": st.sampled_from(
            ["", "model:gpt-4o*", "-status:success", "user:ann", "property.Env:a cost>0.001"]
        ),
        "limit": st.sampled_from([1, 2, 50]),
        "first": st.integers(0, LENGTH_S // 2),
        "last": st.integers(LENGTH_S // 2 + 1, LENGTH_S),
    }
)


def made_event(organization_id: int, dice: random.Random) -> LogEvent:
    at_us = at(BEGIN + timedelta(seconds=dice.randint(0, LENGTH_S)))
    prompt = dice.randint(0, 5_000)
    usage = Usage(
        prompt_tokens=prompt,
        cache_read_tokens=dice.choice([0, prompt]),
        completion_tokens=dice.randint(0, 5_000),
    )
    return LogEvent(
        id=uuid7(at_us),
        organization_id=organization_id,
        created_at_us=at_us,
        keeps_time=True,
        provider=dice.choice(["openai", "azure"]),
        path="/v1/chat/completions",
        facts=Facts(
            usage=dice.choice([usage, usage, None]),
            request_model=dice.choice(["gpt-4o", "gpt-4o-mini", "nobody-knows"]),
            time_to_first_token_ms=dice.choice([None, dice.randint(0, 900)]),
        ),
        omit_request=True,
        omit_response=True,
        status=dice.choice([200, 200, 429, 500, -3]),
        latency_ms=dice.randint(0, 30_000),
        user_id=dice.choice(["", "ann", "bob", "cem"]),
        error=dice.choice(["", "", "timeout"]),
        properties=dice.choice([{}, {"Env": "a"}, {"Env": "b", "Tier": "x"}, {"Env": ""}]),
    )


@pytest.fixture(scope="module")
def calls() -> dict[str, Tenant]:
    """The organization of the module, once it is made."""
    return {}


@pytest.fixture
def tenant(stack: Stack, make_tenant: Callable[[], Tenant], calls: dict[str, Tenant]) -> Tenant:
    """An organization with eighty calls, the first half of which are folded into sums."""
    if not calls:
        tenant = make_tenant()
        dice = random.Random(7)
        store(*(made_event(tenant.id, dice) for _ in range(80)))
        fold_organization(tenant.id, BEGIN + timedelta(seconds=LENGTH_S // 2))
        calls["one"] = tenant
    return calls["one"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=_questions)
def test_rest_says_what_requests_say(stack: Stack, tenant: Tenant, asked: dict[str, Any]) -> None:
    first, last = (BEGIN + timedelta(seconds=asked.pop(name)) for name in ("first", "last"))
    answer = Api(stack.url, tenant.api_key).get(
        "/api/metrics/", **asked, start=first.isoformat(), end=last.isoformat()
    )
    assert answer.status == 200, answer.json
    groups = answer.json["groups"]
    bars = [_bars(group) for group in groups]
    edges = _edges(answer.json, first, last)
    assert edges == sorted(set(edges))
    assert (edges[0], edges[-1]) == (first, last)
    if asked["bucket"] in {"day", "week", "month"}:
        zone = ZoneInfo(asked["zone"])
        assert all(edge.astimezone(zone).strftime("%H:%M:%S") == "00:00:00" for edge in edges[1:-1])

    tree = conjunction([parse(asked["q"]), MODEL_CALLS])
    by = tuple(NAMES[name] for name in asked["by"])
    right = summed(Question(tenant.id, tree, edges, by))
    keys = {key[1:] for key in right} if by else {()}
    totals = {key: _added(one for (_, *rest), one in right.items() if tuple(rest) == key) for key in keys}
    shown = [tuple(group["by"][name] for name in asked["by"]) for group in groups]
    assert len(shown) == min(len(totals), asked["limit"] if by else 1)

    # Those with most of the first metric come first.
    measure = MEASURES[asked["metric"][0]]
    most = sorted((measure(one) for one in totals.values() if measure(one) is not None), reverse=True)
    told = [value for key in shown if (value := measure(totals[key])) is not None]
    assert told == most[: len(told)]

    for key, found in zip(shown, bars, strict=True):
        for bar, values in enumerate(found):
            _check(values, right.get((bar, *key), NOTHING))
    left = [key for key in totals if key not in shown]
    assert (answer.json["other"] is not None) == bool(left)
    if left:
        assert answer.json["other"]["groups"] == len(left)
        for bar, values in enumerate(_bars(answer.json["other"])):
            _check(values, _added(right.get((bar, *key), NOTHING) for key in left))


def _check(values: dict[str, Any], sums: Sums) -> None:
    for name, value in values.items():
        right = MEASURES[name](sums)
        digits = 3 if name.endswith("_ms_avg") else 6 if name.endswith("_rate") else 9
        assert value == (round(right, digits) if isinstance(right, float) else right), name


def _added(found: Any) -> Sums:
    return sum(found, start=NOTHING)


def _bars(group: dict[str, Any]) -> list[dict[str, Any]]:
    return [bucket["values"] for bucket in group["buckets"]] if "buckets" in group else [group["values"]]


def _edges(answer: dict[str, Any], first: datetime, last: datetime) -> list[datetime]:
    buckets = next((group["buckets"] for group in answer["groups"] if "buckets" in group), None)
    if buckets is None:
        return [first, last]
    assert all(before["end"] == after["start"] for before, after in pairwise(buckets))
    return [datetime.fromisoformat(text) for text in (*(one["start"] for one in buckets), buckets[-1]["end"])]
