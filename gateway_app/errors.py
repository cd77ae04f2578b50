"""The gateway's own errors, in the shape that the caller's SDK turns into its proper exception."""

from dataclasses import dataclass

import msgspec

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


@dataclass(frozen=True, slots=True)
class GatewayError(Exception):
    """An answer that the gateway gives instead of the provider."""

    status: int
    code: str  # short, stable: logged as the row's error
    message: str

    def body(self, shape: str) -> bytes:
        """Returns the JSON body in the `shape` of "openai" or "anthropic" errors."""
        if shape == "anthropic":
            kind = _ANTHROPIC_TYPE.get(self.status, "api_error")
            return msgspec.json.encode({"type": "error", "error": {"type": kind, "message": self.message}})
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        error = {"message": self.message, "type": kind, "param": None, "code": self.code}
        return msgspec.json.encode({"error": error})


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
    return GatewayError(
        401,
        "missing_provider_key",
        f"No {label} key: send your own, store one on the Providers page, or set {variable} on the server.",
    )


def too_large(limit_bytes: int) -> GatewayError:
    """Returns the refusal of a body over the limit."""
    return GatewayError(413, "request_too_large", f"The request body is larger than {limit_bytes >> 20} MiB.")


def unreachable(label: str) -> GatewayError:
    """Returns the answer when no connection to the provider comes about, or it breaks before the answer."""
    return GatewayError(502, "upstream_unreachable", f"{label} could not be reached.")


def broken() -> GatewayError:
    """Returns the answer when the gateway itself fails."""
    return GatewayError(500, "gateway_error", "The gateway failed; its log says how.")


def timed_out(label: str) -> GatewayError:
    """Returns the answer when the provider does not begin to answer in time."""
    return GatewayError(504, "upstream_timeout", f"{label} did not answer in time.")
