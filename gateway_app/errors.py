"""The gateway's own errors, in the shape that the caller's SDK turns into its proper exception."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from gateway_app.providers import Provider, Shape, Speaks

# The SDKs choose the exception class by the status; `type` is what their users match on.
# (Anthropic: docs.anthropic.com/en/api/errors)
_ANTHROPIC_TYPE = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    504: "timeout_error",
}


# (Google: cloud.google.com/apis/design/errors)
_GOOGLE_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


# Not frozen: contextlib gives an exception that passes through it its traceback.
@dataclass(slots=True, unsafe_hash=True)
class GatewayError(Exception):
    """An answer that the gateway gives instead of the provider."""

    status: int
    code: str  # short, stable: logged as the row's error
    message: str
    plain: bool = False  # the contract has this one as text
    allow: str = ""  # the methods that there are, of a 405
    details: str | None = None  # of a blocked prompt, which the contract gives a shape of its own (1.3)
    bare: bool = False  # of a stored prompt: in the contract's shape for these (2.4), whatever is asked for
    of_limits: bool = False  # in the shapes that the contract has for these (1.4, 2.4)
    headers: tuple[tuple[bytes, bytes], ...] = ()  # besides those of the body

    @property
    def content_type(self) -> bytes:
        """Returns the media type of `body`."""
        if self.of_limits:
            return b"application/json;charset=UTF-8"
        return b"text/plain; charset=utf-8" if self.plain else b"application/json"

    def body(self, shape: Shape) -> bytes:
        """Returns the body in the shape that the clients of `shape` turn into their proper exception."""
        if self.plain:
            return self.message.encode()
        if self.bare:
            return msgspec.json.encode({"error": self.message})
        if self.of_limits and shape is not Shape.GATEWAY:
            return msgspec.json.encode({"message": self.message})
        if self.details is not None:
            error = {"code": self.code, "message": self.message, "details": self.details}
            return msgspec.json.encode({"success": False, "error": error})
        return msgspec.json.encode(_SHAPES[shape](self))


def _openai(error: GatewayError) -> dict[str, Any]:
    kind = "invalid_request_error" if error.status < 500 else "server_error"
    return {"error": {"message": error.message, "type": kind, "param": None, "code": error.code}}


def _anthropic(error: GatewayError) -> dict[str, Any]:
    kind = _ANTHROPIC_TYPE.get(error.status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": error.message}}


def _google(error: GatewayError) -> dict[str, Any]:
    status = _GOOGLE_STATUS.get(error.status, "INTERNAL")
    return {"error": {"code": error.status, "message": error.message, "status": status}}


def _gateway(error: GatewayError) -> dict[str, Any]:
    """The envelope of contract 2.4."""
    detail = {"source": "", "type": error.code, "message": error.message, "statusCode": error.status}
    code = error.code if error.of_limits else "request_failed"
    body = {"code": code, "message": error.message, "details": [detail], "param": None}
    return {"success": False, "error": body}


_SHAPES = {
    Shape.OPENAI: _openai,
    Shape.ANTHROPIC: _anthropic,
    Shape.GOOGLE: _google,
    Shape.GATEWAY: _gateway,
}


def no_helicone_key() -> GatewayError:
    """Returns the refusal of a request without a Helicone key."""
    return GatewayError(
        401,
        "invalid_api_key",
        "No Helicone API key: send the header Helicone-Auth: Bearer sk-helicone-…, or use it as the API key.",
    )


def wrong_helicone_key() -> GatewayError:
    """Returns the refusal of an unknown or revoked key."""
    return GatewayError(401, "invalid_api_key", "This Helicone API key does not exist or was revoked.")


def keys_unknown() -> GatewayError:
    """Returns the answer while keys cannot be looked up: clients try again after a 503, but not after a 401."""
    return GatewayError(503, "keys_unavailable", "API keys cannot be looked up at the moment. Try again.")


def read_only_key() -> GatewayError:
    """Returns the refusal of a key without write scope."""
    return GatewayError(
        403, "read_only_key", "This Helicone API key may only read: the gateway needs write scope."
    )


def no_provider_key(label: str, variable: str) -> GatewayError:
    """Returns the refusal when nobody has a key for the provider."""
    on_server = f", or set {variable} on the server" if variable else ""
    return GatewayError(
        401,
        "missing_provider_key",
        f"No {label} key: send your own, store one on the Providers page{on_server}.",
    )


def no_key_for_model(model: str, providers: Sequence[Provider]) -> GatewayError:
    """Returns the refusal of a model whose `providers`, likeliest first, are all without a key."""
    labels = " or ".join(dict.fromkeys(provider.label for provider in providers))
    variable = providers[0].key_variable
    on_server = f", or set {variable} on the server" if variable else ""
    return GatewayError(
        401,
        "missing_provider_key",
        f"{model} needs access to {labels}: store a key on the Providers page{on_server}.",
    )


def no_provider_for_model(names: str) -> GatewayError:
    """Returns the refusal when every provider of a model is excluded (contract 2.2)."""
    return GatewayError(400, "model_not_supported", f"No available providers for {names!r}.")


def bad_model(names: str) -> GatewayError:
    """Returns the refusal of a request whose `model` names none (contract 2.4: plain text)."""
    return GatewayError(400, "invalid_format", f"Invalid model: {names!r} names no model.", plain=True)


def bad_exclusion(entry: str) -> GatewayError:
    """Returns the refusal of `!provider` with a provider that does not exist (contract 2.4: plain text)."""
    return GatewayError(400, "invalid_format", f"Invalid provider exclusion: {entry!r}.", plain=True)


def dialect_not_spoken(label: str, dialect: Speaks) -> GatewayError:
    """Returns the refusal of a dialect that the model's provider has no endpoint for."""
    return GatewayError(
        400,
        "invalid_format",
        f"{label} has no endpoint for {dialect}: call it in its own format under /v1/gateway/.",
    )


def body_needs_json() -> GatewayError:
    """Returns the refusal of an AI-gateway call whose body is no JSON object."""
    return GatewayError(400, "invalid_format", "The request body is not a JSON object.")


def no_target() -> GatewayError:
    """Returns the refusal of a call that should say where it goes (the contract's words, 1.3)."""
    return GatewayError(400, "invalid_format", "Missing target base url", plain=True)


def bad_target(url: str) -> GatewayError:
    """Returns the refusal of a target that is no web address."""
    return GatewayError(400, "invalid_format", f"{url[:200]!r} is not an http(s) address to go to.")


def target_not_allowed(host: str) -> GatewayError:
    """Returns the refusal of a target that is neither a known provider nor allowed by the operator."""
    return GatewayError(
        403,
        "target_not_allowed",
        f"{host} is not a known provider. The operator can allow it in HELICONE_ALLOWED_TARGETS.",
    )


def target_not_public() -> GatewayError:
    """Returns the refusal of a target that turns out to be on a private network."""
    return GatewayError(403, "target_not_allowed", "The target is not on the public internet.")


def no_endpoint(label: str) -> GatewayError:
    """Returns the refusal when a provider without a public address has none stored."""
    return GatewayError(400, "missing_endpoint", f"{label} has no address: store it on the Providers page.")


def method_not_allowed(allow: str = "POST, GET") -> GatewayError:
    """Returns the refusal of methods that are not in `allow`, the AI gateway's (contract 2.2: plain text)."""
    return GatewayError(405, "method_not_allowed", "Method not allowed", plain=True, allow=allow)


def no_websocket() -> GatewayError:
    """Returns the refusal of a WebSocket for anything but realtime."""
    return GatewayError(404, "no_websocket", "The gateway has WebSockets for realtime only: /v1/realtime.")


def flagged(categories: list[str]) -> GatewayError:
    """Returns the refusal of a prompt that OpenAI's moderation flagged for these categories (contract 1.3)."""
    return GatewayError(
        400,
        "PROMPT_FLAGGED_FOR_MODERATION",
        "The given prompt was flagged by the OpenAI moderation endpoint.",
        details=", ".join(categories),
    )


def rate_limited(policy: str, reset_s: int) -> GatewayError:
    """Returns the refusal of a request over a rate limit, written as `Helicone-RateLimit-Policy` is (contract 1.4)."""
    return GatewayError(
        429,
        "rate_limited",
        f"Rate limit reached: {policy}. Something is free again in {reset_s} s. See Helicone-RateLimit-Policy in"
        " docs/limits.md.",
        of_limits=True,
        headers=((b"retry-after", str(reset_s).encode()),),
    )


def budget_exceeded(message: str, free_at: datetime | None, *, may_retry: bool) -> GatewayError:
    """Returns the refusal of a request for which a budget has not enough left until `free_at`.

    `may_retry`: what is missing is only held by requests under way.
    """
    wait_s = math.ceil((free_at - datetime.now(UTC)).total_seconds()) if free_at is not None else 1
    retry = (b"retry-after", str(1 if may_retry else max(wait_s, 1)).encode())
    return GatewayError(
        429,
        "budget_exceeded",
        message,
        of_limits=True,
        # SDKs would try again in a second or two, and again.
        headers=(retry,) if may_retry else (retry, (b"x-should-retry", b"false")),
    )


def limits_unavailable() -> GatewayError:
    """Returns the answer while nobody knows what was spent, to those whose limits are closed then."""
    return GatewayError(
        503,
        "limits_unavailable",
        "What has been spent cannot be looked up at the moment, and this organization's limits refuse requests"
        " until it can. Try again.",
        of_limits=True,
        headers=((b"retry-after", b"1"),),
    )


def too_large(limit_bytes: int) -> GatewayError:
    """Returns the refusal of a body over the limit."""
    return GatewayError(413, "request_too_large", f"The request body is larger than {limit_bytes >> 20} MiB.")


def undecodable(reason: str) -> GatewayError:
    """Returns the refusal of a body that is not what its Content-Encoding says."""
    return GatewayError(400, "invalid_encoding", f"The request body cannot be unpacked: {reason}.")


def unknown_media_type(known: str) -> GatewayError:
    """Returns the refusal of a body in a format that nobody reads there."""
    return GatewayError(415, "unsupported_media_type", f"Content-Type must be {known}.")


def not_otlp(reason: str) -> GatewayError:
    """Returns the refusal of a body that is no export of traces."""
    return GatewayError(400, "invalid_traces", f"The traces cannot be read: {reason}.")


def unreachable(label: str) -> GatewayError:
    """Returns the answer when no connection to the provider comes about, or it breaks before the answer."""
    return GatewayError(502, "upstream_unreachable", f"{label} could not be reached.")


def broken() -> GatewayError:
    """Returns the answer when the gateway itself fails."""
    return GatewayError(500, "gateway_error", "The gateway failed; its log says how.")


def timed_out(label: str) -> GatewayError:
    """Returns the answer when the provider does not begin to answer in time."""
    return GatewayError(504, "upstream_timeout", f"{label} did not answer in time.")


def too_large_to_sign() -> GatewayError:
    """Returns the refusal of a body that would have to be signed, and is not read as a whole."""
    return GatewayError(413, "request_too_large", "The request body is too large to be signed for AWS.")
