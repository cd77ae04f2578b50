"""What is done to the product. Each fault undoes itself, and ends when what it broke is there again."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import psycopg
import redis
from redis.exceptions import RedisError

from chaos.load import Load
from chaos.product import Product
from helicone_site import datadir

_BACK_WITHIN_S = 90.0
_POLL_S = 0.05
# The gateways look every 2 s whether Valkey takes events again.
_NOTICED_AFTER_S = 5.0


class NotBack(Exception):
    """The product did not recover in time. The message says what is missing."""


class Fault(Protocol):
    """`strike` breaks something and mends it. A fault that is `alone` does not mix with others."""

    alone: ClassVar[bool]

    async def strike(self, product: Product, load: Load) -> None:
        """Do it, undo it. Raises NotBack."""


@dataclass(frozen=True)
class Kill:
    """SIGKILL of one process. Undone by whoever keeps it running."""

    name: str
    alone: ClassVar[bool] = False

    async def strike(self, product: Product, load: Load) -> None:
        """Kill it, and wait for another in its place. Raises NotBack."""
        pid = await _running(product, self.name)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await _until(
            lambda: product.pid(self.name) not in {None, pid},
            f"{self.name} is not started again after a kill",
        )


@dataclass(frozen=True)
class Freeze:
    """SIGSTOP of one process: it holds its connections, and does late what it was told before. Undone by SIGCONT."""

    name: str
    seconds: float
    alone: ClassVar[bool] = False

    async def strike(self, product: Product, load: Load) -> None:
        """Freeze it for a while. Raises NotBack."""
        pid = await _running(product, self.name)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(self.seconds)
            finally:
                os.kill(pid, signal.SIGCONT)


@dataclass(frozen=True)
class KillSupervisor:
    """SIGKILL of `manage.py up`, with which all its processes go. Undone by starting another one."""

    alone: ClassVar[bool] = True

    async def strike(self, product: Product, load: Load) -> None:
        """Kill it and start it. Raises NotBack."""
        try:
            await asyncio.to_thread(product.restart_supervisor)
        except AssertionError as error:
            raise NotBack(f"the supervisor does not start again: {error}") from error


@dataclass(frozen=True)
class ValkeyFull:
    """Valkey out of memory: `maxmemory` below what it uses. Undone by setting it back."""

    seconds: float
    alone: ClassVar[bool] = False

    async def strike(self, product: Product, load: Load) -> None:
        """Have it refuse writes for a while. Raises NotBack."""
        await _limit_memory(1)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            await _limit_memory(0)


@dataclass(frozen=True)
class PostgresRefuses:
    """PostgreSQL ends all connections and takes none (`ALLOW_CONNECTIONS false`). Undone by allowing them."""

    seconds: float
    alone: ClassVar[bool] = False

    async def strike(self, product: Product, load: Load) -> None:
        """Have it refuse connections for a while. Raises NotBack."""
        await asyncio.to_thread(_retried, lambda: _allow_connections(False))
        try:
            await asyncio.sleep(self.seconds)
        finally:
            await asyncio.to_thread(_retried, lambda: _allow_connections(True))


@dataclass(frozen=True)
class ReadOnlySpool:
    """The spool's disk turns read-only while events wait there: delivered, they cannot be removed.

    Root mounts the directory on itself, read-only, and unmounts it afterwards; anyone else takes the right to
    write from the directory and gives it back. The clients pause until Valkey is known to take events: with both
    Valkey and the disk refusing there is no place for an event, and the product says so.
    """

    seconds: float
    alone: ClassVar[bool] = True

    async def strike(self, product: Product, load: Load) -> None:
        """Fill the spool, make it read-only for a while. Raises NotBack."""
        spool = product.data_dir / "spool"
        try:
            await _limit_memory(1)
            try:
                await _until(lambda: any(spool.glob("*.spool")), "no gateway spools although Valkey is full")
                await load.pause()
                _make_read_only(spool)
            finally:
                await _limit_memory(0)
            await asyncio.sleep(_NOTICED_AFTER_S)
            load.resume()
            await asyncio.sleep(self.seconds)
        finally:
            load.resume()
            _make_writable(spool)


def every_fault(*, refusal_s: float) -> list[Fault]:
    """Returns one of each kind. PostgreSQL refuses connections for `refusal_s`."""
    names = ("web", "web-2", "worker", "worker-2", "beat", "valkey", "postgres")
    return [
        *(Kill(name) for name in names),
        Freeze("valkey", 3),
        Freeze("worker", 5),
        Freeze("web", 2),
        KillSupervisor(),
        ValkeyFull(6),
        PostgresRefuses(refusal_s),
        ReadOnlySpool(5),
    ]


async def _running(product: Product, name: str) -> int:
    await _until(lambda: product.pid(name) is not None, f"{name} is not running")
    return product.pid(name) or 0


async def _until(condition: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + _BACK_WITHIN_S
    while not condition():
        if time.monotonic() > deadline:
            raise NotBack(f"{otherwise} within {_BACK_WITHIN_S:g} s")
        await asyncio.sleep(_POLL_S)


def _limit_memory(limit: int) -> Awaitable[None]:
    """Set Valkey's limit in bytes; 0 is none. Another fault may keep it from answering, so it is asked again."""

    def configure() -> None:
        with redis.Redis.from_url(datadir.embedded_redis_url(), socket_timeout=2) as client:
            client.config_set("maxmemory", limit)

    return asyncio.to_thread(_retried, configure)


def _allow_connections(allowed: bool) -> None:
    # From another database: nobody may close the one they are in.
    url = datadir.embedded_database_url().replace(f"/{datadir.DATABASE_NAME}?", "/postgres?")
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(
            "ALTER DATABASE helicone ALLOW_CONNECTIONS true"
            if allowed
            else "ALTER DATABASE helicone ALLOW_CONNECTIONS false"
        )
        if not allowed:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'helicone'"
            )


def _retried(action: Callable[[], None]) -> None:
    deadline = time.monotonic() + _BACK_WITHIN_S
    while True:
        try:
            action()
            return
        except (RedisError, psycopg.Error, OSError) as error:
            if time.monotonic() > deadline:
                raise NotBack(f"a server does not answer: {error}") from error
            time.sleep(_POLL_S)


def _make_read_only(directory: Path) -> None:
    if os.geteuid() != 0:
        directory.chmod(0o500)
        return
    place = str(directory)
    try:
        for arguments in (["--bind", place, place], ["-o", "remount,bind,ro", place]):
            subprocess.run(["mount", *arguments], check=True)  # noqa: S603, S607 - the system's own
    except subprocess.CalledProcessError:
        print("           mounting is not allowed here: the spool stays writable", flush=True)


def _make_writable(directory: Path) -> None:
    if os.geteuid() != 0:
        with suppress(FileNotFoundError):
            directory.chmod(0o700)
        return
    # Lazy, since a gateway may be reading there; and there is nothing to unmount where mounting is not allowed.
    arguments = ["umount", "--lazy", "--quiet", str(directory)]
    subprocess.run(arguments, check=False)  # noqa: S603 - the system's own
