"""Bodies in the database: shared slices once, nobody else's, never trusted when they may be gone."""

import json
import random
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import zstandard
from django.db import connection, transaction

from ingest_app.bodies import Bodies, BodyKey, body_store
from ingest_app.bodies.blobs import PostgresBlobs
from ingest_app.bodies.places import Place, blob_lock_key
from ingest_app.bodies.store import SlicedBodyStore
from ingest_app.events import uuid7
from ingest_app.partitions import ensure_partitions, week_of
from tests.live import Tenant

NOW = datetime.now(UTC)  # of a week that nobody drops
TEXT = "The quick brown fox jumps over the lazy dog. " * 8


@pytest.fixture
def store(stack: object) -> SlicedBodyStore:
    """A store that knows nothing yet, as a worker that has just started."""
    ensure_partitions({week_of(NOW), week_of(NOW + timedelta(weeks=1))})
    return SlicedBodyStore(PostgresBlobs())


@pytest.fixture
def queries() -> Callable[[Callable[[], object]], int]:
    """Returns a function that counts the queries of what it is given."""

    def count(act: Callable[[], object]) -> int:
        seen: list[str] = []

        def note(execute: Any, sql: str, *rest: Any) -> Any:
            seen.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            act()
        return len(seen)

    return count


def _key(organization: Tenant, at: datetime = NOW) -> BodyKey:
    return BodyKey(organization.id, at, uuid7(int(at.timestamp() * 1_000_000)))


def _chat(*texts: str) -> bytes:
    return json.dumps(
        {"model": "gpt-4o", "messages": [{"role": "user", "content": text} for text in texts]}
    ).encode()


def _put(store: SlicedBodyStore, *bodies: tuple[BodyKey, Bodies]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        store.put(cursor, bodies)


def _ask(query: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]


def _blobs(organization: Tenant) -> int:
    return int(_ask("SELECT count(*) FROM blob WHERE organization_id = %s", organization.id))


@pytest.mark.parametrize(
    "bodies",
    [
        Bodies(_chat(TEXT, "b" + TEXT), _chat(TEXT), "preview"),
        Bodies(None, _chat(TEXT)),
        Bodies(_chat(TEXT), None),
        Bodies(None, None),
        Bodies(b"", b""),
        Bodies(b"not JSON", b"\xff" * 500),
        Bodies(_chat(*[TEXT] * 5), b""),
        Bodies(_chat(TEXT), b"", prompt_inputs=b'{"name": "Ada"}'),
    ],
)
def test_what_is_put_can_be_got(store: SlicedBodyStore, organization: Tenant, bodies: Bodies) -> None:
    key = _key(organization)
    _put(store, (key, bodies))
    assert store.get(key) == bodies
    assert body_store().get(key) == bodies
    assert store.get(_key(organization)) is None


def test_bodies_of_before_slices_can_be_read(store: SlicedBodyStore, organization: Tenant) -> None:
    key = _key(organization)
    frame = zstandard.ZstdCompressor(level=3).compress(_chat(TEXT, TEXT))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO body (organization_id, created_at, id, request_body, preview) VALUES (%s, %s, %s, %s, '')",
            [*key, frame],
        )
    assert store.get(key) == Bodies(_chat(TEXT, TEXT), None)


def test_a_body_of_twenty_megabytes_comes_back(store: SlicedBodyStore, organization: Tenant) -> None:
    key = _key(organization)
    body = _chat(TEXT, random.Random(3).randbytes(10_000_000).hex())
    _put(store, (key, Bodies(body, body)))
    assert store.get(key) == Bodies(body, body)


def test_a_message_is_stored_once_for_all_turns(store: SlicedBodyStore, organization: Tenant) -> None:
    turns = [
        (_key(organization), Bodies(_chat(*(f"{n} {TEXT}" for n in range(turn + 1))), b"{}"))
        for turn in range(10)
    ]
    _put(store, *turns[:4])
    for turn in turns[4:]:
        _put(store, turn)
    assert _blobs(organization) == 10
    assert [store.get(key) for key, _ in turns] == [bodies for _, bodies in turns]


def test_putting_again_changes_nothing(store: SlicedBodyStore, organization: Tenant) -> None:
    key = _key(organization)
    bodies = Bodies(_chat(TEXT), _chat(TEXT, "b" + TEXT))
    for one in (store, store, SlicedBodyStore(PostgresBlobs())):
        _put(one, (key, bodies), (key, bodies))
    assert _blobs(organization) == 2
    assert store.get(key) == bodies


def test_organizations_and_weeks_share_nothing(
    store: SlicedBodyStore, make_tenant: Callable[[], Tenant]
) -> None:
    alice, bob = make_tenant(), make_tenant()
    keys = [_key(alice), _key(bob), _key(alice, NOW + timedelta(weeks=1))]
    _put(store, *((key, Bodies(_chat(TEXT), b"")) for key in keys))
    assert (_blobs(alice), _blobs(bob)) == (2, 1)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM blob WHERE organization_id = %s", [alice.id])
    assert store.get(keys[1]) == Bodies(_chat(TEXT), b"")
    assert store.get(keys[0]) is None


def test_what_was_rolled_back_is_not_taken_for_stored(store: SlicedBodyStore, organization: Tenant) -> None:
    key = _key(organization)
    with pytest.raises(InterruptedError), transaction.atomic(), connection.cursor() as cursor:
        store.put(cursor, [(key, Bodies(_chat(TEXT), b""))])
        raise InterruptedError
    assert store.get(key) is None
    _put(store, (key, Bodies(_chat(TEXT), b"")))
    assert store.get(key) == Bodies(_chat(TEXT), b"")


def test_after_a_collection_nothing_is_trusted(store: SlicedBodyStore, organization: Tenant) -> None:
    first, second = _key(organization), _key(organization)
    _put(store, (first, Bodies(_chat(TEXT), b"")))
    place = Place(organization.id, week_of(NOW))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [blob_lock_key(*place)])
        cursor.execute(
            "INSERT INTO blob_generation (organization_id, week, generation) VALUES (%s, %s, 1)", place
        )
        cursor.execute("DELETE FROM body WHERE organization_id = %s", [organization.id])
        cursor.execute("DELETE FROM blob WHERE organization_id = %s", [organization.id])
    _put(store, (second, Bodies(_chat(TEXT), b"")))
    assert store.get(second) == Bodies(_chat(TEXT), b"")


def test_during_a_collection_all_that_is_used_is_noted(store: SlicedBodyStore, organization: Tenant) -> None:
    _put(store, (_key(organization), Bodies(_chat(TEXT), b"")))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO blob_generation (organization_id, week, generation, is_collecting) VALUES (%s, %s, 1, true)",
            [organization.id, week_of(NOW)],
        )
    for _ in range(2):
        _put(store, (_key(organization), Bodies(_chat(TEXT, "b" + TEXT), b"")))
    assert _ask("SELECT count(*) FROM blob_touched WHERE organization_id = %s", organization.id) == 2


def test_a_collector_waits_for_writers_at_work(store: SlicedBodyStore, organization: Tenant) -> None:
    lock = blob_lock_key(organization.id, week_of(NOW))

    def is_free() -> bool:
        got: list[bool] = []

        def attempt() -> None:
            with transaction.atomic():
                got.append(_ask("SELECT pg_try_advisory_xact_lock(%s)", lock))
            connection.close()

        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
        return got[0]

    with transaction.atomic(), connection.cursor() as cursor:
        store.put(cursor, [(_key(organization), Bodies(_chat(TEXT), b""))])
        assert not is_free()
    assert is_free()


def test_writers_with_the_same_blobs_in_any_order_do_not_deadlock(
    store: SlicedBodyStore, organization: Tenant
) -> None:
    texts = [f"{n} {TEXT}" for n in range(300)]
    failures: list[BaseException] = []

    def write(seed: int) -> None:
        mine = SlicedBodyStore(PostgresBlobs())
        try:
            for _ in range(5):
                order = random.Random(seed).sample(texts, len(texts))
                _put(mine, *((_key(organization), Bodies(_chat(text), b"")) for text in order))
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert _blobs(organization) == len(texts)


def test_reading_takes_two_queries_however_many_messages(
    store: SlicedBodyStore, organization: Tenant, queries: Callable[[Callable[[], object]], int]
) -> None:
    key = _key(organization)
    _put(store, (key, Bodies(_chat(*(f"{n} {TEXT}" for n in range(50))), b"{}")))
    assert queries(lambda: store.get(key)) == 2


def test_ids_are_hashes_as_postgresql_sees_them(store: SlicedBodyStore, organization: Tenant) -> None:
    key = _key(organization)
    _put(store, (key, Bodies(_chat(TEXT, TEXT), _chat("b" + TEXT))))
    ids = _ask("SELECT blob_ids FROM body WHERE organization_id = %s", organization.id)
    assert len(ids) == 3
    assert ids[0] == ids[1]
    assert all(isinstance(id, uuid.UUID) for id in ids)
    stored = _ask("SELECT array_agg(id) FROM blob WHERE organization_id = %s", organization.id)
    assert set(stored) == set(ids)
