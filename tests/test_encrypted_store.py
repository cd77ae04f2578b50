"""Encrypted bodies in the tables and in S3: nothing to be read, guessed or moved elsewhere without the key."""

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from ingest_app.bodies import Bodies, BodyKey
from ingest_app.bodies.blobs import PostgresBlobs
from ingest_app.bodies.sealing import MARK
from ingest_app.bodies.store import SlicedBodyStore
from ingest_app.data_keys import current_key, held_keys
from ingest_app.events import uuid7
from ingest_app.partitions import ensure_partitions, week_of
from tests.live import Tenant

NOW = datetime.now(UTC)  # of a week that nobody drops
TEXT = "The quick brown fox jumps over the lazy dog. " * 8
CHAT = Bodies(
    json.dumps(
        {"messages": [{"role": "user", "content": TEXT}, {"role": "user", "content": "b" + TEXT}]}
    ).encode(),
    json.dumps({"choices": [{"message": {"role": "assistant", "content": TEXT}}]}).encode(),
    "The quick brown fox",
)


@pytest.fixture
def store(stack: object, monkeypatch: pytest.MonkeyPatch) -> SlicedBodyStore:
    """A store that encrypts, and knows nothing yet."""
    monkeypatch.setattr(settings, "ENCRYPT_BODIES", True)
    ensure_partitions({week_of(NOW), week_of(NOW + timedelta(weeks=1))})
    return SlicedBodyStore(PostgresBlobs())


@pytest.fixture
def swapped() -> Callable[..., None]:
    """Returns a function that gives the body of one key a column of another's."""

    def swap(column: str, of: BodyKey, to: BodyKey) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE body SET {column} = other.{column} FROM body AS other"  # noqa: S608
                " WHERE (body.organization_id, body.id) = (%s, %s) AND (other.organization_id, other.id) = (%s, %s)",
                [to.organization_id, to.id, of.organization_id, of.id],
            )

    return swap


def _key(organization: Tenant, at: datetime = NOW) -> BodyKey:
    return BodyKey(organization.id, at, uuid7(int(at.timestamp() * 1_000_000)))


def _put(store: SlicedBodyStore, *bodies: tuple[BodyKey, Bodies]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        store.put(cursor, bodies)


def _rows(query: str, organization: Tenant) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [organization.id])
        return list(cursor.fetchall())


def _blobs(organization: Tenant) -> list[tuple[Any, ...]]:
    return _rows("SELECT id, data FROM blob WHERE organization_id = %s", organization)


@pytest.mark.parametrize(
    "bodies",
    [
        CHAT,
        Bodies(None, CHAT.response),
        Bodies(CHAT.request, None, "ü“"),
        Bodies(CHAT.request, b"", prompt_inputs=b'{"name": "Ada"}'),
        Bodies(None, None),
        Bodies(b"", b""),
    ],
)
def test_what_is_put_can_be_got(store: SlicedBodyStore, organization: Tenant, bodies: Bodies) -> None:
    key = _key(organization)
    _put(store, (key, bodies))
    assert store.get(key) == bodies
    assert store.previews([key]) == {key.id: bodies.preview}


def test_all_that_is_stored_is_sealed(store: SlicedBodyStore, organization: Tenant) -> None:
    _put(store, (_key(organization), CHAT._replace(prompt_inputs=b'{"name": "Ada"}')))
    ((request, response, preview, sealed_preview, inputs),) = _rows(
        "SELECT request_body, response_body, preview, sealed_preview, prompt_inputs FROM body"
        " WHERE organization_id = %s",
        organization,
    )
    stored = [request, response, sealed_preview, inputs, *(data for _, data in _blobs(organization))]
    assert [bytes(data[:1]) for data in stored] == [MARK] * len(stored)
    assert len(stored) == 7
    assert preview == ""


def test_the_name_of_a_blob_tells_nobody_what_it_is(
    store: SlicedBodyStore, make_tenant: Callable[[], Tenant]
) -> None:
    names = []
    for tenant in (make_tenant(), make_tenant()):
        _put(store, (_key(tenant), CHAT))
        names.append({id.hex for id, _ in _blobs(tenant)})
    message = json.dumps({"role": "user", "content": TEXT}).encode()
    assert message in (CHAT.request or b"")
    assert hashlib.sha256(message).hexdigest()[:32] not in names[0]
    assert len(names[0]) == len(names[1])
    assert names[0].isdisjoint(names[1])


def test_a_message_is_stored_once_for_all_turns(store: SlicedBodyStore, organization: Tenant) -> None:
    messages = [{"role": "user", "content": f"{n} {TEXT}"} for n in range(10)]
    turns = [
        (_key(organization), Bodies(json.dumps({"messages": messages[: n + 1]}).encode(), b"{}"))
        for n in range(10)
    ]
    _put(store, *turns[:4])
    for one in (store, SlicedBodyStore(PostgresBlobs())):
        for turn in turns[4:]:
            _put(one, turn)
    assert len(_blobs(organization)) == 10
    assert [store.get(key) for key, _ in turns] == [bodies for _, bodies in turns]


def test_plain_and_encrypted_bodies_are_read_side_by_side(
    store: SlicedBodyStore, organization: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [_key(organization) for _ in range(4)]
    for number, key in enumerate(keys):
        monkeypatch.setattr(settings, "ENCRYPT_BODIES", number % 2 == 1)
        _put(store, (key, CHAT))
    assert dict(store.get_many(keys)) == dict.fromkeys(keys, CHAT)
    assert store.previews(keys) == {key.id: CHAT.preview for key in keys}
    assert len(_blobs(organization)) == 6


@pytest.mark.parametrize("column", ["request_body", "response_body", "sealed_preview"])
def test_what_belongs_to_one_request_cannot_be_shown_as_anothers(
    store: SlicedBodyStore, organization: Tenant, swapped: Callable[..., None], column: str
) -> None:
    mine, other = _key(organization), _key(organization)
    _put(store, (mine, CHAT), (other, Bodies(b"another", b"answer", "preview")))
    swapped(column, of=mine, to=other)
    assert store.get(other) is None
    assert store.get(mine) == CHAT
    assert store.previews([other]) == {other.id: "" if column == "sealed_preview" else "preview"}


def test_a_request_cannot_be_shown_as_its_own_answer(store: SlicedBodyStore, organization: Tenant) -> None:
    key = _key(organization)
    _put(store, (key, Bodies(b"asked", b"answered")))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE body SET response_body = request_body WHERE id = %s", [key.id])
    assert store.get(key) is None


def test_a_blob_cannot_stand_for_another(store: SlicedBodyStore, organization: Tenant) -> None:
    key = _key(organization)
    _put(store, (key, CHAT))
    (first, data), (second, _), *_ = _blobs(organization)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE blob SET data = %s WHERE organization_id = %s AND id = %s",
            [data, organization.id, second],
        )
    assert first != second
    assert store.get(key) is None


def test_a_body_cannot_be_moved_to_another_organization_or_week(
    store: SlicedBodyStore, make_tenant: Callable[[], Tenant]
) -> None:
    alice, bob = make_tenant(), make_tenant()
    key = _key(alice)
    _put(store, (key, Bodies(b"of Alice", b"")), (_key(bob), Bodies(b"of Bob", b"")))
    for moved in (BodyKey(bob.id, NOW, key.id), BodyKey(alice.id, NOW + timedelta(weeks=1), key.id)):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO body SELECT %s, %s, id, request_body, response_body, preview, blob_ids, sealed_preview"
                " FROM body WHERE organization_id = %s AND created_at = %s AND id = %s",
                [moved.organization_id, moved.created_at, *key],
            )
        assert store.get(moved) is None
    assert store.get(key) == Bodies(b"of Alice", b"")


def test_one_body_that_is_altered_hides_no_other(store: SlicedBodyStore, organization: Tenant) -> None:
    good, bad = _key(organization), _key(organization)
    _put(store, (good, CHAT), (bad, CHAT))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE body SET request_body = set_byte(request_body, 20, 255 - get_byte(request_body, 20)) WHERE id = %s",
            [bad.id],
        )
    assert dict(store.get_many([good, bad])) == {good: CHAT}


def test_without_its_key_a_body_is_nothing(store: SlicedBodyStore, organization: Tenant) -> None:
    key = _key(organization)
    _put(store, (key, CHAT))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM organization_data_key WHERE organization_id = %s", [organization.id])
    assert store.get(key) is None
    assert store.previews([key]) == {key.id: ""}


def test_workers_that_come_first_together_make_one_key(stack: object, organization: Tenant) -> None:
    secrets = []
    barrier = threading.Barrier(6)

    def use() -> None:
        barrier.wait()
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                secrets.append(held_keys(cursor, [organization.id])[organization.id].names)
        finally:
            connection.close()

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(secrets) == 6
    assert set(secrets) == {current_key(organization.id).names}
    numbers = _rows("SELECT number FROM organization_data_key WHERE organization_id = %s", organization)
    assert numbers == [(1,)]


def test_a_key_that_was_rolled_back_is_not_used(store: SlicedBodyStore, organization: Tenant) -> None:
    key = _key(organization)
    with pytest.raises(InterruptedError), transaction.atomic(), connection.cursor() as cursor:
        store.put(cursor, [(_key(organization), CHAT)])
        raise InterruptedError
    _put(store, (key, CHAT))
    assert SlicedBodyStore(PostgresBlobs()).get(key) == CHAT


def test_organizations_in_one_batch_have_keys_of_their_own(
    store: SlicedBodyStore, make_tenant: Callable[[], Tenant]
) -> None:
    tenants = [make_tenant() for _ in range(3)]
    keys = [_key(tenant) for tenant in tenants]
    _put(store, *((key, CHAT) for key in keys))
    assert len({current_key(tenant.id).names for tenant in tenants}) == 3
    assert dict(store.get_many(keys)) == dict.fromkeys(keys, CHAT)
