"""Opening the files of an import: what they are is seen by their first bytes, and not by their names."""

import gzip
import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import zstandard
from arro3.io import read_parquet

from ingest_app.importing.records import Place, Reader, Record, Unusable
from ingest_app.importing.row import Row
from ingest_app.importing.text_records import csv_rows, json_lines, json_values

STDIN = "-"
_GZIP, _ZSTD, _PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
_BOM = b"\xef\xbb\xbf"
_BUFFER_BYTES = 1 << 20
_LOOK_BYTES = 1 << 16
_PARQUET_ROWS = 512


class File:
    """One file, or standard input, opened and unpacked. Close it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._stack = ExitStack()
        raw: Any = sys.stdin.buffer  # a BufferedReader, as all that `open` gives
        try:
            if path != STDIN:
                raw = self._stack.enter_context(Path(path).open("rb"))  # noqa: SIM115 - closed by `__exit__`
        except OSError as error:
            raise Unusable(f"{path}: {error.strerror or error}") from error
        self._raw = raw
        self._size = 0 if path == STDIN else os.fstat(raw.fileno()).st_size
        self._start = self._raw.peek(4)[:4]
        self._unpacked = self._unpack()
        self._is_packed = self._unpacked is not raw

    def __enter__(self) -> "File":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def records(self, start: Place) -> Iterator[Record]:
        """Yields the records after `start`. Raises Unusable, OSError."""
        if self._start == _PARQUET:
            yield from self._parquet_rows(start)
            return
        try:
            yield from self._reader()(self, start)
        except (EOFError, OSError, zstandard.ZstdError) as error:
            if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
                raise
            raise Unusable(f"{self.path} cannot be unpacked to its end: {error}") from error

    def share(self) -> float:
        """Returns how much of the file was read, from 0 to 1; 0 for standard input."""
        return min(self._raw.tell() / self._size, 1.0) if self._size else 0.0

    @property
    def size_bytes(self) -> int:
        """Returns the size of the file as it lies there, 0 for standard input."""
        return self._size

    def read(self, size: int, /) -> bytes:
        return bytes(self._unpacked.read(size))

    def readline(self, size: int, /) -> bytes:
        return bytes(self._unpacked.readline(size))

    def skip(self, count: int) -> None:
        if count and not self._is_packed and self.path != STDIN:
            self._unpacked.seek(count)
            return
        while count > 0 and (piece := self._unpacked.read(min(count, _BUFFER_BYTES))):
            count -= len(piece)

    def _unpack(self) -> Any:
        if self._start.startswith(_GZIP):
            return io.BufferedReader(gzip.GzipFile(fileobj=self._raw), _BUFFER_BYTES)
        if self._start == _ZSTD:
            unpacked = zstandard.ZstdDecompressor().stream_reader(
                self._raw, read_across_frames=True, closefd=False
            )
            return io.BufferedReader(unpacked, _BUFFER_BYTES)
        return self._raw

    def _reader(self) -> Reader:
        start = self._unpacked.peek(_LOOK_BYTES)[:_LOOK_BYTES].removeprefix(_BOM).lstrip()
        if start[:1] == b"[":
            return json_values
        if start[:1] == b"{":
            # Objects that are laid out over several lines have nothing but the brace on the first.
            return json_values if start[1:].lstrip(b" \t\r")[:1] == b"\n" else json_lines
        return csv_rows

    def _parquet_rows(self, start: Place) -> Iterator[Record]:
        if self.path == STDIN:
            raise Unusable("Parquet cannot be read from standard input: name the file")
        try:
            batches = read_parquet(Path(self.path), batch_size=_PARQUET_ROWS)
            number = 0
            for batch in batches:
                if number + batch.num_rows <= start.number:
                    number += batch.num_rows
                    continue
                columns: list[list[Any]] = [column.to_pylist() for column in batch.columns]
                row_bytes = batch.nbytes // max(batch.num_rows, 1)
                for values in zip(*columns, strict=True):
                    number += 1
                    if number > start.number:
                        row = Row(dict(zip(batch.column_names, values, strict=True)), row_bytes)
                        yield Record(row, Place(number), f"row {number}")
        except Exception as error:  # of a kind of its own
            raise Unusable(f"{self.path}: {error}") from error
