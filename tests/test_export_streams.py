"""Streamed exports that are read slowly: what they hold up, which is nothing, and how many there may be."""

import http.client
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings

from requests_app.export.places import PLACES
from tests.api import Api
from tests.events import chat_event, log, wait_until
from tests.live import Stack, Tenant

ROWS = 40
ROW_BYTES = 200_000  # all together more than the sockets between us hold


@pytest.fixture
def make_filled(
    make_tenant: Callable[[], Tenant], wait_for_rows: Callable[..., list[Any]]
) -> Callable[[int], list[Tenant]]:
    """Returns a function that makes organizations whose exports do not fit into a socket."""
    text = "word " * (ROW_BYTES // 5)

    def make(number: int) -> list[Tenant]:
        tenants = [make_tenant() for _ in range(number)]
        for tenant in tenants:
            log(*(chat_event(tenant.id, text=f"{n} {text}") for n in range(ROWS)))
        for tenant in tenants:
            wait_for_rows(tenant.id, ROWS, timeout=30)
        return tenants

    return make


@pytest.fixture
def begin(stack: Stack) -> Iterator[Callable[[Tenant], http.client.HTTPResponse]]:
    """Returns a function that asks for an export and reads nothing of the answer but its head."""
    address = urllib.parse.urlsplit(stack.url)
    with ExitStack() as opened:

        def ask(tenant: Tenant) -> http.client.HTTPResponse:
            client = http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)
            opened.callback(client.close)
            headers = {"Authorization": f"Bearer {tenant.api_key}", "Connection": "close"}
            client.request("GET", "/api/requests/export/?format=jsonl&bodies=1", headers=headers)
            return client.getresponse()

        yield ask


def test_one_too_many_is_told_to_have_it_made_in_the_background(
    stack: Stack,
    make_filled: Callable[[int], list[Tenant]],
    begin: Callable[[Tenant], http.client.HTTPResponse],
) -> None:
    [filled] = make_filled(1)
    held = [begin(filled) for _ in range(PLACES)]
    assert [answer.status for answer in held] == [200] * PLACES
    api = Api(stack.url, filled.api_key)
    refused = api.get("/api/requests/export/?format=csv")
    assert refused.status == 429
    assert "POST /api/exports/" in refused.json["detail"]
    held[0].close()
    assert wait_until(lambda: begin(filled).status == 200, within_s=20)


def test_a_whole_one_leaves_its_place(
    make_filled: Callable[[int], list[Tenant]], begin: Callable[[Tenant], http.client.HTTPResponse]
) -> None:
    [filled] = make_filled(1)
    for _ in range(PLACES + 1):
        assert begin(filled).read().count(b"\n") == ROWS


def test_slow_readers_hold_no_connection_of_the_database(
    stack: Stack,
    make_filled: Callable[[int], list[Tenant]],
    begin: Callable[[Tenant], http.client.HTTPResponse],
) -> None:
    pool_size = settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"]
    tenants = make_filled(pool_size // PLACES + 1)
    held = [begin(tenant) for tenant in tenants for _ in range(PLACES)]
    assert {answer.status for answer in held} == {200}
    assert len(Api(stack.url, tenants[0].api_key).rows()) == ROWS
