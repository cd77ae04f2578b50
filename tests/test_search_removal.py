"""What is removed cannot be found, and leaves no hash of its words behind."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from accounts_app.data import order_erasure
from accounts_app.models import ErasureKind
from ingest_app.bodies import BodyKey, body_store
from ingest_app.pace import Pace
from ingest_app.removal import Selection, keep_from_removal, remove_rows
from ingest_app.search.indexer import Indexer
from ingest_app.search.queue import note_unindexed
from ingest_app.week_drop import drop_week
from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import wait_until
from tests.logged_days import count, in_week, old_week, rows
from tests.searching import Searches, said


@pytest.fixture
def searches(stack: Stack, organization: Tenant) -> Searches:
    return Searches(Api(stack.url, organization.api_key), organization.id)


def test_an_erasure_takes_the_words_too(searches: Searches, organization: Tenant) -> None:
    searches.log(
        ann=said(organization.id, "walrus by ann", user_id="ann"),
        bob=said(organization.id, "walrus by bob", user_id="bob"),
    )
    erasure = order_erasure(
        organization=organization.organization, kind=ErasureKind.USER, value="ann", actor=organization.owner
    )

    def finished() -> Any:
        erasure.refresh_from_db()
        return erasure.finished_at

    wait_until(finished)
    assert count("body_words", organization.id) == 1
    assert searches.found("walrus") == ["bob"]


def test_a_dropped_week_takes_the_words_too(searches: Searches, organization: Tenant) -> None:
    week = old_week()
    searches.log(old=said(organization.id, "walrus", at_us=in_week(week)))
    assert count("body_words", organization.id) == 1
    assert wait_until(lambda: drop_week(week, lambda id, end: True))
    assert count("body_words", organization.id) == 0


def test_what_was_removed_before_it_was_indexed_is_not_indexed(
    organization: Tenant, searches: Searches
) -> None:
    searches.log(gone=said(organization.id, "walrus"), kept=said(organization.id, "otter"))
    gone, kept = rows(organization.id)
    bodies = [
        (key, found)
        for row in (gone, kept)
        for key in [BodyKey(row.organization_id, row.created_at, row.id)]
        if (found := body_store().get(key))
    ]
    remove_rows(Selection(organization.id, before=kept.created_at), Pace())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM body_words WHERE organization_id = %s", [organization.id])
    with transaction.atomic(), connection.cursor() as cursor:
        note_unindexed(cursor, bodies)
    wait_until(lambda: count("body_words", organization.id) == 1)
    assert searches.found("otter") == ["kept"]


def test_a_removal_waits_for_what_is_being_indexed(organization: Tenant, searches: Searches) -> None:
    searches.log(one=said(organization.id, "walrus"))
    selection = Selection(organization.id, before=datetime.now(UTC) + timedelta(hours=1))

    def remove() -> None:
        remove_rows(selection, Pace())
        connection.close()

    removal = threading.Thread(target=remove)
    with transaction.atomic(), connection.cursor() as cursor:
        keep_from_removal(cursor, [organization.id])
        removal.start()
        removal.join(0.3)
        assert removal.is_alive()
    removal.join(10)
    assert count("body_words", organization.id) == 0


def test_what_is_indexed_twice_is_there_once(organization: Tenant, searches: Searches) -> None:
    searches.log(one=said(organization.id, "walrus"))
    (row,) = rows(organization.id)
    key = BodyKey(row.organization_id, row.created_at, row.id)
    bodies = body_store().get(key)
    assert bodies is not None
    with transaction.atomic(), connection.cursor() as cursor:
        note_unindexed(cursor, [(key, bodies), (key, bodies)])
    Indexer().run(seconds=5)
    assert count("body_words", organization.id) == 1
    assert searches.found("walrus") == ["one"]
