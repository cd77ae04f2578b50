"""OpenLLMetry's (Traceloop's) instrumentation of openai-python."""

from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from tracing import Exporter, make_calls, show, tracer_provider

exporter = Exporter()
provider = tracer_provider(exporter)
OpenAIInstrumentor().instrument(tracer_provider=provider)
with provider.get_tracer("tests").start_as_current_span("forecast.workflow") as workflow:
    # As its SDK marks a workflow.
    workflow.set_attributes({"traceloop.span.kind": "workflow", "traceloop.entity.name": "forecast"})
    workflow.set_attributes({"traceloop.association.properties.Helicone-Session-Id": "s-1"})
    workflow.set_attributes({"traceloop.association.properties.Helicone-User-Id": "ada"})
    make_calls()
show(provider, exporter)
