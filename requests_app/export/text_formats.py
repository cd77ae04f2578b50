"""The text forms of an export: CSV and JSONL."""

import csv
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from requests_app.body_value import json_or_text
from requests_app.export.columns import Column, ExportedRow, Kind

Batches = Iterable[list[ExportedRow]]

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()
# A spreadsheet takes a cell that begins so for a formula, whoever wrote it (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_GZIP_WBITS = 31
_GZIP_LEVEL = 3  # half the time of the default, for a tenth more bytes


def csv_chunks(batches: Batches, columns: Sequence[Column], *, with_bom: bool = False) -> Iterator[bytes]:
    """Yields CSV (RFC 4180) with a line of names, one chunk for each batch.

    Properties and scores are JSON in one cell. Text that a spreadsheet would take for a formula gets an apostrophe
    before it: the other formats keep every text as it was.
    """
    if with_bom:
        yield _BOM
    yield _csv_lines([[cell_text(column.name) for column in columns]])
    for batch in batches:
        yield _csv_lines([[_cell(column, exported) for column in columns] for exported in batch])


def jsonl_chunks(batches: Batches, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yields one JSON object a line, one chunk for each batch. A body is JSON where it is JSON, else text."""
    encoder = msgspec.json.Encoder()
    for batch in batches:
        yield b"".join(_json_line(encoder, columns, exported) for exported in batch)


def gzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yields `chunks` as one gzip file."""
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WBITS)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def text_of(body: bytes | None) -> str | None:
    """Returns a body as text, with U+FFFD for what is no UTF-8."""
    return None if body is None else body.decode("utf-8", "replace")


def iso(moment: datetime) -> str:
    """Returns the time in ISO 8601, in UTC with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _csv_lines(rows: Iterable[list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(column: Column, exported: ExportedRow) -> Any:
    value = column.value(exported)
    match column.kind:
        case Kind.TEXT:
            return cell_text(value or "")
        case Kind.BODY:
            return cell_text(text_of(value) or "")
        case Kind.JSON:
            return msgspec.json.encode(value).decode()
        case Kind.TIME:
            return iso(value)
        case Kind.BOOLEAN:
            return "true" if value else "false"
        case Kind.INTEGER | Kind.NUMBER:
            return value


def cell_text(text: str) -> str:
    """Returns `text` as it may stand in a cell of a CSV: with an apostrophe where it would be taken for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _json_line(encoder: msgspec.json.Encoder, columns: Sequence[Column], exported: ExportedRow) -> bytes:
    values = {column.name: _json_value(column, exported) for column in columns}
    try:
        return encoder.encode(values) + b"\n"
    except RecursionError:
        # A body nested just as deep as can be read: then as the text that was sent.
        texts = {c.name: text_of(c.value(exported)) for c in columns if c.kind is Kind.BODY}
        return encoder.encode(values | texts) + b"\n"


def _json_value(column: Column, exported: ExportedRow) -> Any:
    value = column.value(exported)
    match column.kind:
        case Kind.BODY:
            return json_or_text(value)
        case Kind.TIME:
            return iso(value)
    return value
