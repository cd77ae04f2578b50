"""Rows of our own exports (`/api/requests/export/`), in any of their forms."""

from typing import Any

from helicone_site.numbers import number
from ingest_app.events import COUNTS, LogEvent, SpanKind, Usage
from ingest_app.importing.making import REFERRER, draft, finished
from ingest_app.importing.origins import Context
from ingest_app.importing.report import Skipped
from ingest_app.importing.row import Row
from ingest_app.importing.values import (
    boolean,
    integer,
    nanodollars,
    properties_of,
    score,
    time_us,
    without_apostrophe,
)

_KINDS = {kind.value for kind in SpanKind}
# What is made of the other columns.
_REPEATED = ("total_tokens", "model", "preview", "cost_usd")


def is_ours(row: Row) -> bool:
    """Returns whether the record is a row of an export of ours."""
    return "created_at" in row and "latency_ms" in row


def our_event(row: Row, context: Context, *, source: str) -> LogEvent:
    """Returns the event of a row. Raises Skipped."""
    at_us = time_us(row.get("created_at"), now_us=context.now_us)
    if at_us is None:
        raise Skipped("created_at is missing, or no time of a request")
    plain = without_apostrophe if row.is_of_csv else str
    kind = row.text("kind")
    drafted = draft(
        source=source,
        organization_id=context.organization_id,
        original_id=row.text("id", "request_id"),
        at_us=at_us,
        status=_status(row),
        latency_ms=integer(row.get("latency_ms")) or 0,
        time_to_first_token_ms=integer(row.get("time_to_first_token_ms")),
        is_stream=boolean(row.get("is_stream")),
        kind=SpanKind(kind) if kind in _KINDS else SpanKind.DATA,
        properties=properties_of(row.object("properties")),
        request_body=plain(row.json("request_body").decode("utf-8", "replace")).encode(),
        response_body=plain(row.json("response_body").decode("utf-8", "replace")).encode(),
        request_bytes=integer(row.get("request_bytes")) or 0,
        response_bytes=integer(row.get("response_bytes")) or 0,
        request_is_cut=boolean(row.get("request_is_cut")),
        response_is_cut=boolean(row.get("response_is_cut")),
        feedback=integer(row.get("feedback")),
        scores={
            name: rated for name, given in row.object("scores").items() if (rated := score(given)) is not None
        },
        **_texts(row, plain),
    )
    cost = integer_of_any_size(row.get("cost_nanodollars"))
    if cost is None:
        cost = nanodollars(row.get("cost_usd"))
    event = finished(
        drafted,
        usage=_usage(row),
        cost_nanodollars=cost,
        request_model=plain(row.text("request_model")),
        response_model=plain(row.text("response_model")),
        time_to_first_token_ms=integer(row.get("time_to_first_token_ms")),
        error=plain(row.text("error")),
        preview=plain(row.text("preview")),
    )
    row.ignore(*_REPEATED)
    for name in row.left():
        context.report.lose(name)
    return event


def integer_of_any_size(value: Any) -> int | None:
    """Returns a whole number, also one in a text; None for anything else."""
    found = number(value)
    return None if found is None else int(value) if isinstance(value, str | int) else round(found)


def _texts(row: Row, plain: Any) -> dict[str, str]:
    names = (
        *("request_id", "path", "target_url", "user_id", "session_id", "session_path", "session_name"),
        *("span_name", "trace_id", "span_id", "parent_span_id"),
    )
    texts = {name: plain(row.text(name)) for name in names}
    model = plain(row.text("model"))
    names_of_model = {plain(row.text("request_model")), plain(row.text("response_model")), "unknown"}
    return {
        **texts,
        "provider": plain(row.text("provider")) or "custom",
        "referrer": plain(row.text("referrer")) if "referrer" in row else REFERRER,
        "sent_model": "" if model in names_of_model else model,
    }


def _usage(row: Row) -> Usage | None:
    counts = {name: integer(row.get(name)) for name in COUNTS}
    if counts["prompt_tokens"] is None and counts["completion_tokens"] is None:
        return None
    return Usage(
        is_estimated=boolean(row.get("usage_is_estimated")),
        **{name: found or 0 for name, found in counts.items()},  # type: ignore[arg-type] # names of counts
    )


def _status(row: Row) -> int:
    status = number(row.get("status"))
    if status is None or not -999 <= status <= 999:
        raise Skipped("status is missing, or none of HTTP")
    return round(status)
