"""What the gateway takes, and what it adds: requests and streams per second on one core, milliseconds per call."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.wire import Load, cpu_s, run_clients
from tests.instances import PROJECT_DIR, Instance, free_port

SECONDS = 8.0
CONNECTIONS = 32
PATH = "/v1/chat/completions"


def measure(instance: Instance, api_key: str, provider_port: int) -> list[tuple[str, str]]:
    """Returns the rows (figure, value) of the table. The worker is halted meanwhile: two cores are too few."""
    headers = {"authorization": "Bearer sk-bench", "helicone-auth": f"Bearer {api_key}"}
    stream = {**headers, "x-bench": "stream"}
    rows: list[tuple[str, str]] = []
    with _gateway_on_one_core(instance) as (port, pid):
        for name, sent in (("requests", headers), ("streams of 61 events", stream)):
            run_clients(port, PATH, sent, connections=CONNECTIONS, seconds=1)
            cpu = cpu_s(pid)
            load = run_clients(port, PATH, sent, connections=CONNECTIONS, seconds=SECONDS)
            cpu = cpu_s(pid) - cpu
            rows += [
                (f"logged {name}/s, one gateway process, 32 connections", f"{load.per_second:,.0f}"),
                (
                    f"CPU of the gateway per {name.split()[0][:-1]}",
                    f"{cpu / len(load.latencies) * 1e6:,.0f} µs",
                ),
                (f"logged {name}/s on one core, by that CPU", f"{len(load.latencies) / cpu:,.0f}"),
            ]
            _check(load)
        rows += _added(port, provider_port, headers)
        rows.append(("memory of the gateway process", f"{_resident_mb(pid):,.0f} MB"))
    return rows


def _added(port: int, provider_port: int, headers: dict[str, str]) -> list[tuple[str, str]]:
    """The same clients at a low rate, straight and through the gateway, in turns."""
    direct, through = Load(), Load()
    for _ in range(4):
        for target, total in ((provider_port, direct), (port, through)):
            load = run_clients(target, PATH, headers, connections=2, seconds=SECONDS / 4, pause_s=0.004)
            _check(load)
            total.latencies += load.latencies
    return [
        (
            f"added to a direct call, {label} (direct {direct.percentile_ms(share):.2f} ms)",
            f"{through.percentile_ms(share) - direct.percentile_ms(share):.2f} ms",
        )
        for label, share in (("p50", 0.50), ("p99", 0.99))
    ]


@contextmanager
def _gateway_on_one_core(instance: Instance) -> Iterator[tuple[int, int]]:
    """A second web process on the instance's servers, pinned to the first core; all else keeps to the second."""
    port = free_port()
    os.sched_setaffinity(0, {1} if (os.cpu_count() or 1) > 1 else {0})
    process = subprocess.Popen(
        ["taskset", "-c", "0", sys.executable, str(PROJECT_DIR / "manage.py"), "web"],
        env={**instance.env, "PORT": str(port)},
        cwd=PROJECT_DIR,
    )
    try:
        _wait_listening(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


def _wait_listening(port: int) -> None:
    import urllib.error
    import urllib.request

    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _resident_mb(pid: int) -> float:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _check(load: Load) -> None:
    assert load.latencies, "no answers"
    assert load.bad == 0, f"{load.bad} of {len(load.latencies)} answers were not 200"
