"""A realtime session: messages passed on between client and provider, and logged response by response.

Messages go on as they came, text or binary, whole; each side answers pings by itself. Either side is read only as
fast as the other takes it. The message that ends a response is held until that is logged, as the last bytes of an
HTTP answer are.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import structlog
import websockets.asyncio.client
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from gateway_app.http1.addresses import Addresses
from gateway_app.http1.call import parse_origin
from gateway_app.realtime_log import RealtimeLog
from gateway_app.upstream import Call, TimedOut, Unreachable

log = structlog.get_logger(__name__)

# OpenAI takes 15 MiB of audio in one message, which are 20 MiB of base64.
MAX_MESSAGE_BYTES = 32 << 20
# Messages read ahead from the provider while the client, or the log, is slow.
_READ_AHEAD = 16
_CLIENT_LEFT = (-3, "")
_BROKE_OFF = (-100, "stream_broke_off")
# What stands for a missing code, or for a missing close frame, is never sent (RFC 6455, 7.4.1).
_NO_CODE, _NO_CLOSE_FRAME = 1005, 1006
_NORMAL, _GOING_AWAY, _OWN_FAULT = 1000, 1001, 1011
# With this the server behind `receive` says that it stops, not that the client left.
_STOPPING = 1012


class Close(NamedTuple):
    """How a side ended the session."""

    by_client: bool
    code: int
    reason: str = ""


class _Connect(websockets.asyncio.client.connect):
    """Redirects are the client's to follow."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def connect(call: Call, protocols: Sequence[str], addresses: Addresses) -> ClientConnection:
    """Returns the connection that `call` asks for, upgraded.

    Raises Unreachable, NotPublic, TimedOut; InvalidHandshake, of which InvalidStatus holds an answer.
    """
    origin = parse_origin(call.origin)
    try:
        async with asyncio.timeout(call.timeouts.connect_s):
            found = await addresses.of(origin.host, origin.port, public_only=call.public_only)
            # Asked again, the name might lead to an address that was not looked at.
            place: dict[str, Any] = {"host": found[0], "port": origin.port} if call.public_only else {}
            return await _Connect(
                "ws" + call.origin.removeprefix("http") + call.target,
                **place,
                additional_headers=[
                    (name.decode("latin-1"), value.decode("latin-1")) for name, value in call.headers
                ],
                subprotocols=[Subprotocol(protocol) for protocol in protocols] or None,
                compression=None,  # audio in base64 would cost much time, twice
                user_agent_header=None,
                proxy=None,
                open_timeout=None,
                max_size=MAX_MESSAGE_BYTES,
                max_queue=_READ_AHEAD,
            )
    except TimeoutError as error:
        raise TimedOut(f"no session within {call.timeouts.connect_s:g} s") from error
    except OSError as error:
        raise Unreachable(str(error) or type(error).__name__) from error


class RealtimeSession:
    """The connection of a client, and the one to the provider."""

    def __init__(
        self,
        *,
        accept: dict[str, Any],  # what the client is told when it begins
        receive: Any,
        send: Any,
        upstream: ClientConnection,
        turn_log: RealtimeLog,
    ) -> None:
        self._accept, self._receive, self._send = accept, receive, send
        self._upstream = upstream
        self._turns = turn_log.turns
        self._log = turn_log

    async def run(self) -> None:
        """Pass messages on until one side closes, then close the other with the same code and reason."""
        end = Close(by_client=False, code=_OWN_FAULT)
        try:
            end = await self._pass_on()
        except Exception:
            log.exception("realtime session not passed on")
        except asyncio.CancelledError:
            self._upstream.transport.abort()
            raise
        finally:
            logged = self._log_unfinished(end)
        if end.by_client:
            await self._close_upstream(end)
        await asyncio.gather(*logged)
        if not end.by_client:
            await self._close_client(end)
            await self._close_upstream(end)

    async def _pass_on(self) -> Close:
        pumps = [
            asyncio.create_task(self._pass_up(), name="realtime up"),
            asyncio.create_task(self._pass_down(), name="realtime down"),
        ]
        try:
            for pump in asyncio.as_completed(pumps):
                if (end := await pump) is not None:
                    return end
            raise AssertionError("the provider's side always says how it ended")
        finally:
            for task in pumps:
                task.cancel()

    async def _pass_up(self) -> Close | None:
        """Returns how the client ended the session; None when the provider did."""
        while (message := await self._receive())["type"] == "websocket.receive":
            text = message.get("text")
            if text is not None:
                self._hear_client(text)
            try:
                await self._upstream.send(message["bytes"] if text is None else text)
            except ConnectionClosed:
                return None
        code = message.get("code", _NO_CODE)
        return Close(code != _STOPPING, code, message.get("reason") or "")

    async def _pass_down(self) -> Close:
        """Returns how the provider ended the session, or that the client is not there any more."""
        try:
            await self._send(self._accept)
            while True:
                message = await self._upstream.recv()
                if isinstance(message, str):
                    await self._log_ended(message)
                    await self._send({"type": "websocket.send", "text": message})
                else:
                    await self._send({"type": "websocket.send", "bytes": message})
        except ConnectionClosed as closed:
            frame = closed.rcvd
            return Close(False, frame.code, frame.reason) if frame else Close(False, _NO_CLOSE_FRAME)
        except OSError:
            return Close(True, _NO_CLOSE_FRAME)

    def _hear_client(self, message: str) -> None:
        try:
            self._turns.client_said(message)
        except Exception:
            log.exception("message of a realtime client not understood")

    async def _log_ended(self, message: str) -> None:
        try:
            turn = self._turns.provider_said(message)
            logged = self._log.put(turn) if turn is not None else None
        except Exception:
            log.exception("message of a realtime provider not understood")
            return
        if logged is not None:
            await logged

    def _log_unfinished(self, end: Close) -> list[asyncio.Future[None]]:
        """Put on its way what the end of the session leaves unfinished."""
        turns = self._turns.break_off(*(_CLIENT_LEFT if end.by_client else _BROKE_OFF))
        if not turns and not end.by_client and (complaint := self._turns.last_complaint()) is not None:
            turns = [complaint]
        return [self._log.put(turn) for turn in turns]

    async def _close_upstream(self, end: Close) -> None:
        """Does nothing when the provider closed it. Waits a little for the provider's own close frame."""
        await self._upstream.close(_sendable(end.code), end.reason)

    async def _close_client(self, end: Close) -> None:
        """Without a close frame from the provider the client gets none either: the connection just ends."""
        if end.code == _NO_CLOSE_FRAME:
            return
        with suppress(OSError):  # gone already
            await self._send({"type": "websocket.close", "code": _sendable(end.code), "reason": end.reason})


def _sendable(code: int) -> int:
    return {_NO_CODE: _NORMAL, _NO_CLOSE_FRAME: _GOING_AWAY}.get(code, code)
