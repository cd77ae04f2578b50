"""Collecting blobs while writers go on: what they begin to use again stays."""

from datetime import UTC, datetime

from ingest_app.garbage import collect, places_to_collect
from ingest_app.pace import Pace
from ingest_app.removal import Selection, remove_rows
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
