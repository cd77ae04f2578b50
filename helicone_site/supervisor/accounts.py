"""Who the embedded servers run as. PostgreSQL refuses root, and Valkey needs none of its powers either."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# The narrower one first; containers usually have only the second.
_CAPABILITIES = ("dac_read_search", "dac_override")


class NoUsableAccountError(Exception):
    """Started by root, and no other account can reach the servers' files. The message is one line."""


@dataclass(frozen=True)
class Account:
    """An unprivileged account, and the capability it needs to get through directories closed to it."""

    name: str
    uid: int
    gid: int
    capability: str = ""

    def command(self, argv: Sequence[str], *, death_signal: str = "KILL") -> list[str]:
        """The command line that runs `argv` as this account, when root runs it with `credentials`."""
        if not self.capability:
            return list(argv)
        return [
            "setpriv",
            *("--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups"),
            *(f"--inh-caps=+{self.capability}", f"--ambient-caps=+{self.capability}"),
            # Without it, access(2), by which PostgreSQL looks for its own programs, disregards the capability.
            *("--securebits", "+no_setuid_fixup"),
            *("--pdeathsig", death_signal, "--"),
            *argv,
        ]

    def credentials(self) -> tuple[int | None, int | None, list[int] | None]:
        """The user, group and extra groups to switch to before `command` is executed; None to stay."""
        return (None, None, None) if self.capability else (self.uid, self.gid, [])

    def take(self, path: Path) -> None:
        """Give `path` and all below it to this account, unless it has them already."""
        if path.lstat().st_uid == self.uid:
            return
        for directory, _, files in os.walk(path, topdown=False):
            for name in files:
                os.chown(os.path.join(directory, name), self.uid, self.gid, follow_symlinks=False)
            # Last, so that an interrupted walk is seen by the check above and done again.
            os.chown(directory, self.uid, self.gid, follow_symlinks=False)


def server_account(owned: Sequence[Path], reachable: Sequence[Path]) -> Account | None:
    """The account for the embedded servers, or None for the present one, which is not root.

    It is the first non-root owner of the directories `owned`, as far as they exist, else `postgres`
    or `nobody`. `reachable` are directories that it must be able to enter. Parent directories
    are never opened up for it. Raises NoUsableAccountError.
    """
    if os.geteuid() != 0:
        return None
    uid, gid = _owner(owned) or _unprivileged()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid {uid}"
    closed: Path | None = None
    for capability in ("", *_CAPABILITIES):
        if capability and not shutil.which("setpriv"):
            break
        account = Account(name, uid, gid, capability)
        closed = next((path for path in reachable if not _can_enter(account, path)), None)
        if closed is None:
            return account
    raise NoUsableAccountError(
        f"PostgreSQL does not run as root, and the user '{name}' cannot reach {closed}; "
        "start as a normal user, move it out of the closed directory, or set DATABASE_URL and REDIS_URL"
    )


def _owner(paths: Sequence[Path]) -> tuple[int, int] | None:
    found = (path.stat() for path in paths if path.exists())
    return next(((status.st_uid, status.st_gid) for status in found if status.st_uid != 0), None)


def _unprivileged() -> tuple[int, int]:
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return account.pw_uid, account.pw_gid
    raise NoUsableAccountError(
        "PostgreSQL does not run as root, and there is neither a user 'postgres' nor 'nobody'; "
        "start as a normal user, or set DATABASE_URL and REDIS_URL"
    )


def _can_enter(account: Account, directory: Path) -> bool:
    # Tried rather than worked out from modes: access lists and capabilities have a say as well.
    user, group, extra_groups = account.credentials()
    tried = subprocess.run(
        account.command(["/bin/sh", "-c", 'cd "$1"', "sh", str(directory)]),
        user=user,
        group=group,
        extra_groups=extra_groups,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return tried.returncode == 0
