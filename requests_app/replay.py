"""Sending a logged request again, through this instance's own gateway, as any client would.

The provider's key never comes near the browser: the gateway puts it in, as for every client that sends only a
Helicone key.
"""

import base64
import os
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.crypto import salted_hmac

from accounts_app import secrets
from accounts_app.actions import MalformedApiKey, issue_api_key
from accounts_app.models import Organization, Scope, User
from gateway_app.catalog import CATALOG
from gateway_app.upstream import Answer, Call, Timeouts, Unreachable, Upstream
from ingest_app.dialects import UNREADABLE
from requests_app.copied import gateway_path
from requests_app.json_text import decoded
from requests_app.neighbours import REPLAY_OF
from requests_app.queries import RequestDetail, RequestRow
from requests_app.replay_answer import Snapshot, StreamedAnswer

# What a form may hold (Django's limit is a little higher), and an editor without getting slow.
MAX_BODY_BYTES = 2_000_000
MAX_ANSWER_BYTES = 20_000_000
KEY_NAME = "Replay"
_TIMEOUTS = Timeouts(connect_s=5, first_byte_s=600, idle_s=600)
# So often the browser hears of new text; each time the whole answer so far is put together.
TELL_EVERY_S = 0.1


class NotReplayable(Exception):
    """The request cannot be sent again. `str()` of it says why."""


class BadBody(Exception):
    """What is to be sent is no JSON object. `str()` of it says why."""


@dataclass(frozen=True, slots=True)
class Update:
    """What came since the last one. `helicone_id` is that of the new request, known once the answer begins."""

    snapshot: Snapshot
    status: int
    helicone_id: str
    elapsed_ms: int
    first_text_ms: int | None
    is_last: bool = False


def body_of(detail: RequestDetail) -> dict[str, Any]:
    """Returns the body to edit. Raises NotReplayable."""
    row, body = detail.row, detail.request_body
    if row.span_id:
        raise NotReplayable(
            "A tracer told of this call: the request was not seen, so it cannot be sent again."
        )
    if row.provider not in CATALOG.by_name:
        raise NotReplayable("The gateway does not know its provider, so it cannot send it again.")
    if detail.request_omitted:
        raise NotReplayable("The request was not logged, as the client asked.")
    if not body:
        raise NotReplayable("The request's body is empty or no longer kept.")
    if row.request_is_cut:
        raise NotReplayable("Only the first part of the request's body was kept.")
    if len(body) > MAX_BODY_BYTES:
        raise NotReplayable("The request's body is too large to edit: download it, and send it with curl.")
    if row.path.endswith("/realtime"):
        raise NotReplayable("It was one answer of a realtime session, which cannot be repeated alone.")
    try:
        value = decoded(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise NotReplayable("The request's body is no JSON object.")
    return value


def checked_body(text: bytes) -> bytes:
    """Returns the edited body as it is sent. Raises BadBody."""
    if len(text) > MAX_BODY_BYTES:
        raise BadBody("The body is larger than 2 MB.")
    try:
        value = msgspec.json.decode(text)
    except UNREADABLE as error:
        raise BadBody(f"This is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadBody("The body has to be a JSON object.")
    return text


def gateway_key(organization: Organization, actor: User) -> str:
    """Returns the organization's own key for replays, which is made when there is none.

    It is derived and not stored, so that one key serves all replays, is listed with the others, and can be revoked
    like them; then the next replay makes another. It may write only.
    """
    revoked = organization.api_keys.filter(name=KEY_NAME).exclude(revoked_at=None).count()
    digest = salted_hmac("requests_app.replay", f"{organization.pk}:{revoked}", algorithm="sha256").digest()
    letters = base64.b32encode(digest).decode().lower()[:28]
    secret = "sk-helicone-" + "-".join(letters[at : at + 7] for at in range(0, 28, 7))
    if not organization.api_keys.active().filter(key_hash=secrets.hash_api_key(secret)).exists():
        with suppress(MalformedApiKey):  # another replay made it at the same moment
            issue_api_key(
                organization=organization, name=KEY_NAME, scope=Scope.WRITE, actor=actor, secret=secret
            )
    return secret


async def send(row: RequestRow, body: bytes, *, key: str) -> AsyncIterator[Update]:
    """Yields the answer as it comes in; the last update is whole. Raises Unreachable, TimedOut."""
    began_s = time.monotonic()
    # The gateway is reached by loopback, without TLS: a context that loads no certificates spares their reading.
    upstream = Upstream(tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    try:
        async with upstream.send(_call(row, body, key)) as answer:
            async for update in _updates(row, answer, began_s):
                yield update
    finally:
        await upstream.close()


async def _updates(row: RequestRow, answer: Answer, began_s: float) -> AsyncIterator[Update]:
    streamed = StreamedAnswer(row.path)
    told_s, first_text_ms = began_s, None
    helicone_id = next((value.decode() for name, value in answer.headers if name == b"helicone-id"), "")

    def update(snapshot: Snapshot, *, is_last: bool = False) -> Update:
        elapsed_ms = round((time.monotonic() - began_s) * 1000)
        return Update(snapshot, answer.status, helicone_id, elapsed_ms, first_text_ms, is_last)

    while piece := await answer.read():
        if streamed.size + len(piece) > MAX_ANSWER_BYTES:
            raise Unreachable("the answer is larger than 20 MB")
        has_text = streamed.add(piece)
        if has_text and first_text_ms is None:
            first_text_ms = round((time.monotonic() - began_s) * 1000)
        if has_text and time.monotonic() - told_s >= TELL_EVERY_S:
            told_s = time.monotonic()
            yield update(streamed.so_far())
    yield update(streamed.whole(), is_last=True)


def _call(row: RequestRow, body: bytes, key: str) -> Call:
    target = gateway_path(CATALOG.by_name[row.provider], row.path)
    if target.endswith(":streamGenerateContent"):
        target += "?alt=sse"  # the query is not logged, and the SDKs ask for it
    headers = [
        (b"Helicone-Auth", f"Bearer {key}".encode()),
        (f"Helicone-Property-{REPLAY_OF}".encode(), str(row.id).encode()),
        (b"Content-Type", b"application/json"),
        (b"Accept", b"*/*"),
        (b"Accept-Encoding", b"identity"),
        (b"User-Agent", b"helicone-replay"),
    ]
    if row.path.endswith("/messages"):
        headers.append((b"anthropic-version", b"2023-06-01"))
    return Call("POST", gateway_origin(), target, headers, body, _TIMEOUTS)


def gateway_origin() -> str:
    """Returns where this process serves the gateway beside the pages, by loopback if it listens everywhere."""
    host = os.environ.get("HOST", "127.0.0.1")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{os.environ.get('PORT', '8585')}"
