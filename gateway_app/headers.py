"""Reading the caller's headers, and what of them goes on to the provider (contract 1.1-1.3)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway_app.providers import Provider

RawHeaders = Iterable[tuple[bytes, bytes]]

_HELICONE_PREFIX = b"helicone-"
_PROPERTY_PREFIX = b"helicone-property-"
# RFC 9110, 7.6.1; and what the HTTP client writes itself.
_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding"
    b" upgrade host content-length expect".split()
)
# The dashboard lives on the same origin: its session must not reach a provider, nor a provider set cookies here.
_COOKIES = frozenset((b"cookie", b"set-cookie"))
_NOT_SENT_UP = _HOP_BY_HOP | _COOKIES
_NOT_SENT_DOWN = _HOP_BY_HOP - {b"content-length"} | _COOKIES
_KEY_HEADERS = (b"authorization", b"x-api-key", b"api-key")
_KEY_STARTS = ("sk-helicone-", "pk-helicone-")


@dataclass(slots=True)
class CallerHeaders:
    """What the gateway needs to know of a request's headers."""

    helicone_key: str | None = None
    key_is_api_key: bool = False  # the Helicone key came in the provider key's place
    has_provider_key: bool = False
    speaks_anthropic: bool = False
    user_id: str = ""
    session_id: str = ""
    session_path: str = ""
    session_name: str = ""
    request_id: str = ""
    content_encoding: str = ""
    omit_request: bool = False
    omit_response: bool = False
    properties: dict[str, str] = field(default_factory=dict)
    forwarded: list[tuple[str, str]] = field(default_factory=list)


def read(headers: RawHeaders) -> CallerHeaders:
    """Returns what `headers` (lower-case names, as ASGI gives them) say. Unknown Helicone headers are ignored."""
    seen = CallerHeaders()
    dropped = _NOT_SENT_UP | _named_by_connection(headers)
    for name, raw in headers:
        if name.startswith(_HELICONE_PREFIX):
            _read_helicone(seen, name, text(raw))
        elif name in _KEY_HEADERS:
            _read_key(seen, name, text(raw))
        elif name not in dropped:
            if name == b"anthropic-version":
                seen.speaks_anthropic = True
            elif name == b"content-encoding":
                seen.content_encoding = text(raw)
            seen.forwarded.append((name.decode("latin-1"), text(raw)))
    return seen


def with_provider_key(seen: CallerHeaders, provider: Provider, key: str) -> list[tuple[str, str]]:
    """Returns the headers for the provider with `key` in the form that it takes."""
    return [*seen.forwarded, provider.key_headers(key)]


def answer_headers(headers: RawHeaders, helicone_id: str) -> list[tuple[bytes, bytes]]:
    """Returns the provider's headers as they go to the client, and our `Helicone-Id`."""
    lowered = [(name.lower(), value) for name, value in headers]
    dropped = _NOT_SENT_DOWN | _named_by_connection(lowered)
    kept = [(name, value) for name, value in lowered if name not in dropped]
    kept.append((b"helicone-id", helicone_id.encode()))
    return kept


def text(raw: bytes) -> str:
    """Returns a header's value: UTF-8 where it is that, else Latin-1; clients send either."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def bearer(value: str) -> str:
    """Returns the token of `Bearer <token>`, or the bare value that some clients send."""
    scheme, _, token = value.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else value.strip()


def is_helicone_key(token: str) -> bool:
    """Returns whether `token` looks like a key of ours and not a provider's."""
    return token.startswith(_KEY_STARTS)


def _read_helicone(seen: CallerHeaders, name: bytes, value: str) -> None:
    if name.startswith(_PROPERTY_PREFIX):
        property_name = name[len(_PROPERTY_PREFIX) :].decode("latin-1")
        if property_name:
            seen.properties[property_name] = value
        return
    match name:
        case b"helicone-auth":
            seen.helicone_key, seen.key_is_api_key = bearer(value), False
        case b"helicone-user-id":
            seen.user_id = value
        case b"helicone-session-id":
            seen.session_id = value
        case b"helicone-session-path":
            seen.session_path = value
        case b"helicone-session-name":
            seen.session_name = value
        case b"helicone-request-id":
            seen.request_id = value
        case b"helicone-omit-request":
            seen.omit_request = value.lower() == "true"
        case b"helicone-omit-response":
            seen.omit_response = value.lower() == "true"


def _read_key(seen: CallerHeaders, name: bytes, value: str) -> None:
    token = bearer(value) if name == b"authorization" else value.strip()
    if is_helicone_key(token):
        # Helicone-Auth wins wherever it stands; either way our key goes no further.
        if seen.helicone_key is None:
            seen.helicone_key, seen.key_is_api_key = token, True
        return
    seen.has_provider_key = seen.has_provider_key or bool(token)
    seen.forwarded.append((name.decode("latin-1"), value))


def _named_by_connection(headers: RawHeaders) -> frozenset[bytes]:
    """Returns the headers that `Connection` declares to be between two neighbours only."""
    return frozenset(
        name.strip().lower()
        for header, value in headers
        if header == b"connection"
        for name in value.split(b",")
    )
