"""How requests fail, with the bodies that providers send then."""

import random
from typing import NamedTuple

import msgspec

from ingest_app.demo.answers import identifier
from ingest_app.demo.catalog import Model
from ingest_app.demo.dialogue import Json


class Failure(NamedTuple):
    """An answer other than the one hoped for. `took_ms` is its usual latency."""

    status: int
    body: bytes
    took_ms: int
    error: str = ""  # the gateway's own word for it, when the provider said nothing


class _Kind(NamedTuple):
    status: int
    openai_type: str
    openai_code: str | None
    anthropic_type: str
    took_ms: int
    messages: tuple[str, ...]


_KINDS = {
    "rate_limited": _Kind(
        429,
        "tokens",
        "rate_limit_exceeded",
        "rate_limit_error",
        90,
        (
            "Rate limit reached for {model} on tokens per min (TPM): Limit 200000, Used 198412, Requested 3120. "
            "Please try again in 459ms.",
            "This request would exceed your organization's rate limit of 50,000 input tokens per minute.",
            "Rate limit reached for {model} on requests per min (RPM): Limit 500, Used 500, Requested 1. Please try "
            "again in 120ms.",
        ),
    ),
    "refused": _Kind(
        400,
        "invalid_request_error",
        "invalid_value",
        "invalid_request_error",
        110,
        (
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 131204 tokens. "
            "Please reduce the length of the messages.",
            "Invalid schema for response_format 'triage': In context=(), 'required' is required to be supplied.",
            "messages: text content blocks must be non-empty",
            "Invalid value: 'tol'. Supported values are: 'system', 'assistant', 'user', 'function', and 'tool'.",
        ),
    ),
    "wrong_key": _Kind(
        401,
        "invalid_request_error",
        "invalid_api_key",
        "authentication_error",
        60,
        ("Incorrect API key provided.", "invalid x-api-key"),
    ),
    "broken": _Kind(
        500,
        "server_error",
        None,
        "api_error",
        1800,
        (
            "The server had an error while processing your request. Sorry about that!",
            "Internal server error",
        ),
    ),
    "overloaded": _Kind(
        503,
        "server_error",
        "overloaded",
        "overloaded_error",
        4200,
        ("Overloaded", "The engine is currently overloaded, please try again later."),
    ),
}
_ANTHROPIC_OVERLOADED = 529

# Shares of all requests in ordinary times.
_ORDINARY = {"rate_limited": 0.012, "refused": 0.005, "broken": 0.0025, "wrong_key": 0.0006}
_INCIDENT = {"overloaded": 0.30, "broken": 0.12, "rate_limited": 0.04}

# The longest silence that the gateway waits for, as its operator has set it.
IDLE_TIMEOUT_MS = 120_000


def chosen(rng: random.Random, *, in_incident: bool) -> str:
    """Returns how a request fails, or "" when it does not."""
    left = rng.random()
    for kind, share in (_INCIDENT if in_incident else _ORDINARY).items():
        left -= share
        if left < 0:
            return kind
    return ""


def failure(kind: str, model: Model, rng: random.Random) -> Failure:
    """Returns the provider's answer to a request that fails in the way `chosen` said."""
    known = _KINDS[kind]
    message = rng.choice(known.messages).format(model=model.name)
    if model.provider == "anthropic":
        status = _ANTHROPIC_OVERLOADED if kind == "overloaded" else known.status
        error = {"type": known.anthropic_type, "message": message}
        body: Json = {"type": "error", "error": error, "request_id": identifier("req_01", rng, 22)}
    else:
        status = known.status
        error_fields = {"type": known.openai_type, "param": None, "code": known.openai_code}
        body = {"error": {"message": message, **error_fields}}
    return Failure(status, msgspec.json.encode(body), known.took_ms)


def never_answered(model: Model) -> Failure:
    """Returns what the gateway answers when the provider keeps silent for too long."""
    error = {"message": "The provider did not answer in time.", "type": "server_error"}
    if model.provider == "anthropic":
        body: Json = {"type": "error", "error": {**error, "type": "timeout_error"}}
    else:
        body = {"error": {**error, "param": None, "code": "upstream_timeout"}}
    return Failure(504, msgspec.json.encode(body), IDLE_TIMEOUT_MS, "upstream_timeout")
