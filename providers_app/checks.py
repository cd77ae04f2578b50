"""Trying a provider's key out: one cheap call, sent as the gateway would send it, and what came of it in words."""

import asyncio
import socket
import ssl
import time
from dataclasses import dataclass, replace
from enum import StrEnum

from asgiref.sync import async_to_sync

from accounts_app import secrets
from gateway_app.destination import of_provider
from gateway_app.errors import GatewayError
from gateway_app.headers import CallerHeaders
from gateway_app.outgoing import Sent
from gateway_app.providers import KeyForm
from gateway_app.upstream import Answer, Call, NotPublic, TimedOut, Timeouts, Unreachable, Upstream
from helicone_site.formats import duration
from providers_app.access import ProviderAccess

WITHIN_S = 10.0
# Enough of an answer to see which error it is.
_READ_BYTES = 4096
_HEADERS = [(b"accept", b"application/json"), (b"accept-encoding", b"identity"), (b"user-agent", b"helicone")]
# Anthropic refuses calls that do not name the version they were written for.
_ANTHROPIC_VERSION = (b"anthropic-version", b"2023-06-01")


class Tone(StrEnum):
    """How an outcome is shown."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try. The text is for people and holds nothing that the provider said, which may name the key."""

    tone: Tone
    text: str


def check(access: ProviderAccess) -> Outcome:
    """Returns what came of one call to the provider with its key. Blocks for at most `WITHIN_S` seconds."""
    try:
        call = _call(access)
    except secrets.UndecryptableSecret:
        return Outcome(
            Tone.BAD, "The stored key cannot be read: HELICONE_SECRET_KEY was changed. Replace the key."
        )
    except GatewayError as error:
        return Outcome(Tone.BAD, error.message)
    if call is None:
        return Outcome(Tone.BAD, "There is no key to try.")
    # Certificates are loaded in this thread: the loop that the call runs in is the gateway's.
    return async_to_sync(_ask)(access, call, ssl.create_default_context())


def _call(access: ProviderAccess) -> Call | None:
    """Returns the call, or None without a key. Raises GatewayError, UndecryptableSecret."""
    provider = access.provider
    key = secrets.decrypt(access.stored.ciphertext) if access.stored is not None else ""
    if not key and not access.endpoint:
        # The environment's key belongs to the operator: it goes to no address that an organization chose.
        key = provider.environment_key
    if access.takes_key and not key:
        return None
    place = of_provider(provider, provider.check_path, access.endpoint)
    headers = [*_HEADERS, _ANTHROPIC_VERSION] if provider.key_form is KeyForm.ANTHROPIC else _HEADERS
    sent = Sent("GET", place, "", b"", 0, CallerHeaders(forwarded=headers))
    call = sent.call(key, provider.key_form, withhold=False)
    return replace(call, timeouts=Timeouts(WITHIN_S, WITHIN_S, WITHIN_S))


async def _ask(access: ProviderAccess, call: Call, tls: ssl.SSLContext) -> Outcome:
    upstream = Upstream(tls=tls)
    began_at = time.perf_counter()
    try:
        async with asyncio.timeout(WITHIN_S), upstream.send(call) as answer:
            took_ms = (time.perf_counter() - began_at) * 1000
            return _judged(access, call, answer, await _start_of(answer), took_ms)
    except (TimedOut, TimeoutError):
        return Outcome(Tone.BAD, f"Cannot be reached: no answer within {WITHIN_S:g} s.")
    except NotPublic:
        return Outcome(
            Tone.BAD,
            "Its address is on a private network. The operator can allow it in HELICONE_ALLOWED_TARGETS.",
        )
    except Unreachable as error:
        return Outcome(Tone.BAD, f"Cannot be reached: {why_unreachable(error)}.")
    finally:
        await upstream.close()


async def _start_of(answer: Answer) -> bytes:
    start = b""
    while len(start) < _READ_BYTES and (piece := await answer.read()):
        start += piece
    return start[:_READ_BYTES]


def _judged(access: ProviderAccess, call: Call, answer: Answer, start: bytes, took_ms: float) -> Outcome:
    status, label = answer.status, access.provider.label
    look_at_address = " Check the address." if access.endpoint else ""
    # Google and xAI refuse a key with 400, and say so in words only.
    if status == 401 or (status == 400 and b"api key" in start.lower()):
        refuses = "refuses this key" if access.takes_key else "wants a key"
        return Outcome(Tone.BAD, f"{label} {refuses} ({status}).")
    if status == 403:
        return Outcome(Tone.BAD, f"{label} refuses this key, or does not let it do this (403).")
    if status == 402:
        return Outcome(Tone.WARN, f"The key works, but {label} wants to be paid first (402).")
    if status == 429:
        return Outcome(Tone.WARN, "The key works, but its rate limit or quota is used up (429).")
    if status in {404, 405}:
        tried = f"it can be reached, but has no {call.target} to try the {access.noun} with."
        return Outcome(Tone.WARN, f"Answered {status}: {tried}{look_at_address}")
    if 300 <= status < 400:
        return Outcome(
            Tone.BAD, f"Answered {status}: it sends callers on to another address.{look_at_address}"
        )
    if status >= 500:
        return Outcome(Tone.WARN, f"{label} has a fault of its own ({status}). Try again later.")
    if not 200 <= status < 300:
        return Outcome(Tone.WARN, f"Answered {status}, which says nothing about the {access.noun}.")
    if _is_web_page(answer):
        return Outcome(Tone.BAD, f"Answered with a web page, so this is no API.{look_at_address}")
    return Outcome(Tone.GOOD, f"Works ({duration(took_ms)})")


def _is_web_page(answer: Answer) -> bool:
    return any(name == b"content-type" and b"text/html" in value.lower() for name, value in answer.headers)


def why_unreachable(error: Unreachable) -> str:
    """Returns the cause in words that end no sentence."""
    match error.__cause__:
        case ConnectionRefusedError():
            return "nothing listens there"
        case socket.gaierror():
            return "its name is not known"
        case ssl.SSLCertVerificationError() as refused:
            return f"its certificate is not trusted ({refused.verify_message})"
        case ssl.SSLError():
            return "it does not speak TLS"
        case _:
            return str(error) or "the connection broke"
