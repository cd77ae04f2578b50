"""Parquet, by way of one small file for each stretch of rows, which are put together in the end."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import msgspec
from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from arro3.io import read_parquet, write_parquet

from helicone_export.errors import UsageError
from helicone_export.rows import NULL, Row, fields_of, text_of
from helicone_export.text_files import STDOUT
from helicone_export.times import EPOCH, parse

_PART_ROWS = 20_000
_PART_BYTES = 32_000_000  # of rows that wait in memory
_SAFE_EVERY_S = 10.0
_GROUP_ROWS = 20_000
_GROUP_ROWS_WITH_BODIES = 1_000


class _Kind(Enum):
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    JSON = "json"  # anything, as the text of its JSON


_TYPES = {
    _Kind.TEXT: DataType.utf8(),
    _Kind.INTEGER: DataType.int64(),
    _Kind.NUMBER: DataType.float64(),
    _Kind.BOOLEAN: DataType.bool(),
    _Kind.TIME: DataType.timestamp("us", tz="UTC"),
    _Kind.JSON: DataType.utf8(),
}
_COLUMNS = {
    "request_id": _Kind.TEXT,
    "helicone_id": _Kind.TEXT,
    "response_id": _Kind.TEXT,
    "request_created_at": _Kind.TIME,
    "response_created_at": _Kind.TIME,
    "updated_at": _Kind.TIME,
    "response_status": _Kind.INTEGER,
    "provider": _Kind.TEXT,
    "model": _Kind.TEXT,
    "request_model": _Kind.TEXT,
    "response_model": _Kind.TEXT,
    "model_override": _Kind.TEXT,
    "request_path": _Kind.TEXT,
    "target_url": _Kind.TEXT,
    "delay_ms": _Kind.INTEGER,
    "time_to_first_token": _Kind.INTEGER,
    "prompt_tokens": _Kind.INTEGER,
    "completion_tokens": _Kind.INTEGER,
    "total_tokens": _Kind.INTEGER,
    "prompt_cache_read_tokens": _Kind.INTEGER,
    "prompt_cache_write_tokens": _Kind.INTEGER,
    "prompt_audio_tokens": _Kind.INTEGER,
    "completion_audio_tokens": _Kind.INTEGER,
    "reasoning_tokens": _Kind.INTEGER,
    "cost": _Kind.NUMBER,
    "costUSD": _Kind.NUMBER,
    "request_user_id": _Kind.TEXT,
    "helicone_user": _Kind.TEXT,
    "country_code": _Kind.TEXT,
    "prompt_id": _Kind.TEXT,
    "prompt_version": _Kind.TEXT,
    "request_referrer": _Kind.TEXT,
    "cache_enabled": _Kind.BOOLEAN,
    "cache_reference_id": _Kind.TEXT,
    "storage_location": _Kind.TEXT,
    "signed_body_url": _Kind.TEXT,
    "request_properties": _Kind.JSON,
    "properties": _Kind.JSON,
    "scores": _Kind.JSON,
    "request_body": _Kind.JSON,
    "response_body": _Kind.JSON,
}
_REST = "more"  # every other field of a row, so that nothing is left behind
_BODIES = ("request_body", "response_body")
_SCHEMA = Schema(
    [Field(name, _TYPES[kind]) for name, kind in _COLUMNS.items()] + [Field(_REST, DataType.utf8())]
)


class ParquetFile:
    """A Parquet file in the making. It is at its place when all rows are in it, not before."""

    def __init__(self, path: Path, parts: int | None, *, with_bodies: bool) -> None:
        """Begin a file, or go on with one of which so many parts are done. Raises OSError, UsageError."""
        self._path = path
        self._folder = path.with_name(
            f"{path.name if path != STDOUT else f'helicone-export-{os.getpid()}'}.parts"
        )
        self._group_rows = _GROUP_ROWS_WITH_BODIES if with_bodies else _GROUP_ROWS
        self._parts = parts or 0
        self._batches: list[RecordBatch] = []
        self._rows = self._bytes = 0
        self._is_whole = False
        self._safe_at = time.monotonic()
        if parts is None:
            shutil.rmtree(self._folder, ignore_errors=True)
        elif not all(self._part(number).exists() for number in range(parts)):
            raise UsageError(f"Parts are gone from {self._folder}: --clean-state starts anew")
        self._folder.mkdir(exist_ok=True)

    @property
    def is_due(self) -> bool:
        """Whether it is time to make safe what was written."""
        waited_s = time.monotonic() - self._safe_at
        return self._rows >= _PART_ROWS or self._bytes >= _PART_BYTES or waited_s >= _SAFE_EVERY_S

    def write(self, rows: list[Row]) -> None:
        """Append the rows."""
        if rows:
            self._batches.append(_batch(rows))
            self._rows += len(rows)
            self._bytes += sum(len(row.json) for row in rows)

    def make_safe(self) -> int:
        """Close a part, which outlives a crash then. Returns how many there are. Raises OSError."""
        if self._batches:
            self._store(
                RecordBatchReader.from_batches(_SCHEMA, self._batches), self._part(self._parts), "zstd(1)"
            )
            self._parts += 1
            self._batches, self._rows, self._bytes = [], 0, 0
        self._safe_at = time.monotonic()
        return self._parts

    def finish(self) -> None:
        """Put the parts together, and the file at its place. Raises OSError."""
        self.make_safe()
        whole = self._folder / "whole.parquet"
        self._store(RecordBatchReader.from_batches(_SCHEMA, self._stored_batches()), whole, "zstd(3)")
        if self._path == STDOUT:
            with whole.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            whole.replace(self._path)
        self._is_whole = True

    def close(self) -> None:
        """Remove the parts once they are of no more use, which is also when nobody can go on with them."""
        if self._is_whole or self._path == STDOUT:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _part(self, number: int) -> Path:
        return self._folder / f"{number:06}.parquet"

    def _stored_batches(self) -> Iterator[RecordBatch]:
        for number in range(self._parts):
            yield from read_parquet(self._part(number))

    def _store(self, batches: RecordBatchReader, path: Path, compression: str) -> None:
        with path.open("wb") as file:
            write_parquet(
                batches,
                file,
                compression=compression,
                max_row_group_size=self._group_rows,
                column_dictionary_enabled=dict.fromkeys(_BODIES, False),
            )
            file.flush()
            os.fsync(file.fileno())


def _batch(rows: list[Row]) -> RecordBatch:
    columns: dict[str, list[Any]] = {name: [] for name in (*_COLUMNS, _REST)}
    for row in rows:
        fields = fields_of(row)
        for name, kind in _COLUMNS.items():
            try:
                value = _VALUES[kind](fields.get(name, NULL))
            except (ValueError, TypeError, msgspec.ValidationError):
                value = None  # not of the kind that it should be: it goes with the rest
            else:
                fields.pop(name, None)
            columns[name].append(value)
        columns[_REST].append(msgspec.json.encode(fields).decode() if fields else None)
    return RecordBatch.from_arrays([_array(name, values) for name, values in columns.items()], schema=_SCHEMA)


def _array(name: str, values: list[Any]) -> Array:
    kind = _COLUMNS.get(name, _Kind.JSON)
    if kind is _Kind.TIME:
        return Array(values, DataType.int64()).cast(_TYPES[kind])
    return Array(values, _TYPES[kind])


def _json(raw: msgspec.Raw) -> str | None:
    text = bytes(raw).decode()
    return None if text == "null" else text


def _time(raw: msgspec.Raw) -> int | None:
    text = text_of(raw)
    if not text:
        return None
    since = parse(text) - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


_integer = msgspec.json.Decoder(Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | None).decode
_VALUES: dict[_Kind, Callable[[msgspec.Raw], Any]] = {
    _Kind.TEXT: text_of,
    _Kind.INTEGER: lambda raw: _integer(bytes(raw)),
    _Kind.NUMBER: lambda raw: msgspec.json.decode(bytes(raw), type=float | None),
    _Kind.BOOLEAN: lambda raw: msgspec.json.decode(bytes(raw), type=bool | None),
    _Kind.TIME: _time,
    _Kind.JSON: _json,
}
