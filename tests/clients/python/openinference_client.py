"""OpenInference's instrumentation of openai-python, with its labels."""

from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from tracing import Exporter, make_calls, show, tracer_provider

exporter = Exporter()
provider = tracer_provider(exporter)
OpenAIInstrumentor().instrument(tracer_provider=provider)
with using_attributes(session_id="s-1", user_id="ada", metadata={"stage": "beta"}, tags=["blue", "green"]):
    make_calls()
show(provider, exporter)
