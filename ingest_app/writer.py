"""The writer: events become rows, bodies and costs in one transaction per batch.

Rows go in by COPY into a staging table and one INSERT … ON CONFLICT DO NOTHING, so an event that comes again
(a worker died between commit and acknowledgement) changes nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import structlog
from django.db import Error as DatabaseError
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from accounts_app.actions import note_api_key_use
from helicone_site.text import storable
from ingest_app.account import raise_ledger
from ingest_app.bodies import Bodies, BodyKey, body_store
from ingest_app.costing import cost_of
from ingest_app.counts import Bucket, counts_of, encode_counts
from ingest_app.dead_letters import bury, letter_event, take_out
from ingest_app.digest import Digest, digest
from ingest_app.events import COUNTS, Facts, LogEvent, Usage
from ingest_app.known_values import COLUMNS as KNOWN_COLUMNS
from ingest_app.known_values import note_values, values_of
from ingest_app.limits_settling import settle
from ingest_app.live import Row, tell
from ingest_app.new_rows import note_new_rows
from ingest_app.own_prices import UNKNOWN_MODEL, names_of_model
from ingest_app.partitions import ensure_partitions, week_of
from ingest_app.prices import price_id
from ingest_app.pricing import UnitPrices
from ingest_app.rollups import Key, add_late
from ingest_app.search.queue import note_unindexed
from ingest_app.session_rows import add_to_sessions
from ingest_app.staging import insert_new
from ingest_app.stream import StreamEntry

log = structlog.get_logger(__name__)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_NAME_CHARACTERS = 500  # an index entry holds at most 2,704 bytes
MAX_URL_CHARACTERS = 2000
MAX_INT4 = 2**31 - 1
CLOCK_BEHIND = timedelta(days=7)
CLOCK_AHEAD = timedelta(minutes=10)
CLOCK_PROPERTY = "Helicone-Clock-Corrected"  # the time that was claimed, in microseconds since the epoch

# The columns of `request` and their PostgreSQL types.
COLUMNS = {
    "organization_id": "int8",
    "created_at": "timestamptz",
    "id": "uuid",
    "request_id": "text",
    "api_key_id": "int8",
    "provider": "text",
    "model": "text",
    "request_model": "text",
    "response_model": "text",
    "path": "text",
    "target_url": "text",
    "status": "int2",
    "error": "text",
    "is_stream": "bool",
    "latency_ms": "int4",
    "time_to_first_token_ms": "int4",
    **dict.fromkeys(COUNTS, "int4"),
    "usage_is_estimated": "bool",
    "cost_nanodollars": "int8",
    "price_id": "int8",
    "user_id": "text",
    "session_id": "text",
    "session_path": "text",
    "session_name": "text",
    "properties": "jsonb",
    "request_bytes": "int4",
    "response_bytes": "int4",
    "request_is_cut": "bool",
    "response_is_cut": "bool",
    "referrer": "text",
    **dict.fromkeys(("kind", "span_name", "trace_id", "span_id", "parent_span_id"), "text"),
    "feedback": "int2",
    "scores": "jsonb",
}
_NO_SCORES = Jsonb({}, dumps=lambda _: b"{}")  # what nearly all rows have

_KNOWN_AT = [(name, list(COLUMNS).index(name)) for name in KNOWN_COLUMNS]
_PROPERTIES_AT = list(COLUMNS).index("properties")


class Prepared(NamedTuple):
    """All that is stored of one event."""

    row: tuple[Any, ...]
    key: BodyKey
    bodies: Bodies
    event: LogEvent


class NewRows(NamedTuple):
    """What of a batch was not stored before."""

    counts: "Counter[Bucket]"  # by where they are counted
    keys: list[Key]
    told: list[Key]  # those that others are told of: not history that was brought in
    in_session: list[tuple[datetime, UUID]]  # (created_at, id)


@dataclass(frozen=True, slots=True)
class Batch:
    """Stream entries that are stored together, and those of their events that cannot be."""

    entries: Sequence[StreamEntry]
    dead: Mapping[UUID, str] = field(default_factory=dict)  # event id → reason


class Unstorable(Exception):
    """Events of a batch cannot be prepared. Holds the reason for each, by event id."""

    def __init__(self, dead: dict[UUID, str]) -> None:
        super().__init__(f"{len(dead)} events cannot be stored")
        self.dead = dead


def write(batch: Batch) -> int:
    """Store a batch. Returns how many of its events were new.

    Raises Unstorable (then nothing was stored), or django.db.Error for the batch as a whole.
    """
    everything = prepared = _prepared(batch)
    ensure_partitions({week_of(one.key.created_at) for one in prepared})
    with transaction.atomic(), connection.cursor() as cursor:
        again = _entries_drained_before(cursor, batch.entries)
        # What is delivered a second time is in the tables, and in the account.
        events = [event for entry in batch.entries if entry.key not in again for event in entry.events]
        if again:
            kept = {event.id for event in events}
            prepared = [one for one in prepared if one.event.id in kept]
        new = _insert_rows(cursor, prepared)
        _put_bodies(cursor, prepared)
        add_to_sessions(cursor, new.in_session)
        add_late(cursor, new.keys)
        note_new_rows(cursor, new.told)
        dead = [event for event in events if event.id in batch.dead]
        bury(cursor, [(event, batch.dead[event.id]) for event in dead])
        raise_ledger(cursor, events=counts_of(events), new=new.counts, dead=counts_of(dead))
        _note_values(cursor, prepared)
        transaction.on_commit(lambda: _tell_viewers(prepared, new.keys), robust=True)
        # Also what is delivered a second time: whoever stored it may have died before it was settled.
        transaction.on_commit(lambda: _settle_limits(everything), robust=True)
    _note_key_use(prepared)
    return new.counts.total()


def retry(*, organization_id: int, dead_letter_id: int) -> None:
    """Store the event of a dead letter after all. Raises NoSuchLetter, or what keeps it from being stored."""
    event = letter_event(organization_id=organization_id, id=dead_letter_id)
    one = prepare(event, arrived_at=datetime.now(UTC))
    ensure_partitions({week_of(one.key.created_at)})
    with transaction.atomic(), connection.cursor() as cursor:
        take_out(cursor, organization_id=organization_id, id=dead_letter_id, discarded=False)
        new = _insert_rows(cursor, [one])
        _put_bodies(cursor, [one])
        add_to_sessions(cursor, new.in_session)
        add_late(cursor, new.keys)
        note_new_rows(cursor, new.told)
        raise_ledger(cursor, events=counts_of([event]), new=new.counts, dead=Counter())
        _note_values(cursor, [one])
        transaction.on_commit(lambda: _tell_viewers([one], new.keys), robust=True)
        transaction.on_commit(lambda: _settle_limits([one]), robust=True)


def _prepared(batch: Batch) -> list[Prepared]:
    prepared: list[Prepared] = []
    dead: dict[UUID, str] = {}
    for entry in batch.entries:
        for event in entry.events:
            if event.id in batch.dead:
                continue
            try:
                prepared.append(prepare(event, arrived_at=entry.arrived_at))
            except DatabaseError:
                raise  # preparing asks for the id of a price: that the database is away is no event's fault
            except Exception as error:
                log.exception("event cannot be stored", event_id=str(event.id))
                dead[event.id] = f"{type(error).__name__}: {error}"
    if dead:
        raise Unstorable(dead)
    return prepared


def _entries_drained_before(cursor: Any, entries: Sequence[StreamEntry]) -> set[tuple[int, int]]:
    """Note the entries as drained by this transaction. Returns those that another has drained already.

    In the order of their ids, so that two writers with the same entries wait for each other and do not deadlock.
    """
    ordered = sorted(entries, key=lambda entry: entry.key)
    cursor.execute(
        "INSERT INTO drained_entry (ms, seq, events)"
        " SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::jsonb[])"
        " ON CONFLICT DO NOTHING RETURNING ms, seq",
        [
            [entry.key[0] for entry in ordered],
            [entry.key[1] for entry in ordered],
            [encode_counts(counts_of(entry.events)).decode() for entry in ordered],
        ],
    )
    return {entry.key for entry in entries} - set(cursor.fetchall())


def _insert_rows(cursor: Any, prepared: Sequence[Prepared]) -> NewRows:
    rows = (one.row for one in prepared)
    key = ("organization_id", "created_at", "id")
    insert_new(cursor, "request", COLUMNS, rows, key=key, returning=(*key, "session_id"))
    new = cursor.fetchall()
    by_id = {one.event.id: one.event for one in prepared}
    return NewRows(
        counts_of(by_id[id] for _, _, id, _ in new),
        [Key(*row[:3]) for row in new],
        [Key(*row[:3]) for row in new if not by_id[row[2]].keeps_time],
        [(created_at, id) for _, created_at, id, session_id in new if session_id],
    )


def _put_bodies(cursor: Any, prepared: Sequence[Prepared]) -> None:
    bodies = [(one.key, one.bodies) for one in prepared]
    body_store().put(cursor, bodies)
    note_unindexed(cursor, bodies)


def _note_values(cursor: Any, prepared: Sequence[Prepared]) -> None:
    note_values(
        cursor,
        (
            value
            for one in prepared
            for value in values_of(
                one.key.organization_id,
                ((name, one.row[place]) for name, place in _KNOWN_AT),
                one.row[_PROPERTIES_AT].obj,
            )
        ),
    )


def _tell_viewers(prepared: Sequence[Prepared], new: Sequence[Key]) -> None:
    ids = {key.id for key in new}

    def rows_of(organization_id: int) -> Iterator[Row]:
        of_organization = (one for one in prepared if one.key.organization_id == organization_id)
        return (_live_row(one) for one in of_organization if one.event.id in ids)

    tell({key.organization_id for key in new}, rows_of)


def _settle_limits(prepared: Sequence[Prepared]) -> None:
    settle(
        {one.key.organization_id for one in prepared},
        lambda limited: (
            dict(zip(COLUMNS, one.row, strict=True)) for one in prepared if one.key.organization_id in limited
        ),
    )


def _live_row(one: Prepared) -> Row:
    row: Row = dict(zip(COLUMNS, one.row, strict=True))
    asked, answered = row["prompt_tokens"], row["completion_tokens"]
    total = None if asked is None or answered is None else asked + answered  # as the database makes it
    return row | {"total_tokens": total, "preview": one.bodies.preview}


def corrected_time(at_us: int, arrived_at: datetime) -> datetime:
    """Returns an event's time, brought back into what is believed of a clock.

    That is from seven days before the event reached the stream (it may have been spooled) to ten minutes after.
    """
    earliest, latest = arrived_at - CLOCK_BEHIND, arrived_at + CLOCK_AHEAD
    try:
        claimed = EPOCH + timedelta(microseconds=at_us)
    except OverflowError:
        return arrived_at
    return min(max(claimed, earliest), latest)


def prepare(event: LogEvent, *, arrived_at: datetime) -> Prepared:
    """Returns the row and bodies of `event`, which reached the stream at `arrived_at`."""
    facts, request_body, response_body = _digest(event)
    properties = {storable(name): storable(value) for name, value in event.properties.items()}
    if event.keeps_time:
        created_at = EPOCH + timedelta(microseconds=event.created_at_us)
    else:
        created_at = corrected_time(event.created_at_us, arrived_at)
        if (created_at - EPOCH) // timedelta(microseconds=1) != event.created_at_us:
            properties[CLOCK_PROPERTY] = str(event.created_at_us)
    cost, price = _cost(event, facts, created_at)
    row = (
        event.organization_id,
        created_at,
        event.id,
        _name(event.request_id) or str(event.id),
        event.api_key_id,
        _name(event.provider),
        _name(event.sent_model or facts.request_model or facts.response_model or event.model_override)
        or UNKNOWN_MODEL,
        _name(facts.request_model),
        _name(facts.response_model),
        storable(event.path, MAX_URL_CHARACTERS),
        storable(event.target_url, MAX_URL_CHARACTERS),
        _status(facts.status if facts.status is not None else event.status),
        _name(facts.error or event.error),
        event.is_stream,
        max(0, min(event.latency_ms, MAX_INT4)),
        facts.time_to_first_token_ms,
        *_count_columns(facts.usage),
        facts.usage is not None and facts.usage.is_estimated,
        cost,
        price_id(price) if price is not None else None,
        _name(event.user_id or facts.user_id),
        _name(event.session_id or facts.session_id),
        storable(event.session_path, MAX_URL_CHARACTERS),
        _name(event.session_name or ("" if event.session_id else facts.session_name)),
        Jsonb(properties, dumps=msgspec.json.encode),
        min(event.request_bytes, MAX_INT4),
        min(event.response_bytes, MAX_INT4),
        event.request_is_cut,
        event.response_is_cut,
        _name(event.referrer),
        event.kind.value,
        _name(event.span_name),
        _name(event.trace_id),
        _name(event.span_id),
        _name(event.parent_span_id),
        event.feedback,
        _scores(event.scores) if event.scores else _NO_SCORES,
    )
    key = BodyKey(event.organization_id, created_at, event.id)
    bodies = Bodies(request_body, response_body, facts.preview, event.prompt_inputs)
    return Prepared(row, key, bodies, event)


def _digest(event: LogEvent) -> Digest:
    try:
        return digest(event)
    except Exception:
        # A body that our readers trip over is still a request that happened: keep it, without facts.
        log.exception("event not understood", event_id=str(event.id), path=event.path)
        return Digest(event.facts or Facts(), event.request_body, event.response_body)


def _cost(event: LogEvent, facts: Facts, at: datetime) -> tuple[int | None, UnitPrices | None]:
    """Returns the cost in nano-dollars and the prices behind it: none where the provider told the cost itself."""
    if facts.usage is None:
        return None, None
    return cost_of(
        facts.usage,
        organization_id=event.organization_id,
        provider=event.provider,
        priced_as=event.priced_as,
        models=names_of_model(event, facts),
        at=at,
        target_url=event.target_url,
    )


def _count_columns(usage: Usage | None) -> tuple[int | None, ...]:
    if usage is None:
        return (None,) * len(COUNTS)
    return tuple(min(getattr(usage, name), MAX_INT4) for name in COUNTS)


def _scores(scores: Mapping[str, float]) -> Jsonb:
    return Jsonb({_name(name): value for name, value in scores.items()}, dumps=msgspec.json.encode)


def _status(status: int) -> int:
    # Binary COPY would silently keep the lower 16 bits.
    if not -(2**15) <= status < 2**15:
        raise ValueError(f"{status} is no status")
    return status


def _name(text: str) -> str:
    return storable(text, MAX_NAME_CHARACTERS)


def _note_key_use(prepared: Sequence[Prepared]) -> None:
    used_at: dict[int, datetime] = {}
    for one in prepared:
        api_key_id = one.event.api_key_id
        if api_key_id is not None:
            used_at[api_key_id] = max(used_at.get(api_key_id, EPOCH), one.key.created_at)
    note_api_key_use(used_at)
