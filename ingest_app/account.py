"""The account of events: received = stored + duplicates + waiting + dead-lettered + dropped.

Whoever appends counts what it received in the same Redis transaction that appends it; the writer counts what it
stored in the same PostgreSQL transaction that stores it. Nothing is counted twice on the way: an entry that is
delivered again is recognised (`drained_entry`), an event that is appended again is counted on both sides.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from redis import Redis

from ingest_app.counts import HOUR_S, Bucket, decode_counts, dropped_key, received_key
from ingest_app.stream import STREAM, WAITING, entry_key

DRAINED_ENTRIES_KEPT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class HourBalance:
    """One organization's events of one hour."""

    hour: datetime
    received: int
    stored: int
    duplicates: int
    waiting: int
    dead: int
    dropped: int

    @property
    def missing(self) -> int:
        """Returns how many received events are in no other column; below zero, how many are too many."""
        return self.received - self.stored - self.duplicates - self.waiting - self.dead - self.dropped


def balances(redis: Redis, organization_id: int, *, now: datetime, hours: int = 24) -> list[HourBalance]:
    """Returns the last `hours` hours of one organization, newest first, without hours in which nothing came."""
    last = int(now.timestamp()) // HOUR_S * HOUR_S + HOUR_S  # clocks may be a little ahead
    wanted = [last - n * HOUR_S for n in range(hours + 1)]
    seen = _look_at_redis(redis, organization_id, wanted)
    # The stream was looked at first: what was drained since then is taken out again.
    ledger, since = _look_at_ledger(organization_id, wanted, seen)
    found = []
    for hour in wanted:
        stored, duplicates, dead, discarded = ledger.get(hour, (0, 0, 0, 0))
        balance = HourBalance(
            hour=datetime.fromtimestamp(hour, UTC),
            received=seen.received[hour],
            stored=stored - since[hour],
            duplicates=duplicates,
            waiting=seen.waiting[hour],
            dead=dead,
            dropped=seen.dropped[hour] + discarded,
        )
        if any((balance.received, balance.stored, balance.waiting, balance.dead, balance.dropped)):
            found.append(balance)
    return found


def raise_ledger(
    cursor: Any, *, events: Counter[Bucket], new: Counter[Bucket], dead: Counter[Bucket]
) -> None:
    """Count a batch within its transaction: all its `events`, those whose row was `new`, and the `dead` ones.

    Buckets are locked in their order, so that several writers never deadlock; last in the transaction, so that
    they wait for each other as shortly as can be.
    """
    rows = [
        (
            bucket[0],
            datetime.fromtimestamp(bucket[1], UTC),
            new[bucket],
            events[bucket] - new[bucket] - dead[bucket],
            dead[bucket],
        )
        for bucket in sorted(events)
    ]
    cursor.executemany(
        "INSERT INTO ledger (organization_id, hour, stored, duplicates, dead) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (organization_id, hour) DO UPDATE SET stored = ledger.stored + excluded.stored,"
        " duplicates = ledger.duplicates + excluded.duplicates, dead = ledger.dead + excluded.dead",
        rows,
    )


def forget_drained_entries(now: datetime) -> int:
    """Delete the memory of entries that can come again no more. Returns how many; call it now and then."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM drained_entry WHERE (ms, seq) IN"
            " (SELECT ms, seq FROM drained_entry WHERE drained_at < %s LIMIT 20000)",
            [now - DRAINED_ENTRIES_KEPT],
        )
        return int(cursor.rowcount)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What Redis held at one moment."""

    received: Counter[int]
    dropped: Counter[int]
    waiting: Counter[int]
    waiting_by_entry: dict[tuple[int, int], Counter[int]]
    last_entry: tuple[int, int]


def _look_at_redis(redis: Redis, organization_id: int, hours: Sequence[int]) -> _Seen:
    pipeline = redis.pipeline(transaction=True)
    for hour in hours:
        pipeline.hget(received_key(hour), str(organization_id))
        pipeline.hget(dropped_key(hour), str(organization_id))
    pipeline.xinfo_stream(STREAM)
    pipeline.hgetall(WAITING)
    *numbers, info, entries = pipeline.execute()
    waiting: Counter[int] = Counter()
    by_entry = {}
    for entry_id, encoded in entries.items():
        mine = Counter(
            {hour: n for (org, hour), n in decode_counts(encoded).items() if org == organization_id}
        )
        by_entry[entry_key(entry_id)] = mine
        waiting += mine
    return _Seen(
        received=Counter({hour: int(n or 0) for hour, n in zip(hours, numbers[::2], strict=True)}),
        dropped=Counter({hour: int(n or 0) for hour, n in zip(hours, numbers[1::2], strict=True)}),
        waiting=waiting,
        waiting_by_entry=by_entry,
        last_entry=entry_key(info["last-generated-id"]),
    )


def _look_at_ledger(
    organization_id: int, hours: Sequence[int], seen: _Seen
) -> tuple[dict[int, tuple[int, ...]], Counter[int]]:
    """Returns the ledger by hour, and how much of it was drained after `seen`; entries drained are not waiting."""
    since: Counter[int] = Counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(
            "SELECT extract(epoch FROM hour)::bigint, stored, duplicates, dead, discarded FROM ledger"
            " WHERE organization_id = %s AND hour BETWEEN to_timestamp(%s) AND to_timestamp(%s)",
            [organization_id, min(hours), max(hours)],
        )
        ledger = {row[0]: tuple(row[1:]) for row in cursor.fetchall()}
        cursor.execute("SELECT events FROM drained_entry WHERE (ms, seq) > (%s, %s)", seen.last_entry)
        for (events,) in cursor.fetchall():
            since += Counter(
                {hour: n for (org, hour), n in decode_counts(events).items() if org == organization_id}
            )
        waiting = list(seen.waiting_by_entry)
        cursor.execute(
            "SELECT ms, seq FROM drained_entry WHERE (ms, seq) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))",
            [[ms for ms, _ in waiting], [seq for _, seq in waiting]],
        )
        for key in cursor.fetchall():
            seen.waiting.subtract(seen.waiting_by_entry[key])
    return ledger, since
