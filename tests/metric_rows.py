"""Requests of a given time written straight through the writer, bodies left out, for tests of what they add up to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from ingest_app.events import Facts, LogEvent, Usage, uuid7
from ingest_app.stream import StreamEntry
from ingest_app.writer import EPOCH, Batch, write


def model_call(
    organization_id: int,
    moment: datetime,
    *,
    model: str = "gpt-4o",
    usage: Usage | None = None,
    first_ms: int | None = None,
    **changes: Any,
) -> LogEvent:
    """Returns a call of `model` that began at `moment`, which need not be near now."""
    at_us = (moment - EPOCH) // timedelta(microseconds=1)
    fields: dict[str, Any] = {"provider": "openai", "path": "/v1/chat/completions", "latency_ms": 100}
    return LogEvent(
        id=uuid7(at_us),
        organization_id=organization_id,
        created_at_us=at_us,
        keeps_time=True,
        facts=Facts(usage=usage, request_model=model, time_to_first_token_ms=first_ms),
        omit_request=True,
        omit_response=True,
        **{"status": 200, **fields, **changes},
    )


def write_all(events: Sequence[LogEvent]) -> None:
    """Store `events` in one transaction, as one entry of the stream."""
    write(Batch([StreamEntry(f"{uuid4().int >> 84}-{uuid4().int >> 84}".encode(), list(events))]))
