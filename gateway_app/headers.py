"""Reading the caller's headers, and what of them goes on to the provider (contract 1.1-1.3)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

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
_KEY_HEADERS = frozenset((b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key"))
# What AWS clients send for us to sign with (Helicone's Bedrock proxy), never to be passed on.
_AWS_KEYS = frozenset((b"aws-access-key", b"aws-secret-key", b"aws-session-token"))
_KEY_STARTS = ("sk-helicone-", "pk-helicone-")
# How Codex names its session; its older versions with _. (Claude Code: `_read_other`, since its 2.1.86.)
_CODEX_SESSION = frozenset((b"session-id", b"session_id", b"conversation_id"))
# Headers of Helicone's whose effect the gateway does not have (yet), or that ask for what it does anyway. Others
# with its prefix are mistakes or news, and are counted.
_WITHOUT_EFFECT = frozenset(
    b"helicone-cache-enabled helicone-cache-save helicone-cache-read helicone-cache-control helicone-cache-seed"
    b" helicone-cache-bucket-max-size helicone-cache-ignore-keys helicone-retry-enabled"
    b" helicone-retry-num helicone-retry-factor helicone-retry-min-timeout helicone-retry-max-timeout"
    b" helicone-fallbacks helicone-stream-force-format helicone-webhook-enabled helicone-gateway-body-mapping"
    b" helicone-prompt-mode helicone-prompt-version helicone-prompt-name helicone-prompt-format"
    b" helicone-node-id helicone-experiment-column-id helicone-experiment-row-index helicone-manual-access-key"
    b" helicone-llm-security-enabled helicone-llm-security-advanced helicone-prompt-security-enabled"
    b" helicone-posthog-key helicone-posthog-host helicone-lytix-key helicone-lytix-host"
    b" helicone-peyeeye-enabled helicone-peyeeye-session-mode helicone-jwt helicone-org-id".split()
)


@dataclass(slots=True)
class CallerHeaders:
    """What the gateway needs to know of a request's headers."""

    helicone_key: str | None = None
    has_provider_key: bool = False
    speaks_anthropic: bool = False
    speaks_google: bool = False
    user_id: str = ""
    session_id: str = ""
    session_path: str = ""
    session_name: str = ""
    request_id: str = ""
    model_override: str = ""
    content_encoding: str = ""
    content_length: int | None = None
    target_url: str = ""
    api_base: str = ""
    stream_usage: bool | None = None  # None: the client did not say
    more_patience: bool = False
    omit_request: bool = False
    omit_response: bool = False
    strips_prompt_tags: bool = False
    is_moderated: bool = False
    token_limit_handler: str = ""
    rate_limit_policy: str = ""
    agent_session_id: str = ""
    agent_name: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    aws_keys: dict[bytes, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    forwarded: list[tuple[bytes, bytes]] = field(default_factory=list)

    def labels(self) -> dict[str, Any]:
        """Returns the fields of a log event that are what the caller's headers say."""
        return {
            "model_override": self.model_override,
            "request_id": self.request_id,
            "user_id": self.user_id,
            "session_id": self.session_id,
            "session_path": self.session_path,
            "session_name": self.session_name,
            "properties": self.properties,
            "omit_request": self.omit_request,
            "omit_response": self.omit_response,
        }


def read(headers: RawHeaders) -> CallerHeaders:
    """Returns what `headers` (lower-case names, as ASGI gives them) say. Unknown Helicone headers are ignored."""
    seen = CallerHeaders()
    dropped = _NOT_SENT_UP | _named_by_connection(headers)
    for name, raw in headers:
        if name.startswith(_HELICONE_PREFIX):
            _read_helicone(seen, name, text(raw))
        elif name in _KEY_HEADERS:
            _read_key(seen, name, raw)
        elif name in _AWS_KEYS:
            seen.aws_keys[name] = text(raw)
            seen.has_provider_key = True
        elif name not in dropped:
            _read_other(seen, name, raw)
            seen.forwarded.append((name, raw))
        elif name == b"content-length" and raw.isdigit():
            seen.content_length = int(raw)
    if not seen.session_id and seen.agent_session_id and seen.agent_name:
        seen.session_id = seen.agent_session_id
        seen.session_name = seen.session_name or seen.agent_name
    return seen


def answer_headers(headers: list[tuple[bytes, bytes]], helicone_id: str) -> list[tuple[bytes, bytes]]:
    """Returns the provider's headers (lower-case names) as they go to the client, and our `Helicone-Id`."""
    dropped = _NOT_SENT_DOWN | _named_by_connection(headers)
    kept = [pair for pair in headers if pair[0] not in dropped]
    kept.append((b"helicone-id", helicone_id.encode()))
    return kept


def header(headers: RawHeaders, wanted: bytes) -> str:
    """Returns the first value of a header by its lower-case name, or ""."""
    return next((text(value) for name, value in headers if name == wanted), "")


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
        property_name = text(name[len(_PROPERTY_PREFIX) :])
        if property_name:
            seen.properties[property_name] = value
        return
    match name:
        case b"helicone-auth":
            seen.helicone_key = bearer(value)
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
            seen.omit_request = _is_true(value)
        case b"helicone-omit-response":
            seen.omit_response = _is_true(value)
        case b"helicone-model-override":
            seen.model_override = value
        case b"helicone-target-url":
            seen.target_url = value
        case b"helicone-openai-api-base":
            seen.api_base = value
        case b"helicone-stream-usage":
            seen.stream_usage = _is_true(value)
        case b"helicone-increase-timeout":
            seen.more_patience = _is_true(value)
        case b"helicone-moderations-enabled":
            seen.is_moderated = _is_true(value)
        case b"helicone-token-limit-exception-handler":
            seen.token_limit_handler = value.strip().lower()
        case b"helicone-ratelimit-policy":
            seen.rate_limit_policy = value
        case b"helicone-prompt-id":
            seen.properties["Helicone-Prompt-Id"] = value
            seen.strips_prompt_tags = True
        case b"helicone-experiment-id":
            seen.properties["Helicone-Experiment-Id"] = value
        case _ if name not in _WITHOUT_EFFECT:
            seen.unknown.append(name.decode("latin-1"))


def _read_key(seen: CallerHeaders, name: bytes, raw: bytes) -> None:
    """A Helicone key goes no further; `Authorization` may hold one beside the provider's, after a comma."""
    value = text(raw)
    kept = []
    for part in value.split(",") if "helicone-" in value else [value]:
        token = bearer(part.strip())
        if is_helicone_key(token):
            # Helicone-Auth wins wherever it stands.
            seen.helicone_key = seen.helicone_key or token
        elif token:
            kept.append(part.strip())
    if kept:
        seen.has_provider_key = True
        seen.forwarded.append((name, raw if len(kept) == 1 and kept[0] == value else kept[0].encode()))
    if name == b"x-goog-api-key":
        seen.speaks_google = True


def _read_other(seen: CallerHeaders, name: bytes, raw: bytes) -> None:
    match name:
        case b"anthropic-version":
            seen.speaks_anthropic = True
        case b"content-encoding":
            seen.content_encoding = text(raw)
        case b"x-claude-code-session-id":
            seen.agent_session_id, seen.agent_name = text(raw), "Claude Code"
        case b"originator" | b"user-agent" if raw.startswith(b"codex"):
            seen.agent_name = seen.agent_name or "Codex"
        case _ if name in _CODEX_SESSION and not seen.agent_session_id:
            seen.agent_session_id = text(raw)


def _is_true(value: str) -> bool:
    return value.strip().lower() == "true"


def _named_by_connection(headers: RawHeaders) -> frozenset[bytes]:
    """Returns the headers that `Connection` declares to be between two neighbours only."""
    return frozenset(
        name.strip().lower()
        for header, value in headers
        if header == b"connection"
        for name in value.split(b",")
    )
