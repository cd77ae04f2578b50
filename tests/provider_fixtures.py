"""Fixtures for tests of the Providers page: `pytest_plugins = ("tests.browser", "tests.provider_fixtures")`."""

from collections.abc import Callable
from functools import partial

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from accounts_app import actions
from accounts_app.models import Role
from tests.cast import Cast, make_cast
from tests.live import Stack
from tests.provider_pages import ACCEPTED_KEY
from tests.web_client import Page as Answer
from tests.web_client import WebClient


@pytest.fixture
def cast(stack: Stack) -> Cast:
    """A new cast whose organization has stored nothing."""
    cast = make_cast()
    actions.delete_provider_key(organization=cast.organization, provider="openai")
    return cast


@pytest.fixture
def store(cast: Cast) -> Callable[..., None]:
    """Returns a function that stores a key and an address as the owner."""
    return partial(_store, cast)


@pytest.fixture
def post(stack: Stack, cast: Cast) -> Callable[..., Answer]:
    """Returns a function that sends a form about a provider as an admin."""
    return partial(_post, stack, cast)


@pytest.fixture
def open_page(new_page: Callable[..., Page], cast: Cast) -> Callable[..., Page]:
    """Returns a function that opens the page, as an admin or the person with another role."""
    return partial(_open_page, new_page, cast)


def _store(cast: Cast, provider: str, secret: str = ACCEPTED_KEY, endpoint: str = "") -> None:
    """Store a key and an address as the owner."""
    actions.store_provider_key(
        organization=cast.organization,
        provider=provider,
        secret=secret,
        endpoint=endpoint,
        actor=cast.people[Role.OWNER],
    )


def _post(stack: Stack, cast: Cast, name: str, provider: str, data: dict[str, str] | None = None) -> Answer:
    """Returns the answer to a form about a provider that an admin sends."""
    client = WebClient(stack.url, cast.people[Role.ADMIN])
    return client.post(reverse(f"providers:{name}", args=[cast.organization.slug, provider]), data)


def _open_page(new_page: Callable[..., Page], cast: Cast, role: Role = Role.ADMIN, **options: object) -> Page:
    """Returns the Providers page as the person with a role sees it."""
    page = new_page(cast.people[role], **options)
    page.goto(reverse("providers:list", args=[cast.organization.slug]))
    return page
