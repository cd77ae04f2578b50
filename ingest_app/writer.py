"""The writer: events become rows, bodies and costs in one transaction per batch.

Rows go in by COPY into a staging table and one INSERT … ON CONFLICT DO NOTHING, so an event that comes again
(a worker died between commit and acknowledgement) changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import structlog
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from accounts_app.actions import note_api_key_use
from helicone_site.text import storable
from ingest_app.bodies import Bodies, BodyKey, body_store
from ingest_app.digest import Digest, digest
from ingest_app.events import Facts, LogEvent, Usage
from ingest_app.partitions import ensure_partitions, week_of
from ingest_app.prices import price_id
from ingest_app.pricing import cost_nanodollars, unit_prices

log = structlog.get_logger(__name__)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_NAME_CHARACTERS = 500  # an index entry holds at most 2,704 bytes
MAX_URL_CHARACTERS = 2000
MAX_INT4 = 2**31 - 1

# The columns of `request` and their PostgreSQL types, in the order of the table.
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
    "prompt_tokens": "int4",
    "completion_tokens": "int4",
    "cache_read_tokens": "int4",
    "cache_write_tokens": "int4",
    "cache_write_1h_tokens": "int4",
    "reasoning_tokens": "int4",
    "prompt_audio_tokens": "int4",
    "completion_audio_tokens": "int4",
    "cost_nanodollars": "int8",
    "price_id": "int8",
    "user_id": "text",
    "session_id": "text",
    "session_path": "text",
    "session_name": "text",
    "properties": "jsonb",
    "request_bytes": "int4",
    "response_bytes": "int4",
}
_COPY = f"COPY request_staging ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
_INSERT = "INSERT INTO request SELECT * FROM request_staging ON CONFLICT DO NOTHING"


class Prepared(NamedTuple):
    """All that is stored of one event."""

    row: tuple[Any, ...]
    key: BodyKey
    bodies: Bodies
    api_key_id: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch came to: rows that were new, of the events given."""

    events: int
    rows: int


def write(events: Sequence[LogEvent]) -> Written:
    """Store a batch. Returns how many of its events were new. Raises django.db.Error: then nothing was stored."""
    prepared = [prepare(event) for event in events]
    ensure_partitions({week_of(one.key.created_at) for one in prepared})
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS request_staging (LIKE request) ON COMMIT DELETE ROWS")
        with cursor.copy(_COPY) as copy:
            copy.set_types(list(COLUMNS.values()))
            for one in prepared:
                copy.write_row(one.row)
        cursor.execute(_INSERT)
        rows = cursor.rowcount
        body_store().put(cursor, [(one.key, one.bodies) for one in prepared])
    _note_key_use(prepared)
    return Written(len(prepared), rows)


def prepare(event: LogEvent) -> Prepared:
    """Returns the row and bodies of `event`."""
    facts, request_body, response_body = _digest(event)
    created_at = EPOCH + timedelta(microseconds=event.created_at_us)
    price = None
    if facts.usage is not None:
        price = unit_prices(
            provider=event.provider,
            model=facts.response_model or facts.request_model,
            at=created_at,
            prompt_tokens=facts.usage.prompt_tokens,
        )
    row = (
        event.organization_id,
        created_at,
        event.id,
        _name(event.request_id) or str(event.id),
        event.api_key_id,
        _name(event.provider),
        _name(facts.request_model or facts.response_model) or "unknown",
        _name(facts.request_model),
        _name(facts.response_model),
        storable(event.path, MAX_URL_CHARACTERS),
        storable(event.target_url, MAX_URL_CHARACTERS),
        facts.status if facts.status is not None else event.status,
        _name(facts.error or event.error),
        event.is_stream,
        min(event.latency_ms, MAX_INT4),
        facts.time_to_first_token_ms,
        *_token_columns(facts.usage),
        cost_nanodollars(facts.usage, price) if facts.usage is not None and price is not None else None,
        price_id(price) if price is not None else None,
        _name(event.user_id or facts.user_id),
        _name(event.session_id),
        storable(event.session_path, MAX_URL_CHARACTERS),
        _name(event.session_name),
        Jsonb(
            {storable(name): storable(value) for name, value in event.properties.items()},
            dumps=msgspec.json.encode,
        ),
        min(event.request_bytes, MAX_INT4),
        min(event.response_bytes, MAX_INT4),
    )
    key = BodyKey(event.organization_id, created_at, event.id)
    return Prepared(row, key, Bodies(request_body, response_body, facts.preview), event.api_key_id)


def _digest(event: LogEvent) -> Digest:
    try:
        return digest(event)
    except Exception:
        # A body that our readers trip over is still a request that happened: keep it, without facts.
        log.exception("event not understood", event_id=str(event.id), path=event.path)
        return Digest(event.facts or Facts(), event.request_body, event.response_body)


def _token_columns(usage: Usage | None) -> tuple[int | None, ...]:
    if usage is None:
        return (None,) * 8
    return (
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.cache_write_1h_tokens,
        usage.reasoning_tokens,
        usage.prompt_audio_tokens,
        usage.completion_audio_tokens,
    )


def _name(text: str) -> str:
    return storable(text, MAX_NAME_CHARACTERS)


def _note_key_use(prepared: Sequence[Prepared]) -> None:
    used_at: dict[int, datetime] = {}
    for one in prepared:
        if one.api_key_id is not None:
            used_at[one.api_key_id] = max(used_at.get(one.api_key_id, EPOCH), one.key.created_at)
    note_api_key_use(used_at)
