"""A receiver for webhooks, and requests to tell it of: `pytest_plugins = ("tests.webhook_fixtures",)`."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from alerts_app.models import Webhook
from tests.api import Api
from tests.events import chat_event, log
from tests.live import Stack, Tenant
from tests.webhook_receivers import Receiver


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def subscribe(stack: Stack, organization: Tenant, receiver: Receiver) -> Callable[..., Webhook]:
    """Returns a function that makes a webhook of the test's organization, whose receiver answers in some ways.

    Over REST: addresses on loopback are allowed to the product, not to the tests' own process.
    """
    api = Api(stack.url, organization.api_key)

    def make(*ways: str, **said: Any) -> Webhook:
        address = receiver.address(*(ways or ("200",)))
        answer = api.send("POST", "/v1/webhooks", {"destination": address, **said})
        assert answer.status == 200, answer.json
        return Webhook.objects.get(id=answer.json["data"]["id"])

    return make


@pytest.fixture
def log_requests(organization: Tenant) -> Callable[..., list[str]]:
    """Returns a function that logs requests of the test's organization, and returns their ids."""

    def make(count: int = 1, **changes: Any) -> list[str]:
        events = [chat_event(organization.id, keeps_time=False, **changes) for _ in range(count)]
        log(*events)
        return [str(event.id) for event in events]

    return make
