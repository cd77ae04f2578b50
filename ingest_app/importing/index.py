"""What has to be known before the records are gone through: joins of files, kept on disk and not in memory."""

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

_COMMIT_EVERY = 20_000


class Index:
    """Values by table and name, in a file that is gone when it is closed. What is kept last stands."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="helicone-import-")
        self._database = sqlite3.connect(Path(self._folder.name) / "index.sqlite", isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE kept (at TEXT, name TEXT, value BLOB, PRIMARY KEY (at, name)) WITHOUT ROWID;"
            "BEGIN"
        )
        self._open = 0

    def close(self) -> None:
        """Delete it."""
        self._database.close()
        self._folder.cleanup()

    def keep(self, at: str, name: str, value: bytes) -> None:
        """Keep a value."""
        self._database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (at, name, value))
        self._open += 1
        if self._open >= _COMMIT_EVERY:
            self._database.executescript("COMMIT; BEGIN")
            self._open = 0

    def get(self, at: str, name: str) -> bytes | None:
        """Returns the value, None where none is kept."""
        found = self._database.execute(
            "SELECT value FROM kept WHERE at = ? AND name = ?", (at, name)
        ).fetchone()
        return None if found is None else bytes(found[0])

    def all(self, at: str, after: str = "") -> Iterator[tuple[str, bytes]]:
        """Yields the names and values of a table, in the order of the names, after one of them."""
        found = self._database.execute(
            "SELECT name, value FROM kept WHERE at = ? AND name > ? ORDER BY name", (at, after)
        )
        for name, value in found:
            yield name, bytes(value)
