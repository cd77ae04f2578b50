"""How fast `manage.py import` brings in a file: requests a second until all are committed, and what it takes.

`python -m bench.importing`: rows as Helicone's export tool writes them, with bodies of 3 KB, no two the same, and a
month of times, into an instance of its own on embedded servers.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import msgspec

from bench.processes import cpu_s
from tests.instances import PROJECT_DIR, Instance

ROWS = 100_000
DAYS = 28
WORDS_IN_BODY = 200  # of six letters each: 1.4 KB


def main() -> None:
    """Print the table; leave nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m bench.importing", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    env = {"HELICONE_INIT_EMAIL": "bench@example.com", "HELICONE_INIT_PASSWORD": "bench-bench-bench"}
    with tempfile.TemporaryDirectory() as place, Instance(Path(place) / "data", env=env) as instance:
        path = Path(place) / "rows.jsonl"
        with path.open("wb") as file:
            file.writelines(helicone_rows(rows))
        instance.start()
        instance.wait_ready()
        os.environ.update(instance.env)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helicone_site.settings")
        import django

        django.setup()
        for figure, value in measure(path, rows, instance.children()["worker"]):
            print(f"{value:>14}  {figure}", flush=True)


def measure(path: Path, rows: int, worker_pid: int) -> Iterator[tuple[str, str]]:
    """Yields the rows of the table."""
    size = path.stat().st_size
    for run in ("the first time", "a second time, when all is there"):
        worker = cpu_s(worker_pid)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "manage.py", "import", "helicone", str(path), "--quiet"],
            cwd=PROJECT_DIR,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        yield f"requests/s, {run} ({rows:,} of {size / rows / 1e3:.1f} KB)", f"{rows / seconds:,.0f}"
        yield "… CPU of the import per request", f"{own / rows * 1e6:,.0f} µs"
        yield "… CPU of the worker per request", f"{(cpu_s(worker_pid) - worker) / rows * 1e6:,.0f} µs"
        yield "… most memory of the import", f"{after.ru_maxrss / 1e3:,.0f} MB"
    assert _stored() == rows, f"{_stored()} of {rows} are stored"


def helicone_rows(count: int) -> Iterator[bytes]:
    """Yields lines of an export with bodies, oldest first, which end now."""
    chosen = random.Random(1)
    words = ["".join(letters) for letters in product(*["bdfgklmnprstv", "aeiou"] * 3)]
    now = datetime.now(UTC)
    for number in range(count):
        at = now - timedelta(days=DAYS) * (1 - number / count)
        yield msgspec.json.encode(_row(number, at, chosen, words)) + b"\n"


def _row(number: int, at: datetime, chosen: random.Random, words: list[str]) -> dict[str, object]:
    asked, said = (" ".join(chosen.choices(words, k=WORDS_IN_BODY)) for _ in range(2))
    usage = {"prompt_tokens": 310, "completion_tokens": 280, "total_tokens": 590}
    properties = {"Environment": "production", "Feature": f"feature-{number % 20}"}
    return {
        "request_id": f"{chosen.getrandbits(128):032x}",
        "response_id": f"{chosen.getrandbits(128):032x}",
        "request_created_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "response_created_at": (at + timedelta(milliseconds=840)).isoformat(),
        "request_body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": asked}]},
        "response_body": {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
            ],
            "usage": usage,
        },
        "response_status": 200,
        "request_path": "https://api.openai.com/v1/chat/completions",
        "target_url": "https://api.openai.com/v1/chat/completions",
        "request_model": "gpt-4o-mini",
        "response_model": "gpt-4o-mini-2024-07-18",
        "model": "gpt-4o-mini",
        "provider": "OPENAI",
        "delay_ms": 840,
        "time_to_first_token": None,
        **usage,
        "cost": 0.0002145,
        "request_user_id": f"user-{number % 500}",
        "request_properties": properties,
        "properties": properties,
        "scores": {},
        "cache_reference_id": "00000000-0000-0000-0000-000000000000",
    }


def _stored() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM request")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
