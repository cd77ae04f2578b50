"""Rows over time: what the requests of each bar come to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from helicone_app.metrics.serializers import (
    CostBarSerializer,
    CountBarSerializer,
    DetailedTokensBarSerializer,
    FirstTokenBarSerializer,
    LatencyBarSerializer,
    ModelBarSerializer,
    StatusBarSerializer,
    TokensBarSerializer,
)
from helicone_app.periods import Bars
from helicone_site.formats import usd
from metrics_app.reading import Sums, sums
from metrics_app.reading.sums import NOTHING
from metrics_app.users.activity import active_users
from requests_app.filter_language.tree import Comparison, Node, Not, Operator

Rows = list[dict[str, Any]]
# Helicone leaves these out of latencies.
_NOT_IN_BATCHES = Not(Comparison("model", Operator.CONTAINS, "-batch"))


@dataclass(frozen=True, slots=True)
class OverTime:
    """Rows of `bars`, under the name of their route; `what` describes them, `nodes` leave requests out."""

    route: str
    what: str
    row: type[serializers.Serializer[Any]]
    of: Callable[[Bars], Rows]
    nodes: tuple[Node, ...] = ()


def _told(tell: Callable[[Sums], dict[str, Any]], *columns: str) -> Callable[[Bars], Rows]:
    """Returns the function that tells the sums of each bar."""

    def rows(bars: Bars) -> Rows:
        found = sums(bars.question(), ("requests", *columns))
        return [{"time": time, **tell(found.get((bar,), NOTHING))} for bar, time in enumerate(bars.times)]

    return rows


def _by_status(bars: Bars) -> Rows:
    found = sums(bars.question("status"), ("requests",))
    of_bars: list[list[dict[str, int]]] = [[] for _ in bars.starts]
    for (bar, status), one in sorted(found.items(), key=lambda item: item[0]):
        of_bars[bar].append({"count": one.requests, "status": status})
    nothing = [{"count": 0, "status": 0}]
    return [
        {"time": time, **one}
        for time, of_bar in zip(bars.times, of_bars, strict=True)
        for one in of_bar or nothing
    ]


def _by_model(bars: Bars) -> Rows:
    found = sums(bars.question("model"), ("requests", "prompt_tokens", "completion_tokens"))
    times = bars.times
    return [
        {
            "time": times[bar],
            "model": model or "unknown",
            "request_count": one.requests,
            "total_tokens": one.tokens,
        }
        for (bar, model), one in sorted(found.items(), key=lambda item: item[0])
    ]


def _users(bars: Bars) -> Rows:
    course = active_users(bars.scope, bars.edges)
    return [{"time": time, "count": users} for time, users in zip(bars.times, course.users, strict=True)]


def _tokens(one: Sums) -> dict[str, int]:
    return {"prompt_tokens": one.prompt_tokens, "completion_tokens": one.completion_tokens}


def _detailed_tokens(one: Sums) -> dict[str, int]:
    return {
        **_tokens(one),
        "reasoning_tokens": one.reasoning_tokens,
        "prompt_cache_read_tokens": one.cache_read_tokens,
        "prompt_cache_write_tokens": one.cache_write_tokens,
    }


OVER_TIME = (
    OverTime("requestOverTime", "Requests.", CountBarSerializer, _told(lambda one: {"count": one.requests})),
    OverTime("requestStatusOverTime", "Requests by status.", StatusBarSerializer, _by_status),
    OverTime(
        "errorOverTime",
        "Requests that failed: with a status of 400 and more, or below zero.",
        CountBarSerializer,
        _told(lambda one: {"count": one.failures}, "failures"),
    ),
    OverTime(
        "costOverTime",
        "Costs.",
        CostBarSerializer,
        _told(lambda one: {"cost": usd(one.cost_nanodollars)}, "cost_nanodollars"),
    ),
    OverTime(
        "tokensOverTime",
        "Tokens in and out.",
        TokensBarSerializer,
        _told(_tokens, "prompt_tokens", "completion_tokens"),
    ),
    OverTime(
        "detailedTokensOverTime",
        "Tokens by kind.",
        DetailedTokensBarSerializer,
        _told(
            _detailed_tokens,
            *("prompt_tokens", "completion_tokens", "reasoning_tokens"),
            *("cache_read_tokens", "cache_write_tokens"),
        ),
    ),
    OverTime(
        "latencyOverTime",
        "Mean latencies, of models whose names have no -batch in them.",
        LatencyBarSerializer,
        _told(lambda one: {"duration": one.latency_ms or 0}, "latency_sum_ms"),
        (_NOT_IN_BATCHES,),
    ),
    OverTime(
        "timeToFirstToken",
        "Mean times to the first token.",
        FirstTokenBarSerializer,
        _told(lambda one: {"ttft": one.first_token_ms or 0}, "first_tokens", "first_token_sum_ms"),
    ),
    OverTime("usersOverTime", "Users, each counted once in a bar.", CountBarSerializer, _users),
    OverTime(
        "threatsOverTime",
        "Threats: nobody looks for them here, so 0.",
        CountBarSerializer,
        _told(lambda one: {"count": 0}),
    ),
    OverTime(
        "modelUsageOverTime",
        "Requests and tokens of each model that a bar has.",
        ModelBarSerializer,
        _by_model,
    ),
)
