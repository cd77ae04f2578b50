"""A second pair of eyes: stops what the supervisor leaves behind when it is killed.

The kernel's death signals reach only direct children, exist only on Linux, and may be ignored by a
busy process. So a small process reads from a pipe which processes there are; when the pipe ends
without their having been taken off the list, the supervisor is gone, and it stops them.

Run as a script, isolated, hence with no imports from the project.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

_POLL_S = 0.05
# PostgreSQL told to quit at once kills its own children after 5 s; it must live that long.
_QUIT_AFTER_S = 4.0
_KILL_AFTER_S = 10.0


@dataclass(frozen=True)
class _Watched:
    first_signal: int
    second_signal: int


class Guardian:
    """The supervisor's end of the pipe. Starts the guardian process, and again if that was killed."""

    def __init__(self) -> None:
        self._watched: dict[int, _Watched] = {}
        self._process = _start()

    def watch(self, pid: int, *, first_signal: int, second_signal: int) -> None:
        """Have the process group `pid` stopped if the supervisor dies: politely, then after 4 s rudely."""
        self._watched[pid] = _Watched(first_signal, second_signal)
        self._tell(pid)

    def forget(self, pid: int) -> None:
        """The process group `pid` has ended."""
        self._watched.pop(pid, None)
        self._tell(pid)

    def close(self) -> None:
        """End the guardian process. What is still watched gets stopped."""
        try:
            self._process.communicate(timeout=_KILL_AFTER_S + 1)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _tell(self, pid: int) -> None:
        if not self._write(self._message(pid)):
            self._process.wait()
            self._process = _start()
            self._write("".join(map(self._message, self._watched)))

    def _message(self, pid: int) -> str:
        watched = self._watched.get(pid)
        return f"{pid} {watched.first_signal} {watched.second_signal}\n" if watched else f"{pid}\n"

    def _write(self, message: str) -> bool:
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe
        try:
            self._process.stdin.write(message.encode("ascii"))
            self._process.stdin.flush()
        except BrokenPipeError:
            return False
        return True


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__],
        stdin=subprocess.PIPE,
        # Not the supervisor's: whoever reads its output must see the end of it.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd="/",
        start_new_session=True,
    )


def _main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    watched: dict[int, _Watched] = {}
    for line in sys.stdin:
        pid, *signals = map(int, line.split())
        if signals:
            watched[pid] = _Watched(*signals)
        else:
            watched.pop(pid, None)
    _stop(watched)


def _stop(watched: dict[int, _Watched]) -> None:
    started_at = time.monotonic()
    for pid, process in watched.items():
        _signal(os.kill, pid, process.first_signal)
    while watched and time.monotonic() - started_at < _QUIT_AFTER_S:
        watched = {pid: process for pid, process in watched.items() if _signal(os.killpg, pid, 0)}
        time.sleep(_POLL_S)
    for pid, process in watched.items():
        _signal(os.killpg, pid, process.second_signal)
    while watched and time.monotonic() - started_at < _KILL_AFTER_S:
        watched = {pid: process for pid, process in watched.items() if _signal(os.killpg, pid, 0)}
        time.sleep(_POLL_S)
    for pid in watched:
        _signal(os.killpg, pid, signal.SIGKILL)


def _signal(send: Callable[[int, int], None], pid: int, number: int) -> bool:
    """Returns whether there was a process to `send` the signal to."""
    try:
        send(pid, number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    _main()
