"""Servers of an earlier run that outlived their supervisor.

Whoever holds the lock of the data directory knows that no other supervisor runs servers on it. So a
server that still does is left over, and has to end before a second one touches the same files; and
a pid file whose process is no such server is stale, whatever process has that pid now.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

_POLL_S = 0.05
_POLITE_S = 15.0
_RUDE_S = 8.0


async def stop_survivors(*, program: str, directory: Path, pid_file: Path, polite: signal.Signals) -> None:
    """Stop every process named `program` that works in `directory`, then remove a stale `pid_file`.

    The process of the pid file gets the signal `polite` and time to end cleanly; then all get
    SIGQUIT, then SIGKILL.
    """
    leader = _read_pid(pid_file)
    if leader in _survivors(program, directory, leader):
        _send(leader, polite)
        await _wait(program, directory, leader, _POLITE_S)
    for number in (signal.SIGQUIT, signal.SIGKILL):
        for pid in _survivors(program, directory, leader):
            _send(pid, number)
        await _wait(program, directory, leader, _RUDE_S)
    if not _survivors(program, directory, leader):
        pid_file.unlink(missing_ok=True)


async def _wait(program: str, directory: Path, leader: int, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while _survivors(program, directory, leader):
                await asyncio.sleep(_POLL_S)


def _read_pid(pid_file: Path) -> int:
    """Returns 0 for a file that is absent or broken."""
    try:
        return int(pid_file.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _survivors(program: str, directory: Path, leader: int) -> set[int]:
    if sys.platform != "linux":
        return {leader} if leader and _command_mentions(leader, program, directory) else set()
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return {pid for pid in pids if _works_in(pid, program, directory)}


def _works_in(pid: int, program: str, directory: Path) -> bool:
    # By name as well: an administrator's shell may stand in the same directory.
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
        return name == program and Path(os.readlink(f"/proc/{pid}/cwd")) == directory
    except OSError:
        return False


def _command_mentions(pid: int, program: str, directory: Path) -> bool:
    listed = subprocess.run(
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return program in listed.stdout and str(directory) in listed.stdout


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
