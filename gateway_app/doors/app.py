"""The doors as an ASGI application: who posts, may they, what is in the body; then it goes into the log."""

import asyncio

import structlog

from gateway_app import errors, headers
from gateway_app.app import Scope, Send, caller_of
from gateway_app.directory import DirectoryCache
from gateway_app.doors.door import Call, Door, Reply, Taken
from gateway_app.doors.table import DOORS, door_path
from gateway_app.request_body import ClientGone, Receive, RequestBody
from gateway_app.unknown_headers import UnknownHeaders
from ingest_app.digest import without_omitted
from ingest_app.encodings import TooLarge, Undecodable, decode
from ingest_app.event_log import EventLog
from ingest_app.events import chunked, now_us

log = structlog.get_logger(__name__)

# Up to this a body is read where it is; a longer one, or one that may become longer, in a thread: others need not
# wait for it.
_READ_IN_PLACE_BYTES = 1 << 16


class Doors:
    """Answers the requests for which `table.door_path` is not None."""

    def __init__(
        self, *, directory: DirectoryCache, event_log: EventLog, unknown_headers: UnknownHeaders
    ) -> None:
        self._directory = directory
        self._event_log = event_log
        self._unknown_headers = unknown_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = door_path(scope["path"]) or scope["path"]
        door = DOORS[path]
        media_type = headers.header(scope["headers"], b"content-type").partition(";")[0].strip().lower()
        try:
            reply = await self._reply(scope, receive, door, path, media_type)
        except errors.GatewayError as error:
            reply = door.refusal(error, media_type)
            if error.allow:
                reply = _with_header(reply, b"allow", error.allow.encode())
        except ClientGone:
            log.debug("client gone before its request was complete")
            return
        except Exception:
            log.exception("post not understood", path=path)
            reply = door.refusal(errors.broken(), media_type)
        await _send(send, reply)

    async def _reply(self, scope: Scope, receive: Receive, door: Door, path: str, media_type: str) -> Reply:
        if scope["method"] != "POST":
            raise errors.method_not_allowed("POST")
        arrived_at_us = now_us()
        seen = headers.read(scope["headers"])
        # In either header, with or without `Bearer`.
        seen.helicone_key = seen.helicone_key or headers.bearer(
            headers.header(scope["headers"], b"authorization")
        )
        caller = await caller_of(self._directory, seen.helicone_key)
        if seen.unknown:
            self._unknown_headers.count(caller.organization_id, seen.unknown)
        sent = await _sent(receive, seen, door.max_bytes)

        def take() -> Taken:
            body = _unpacked(sent, seen.content_encoding, door.max_bytes)
            taken = door.take(Call(caller, path, scope["headers"], seen, media_type, body, arrived_at_us))
            return Taken([without_omitted(event) for event in taken.events], taken.reply)

        is_short = len(sent) <= _READ_IN_PLACE_BYTES and not seen.content_encoding
        taken = take() if is_short else await asyncio.to_thread(take)
        # One entry of the stream after the other: all of a large post at once may be more than Redis takes within the
        # log's deadline. The futures never fail (ingest_app.event_log).
        for chunk in chunked(taken.events):
            for logged in [self._event_log.put(event) for event in chunk]:
                await logged
        return taken.reply


async def _sent(receive: Receive, seen: headers.CallerHeaders, limit: int) -> bytes:
    """Returns the body as it was sent. Raises ClientGone, GatewayError."""
    body = RequestBody(receive, seen.content_length)
    if (body.length or 0) > limit:
        raise errors.too_large(limit)
    await body.read(limit + 1)
    if body.size > limit:
        raise errors.too_large(limit)
    return body.start


def _unpacked(sent: bytes, encoding: str, limit: int) -> bytes:
    if not encoding:
        return sent
    try:
        return decode(sent, encoding, limit=limit)
    except TooLarge as error:
        raise errors.too_large(limit) from error
    except Undecodable as error:
        raise errors.undecodable(str(error)) from error


def _with_header(reply: Reply, name: bytes, value: bytes) -> Reply:
    return Reply(reply.status, reply.body, reply.content_type, (*reply.headers, (name, value)))


async def _send(send: Send, reply: Reply) -> None:
    length = str(len(reply.body)).encode()
    head = [(b"content-type", reply.content_type), (b"content-length", length), *reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": head})
    await send({"type": "http.response.body", "body": reply.body})
