"""Blobs in S3-compatible storage: few objects, ranges of them, nothing left when nobody names them."""

import json
import logging
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import boto3
import pytest
from django.conf import settings
from django.db import connection, transaction
from moto.server import ThreadedMotoServer

from ingest_app.bodies import Bodies, BodyKey
from ingest_app.bodies.blobs import PostgresBlobs
from ingest_app.bodies.s3 import MAX_GAP_BYTES, Piece, S3Blobs, runs
from ingest_app.bodies.store import SlicedBodyStore
from ingest_app.events import uuid7
from ingest_app.partitions import ensure_partitions, week_of
from tests.instances import PROJECT_DIR
from tests.live import Tenant
from tests.plain_text import holds

NOW = datetime.now(UTC)  # of a week that nobody drops
TEXT = "The quick brown fox jumps over the lazy dog. " * 8


@dataclass
class Bucket:
    """A bucket of a server that speaks S3."""

    client: Any
    name: str

    def objects(self, organization: Tenant) -> dict[str, int]:
        """Returns the sizes of the organization's objects, by name."""
        found = self.client.list_objects_v2(Bucket=self.name, Prefix=f"bodies/{organization.id}/")
        return {item["Key"]: item["Size"] for item in found.get("Contents", [])}


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """The address of the server."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket that the settings name."""
    monkeypatch.setattr(settings, "S3_ENDPOINT", s3_server)
    monkeypatch.setattr(settings, "S3_BUCKET", "bodies-of-tests")
    monkeypatch.setattr(settings, "S3_REGION", "eu-central-1")
    monkeypatch.setattr(settings, "S3_ACCESS_KEY", "key")
    monkeypatch.setattr(settings, "S3_SECRET_KEY", "secret")
    client = boto3.client(
        "s3",
        endpoint_url=s3_server,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket="bodies-of-tests")
    return Bucket(client, "bodies-of-tests")


@pytest.fixture
def store(bucket: Bucket, stack: object) -> SlicedBodyStore:
    """A store in the bucket that knows nothing yet."""
    ensure_partitions({week_of(NOW)})
    return SlicedBodyStore(S3Blobs.from_settings())


def _key(organization: Tenant) -> BodyKey:
    return BodyKey(organization.id, NOW, uuid7(int(NOW.timestamp() * 1_000_000)))


def _chat(*texts: str) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": text} for text in texts]}).encode()


def _put(store: SlicedBodyStore, *bodies: tuple[BodyKey, Bodies]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        store.put(cursor, bodies)


def _rows(organization: Tenant) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT data, object FROM blob WHERE organization_id = %s", [organization.id])
        return list(cursor.fetchall())


def test_all_new_blobs_of_a_batch_are_one_object(
    store: SlicedBodyStore, bucket: Bucket, organization: Tenant
) -> None:
    turns = [
        (_key(organization), Bodies(_chat(*(f"{n} {TEXT}" for n in range(turn))), b"{}"))
        for turn in range(40)
    ]
    _put(store, *turns)
    assert len(bucket.objects(organization)) == 1
    assert len(_rows(organization)) == 39
    assert {data for data, _ in _rows(organization)} == {None}
    assert [store.get(key) for key, _ in turns] == [bodies for _, bodies in turns]


def test_a_history_of_many_batches_comes_back(
    store: SlicedBodyStore, bucket: Bucket, organization: Tenant
) -> None:
    history = [f"{n} {TEXT}" for n in range(30)]
    for turn in range(30):
        bodies = Bodies(_chat(*history[: turn + 1]), _chat(history[turn]))
        key = _key(organization)
        _put(store, (key, bodies))
    assert store.get(key) == bodies
    assert len(bucket.objects(organization)) == 30


def test_what_is_stored_is_not_uploaded_again(
    store: SlicedBodyStore, bucket: Bucket, organization: Tenant
) -> None:
    key = _key(organization)
    for one in (store, store, SlicedBodyStore(S3Blobs.from_settings())):
        _put(one, (key, Bodies(_chat(TEXT), b"")))
    assert len(bucket.objects(organization)) == 1


def test_bodies_of_the_time_before_s3_can_be_read(
    store: SlicedBodyStore, bucket: Bucket, organization: Tenant
) -> None:
    before, after = _key(organization), _key(organization)
    _put(SlicedBodyStore(PostgresBlobs()), (before, Bodies(_chat(TEXT), b"")))
    _put(store, (after, Bodies(_chat(TEXT, "b" + TEXT), b"")))
    assert store.get(before) == Bodies(_chat(TEXT), b"")
    assert store.get(after) == Bodies(_chat(TEXT, "b" + TEXT), b"")
    assert len(bucket.objects(organization)) == 1


def test_a_blob_in_the_middle_of_a_large_object_comes_back(
    store: SlicedBodyStore, organization: Tenant
) -> None:
    large = [random.Random(n).randbytes(200_000).hex() for n in range(3)]
    all_of_them, middle = _key(organization), _key(organization)
    _put(
        store,
        (all_of_them, Bodies(_chat(large[0], TEXT, large[1], "b" + TEXT, large[2]), b"")),
        (middle, Bodies(_chat(TEXT, "b" + TEXT), b"")),
    )
    assert store.get(middle) == Bodies(_chat(TEXT, "b" + TEXT), b"")
    assert store.get(all_of_them) == Bodies(_chat(large[0], TEXT, large[1], "b" + TEXT, large[2]), b"")


def test_forgotten_objects_are_gone_and_no_others(
    store: SlicedBodyStore, bucket: Bucket, make_tenant: Callable[[], Tenant]
) -> None:
    alice, bob = make_tenant(), make_tenant()
    for tenant in (alice, bob):
        _put(store, (_key(tenant), Bodies(_chat(TEXT), b"")))
    objects = [UUID(str(object_id)) for _, object_id in _rows(alice)]
    store.forget_objects(alice.id, week_of(NOW), objects)
    assert bucket.objects(alice) == {}
    assert len(bucket.objects(bob)) == 1
    store.forget_objects(alice.id, week_of(NOW), objects)


def test_without_the_object_store_nothing_is_committed(
    store: SlicedBodyStore, bucket: Bucket, organization: Tenant
) -> None:
    broken = SlicedBodyStore(S3Blobs(bucket.client, "no-such-bucket"))
    key = _key(organization)
    with pytest.raises(bucket.client.exceptions.NoSuchBucket):
        _put(broken, (key, Bodies(_chat(TEXT), b"")))
    assert store.get(key) is None
    assert _rows(organization) == []


def test_ranges_that_are_near_are_read_as_one() -> None:
    ids = [UUID(int=n) for n in range(4)]
    first, second = Piece(ids[0], 0, 10), Piece(ids[1], 10, 5)
    near = Piece(ids[2], 15 + MAX_GAP_BYTES, 7)
    far = Piece(ids[3], 23 + MAX_GAP_BYTES * 2, 1)
    assert runs([far, near, first, second]) == [[first, second, near], [far]]


@pytest.mark.parametrize(
    ("env", "complaint"),
    [
        ({"HELICONE_BODY_STORE": "s3"}, "HELICONE_BODY_STORE=s3 needs HELICONE_S3_BUCKET"),
        ({"HELICONE_BODY_STORE": "S4"}, "HELICONE_BODY_STORE is 'S4'; it can be postgres or s3"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_start(env: dict[str, str], complaint: str) -> None:
    load = "from django.conf import settings; settings.BODY_STORE"
    ended = subprocess.run(
        [sys.executable, "-c", load], env=os.environ | env, cwd=PROJECT_DIR, capture_output=True, text=True
    )
    assert ended.returncode != 0
    assert complaint in ended.stderr


def test_objects_of_encrypted_bodies_tell_nothing(
    store: SlicedBodyStore, bucket: Bucket, organization: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, sealed = _key(organization), _key(organization)
    contents = []
    for key, encrypts in ((plain, False), (sealed, True)):
        monkeypatch.setattr(settings, "ENCRYPT_BODIES", encrypts)
        _put(store, (key, Bodies(_chat(TEXT), _chat("b" + TEXT))))
        (name,) = bucket.objects(organization).keys() - {name for name, _ in contents}
        contents.append((name, bucket.client.get_object(Bucket=bucket.name, Key=name)["Body"].read()))
    assert [holds(content, b"quick brown fox") for _, content in contents] == [True, False]
    assert store.get(plain) == store.get(sealed) == Bodies(_chat(TEXT), _chat("b" + TEXT))
