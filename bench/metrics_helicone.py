"""Helicone's side of `bench.metrics`: a table shaped as its own, in the engine of ClickHouse (`chdb`).

The engine is installed on first use, under HELICONE_BENCH_DIR, and runs in a process of its own (`metrics_chdb`).
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.peers import bench_folder, folder_filled
from helicone_site.sql import load

CHDB_VERSION, ENGINE_VERSION = "4.4.0", "26.9.0"
SQL = Path(__file__).parent / "sql"
TABLE = "bench.request_response_rmt"
ORGANIZATION = "00000000-0000-0000-0000-000000000001"


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a statement, and the milliseconds that each run of it took."""

    rows: list[list[Any]]
    milliseconds: Sequence[float]


class Engine:
    """ClickHouse's engine, over one connection."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, statement: str, *, times: int = 1) -> Answer:
        """Returns the answer of the last of `times` runs. Raises RuntimeError with what ClickHouse says."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"sql": statement, "times": times}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"error": "the engine ended"}')
        if "error" in answer:
            raise RuntimeError(f"{answer['error']}\n{statement}")
        return Answer(answer["rows"], answer["milliseconds"])


@contextmanager
def filled_engine(name: str, organization_id: int) -> Iterator[Engine]:
    """Yields the engine with the organization's requests, which are given to it once and kept in the folder `name`."""
    folder = bench_folder(name)
    filled = folder / "filled"
    if not filled.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with _engine(folder / "clickhouse") as engine:
        if not filled.exists():
            _fill(engine, organization_id, folder / "requests.csv")
            filled.touch()
        yield engine


@contextmanager
def _engine(folder: Path) -> Iterator[Engine]:
    home = folder_filled(f"chdb-{CHDB_VERSION}", _install)
    with subprocess.Popen(
        [home / "bin/python", Path(__file__).with_name("metrics_chdb.py"), folder],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "TZ": "UTC"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Engine(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def _install(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    wanted = [f"chdb=={CHDB_VERSION}", f"chdb-core=={ENGINE_VERSION}"]
    subprocess.run([folder / "bin/pip", "install", "--quiet", *wanted], check=True)


def _fill(engine: Engine, organization_id: int, file: Path) -> None:
    engine.ask("CREATE DATABASE IF NOT EXISTS bench")
    engine.ask(load(SQL, "metrics_helicone_table"))
    began = time.perf_counter()
    for since in _months(organization_id):
        _export(organization_id, since, _month_after(since), file)
        engine.ask(load(SQL, "metrics_helicone_insert").format(path=file))
    file.unlink()
    # As parts are that had time to be merged.
    engine.ask(f"OPTIMIZE TABLE {TABLE} FINAL")
    [[count]] = engine.ask(f"SELECT count() FROM {TABLE}").rows  # noqa: S608 - a constant
    print(f"{int(count):,} requests given to ClickHouse's engine in {time.perf_counter() - began:.0f} s")


def _months(organization_id: int) -> Iterator[datetime]:
    from requests_app.models import Request

    requests = Request.objects.filter(organization_id=organization_id).order_by("created_at")
    first, last = requests.first(), requests.last()
    assert first is not None and last is not None
    month = datetime(first.created_at.year, first.created_at.month, 1, tzinfo=UTC)
    while month <= last.created_at:
        yield month
        month = _month_after(month)


def _month_after(month: datetime) -> datetime:
    return (month + timedelta(days=32)).replace(day=1)


def _export(organization_id: int, since: datetime, until: datetime, file: Path) -> None:
    from django.db import connection

    period = {"organization_id": organization_id, "since": since, "until": until}
    with (
        file.open("wb") as output,
        connection.cursor() as cursor,
        cursor.copy(load(SQL, "metrics_export"), period) as rows,
    ):
        for block in rows:
            output.write(block)
