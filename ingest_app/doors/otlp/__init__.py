"""OpenTelemetry's traces: a posted ExportTraceServiceRequest becomes one log event for each span.

`protobuf` and `proto_json` read the two encodings into `spans`; `drafts` understands them, alone (`kinds`, `models`,
`usage`, `labels`) and beside each other; `event` makes the event, with its `bodies` and `preview`. The conventions are
all in `names` and in the tables at the top of these modules. `answers` writes what the exporter is answered.
"""

from collections import Counter
from typing import NamedTuple

import structlog

from ingest_app.doors.otlp import proto_json, protobuf
from ingest_app.doors.otlp.drafts import Draft, draft, settle
from ingest_app.doors.otlp.event import log_event
from ingest_app.doors.otlp.owner import Owner
from ingest_app.doors.otlp.providers import ProviderAt
from ingest_app.doors.otlp.spans import BadPost, BadSpan, Span
from ingest_app.events import LogEvent

__all__ = ["BadPost", "Owner", "Traces", "read_traces"]

log = structlog.get_logger(__name__)

_TOLD_REASONS = 3


class Traces(NamedTuple):
    """The events of a post, and how many of its spans could not be taken, and why."""

    events: list[LogEvent]
    rejected: int
    reason: str


def read_traces(body: bytes, *, is_json: bool, owner: Owner, provider_at: ProviderAt) -> Traces:
    """Returns what a post holds. Raises BadPost when it cannot be read at all."""
    drafts = []
    reasons: Counter[str] = Counter()
    for span in proto_json.read_spans(body) if is_json else protobuf.read_spans(body):
        understood = span if isinstance(span, BadSpan) else _understood(span, owner, provider_at)
        if isinstance(understood, BadSpan):
            reasons[str(understood)] += 1
        else:
            drafts.append(understood)
    settle(drafts, owner)
    told = "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common(_TOLD_REASONS))
    return Traces([log_event(each, owner) for each in drafts], reasons.total(), told)


def _understood(span: Span, owner: Owner, provider_at: ProviderAt) -> Draft | BadSpan:
    """Returns what `span` means. A fault of ours costs the span, and not what was posted with it."""
    try:
        return draft(span, owner, provider_at)
    except Exception:
        log.exception("span not understood", trace_id=span.trace_id, span_id=span.span_id)
        return BadSpan("a span could not be understood")
