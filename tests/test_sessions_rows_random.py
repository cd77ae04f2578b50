"""Whatever comes, in whichever order, however often, and whatever is deleted: sessions say what their requests do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest_app.events import Facts, LogEvent, SpanKind, Usage, uuid7
from ingest_app.pace import Pace
from ingest_app.partitions import ensure_partitions, week_of
from ingest_app.removal import Selection, remove_rows
from ingest_app.session_rows import mend
from ingest_app.stream import StreamEntry
from ingest_app.writer import EPOCH, Batch, write
from tests.live import Tenant
from tests.session_sums import stored, summed

# Three weeks of a long past, so that a session crosses partitions.
START_US = 1_000_000_000_000_000
SPREAD_US = 21 * 24 * 3600 * 1_000_000

_moments = st.one_of(st.integers(0, 3), st.integers(0, SPREAD_US))  # often the same
_costs = st.one_of(st.none(), st.integers(0, 10**12))
_events = st.fixed_dictionaries(
    {
        "at": _moments,
        "session_id": st.sampled_from(["", "a", "a/b", "🙂"]),
        "session_name": st.sampled_from(["", "Plan", "plan", "Ü"]),
        "user_id": st.sampled_from(["", "ann", "bob"]),
        "status": st.sampled_from([200, 200, 429, 500, -3]),
        "latency_ms": st.integers(0, 10_000_000),
        "kind": st.sampled_from([SpanKind.MODEL, SpanKind.MODEL, SpanKind.TOOL]),
        "cost": _costs,
        "tokens": st.integers(0, 1000),
    }
)
# Written, with some that were written before; or those of a user or from before a moment are deleted.
_steps = st.one_of(
    st.tuples(
        st.just("write"), st.lists(_events, min_size=1, max_size=8), st.lists(st.integers(0, 99), max_size=3)
    ),
    st.tuples(st.just("erase"), st.sampled_from(["ann", "bob"]), st.none()),
    st.tuples(st.just("forget"), _moments, st.none()),
)


def event_of(organization_id: int, drawn: dict[str, Any]) -> LogEvent:
    at_us = START_US + drawn["at"]
    usage = Usage(prompt_tokens=drawn["tokens"], reported_cost_nanodollars=drawn["cost"])
    return LogEvent(
        id=uuid7(at_us),
        organization_id=organization_id,
        created_at_us=at_us,
        keeps_time=True,
        provider="nobody",
        path="/v1/chat/completions",
        facts=Facts(usage=usage, request_model=f"model-{drawn['tokens'] % 3}"),
        omit_request=True,
        omit_response=True,
        **{
            name: drawn[name]
            for name in ("session_id", "session_name", "user_id", "status", "latency_ms", "kind")
        },
    )


def write_all(events: list[LogEvent]) -> None:
    write(Batch([StreamEntry(f"{uuid4().int >> 84}-{uuid4().int >> 84}".encode(), events)]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_steps, min_size=1, max_size=6))
def test_sessions_say_what_their_requests_say(make_tenant: Callable[[], Tenant], steps: list[Any]) -> None:
    organization_id = make_tenant().id
    ensure_partitions(
        {week_of(EPOCH + timedelta(microseconds=START_US + n)) for n in range(0, SPREAD_US, 10**11)}
    )
    written: list[LogEvent] = []
    for what, value, again in steps:
        if what == "write":
            events = [event_of(organization_id, drawn) for drawn in value]
            repeated = [written[place % len(written)] for place in again] if written else []
            write_all([*events, *repeated, events[0]])
            written += events
        else:
            user_id, until = (value, SPREAD_US) if what == "erase" else (None, value)
            before = EPOCH + timedelta(microseconds=START_US + until + 1)
            remove_rows(Selection(organization_id, before=before, user_id=user_id), Pace())
            mend(Pace(), organization_id)
            written = []  # what is erased and comes again would be stored again
        assert stored(organization_id) == summed(organization_id)
