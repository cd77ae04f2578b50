"""Parquet, by Rust's own writer behind `arro3`: a fifth of the size of pyarrow."""

import io
import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from arro3.io import write_parquet
from django.db import connection

from requests_app.export.columns import Column, ExportedRow, Kind
from requests_app.export.text_formats import Batches, text_of

# A row group is held, packed, until it is full; of each, some 20 kB stay for the end of the file.
_GROUP_ROWS = 20_000
_GROUP_ROWS_WITH_BODIES = 1_000
_WAITING_CHUNKS = 4
_TAKEN_WITHIN_S = 1.0  # then it is looked whether anybody still reads

_TYPES = {
    Kind.TEXT: DataType.utf8(),
    Kind.BODY: DataType.utf8(),
    Kind.JSON: DataType.utf8(),
    Kind.INTEGER: DataType.int64(),
    Kind.NUMBER: DataType.float64(),
    Kind.BOOLEAN: DataType.bool(),
    Kind.TIME: DataType.timestamp("us", tz="UTC"),
}


def parquet_chunks(batches: Batches, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yields one Parquet file, packed with zstd. Properties and scores are JSON in a text column.

    The writer takes rows and gives bytes by itself, so it runs in a thread, at most a few chunks ahead of the
    reader. What `batches` raises is raised here; when the reader closes the generator, the thread ends.
    """
    writing = _Writing(batches, columns)
    try:
        yield from writing.chunks()
    finally:
        writing.stop()


class _Stopped(Exception):
    """Nobody reads any more."""


class _Writing:
    """A thread that writes; also the file that it writes to."""

    def __init__(self, batches: Batches, columns: Sequence[Column]) -> None:
        self._batches = batches
        self._columns = columns
        self._schema = Schema([Field(column.name, _TYPES[column.kind]) for column in columns])
        self._queue: queue.Queue[bytes | None] = queue.Queue(_WAITING_CHUNKS)
        self._stopped = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="write parquet", daemon=True)

    def chunks(self) -> Iterator[bytes]:
        self._thread.start()
        while (chunk := self._queue.get()) is not None:
            yield chunk
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End the thread, and wait for the page that it is reading."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def write(self, chunk: bytes) -> int:
        self._put(bytes(chunk))
        return len(chunk)

    def flush(self) -> None:
        """Nothing is held back."""

    def seek(self, *_: int) -> int:
        """The writer takes no file without it, and never calls it."""
        raise io.UnsupportedOperation

    def _run(self) -> None:
        with_bodies = any(column.kind is Kind.BODY for column in self._columns)
        try:
            write_parquet(
                RecordBatchReader.from_batches(self._schema, self._record_batches()),
                self,  # type: ignore[arg-type] # it needs no more of a file than it finds
                compression="zstd(3)",
                max_row_group_size=_GROUP_ROWS_WITH_BODIES if with_bodies else _GROUP_ROWS,
                column_dictionary_enabled={
                    column.name: False for column in self._columns if column.kind is Kind.BODY
                },
            )
        except Exception as error:
            # What the batches raised comes out of the writer as an error of its own.
            self._error = self._error or error
        finally:
            connection.close()
            if not self._stopped.is_set():
                self._put(None)

    def _record_batches(self) -> Iterator[RecordBatch]:
        try:
            for batch in self._batches:
                if self._stopped.is_set():
                    raise _Stopped
                arrays = [_array(column, batch) for column in self._columns]
                yield RecordBatch.from_arrays(arrays, schema=self._schema)
        except Exception as error:
            self._error = error
            raise

    def _put(self, chunk: bytes | None) -> None:
        while not self._stopped.is_set():
            try:
                self._queue.put(chunk, timeout=_TAKEN_WITHIN_S)
            except queue.Full:
                # A slow reader must not keep one of the pool's few connections.
                connection.close()
            else:
                return
        if chunk is not None:
            raise _Stopped


def _array(column: Column, batch: list[ExportedRow]) -> Array:
    values: list[Any] = [column.value(exported) for exported in batch]
    match column.kind:
        case Kind.BODY:
            values = [text_of(value) for value in values]
        case Kind.JSON:
            values = [msgspec.json.encode(value).decode() for value in values]
        case Kind.TIME:
            microseconds = [int(value.timestamp()) * 1_000_000 + value.microsecond for value in values]
            return Array(microseconds, DataType.int64()).cast(_TYPES[Kind.TIME])
    return Array(values, _TYPES[column.kind])
