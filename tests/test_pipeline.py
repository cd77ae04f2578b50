"""From the stream to the tables: once each, whatever comes again, whatever comes in."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from helicone_site.redis_client import sync_client
from ingest_app import stream
from ingest_app.bodies import BodyKey, body_store
from ingest_app.drain import ABANDONED_MS
from ingest_app.events import now_us, uuid7, uuid7_ms
from ingest_app.stream import FIELD, GROUP, STREAM, Entry, add_to
from tests.conftest import Tenant
from tests.events import chat_event, log, wait_until

Wait = Callable[..., list]


def test_an_event_that_comes_again_changes_nothing(organization: Tenant, wait_for_rows: Wait) -> None:
    event = chat_event(organization.id)
    log(event, event)
    log(event)
    log(chat_event(organization.id, text="last"))
    rows = wait_for_rows(organization.id, 2)
    assert len(rows) == 2


def test_entries_of_a_worker_that_died_are_written_by_another(
    organization: Tenant, wait_for_rows: Wait
) -> None:
    redis = sync_client()
    event = chat_event(organization.id)
    # As a worker does that reads an entry and is killed; made to look as old as it takes.
    redis.set(stream.DRAINING, b"1", ex=2)
    pipeline = redis.pipeline(transaction=True)
    add_to(pipeline, Entry.of([event]))
    entry_id = pipeline.execute()[0][0]
    redis.xclaim(
        STREAM, GROUP, "died", min_idle_time=0, message_ids=[entry_id], idle=ABANDONED_MS, force=True
    )
    assert wait_for_rows(organization.id)[0].id == event.id


def test_an_entry_that_is_not_ours_holds_up_nothing(organization: Tenant, wait_for_rows: Wait) -> None:
    redis = sync_client()
    strange = redis.xadd(STREAM, {b"x": b"y"})
    garbled = redis.xadd(STREAM, {FIELD: b"\xc1 no msgpack"})
    log(chat_event(organization.id))
    wait_for_rows(organization.id)
    wait_until(
        lambda: not redis.xrange(STREAM, strange, strange) and not redis.xrange(STREAM, garbled, garbled)
    )


def test_nothing_stays_in_the_stream(organization: Tenant, wait_for_rows: Wait) -> None:
    log(*(chat_event(organization.id) for _ in range(50)))
    wait_for_rows(organization.id, 50)
    wait_until(lambda: stream.length(sync_client()) == 0)


def test_a_week_without_a_partition_gets_one(organization: Tenant, wait_for_rows: Wait) -> None:
    at = datetime(2019, 12, 31, 23, 59, tzinfo=UTC)
    log(chat_event(organization.id, at_us=int(at.timestamp()) * 1_000_000))
    assert wait_for_rows(organization.id)[0].created_at == at
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('request_2019_12_30'), to_regclass('body_2019_12_30')")
        assert all(cursor.fetchone())


def test_the_coming_weeks_have_their_partitions(stack: object) -> None:
    monday = datetime.now(UTC).date() - timedelta(days=datetime.now(UTC).weekday())
    with connection.cursor() as cursor:
        for week in range(4):
            cursor.execute("SELECT to_regclass(%s)", [f"request_{monday + timedelta(weeks=week):%Y_%m_%d}"])
            assert cursor.fetchone()[0] is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[1, 2]",
        b'{"model": 7, "messages": "what"}',
        b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "a\\u0000b \\ud800"}], "user": "\\u0000"}',
        b"\xff\xfe" * 100,
        b'{"messages": [[[[1]]]], "model": null, "input": {"a": 1}}',
        b'{"input": [1, [2], {"role": "user", "content": [{"text": 5}, 7]}]}',
    ],
)
def test_odd_bodies_are_kept_byte_by_byte(organization: Tenant, wait_for_rows: Wait, body: bytes) -> None:
    log(chat_event(organization.id, request_body=body, response_body=body))
    row = wait_for_rows(organization.id)[0]
    stored = body_store().get(BodyKey(row.organization_id, row.created_at, row.id))
    assert stored is not None
    assert (stored.request, stored.response) == (body, body)


def test_hostile_names_are_stored_as_text(organization: Tenant, wait_for_rows: Wait) -> None:
    long = "é" * 5000
    log(
        chat_event(
            organization.id,
            user_id="'; DROP TABLE request; --",
            session_id=long,
            request_id="nul\x00",
            properties={"nul\x00": "\x00", "emoji": "🦉"},
        )
    )
    row = wait_for_rows(organization.id)[0]
    assert row.user_id == "'; DROP TABLE request; --"
    assert row.session_id == long[:500]
    assert row.request_id == "nul\ufffd"
    assert row.properties == {"nul\ufffd": "\ufffd", "emoji": "🦉"}


def test_the_bodys_user_is_the_user_when_no_header_says_one(
    organization: Tenant, wait_for_rows: Wait
) -> None:
    body = json.dumps({"model": "gpt-4o", "user": "from-body", "messages": []}).encode()
    log(
        chat_event(organization.id, request_body=body),
        chat_event(organization.id, request_body=body, user_id="from-header"),
    )
    assert [row.user_id for row in wait_for_rows(organization.id, 2)] == ["from-header", "from-body"]


def test_an_id_tells_its_time() -> None:
    at = now_us()
    assert uuid7_ms(uuid7(at)) == at // 1000
    assert uuid7_ms(uuid.uuid4()) is None
