"""OpenTelemetry's SDK by itself: spans made by hand, with attributes of every type."""

from opentelemetry.trace import Link, SpanKind
from tracing import Exporter, show, tracer_provider

exporter = Exporter()
provider = tracer_provider(exporter)
tracer = provider.get_tracer("by-hand", "1.2.3")
with tracer.start_as_current_span("POST /ask", kind=SpanKind.SERVER) as root:
    root.set_attributes(
        {"http.request.method": "POST", "http.response.status_code": 200, "enduser.id": "ada"}
    )
    attributes = {
        "text": "Grüße 🥨",
        "yes": True,
        "whole": -(2**63),
        "half": 0.5,
        "texts": ["a", "b"],
        "numbers": [1, 2],
        "empty": "",
    }
    with tracer.start_as_current_span(
        "lookup", attributes=attributes, links=[Link(root.get_span_context(), {"why": "test"})]
    ) as lookup:
        lookup.add_event("seen", {"count": 3})
    try:
        with tracer.start_as_current_span("SELECT", attributes={"db.system": "postgresql"}):
            raise ValueError("no such table")
    except ValueError:
        pass
show(provider, exporter)
