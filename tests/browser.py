"""A browser for tests of pages: `pytest_plugins = ("tests.browser",)`.

A test fails when a page it saw reported an error or asked another host for something.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accounts_app.models import User
from tests.live import Stack, Tenant

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
TIMEOUT_MS = 15_000  # a busy machine is slow, and whoever waits for what is there waits for nothing
expect.set_options(timeout=TIMEOUT_MS)
_ONLY_FAULTS = {"resultTypes": ["violations"]}  # a quarter quicker than with all that is in order
_NOTE_SHIFTS = """
    window.shifts = [];
    new PerformanceObserver((seen) => {
        const [{ domInteractive }] = performance.getEntriesByType("navigation");
        for (const { value, hadRecentInput, startTime } of seen.getEntries()) {
            if (!hadRecentInput && domInteractive && startTime > domInteractive) shifts.push(value);
        }
    }).observe({ type: "layout-shift", buffered: true });
"""
THEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; the ORM is used between its calls, never in one.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture
def new_page(stack: Stack, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Returns a function that opens a page, logged in as `user` if one is given, with Playwright's context options."""
    troubles: list[str] = []

    def note_foreign(url: str) -> None:
        if not url.startswith((stack.url, "data:", "blob:", "about:")):
            troubles.append(f"asked another host: {url}")

    def new(user: User | None = None, **options: Any) -> Page:
        context = browser.new_context(base_url=stack.url, **options)
        context.set_default_timeout(TIMEOUT_MS)
        context.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        context.on("weberror", lambda error: troubles.append(str(error.error)))
        context.on("request", lambda request: note_foreign(request.url))
        if user is not None:
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": stack.url}]
            )
        return context.new_page()

    yield new
    for context in browser.contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of somebody who is not logged in."""
    return new_page()


@pytest.fixture(scope="session")
def barriers() -> Callable[[Page], list[str]]:
    """Returns a function that asks axe what keeps people out: rule and place of each serious or critical finding."""

    def find(page: Page) -> list[str]:
        return [
            f"{finding['id']}: {node['target']}"
            for finding in Axe().run(page, options=_ONLY_FAULTS).response["violations"]
            if finding["impact"] in {"serious", "critical"}
            for node in finding["nodes"]
        ]

    return find


@pytest.fixture(scope="session")
def barriers_in_both_themes(barriers: Callable[[Page], list[str]]) -> Callable[[Page], list[str]]:
    """Returns a function that asks in dark and in light, of a page that follows the system's theme."""

    def find(page: Page) -> list[str]:
        found = []
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found += [f"{theme}: {barrier}" for barrier in barriers(page)]
        return found

    return find


@pytest.fixture(scope="session")
def note_shifts() -> Callable[[Page], Callable[[], list[float]]]:
    """Returns a function that has a page note by how much things move once it is all there, and returns what tells."""

    def note(page: Page) -> Callable[[], list[float]]:
        page.add_init_script(_NOTE_SHIFTS)
        return lambda: list(page.evaluate("shifts"))

    return note


def session_of(user: User) -> str:
    """Returns the cookie of a new session in which `user` is logged in."""
    client = Client()
    client.force_login(user)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


@pytest.fixture
def visitor(new_page: Callable[..., Page], organization: Tenant) -> Page:
    """A page of the organization's owner."""
    return new_page(organization.owner)
