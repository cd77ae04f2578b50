"""The columns of the list of sessions, and of the list of their names."""

from requests_app.columns import Column

SESSIONS = [
    Column("started", "Started", "created_at"),
    Column("name", "Name", "name"),
    Column("id", "Session ID"),
    Column("status", "Status", hint="last"),
    Column("duration", "Duration", "duration_ms", is_number=True),
    Column("requests", "Requests", "requests", is_number=True),
    Column("errors", "Errors", "errors", is_number=True),
    Column("cost", "Cost", "cost", is_number=True),
    Column("tokens", "Tokens", "total_tokens", is_number=True),
    Column("models", "Models"),
    Column("users", "Users"),
    Column("active", "Last active", "last_active_at"),
]
NAMES = [
    Column("name", "Name", "name"),
    Column("sessions", "Sessions", "sessions", is_number=True),
    Column("requests", "Requests", "requests", is_number=True),
    Column("errors", "Errors", "errors", is_number=True),
    Column("cost", "Cost", "cost", is_number=True),
    Column("p50", "Duration", "p50_ms", is_number=True, hint="p50"),
    Column("p95", "", "p95_ms", is_number=True, hint="p95"),
    Column("p99", "", "p99_ms", is_number=True, hint="p99"),
    Column("active", "Last seen", "last_seen_at"),
]
