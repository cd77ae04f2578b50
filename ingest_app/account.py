"""The account of events: received = stored + duplicates + waiting + dead-lettered + dropped.

Whoever appends counts what it received in the same Redis transaction that appends it; the writer counts what it
stored in the same PostgreSQL transaction that stores it. Nothing is counted twice on the way: an entry that is
delivered again is recognised (`drained_entry`), an event that is appended again is counted on both sides.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    return [balance for _, balance in _balances(redis, organization_id, now=now, hours=hours)]


def all_balances(redis: Redis, *, now: datetime, hours: int = 24) -> dict[int, list[HourBalance]]:
    """Returns the same of all organizations that had events, by their ids."""
    found: dict[int, list[HourBalance]] = {}
    for organization_id, balance in _balances(redis, None, now=now, hours=hours):
        found.setdefault(organization_id, []).append(balance)
    return found


def unbalanced(redis: Redis, *, now: datetime, hours: int = 24) -> dict[int, list[HourBalance]]:
    """Returns the hours that do not add up, by organization, of all organizations: none, when all is well."""
    found = all_balances(redis, now=now, hours=hours)
    wrong = {id: [balance for balance in of_one if balance.missing] for id, of_one in found.items()}
    return {id: of_one for id, of_one in wrong.items() if of_one}


def total(hours: Iterable[HourBalance], *, at: datetime) -> HourBalance:
    """Returns the sum of `hours`, named `at`."""
    columns = ("received", "stored", "duplicates", "waiting", "dead", "dropped")
    hours = list(hours)
    return HourBalance(hour=at, **{name: sum(getattr(hour, name) for hour in hours) for name in columns})


def _balances(
    redis: Redis, organization_id: int | None, *, now: datetime, hours: int
) -> Iterator[tuple[int, HourBalance]]:
    """Yields the hours of one organization, or of all, newest first."""
    last = int(now.timestamp()) // HOUR_S * HOUR_S + HOUR_S  # clocks may be a little ahead
    wanted = [last - n * HOUR_S for n in range(hours + 1)]
    seen = _look_at_redis(redis, organization_id, wanted)
    # The stream was looked at first: what was drained since then is taken out again.
    ledger, since = _look_at_ledger(organization_id, wanted, seen)
    buckets = {*seen.received, *seen.waiting, *seen.dropped, *ledger}
    for bucket in sorted(buckets, key=lambda bucket: (-bucket[1], bucket[0])):
        if bucket[1] not in wanted:
            continue
        stored, duplicates, dead, discarded = ledger.get(bucket, (0, 0, 0, 0))
        balance = HourBalance(
            hour=datetime.fromtimestamp(bucket[1], UTC),
            received=seen.received[bucket],
            stored=stored - since[bucket],
            duplicates=duplicates,
            waiting=seen.waiting[bucket],
            dead=dead,
            dropped=seen.dropped[bucket] + discarded,
        )
        if any((balance.received, balance.stored, balance.waiting, balance.dead, balance.dropped)):
            yield bucket[0], balance


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

    received: Counter[Bucket]
    dropped: Counter[Bucket]
    waiting: Counter[Bucket]
    waiting_by_entry: dict[tuple[int, int], Counter[Bucket]]
    last_entry: tuple[int, int]


def _look_at_redis(redis: Redis, organization_id: int | None, hours: Sequence[int]) -> _Seen:
    keys = [key for hour in hours for key in (received_key(hour), dropped_key(hour))]
    pipeline = redis.pipeline(transaction=True)
    for key in keys:
        if organization_id is None:
            pipeline.hgetall(key)
        else:
            pipeline.hget(key, str(organization_id))
    pipeline.xinfo_stream(STREAM)
    pipeline.hgetall(WAITING)
    *numbers, info, entries = pipeline.execute()
    if organization_id is not None:
        numbers = [{organization_id: number or 0} for number in numbers]
    waiting: Counter[Bucket] = Counter()
    by_entry = {}
    for entry_id, encoded in entries.items():
        by_entry[entry_key(entry_id)] = counts = _of(decode_counts(encoded), organization_id)
        waiting += counts
    return _Seen(
        received=_by_bucket(hours, numbers[::2]),
        dropped=_by_bucket(hours, numbers[1::2]),
        waiting=waiting,
        waiting_by_entry=by_entry,
        last_entry=entry_key(info["last-generated-id"]),
    )


def _look_at_ledger(
    organization_id: int | None, hours: Sequence[int], seen: _Seen
) -> tuple[dict[Bucket, tuple[int, ...]], Counter[Bucket]]:
    """Returns the ledger, and how much of it was drained after `seen`; entries drained are not waiting."""
    since: Counter[Bucket] = Counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(
            "SELECT organization_id, extract(epoch FROM hour)::bigint, stored, duplicates, dead, discarded FROM ledger"
            " WHERE (%(id)s::bigint IS NULL OR organization_id = %(id)s)"
            " AND hour BETWEEN to_timestamp(%(first)s) AND to_timestamp(%(last)s)",
            {"id": organization_id, "first": min(hours), "last": max(hours)},
        )
        ledger = {(row[0], row[1]): tuple(row[2:]) for row in cursor.fetchall()}
        cursor.execute("SELECT events FROM drained_entry WHERE (ms, seq) > (%s, %s)", seen.last_entry)
        for (events,) in cursor.fetchall():
            since += _of(decode_counts(events), organization_id)
        waiting = list(seen.waiting_by_entry)
        cursor.execute(
            "SELECT ms, seq FROM drained_entry WHERE (ms, seq) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))",
            [[ms for ms, _ in waiting], [seq for _, seq in waiting]],
        )
        for key in cursor.fetchall():
            seen.waiting.subtract(seen.waiting_by_entry[key])
    return ledger, since


def _of(counts: Mapping[Bucket, int], organization_id: int | None) -> Counter[Bucket]:
    """Returns the counts of one organization, or of all."""
    return Counter(
        {bucket: n for bucket, n in counts.items() if organization_id is None or bucket[0] == organization_id}
    )


def _by_bucket(hours: Sequence[int], numbers: Sequence[Mapping[Any, Any]]) -> Counter[Bucket]:
    return Counter(
        {
            (int(organization_id), hour): int(number)
            for hour, of_hour in zip(hours, numbers, strict=True)
            for organization_id, number in of_hour.items()
        }
    )
