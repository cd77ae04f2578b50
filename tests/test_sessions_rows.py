"""Rows of sessions: what the writer makes of events, however they come, and what deleting makes of the rows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction

import sessions_app
from accounts_app.data import order_erasure
from accounts_app.models import Erasure, ErasureKind
from ingest_app.events import Facts, LogEvent, SpanKind, Usage, now_us
from ingest_app.pace import Pace
from ingest_app.removal import Selection, remove_rows, week_bounds
from ingest_app.session_rows import mend, note_stale
from ingest_app.stream import StreamEntry
from ingest_app.week_drop import drop_week
from ingest_app.writer import Batch, write
from sessions_app import actions
from sessions_app.models import Session
from tests.events import chat_event, log, wait_until
from tests.live import Tenant
from tests.logged_days import in_week, old_week, store
from tests.session_sums import stored, summed

SECOND_US = 1_000_000


def session(organization_id: int, session_id: str = "s") -> Session:
    return Session.objects.get(organization_id=organization_id, session_id=session_id)


def entry(*events: LogEvent) -> StreamEntry:
    """Returns an entry of the stream that no other has the id of."""
    return StreamEntry(f"{uuid4().int >> 84}-{uuid4().int >> 84}".encode(), list(events))


def step(tenant: Tenant, at_us: int | None = None, session_id: str = "s", **changes: Any) -> LogEvent:
    return chat_event(tenant.id, at_us=at_us, session_id=session_id, **changes)


def test_a_session_sums_up_its_requests(organization: Tenant) -> None:
    start = now_us() - 60 * SECOND_US
    store(
        step(organization, start, session_name="Research", user_id="ann", latency_ms=2_000),
        step(organization, start + SECOND_US, user_id="bob", latency_ms=9_000, model="gpt-4o-mini"),
        step(organization, start + 5 * SECOND_US, status=500, latency_ms=300),
        step(organization, start, session_id="other"),
    )
    made = session(organization.id)
    assert (made.name, made.requests, made.model_calls, made.errors) == ("Research", 3, 3, 1)
    assert (made.user_ids, made.models) == (["ann", "bob"], ["gpt-4o", "gpt-4o-mini"])
    assert (made.duration_ms, made.latency_sum_ms, made.last_status) == (10_000, 11_300, 500)
    assert made.cost_nanodollars > 0
    assert made.tokens == made.prompt_tokens + made.completion_tokens == 360


def test_a_request_without_a_session_makes_none(organization: Tenant) -> None:
    store(chat_event(organization.id))
    assert not Session.objects.filter(organization_id=organization.id).exists()


def test_the_name_is_the_latest_that_is_not_empty_even_when_it_comes_first(organization: Tenant) -> None:
    start = now_us() - 60 * SECOND_US
    store(step(organization, start + 9, session_name="Second"))
    log(step(organization, start, session_name="First"), step(organization, start + 20))
    wait_until(lambda: session(organization.id).requests == 3)
    assert session(organization.id).name == "Second"


def test_a_custom_step_counts_as_a_step_and_not_as_a_call_of_a_model(organization: Tenant) -> None:
    start = now_us() - 60 * SECOND_US
    store(
        step(organization, start, latency_ms=1_000),
        step(
            organization, start + SECOND_US, kind=SpanKind.TOOL, status=500, latency_ms=4_000,
            request_body=b'{"_type": "tool", "toolName": "search"}', response_body=b"{}",
        ),
    )  # fmt: skip
    made = session(organization.id)
    assert (made.requests, made.model_calls, made.errors, made.duration_ms) == (2, 1, 1, 5_000)
    assert made.unpriced == 0


def test_a_model_without_a_price_is_counted_as_such(organization: Tenant) -> None:
    store(step(organization, model="nobody-knows-this-one"))
    made = session(organization.id)
    assert (made.unpriced, made.known_cost) == (1, None)


def test_an_absurd_cost_fills_its_column_and_no_more(organization: Tenant) -> None:
    facts = Facts(usage=Usage(reported_cost_nanodollars=2**62))
    bodies = {"request_body": b"", "response_body": b"", "omit_request": True, "omit_response": True}
    store(*(step(organization, facts=facts, **bodies) for _ in range(3)))
    assert session(organization.id).cost_nanodollars == 2**63 - 1


def test_ids_are_kept_whatever_they_are(organization: Tenant) -> None:
    ids = [
        "a/b//c",
        "../..",
        "🙂" * 250,
        "x" * 500,
        " leading and trailing ",
        "'; DROP TABLE session; --",
        "%_\\",
    ]
    store(*(step(organization, session_id=id) for id in ids))
    found = Session.objects.filter(organization_id=organization.id).values_list("session_id", flat=True)
    assert sorted(found) == sorted(ids)


def test_what_comes_again_changes_nothing(organization: Tenant) -> None:
    events = [step(organization, session_name="Once", user_id=f"u{n}") for n in range(4)]
    write(Batch([entry(*events, events[0])]))
    before = stored(organization.id)
    write(Batch([entry(*events)]))
    write(Batch([entry(events[2], step(organization, session_id="another"))]))
    assert stored(organization.id) == before | summed(organization.id, ["another"])
    assert session(organization.id).requests == 4


def test_writers_with_the_same_sessions_wait_for_each_other(organization: Tenant) -> None:
    ids = [f"s{n}" for n in range(20)]

    def work(worker: int) -> None:
        # Each in an order of its own.
        turned = ids[worker:] + ids[:worker] if worker % 2 else ids[::-1]
        for _ in range(5):
            write(Batch([entry(*(step(organization, session_id=id, user_id=f"u{worker}") for id in turned))]))
        connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert stored(organization.id) == summed(organization.id)
    assert {one.requests for one in Session.objects.filter(organization_id=organization.id)} == {20}


def test_erasing_a_user_leaves_the_sessions_that_others_made(organization: Tenant) -> None:
    start = now_us() - 600 * SECOND_US
    store(
        step(organization, start, user_id="ann", session_name="Ann's", status=500),
        step(organization, start + SECOND_US, user_id="bob"),
        step(organization, start + 2 * SECOND_US, user_id="ann", session_id="only hers"),
    )
    actions.set_tag(organization_id=organization.id, session_id="s", tag="kept")
    erase(organization, ErasureKind.USER, "ann")
    made = session(organization.id)
    assert (made.requests, made.errors, made.name, made.user_ids, made.tag) == (1, 0, "", ["bob"], "kept")
    assert stored(organization.id) == summed(organization.id)


def test_erasing_a_session_leaves_nothing_of_it(organization: Tenant) -> None:
    store(*(step(organization, session_id=id) for id in ("goes", "goes", "stays")))
    erase(organization, ErasureKind.SESSION, "goes")
    assert [one.session_id for one in Session.objects.filter(organization_id=organization.id)] == ["stays"]


def test_a_dropped_week_is_taken_out_of_sessions(organization: Tenant) -> None:
    week = old_week()
    later = in_week(week + timedelta(weeks=1))
    store(
        step(organization, in_week(week), session_id="goes"),
        step(organization, in_week(week), session_id="both"),
        step(organization, later, session_id="both"),
    )
    assert drop_week(week, lambda organization_id, end: True)
    mend(Pace())
    wait_until(lambda: stored(organization.id) == summed(organization.id))
    assert session(organization.id, "both").requests == 1
    assert Session.objects.filter(organization_id=organization.id).count() == 1


def test_removal_that_died_is_mended_later(organization: Tenant) -> None:
    start = now_us() - 600 * SECOND_US
    store(step(organization, start), step(organization, start + SECOND_US))
    moment = datetime.fromtimestamp(start / SECOND_US, UTC) + timedelta(milliseconds=500)
    remove_rows(Selection(organization.id, before=moment), Pace())
    wait_until(lambda: mend(Pace(), organization.id) or stored(organization.id) == summed(organization.id))
    assert session(organization.id).requests == 1


def test_summing_anew_and_writing_at_the_same_time_lose_nothing(organization: Tenant) -> None:
    ids = ["s", "t"]

    def work(worker: int) -> None:
        for n in range(15):
            write(
                Batch([entry(*(step(organization, session_id=id, user_id=f"u{worker}-{n}") for id in ids))])
            )
        connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(work, worker) for worker in range(3)]
        while not all(writer.done() for writer in writers):
            note_stale(organization.id, None, None)
            mend(Pace(), organization.id)
        for writer in writers:
            writer.result()
    assert stored(organization.id) == summed(organization.id)
    assert {one.requests for one in Session.objects.filter(organization_id=organization.id)} == {45}


def test_the_migration_sums_what_was_logged_before(organization: Tenant) -> None:
    week = old_week()
    store(
        step(organization, in_week(week), session_name="Plan", user_id="ann", latency_ms=5_000),
        step(organization, in_week(week, 3), status=500),
        step(organization, in_week(week, 3), kind=SpanKind.TOOL, session_id="t"),
    )
    written = stored(organization.id)
    sql = Path(sessions_app.__file__).parent / "sql"
    with transaction.atomic(), connection.cursor() as cursor:
        # Beside the tables that the product uses meanwhile.
        cursor.execute("CREATE SCHEMA migrated")
        cursor.execute("SET LOCAL search_path TO migrated, public")
        cursor.execute((sql / "0001_session.sql").read_text())
        migrated = stored(organization.id)
        cursor.execute((sql / "0001_session.down.sql").read_text())
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'migrated'")
        left = cursor.fetchone()[0]
        transaction.set_rollback(True)
    assert migrated == written == summed(organization.id)
    assert left == 0


def test_rebuilding_makes_the_rows_from_the_requests(organization: Tenant) -> None:
    week = old_week()
    store(*(step(organization, in_week(week, n), session_id=f"s{n % 3}", user_id="ann") for n in range(6)))
    right = stored(organization.id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE session SET requests = 99, name = 'wrong' WHERE organization_id = %s AND session_id = 's0'",
            [organization.id],
        )
        cursor.execute(
            "DELETE FROM session WHERE organization_id = %s AND session_id = 's1'", [organization.id]
        )
        cursor.execute(
            "UPDATE session SET session_id = 'of nothing' WHERE organization_id = %s AND session_id = 's2'",
            [organization.id],
        )
    since, until = (moment.isoformat() for moment in week_bounds(week))
    call_command(
        "rebuild_sessions", organization=organization.organization.slug, since=since, until=until, verbosity=0
    )
    assert stored(organization.id) == right


def test_rebuilding_of_another_period_changes_nothing(organization: Tenant) -> None:
    store(step(organization, in_week(old_week())))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE session SET requests = 99 WHERE organization_id = %s", [organization.id])
    call_command(
        "rebuild_sessions", organization=organization.organization.slug, since="2021-01-01", verbosity=0
    )
    assert session(organization.id).requests == 99


@pytest.mark.parametrize("options", [{"organization": "nobody-has-this-name"}, {"since": "soon"}])
def test_rebuilding_says_what_it_cannot_read(stack: object, options: dict[str, str]) -> None:
    with pytest.raises(Exception, match=r"There is no organization|is not a time"):
        call_command("rebuild_sessions", verbosity=0, **options)


def erase(tenant: Tenant, kind: ErasureKind, value: str) -> None:
    """Order it, and wait until the product's worker has carried it out."""
    erasure: Erasure = order_erasure(
        organization=tenant.organization, kind=kind, value=value, actor=tenant.owner
    )

    def finished() -> bool:
        erasure.refresh_from_db()
        return erasure.finished_at is not None

    wait_until(finished, within_s=30)
