"""Processes of a measurement: which core each keeps to, when it answers, what it has used.

What is measured has the first core alone; providers, clients and servers share the second. On a machine of one
core all share it.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.wire import request_body
from tests.instances import PROJECT_DIR, free_port, wait_until

ALL_CORES = frozenset(range(os.cpu_count() or 1))
MEASURED_CORE = frozenset({0})
OTHER_CORE = frozenset({1}) & ALL_CORES or MEASURED_CORE
PATH = "/v1/chat/completions"


class NotAnswering(Exception):
    """A server ended, or gave no good answer in time. The message ends with the last that it wrote."""


def keep_to(cores: frozenset[int], pid: int = 0) -> None:
    """Let all threads of the process, by default of this one, and what they start later, run on `cores` only."""
    try:
        for thread in os.listdir(f"/proc/{pid or 'self'}/task"):
            os.sched_setaffinity(int(thread), cores)
    except (FileNotFoundError, ProcessLookupError):
        return  # it has ended


@contextmanager
def provider(serve: str = "serve_provider", module: str = "bench.wire") -> Iterator[int]:
    """Yields the port of a fake provider, `module.serve(port)`, in a process of its own on the other core."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", f"from {module} import {serve}; {serve}({port})"], cwd=PROJECT_DIR
    )
    try:
        keep_to(OTHER_CORE, process.pid)
        wait_until(lambda: _listens(port), within_s=30)
        yield port
    finally:
        process.kill()
        process.wait()


@contextmanager
def on_measured_core(
    argv: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, output: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Yields a running process that has the first core alone; what it writes goes to the file `output`."""
    with output.open("wb") as file:
        process = subprocess.Popen(
            ["taskset", "-c", "0", *argv],
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_answering(
    port: int,
    headers: Mapping[str, str],
    process: subprocess.Popen[bytes],
    output: Path,
    *,
    within_s: float = 120,
) -> None:
    """Call until the answer is 200. Raises NotAnswering."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            answer(port, headers)
            return
        except (NotAnswering, OSError, http.client.HTTPException) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                *_, last = output.read_text("utf-8", "replace").split("\n\n")
                raise NotAnswering(f"{error}: {last.strip()[-300:]}") from error
        time.sleep(0.1)


def answer(port: int, headers: Mapping[str, str], *, streamed: bool = False) -> bytes:
    """Returns the body of the answer to the request that all measurements send.

    Raises NotAnswering unless its status is 200.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            "POST", PATH, request_body(streamed=streamed), {"content-type": "application/json", **headers}
        )
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise NotAnswering(f"status {response.status}: {body[:200]!r}")
    return body


def cpu_s(pid: int) -> float:
    """Returns the seconds of CPU, user and system, that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int, *, peak: bool = False) -> float:
    """Returns the memory that the process has in RAM now, or the most that it ever had, in MB."""
    name = "VmHWM:" if peak else "VmRSS:"
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
