"""Files of text: JSONL, JSON and CSV."""

import os
import stat
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from helicone_export.errors import UsageError
from helicone_export.rows import NULL, Fields, Row, fields_of, text_of

STDOUT = Path("-")
_SAFE_EVERY_S = 1.0  # what a crash may cost; each time the disk is waited for


class TextFile(ABC):
    """A file to which rows are written: what its forms have in common. `head` and `tail` are around the rows."""

    head = b""
    tail = b""

    def __init__(self, path: Path, size: int | None) -> None:
        """Begin a file, or go on with one of which the first `size` bytes are right. Raises OSError, UsageError."""
        self._file = _open(path, size)
        # A pipe, which may also be in the place of a file, can't be waited for.
        self._is_regular = stat.S_ISREG(os.fstat(self._file.fileno()).st_mode)
        self._is_stdout = path == STDOUT
        self._size = size or 0
        self._safe_at = time.monotonic()
        if size is None:
            self._put(self.head)

    @abstractmethod
    def encoded(self, rows: list[Row], *, is_first: bool) -> bytes:
        """Returns the rows as they stand in the file."""

    @property
    def is_due(self) -> bool:
        """Whether it is time to make safe what was written."""
        return time.monotonic() - self._safe_at >= _SAFE_EVERY_S

    def write(self, rows: list[Row]) -> None:
        """Append the rows. Raises OSError."""
        if rows:
            self._put(self.encoded(rows, is_first=self._size == len(self.head)))

    def make_safe(self) -> int:
        """Wait until all that was written would outlive a crash. Returns the size in bytes. Raises OSError."""
        self._file.flush()
        if self._is_regular:
            os.fsync(self._file.fileno())
        self._safe_at = time.monotonic()
        return self._size

    def finish(self) -> None:
        """Write the end. Raises OSError."""
        self._put(self.tail)
        self.make_safe()

    def close(self) -> None:
        """Let go of the file."""
        if not self._is_stdout:
            self._file.close()

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._size += len(data)


class JsonLines(TextFile):
    """A request on each line."""

    def encoded(self, rows: list[Row], *, is_first: bool) -> bytes:
        """Returns the rows as the server gave them."""
        return b"".join(row.json + b"\n" for row in rows)


class JsonArray(TextFile):
    """One array of requests, each on its line."""

    head = b"[\n"
    tail = b"\n]\n"

    def encoded(self, rows: list[Row], *, is_first: bool) -> bytes:
        """Returns the rows, with a comma before all but the first of the file."""
        return (b"" if is_first else b",\n") + b",\n".join(row.json for row in rows)


_Cell = Callable[[Fields], str | None]

# A spreadsheet takes a cell that begins so for a formula, whoever wrote it (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def _as_it_is(name: str) -> _Cell:
    return lambda fields: text_of(fields.get(name, NULL))


def _harmless(name: str) -> _Cell:
    def cell(fields: Fields) -> str | None:
        text = text_of(fields.get(name, NULL))
        return f"'{text}" if text is not None and text.startswith(_FORMULA_STARTS) else text

    return cell


def _json(name: str) -> _Cell:
    def cell(fields: Fields) -> str | None:
        text = bytes(fields.get(name, NULL)).decode()
        return None if text == "null" else text

    return cell


_COLUMNS: dict[str, _Cell] = {
    "response_id": _harmless("response_id"),
    "response_created_at": _as_it_is("response_created_at"),
    "response_status": _as_it_is("response_status"),
    "request_created_at": _as_it_is("request_created_at"),
    "request_body": _json("request_body"),
    "request_properties": _json("request_properties"),
    "request_user_id": _harmless("request_user_id"),
    "model": _harmless("model"),
    "prompt_tokens": _as_it_is("prompt_tokens"),
    "completion_tokens": _as_it_is("completion_tokens"),
    # Helicone's tool looks for a field of this name, which no row has, and leaves the column empty.
    "latency": _as_it_is("delay_ms"),
    "cost": _as_it_is("cost"),
}


class Csv(TextFile):
    """The columns of Helicone's own tool."""

    head = ",".join(_COLUMNS).encode() + b"\n"

    def encoded(self, rows: list[Row], *, is_first: bool) -> bytes:
        """Returns a line for each row, all values quoted but those that are null."""
        return "".join(_csv_line(fields_of(row)) for row in rows).encode()


def _csv_line(fields: Fields) -> str:
    return ",".join(_quoted(cell(fields)) for cell in _COLUMNS.values()) + "\n"


def _quoted(text: str | None) -> str:
    return "" if text is None else '"{}"'.format(text.replace('"', '""'))


def _open(path: Path, size: int | None) -> BinaryIO:
    if path == STDOUT:
        return sys.stdout.buffer
    if size is None:
        return path.open("wb")
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        raise UsageError(f"{path} is gone: --clean-state starts anew") from None
    if file.seek(0, os.SEEK_END) < size:
        file.close()
        raise UsageError(f"{path} is shorter than it was: --clean-state starts anew")
    file.truncate(size)
    file.seek(size)
    return file
