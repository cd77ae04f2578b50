"""What the list page shows around its rows: columns that sort, ranges, and the choices of the filter bar."""

from dataclasses import dataclass

from requests_app.filters import RANGES, RequestFilter
from requests_app.paging import DEFAULT_SORT
from requests_app.queries import Suggestions


@dataclass(frozen=True, slots=True)
class Column:
    """A head of the table. `sort` is the sorting that a click asks for; empty when it cannot be sorted by."""

    label: str
    key: str = ""
    sort: str = ""
    direction: str = ""  # ascending or descending when the list is sorted by it
    is_number: bool = False
    span: int = 1
    hint: str = ""


_COLUMNS = (
    Column("Time", "created_at"),
    Column("Status"),
    Column("Model"),
    Column("Request"),
    Column("User"),
    Column("Tokens", "total_tokens", is_number=True, span=2, hint="in · out"),
    Column("Cost", "cost", is_number=True),
    Column("Latency", "latency_ms", is_number=True),
    Column("First token", "time_to_first_token_ms", is_number=True),
    Column("Properties"),
)


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A field that one may filter by, and the values to suggest for it."""

    name: str
    label: str
    values: list[str]


def columns(sort: str | None) -> list[Column]:
    """Returns the heads for a list sorted by `sort`: largest and newest first, and the other way at the next click."""
    current = sort or DEFAULT_SORT
    return [_head(column, current) for column in _COLUMNS]


def ranges() -> list[tuple[str, str]]:
    """Returns (key, label) of the periods to choose from."""
    return [(key, label) for key, (label, _) in RANGES.items()]


def field_choices(found: Suggestions) -> list[FieldChoice]:
    """Returns the fields of the filter bar."""
    classes = ["success", "error", "4xx", "5xx", "cancelled"]
    return [
        FieldChoice("model", "Model", found.models),
        FieldChoice("status", "Status", classes + found.statuses),
        FieldChoice("provider", "Provider", found.providers),
        FieldChoice("user_id", "User", found.users),
        FieldChoice("session_id", "Session", []),
        FieldChoice("request_id", "Request ID", []),
    ]


def field_labels() -> dict[str, str]:
    """Returns the readable names of the fields that chips may have."""
    labels = {choice.name: choice.label for choice in field_choices(Suggestions([], [], [], [], []))}
    return {name: labels[name] for name in RequestFilter.FIELDS}


def _head(column: Column, current: str) -> Column:
    if not column.key:
        return column
    descending = f"-{column.key}"
    is_descending, is_ascending = current == descending, current == column.key
    return Column(
        label=column.label,
        key=column.key,
        sort=column.key if is_descending else descending,
        direction="descending" if is_descending else "ascending" if is_ascending else "",
        is_number=column.is_number,
        span=column.span,
        hint=column.hint,
    )
