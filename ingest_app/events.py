"""LogEvent: the one shape in which anything enters, from whichever door (DESIGN: one way for the data to flow).

An event carries what was seen on the wire and when; what it means (tokens, models, text) is worked out by the
writer (`ingest_app.digest`), so that the gateway spends nothing on it.
"""

import os
import time
from collections.abc import Iterable, Iterator
from enum import StrEnum
from uuid import UUID

import msgspec


class Usage(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Token counts in one meaning for all dialects, however the provider counts.

    `prompt_tokens` is all input and `completion_tokens` all output. Every other count is a part of one of the
    two, and parts of one whole do not overlap, but for those named with two words: cached audio is a part of the
    cache reads and of the prompt's audio. `cache_write_1h_tokens` is the part of the cache writes that lives an
    hour; the others live five minutes.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cache_read_tokens: int = 0
    cache_read_audio_tokens: int = 0
    cache_read_image_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int = 0
    prompt_audio_tokens: int = 0
    prompt_image_tokens: int = 0
    completion_audio_tokens: int = 0
    completion_image_tokens: int = 0
    prompt_audio_seconds: int = 0  # where audio is charged by its length; beside the tokens, not in them

    reported_cost_nanodollars: int | None = None  # the provider's own sum, which stands before any computed
    is_estimated: bool = False  # counted from the text by us (`ingest_app.estimate`), at least in part
    tier: str = ""  # how it was served, where that may have a price of its own (`ingest_app.dialects.tiers`)


COUNTS = tuple(
    name
    for name in Usage.__struct_fields__
    if name not in {"reported_cost_nanodollars", "is_estimated", "tier"}
)
"""The counts of `Usage`, which are columns of `request` too."""


class Facts(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What was read out of the bodies."""

    request_model: str = ""
    response_model: str = ""
    user_id: str = ""  # the body's own `user` field
    session_id: str = ""  # that a coding agent carries in its body (`ingest_app.agents`)
    session_name: str = ""
    preview: str = ""  # one line of the last user message
    usage: Usage | None = None
    status: int | None = None  # when an error inside a 200 stream says another one
    error: str = ""
    time_to_first_token_ms: int | None = None


class SpanKind(StrEnum):
    """What a step of a run was, as its row says it."""

    MODEL = ""  # a call of a language model or of any other model of a provider
    TOOL = "tool"
    VECTOR_SEARCH = "vector_db"
    DATABASE = "database"
    HTTP = "http"
    AGENT = "agent"  # a run, a chain, a workflow: what other steps are part of
    DATA = "data"  # anything else that was logged


BY_HAND = "log"
"""The `referrer` of manual logs, whose sender is the organization itself and not a provider."""


class LogEvent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One finished request, as it goes through the stream (msgpack)."""

    id: UUID  # version 7, made at arrival
    organization_id: int
    created_at_us: int  # arrival, microseconds since the epoch
    provider: str
    path: str  # as the provider saw it
    status: int  # HTTP; or -2 stream time-out, -3 client cancelled, -100 stream broke off (contract 1.6)
    latency_ms: int  # arrival to the last byte from the provider

    api_key_id: int | None = None
    request_id: str = ""  # the client's own; "" stands for str(id)
    target_url: str = ""
    referrer: str = (
        ""  # the door: "ai-gateway", BY_HAND, "otlp", "import", or "" for the gateway's pass-through
    )
    sent_model: str = (
        ""  # what the gateway asked the provider for, where the client had written something else
    )
    priced_as: str = ""  # the provider whose prices apply, where `provider` is none that has any
    model_override: str = ""  # Helicone-Model-Override: whose prices apply when the bodies name no model
    is_stream: bool = False
    user_id: str = ""
    session_id: str = ""
    session_path: str = ""
    session_name: str = ""
    properties: dict[str, str] = {}
    error: str = ""
    kind: SpanKind = SpanKind.MODEL
    span_name: str = ""
    trace_id: str = ""  # of the client's tracer, such as OpenTelemetry's
    span_id: str = ""
    parent_span_id: str = ""
    # History that is brought in: its clock is not corrected (writer.corrected_time), and it may be rated already.
    keeps_time: bool = False
    scores: dict[str, float] = {}
    feedback: int | None = None  # 1 thumb up, 0 thumb down

    request_body: bytes = b""
    request_encoding: str = ""  # Content-Encoding
    request_bytes: int = 0  # of the whole body, also where only its first part was kept
    request_is_cut: bool = False
    response_body: bytes = b""  # as received: compressed, or a whole event stream
    response_encoding: str = ""
    response_bytes: int = 0
    response_is_cut: bool = False
    dialect: str = ""  # of the answer, by its name, where the path does not tell
    time_to_first_token_ms: int | None = None  # where the sender told it
    # When bytes of a stream came: (bytes received so far, ms since arrival), for the time to first token.
    arrivals: list[tuple[int, int]] = []

    prompt_inputs: bytes = (
        b""  # JSON: what a stored prompt was filled in with; the body is the prompt filled in
    )

    omit_request: bool = False
    omit_response: bool = False
    facts: Facts | None = None  # filled in by whoever had to drop a body before the stream


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[LogEvent])


def encode(events: list[LogEvent]) -> bytes:
    """Returns one stream entry or spool record holding `events`."""
    return _encoder.encode(events)


def decode(payload: bytes) -> list[LogEvent]:
    """Returns what `encode` was given. Raises msgspec.DecodeError."""
    return _decoder.decode(payload)


def chunked(
    events: Iterable[LogEvent], *, max_events: int = 500, max_bytes: int = 1 << 20
) -> Iterator[list[LogEvent]]:
    """Yields lists of events small enough for one stream entry each."""
    chunk: list[LogEvent] = []
    size = 0
    for event in events:
        chunk.append(event)
        size += len(event.request_body) + len(event.response_body)
        if len(chunk) >= max_events or size >= max_bytes:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def uuid7(at_us: int, random_bytes: bytes = b"") -> UUID:
    """Returns a UUID version 7 (RFC 9562, 5.7) for a time in microseconds since the epoch.

    The time can be read back (`uuid7_ms`), which lets a look-up by id alone find its week's partition. The rest is
    random, or made of ten `random_bytes`.
    """
    at_ms = at_us // 1000
    random = int.from_bytes(random_bytes or os.urandom(10), "big")
    value = (at_ms & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (random >> 68 & 0xFFF) << 64
    return UUID(int=value | 0b10 << 62 | random & 0x3FFF_FFFF_FFFF_FFFF)


def uuid7_ms(id: UUID) -> int | None:
    """Returns the time of `id` in milliseconds since the epoch, or None when it is of another version."""
    return id.int >> 80 if id.version == 7 else None


def now_us() -> int:
    """Returns the time in microseconds since the epoch."""
    return time.time_ns() // 1000
