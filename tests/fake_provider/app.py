"""The ASGI application: which handler answers which path, and the memory of what went over the wire."""

import dataclasses
import itertools
import time
import urllib.parse
from typing import Any

from tests.fake_provider import vendors
from tests.fake_provider.answer import Answer, Ask, Refused, compact
from tests.fake_provider.calls import Call, CallLog
from tests.fake_provider.delivery import Delivery, Receive, Send
from tests.fake_provider.forms import parsed
from tests.fake_provider.models import model_detail, model_list
from tests.fake_provider.openai_files import files
from tests.fake_provider.realtime import RealtimeSession
from tests.fake_provider.routes import route_of, vendor_of
from tests.fake_provider.scenario import HEADER, Scenario, parse
from tests.fake_provider.text import identifier
from tests.fake_provider.vendors import Vendor


class FakeProvider:
    """Serves the vendors' APIs and `/__fake/calls?marker=…`."""

    def __init__(self) -> None:
        self._log = CallLog()
        self._numbers = itertools.count(1)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one HTTP request or WebSocket. Other protocols are refused with ValueError."""
        query = scope["query_string"].decode()
        if scope["type"] == "websocket":
            call = _call(scope, "GET", query)
            self._log.add(call)
            await RealtimeSession(call, scope, receive, send).serve()
            return
        if scope["type"] != "http":
            raise ValueError(f"no {scope['type']} here")
        if scope["path"] == "/__fake/calls":
            await self._tell_calls(query, send)
            return
        call = _call(scope, scope["method"], query)
        headers = call.headers
        call.body = await _read_body(receive)
        await self._answer(call, scope["path"], dict(headers), receive, send)

    async def _answer(
        self, call: Call, path: str, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        vendor = vendor_of(path, headers)
        request_id = identifier("req_", next(self._numbers), call.received_at)
        scenario = Scenario()
        try:
            scenario = parse(headers.get(HEADER, ""))
            if scenario.twin:
                call.received_at = float(scenario.twin)
                request_id = identifier("req_", scenario.twin)
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


def _call(scope: dict[str, Any], method: str, query: str) -> Call:
    return Call(
        marker="",
        method=method,
        path=scope["raw_path"].decode() + (f"?{query}" if query else ""),
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        body=b"",
        received_at=time.time(),
    )


def _answer_of(
    vendor: Vendor, call: Call, path: str, headers: dict[str, str], scenario: Scenario, request_id: str
) -> Answer:
    if refused_key := vendors.key_error(vendor, headers, request_id, query=_query(call)):
        return refused_key
    if scenario.body:
        return vendors.broken_body(scenario)
    if scenario.status:
        return vendors.error(vendor, scenario.status, request_id=request_id, retry_after=scenario.retry_after)
    try:
        return _handle(vendor, call, path, headers, scenario, request_id)
    except Refused as refused:
        return vendors.refusal(vendor, refused, request_id)


def _handle(
    vendor: Vendor, call: Call, path: str, headers: dict[str, str], scenario: Scenario, request_id: str
) -> Answer:
    if call.method == "GET" and path.endswith("/models"):
        return model_list(vendor)
    if call.method == "GET" and "/models/" in path:
        return model_detail(vendor, path.rpartition("/models/")[2])
    if path.startswith("/v1/files"):
        return files(call, path, headers.get("content-type", ""), request_id)
    route = route_of(path)
    if route is None:
        raise Refused(404, f"Invalid URL ({call.method} {path})", code="unknown_url")
    if call.method != "POST":
        raise Refused(405, f"Not allowed to {call.method} on {path}.", code="method_not_supported")
    ask = Ask(
        path=path,
        query=_query(call),
        body=parsed(call.body, headers.get("content-type", "")),
        scenario=scenario,
        request_id=request_id,
        now=call.received_at,
    )
    return route[1](ask)


def _query(call: Call) -> str:
    return call.path.partition("?")[2]


async def _read_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)
