"""Throw-away instances of the whole product: a real `manage.py up`, with its own data directory and port."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from helicone_site.supervisor.accounts import Account, server_account

PROJECT_DIR = Path(__file__).resolve().parent.parent
_POLL_S = 0.05
# How each process is told by its command line.
_MARKS = {
    "web": "manage.py web",
    "worker": "helicone_site worker",
    "beat": "helicone_site beat",
    "postgres": "/bin/postgres ",
    "valkey": "/valkey-server ",
    "guardian": "guardian.py",
}


class Instance:
    """One `manage.py up`. As a context manager it is stopped at the end, killed if that takes too long.

    `env` is added to an environment without any of the product's own variables. `user` is the account
    to run as instead of the present one.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        env: Mapping[str, str] | None = None,
        user: Account | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = bare_environment() | {"HELICONE_DATA_DIR": str(data_dir), "PORT": str(self.port)}
        self.env |= env or {}
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        # Files in memory, since a pipe would have to be emptied all the time.
        self._output = os.memfd_create("output")
        self._errors = os.memfd_create("errors")

    def __enter__(self) -> "Instance":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()

    @property
    def pid(self) -> int:
        """The supervisor's."""
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """What it has printed on stdout since the last start."""
        return _read(self._output)

    @property
    def errors(self) -> str:
        """What it has printed on stderr since the last start."""
        return _read(self._errors)

    def start(self) -> None:
        """Start the supervisor, in the background."""
        argv = [sys.executable, str(PROJECT_DIR / "manage.py"), "up"]
        user, group, extra_groups = self._user.credentials() if self._user else (None, None, None)
        for file in (self._output, self._errors):
            os.ftruncate(file, 0)
            os.lseek(file, 0, os.SEEK_SET)
        self._process = subprocess.Popen(
            self._user.command(argv) if self._user else argv,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._errors,
            env=self.env,
            cwd="/",
            user=user,
            group=group,
            extra_groups=extra_groups,
        )

    def wait_ready(self, *, within_s: float = 60) -> None:
        """Wait for the line that says it is ready. Fails with all output if that does not come."""
        wait_until(lambda: " ready on " in self.output or self._ended(), within_s=within_s)
        assert " ready on " in self.output, self._everything("not ready")

    def get(self, path: str) -> int:
        """Returns the status of GET `path`, or 0 when nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code
        except OSError:
            return 0

    def wait_exit(self, *, within_s: float = 30) -> int:
        """Returns the supervisor's exit status. Fails with all output if it does not end."""
        assert self._process is not None
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(self._everything("does not end")) from None

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it with a signal. Returns the exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        try:
            return self.wait_exit()
        except AssertionError:
            self.kill()
            raise

    def kill(self) -> None:
        """Kill the supervisor alone, as the kernel's out-of-memory killer would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def children(self) -> dict[str, int]:
        """The pids of the supervisor's processes that run now, by name."""
        found: dict[str, int] = {}
        for pid in _pids():
            line = _command_line(pid)
            if _parent(pid) == self.pid:
                found |= {name: pid for name, mark in _MARKS.items() if mark in line}
        return found

    def processes(self) -> dict[int, str]:
        """The command lines of all processes that work for this instance, whoever their parent is, by pid."""
        place = os.fsencode(self.data_dir)
        return {pid: _command_line(pid) for pid in _pids() if _works_for(pid, place)}

    def _ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _everything(self, what: str) -> str:
        return f"{what}; stdout:\n{self.output}\nstderr:\n{self.errors}"


def free_port() -> int:
    """A port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def normal_user() -> Account | None:
    """An account without root's powers to run an instance as; None when the tests have no such powers."""
    return server_account([], [Path(sys.executable).resolve().parent, PROJECT_DIR])


def wait_until(condition: Callable[[], bool], *, within_s: float) -> bool:
    """Poll `condition` until it is true. Returns whether it became so in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _read(file: int) -> str:
    """All that was written to `file` so far, without moving the position that the writers share."""
    return os.pread(file, os.fstat(file).st_size, 0).decode("utf-8", "replace")


def bare_environment() -> dict[str, str]:
    """Returns this process's environment without the product's own variables."""
    ours = ("HELICONE_", "PORT", "HOST", "DATABASE_URL", "REDIS_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _proc(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _command_line(pid: int) -> str:
    return _proc(pid, "cmdline").replace(b"\0", b" ").decode("utf-8", "replace")


def _parent(pid: int) -> int:
    # The name, in brackets, may hold anything; the parent is the second field behind it.
    fields = _proc(pid, "stat").rpartition(b")")[2].split()
    return int(fields[1]) if fields else 0


def _works_for(pid: int, place: bytes) -> bool:
    try:
        directory = os.fsencode(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        directory = b""
    return any(place in text for text in (directory, _proc(pid, "cmdline"), _proc(pid, "environ")))
