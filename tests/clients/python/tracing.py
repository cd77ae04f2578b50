"""What the programs share that send spans: where to, calls that are worth a span, and what was sent.

A program is told on stdin where the product and the provider are, and prints the spans as its exporter had them.
"""

import contextlib
import json
import sys
from collections.abc import Sequence
from typing import Any

import openai
from harness import QUESTION, WEATHER
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

JOB = json.load(sys.stdin)
MESSAGES: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
FUNCTION: Any = {"name": "get_weather", "description": "The weather in a city.", "parameters": WEATHER}
TOOLS: Any = [{"type": "function", "function": FUNCTION}]


class Exporter(OTLPSpanExporter):
    """The SDK's own, which remembers what it sent."""

    def __init__(self) -> None:
        super().__init__(
            endpoint=JOB["traces_url"],
            headers={"Authorization": f"Bearer {JOB['helicone_key']}"},
            compression=Compression.Gzip,
        )
        self.sent: list[ReadableSpan] = []
        self.results: list[SpanExportResult] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send `spans`."""
        self.sent += spans
        self.results.append(super().export(spans))
        return self.results[-1]


def tracer_provider(exporter: Exporter) -> TracerProvider:
    """Returns a provider of tracers that sends in batches, as users set it up."""
    provider = TracerProvider(resource=Resource.create({"service.name": "client-tests"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def openai_client(**scenario: object) -> openai.OpenAI:
    """Returns the SDK at the provider itself, which makes of each call what `scenario` says."""
    settings = " ".join(f"{name}={value}" for name, value in {"marker": JOB["marker"], **scenario}.items())
    return openai.OpenAI(
        api_key="sk-fake-client",
        base_url=JOB["openai_url"],
        default_headers={"x-fake-scenario": settings},
        max_retries=0,
        timeout=30,
    )


def make_calls() -> None:
    """Make a call of each kind: plain with a tool, streamed, embeddings, responses, and one that fails."""
    client = openai_client(cached=64, reasoning=5)
    client.chat.completions.create(model="gpt-4o", messages=MESSAGES, tools=TOOLS)
    for _ in client.chat.completions.create(
        model="gpt-4o", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    ):
        pass
    client.embeddings.create(model="text-embedding-3-small", input="hello")
    client.responses.create(model="gpt-5", input=QUESTION)
    with contextlib.suppress(openai.RateLimitError):
        openai_client(status=429).chat.completions.create(model="gpt-4o", messages=MESSAGES)


def show(provider: Any, exporter: Exporter) -> None:
    """Send what is left, and print all spans. Fails when one was not taken."""
    provider.force_flush()
    assert set(exporter.results) == {SpanExportResult.SUCCESS}, exporter.results
    json.dump({"spans": [_as_json(span) for span in exporter.sent]}, sys.stdout)


def _as_json(span: ReadableSpan) -> dict[str, Any]:
    context = span.get_span_context()
    assert context is not None
    return {
        "name": span.name,
        "trace_id": f"{context.trace_id:032x}",
        "span_id": f"{context.span_id:016x}",
        "parent_span_id": f"{span.parent.span_id:016x}" if span.parent else "",
        "start_ns": span.start_time,
        "end_ns": span.end_time,
        "attributes": dict(span.attributes or {}),
        "events": [event.name for event in span.events],
        "is_error": not span.status.is_ok,
    }
