"""What the rollups cost for each event, beside what the writer does: a part of `bench.metrics`."""

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from bench.metrics_data import MODEL_SKEW, MODELS, PROPERTIES, USERS, value_of
from bench.processes import cpu_s

if TYPE_CHECKING:
    from ingest_app.events import LogEvent

BATCHES, EVENTS = 40, 500
NARROW = "gpt-4o-mini"  # the model that the bodies of `bench.wire` name


def costs(organization_id: int) -> Iterator[tuple[str, str]]:
    """Yields figures and their names; writes events like those of the data set, made now, and folds them in."""
    from ingest_app.rollups import fold_organization
    from ingest_app.stream import StreamEntry
    from ingest_app.writer import Batch, write

    fold_organization(organization_id, datetime.now(UTC))
    chosen = random.Random(1)
    batches = [[_event(organization_id, chosen) for _ in range(EVENTS)] for _ in range(BATCHES)]
    entries = [
        StreamEntry(f"{time.time_ns() // 1_000_000}-{uuid4().int >> 80}".encode(), events)
        for events in batches
    ]
    write(Batch([entries.pop()]))

    def write_all() -> None:
        for entry in entries:
            write(Batch([entry]))

    count = len(entries) * EVENTS
    written = _used(write_all)
    folded = _used(lambda: fold_organization(organization_id, datetime.now(UTC)))
    for name, (seconds, processors) in (("writing", written), ("folding into the rollups", folded)):
        yield f"{name}, an event", f"{seconds / count * 1e6:,.0f} µs"
        yield f"{name}, an event: CPU of us and of PostgreSQL", f"{processors / count * 1e6:,.0f} µs"
    yield "folding, against writing (CPU)", f"{folded[1] / written[1]:.0%}"


def _event(organization_id: int, chosen: random.Random) -> "LogEvent":
    from msgspec.structs import replace

    from bench.pipeline import event_of
    from bench.wire import plain_answer, request_body

    weights = [n**-MODEL_SKEW for n in range(1, len(MODELS) + 1)]
    model = chosen.choices(MODELS, weights)[0]
    bodies = [body.replace(NARROW.encode(), model.name.encode()) for body in (request_body(), plain_answer())]
    return replace(
        event_of(organization_id, *bodies),
        provider=model.provider,
        user_id=f"user-{1 + int(USERS * chosen.random() ** 4)}",
        properties={
            one.name: value_of(one, 1 + int(one.number * chosen.random() ** one.skew))
            for one in PROPERTIES
            if chosen.random() < one.share
        },
    )


def _used(work: Callable[[], object]) -> tuple[float, float]:
    """Returns the seconds that pass, and those of CPU that this process and its PostgreSQL backend use."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        processes = [os.getpid(), cursor.fetchone()[0]]
    used, began = sum(map(cpu_s, processes)), time.perf_counter()
    work()
    return time.perf_counter() - began, sum(map(cpu_s, processes)) - used
