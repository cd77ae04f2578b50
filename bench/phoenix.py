"""Spans stored by Arize Phoenix and by us, the same posts in one run: `python -m bench.phoenix`.

Phoenix writes to a schema of its own in the same PostgreSQL. It is installed on first use, under HELICONE_BENCH_DIR.
"""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db import connection
from psycopg import sql

from bench.gateway import API_KEY, halted, started_instance
from bench.otlp import BATCH, post, send_all
from bench.peers import folder_filled
from tests.instances import free_port
from tests.otlp import PROTOBUF

PHOENIX_VERSION = "20.26.1"
OUR_SPANS, PHOENIX_SPANS = 30_000, 5_000
SCHEMA = "phoenix"
READY_WITHIN_S = 180


def main() -> None:
    """Print the table; leave nothing behind."""
    with started_instance(free_port()) as instance:
        headers = {"Authorization": f"Bearer {API_KEY}"}
        ours = _stored_per_s("us", instance.port, headers, OUR_SPANS, "request")
        children = instance.children()
        with (
            halted(children["web"], children["worker"], children["beat"]),
            tempfile.TemporaryDirectory() as place,
            _phoenix(Path(place)) as port,
        ):
            theirs = _stored_per_s(f"Phoenix {PHOENIX_VERSION}", port, {}, PHOENIX_SPANS, f"{SCHEMA}.spans")
        print(f"{ours / theirs:>14.0f}  times as many by us")


def _stored_per_s(name: str, port: int, headers: dict[str, str], spans: int, table: str) -> float:
    posts = [post(BATCH, PROTOBUF, packed=True) for _ in range(spans // BATCH)]
    count = len(posts) * BATCH
    wanted, started = _rows(table) + count, time.perf_counter()
    send_all(port, posts, {**headers, "Content-Type": PROTOBUF, "Content-Encoding": "gzip"})
    taken = time.perf_counter() - started
    while _rows(table) < wanted:
        time.sleep(0.05)
        assert time.perf_counter() - started < 600, f"{_rows(table):,} of {wanted:,} spans were stored"
    stored = time.perf_counter() - started
    print(f"{count / taken:>14,.0f}  spans/s taken by {name}", flush=True)
    print(f"{count / stored:>14,.0f}  spans/s stored by {name}", flush=True)
    return count / stored


@contextmanager
def _phoenix(place: Path) -> Iterator[int]:
    home = folder_filled(f"phoenix-{PHOENIX_VERSION}", _install)
    port, settings = free_port(), connection.settings_dict
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    account = f"{settings['USER']}:{quote(settings['PASSWORD'], safe='')}"
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "PHOENIX_WORKING_DIR": str(place),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
        "PHOENIX_SQL_DATABASE_URL": f"postgresql://{account}@/{settings['NAME']}?host={settings['HOST']}",
        "PHOENIX_SQL_DATABASE_SCHEMA": SCHEMA,
    }
    with (
        (place / "phoenix.log").open("wb") as output,
        subprocess.Popen(
            [home / "bin/phoenix", "serve"], env=env, cwd=place, stdout=output, stderr=output
        ) as process,
    ):
        try:
            _wait_ready(port, process, place / "phoenix.log")
            yield port
        finally:
            process.terminate()


def _wait_ready(port: int, process: "subprocess.Popen[bytes]", output: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            client.request("GET", "/healthz")
            if client.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"Phoenix does not answer:\n{output.read_text()[-2000:]}")


def _install(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    wanted = [f"arize-phoenix=={PHOENIX_VERSION}", "asyncpg", "psycopg[binary]"]
    subprocess.run([folder / "bin/pip", "install", "--quiet", *wanted], check=True)


def _rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split("."))))
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
