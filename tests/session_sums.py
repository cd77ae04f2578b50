"""What sessions add up to, worked out in plain Python from their requests: what `session` must say."""

from datetime import timedelta
from typing import Any

from requests_app.models import Request
from sessions_app.models import Session

Sums = dict[str, dict[str, Any]]
MOST_VALUES = 50


def stored(organization_id: int) -> Sums:
    """Returns what the table says of each session."""
    found = Session.objects.filter(organization_id=organization_id)
    return {one.session_id: {name: getattr(one, name) for name in _COLUMNS} for one in found}


def summed(organization_id: int, session_ids: list[str] | None = None) -> Sums:
    """Returns what the requests say of each session, or of some."""
    by_session: dict[str, list[Request]] = {}
    for row in Request.objects.filter(organization_id=organization_id).exclude(session_id=""):
        if session_ids is None or row.session_id in session_ids:
            by_session.setdefault(row.session_id, []).append(row)
    return {id: _summed(rows) for id, rows in by_session.items()}


def _summed(rows: list[Request]) -> dict[str, Any]:
    named = [row for row in rows if row.session_name]
    latest = max(named, key=lambda row: (row.created_at, row.session_name.encode()), default=None)
    last = max(rows, key=lambda row: (row.created_at, row.status))
    first_at = min(row.created_at for row in rows)
    ended_at = max(row.created_at + timedelta(milliseconds=row.latency_ms) for row in rows)
    prompt = sum(row.prompt_tokens or 0 for row in rows)
    completion = sum(row.completion_tokens or 0 for row in rows)
    return {
        "name": latest.session_name if latest else "",
        "name_at": latest.created_at if latest else None,
        "first_at": first_at,
        "last_at": last.created_at,
        "ended_at": ended_at,
        "duration_ms": round((ended_at - first_at) / timedelta(milliseconds=1)),
        "last_status": last.status,
        "requests": len(rows),
        "model_calls": sum(row.kind == "" for row in rows),
        "errors": sum(row.status >= 400 or row.status < 0 for row in rows),
        "unpriced": sum(row.cost_nanodollars is None and row.prompt_tokens is not None for row in rows),
        "cost_nanodollars": min(sum(row.cost_nanodollars or 0 for row in rows), 2**63 - 1),
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "tokens": prompt + completion,
        "latency_sum_ms": sum(row.latency_ms for row in rows),
        "user_ids": _distinct(row.user_id for row in rows if row.user_id),
        "models": _distinct(row.model for row in rows if row.kind == ""),
    }


def _distinct(values: Any) -> list[str]:
    # As the database orders text.
    return sorted(set(values), key=lambda value: value.encode())[:MOST_VALUES]


_COLUMNS = (
    "name", "name_at", "first_at", "last_at", "ended_at", "duration_ms", "last_status", "requests", "model_calls",
    "errors", "unpriced", "cost_nanodollars", "prompt_tokens", "completion_tokens", "tokens", "latency_sum_ms",
    "user_ids", "models",
)  # fmt: skip
