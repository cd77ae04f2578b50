"""Opening realtime sessions through the gateway, for tests that register this module as a plugin."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.live import Stack, Tenant
from tests.realtime_client import PROVIDER_KEY, Client


@pytest.fixture
def open_session(
    stack: Stack, organization: Tenant, scenario: Callable[..., dict[str, str]]
) -> Iterator[Callable[..., Client]]:
    """Returns a function that opens a session; its settings are for the provider, `headers` are more of them."""
    opened = contextlib.ExitStack()

    def open(
        *,
        path: str = "/v1/realtime",
        headers: dict[str, str] | None = None,
        protocols: list[Any] | None = None,
        **settings: object,
    ) -> Client:
        usual = {
            "Authorization": f"Bearer {PROVIDER_KEY}",
            "Helicone-Auth": f"Bearer {organization.api_key}",
        }
        connecting = connect(
            f"{stack.url.replace('http', 'ws')}{path}?model=gpt-realtime",
            additional_headers={**(usual if headers is None else headers), **scenario(**settings)},
            subprotocols=protocols,
            compression=None,
            proxy=None,
            max_size=None,
        )
        return Client(opened.enter_context(connecting))

    with opened:
        yield open
