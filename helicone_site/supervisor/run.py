"""The supervisor: everything in order, up and down."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time

from helicone_site import datadir
from helicone_site.datadir import DataDirError
from helicone_site.supervisor import postgres, valkey
from helicone_site.supervisor.accounts import Account, NoUsableAccountError, server_account
from helicone_site.supervisor.guardian import Guardian
from helicone_site.supervisor.log import Log
from helicone_site.supervisor.process import Keeper
from helicone_site.supervisor.services import Service, StartError, project_services, setup_service

_OWN_NAME = "helicone"
_POLL_S = 0.03
_PROBE_WITHIN_S = 5.0
_SLOW_AFTER_S = 30.0
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not bound


def require_free_port(host: str, port: int) -> None:
    """Raises StartError if the product could not listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the web server does: a port whose last connections are just closing is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        raise StartError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; "
            "stop the program that does, or set PORT or HOST"
        ) from error


def run(*, host: str, port: int) -> None:
    """Run everything until SIGINT, SIGTERM or SIGHUP; the data directory is open already.

    Raises StartError or DataDirError if it cannot start; all that was started is stopped then.
    """
    asyncio.run(_Supervisor(host, port).run())


class _Supervisor:
    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._begun_at = time.monotonic()
        self._project = project_services()
        names = (_OWN_NAME, "postgres", "valkey", "setup", *(service.name for service in self._project))
        self._log = Log(sys.stdout.buffer, names)
        self._guardian = Guardian()
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        # In the order of their start.
        self._servers: list[Keeper] = []
        self._processes: list[Keeper] = []
        self._fsync: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        starting = asyncio.create_task(self._start(), name="start")
        starting.add_done_callback(self._on_task_end)
        try:
            await self._stopping.wait()
        finally:
            starting.cancel()
            await asyncio.wait({starting})
            await self._stop()
        if self._failure:
            raise self._failure

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            self._hurry.set()
            return
        self._log.write(_OWN_NAME, "stopping")
        self._stopping.set()

    def _on_task_end(self, task: asyncio.Task[None]) -> None:
        """A task that fails takes everything down, rather than leave something unattended."""
        if not task.cancelled() and task.exception() and not self._failure:
            self._failure = task.exception()
            self._stopping.set()

    async def _start(self) -> None:
        await self._start_servers()
        await self._run_setup()
        for service in self._project:
            keeper = self._keeper(service)
            self._processes.append(keeper)
            await keeper.start()
            self._keep(keeper)
        await self._wait_until_ready()

    async def _start_servers(self) -> None:
        own_postgres, own_valkey = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
        if own_postgres:
            postgres.require_same_major()
        if not own_postgres and not own_valkey:
            return
        account = _account(own_postgres=own_postgres, own_valkey=own_valkey)
        if account:
            account.take(datadir.run_dir())
        try:
            async with asyncio.TaskGroup() as group:
                if own_valkey:
                    group.create_task(self._start_valkey(account), name="start valkey")
                if own_postgres:
                    group.create_task(self._start_postgres(account), name="start postgres")
        except* (StartError, DataDirError, OSError) as failed:
            # The first is enough: the other start was called off because of it.
            raise failed.exceptions[0] from None

    async def _start_postgres(self, account: Account | None) -> None:
        await postgres.create_cluster(account)
        keeper = self._keeper(postgres.service(account))
        self._servers.append(keeper)
        await keeper.start_until_ready(postgres.is_ready)
        self._keep(keeper)

    async def _start_valkey(self, account: Account | None) -> None:
        keeper = self._keeper(valkey.service(account))
        self._servers.append(keeper)
        await keeper.start_until_ready(valkey.is_ready)
        self._keep(keeper)
        self._fsync = asyncio.create_task(valkey.keep_on_disk(), name="valkey on disk")
        self._fsync.add_done_callback(self._on_task_end)

    async def _run_setup(self) -> None:
        keeper = self._keeper(setup_service())
        self._processes.append(keeper)
        await keeper.start()
        if status := await keeper.wait():
            raise StartError(f"the set-up step failed with status {status}; its lines above say why")
        self._processes.remove(keeper)

    async def _wait_until_ready(self) -> None:
        host = _ANY_ADDRESS.get(self._host, self._host)
        slow_at = time.monotonic() + _SLOW_AFTER_S
        while not await _answers_ready(host, self._port):
            await asyncio.sleep(_POLL_S)
            if time.monotonic() >= slow_at:
                self._log.write(_OWN_NAME, "not ready yet: GET /readyz does not answer 200")
                slow_at = time.monotonic() + _SLOW_AFTER_S
        shown = f"[{host}]" if ":" in host else host
        seconds = time.monotonic() - self._begun_at
        self._log.write(_OWN_NAME, f"ready on http://{shown}:{self._port} after {seconds:.1f} s")

    async def _stop(self) -> None:
        for keeper in self._processes:
            await keeper.stop(self._hurry)
        for keeper in sorted(self._servers, key=lambda keeper: keeper.service.name, reverse=True):
            await keeper.stop(self._hurry)
        if self._fsync:
            self._fsync.cancel()
        self._guardian.close()
        if datadir.run_dir().parent != datadir.data_dir():
            with contextlib.suppress(OSError):
                datadir.run_dir().rmdir()
        if not self._failure:
            self._log.write(_OWN_NAME, "stopped")

    def _keeper(self, service: Service) -> Keeper:
        return Keeper(service, log=self._log, guardian=self._guardian)

    def _keep(self, keeper: Keeper) -> None:
        keeper.keep().add_done_callback(self._on_task_end)


def _account(*, own_postgres: bool, own_valkey: bool) -> Account | None:
    needed = [datadir.data_dir(), datadir.run_dir().parent]
    if own_postgres:
        needed.append(postgres.binaries())
    if own_valkey:
        needed.append(valkey.binary().parent)
    try:
        return server_account([datadir.postgres_dir(), datadir.valkey_dir()], needed)
    except NoUsableAccountError as error:
        raise StartError(str(error)) from error


async def _answers_ready(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_PROBE_WITHIN_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
