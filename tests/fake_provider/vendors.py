"""Per vendor: which keys are accepted, which headers come with an answer, and what errors look like."""

import datetime as dt
import hashlib
import urllib.parse
from typing import Any, Literal

from tests.fake_provider.answer import Answer, Refused, compact, data_event, named_event, pretty
from tests.fake_provider.bedrock_converse import exception
from tests.fake_provider.scenario import Scenario

Vendor = Literal["openai", "anthropic", "google", "bedrock"]
KEY_PREFIX: dict[Vendor, str] = {
    "openai": "sk-fake-",
    "anthropic": "sk-ant-fake-",
    "google": "AIzaFake",  # Vertex: any bearer token that begins with ya29.fake
    "bedrock": "bedrock-api-key-fake",  # or any signature of AWS
}

_HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)
_OPENAI_ERRORS = {
    # status: type, code
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
    503: ("server_error", "server_is_overloaded"),
}
_ANTHROPIC_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_GOOGLE_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}
_BEDROCK_EXCEPTIONS = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}
_SERVER_ERROR = "The server had an error while processing your request. Sorry about that!"
_HOW_TO_SEND_ONE = (
    "You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY)."
)
_WHERE_TO_FIND_ONE = "You can find your API key at https://platform.openai.com/account/api-keys."
_MESSAGES = {
    ("openai", 429): "Rate limit reached for gpt-4o in organization org-fake on requests per min (RPM): "
    "Limit 3, Used 3, Requested 1. Please try again in 20s.",
    ("openai", 400): "Invalid value: the request asked for this error.",
    ("anthropic", 429): "This request would exceed your organization's rate limit of 50 requests per minute.",
    ("anthropic", 500): "Internal server error",
    ("anthropic", 529): "Overloaded",
}


def key_error(vendor: Vendor, headers: dict[str, str], request_id: str, *, query: str = "") -> Answer | None:
    """Returns the vendor's 401 unless `headers` (names in lower case) or the query carry a key that it accepts."""
    if vendor == "google":
        return _google_key_error(headers, query)
    if vendor == "bedrock":
        sent = headers.get("authorization", "")
        if sent.startswith(("AWS4-HMAC-SHA256 ", f"Bearer {KEY_PREFIX['bedrock']}")):
            return None
        return error(vendor, 403, "The security token included in the request is invalid.")
    bearer = headers.get("authorization", "").removeprefix("Bearer ").strip()
    # Azure serves OpenAI's dialect, but takes its key in a header of its own.
    key = headers.get("x-api-key" if vendor == "anthropic" else "api-key") or bearer
    if key.startswith(KEY_PREFIX[vendor]):
        return None
    if vendor == "anthropic":
        message = "invalid x-api-key" if key else "x-api-key header is required"
        return error(vendor, 401, message, request_id=request_id)
    if not key:
        return error(vendor, 401, f"You didn't provide an API key. {_HOW_TO_SEND_ONE}", code="")
    return error(vendor, 401, f"Incorrect API key provided: {key[:8]}***{key[-4:]}. {_WHERE_TO_FIND_ONE}")


def _google_key_error(headers: dict[str, str], query: str) -> Answer | None:
    in_query = urllib.parse.parse_qs(query).get("key", [""])[0]
    key = headers.get("x-goog-api-key") or in_query or headers.get("authorization", "")
    if key.startswith((KEY_PREFIX["google"], "Bearer ya29.fake")):
        return None
    return error("google", 400, "API key not valid. Please pass a valid API key.")


def refusal(vendor: Vendor, refused: Refused, request_id: str) -> Answer:
    """Returns the vendor's answer to a request that a handler refused."""
    return error(
        vendor, refused.status, refused.message, param=refused.param, code=refused.code, request_id=request_id
    )


def error(
    vendor: Vendor,
    status: int,
    message: str = "",
    *,
    param: str | None = None,
    code: str | None = None,
    request_id: str = "",
    retry_after: int | None = None,
) -> Answer:
    """Returns an error answer in the vendor's shape; without `message`, with the vendor's usual one."""
    message = message or _MESSAGES.get((vendor, status), _SERVER_ERROR)
    headers = (
        [("retry-after", str(retry_after))] if retry_after is not None and status in {429, 503, 529} else []
    )
    if vendor == "anthropic":
        body = compact(_anthropic_error(status, message, request_id))
        return Answer(status=status, body=body, headers=[*headers, ("x-should-retry", _should_retry(status))])
    if vendor == "google":
        body = pretty(_google_error(status, message))
        return Answer(
            status=status, body=body, headers=headers, content_type="application/json; charset=UTF-8"
        )
    if vendor == "bedrock":
        kind = _BEDROCK_EXCEPTIONS.get(status, "InternalServerException")
        return Answer(status=status, body=compact({"message": message}), headers=[("x-amzn-errortype", kind)])
    if status == 429 and retry_after is not None:
        headers.append(("retry-after-ms", str(retry_after * 1000)))
    return Answer(status=status, body=pretty(_openai_error(status, message, param, code)), headers=headers)


def stream_error(vendor: Vendor, request_id: str) -> bytes:
    """Returns the event with which the vendor ends a stream that it cannot finish."""
    if vendor == "anthropic":
        return named_event(_anthropic_error(529, "Overloaded", request_id))
    if vendor == "google":
        return data_event(_google_error(503, "The model is overloaded. Please try again later."))
    if vendor == "bedrock":
        return exception("serviceUnavailableException", "The service is unavailable. Try again later.")
    return data_event(_openai_error(500, _SERVER_ERROR, None, None))


def broken_body(scenario: Scenario) -> Answer:
    """Returns an answer that is no vendor's JSON: a proxy's HTML page, or JSON cut short."""
    if scenario.body == "html":
        return Answer(status=scenario.status or 502, body=_HTML, content_type="text/html")
    return Answer(status=scenario.status or 200, body=b'{"id": "chatcmpl-1", "object": "chat.comp')


def usual_headers(vendor: Vendor, request_id: str, now: float) -> list[tuple[str, str]]:
    """Returns the headers that the vendor sends with every answer."""
    ray = hashlib.sha256(request_id.encode()).hexdigest()[:16] + "-FRA"
    common = [("cf-ray", ray), ("cf-cache-status", "DYNAMIC"), ("server", "cloudflare")]
    if vendor == "anthropic":
        reset = dt.datetime.fromtimestamp(now + 60, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        limits: list[tuple[str, str]] = []
        for kind, limit in (
            ("requests", 50),
            ("tokens", 100_000),
            ("input-tokens", 80_000),
            ("output-tokens", 20_000),
        ):
            prefix = f"anthropic-ratelimit-{kind}"
            limits += [
                (f"{prefix}-limit", str(limit)),
                (f"{prefix}-remaining", str(limit - 1)),
                (f"{prefix}-reset", reset),
            ]
        return [
            *limits,
            ("request-id", request_id),
            ("anthropic-organization-id", "00000000-0000-4000-8000-00000000fa4e"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
            ("x-robots-tag", "none"),
            ("via", "1.1 google"),
            *common,
        ]
    if vendor == "google":
        return [
            ("server", "scaffolding on HTTPServer2"),
            ("server-timing", "gfet4t7; dur=21"),
            ("x-content-type-options", "nosniff"),
            ("vary", "Origin"),
        ]
    if vendor == "bedrock":
        return [("x-amzn-requestid", request_id)]
    return [
        ("access-control-expose-headers", "X-Request-ID"),
        ("openai-organization", "org-fake"),
        ("openai-processing-ms", "17"),
        ("openai-project", "proj_fake"),
        ("openai-version", "2020-10-01"),
        ("x-envoy-upstream-service-time", "21"),
        ("x-ratelimit-limit-requests", "10000"),
        ("x-ratelimit-limit-tokens", "200000"),
        ("x-ratelimit-remaining-requests", "9999"),
        ("x-ratelimit-remaining-tokens", "199981"),
        ("x-ratelimit-reset-requests", "8.64s"),
        ("x-ratelimit-reset-tokens", "5ms"),
        ("x-request-id", request_id),
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("x-content-type-options", "nosniff"),
        ("set-cookie", f"__cf_bm={ray}; path=/; HttpOnly; Secure; SameSite=None"),
        ("set-cookie", f"_cfuvid={ray}; path=/; HttpOnly; Secure; SameSite=None"),
        ("alt-svc", 'h3=":443"; ma=86400'),
        *common,
    ]


def _openai_error(status: int, message: str, param: str | None, code: str | None) -> dict[str, Any]:
    kind, usual_code = _OPENAI_ERRORS.get(status, ("server_error", None))
    code = usual_code if code is None else code or None
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _anthropic_error(status: int, message: str, request_id: str) -> dict[str, Any]:
    kind = _ANTHROPIC_ERRORS.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}


def _google_error(status: int, message: str) -> dict[str, Any]:
    return {"error": {"code": status, "message": message, "status": _GOOGLE_STATUSES.get(status, "INTERNAL")}}


def _should_retry(status: int) -> str:
    return "true" if status in {408, 409, 429} or status >= 500 else "false"
