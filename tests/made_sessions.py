"""A session put into the stream, for tests that need one: a plan, a retry, a tool with a span below it, a report."""

from typing import Any

from ingest_app.events import LogEvent
from tests.events import chat_event

SESSION_ID = "vendors/42 🙂"

# `at_ms` is milliseconds from the start, `path` the session path; all else as of `chat_event`.
STEPS: tuple[dict[str, Any], ...] = (
    {"at_ms": 0, "path": "/research/plan", "latency_ms": 1_000, "text": "Plan it"},
    {"at_ms": 1_000, "path": "/research/gather/read", "latency_ms": 200, "status": 429, "text": "Read one"},
    {"at_ms": 1_500, "path": "/research/gather/read", "latency_ms": 2_000, "text": "Read one again"},
    {
        "at_ms": 4_000,
        "path": "/research/gather",
        "latency_ms": 1_000,
        "kind": "tool",
        "span_name": "web_search",
        "model": "tool:web_search",
        "span_id": "search",
        "usage": None,
    },
    {"at_ms": 4_100, "latency_ms": 300, "span_name": "fetch", "parent_span_id": "search", "kind": "http"},
    {"at_ms": 7_000, "path": "/research/write", "latency_ms": 3_000, "text": "Write the report"},
)


def session_events(
    organization_id: int, steps: tuple[dict[str, Any], ...] = STEPS, *, started_us: int, **common: Any
) -> list[LogEvent]:
    """Returns the events of a session with these steps."""
    common = {"session_id": SESSION_ID, "session_name": "Vendor research"} | common
    events = []
    for step in steps:
        changes = dict(step)
        at_us = started_us + changes.pop("at_ms") * 1000
        changes["session_path"] = changes.pop("path", "")
        events.append(chat_event(organization_id, at_us=at_us, **common, **changes))
    return events
