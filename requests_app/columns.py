"""Columns of the list: which there are, which are shown, and what a plain one shows of a row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from helicone_site import formats
from requests_app.filter_language.conditions import PROPERTY_PREFIX, SCORE_PREFIX
from requests_app.queries import RequestRow

MAX_COLUMNS = 40
DEFAULT = ("time", "status", "model", "request", "user", "tokens", "cost", "latency", "ttft", "properties")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `sort` is the sorting behind its head, empty when there is none.

    `read` gives a row's cell as text; those without are made by `cells`.
    """

    name: str
    label: str
    sort: str = ""
    is_number: bool = False
    span: int = 1
    hint: str = ""
    read: Callable[[RequestRow], str] | None = None


def _of(attribute: str, show: Callable[[Any], str] = str) -> Callable[[RequestRow], str]:
    def read(row: RequestRow) -> str:
        value = getattr(row, attribute)
        return "" if value is None else show(value)

    return read


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _counted(name: str, label: str) -> Column:
    return Column(name, label, is_number=True, read=_of(name, formats.count))


def _plain(name: str, label: str, attribute: str = "") -> Column:
    return Column(name, label, read=_of(attribute or name))


_ALL = (
    Column("time", "Time", "created_at"),
    Column("status", "Status"),
    Column("model", "Model"),
    Column("request", "Request"),
    Column("user", "User"),
    Column("tokens", "Tokens", "total_tokens", is_number=True, span=2, hint="in · out"),
    Column("cost", "Cost", "cost", is_number=True),
    Column("latency", "Latency", "latency_ms", is_number=True),
    Column("ttft", "First token", "time_to_first_token_ms", is_number=True),
    Column("properties", "Properties"),
    _plain("provider", "Provider"),
    _plain("session", "Session", "session_id"),
    _plain("session_name", "Session name"),
    _plain("session_path", "Session path"),
    _counted("total_tokens", "Tokens in all"),
    _counted("cache_read_tokens", "Cached tokens"),
    _counted("cache_write_tokens", "Tokens written to cache"),
    _counted("reasoning_tokens", "Reasoning tokens"),
    Column("feedback", "Feedback", read=_of("feedback", lambda thumb: "up" if thumb else "down")),
    Column(
        "scores",
        "Scores",
        read=_of("scores", lambda scores: ", ".join(f"{name} {value:g}" for name, value in scores.items())),
    ),
    Column("streamed", "Streamed", read=_of("is_stream", _yes)),
    _plain("error", "Error"),
    _plain("request_model", "Model asked for"),
    _plain("response_model", "Model that answered"),
    _plain("path", "Path"),
    _plain("url", "Address", "target_url"),
    Column("request_bytes", "Request size", is_number=True, read=_of("request_bytes", formats.size)),
    Column("response_bytes", "Response size", is_number=True, read=_of("response_bytes", formats.size)),
    _plain("request_id", "Request ID"),
    _plain("id", "Helicone ID"),
    _plain("referrer", "Referrer"),
    _plain("kind", "Kind"),
    _plain("span_name", "Span"),
    _plain("trace_id", "Trace"),
)
COLUMNS = {column.name: column for column in _ALL}


def read(text: str) -> list[Column]:
    """Returns the columns that `write` put into `text`; those that do not exist are left out, none are the default."""
    names = [unquote(name) for name in text.split(",")][:MAX_COLUMNS]
    found = [column for name in dict.fromkeys(names) if (column := _named(name)) is not None]
    return found or [COLUMNS[name] for name in DEFAULT]


def write(names: Iterable[str]) -> str:
    """Returns the columns as they stand in a query string."""
    return ",".join(name.replace("%", "%25").replace(",", "%2C") for name in names)


def choices(shown: list[Column], *, properties: Iterable[str], scores: Iterable[str]) -> list[Column]:
    """Returns all columns to choose from, the shown ones first and in their order."""
    named = [PROPERTY_PREFIX + name for name in properties] + [SCORE_PREFIX + name for name in scores]
    others = [*_ALL, *(column for name in named if (column := _named(name)) is not None)]
    return list({column.name: column for column in [*shown, *others]}.values())


def _named(name: str) -> Column | None:
    if name.startswith(PROPERTY_PREFIX) and len(name) > len(PROPERTY_PREFIX):
        key = name.removeprefix(PROPERTY_PREFIX)
        return Column(name, key, read=lambda row: row.properties.get(key, ""))
    if name.startswith(SCORE_PREFIX) and len(name) > len(SCORE_PREFIX):
        key = name.removeprefix(SCORE_PREFIX)
        return Column(name, key, is_number=True, read=lambda row: _score(row, key))
    return COLUMNS.get(name)


def _score(row: RequestRow, key: str) -> str:
    return f"{row.scores[key]:g}" if key in row.scores else ""
