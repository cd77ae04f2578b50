"""The data directory: where it is, who holds it, and the secrets kept in it.

Standard library only, and nothing from Django: settings read it, and `manage.py up` opens it before
there are settings to read.
"""

import fcntl
import functools
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

DATABASE_NAME = "helicone"
DATABASE_USER = "helicone"
# PostgreSQL names its socket file after the port, even when it listens on no port.
POSTGRES_PORT = 5432

# The kernel takes 107 bytes (103 on macOS) for the path of a unix socket.
_LONGEST_SOCKET_PATH_BYTES = 99
_FIRST_START_FREE_MB = 300
_LATER_START_FREE_MB = 100

_LOCK_FILE = "lock"
_SECRET_KEY_FILE = "secret_key"  # noqa: S105 - a file name, as are the next two
_POSTGRES_PASSWORD_FILE = "postgres_password"  # noqa: S105
_VALKEY_PASSWORD_FILE = "valkey_password"  # noqa: S105


class DataDirError(Exception):
    """The data directory cannot be used. The message is one line for the operator: what, and what to do."""


def data_dir() -> Path:
    """The absolute path of the data directory, which may not exist yet: HELICONE_DATA_DIR or ./data."""
    return Path(os.environ.get("HELICONE_DATA_DIR") or "data").expanduser().resolve()


def postgres_dir() -> Path:
    """Where the embedded PostgreSQL cluster lives."""
    return data_dir() / "postgres"


def valkey_dir() -> Path:
    """Where the embedded Valkey keeps its configuration and its append-only file."""
    return data_dir() / "valkey"


def run_dir() -> Path:
    """The directory of the unix sockets: `run` in the data directory, or a short one if that is too long."""
    inside = data_dir() / "run"
    longest = len(os.fsencode(inside / _postgres_socket_name()))
    # A comma separates hosts in a PostgreSQL URL, percent-encoded or not.
    if longest <= _LONGEST_SOCKET_PATH_BYTES and "," not in str(inside):
        return inside
    name = hashlib.sha256(os.fsencode(data_dir())).hexdigest()[:16]
    return Path(tempfile.gettempdir()).resolve() / f"helicone-{name}"


def valkey_socket() -> Path:
    """The unix socket of the embedded Valkey."""
    return run_dir() / "valkey.sock"


def embedded_database_url() -> str:
    """The URL of the embedded PostgreSQL; without a password while the data directory is not made yet."""
    password = postgres_password()
    account = f"{DATABASE_USER}:{password}" if password else DATABASE_USER
    return f"postgresql://{account}@/{DATABASE_NAME}?host={quote(str(run_dir()), safe='')}"


def embedded_redis_url() -> str:
    """The URL of the embedded Valkey, as redis-py takes it; without a password while there is none yet."""
    password = valkey_password()
    account = f":{password}@" if password else ""
    return f"unix://{account}{quote(str(valkey_socket()))}"


def postgres_password() -> str:
    """The password of the embedded PostgreSQL, or "" while there is none yet."""
    return _read_secret(_POSTGRES_PASSWORD_FILE)


def valkey_password() -> str:
    """The password of the embedded Valkey, or "" while there is none yet."""
    return _read_secret(_VALKEY_PASSWORD_FILE)


def secret_key() -> str:
    """The signing and master encryption key: HELICONE_SECRET_KEY, else the generated one, else ""."""
    return os.environ.get("HELICONE_SECRET_KEY") or _read_secret(_SECRET_KEY_FILE)


@functools.cache
def open_data_dir() -> Path:
    """Make the data directory if need be, lock it for the life of this process, and make its secrets.

    Returns its path. A second call changes nothing. Raises DataDirError if another supervisor holds
    the lock, if the directory cannot be written or is about to be full, or if a secret got lost.
    """
    path = data_dir()
    try:
        if not path.is_dir():
            path.mkdir(parents=True)
            # The servers that root starts run as someone else, who must get through to their own part.
            path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        _require_free_space(path)
        _lock(path)
        _make_secrets(path)
        _make_run_dir(run_dir())
    except OSError as error:
        raise DataDirError(f"cannot use the data directory {path}: {_reason(error)}") from error
    return path


def _postgres_socket_name() -> str:
    return f".s.PGSQL.{POSTGRES_PORT}"


def _read_secret(name: str) -> str:
    try:
        return (data_dir() / name).read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _reason(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{reason} ({error.filename})" if error.filename else reason


def _require_free_space(path: Path) -> None:
    creates_cluster = not os.environ.get("DATABASE_URL") and not (path / "postgres" / "PG_VERSION").exists()
    needed_mb = _FIRST_START_FREE_MB if creates_cluster else _LATER_START_FREE_MB
    free_mb = shutil.disk_usage(path).free // 1_000_000
    if free_mb < needed_mb:
        raise DataDirError(
            f"the disk of the data directory {path} is nearly full: {free_mb} MB free, "
            f"{needed_mb} MB needed to start; free some space or set HELICONE_DATA_DIR"
        )


def _lock(path: Path) -> None:
    # Never closed: the kernel lets go of the lock when the process ends, however it ends.
    lock = os.open(path / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 32).decode("ascii", "replace").strip()
        raise DataDirError(
            f"the data directory {path} is in use by another supervisor (pid {holder or 'unknown'}); "
            "stop that one first or set HELICONE_DATA_DIR"
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode("ascii"), 0)


def _make_secrets(path: Path) -> None:
    has_cluster = (path / "postgres" / "PG_VERSION").exists()
    _make_secret(path / _POSTGRES_PASSWORD_FILE, replaceable=not has_cluster)
    # Written into Valkey's configuration at each start, so that a new one will do.
    _make_secret(path / _VALKEY_PASSWORD_FILE, replaceable=True)
    if not os.environ.get("HELICONE_SECRET_KEY"):
        _make_secret(path / _SECRET_KEY_FILE, replaceable=not has_cluster)


def _make_secret(path: Path, *, replaceable: bool) -> None:
    if path.exists():
        return
    if not replaceable:
        alternative = " or set HELICONE_SECRET_KEY" if path.name == _SECRET_KEY_FILE else ""
        raise DataDirError(
            f"{path} is missing, and the database beside it needs the one it was made with; "
            f"restore that file from a backup{alternative}"
        )
    # Renamed when complete: a full disk must not leave an empty secret behind.
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(descriptor)
    unfinished.rename(path)


def _make_run_dir(path: Path) -> None:
    """Make the socket directory; the one below the temporary directory may be a trap laid by another user."""
    if len(os.fsencode(path / _postgres_socket_name())) > _LONGEST_SOCKET_PATH_BYTES:
        raise DataDirError(f"{path} is too long for a unix socket; set HELICONE_DATA_DIR or TMPDIR shorter")
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        trusted = os.geteuid() in (0, found.st_uid)
        if not stat.S_ISDIR(found.st_mode) or not trusted:
            raise DataDirError(f"{path} is not a directory of this user; remove it") from None
        path.chmod(0o700)
