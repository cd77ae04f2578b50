"""Through the gateway or straight at the provider: neither side can tell, but for what the gateway says it changes.

HELICONE_DIFFERENTIAL_SEED=7 makes other requests than usual.
"""

import itertools
import json
import os
import re
from collections.abc import Callable
from random import Random

import pytest

from requests_app.models import Request
from tests.fake_provider.process import ProviderCall, ProviderHandle
from tests.live import ALLOWED_HOST, Stack, Tenant
from tests.made_requests import MadeRequest, any_answer, any_event_stream, any_request, cut_anywhere
from tests.raw_socket import ScriptedServer, WireAnswer, WireClient, answering, chunked, request

SEED = int(os.environ.get("HELICONE_DIFFERENTIAL_SEED", "0"))
BATCH = 40
SLUGS = {"openai": "oai", "anthropic": "anthropic"}
# What each side of a proxy has for itself (RFC 9110, 7.6.1), and the cookies of the gateway's own origin.
OF_ONE_HOP = {
    "connection",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
OF_ONE_HOP |= {"host", "expect", "cookie", "set-cookie"}
# A body that came in chunks goes on with its length; the provider's date is the second in which it was asked.
NOT_COMPARED = OF_ONE_HOP | {"content-length", "x-fake-scenario"}

END_OF_EVENT = re.compile(rb"(\r\n|\n|\r)(\r\n|\n|\r)\Z")


class Pair:
    """A connection to the gateway and one to the provider, opened again when the other side closes it."""

    def __init__(self, *urls: str) -> None:
        self._urls = urls
        self._clients: dict[str, WireClient] = {}

    def ask(self, url: str, method: str, wire: Callable[[str], bytes]) -> WireAnswer | None:
        client = self._clients.get(url) or WireClient(url)
        self._clients[url] = client
        client.send(wire(client.host))
        answer = client.answer(method)
        if answer is None or not answer.is_whole or answer.header("connection") == "close":
            self._clients.pop(url).__exit__(None, None, None)
        return answer

    def close(self) -> None:
        for client in self._clients.values():
            client.__exit__(None, None, None)


@pytest.mark.parametrize("batch", range(5))
def test_forty_requests_and_their_answers(
    stack: Stack,
    provider: ProviderHandle,
    organization: Tenant,
    marker: str,
    wait_for_rows: Callable[..., list[Request]],
    batch: int,
) -> None:
    seed = SEED * 1000 + batch
    print(f"seed {seed}")
    random = Random(seed)
    made = [any_request(random, f"marker={marker} twin={n + 1}") for n in range(BATCH)]
    own: list[tuple[str, str | bytes]] = [
        ("Helicone-Auth", f"Bearer {organization.api_key}"),
        ("Helicone-Property-N", "1"),
        ("helicone-unheard-of", "\xfc"),
    ]
    pair = Pair(stack.url, provider.url)
    ids = set()
    for number, sent in enumerate(made):
        prefix = f"/v1/gateway/{SLUGS[sent.vendor]}"
        straight = pair.ask(provider.url, sent.method, lambda host, sent=sent: sent.wire(host, "", []))
        through = pair.ask(
            stack.url, sent.method, lambda host, sent=sent, prefix=prefix: sent.wire(host, prefix, own)
        )
        assert through is not None, (number, sent)
        ids.add(through.header("helicone-id"))
        assert_same_answer(straight, through, (number, sent))
    pair.close()

    calls = itertools.groupby(provider.calls(marker), key=lambda call: call.header("x-fake-scenario"))
    for number, (sent, (_, both)) in enumerate(zip(made, calls, strict=True)):
        straight, through, *again = both
        # A connection that is closed instead of an answer may have been closed before the request came.
        assert not again or "close=True" in sent.scenario
        assert_same_call(straight, through, (number, sent))
    rows = wait_for_rows(organization.id, BATCH)
    assert len(rows) == BATCH
    assert ids - {None} <= {str(row.id) for row in rows}


@pytest.mark.parametrize("batch", range(2))
def test_any_answer_that_a_server_may_give(stack: Stack, organization: Tenant, batch: int) -> None:
    seed = SEED * 1000 + batch
    print(f"seed {seed}")
    random = Random(seed)
    for _ in range(20):
        method = random.choice(("GET", "GET", "POST", "HEAD"))
        answer = any_answer(random, method)
        with ScriptedServer(ALLOWED_HOST, answering(answer)) as server:
            own = [("Helicone-Auth", f"Bearer {organization.api_key}"), ("Helicone-Target-Url", server.url)]
            with WireClient(server.url) as client:
                client.send(request(method, "/v1/x", [("Host", client.host)]))
                straight = client.answer(method)
            with WireClient(stack.url) as client:
                sent = [
                    ("Host", client.host),
                    ("Authorization", "Bearer sk-1"),
                    ("Connection", "close"),
                    *own,
                ]
                client.send(request(method, "/v1/gateway/gateway/v1/x", sent))
                through = client.answer(method)
                assert through is not None, answer
                assert client.is_closed()
        assert_same_answer(straight, through, answer)


@pytest.mark.parametrize("batch", range(3))
def test_events_stay_whole_however_the_provider_cuts_them(
    stack: Stack, organization: Tenant, batch: int
) -> None:
    seed = SEED * 1000 + batch
    print(f"seed {seed}")
    random = Random(seed)
    for _ in range(8):
        stream = any_event_stream(random)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        segments = cut_anywhere(random, head + chunked(cut_anywhere(random, stream)))
        with ScriptedServer(ALLOWED_HOST, answering(*segments)) as server, WireClient(stack.url) as client:
            sent = [
                ("Host", client.host),
                ("Authorization", "Bearer sk-1"),
                ("Helicone-Auth", f"Bearer {organization.api_key}"),
                ("Helicone-Target-Url", server.url),
            ]
            client.send(request("POST", "/v1/gateway/gateway/v1/chat/completions", sent, b"{}"))
            through = client.answer()

        assert through is not None
        assert through.is_whole
        assert through.body == stream
        assert all(END_OF_EVENT.search(piece) for piece in through.pieces), (segments, through.pieces)


def test_a_path_is_understood_and_passed_on_with_its_colon_encoded(
    stack: Stack, provider: ProviderHandle, organization: Tenant, marker: str
) -> None:
    target = "/v1beta/models/gemini-2.5-flash%3AgenerateContent"
    sent = [
        ("x-goog-api-key", "AIzaFakeKey"),
        ("Helicone-Auth", f"Bearer {organization.api_key}"),
        ("x-fake-scenario", f"marker={marker}"),
    ]
    with WireClient(stack.url) as client:
        body = b'{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}'
        client.send(request("POST", target, [("Host", client.host), *sent], body))
        through = client.answer()

    assert through is not None
    assert through.status == 200
    assert provider.call(marker).path == target


def assert_same_answer(straight: WireAnswer | None, through: WireAnswer, sent: object) -> None:
    if straight is None:
        # Where a provider hangs up, the gateway says so.
        assert through.status == 502, sent
        return
    assert through.status == straight.status, sent
    assert through.header("helicone-id"), sent
    assert through.body == straight.body, sent
    assert through.is_whole == straight.is_whole, sent
    named = {name.strip().lower() for name in (straight.header("connection") or "").split(",")}
    left_out = OF_ONE_HOP | named | {"date", "helicone-id"}
    there, here = (
        [pair for pair in answer.headers if pair[0] not in left_out] for answer in (straight, through)
    )
    assert here == there, sent


def assert_same_call(straight: ProviderCall, through: ProviderCall, about: tuple[int, MadeRequest]) -> None:
    sent = about[1]
    assert (through.method, through.path) == (straight.method, straight.path), about
    assert straight.method == sent.method
    if sent.is_unasked_stream:
        asked = json.loads(straight.body)
        assert json.loads(through.body) == asked | {"stream_options": {"include_usage": True}}, about
    else:
        assert through.body == straight.body == sent.body, about
    named = {
        name.strip().lower()
        for key, value in straight.headers
        if key == "connection"
        for name in value.split(",")
    }
    left_out = NOT_COMPARED | named
    there, here = ([pair for pair in call.headers if pair[0] not in left_out] for call in (straight, through))
    assert here == there, about
