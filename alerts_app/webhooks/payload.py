"""What a webhook is sent, byte by byte, and how it is signed (contract 5.1).

Receivers verify by reading the JSON and writing it anew, mostly in JavaScript. So this is what JSON.stringify makes of
it: nothing stands between tokens, keys keep this order, and numbers are written as there.
"""

import hmac
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

MAX_BODY_BYTES = 10 << 10
TOO_LARGE = "Body too large for webhook, please fetch the full request and response from Helicone"
SIGNATURE_HEADER = "Helicone-Signature"


class Measured(NamedTuple):
    """What a request cost and took."""

    cost_usd: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    latency_ms: int


class Told(NamedTuple):
    """A logged request, as its receiver is told of it. The last four are sent where a webhook includes data."""

    request_id: str
    request_body: str
    response_body: str
    user_id: str
    bodies_url: str
    model: str
    provider: str  # in Helicone's spelling
    measured: Measured


EXAMPLE = Told(
    request_id="test-request-id",
    request_body='{"model":"gpt-4o","messages":[{"role":"user","content":"Say this is a test."}]}',
    response_body=(
        '{"id":"chatcmpl-test","object":"chat.completion","model":"gpt-4o","choices":[{"index":0,"message":'
        '{"role":"assistant","content":"This is a test."},"finish_reason":"stop"}],"usage":{"prompt_tokens":130,'
        '"completion_tokens":50,"total_tokens":180}}'
    ),
    user_id="test-user",
    bodies_url="",
    model="gpt-4o",
    provider="OPENAI",
    measured=Measured(
        cost_usd=0.000825, prompt_tokens=130, completion_tokens=50, total_tokens=180, latency_ms=420
    ),
)
"""What the test of a webhook sends."""


def encoded(told: Told, *, includes_data: bool) -> bytes:
    """Returns the body of the call.

    A logged body over `MAX_BODY_BYTES` is replaced by a sentence, and what is not known is left out.
    """
    payload: dict[str, Any] = {
        "request_id": told.request_id,
        "request_body": _short(told.request_body),
        "response_body": _short(told.response_body),
        "user_id": told.user_id,
    }
    if includes_data:
        measured = told.measured
        payload |= {
            "request_response_url": told.bodies_url,
            "model": told.model,
            "provider": told.provider,
            "metadata": {
                "cost": None if measured.cost_usd is None else _javascript_number(measured.cost_usd),
                "promptTokens": measured.prompt_tokens,
                "completionTokens": measured.completion_tokens,
                "totalTokens": measured.total_tokens,
                "latencyMs": measured.latency_ms,
            },
        }
    always = {"request_id", "request_body", "response_body"}
    return msgspec.json.encode({name: value for name, value in payload.items() if value or name in always})


def signature(body: bytes, signing_key: str) -> str:
    """Returns what goes into the header: HMAC-SHA-256 of the body, in hexadecimal digits."""
    return hmac.digest(signing_key.encode(), body, "sha256").hex()


def _javascript_number(value: float) -> msgspec.Raw:
    """Returns a number as JavaScript writes it: 5, 0.00000495, 4.95e-7."""
    if value == int(value):
        return msgspec.Raw(b"%d" % int(value))
    if abs(value) >= 1e-6:
        return msgspec.Raw(f"{Decimal(repr(value)):f}".encode())
    return msgspec.Raw(repr(value).replace("e-0", "e-").encode())


def _short(body: str) -> str:
    return TOO_LARGE if len(body.encode("utf-8", "surrogatepass")) > MAX_BODY_BYTES else body
