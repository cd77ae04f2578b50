"""An hour without workers: what piles up in the stream and, beyond its bound, in the spool, and how long it takes
to be stored afterwards, while new requests go on coming.

`python -m bench.outage`; `--rate` is the traffic in requests a second, before, during and after.
"""

import argparse
import asyncio
import time
from typing import TYPE_CHECKING

from bench.gateway import halted, started_instance
from tests.instances import Instance

if TYPE_CHECKING:
    from ingest_app.spool import Spool

HOUR_S = 3600
AT_ONCE = 500
PROBE_EVERY_S = 1.0


def main() -> None:
    """Print the table; leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=50)
    rate = parser.parse_args().rate
    with started_instance(provider_port=0, stream_mib=256) as instance:
        for figure, value in measure(instance, rate):
            print(f"{value:>14}  {figure}", flush=True)


def measure(instance: Instance, rate: int) -> list[tuple[str, str]]:
    """Returns the rows of the table."""
    # They need Django to be set up, which starting the instance did.
    from accounts_app.models import Organization
    from helicone_site.redis_client import sync_client
    from ingest_app.spool import Spool
    from ingest_app.stream import size_bytes, wake

    redis, organization_id = sync_client(), Organization.objects.get().id
    children = instance.children()
    spool = Spool(instance.data_dir / "spool")
    count = rate * HOUR_S
    # The web process would replay the spool as soon as it is there; it is a stream that stays full that is measured.
    with halted(children["worker"]), halted(children["beat"]), halted(children["web"]):
        asyncio.run(_pile_up(spool, organization_id, count))
        waiting, spooled = size_bytes(redis), spool.size().bytes
    started = time.perf_counter()
    wake()
    waits = _log_until_drained(organization_id, count)
    seconds = time.perf_counter() - started
    return [
        (f"events of an hour at {rate}/s", f"{count:,}"),
        ("of them in the stream", f"{waiting / 1e6:,.0f} MB"),
        ("of them in the spool", f"{spooled / 1e6:,.0f} MB"),
        ("drained after", f"{seconds:,.1f} s"),
        ("events/s meanwhile", f"{(count + len(waits)) / seconds:,.0f}"),
        ("longest wait of a new event for its row, meanwhile", f"{max(waits):,.1f} s"),
    ]


async def _pile_up(spool: "Spool", organization_id: int, count: int) -> None:
    """Log `count` events as a gateway does."""
    from bench.pipeline import chat_event
    from helicone_site.redis_client import async_client
    from ingest_app.event_log import EventLog

    event_log = EventLog(client=async_client(timeout_s=5), spool=spool, wake=lambda: None)
    for start in range(0, count, AT_ONCE):
        events = (chat_event(organization_id) for _ in range(min(AT_ONCE, count - start)))
        await asyncio.gather(*map(event_log.put, events))
    await event_log.close()
    assert event_log.dropped == 0


def _log_until_drained(organization_id: int, count: int) -> list[float]:
    """Log a new event each second until all are stored. Returns the seconds that each of them waited."""
    from django.db import connection

    from bench.pipeline import chat_event
    from helicone_site.redis_client import sync_client
    from ingest_app.stream import append

    sent: dict[str, float] = {}
    waits: list[float] = []
    while True:
        event = chat_event(organization_id)
        append(sync_client(), [event])
        sent[str(event.id)] = time.perf_counter()
        time.sleep(PROBE_EVERY_S)
        with connection.cursor() as cursor:
            cursor.execute("SELECT id::text FROM request WHERE id = ANY(%s::uuid[])", [list(sent)])
            waits += [time.perf_counter() - sent.pop(id) for (id,) in cursor.fetchall()]
            cursor.execute("SELECT count(*) FROM request")
            stored = int(cursor.fetchone()[0])
        if stored >= count + len(waits) and waits:
            return waits
        assert len(waits) + len(sent) < HOUR_S, f"{stored:,} of {count:,} stored after an hour"


if __name__ == "__main__":
    main()
