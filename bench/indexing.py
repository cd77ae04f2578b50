"""How body search keeps up with the writer (`python -m bench.indexing`): with a backlog, alone, under a steady load."""

import itertools
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.instances import Instance

BACKLOG = 20_000
RATE, SECONDS = 1_000, 30
EVERY_S = 0.1


def main() -> None:
    """Print the table; leave nothing behind."""
    with tempfile.TemporaryDirectory() as place, Instance(Path(place) / "data") as instance:
        instance.start()
        instance.wait_ready()
        os.environ.update(instance.env)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helicone_site.settings")
        import django

        django.setup()
        for figure, value in measure(instance.children()["worker"]):
            print(f"{value:>14}  {figure}", flush=True)


def measure(worker_pid: int) -> Iterator[tuple[str, str]]:
    """Yields the rows of the table. Chats of 3 KB, of no two the same, written and indexed by the one worker."""
    from bench.search_costs import chat_events
    from helicone_site.redis_client import sync_client
    from ingest_app.stream import append, length

    redis = sync_client()
    events = chat_events(BACKLOG + RATE * SECONDS)

    os.kill(worker_pid, signal.SIGSTOP)
    append(redis, list(itertools.islice(events, BACKLOG)))
    began = time.perf_counter()
    os.kill(worker_pid, signal.SIGCONT)
    while length(redis):
        time.sleep(0.01)
    draining = time.perf_counter() - began
    waiting = _waiting()
    yield f"backlog of {BACKLOG:,}: events/s written, beside indexing", f"{BACKLOG / draining:,.0f}"
    yield "… bodies/s indexed meanwhile", f"{(BACKLOG - waiting) / draining:,.0f}"
    began = time.perf_counter()
    while _waiting():
        time.sleep(0.01)
    yield "… bodies/s indexed afterwards, alone", f"{waiting / (time.perf_counter() - began):,.0f}"

    behind, unwritten = [], []
    began = time.perf_counter()
    for tick in range(int(SECONDS / EVERY_S)):
        append(redis, list(itertools.islice(events, int(RATE * EVERY_S))))
        behind.append(_waiting())
        unwritten.append(length(redis))
        time.sleep(max(0.0, began + (tick + 1) * EVERY_S - time.perf_counter()))
    seconds = time.perf_counter() - began
    yield (
        f"{RATE:,} requests/s for {SECONDS} s (made in {seconds:.0f} s): most bodies that waited",
        f"{max(behind):,}",
    )
    yield "… most entries that waited to be written", f"{max(unwritten):,}"


def _waiting() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(length(keys)) / 32, 0) FROM body_unindexed")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
