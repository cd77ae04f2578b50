"""What retention costs: `python -m bench.retention`, or `--full` to delete 1 M rows of the 10 M of `bench.data`.

The data set is smaller by two weeks afterwards.
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.data import data_set, set_up_django
from tests.instances import Instance

if TYPE_CHECKING:
    from accounts_app.models import Organization

ROWS = 1_000_000
WEEKS = 10  # that the table is spread over
KEPT_DAYS = 30
FILL_BATCH = 200_000
# A tenth of the table goes row by row: all of one organization in the weeks that another keeps.
SHARE = 10

_REQUESTS = """
INSERT INTO request
SELECT organization_id, at, md5('row ' || n)::uuid, 'request ' || n, NULL, 'openai', 'gpt-4o', 'gpt-4o', 'gpt-4o',
       '/v1/chat/completions', 'https://api.openai.com/v1/chat/completions', 200, '', false, 840, NULL, 1200, 150,
       0, 0, 0, 0, 0, 0, 4500000, NULL, 'user ' || n %% 5000, 'session ' || n / 10, '/', '',
       jsonb_build_object('Environment', 'production', 'Feature', 'feature ' || n %% 20), 3000, 900
FROM (
    SELECT n, CASE WHEN n %% %(share)s = 0 THEN %(old)s ELSE %(kept)s END AS organization_id,
           %(start)s + n %% %(week_rows)s * %(step_us)s * interval '1 microsecond' AS at
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
) AS rows
"""
# A body of half a kilobyte, and two blobs: one of its own, one shared by the ten requests of a session.
_BODIES = """
INSERT INTO body (organization_id, created_at, id, request_body, response_body, preview, blob_ids)
SELECT organization_id, created_at, id, decode(repeat(md5(request_id), 20), 'hex'),
       decode(repeat(md5(request_id), 12), 'hex'), 'What does it cost?',
       ARRAY[md5(request_id)::uuid, md5(session_id)::uuid]
FROM request WHERE created_at >= %(start)s AND created_at < %(end)s
"""
_BLOBS = """
INSERT INTO blob (organization_id, week, id, data)
SELECT DISTINCT organization_id, %(week)s::date, blob_id, decode(repeat(md5(blob_id::text), 25), 'hex')
FROM body, unnest(blob_ids) AS blob_id WHERE created_at >= %(start)s AND created_at < %(end)s
"""


def main() -> None:
    """Print the table; leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="on the data set of 10 M rows, of which 2 M go")
    if parser.parse_args().full:
        with data_set() as instance:
            set_up_django(instance)
            _print(measure_data_set())
        return
    with tempfile.TemporaryDirectory() as place, Instance(Path(place) / "data") as instance:
        instance.start()
        instance.wait_ready()
        set_up_django(instance)
        _print(measure(instance, ROWS))


def _print(figures: list[tuple[str, str]]) -> None:
    for figure, value in figures:
        print(f"{value:>14}  {figure}", flush=True)


def measure_data_set() -> list[tuple[str, str]]:
    """Returns the rows of the table: the oldest week goes row by row, somebody else keeps some; the next at once."""
    from accounts_app.actions import create_organization
    from accounts_app.data import choose_plan
    from accounts_app.models import Organization, Plan, User
    from ingest_app.removal import week_bounds
    from ingest_app.week_drop import existing_weeks

    organization = Organization.objects.earliest("id")
    kept = create_organization(name="Kept", owner=User.objects.earliest("id"))
    oldest, next_oldest, *_ = existing_weeks()
    days = (datetime.now(UTC) - week_bounds(oldest)[1]).days
    choose_plan(organization=organization, plan=Plan.ENTERPRISE, retention_days=days)
    figures = _measure_rows(kept, oldest)
    return [*figures, *_measure_drop(next_oldest, {organization.pk})]


def measure(instance: Instance, rows: int) -> list[tuple[str, str]]:
    """Returns the rows of the table, measured in a table of `rows` requests."""
    from accounts_app.actions import create_organization
    from accounts_app.data import choose_plan
    from accounts_app.models import Plan, User
    from ingest_app.partitions import week_of

    owner = User.objects.earliest("id")
    old, kept = (create_organization(name=name, owner=owner) for name in ("Old", "Kept"))
    last_week = week_of(datetime.now(UTC) - timedelta(days=KEPT_DAYS + 7))
    for number in range(WEEKS):
        _fill(last_week - timedelta(weeks=number), number * rows // WEEKS, rows // WEEKS, old, kept)
    # A week that one organization has to itself, which it may not keep.
    alone = last_week - timedelta(weeks=WEEKS)
    _fill(alone, rows, rows // WEEKS, old, old)
    choose_plan(organization=old, plan=Plan.ENTERPRISE, retention_days=KEPT_DAYS)
    _settle(instance)
    return [
        *_measure_drop(alone, {old.pk}),
        *_measure_rows(kept, last_week),
    ]


def _settle(instance: Instance) -> None:
    """Let the disk take what filling left behind: ten weeks in ten minutes are not what retention meets."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connection.close()
    # A server that stops writes everything; to order a checkpoint takes rights that we do not have.
    instance.stop()
    os.sync()
    instance.start()
    instance.wait_ready(within_s=300)


def _measure_drop(week: date, organization_ids: set[int]) -> list[tuple[str, str]]:
    from ingest_app.week_drop import drop_week

    rows = _rows_about(f"request_{week:%Y_%m_%d}")
    started = time.perf_counter()
    assert drop_week(week, lambda organization_id, end: organization_id in organization_ids)
    return [(f"dropping a week of {rows:,} rows", f"{(time.perf_counter() - started) * 1000:,.0f} ms")]


def _measure_rows(kept: "Organization", week: date) -> list[tuple[str, str]]:
    from ingest_app.retention import apply_retention

    rows = _rows_about("request")
    waits: list[float] = []
    with _writer(kept.pk, week, waits):
        time.sleep(3)
        quiet = len(waits)
        Path("/proc/self/clear_refs").write_text("5")  # begin to measure the peak anew
        memory = _memory_kb("VmRSS")
        started = time.perf_counter()
        applied = apply_retention(datetime.now(UTC))
        seconds = time.perf_counter() - started
        grown = _memory_kb("VmHWM") - memory
    assert applied is not None
    assert applied.rows
    what = f"{applied.rows:,} of about {rows:,} rows with bodies and {applied.blobs:,} blobs"
    return [
        (f"deleting {what}", f"{seconds:,.1f} s"),
        ("its longest transaction", f"{applied.longest_s * 1000:,.0f} ms"),
        ("longest INSERT beside it", f"{max(waits[quiet:]) * 1000:,.0f} ms"),
        ("longest INSERT before", f"{max(waits[:quiet]) * 1000:,.0f} ms"),
        ("memory it took at its peak", f"{grown / 1000:,.1f} MB"),
    ]


def _rows_about(table: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(reltuples)::bigint FROM pg_class WHERE relkind = 'r' AND (oid = %(table)s::regclass OR oid IN"
            " (SELECT inhrelid FROM pg_inherits WHERE inhparent = %(table)s::regclass))",
            {"table": table},
        )
        return int(cursor.fetchone()[0])


@contextmanager
def _writer(organization_id: int, week: date, waits: list[float]) -> Iterator[None]:
    """Insert a row again and again beside what is measured, noting the seconds that each takes."""
    done = threading.Event()

    def write() -> None:
        from django.db import connection

        moment = datetime(week.year, week.month, week.day, tzinfo=UTC) + timedelta(days=6, hours=23)
        n = 10**12
        with connection.cursor() as cursor:
            while not done.wait(0.005):
                started = time.perf_counter()
                cursor.execute(_REQUESTS, _series(moment, n, 1, organization_id, organization_id))
                waits.append(time.perf_counter() - started)
                n += 1
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _fill(week: date, first: int, rows: int, old: "Organization", kept: "Organization") -> None:
    from django.db import connection

    from ingest_app.partitions import ensure_partitions
    from ingest_app.removal import week_bounds

    ensure_partitions([week])
    start, end = week_bounds(week)
    with connection.cursor() as cursor:
        for batch in range(first, first + rows, FILL_BATCH):
            size = min(FILL_BATCH, first + rows - batch)
            cursor.execute(_REQUESTS, _series(start, batch, size, old.pk, kept.pk, week_rows=rows))
        bounds = {"start": start, "end": end, "week": week}
        cursor.execute(_BODIES, bounds)
        cursor.execute(_BLOBS, bounds)
        for table in ("request", "body", "blob"):
            cursor.execute(f"VACUUM (ANALYZE) {table}_{week:%Y_%m_%d}")


def _series(
    start: datetime, first: int, size: int, old: int, kept: int, *, week_rows: int = 1
) -> dict[str, Any]:
    """Returns the parameters of `_REQUESTS`: rows `first` and following, `week_rows` of which fill a week in order."""
    return {
        "start": start,
        "first": first,
        "last": first + size - 1,
        "old": old,
        "kept": kept,
        "share": SHARE,
        "week_rows": week_rows,
        "step_us": int(timedelta(days=6, hours=20) / timedelta(microseconds=week_rows)),
    }


def _memory_kb(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(f"{name}:")))


if __name__ == "__main__":
    main()
