"""The Exports page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Stack, Tenant
from tests.events import chat_event, log, wait_until
from tests.web_client import WebClient

pytest_plugins = ("tests.browser",)

Wait = Callable[..., list]


@pytest.fixture
def address(organization: Tenant) -> str:
    return f"/o/{organization.organization.slug}/exports/"


@pytest.fixture
def client(stack: Stack, organization: Tenant) -> WebClient:
    return WebClient(stack.url, organization.owner)


@pytest.fixture(autouse=True)
def rows(organization: Tenant, wait_for_rows: Wait) -> None:
    log(*(chat_event(organization.id, text=text, user_id=text) for text in ("ada", "bob")))
    wait_for_rows(organization.id, 2)


def test_it_says_what_will_be_exported(client: WebClient, address: str) -> None:
    page = client.get(f"{address}?user_id=ada&range=7d").text
    assert "Last 7 days" in page
    assert 'name="query" value="user_id=ada&amp;range=7d"' in page


def test_a_filter_that_cannot_be_read_is_said(client: WebClient, address: str) -> None:
    assert "This filter cannot be read: status:" in client.get(f"{address}?status=teapot").text
    answer = client.post(f"{address}create/", {"format": "csv", "query": "status=teapot"})
    assert answer.status == 422


def test_an_ordered_file_is_made_and_downloaded(client: WebClient, address: str) -> None:
    assert client.post(f"{address}create/", {"format": "csv", "query": "user_id=ada"}).status == 302
    page = wait_until(lambda: "Download" in (text := client.get(address).text) and text, within_s=40)
    assert "CSV" in page
    assert " data-poll" not in page


def test_the_page_shows_the_file_when_it_is_ready(
    new_page: Callable[..., Page],
    barriers_in_both_themes: Callable[[Page], list[str]],
    stack: Stack,
    organization: Tenant,
    address: str,
) -> None:
    page = new_page(organization.owner)
    page.goto(f"{stack.url}{address}?user_id=ada")
    page.get_by_label("Format").select_option("jsonl")
    page.get_by_label("With request and response bodies").check()
    page.get_by_role("button", name="Export", exact=True).click()
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=40_000)
    assert barriers_in_both_themes(page) == []
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(".jsonl.gz")
