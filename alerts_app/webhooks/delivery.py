"""Calling a webhook's destination once."""

import asyncio
import ssl
from dataclasses import dataclass

from asgiref.sync import async_to_sync

from accounts_app.secrets import UndecryptableSecret
from alerts_app.webhooks.models import Webhook
from alerts_app.webhooks.payload import SIGNATURE_HEADER, signature
from alerts_app.webhooks.queries import signing_key
from alerts_app.webhooks.targets import NOT_PUBLIC, BadTarget, target_of
from gateway_app.upstream import Call, NotPublic, TimedOut, Timeouts, Unreachable, Upstream
from providers_app.checks import why_unreachable

WITHIN_S = 10.0
_HEADERS = (
    (b"Content-Type", b"application/json"),
    (b"User-Agent", b"helicone-webhooks"),
    (b"Accept-Encoding", b"identity"),
)
_UNREADABLE_KEY = (
    "Its signing key cannot be read: HELICONE_SECRET_KEY was changed. Delete the webhook and make it anew."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call, in words for people. `status` is the answer's, None where none came."""

    is_delivered: bool
    text: str
    status: int | None = None


def deliver(webhook: Webhook, body: bytes) -> Outcome:
    """Returns what came of one signed POST. Blocks for at most `WITHIN_S` seconds.

    The target is checked as if it were new; redirects are not followed, since they could lead anywhere.
    """
    try:
        target = target_of(webhook.destination)
        signed = signature(body, signing_key(webhook))
    except BadTarget as error:
        return Outcome(False, str(error))
    except UndecryptableSecret:
        return Outcome(False, _UNREADABLE_KEY)
    call = Call(
        method="POST",
        origin=target.origin,
        target=target.path,
        headers=[*_HEADERS, (SIGNATURE_HEADER.encode(), signed.encode())],
        body=body,
        timeouts=Timeouts(WITHIN_S, WITHIN_S, WITHIN_S),
        public_only=target.public_only,
    )
    # Certificates are loaded in this thread: the loop that the call runs in is the gateway's.
    return async_to_sync(_post)(call, ssl.create_default_context())


async def _post(call: Call, tls: ssl.SSLContext) -> Outcome:
    upstream = Upstream(tls=tls)
    try:
        async with asyncio.timeout(WITHIN_S), upstream.send(call) as answer:
            return _judged(answer.status)
    except (TimedOut, TimeoutError):
        return Outcome(False, f"No answer within {WITHIN_S:g} s.")
    except NotPublic:
        return Outcome(False, NOT_PUBLIC)
    except Unreachable as error:
        return Outcome(False, f"Cannot be reached: {why_unreachable(error)}.")
    finally:
        await upstream.close()


def _judged(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome(True, f"Delivered; it answered {status}.", status)
    if 300 <= status < 400:
        return Outcome(False, f"It answered {status}, a redirect, which is not followed.", status)
    return Outcome(False, f"It answered {status}.", status)
