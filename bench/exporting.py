"""`helicone-export` of a whole instance: `python -m bench.exporting` (1 M requests with bodies, kept).

For each form: requests a second, the most memory that the tool had, the size of the file; and whether the file adds up
to what the table has. Data are those of `bench.data`, in a folder for each number of rows.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bench.data import API_KEY, WEEKS, data_set, fill, set_up_django
from bench.processes import resident_mb
from helicone_site.sql import load
from tests.instances import PROJECT_DIR, Instance, bare_environment

SQL = Path(__file__).parent / "sql"
POLL_S = 0.1
RUNS = (
    ("jsonl",),
    ("jsonl", "--include-body"),
    ("csv",),
    ("parquet",),
    ("parquet", "--include-body"),
)


class Totals(NamedTuple):
    """What requests add up to."""

    requests: int = 0
    nanodollars: int = 0
    prompt_tokens: int = 0
    id_bits: int = 0


class Run(NamedTuple):
    """One export."""

    seconds: float
    peak_mb: float
    megabytes: float


def main() -> None:
    """Print the table; fail when a file does not add up."""
    parser = argparse.ArgumentParser(prog="python -m bench.exporting", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--parallel", type=int, default=4)
    arguments = parser.parse_args()
    with data_set(f"exporting-{arguments.rows}") as instance, tempfile.TemporaryDirectory() as folder:
        set_up_django(instance)
        fill(arguments.rows)
        table = _totals_of_table()
        print(f"{table.requests:,} requests in the table")
        for form, *more in RUNS:
            output = Path(folder) / f"output.{form}"
            run = export(instance, output, form, *more, "--parallel", str(arguments.parallel))
            equal = _check(output, form, table, with_bodies=bool(more))
            print(
                f"{table.requests / run.seconds:10,.0f} requests/s {run.peak_mb:8,.0f} MB at most"
                f" {run.megabytes:10,.0f} MB written  {' '.join([form, *more])}  ({equal})",
                flush=True,
            )
            output.unlink()


def export(instance: Instance, output: Path, form: str, *more: str) -> Run:
    """Returns what it took to export all of the instance into `output`. Fails when the tool does."""
    since = datetime.now(UTC) - timedelta(weeks=WEEKS + 1)
    env = bare_environment() | {"HELICONE_API_KEY": API_KEY, "HELICONE_BASE_URL": instance.url}
    argv = [sys.executable, "-m", "helicone_export", "--start-date", since.isoformat(), "--format", form]
    argv += ["--output", str(output), "--state-file", str(output.with_name("state.json")), *more]
    began = time.perf_counter()
    peak_mb = 0.0
    with subprocess.Popen(argv, env=env, cwd=PROJECT_DIR) as process:
        while process.poll() is None:
            # Of the process itself: what the kernel keeps for children counts the one that they came from.
            with suppress(FileNotFoundError, StopIteration):
                peak_mb = resident_mb(process.pid, peak=True)
            time.sleep(POLL_S)
        seconds = time.perf_counter() - began
    assert process.returncode == 0, f"the export failed with {process.returncode}"
    return Run(seconds, peak_mb, output.stat().st_size / 1e6)


def _totals_of_table() -> Totals:
    from django.db import connection

    from accounts_app.models import Organization

    with connection.cursor() as cursor:
        cursor.execute(load(SQL, "export_totals"), {"organization_id": Organization.objects.get().id})
        return Totals(*cursor.fetchone())


def _check(output: Path, form: str, table: Totals, *, with_bodies: bool) -> str:
    """Returns what was found equal. Fails unless all is."""
    if form == "csv":
        with output.open("rb") as file:
            assert sum(1 for _ in file) == table.requests + 1
        return "as many lines"
    found, previous = Totals(), None
    for row in _jsonl_rows(output) if form == "jsonl" else _parquet_rows(output):
        found = Totals(
            found.requests + 1,
            found.nanodollars + round((row["cost"] or 0) * 1e9),
            found.prompt_tokens + (row["prompt_tokens"] or 0),
            found.id_bits + int(row["helicone_id"][-8:], 16),
        )
        moment = row["request_created_at"]
        assert previous is None or moment <= previous, "the newest are not first"
        previous = moment
        if with_bodies:
            assert _has_bodies(row), f"no bodies: {row['helicone_id']}"
    assert found == table, f"the file has {found}, the table {table}"
    return "equal to the table"


def _has_bodies(row: dict[str, Any]) -> bool:
    request = row["request_body"]
    return "messages" in (json.loads(request) if isinstance(request, str) else request)


def _jsonl_rows(output: Path) -> Iterator[dict[str, Any]]:
    with output.open("rb") as file:
        for line in file:
            yield json.loads(line)


def _parquet_rows(output: Path) -> Iterator[dict[str, Any]]:
    from arro3.io import read_parquet

    names: Sequence[str] = ("cost", "prompt_tokens", "helicone_id", "request_created_at", "request_body")
    for batch in read_parquet(output):
        columns = [batch.column(name).to_pylist() for name in names]
        for values in zip(*columns, strict=True):
            yield dict(zip(names, values, strict=True))


if __name__ == "__main__":
    main()
