"""Calling an address that an organization named, once or many at the same time."""

import asyncio
import ssl
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from types import TracebackType

from asgiref.sync import async_to_sync

from accounts_app.secrets import UndecryptableSecret
from alerts_app.webhooks.models import Webhook
from alerts_app.webhooks.queries import signing_keys
from alerts_app.webhooks.signing import signed_headers
from alerts_app.webhooks.targets import NOT_PUBLIC, BadTarget, target_of
from gateway_app.upstream import Answer, Call, NotPublic, TimedOut, Timeouts, Unreachable, Upstream
from providers_app.checks import why_unreachable

WITHIN_S = 10.0
"""For the name, the connection and the answer's status together."""
ANSWER_BYTES = 500
"""So much of an answer's body is kept, for people."""
UNREADABLE_KEY = "Its signing key cannot be read: HELICONE_SECRET_KEY was changed. Rotate the key."
_ANSWER_WITHIN_S = 2.0  # the status has said all by then
_HEADERS = (
    ("Content-Type", "application/json"),
    ("User-Agent", "helicone-webhooks"),
    ("Accept-Encoding", "identity"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call, in words for people. `status` is the answer's, None where none came."""

    is_delivered: bool
    text: str
    status: int | None = None
    answer: str = ""  # how its body begins
    duration_ms: int = 0


def deliver(webhook: Webhook, body: bytes) -> Outcome:
    """Returns what came of one signed POST, a delivery of its own. Blocks for at most `WITHIN_S` seconds."""
    try:
        keys = signing_keys(webhook)
    except UndecryptableSecret:
        return Outcome(False, UNREADABLE_KEY)
    headers = signed_headers(body, keys, delivery_id=uuid.uuid4(), attempt=1, at_s=int(time.time()))
    return post(webhook.destination, body, headers)


def post(destination: str, body: bytes, headers: Sequence[tuple[str, str]]) -> Outcome:
    """Returns what came of one POST of JSON with these headers besides. Blocks for at most `WITHIN_S` seconds.

    The target is checked as if it were new; redirects are not followed, since they could lead anywhere.
    """
    try:
        call = _call(destination, body, headers)
    except BadTarget as error:
        return Outcome(False, str(error))
    # Certificates are loaded in this thread: the loop that the call runs in is the gateway's.
    return async_to_sync(_post_alone)(call, _tls())


class Poster:
    """Posts to many addresses at the same time, in a thread of its own with one client for all. A context manager.

    Leaving it waits for nobody: what is under way is broken off.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="webhooks", daemon=True)

    def __enter__(self) -> "Poster":
        _tls()  # in this thread
        self._thread.start()
        self._upstream = asyncio.run_coroutine_threadsafe(_new_upstream(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def post(self, destination: str, body: bytes, headers: Sequence[tuple[str, str]]) -> Future[Outcome]:
        """Returns at once; the result is as of `post`, and comes as soon."""
        try:
            call = _call(destination, body, headers)
        except BadTarget as error:
            refused: Future[Outcome] = Future()
            refused.set_result(Outcome(False, str(error)))
            return refused
        return asyncio.run_coroutine_threadsafe(_post(self._upstream, call), self._loop)

    async def _close(self) -> None:
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._upstream.close()


async def _new_upstream() -> Upstream:
    return Upstream(tls=_tls())


@cache
def _tls() -> ssl.SSLContext:
    """Returns what knows the trusted certificates: to load them takes a while."""
    return ssl.create_default_context()


def _call(destination: str, body: bytes, headers: Sequence[tuple[str, str]]) -> Call:
    target = target_of(destination)
    return Call(
        method="POST",
        origin=target.origin,
        target=target.path,
        headers=[(name.encode(), value.encode()) for name, value in (*_HEADERS, *headers)],
        body=body,
        timeouts=Timeouts(WITHIN_S, WITHIN_S, WITHIN_S),
        public_only=target.public_only,
    )


async def _post_alone(call: Call, tls: ssl.SSLContext) -> Outcome:
    upstream = Upstream(tls=tls)
    try:
        return await _post(upstream, call)
    finally:
        await upstream.close()


async def _post(upstream: Upstream, call: Call) -> Outcome:
    began = time.monotonic()
    is_delivered, text, status, answer = await _answered(upstream, call)
    return Outcome(is_delivered, text, status, answer, round((time.monotonic() - began) * 1000))


async def _answered(upstream: Upstream, call: Call) -> tuple[bool, str, int | None, str]:
    try:
        async with asyncio.timeout(WITHIN_S) as limit, upstream.send(call) as answer:
            limit.reschedule(None)
            is_delivered, text = _judged(answer.status)
            return is_delivered, text, answer.status, await _beginning(answer)
    except (TimedOut, TimeoutError):
        return False, f"No answer within {WITHIN_S:g} s.", None, ""
    except NotPublic:
        return False, NOT_PUBLIC, None, ""
    except Unreachable as error:
        return False, f"Cannot be reached: {why_unreachable(error)}.", None, ""


async def _beginning(answer: Answer) -> str:
    """Returns what comes of the body in a short time; that it breaks off changes nothing."""
    found = b""
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            while len(found) < ANSWER_BYTES and (piece := await answer.read()):
                found += piece
    except (TimedOut, TimeoutError, Unreachable):
        pass
    return found[:ANSWER_BYTES].decode("utf-8", "replace").replace("\0", "")


def _judged(status: int) -> tuple[bool, str]:
    if 200 <= status < 300:
        return True, f"Delivered; it answered {status}."
    if 300 <= status < 400:
        return False, f"It answered {status}, a redirect, which is not followed."
    return False, f"It answered {status}."
