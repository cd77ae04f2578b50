"""The account of events balances: received = stored + duplicates + waiting + dead-lettered + dropped."""

import asyncio
import json
import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from helicone_site.redis_client import async_client, sync_client
from ingest_app import dead_letters, stream
from ingest_app.account import HourBalance, balances, forget_drained_entries, unbalanced
from ingest_app.counts import received_key
from ingest_app.event_log import EventLog
from ingest_app.events import now_us, uuid7
from ingest_app.spool import Spool
from ingest_app.stream import DRAINING, Entry, add_to
from ingest_app.writer import CLOCK_PROPERTY, Batch, StreamEntry, corrected_time, retry, write
from tests.conftest import Tenant
from tests.events import chat_event, log, wait_until
from tests.live import Stack

Wait = Callable[..., list]


def account(organization_id: int) -> Counter[str]:
    """Returns the sums over the last day."""
    total: Counter[str] = Counter()
    for hour in balances(sync_client(), organization_id, now=datetime.now(UTC)):
        for name in ("received", "stored", "duplicates", "waiting", "dead", "dropped", "missing"):
            total[name] += getattr(hour, name)
    return +total


def settled(organization_id: int, expected: dict[str, int]) -> bool:
    return account(organization_id) == Counter(expected)


def test_what_is_stored_is_what_was_received(organization: Tenant) -> None:
    log(*(chat_event(organization.id) for _ in range(30)))
    wait_until(lambda: settled(organization.id, {"received": 30, "stored": 30}))


def test_an_organization_whose_account_balances_is_not_named(organization: Tenant) -> None:
    log(chat_event(organization.id))
    wait_until(lambda: settled(organization.id, {"received": 1, "stored": 1}))
    assert organization.id not in unbalanced(sync_client(), now=datetime.now(UTC))


def test_readiness_says_when_an_organizations_account_does_not_balance(
    organization: Tenant, stack: Stack
) -> None:
    now = datetime.now(UTC)
    hour = int(now.timestamp()) // 3600 * 3600
    sync_client().hincrby(received_key(hour), str(organization.id), 2)
    assert [hour.missing for hour in unbalanced(sync_client(), now=now)[organization.id]] == [2]
    said = json.load(urllib.request.urlopen(f"{stack.url}/readyz", timeout=10))
    assert said["pipeline"]["balances"] is False
    assert said["pipeline"]["unbalanced_hours"] >= 1


def test_an_event_appended_again_is_a_duplicate(organization: Tenant) -> None:
    event = chat_event(organization.id)
    log(event, event)
    log(event)
    wait_until(lambda: settled(organization.id, {"received": 3, "stored": 1, "duplicates": 2}))


def test_an_entry_delivered_again_is_counted_once(organization: Tenant) -> None:
    entry = StreamEntry(f"{now_us() // 1000}-7".encode(), [chat_event(organization.id) for _ in range(3)])
    assert write(Batch([entry])) == 3
    assert write(Batch([entry])) == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(stored), sum(duplicates) FROM ledger WHERE organization_id = %s", [organization.id]
        )
        assert cursor.fetchone() == (3, 0)


def test_it_balances_at_every_moment_under_traffic(organization: Tenant) -> None:
    seen: list[HourBalance] = []
    for _ in range(40):
        log(*(chat_event(organization.id) for _ in range(25)))
        seen += balances(sync_client(), organization.id, now=datetime.now(UTC))
    assert [hour for hour in seen if hour.missing] == []
    assert seen[-1].received == 1000 or sum(h.received for h in seen[-2:]) == 1000


def test_waiting_events_are_waiting(organization: Tenant) -> None:
    redis = sync_client()
    entry = Entry.of([chat_event(organization.id)])
    # Read by somebody who does not write it: a worker that has just died.
    redis.set(DRAINING, b"1", ex=5)
    pipeline = redis.pipeline(transaction=True)
    add_to(pipeline, entry)
    entry_id = pipeline.execute()[0][0]
    redis.xclaim(stream.STREAM, stream.GROUP, "died", min_idle_time=0, message_ids=[entry_id], force=True)
    assert account(organization.id) in (
        {"received": 1, "waiting": 1},
        {"received": 1, "stored": 1},  # a drain that was under way was faster
    )
    redis.xclaim(
        stream.STREAM, stream.GROUP, "died", min_idle_time=0, message_ids=[entry_id], idle=10**7, force=True
    )
    wait_until(lambda: settled(organization.id, {"received": 1, "stored": 1}))


def test_a_poisonous_event_goes_to_the_dead_letters_and_blocks_nobody(
    organization: Tenant, wait_for_rows: Wait
) -> None:
    poison = chat_event(organization.id, status=10**6)  # no smallint
    log(chat_event(organization.id, text="before"), poison, chat_event(organization.id, text="after"))
    wait_for_rows(organization.id, 2)
    wait_until(lambda: settled(organization.id, {"received": 3, "stored": 2, "dead": 1}))
    (letter,) = dead_letters.newest(organization.id)
    assert letter.event_id == poison.id


def test_a_database_that_fails_in_the_middle_is_no_events_fault(organization: Tenant) -> None:
    def fail(execute: Any, sql: str, *rest: Any) -> Any:
        if "INTO price" in sql:
            raise OperationalError("the connection is gone")
        return execute(sql, *rest)

    # A model whose price this process has not stored yet.
    entry = StreamEntry(f"{now_us() // 1000}-11".encode(), [chat_event(organization.id, model="gpt-4-32k")])
    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        write(Batch([entry]))
    assert dead_letters.newest(organization.id) == []
    assert write(Batch([entry])) == 1


def test_a_dead_letter_can_be_tried_again(organization: Tenant, wait_for_rows: Wait) -> None:
    event = chat_event(organization.id)
    with connection.cursor() as cursor:
        dead_letters.bury(cursor, [(event, "a fault that has been mended")])
        cursor.execute(
            "INSERT INTO ledger (organization_id, hour, dead) SELECT organization_id, hour, 1 FROM dead_letter"
            " WHERE event_id = %s",
            [event.id],
        )
    (letter,) = dead_letters.newest(organization.id)
    retry(organization_id=organization.id, dead_letter_id=letter.id)
    assert wait_for_rows(organization.id)[0].id == event.id
    assert dead_letters.newest(organization.id) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT stored, dead FROM ledger WHERE organization_id = %s", [organization.id])
        assert cursor.fetchone() == (1, 0)


def test_a_dead_letter_that_stays_poisonous_stays(organization: Tenant) -> None:
    log(chat_event(organization.id, status=10**6))
    wait_until(lambda: settled(organization.id, {"received": 1, "dead": 1}))
    (letter,) = dead_letters.newest(organization.id)
    with pytest.raises(Exception, match="is no status"):
        retry(organization_id=organization.id, dead_letter_id=letter.id)
    assert dead_letters.newest(organization.id) == [letter]


def test_a_discarded_letter_counts_as_dropped(organization: Tenant) -> None:
    log(chat_event(organization.id, status=10**6))
    wait_until(lambda: settled(organization.id, {"received": 1, "dead": 1}))
    (letter,) = dead_letters.newest(organization.id)
    dead_letters.discard(organization_id=organization.id, id=letter.id)
    assert settled(organization.id, {"received": 1, "dropped": 1})


def test_another_organizations_letter_is_not_there(
    organization: Tenant, make_tenant: Callable[[], Tenant]
) -> None:
    log(chat_event(organization.id, status=10**6))
    wait_until(lambda: settled(organization.id, {"received": 1, "dead": 1}))
    (letter,) = dead_letters.newest(organization.id)
    stranger = make_tenant()
    assert dead_letters.newest(stranger.id) == []
    with pytest.raises(dead_letters.NoSuchLetter):
        dead_letters.discard(organization_id=stranger.id, id=letter.id)


def test_dropped_events_are_told_when_redis_is_back(
    organization: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis and the disk refuse; then Redis comes back."""
    redis_url = settings.REDIS_URL

    async def run() -> None:
        monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1")
        event_log = EventLog(
            client=async_client(timeout_s=0.2), spool=Spool(Path("/dev/full/spool")), wake=lambda: None
        )
        await event_log.put(chat_event(organization.id))
        assert event_log.dropped == 1
        monkeypatch.setattr(settings, "REDIS_URL", redis_url)
        event_log._redis = async_client(timeout_s=2)
        event_log.start()
        expected = {"received": 1, "dropped": 1}
        while not await asyncio.to_thread(settled, organization.id, expected):
            await asyncio.sleep(0.05)
        await event_log.close()

    asyncio.run(asyncio.wait_for(run(), 15))


def test_a_full_stream_overflows_to_the_spool_and_drains_afterwards(
    tmp_path: Path, organization: Tenant, monkeypatch: pytest.MonkeyPatch, wait_for_rows: Wait
) -> None:
    async def run() -> None:
        event_log = EventLog(client=async_client(timeout_s=2), spool=Spool(tmp_path), wake=stream.wake)
        monkeypatch.setattr(settings, "STREAM_MAX_BYTES", 1)
        await event_log.put(chat_event(organization.id, text="fills it"))
        await event_log.put(chat_event(organization.id, text="overflows"))
        assert not Spool(tmp_path).is_empty()
        monkeypatch.setattr(settings, "STREAM_MAX_BYTES", 512 << 20)
        event_log.start()
        while not Spool(tmp_path).is_empty():
            await asyncio.sleep(0.05)
        await event_log.close()

    asyncio.run(asyncio.wait_for(run(), 15))
    wait_for_rows(organization.id, 2)
    wait_until(lambda: settled(organization.id, {"received": 2, "stored": 2}))


def test_old_drained_entries_are_forgotten() -> None:
    entry = StreamEntry(f"{now_us() // 1000}-9".encode(), [])
    write(Batch([entry]))
    assert forget_drained_entries(datetime.now(UTC) + timedelta(days=3)) >= 1


# Clocks


@pytest.mark.parametrize(
    ("claimed", "believed"),
    [
        (timedelta(0), timedelta(0)),
        (timedelta(days=-7), timedelta(days=-7)),
        (timedelta(days=-8), timedelta(days=-7)),
        (timedelta(minutes=10), timedelta(minutes=10)),
        (timedelta(hours=3), timedelta(minutes=10)),
    ],
)
def test_clocks_are_believed_within_bounds(claimed: timedelta, believed: timedelta) -> None:
    arrived_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    at_us = round((arrived_at + claimed).timestamp() * 1e6)
    assert corrected_time(at_us, arrived_at) == arrived_at + believed


def test_a_corrected_event_says_so(organization: Tenant, wait_for_rows: Wait) -> None:
    at_us = now_us() - 30 * 86_400_000_000
    log(chat_event(organization.id, at_us=at_us, id=uuid7(at_us), keeps_time=False))
    row = wait_for_rows(organization.id)[0]
    assert row.properties == {CLOCK_PROPERTY: str(at_us)}
    assert timedelta(days=6, hours=23) < datetime.now(UTC) - row.created_at < timedelta(days=7, hours=1)
