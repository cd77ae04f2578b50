"""Logfire, whose spans go here instead of to its own service."""

import logfire
from opentelemetry import trace
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from tracing import Exporter, make_calls, show

exporter = Exporter()
logfire.configure(
    send_to_logfire=False,
    console=False,
    service_name="client-tests",
    additional_span_processors=[BatchSpanProcessor(exporter)],
)
logfire.instrument_openai()
with logfire.span("answer {question}", question="the weather"):
    make_calls()
show(trace.get_tracer_provider(), exporter)
