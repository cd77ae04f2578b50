"""The ASGI application: which handler answers which path, and the memory of what went over the wire."""

import dataclasses
import itertools
import json
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

from tests.fake_provider import anthropic_messages, openai_chat, openai_legacy, openai_responses, vendors
from tests.fake_provider.answer import Answer, Ask, Refused, compact
from tests.fake_provider.calls import Call, CallLog
from tests.fake_provider.delivery import Delivery, Receive, Send
from tests.fake_provider.models import model_detail, model_list
from tests.fake_provider.scenario import HEADER, Scenario, parse
from tests.fake_provider.text import identifier
from tests.fake_provider.vendors import Vendor

_HANDLERS: dict[str, tuple[Vendor, Callable[[Ask], Answer]]] = {
    "/v1/chat/completions": ("openai", openai_chat.chat_completion),
    "/v1/responses": ("openai", openai_responses.response),
    "/v1/completions": ("openai", openai_legacy.completion),
    "/v1/embeddings": ("openai", openai_legacy.embeddings),
    "/v1/messages": ("anthropic", anthropic_messages.message),
    "/v1/messages/count_tokens": ("anthropic", anthropic_messages.token_count),
}


class FakeProvider:
    """Serves both vendors' APIs and `/__fake/calls?marker=…`."""

    def __init__(self) -> None:
        self._log = CallLog()
        self._numbers = itertools.count(1)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one HTTP request. Other protocols are refused with ValueError."""
        if scope["type"] != "http":
            raise ValueError(f"no {scope['type']} here")
        query = scope["query_string"].decode()
        if scope["path"] == "/__fake/calls":
            await self._tell_calls(query, send)
            return
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        call = Call(
            marker="",
            method=scope["method"],
            path=scope["raw_path"].decode() + (f"?{query}" if query else ""),
            headers=headers,
            body=await _read_body(receive),
            received_at=time.time(),
        )
        await self._answer(call, scope["path"], dict(headers), receive, send)

    async def _answer(
        self, call: Call, path: str, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        vendor: Vendor = "anthropic" if "anthropic-version" in headers else "openai"
        if path in _HANDLERS:
            vendor = _HANDLERS[path][0]
        request_id = identifier("req_", next(self._numbers), call.received_at)
        scenario = Scenario()
        try:
            scenario = parse(headers.get(HEADER, ""))
            answer = _answer_of(vendor, call, path, headers, scenario, request_id)
        except ValueError as error:
            answer = vendors.error(vendor, 400, str(error), request_id=request_id)
        answer = dataclasses.replace(
            answer, error_event=answer.error_event or vendors.stream_error(vendor, request_id)
        )
        call.marker, call.whole, call.usage = scenario.marker, answer.whole, answer.usage
        self._log.add(call)
        usual = vendors.usual_headers(vendor, request_id, call.received_at)
        await Delivery(call, scenario, receive, send).deliver(
            answer,
            [("content-type", answer.content_type), *answer.headers, *usual],
            accept_encoding=headers.get("accept-encoding", ""),
        )

    async def _tell_calls(self, query: str, send: Send) -> None:
        marker = urllib.parse.parse_qs(query).get("marker", [""])[0]
        body = compact([call.as_json() for call in self._log.find(marker)])
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        await send({"type": "http.response.body", "body": body})


def _answer_of(
    vendor: Vendor, call: Call, path: str, headers: dict[str, str], scenario: Scenario, request_id: str
) -> Answer:
    if refused_key := vendors.key_error(vendor, headers, request_id):
        return refused_key
    if scenario.body:
        return vendors.broken_body(scenario)
    if scenario.status:
        return vendors.error(vendor, scenario.status, request_id=request_id, retry_after=scenario.retry_after)
    try:
        return _handle(vendor, call, path, scenario, request_id)
    except Refused as refused:
        return vendors.refusal(vendor, refused, request_id)


def _handle(vendor: Vendor, call: Call, path: str, scenario: Scenario, request_id: str) -> Answer:
    if call.method == "GET" and path == "/v1/models":
        return model_list(vendor)
    if call.method == "GET" and path.startswith("/v1/models/"):
        return model_detail(vendor, path.removeprefix("/v1/models/"))
    if path not in _HANDLERS:
        raise Refused(404, f"Invalid URL ({call.method} {path})", code="unknown_url")
    if call.method != "POST":
        raise Refused(405, f"Not allowed to {call.method} on {path}.", code="method_not_supported")
    try:
        body = json.loads(call.body)
    except ValueError:
        raise Refused(400, "We could not parse the JSON body of your request.") from None
    if not isinstance(body, dict):
        raise Refused(400, "The body of your request must be a JSON object.")
    return _HANDLERS[path][1](
        Ask(path=path, body=body, scenario=scenario, request_id=request_id, now=call.received_at)
    )


async def _read_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)
