"""Spans understood one by one, then beside each other: what those of one post say of one another.

A wrapper's tokens are those of the calls within it. So only calls of a model carry usage, and one that contains
another counted call is a wrapper, whatever it calls itself. Spans come when they end, the outer ones last: when a
tracer sends a call and what wraps it in two posts, both are counted, if both say that they are calls of a model.
"""

import msgspec

from ingest_app.doors.otlp.bodies import request_body, response_body, without_key, without_keys
from ingest_app.doors.otlp.kinds import kind_of
from ingest_app.doors.otlp.labels import Labels, labels_of, service_name
from ingest_app.doors.otlp.models import Call, call_of
from ingest_app.doors.otlp.names import Role, first_text, role_of
from ingest_app.doors.otlp.outcomes import Outcome, outcome_of
from ingest_app.doors.otlp.owner import Owner
from ingest_app.doors.otlp.preview import preview_of
from ingest_app.doors.otlp.providers import ProviderAt
from ingest_app.doors.otlp.spans import Attributes, Span
from ingest_app.events import SpanKind

# Who has other actors' calls within: theirs are no part of a call above.
_ACTORS = frozenset((SpanKind.TOOL, SpanKind.AGENT))
_STEP_NAMES = {
    SpanKind.TOOL: ("gen_ai.tool.name", "tool.name", "ai.toolCall.name", "traceloop.entity.name"),
    SpanKind.AGENT: ("gen_ai.agent.name", "agent_name", "agent.name", "traceloop.entity.name"),
}


class Draft(msgspec.Struct):
    """What one span means. `call` is what it tells as a call of a model, None for every other kind of step.

    Bodies are written already: the attributes of a whole post would be a lot to hold.
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start_ns: int
    end_ns: int
    latency_ms: int
    kind: SpanKind
    step_name: str  # of a tool or an agent: its own name, which the span's is not
    labels: Labels
    service_name: str
    call: Call | None
    outcome: Outcome
    preview: str
    request_body: bytes
    response_body: bytes


class _Trace(msgspec.Struct):
    """What one span of a trace says for all of it."""

    user_id: str = ""
    session_id: str = ""
    session_name: str = ""
    root_name: str = ""


def draft(span: Span, owner: Owner, provider_at: ProviderAt) -> Draft:
    """Returns what `span` means by itself."""
    attributes = without_keys(span.attributes)
    asked: Attributes = {}
    answered: Attributes = {}
    label_names: list[str] = []
    for name, value in attributes.items():
        role = role_of(name)
        if role is Role.ANSWERED:
            answered[name] = value
        else:
            asked[name] = value
            if role is Role.LABEL:
                label_names.append(name)
    kind = kind_of(attributes)
    return Draft(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        name=span.name,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        latency_ms=span.latency_ms,
        kind=kind,
        step_name=first_text(attributes, _STEP_NAMES.get(kind, ())) or span.name,
        labels=labels_of(attributes, label_names, span.source.resource),
        service_name=service_name(span.source.resource),
        call=call_of(span, provider_at) if kind is SpanKind.MODEL else None,
        outcome=outcome_of(span),
        preview=preview_of(attributes, span.events),
        request_body=without_key(request_body(span, asked), owner.key),
        response_body=without_key(response_body(span, answered), owner.key),
    )


def settle(drafts: list[Draft], owner: Owner) -> None:
    """Let the spans of one post complete each other: wrappers lose their tokens, traces share their labels."""
    _find_wrappers(drafts)
    traces: dict[str, _Trace] = {}
    for each in drafts:
        _tell(traces.setdefault(each.trace_id, _Trace()), each)
    for each in drafts:
        _learn(each, traces[each.trace_id], owner)


def _find_wrappers(drafts: list[Draft]) -> None:
    by_id = {(each.trace_id, each.span_id): each for each in drafts}
    walked = set()
    for each in drafts:
        if each.call is None or each.call.usage is None:
            continue
        key = each.trace_id, each.parent_id
        # Whatever parents a sender invents, no span is passed twice.
        while key not in walked and (parent := by_id.get(key)) is not None and parent.kind not in _ACTORS:
            walked.add(key)
            if parent.kind is SpanKind.MODEL and parent is not each:
                parent.kind, parent.call = SpanKind.AGENT, None
            key = parent.trace_id, parent.parent_id


def _tell(trace: _Trace, each: Draft) -> None:
    """Add what a span says; what the root says stands before what others do."""
    labels = each.labels
    if not each.parent_id:
        trace.user_id = labels.user_id or trace.user_id
        trace.session_id = labels.session_id or trace.session_id
        trace.session_name = labels.session_name or trace.session_name
        trace.root_name = each.name
    trace.user_id = trace.user_id or labels.user_id
    trace.session_id = trace.session_id or labels.session_id
    trace.session_name = trace.session_name or labels.session_name


def _learn(each: Draft, trace: _Trace, owner: Owner) -> None:
    """A trace without a session is one: by its id, and named after its root, or the service."""
    labels = each.labels
    labels.user_id = labels.user_id or trace.user_id or owner.user_id
    labels.session_id = labels.session_id or trace.session_id or owner.session_id or each.trace_id
    named = labels.session_name or trace.session_name or owner.session_name or trace.root_name
    labels.session_name = named or each.service_name
