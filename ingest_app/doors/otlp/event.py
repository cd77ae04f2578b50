"""A span as a log event."""

from hashlib import blake2b

from ingest_app.doors.otlp.drafts import Draft
from ingest_app.doors.otlp.models import Call
from ingest_app.doors.otlp.owner import Owner
from ingest_app.doors.otlp.providers import CUSTOM
from ingest_app.events import Facts, LogEvent, SpanKind, uuid7

REFERRER = "otlp"
PATH = "async-unknown-path"  # the contract's word (3.4)
_NO_CALL = Call(CUSTOM, "", "", "", None, False, None)


def log_event(draft: Draft, owner: Owner) -> LogEvent:
    """Returns the event of a span, whose id is the same each time that the span is sent."""
    labels, call = draft.labels, draft.call or _NO_CALL
    created_at_us = (draft.start_ns or draft.end_ns) // 1000 or owner.arrived_at_us
    return LogEvent(
        id=uuid7(created_at_us, _span_digest(owner.organization_id, draft)),
        organization_id=owner.organization_id,
        api_key_id=owner.api_key_id,
        created_at_us=created_at_us,
        provider=call.provider,
        path=PATH,
        target_url=call.target_url,
        referrer=REFERRER,
        sent_model="" if draft.call else _model_of(draft),
        status=draft.outcome.status,
        error=draft.outcome.error,
        latency_ms=draft.latency_ms,
        is_stream=call.is_stream,
        user_id=labels.user_id,
        session_id=labels.session_id,
        session_path=labels.session_path or owner.session_path,
        session_name=labels.session_name,
        properties={**owner.properties, **labels.properties},
        kind=draft.kind,
        span_name=draft.name,
        trace_id=draft.trace_id,
        span_id=draft.span_id,
        parent_span_id=draft.parent_id,
        request_body=draft.request_body,
        request_bytes=len(draft.request_body),
        response_body=draft.response_body,
        response_bytes=len(draft.response_body),
        omit_request=owner.omit_request,
        omit_response=owner.omit_response,
        facts=Facts(
            request_model=call.request_model,
            response_model=call.response_model,
            preview=draft.preview,
            usage=call.usage,
            time_to_first_token_ms=call.time_to_first_token_ms,
        ),
    )


def _span_digest(organization_id: int, draft: Draft) -> bytes:
    """Returns what stands for the random part of the id: exporters send a post again whose answer they missed."""
    sent = f"{organization_id} {draft.trace_id} {draft.span_id}"
    return blake2b(sent.encode(), digest_size=10).digest()


def _model_of(draft: Draft) -> str:
    """Returns what stands in the row of a step where a model would: as manual logs have it (contract 3.3)."""
    if draft.kind in {SpanKind.TOOL, SpanKind.AGENT, SpanKind.DATA}:
        return f"{draft.kind.value}:{draft.step_name}"
    return draft.kind.value
