"""What an export can hold of a request, and the choice of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import Any, NamedTuple

from helicone_site.formats import usd
from ingest_app.bodies import Bodies
from requests_app.filters import PROPERTY_PREFIX
from requests_app.queries import RequestRow

SCORE_PREFIX = "score."


class UnknownField(Exception):
    """There is no such column. `str()` of it names those that there are."""


class ExportedRow(NamedTuple):
    """A row, and its bodies where they were asked for and are still kept."""

    row: RequestRow
    bodies: Bodies | None = None


class Kind(Enum):
    """What a column's values are; each may be None besides."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    JSON = "json"  # a dict
    BODY = "body"  # bytes


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `value` takes it from an exported row."""

    name: str
    kind: Kind
    value: Callable[[ExportedRow], Any]


def choose_columns(fields: str, *, with_bodies: bool) -> list[Column]:
    """Returns the columns that `fields` names, separated by commas; all when it is empty.

    `property.<Name>` and `score.<name>` make columns of one property or score. Bodies come last, if asked for.
    Raises UnknownField.
    """
    names = list(dict.fromkeys(name.strip() for name in fields.split(",") if name.strip()))
    columns = [_named(name) for name in names] or list(_COLUMNS.values())
    return columns + _BODIES if with_bodies else columns


def _named(name: str) -> Column:
    if name in _COLUMNS:
        return _COLUMNS[name]
    key = name.removeprefix(PROPERTY_PREFIX)
    if key != name and key:
        return Column(name, Kind.TEXT, lambda exported: exported.row.properties.get(key))
    key = name.removeprefix(SCORE_PREFIX)
    if key != name and key:
        return Column(name, Kind.NUMBER, lambda exported: exported.row.scores.get(key))
    raise UnknownField(
        f"There is no field {name!r}: choose from {', '.join(_COLUMNS)}, property.<Name> and score.<name>."
    )


def _of_row(kind: Kind, *names: str) -> list[Column]:
    return [Column(name, kind, attrgetter(f"row.{name}")) for name in names]


def _cost_usd(exported: ExportedRow) -> float | None:
    return usd(exported.row.cost_nanodollars)


_COLUMNS = {
    column.name: column
    for column in [
        Column("id", Kind.TEXT, lambda exported: str(exported.row.id)),
        *_of_row(Kind.TEXT, "request_id"),
        *_of_row(Kind.TIME, "created_at"),
        *_of_row(Kind.TEXT, "provider", "model", "request_model", "response_model", "path", "target_url"),
        *_of_row(Kind.INTEGER, "status"),
        *_of_row(Kind.TEXT, "error"),
        *_of_row(Kind.BOOLEAN, "is_stream"),
        *_of_row(
            Kind.INTEGER,
            "latency_ms",
            "time_to_first_token_ms",
            "prompt_tokens",
            "completion_tokens",
            "total_tokens",
            "cache_read_tokens",
            "cache_read_audio_tokens",
            "cache_read_image_tokens",
            "cache_write_tokens",
            "cache_write_1h_tokens",
            "reasoning_tokens",
            "prompt_audio_tokens",
            "prompt_image_tokens",
            "completion_audio_tokens",
            "completion_image_tokens",
            "prompt_audio_seconds",
        ),
        *_of_row(Kind.BOOLEAN, "usage_is_estimated"),
        *_of_row(Kind.INTEGER, "cost_nanodollars"),
        Column("cost_usd", Kind.NUMBER, _cost_usd),
        *_of_row(Kind.TEXT, "user_id", "session_id", "session_path", "session_name"),
        *_of_row(Kind.JSON, "properties"),
        *_of_row(Kind.INTEGER, "request_bytes", "response_bytes"),
        *_of_row(Kind.BOOLEAN, "request_is_cut", "response_is_cut"),
        *_of_row(Kind.TEXT, "referrer", "kind", "span_name", "trace_id", "span_id", "parent_span_id"),
        *_of_row(Kind.INTEGER, "feedback"),
        *_of_row(Kind.JSON, "scores"),
        *_of_row(Kind.TEXT, "preview"),
    ]
}
_BODIES = [
    Column("request_body", Kind.BODY, lambda exported: exported.bodies and exported.bodies.request),
    Column("response_body", Kind.BODY, lambda exported: exported.bodies and exported.bodies.response),
]
