"""What tests of the Providers page share."""

import re
from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Locator, Page

from accounts_app import actions
from accounts_app.models import Role
from tests.cast import Cast, make_cast
from tests.live import ALLOWED_HOST, Stack
from tests.web_client import Page as Answer
from tests.web_client import WebClient

# Nothing listens there: the port is reserved for a service of old.
DEAD_ADDRESS = f"http://{ALLOWED_HOST}:9"
ACCEPTED_KEY = "sk-fake-0123456789abcdef"  # by the fake provider
REFUSED_KEY = "sk-wrong-0123456789abcdef"


def make_keyless_cast() -> Cast:
    """Returns a new cast whose organization has stored nothing."""
    cast = make_cast()
    actions.delete_provider_key(organization=cast.organization, provider="openai")
    return cast


def store(cast: Cast, provider: str, secret: str = ACCEPTED_KEY, endpoint: str = "") -> None:
    """Store a key and an address as the owner."""
    actions.store_provider_key(
        organization=cast.organization,
        provider=provider,
        secret=secret,
        endpoint=endpoint,
        actor=cast.people[Role.OWNER],
    )


def post(stack: Stack, cast: Cast, name: str, provider: str, data: dict[str, str] | None = None) -> Answer:
    """Returns the answer to a form about a provider that an admin sends."""
    client = WebClient(stack.url, cast.people[Role.ADMIN])
    return client.post(reverse(f"providers:{name}", args=[cast.organization.slug, provider]), data)


def open_page(new_page: Callable[..., Page], cast: Cast, role: Role = Role.ADMIN, **options: object) -> Page:
    """Returns the Providers page as the person with a role sees it."""
    page = new_page(cast.people[role], **options)
    page.goto(reverse("providers:list", args=[cast.organization.slug]))
    return page


def row(page: Page, label: str) -> Locator:
    """Returns the table's row of a provider."""
    return page.get_by_role("row", name=re.compile(f"^{label} "))
