"""Erasing one user's, one session's or one organization's traffic: all of that, and nothing beside it."""

from typing import Any

import pytest
from django.db import connection, transaction

from accounts_app.data import ErasureUnderWay, note_erased, order_erasure, start_erasure
from accounts_app.models import ApiKey, Erasure, ErasureKind, Membership
from ingest_app import tasks
from ingest_app.dead_letters import bury, letter_event, newest
from ingest_app.pace import Pace
from ingest_app.removal import Selection, count_rows, remove_rows
from ingest_app.retention import collect_all
from tests.events import wait_until
from tests.live import Tenant
from tests.logged_days import LONG, asking, count, days_ago, in_week, old_week, rows, store, texts

KINDS = [(ErasureKind.USER, "user_id"), (ErasureKind.SESSION, "session_id")]


def order(tenant: Tenant, kind: ErasureKind, value: str = "") -> Erasure:
    """Returns the order, which the product's worker carries out."""
    return order_erasure(organization=tenant.organization, kind=kind, value=value, actor=tenant.owner)


def finished(erasure: Erasure) -> bool:
    erasure.refresh_from_db()
    return erasure.finished_at is not None


def left_behind(tenant: Tenant, kind: ErasureKind, value: str = "", **changes: Any) -> Erasure:
    """Returns an order that no worker was told of."""
    return Erasure.objects.create(organization=tenant.organization, kind=kind, value=value, **changes)


@pytest.mark.parametrize(("kind", "field"), KINDS)
def test_an_erasure_takes_its_subject_in_its_organization_only(
    organization: Tenant, make_tenant: Any, kind: ErasureKind, field: str
) -> None:
    other = make_tenant()
    for tenant in (organization, other):
        store(
            asking(tenant.id, days_ago(20), LONG + "by Ann", **{field: "ann"}),
            asking(tenant.id, days_ago(1), LONG + "by Ann again", **{field: "ann"}),
            asking(tenant.id, days_ago(1), LONG + "by Bob", **{field: "bob"}),
        )
    erasure = order(organization, kind, "ann")
    wait_until(lambda: finished(erasure))
    assert (erasure.rows_about, erasure.rows_done, erasure.percent) == (2, 2, 100)
    assert [LONG + "by Bob" in text for text in texts(organization.id)] == [True]
    assert count("blob", organization.id) < count("blob", other.id)
    assert len(texts(other.id)) == 3


def test_erasing_an_organizations_traffic_keeps_the_organization(
    organization: Tenant, make_tenant: Any
) -> None:
    other = make_tenant()
    for tenant in (organization, other):
        store(*(asking(tenant.id, days_ago(age), user_id=f"user {age}") for age in (0.01, 9, 100)))
    erasure = order(organization, ErasureKind.ORGANIZATION)
    wait_until(lambda: finished(erasure))
    assert [count(table, organization.id) for table in ("request", "body", "blob")] == [0, 0, 0]
    assert ApiKey.objects.active().filter(organization=organization.organization).exists()
    assert Membership.objects.filter(organization=organization.organization).exists()
    assert len(texts(other.id)) == 3


def test_events_that_could_not_be_stored_go_too(organization: Tenant, make_tenant: Any) -> None:
    other = make_tenant()
    with connection.cursor() as cursor:
        for tenant in (organization, other):
            bury(cursor, [(asking(tenant.id, days_ago(1), user_id=user), "why") for user in ("ann", "bob")])
    erasure = left_behind(organization, ErasureKind.USER, "ann")
    tasks.erase(erasure_id=erasure.pk)
    wait_until(lambda: finished(erasure))
    (letter,) = newest(organization.id)
    assert letter_event(organization_id=organization.id, id=letter.id).user_id == "bob"
    assert len(newest(other.id)) == 2


def test_what_comes_after_the_order_stays(organization: Tenant) -> None:
    store(asking(organization.id, days_ago(2)), asking(organization.id, days_ago(1)))
    erasure = left_behind(organization, ErasureKind.ORGANIZATION, requested_at=days_ago(1.5))
    tasks.erase(erasure_id=erasure.pk)
    wait_until(lambda: finished(erasure))
    assert len(texts(organization.id)) == 1


def test_an_erasure_that_died_is_gone_on_with(organization: Tenant) -> None:
    week = old_week()
    store(*(asking(organization.id, in_week(week, n), user_id="ann") for n in range(6)))
    half = rows(organization.id)[3].created_at
    erasure = left_behind(organization, ErasureKind.USER, "ann")
    start_erasure(erasure=erasure, rows_about=6)
    first_half = Selection(organization.id, before=half, user_id="ann")
    remove_rows(first_half, Pace(), note=lambda n: note_erased(erasure=erasure, rows=n))

    tasks.resume_erasures()
    wait_until(lambda: finished(erasure))
    assert (erasure.rows_done, erasure.rows_about) == (6, 6)
    assert [count(table, organization.id) for table in ("request", "body", "blob")] == [0, 0, 0]


@pytest.mark.parametrize(
    ("done", "about", "percent"), [(0, None, 0), (0, 0, 0), (3, 6, 50), (7, 6, 99), (1, 3, 33)]
)
def test_progress_is_never_complete_before_the_end(done: int, about: int | None, percent: int) -> None:
    assert Erasure(rows_done=done, rows_about=about).percent == percent


def test_carrying_out_a_finished_erasure_again_changes_nothing(organization: Tenant) -> None:
    store(asking(organization.id, days_ago(2), user_id="ann"))
    erasure = left_behind(organization, ErasureKind.USER, "ann")
    tasks.erase(erasure_id=erasure.pk)
    wait_until(lambda: finished(erasure))
    first_finish = erasure.finished_at
    tasks.erase(erasure_id=erasure.pk)
    assert finished(erasure)
    assert (erasure.finished_at, erasure.rows_done) == (first_finish, 1)


def test_the_same_data_is_not_erased_twice_at_once(organization: Tenant) -> None:
    with transaction.atomic():  # so that no worker can finish the first one in between
        order(organization, ErasureKind.USER, "ann")
        with pytest.raises(ErasureUnderWay):
            order(organization, ErasureKind.USER, "ann")
        order(organization, ErasureKind.SESSION, "ann")


def test_a_count_is_exact_where_there_are_few(organization: Tenant) -> None:
    store(*(asking(organization.id, days_ago(2), session_id=name) for name in ("ours", "ours", "other")))
    assert count_rows(Selection(organization.id, before=days_ago(0), session_id="ours")) == 2


def test_blobs_that_the_session_shares_with_another_stay(organization: Tenant) -> None:
    week = old_week()
    store(
        asking(organization.id, in_week(week, 0), session_id="goes"),
        asking(organization.id, in_week(week, 1), session_id="stays"),
        asking(organization.id, in_week(week, 2), "Nobody else " + LONG, session_id="goes"),
    )
    blobs = count("blob", organization.id)
    erasure = left_behind(organization, ErasureKind.SESSION, "goes")
    tasks.erase(erasure_id=erasure.pk)
    wait_until(lambda: finished(erasure))
    assert count("blob", organization.id) == blobs - 1
    assert [LONG in text for text in texts(organization.id)] == [True]
    assert collect_all(Pace(), organization.id) == 0
