"""What a span tells of a call of a model."""

from datetime import datetime
from typing import Any

import msgspec

from ingest_app.dialects import text_of
from ingest_app.doors.otlp.names import first_text, object_in
from ingest_app.doors.otlp.providers import ProviderAt, address_of, provider_of
from ingest_app.doors.otlp.spans import Attributes, Span
from ingest_app.doors.otlp.usage import usage_of
from ingest_app.events import Usage

_REQUEST_MODELS = (
    "gen_ai.request.model",
    "llm.request.model",
    "ai.model.id",
    "llm.model_name",
    "langfuse.observation.model.name",
    "embedding.model_name",
    "reranker.model_name",
)
_RESPONSE_MODELS = ("gen_ai.response.model", "ai.response.model", "llm.response.model")
_STREAMED = ("gen_ai.request.stream", "llm.is_streaming", "gen_ai.is_streaming")
# OpenInference: what the call was given, as JSON. A call that failed names its model only here.
_PARAMETERS = "llm.invocation_parameters"
_WAITED_S = (
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.response.time_to_first_token",
    "gen_ai.server.time_to_first_token",
)
_WAITED_MS = ("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk")
_BEGAN_AT = "langfuse.observation.completion_start_time"
_BEGINNINGS = frozenset(
    (
        "First Token Stream Event",
        "gen_ai.content.completion.chunk",
        "llm.content.completion.chunk",
        "ai.stream.firstChunk",
        "new_token",
    )
)
_MAX_WAIT_MS = 86_400_000  # beyond a day a number is in another unit


class Call(msgspec.Struct):
    """A call of a model."""

    provider: str
    request_model: str
    response_model: str
    target_url: str
    usage: Usage | None
    is_stream: bool
    time_to_first_token_ms: int | None


def call_of(span: Span, provider_at: ProviderAt) -> Call:
    """Returns what the span tells of its call."""
    attributes = span.attributes
    parameters = object_in(attributes.get(_PARAMETERS))
    named, response_model = first_text(attributes, _REQUEST_MODELS), first_text(attributes, _RESPONSE_MODELS)
    request_model = text_of(parameters.get("model")) or named
    if not response_model and named != request_model:
        response_model = named  # OpenInference overwrites the name with the answer's
    provider = provider_of(attributes, request_model or response_model, provider_at)
    first_token_ms = _first_token_ms(span)
    return Call(
        provider=provider,
        request_model=request_model,
        response_model=response_model,
        target_url=address_of(attributes),
        usage=usage_of(attributes, provider),
        is_stream=first_token_ms is not None or _is_stream(attributes, parameters),
        time_to_first_token_ms=first_token_ms,
    )


def _is_stream(attributes: Attributes, parameters: dict[str, Any]) -> bool:
    if any(attributes.get(name) is True for name in _STREAMED) or parameters.get("stream") is True:
        return True
    return str(attributes.get("ai.operationId")).endswith(".doStream")


def _first_token_ms(span: Span) -> int | None:
    attributes = span.attributes
    for names, unit_ms in ((_WAITED_S, 1000), (_WAITED_MS, 1)):
        for name in names:
            waited = attributes.get(name)
            if isinstance(waited, int | float) and 0 <= waited * unit_ms <= _MAX_WAIT_MS:
                return round(waited * unit_ms)
    for event in span.events:
        if event.name in _BEGINNINGS:
            return _since_start_ms(span, event.time_ns)
    started = attributes.get(_BEGAN_AT)
    return _since_start_ms(span, _parsed_ns(started)) if isinstance(started, str) else None


def _since_start_ms(span: Span, at_ns: int) -> int | None:
    waited_ms = (at_ns - span.start_ns + 500_000) // 1_000_000
    return waited_ms if 0 <= waited_ms <= _MAX_WAIT_MS else None


def _parsed_ns(text: str) -> int:
    """Returns the moment of an ISO 8601 text, which may be quoted, in ns since the epoch; 0 for none."""
    try:
        return round(datetime.fromisoformat(text.strip('"')).timestamp() * 1e9)
    except (ValueError, OverflowError):
        return 0
