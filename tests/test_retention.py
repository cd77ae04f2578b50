"""Retention: each organization keeps what its plan says, and loses nothing else."""

import threading
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from accounts_app.data import choose_plan
from accounts_app.models import Organization, Plan
from ingest_app import removal, short_locks
from ingest_app.events import uuid7
from ingest_app.pace import Pace
from ingest_app.removal import Selection, remove_rows
from ingest_app.retention import Applied, apply_retention
from ingest_app.week_drop import existing_weeks
from ingest_app.writer import COLUMNS
from tests.events import wait_until
from tests.live import Tenant
from tests.logged_days import LONG, asking, at, count, days_ago, in_week, old_week, rows, store, texts


def run() -> Applied:
    """Returns what a run did that began now. Other tests run too, and only one run works at a time."""
    applied: Applied = wait_until(lambda: apply_retention(datetime.now(UTC)), within_s=60)
    return applied


def keep(tenant: Tenant, plan: Plan, days: int | None = None) -> None:
    choose_plan(organization=tenant.organization, plan=plan, retention_days=days)


@pytest.mark.parametrize(
    ("plan", "days", "kept"),
    [(Plan.FREE, None, 30), (Plan.PRO, None, 90), (Plan.ENTERPRISE, 7, 7), (Plan.ENTERPRISE, None, None)],
)
def test_a_plan_says_how_many_days_are_kept(
    organization: Tenant, plan: Plan, days: int | None, kept: int | None
) -> None:
    keep(organization, plan, days)
    assert Organization.objects.get(pk=organization.id).kept_days == kept


def test_a_new_organization_keeps_everything(organization: Tenant) -> None:
    assert organization.organization.kept_days is None


def test_days_beside_another_plan_are_not_stored(organization: Tenant) -> None:
    keep(organization, Plan.FREE, 500)
    organization.organization.refresh_from_db()
    assert organization.organization.retention_days is None
    with pytest.raises(IntegrityError), transaction.atomic():
        Organization.objects.filter(pk=organization.id).update(retention_days=500)


def test_what_is_older_than_the_plan_goes_with_body_and_blobs(organization: Tenant, make_tenant: Any) -> None:
    other = make_tenant()
    keep(organization, Plan.FREE)
    for tenant in (organization, other):
        store(
            asking(tenant.id, days_ago(40), LONG + "old"),
            asking(tenant.id, days_ago(29), LONG + "young"),
        )
    run()
    assert [LONG + "young" in text for text in texts(organization.id)] == [True]
    assert count("body", organization.id) == 1
    assert len(texts(other.id)) == 2
    assert count("blob", organization.id) < count("blob", other.id)


def test_blobs_that_a_younger_request_shares_stay(organization: Tenant) -> None:
    # Within one week, so that both name the same blob.
    week = old_week()
    store(
        asking(organization.id, in_week(week, 0), user_id="goes"),
        asking(organization.id, in_week(week, 1), user_id="stays"),
    )
    blobs = count("blob", organization.id)
    selection = Selection(organization.id, before=datetime.now(UTC), user_id="goes")
    assert remove_rows(selection, Pace()) == 1
    run()
    assert count("blob", organization.id) == blobs > 0
    assert [LONG in text for text in texts(organization.id)] == [True]


def test_a_week_in_which_nothing_may_stay_is_dropped(organization: Tenant) -> None:
    keep(organization, Plan.PRO)
    week = old_week()
    store(asking(organization.id, in_week(week)))
    assert week in existing_weeks()
    run()
    assert week not in existing_weeks()
    assert (rows(organization.id), count("blob", organization.id)) == ([], 0)


def test_a_week_stays_for_the_one_organization_that_keeps_it(organization: Tenant, make_tenant: Any) -> None:
    other = make_tenant()
    keep(organization, Plan.PRO)
    week = old_week()
    store(asking(organization.id, in_week(week)), asking(other.id, in_week(week)))
    run()
    assert week in existing_weeks()
    assert rows(organization.id) == []
    assert [LONG in text for text in texts(other.id)] == [True]


def test_a_dropped_week_takes_events_again(organization: Tenant) -> None:
    keep(organization, Plan.PRO)
    week = old_week()
    store(asking(organization.id, in_week(week, 0)))
    run()
    keep(organization, Plan.ENTERPRISE)
    # The same words: the writer knew their blob before it was dropped.
    store(asking(organization.id, in_week(week, 1)))
    assert [LONG in text for text in texts(organization.id)] == [True]


def test_batches_leave_out_nothing_at_their_borders(
    organization: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest_app.pace.MOST", 3)
    moment = at(days_ago(50))
    # Many at the same microsecond, so that batches end between rows of one time.
    store(*(asking(organization.id, moment, id=uuid7(moment)) for _ in range(20)))
    batches: list[int] = []
    pace = Pace()
    pace.size = 3
    removed = remove_rows(Selection(organization.id, before=days_ago(49)), pace, batches.append)
    assert (removed, sum(batches)) == (20, 20)
    assert max(batches) <= 3
    assert (rows(organization.id), count("body", organization.id)) == ([], 0)


def test_a_batch_holds_few_large_bodies(organization: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "MAX_BATCH_BYTES", 1)
    store(*(asking(organization.id, days_ago(50)) for _ in range(5)))
    batches: list[int] = []
    remove_rows(Selection(organization.id, before=days_ago(49)), Pace(), batches.append)
    assert batches == [1] * 5


def test_writers_go_on_while_rows_are_removed(organization: Tenant) -> None:
    week = old_week()
    store(*(asking(organization.id, in_week(week, n)) for n in range(400)))
    failures: list[Exception] = []
    done = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        with psycopg.connect(settings.DATABASE_URL, autocommit=True) as writer:
            writer.execute("SET lock_timeout = '1s'")
            while not done.is_set():
                try:
                    _copy_first_row(writer, organization.id, in_week(week, 10_000 + written))
                    written += 1
                except psycopg.Error as error:
                    failures.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        pace = Pace()
        pace.size = 5
        before = datetime.fromtimestamp(in_week(week, 5_000) / 1e6, UTC)
        removed = remove_rows(Selection(organization.id, before=before), pace)
    finally:
        done.set()
        thread.join()
    assert failures == []
    assert removed == 400
    assert len(rows(organization.id)) == written


def _copy_first_row(writer: "psycopg.Connection[Any]", organization_id: int, at_us: int) -> None:
    """Insert a copy of some row, as the organization's and of another time."""
    writer.execute(
        psycopg.sql.SQL(
            "INSERT INTO request ({0}) SELECT {0} FROM (SELECT (jsonb_populate_record(NULL::request,"
            " to_jsonb(template) || %s)).* FROM (SELECT * FROM request LIMIT 1) AS template) AS copy"
        ).format(psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, COLUMNS))),
        [
            psycopg.types.json.Jsonb(
                {
                    "organization_id": organization_id,
                    "created_at": datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(),
                    "id": str(uuid7(at_us)),
                }
            )
        ],
    )


def test_a_drop_gives_way_to_a_reader(organization: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_locks, "ATTEMPTS", 2)
    keep(organization, Plan.PRO)
    week = old_week()
    store(asking(organization.id, in_week(week)))
    with psycopg.connect(settings.DATABASE_URL) as reader, psycopg.connect(settings.DATABASE_URL) as writer:
        reader.execute("SELECT count(*) FROM request")
        finished = threading.Event()

        def drop() -> None:
            try:
                run()
            finally:
                connection.close()
                finished.set()

        thread = threading.Thread(target=drop)
        thread.start()
        # Queued behind the drop for ever, this would fail.
        writer.execute("SET lock_timeout = '1s'")
        while not finished.wait(0.02):
            writer.execute("SELECT 1 FROM request LIMIT 1")
            writer.commit()
        thread.join()
        assert week in existing_weeks()
    run()
    assert week not in existing_weeks()
