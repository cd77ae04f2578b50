"""`/v1/realtime` over a WebSocket: what the real one says, and some things that tests ask it to do.

Beside the API's own events it takes, by `type`: `fake.close` (with `code` and `reason`), `fake.vanish` (no close
frame), `fake.speech` (an answer that nobody asked for, as after detected speech), `fake.transcript` (of `item_id`),
`fake.complain` (an error with `code`) and `fake.echo`. Anything binary comes back as it is.
"""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected

from tests.fake_provider import vendors
from tests.fake_provider.calls import Call
from tests.fake_provider.delivery import Receive, Send
from tests.fake_provider.realtime_response import response_events
from tests.fake_provider.scenario import HEADER, Scenario, parse
from tests.fake_provider.text import identifier

PATH = "/v1/realtime"
_KEY_PROTOCOL = "openai-insecure-api-key."

Event = dict[str, Any]


class Hangup(Exception):
    """The other side left."""


class RealtimeSession:
    """One connection. `call` is written down as it goes: what came in `body`, what went out in `answer`, by line."""

    def __init__(self, call: Call, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self._call, self._scope, self._receive, self._send = call, scope, receive, send
        self._headers = dict(call.headers)
        self._scenario = Scenario()
        self._is_beta = "openai-beta" in self._headers or "openai-beta.realtime-v1" in scope["subprotocols"]
        self._numbers = 0
        self._audio_bytes = 0
        self._session: Event = {}
        self._answering: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Answer the handshake, then every event until one side closes."""
        await self._receive()
        self._scenario = parse(self._headers.get(HEADER, ""))
        self._call.marker = self._scenario.marker
        if (refusal := self._refusal()) is not None:
            await self._refuse(refusal)
            return
        protocol = "realtime" if "realtime" in self._scope["subprotocols"] else None
        self._call.status = 101
        await self._send({"type": "websocket.accept", "subprotocol": protocol})
        self._session = {
            "type": "realtime",
            "object": "realtime.session",
            "id": identifier("sess_", self._call.received_at),
            "model": self._model(),
            "instructions": "Be brief.",
            "output_modalities": ["audio"],
            "tools": [],
            "expires_at": int(time.time()) + 3600,
        }
        await self._say({"type": "session.created", "session": self._session})
        try:
            while True:
                await self._hear()
        except Hangup:
            self._call.hung_up_at = time.time()
        finally:
            if self._answering is not None:
                self._answering.cancel()

    def _model(self) -> str:
        query = self._scope["query_string"].decode()
        return dict(pair.partition("=")[::2] for pair in query.split("&")).get("model", "")

    def _refusal(self) -> vendors.Answer | None:
        headers = dict(self._headers)
        for protocol in self._scope["subprotocols"]:
            if protocol.startswith(_KEY_PROTOCOL):
                headers["authorization"] = "Bearer " + protocol.removeprefix(_KEY_PROTOCOL)
        if self._scope["path"] != PATH:
            return vendors.error("openai", 404, "Invalid URL", request_id="req_realtime")
        if self._scenario.status:
            return vendors.error("openai", self._scenario.status, request_id="req_realtime")
        return vendors.key_error("openai", headers, "req_realtime")

    async def _refuse(self, answer: vendors.Answer) -> None:
        self._call.status, self._call.answer = answer.status, bytearray(answer.body)
        headers = [(b"content-type", answer.content_type.encode()), (b"x-request-id", b"req_realtime")]
        start = {"type": "websocket.http.response.start", "status": answer.status, "headers": headers}
        await self._send(start)
        await self._send({"type": "websocket.http.response.body", "body": answer.body})

    async def _hear(self) -> None:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self._call.body += f"closed {message.get('code')} {message.get('reason') or ''}\n".encode()
            raise Hangup
        if message.get("text") is None:
            await self._send({"type": "websocket.send", "bytes": message["bytes"]})
            return
        self._call.body += message["text"].encode() + b"\n"
        event = json.loads(message["text"])
        if event["type"] == "fake.echo":
            await self._send({"type": "websocket.send", "text": message["text"]})
        else:
            await self._answer(event)

    async def _answer(self, event: Event) -> None:
        match event["type"]:
            case "session.update":
                self._session |= event["session"]
                await self._say({"type": "session.updated", "session": self._session})
            case "conversation.item.create":
                await self._add({"id": self._id("item_"), "object": "realtime.item", **event["item"]})
            case "input_audio_buffer.append":
                self._audio_bytes += len(event["audio"])
            case "input_audio_buffer.commit":
                await self._commit()
            case "response.create" if "fail" in event.get("response", {}).get("metadata", {}):
                await self._complain("invalid_value", event.get("event_id"))
            case "response.create":
                self._answering = asyncio.create_task(self._respond(event.get("response", {})))
            case "fake.speech":
                self._answering = asyncio.create_task(self._respond({}))
            case "response.cancel":
                if self._answering is not None:
                    self._answering.cancel()
            case "fake.close":
                close = {"code": event["code"], "reason": event["reason"]}
                await self._send({"type": "websocket.close", **close})
            case "fake.transcript":
                await self._transcribe(event["item_id"], event["transcript"])
            case "fake.complain":
                await self._complain(event["code"], None)
            case "fake.vanish":
                # uvicorn's `send` is a method of the object that holds the transport.
                self._send.__self__.transport.abort()  # type: ignore[attr-defined]
            case unknown:
                await self._complain("unknown_event", event.get("event_id"), f"No event {unknown!r}.")

    async def _add(self, item: Event) -> None:
        for part in item.get("content", []):
            part.pop("audio", None)
        names = ("created",) if self._is_beta else ("added", "done")
        for name in names:
            await self._say({"type": f"conversation.item.{name}", "previous_item_id": None, "item": item})

    async def _commit(self) -> None:
        id = self._id("item_")
        await self._say({"type": "input_audio_buffer.committed", "item_id": id, "previous_item_id": None})
        content = [{"type": "input_audio", "transcript": None}]
        await self._add(
            {"id": id, "type": "message", "role": "user", "status": "completed", "content": content}
        )
        await self._transcribe(id, f"I said {self._audio_bytes} characters.")

    async def _transcribe(self, item_id: str, transcript: str) -> None:
        kind = "conversation.item.input_audio_transcription.completed"
        place = {"item_id": item_id, "content_index": 0}
        await self._say({"type": kind, **place, "transcript": transcript})

    async def _respond(self, settings: Event) -> None:
        id, item_id = self._id("resp_"), self._id("item_")
        modalities = settings.get("output_modalities", self._session["output_modalities"])
        tools = settings.get("tools", self._session["tools"])
        events = response_events(self._scenario, id, item_id, modalities, tools, is_beta=self._is_beta)
        *telling, done = events
        self._call.whole, self._call.usage = done["response"], done["response"]["usage"]
        try:
            await asyncio.sleep(self._scenario.first)
            for number, event in enumerate(telling):
                if number == self._scenario.hang_after:
                    await asyncio.Event().wait()
                await self._say(event)
                await asyncio.sleep(self._scenario.gap)
        except asyncio.CancelledError:
            details = {"type": "cancelled", "reason": "client_cancelled"}
            done["response"] |= {"status": "cancelled", "status_details": details}
        await self._say(done)
        self._call.finished_at = time.time()
        await self._say({"type": "rate_limits.updated", "rate_limits": []})

    async def _complain(self, code: str, about: str | None, message: str = "That is not possible.") -> None:
        error = {"type": "invalid_request_error", "code": code, "message": message, "param": None}
        await self._say({"type": "error", "error": {**error, "event_id": about}})

    async def _say(self, event: Event) -> None:
        event = {"event_id": self._id("event_"), **event}
        text = json.dumps(event, ensure_ascii=False)
        self._call.answer += text.encode() + b"\n"
        self._call.first_sent_at = self._call.first_sent_at or time.time()
        with suppress(ClientDisconnected):  # who has left hears nothing
            await self._send({"type": "websocket.send", "text": text})

    def _id(self, prefix: str) -> str:
        self._numbers += 1
        return identifier(prefix, self._call.received_at, self._numbers)
