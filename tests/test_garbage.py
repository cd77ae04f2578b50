"""Collecting blobs while writers go on: what they begin to use again stays."""

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from ingest_app import garbage
from ingest_app.garbage import collect, places_to_collect
from ingest_app.pace import Pace
from ingest_app.partitions import ensure_partitions
from ingest_app.removal import Selection, remove_rows, week_bounds
from ingest_app.retention import collect_all
from tests.live import Tenant
from tests.logged_days import LONG, asking, count, in_week, old_week, store, texts


class Meanwhile(Pace):
    """A pace at which a request comes in after garbage is found and before any of it is removed."""

    def __init__(self, event: object) -> None:
        self._event: object = event
        super().__init__()

    @property
    def size(self) -> int:
        event, self._event = self._event, None
        if event is not None:
            store(event)
        return 100

    @size.setter
    def size(self, value: int) -> None:
        """Stays as it is."""


def test_a_blob_used_again_during_a_collection_stays(organization: Tenant) -> None:
    week = old_week()
    store(asking(organization.id, in_week(week, 0)))
    remove_rows(Selection(organization.id, before=datetime.now(UTC)), Pace())
    assert places_to_collect(organization.id) == [(organization.id, week)]
    collect(organization.id, week, Meanwhile(asking(organization.id, in_week(week, 1))))
    assert [LONG in text for text in texts(organization.id)] == [True]
    assert (places_to_collect(organization.id), count("blob_touched", organization.id)) == ([], 0)


def test_a_blob_used_again_after_a_collection_is_stored_again(organization: Tenant) -> None:
    week = old_week()
    store(asking(organization.id, in_week(week, 0)))
    blobs = count("blob", organization.id)
    remove_rows(Selection(organization.id, before=datetime.now(UTC)), Pace())
    assert collect(organization.id, week, Pace()) == blobs
    store(asking(organization.id, in_week(week, 1)))
    assert [LONG in text for text in texts(organization.id)] == [True]


def test_bodies_lost_during_a_collection_make_it_begin_again(organization: Tenant) -> None:
    week = old_week()
    other_words = "Others say something else. " * 20
    store(
        asking(organization.id, in_week(week, 0), user_id="first"),
        asking(organization.id, in_week(week, 1), other_words, user_id="second"),
    )
    before = datetime.now(UTC)
    remove_rows(Selection(organization.id, before, user_id="first"), Pace())

    class Removing(Meanwhile):
        @property
        def size(self) -> int:
            remove_rows(Selection(organization.id, before, user_id="second"), Pace())
            return 100

        @size.setter
        def size(self, value: int) -> None:
            """Stays as it is."""

    collect(organization.id, week, Removing(None))
    assert count("blob", organization.id) == 0


class ObjectStore:
    """Notes what it is told to forget."""

    def __init__(self) -> None:
        self.forgotten: list[tuple[int, date, uuid.UUID]] = []

    def forget_objects(self, organization_id: int, week: date, objects: Iterable[uuid.UUID]) -> None:
        self.forgotten += [(organization_id, week, one) for one in objects]


def test_an_object_goes_with_the_last_blob_in_it(
    organization: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = ObjectStore()
    monkeypatch.setattr(garbage, "body_store", lambda: objects)
    week = old_week()
    ensure_partitions([week])
    used, unused, alone, shared, lonely = (uuid.uuid4() for _ in range(5))
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO blob (organization_id, week, id, object, object_offset, object_length)"
            " VALUES (%s, %s, %s, %s, 0, 9)",
            [
                (organization.id, week, blob, object)
                for blob, object in ((used, shared), (unused, shared), (alone, lonely))
            ],
        )
        cursor.execute(
            "INSERT INTO body (organization_id, created_at, id, preview, blob_ids) VALUES (%s, %s, %s, '', %s)",
            [organization.id, week_bounds(week)[0], uuid.uuid4(), [used]],
        )
    _lose_bodies(organization, week)
    assert collect_all(Pace(), organization.id) == 2
    assert objects.forgotten == [(organization.id, week, lonely)]

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM body WHERE organization_id = %s", [organization.id])
    _lose_bodies(organization, week)
    assert collect_all(Pace(), organization.id) == 1
    assert objects.forgotten[1:] == [(organization.id, week, shared)]
    assert count("loose_object", organization.id) == 0


def _lose_bodies(organization: Tenant, week: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO blob_generation (organization_id, week, generation, lost_bodies)"
            " VALUES (%s, %s, 0, true) ON CONFLICT (organization_id, week) DO UPDATE SET lost_bodies = true",
            [organization.id, week],
        )
