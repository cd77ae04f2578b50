"""Whatever comes, in whichever order, however often, and whatever is deleted or changed: metrics say what rows say."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest_app.events import LogEvent, SpanKind, Usage
from ingest_app.pace import Pace
from ingest_app.partitions import ensure_partitions, week_of
from ingest_app.removal import Selection, remove_rows
from ingest_app.rollups import (
    adding,
    drop_before,
    fold_organization,
    mend_rollups,
    rebuild,
)
from ingest_app.rollups.spread import RELATIVE_ERROR
from metrics_app.reading import Question, spreads, sums
from requests_app import time_bars
from requests_app.actions import delete_property, set_property
from requests_app.filter_language.text import parse
from requests_app.filter_language.tree import EVERYTHING
from requests_app.models import Request
from tests.live import Tenant
from tests.metric_rows import model_call, write_all
from tests.metric_sums import exact_quantile, latencies, summed, users

# Around the end of summer time in Europe, 26 October 2025: 25 hours long in Berlin.
START = datetime(2025, 10, 24, 20, 17, 3, tzinfo=UTC)
SPREAD_S = 4 * 24 * 3600
SHARES = (0.0, 0.5, 0.95, 1.0)
MANY_LATE = 4  # in place of a hundred: else no batch of these would ever be many
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Chatham")

_moments = st.one_of(st.integers(0, 3), st.integers(0, SPREAD_S))
_events = st.fixed_dictionaries(
    {
        "at": _moments,
        "user_id": st.sampled_from(["", "ann", "bob"]),
        "status": st.sampled_from([200, 200, 429, 500, -3]),
        "latency_ms": st.one_of(st.integers(0, 300), st.integers(0, 10_000_000)),
        "first_ms": st.one_of(st.none(), st.integers(0, 9_000)),
        "kind": st.sampled_from([SpanKind.MODEL, SpanKind.MODEL, SpanKind.TOOL]),
        "model": st.sampled_from(["gpt-4o", "gpt-4o-mini", "nobody-knows"]),
        "prompt": st.integers(0, 5_000),
        "cached": st.integers(0, 5_000),
        "completion": st.one_of(st.none(), st.integers(0, 5_000)),
        "error": st.sampled_from(["", "", "timeout"]),
        "properties": st.dictionaries(st.sampled_from(["Env", "Tier"]), st.sampled_from(["", "a", "b", "Ü"])),
    }
)
_writes = st.tuples(
    st.just("write"), st.lists(_events, min_size=1, max_size=8), st.lists(st.integers(0, 99), max_size=3)
)
_steps = st.one_of(
    _writes,
    _writes,
    st.tuples(st.just("fold"), _moments, st.none()),
    # With more, the days that lost rows are summed anew; without, rows are looked at.
    st.tuples(st.just("erase"), st.sampled_from(["ann", "bob"]), st.booleans()),
    st.tuples(st.just("forget"), _moments, st.booleans()),
    st.tuples(st.just("annotate"), st.integers(0, 99), st.sampled_from(["a", "c", None])),
    st.tuples(st.just("rebuild"), st.none(), st.none()),
)
_FILTERS = (
    "", "model:gpt-4o*", "-status:success", "user:ann", "property.Env:a", "has:property.Tier", "has:user",
    "property.Env:a property.Tier:b", "cost>0.001", "-has:kind", "error:timeout model:gpt-4o",
    "property.Env:a status:200",
)  # fmt: skip
_BREAKDOWNS = (
    (), (), ("model",), ("provider", "status", "kind"), ("user",), ("properties.Env",), ("model", "properties.Tier"),
    ("error",),
)  # fmt: skip
_EVERYTHING = [
    ("", (), "UTC", "fitting", 0, SPREAD_S),
    ("", (), "UTC", "whole", 0, SPREAD_S),
    ("", ("user",), "Europe/Berlin", "fitting", 0, SPREAD_S),
    ("", ("user",), "UTC", "day", 0, SPREAD_S),
    ("", ("properties.Env",), "Asia/Kolkata", "day", 0, SPREAD_S),
]
_questions = st.tuples(
    st.sampled_from(_FILTERS),
    st.sampled_from(_BREAKDOWNS),
    st.sampled_from(ZONES),
    st.sampled_from(("fitting", "day", "whole")),
    st.integers(0, SPREAD_S // 2),
    st.integers(SPREAD_S // 2, SPREAD_S),
)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def event_of(organization_id: int, drawn: dict[str, Any]) -> LogEvent:
    usage = None
    if drawn["completion"] is not None:
        usage = Usage(
            prompt_tokens=drawn["prompt"],
            cache_read_tokens=min(drawn["cached"], drawn["prompt"]),
            completion_tokens=drawn["completion"],
        )
    same = ("model", "first_ms", "user_id", "status", "latency_ms", "kind", "error", "properties")
    return model_call(organization_id, at(drawn["at"]), usage=usage, **{name: drawn[name] for name in same})


def asked(organization_id: int, drawn: tuple[str, tuple[str, ...], str, str, int, int]) -> Question:
    text, by, zone, bars, first, last = drawn
    start, end = at(first), at(last + 1)
    edges = [start, end]
    if bars == "day":
        edges = time_bars.edges_by("day", start, end, ZoneInfo(zone))
    elif bars == "fitting":
        edges = time_bars.edges(start, end, ZoneInfo(zone))
    inner = [edge for edge in edges if start < edge < end]
    return Question(organization_id, parse(text), [start, *inner, end], by)


def check(question: Question) -> None:
    assert sums(question) == summed(question)
    if len(question.by) < 2 and question.dimension not in {"user", "error"}:
        found = spreads(question, has_seen=True)
        check_quantiles({key: one.latency_ms(*SHARES) for key, one in found.items()}, latencies(question))
        first_tokens = {
            key: one.first_token_ms(*SHARES) for key, one in found.items() if one.first_token != "0"
        }
        check_quantiles(first_tokens, latencies(question, "time_to_first_token_ms"))
        if question.by == () and question.tree == EVERYTHING:
            assert {key: one.users for key, one in found.items()} == users(question)


def check_quantiles(found: dict[Any, list[float | None]], exact: dict[Any, list[int]]) -> None:
    assert found.keys() == exact.keys()
    for key, values in exact.items():
        for share, value in zip(SHARES, found[key], strict=True):
            assert value is not None
            right = exact_quantile(values, share)
            assert abs(value - right) <= right * RELATIVE_ERROR * 1.001


class History:
    """What has happened to one organization."""

    def __init__(self, organization_id: int) -> None:
        self.organization_id = organization_id
        self._written: list[LogEvent] = []

    def write(self, drawn: list[dict[str, Any]], again: list[int]) -> None:
        events = [event_of(self.organization_id, one) for one in drawn]
        repeated = [self._written[place % len(self._written)] for place in again] if self._written else []
        write_all([*events, *repeated, events[0]])
        self._written += events

    def fold(self, until: int, _: None) -> None:
        fold_organization(self.organization_id, at(until))

    def erase(self, user_id: str, is_mended: bool) -> None:
        self._remove(Selection(self.organization_id, before=at(SPREAD_S + 1), user_id=user_id), is_mended)

    def forget(self, until: int, is_mended: bool) -> None:
        self._remove(Selection(self.organization_id, before=at(until)), is_mended)
        drop_before(self.organization_id, at(until))

    def annotate(self, place: int, value: str | None) -> None:
        rows = Request.objects.filter(organization_id=self.organization_id).order_by("id")
        if ids := list(rows.values_list("id", flat=True)):
            id = ids[place % len(ids)]
            if value is None:
                delete_property(organization_id=self.organization_id, id=id, name="Env")
            else:
                set_property(organization_id=self.organization_id, id=id, name="Env", value=value)

    def rebuild(self, *_: None) -> None:
        rebuild(self.organization_id, at(0).date(), at(SPREAD_S).date() + timedelta(days=1))

    def _remove(self, selection: Selection, is_mended: bool) -> None:
        remove_rows(selection, Pace())
        if is_mended:
            mend_rollups(self.organization_id)
        self._written = []  # what is erased and comes again would be stored again


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.lists(_events, min_size=8, max_size=25),
    folded=st.integers(SPREAD_S // 4, SPREAD_S),
    steps=st.lists(_steps, min_size=2, max_size=5),
    questions=st.lists(_questions, min_size=1, max_size=4),
)
def test_metrics_say_what_requests_say(
    make_tenant: Callable[[], Tenant],
    monkeypatch: pytest.MonkeyPatch,
    first: list[Any],
    folded: int,
    steps: list[Any],
    questions: list[Any],
) -> None:
    monkeypatch.setattr(adding, "MANY_LATE", MANY_LATE)
    history = History(make_tenant().id)
    ensure_partitions({week_of(at(second)) for second in range(0, SPREAD_S, 3600)})
    history.write(first, [])
    for what, value, more in [("fold", folded, None), *steps]:
        getattr(history, what)(value, more)
        for question in [*_EVERYTHING, *questions]:
            check(asked(history.organization_id, question))
