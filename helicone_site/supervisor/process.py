"""Child processes that die with the supervisor, are logged, and are started again when they end."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Awaitable, Callable, Mapping, Sequence

from helicone_site.supervisor.accounts import Account
from helicone_site.supervisor.guardian import Guardian
from helicone_site.supervisor.log import Log
from helicone_site.supervisor.services import PROJECT_DIR, Service, StartError

_PR_SET_PDEATHSIG = 1
_FIRST_BACKOFF_S = 0.5
_LONGEST_BACKOFF_S = 30.0
_HEALTHY_AFTER_S = 60.0
_POLL_S = 0.02
_HURRIED_S = 1.0
# What the kernel still holds of a killed server's memory makes the next one give up: try again.
_START_ATTEMPTS = 4

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


async def run_to_end(
    argv: Sequence[str], *, account: Account | None, env: Mapping[str, str], stdin: str = ""
) -> tuple[int, str]:
    """Run a helper program as `account`. Returns its exit status, and all that it printed."""
    process = await _spawn(argv, account=account, env=env, death_signal=signal.SIGKILL, cwd="/", stdin=PIPE)
    try:
        output, _ = await process.communicate(stdin.encode("utf-8"))
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    return await process.wait(), output.decode("utf-8", "replace")


class Keeper:
    """Runs one service: its output goes to the log, and once kept, it is started again when it ends."""

    def __init__(self, service: Service, *, log: Log, guardian: Guardian) -> None:
        self.service = service
        self._log = log
        self._guardian = guardian
        self._process: asyncio.subprocess.Process | None = None
        self._pump: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._started_at = 0.0

    async def start(self) -> None:
        """Start the process, once. Raises OSError or StartError, or what `before_start` raises."""
        service = self.service
        if service.before_start:
            await service.before_start()
        env = dict(service.env) if service.own_env else {**os.environ, **service.env}
        process = await _spawn(
            service.argv,
            account=service.account,
            env=env,
            death_signal=service.death_signal,
            cwd=str(PROJECT_DIR),
            stdin=DEVNULL,
        )
        self._process = process
        self._started_at = time.monotonic()
        first, second = service.stop[0][0], service.stop[1][0]
        self._guardian.watch(process.pid, first_signal=first, second_signal=second)
        assert process.stdout is not None  # noqa: S101 - opened as a pipe
        self._pump = asyncio.create_task(
            self._log.pump(service.name, process.stdout), name=f"log of {service.name}"
        )

    async def start_until_ready(self, is_ready: Callable[[int], Awaitable[bool]]) -> None:
        """Start, and wait until `is_ready(pid)`, however long recovering from a crash takes.

        Raises StartError if the process keeps ending before that.
        """
        for attempt in range(_START_ATTEMPTS):
            await asyncio.sleep(attempt)
            await self.start()
            assert self._process is not None  # noqa: S101 - just started
            while self._process.returncode is None:
                if await is_ready(self._process.pid):
                    return
                await asyncio.sleep(_POLL_S)
            await self._ended()
        raise StartError(f"{self.service.name} does not start; its lines above say why")

    def keep(self) -> asyncio.Task[None]:
        """From now on, start the process again whenever it ends. The task ends only by `stop`."""
        self._keeping = asyncio.create_task(self._keep(), name=f"keep {self.service.name}")
        return self._keeping

    async def wait(self) -> int:
        """Wait until the started process has ended and is logged. Returns its exit status."""
        assert self._process is not None  # noqa: S101 - started before
        status = await self._process.wait()
        await self._ended()
        return status

    async def stop(self, hurry: asyncio.Event) -> None:
        """Stop the process, step by step, within the times its service allows; `hurry` shortens them."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        process = self._process
        if process is None:
            return
        ending = asyncio.create_task(process.wait(), name=f"end of {self.service.name}")
        for step, seconds in self.service.stop:
            if ending.done():
                break
            self._signal(step)
            await _wait_within(ending, seconds, hurry)
        if not ending.done():
            ending.cancel()
            self._log.write(self.service.name, f"process {process.pid} does not end; left behind")
            return
        await self._ended()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None  # noqa: S101 - `stop` looked
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)

    async def _keep(self) -> None:
        backoff_s = _FIRST_BACKOFF_S
        while True:
            if self._process is not None:
                status = await self.wait()
                if time.monotonic() - self._started_at >= _HEALTHY_AFTER_S:
                    backoff_s = _FIRST_BACKOFF_S
                self._log.write(
                    self.service.name, f"{_describe(status)}; starting it again in {backoff_s:g} s"
                )
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, _LONGEST_BACKOFF_S)
            try:
                await self.start()
            except (OSError, StartError) as error:
                self._log.write(self.service.name, f"cannot be started: {error}")

    async def _ended(self) -> None:
        """Clean up after the process: stragglers of its group, the guardian's list, its last output."""
        if self._process is None:
            return
        pid = self._process.pid
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        self._guardian.forget(pid)
        if self._pump is not None:
            # A straggler in a group of its own may hold the pipe open.
            await asyncio.wait({self._pump}, timeout=1)
            self._pump.cancel()
        self._process = None


async def _wait_within(ending: asyncio.Task[int], seconds: float, hurry: asyncio.Event) -> None:
    if hurry.is_set():
        await asyncio.wait({ending}, timeout=min(seconds, _HURRIED_S))
        return
    hurried = asyncio.create_task(hurry.wait(), name="hurry")
    await asyncio.wait({ending, hurried}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    hurried.cancel()


async def _spawn(
    argv: Sequence[str],
    *,
    account: Account | None,
    env: Mapping[str, str],
    death_signal: signal.Signals,
    cwd: str,
    stdin: int,
) -> asyncio.subprocess.Process:
    user, group, extra_groups = account.credentials() if account else (None, None, None)
    if account:
        argv = account.command(argv, death_signal=death_signal.name.removeprefix("SIG"))
    supervisor_pid = os.getpid()

    def die_with_supervisor() -> None:
        # Runs after the change of user, which would clear the death signal.
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != supervisor_pid:
                os.kill(os.getpid(), signal.SIGKILL)

    return await asyncio.create_subprocess_exec(
        *argv,
        stdin=stdin,
        stdout=PIPE,
        stderr=STDOUT,
        env=env,
        cwd=cwd,
        user=user,
        group=group,
        extra_groups=extra_groups,
        # A session of its own: Ctrl-C in the terminal is for the supervisor alone.
        start_new_session=True,
        preexec_fn=die_with_supervisor,
    )


def _describe(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"
