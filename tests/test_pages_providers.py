"""The Providers page in a browser: keys and addresses, the search, and who sees what."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts_app.models import Organization, ProviderKey, Role
from accounts_app.secrets import decrypt
from tests.cast import Cast
from tests.fake_provider.process import ProviderHandle
from tests.live import Stack
from tests.provider_pages import ACCEPTED_KEY, DEAD_ADDRESS, REFUSED_KEY, row
from tests.web_client import Page as Answer

pytest_plugins = ("tests.browser", "tests.provider_fixtures")


@pytest.fixture
def organization(cast: Cast) -> Organization:
    return cast.organization


def stored_secret(organization: Organization, provider: str) -> str:
    """Returns the key that is stored now."""
    return decrypt(ProviderKey.objects.get(organization=organization, provider=provider).ciphertext)


# Keys and addresses


def test_the_first_key_turns_the_empty_page_into_a_table(
    open_page: Callable[..., Page], organization: Organization, provider: ProviderHandle
) -> None:
    page = open_page()
    expect(page.get_by_role("heading", name="No provider key yet")).to_be_visible()
    page.get_by_role("link", name="Add key for Groq").click()
    page.get_by_label("Key", exact=True).fill("gsk-first-0123456789abcdef")
    page.get_by_role("button", name="Store key").click()
    expect(page.get_by_text("The Groq key is stored.")).to_be_visible()
    shown = row(page, "Groq")
    expect(shown).to_contain_text("gsk-first…cdef")
    expect(shown).to_contain_text("just now by admin-")
    expect(shown).to_contain_text(provider.url)
    assert stored_secret(organization, "groq") == "gsk-first-0123456789abcdef"


def test_a_key_is_replaced(
    open_page: Callable[..., Page], store: Callable[..., None], organization: Organization
) -> None:
    store("groq", "gsk-old-0123456789abcdef")
    page = open_page()
    page.get_by_role("link", name="Replace the Groq key").click()
    page.get_by_label("Key", exact=True).fill("gsk-new-0123456789abcdef")
    page.get_by_role("button", name="Replace key").click()
    expect(row(page, "Groq")).to_contain_text("gsk-new-0…cdef")
    assert stored_secret(organization, "groq") == "gsk-new-0123456789abcdef"


def test_a_key_is_deleted_after_a_question(
    open_page: Callable[..., Page], store: Callable[..., None], organization: Organization
) -> None:
    store("groq")
    page = open_page()
    page.get_by_role("button", name="Delete the Groq key").click()
    page.get_by_role("button", name="Delete key").click()
    expect(page.get_by_text("The Groq key is deleted.")).to_be_visible()
    assert not ProviderKey.objects.filter(organization=organization).exists()


def test_a_local_provider_takes_an_address_and_no_key(
    open_page: Callable[..., Page], organization: Organization
) -> None:
    page = open_page()
    page.get_by_role("link", name="Add address for Ollama").click()
    expect(page.get_by_label("Key", exact=True)).to_have_count(0)
    page.get_by_label("Address").fill(DEAD_ADDRESS + "/")
    page.get_by_role("button", name="Store address").click()
    shown = row(page, "Ollama")
    expect(shown).to_contain_text("needs no key")
    expect(shown).to_contain_text(DEAD_ADDRESS)
    assert ProviderKey.objects.get(organization=organization).endpoint == DEAD_ADDRESS


@pytest.mark.parametrize(
    ("provider", "endpoint", "said"),
    [
        ("azure", "", "This field is required"),
        ("azure", "https://api.openai.com", "This is an address of OpenAI"),
        ("azure", "https://my resource.openai.azure.com", "no spaces"),
        ("azure", "http://my-resource.openai.azure.com", "HELICONE_ALLOWED_TARGETS"),
        ("vllm", "http://169.254.169.254", "169.254.169.254 is not a known provider"),
        ("vllm", "http://10.0.0.8:8000", "10.0.0.8:8000 is not a known provider"),
        ("ollama", "ftp://ollama.internal", "is not an http(s) address"),
        (
            "bedrock",
            "https://bedrock-runtime.example.com",
            "bedrock-runtime.example.com is not a known provider",
        ),
    ],
)
def test_an_address_is_refused_with_the_reason(
    post: Callable[..., Answer], organization: Organization, provider: str, endpoint: str, said: str
) -> None:
    answer = post("key", provider, {"secret": ACCEPTED_KEY, "endpoint": endpoint})
    assert answer.status == 422
    assert said in answer.text
    assert ACCEPTED_KEY not in answer.text
    assert not ProviderKey.objects.filter(organization=organization).exists()


@pytest.mark.parametrize("endpoint", ["", "https://bedrock-runtime.eu-central-1.amazonaws.com"])
def test_bedrock_takes_long_credentials_and_a_region_or_none(
    post: Callable[..., Answer], organization: Organization, endpoint: str
) -> None:
    secret = f"ASIAFAKE:secret:{'t' * 2000}"
    assert post("key", "bedrock", {"secret": secret, "endpoint": endpoint}).status == 302
    assert ProviderKey.objects.get(organization=organization).endpoint == endpoint
    assert stored_secret(organization, "bedrock") == secret


def test_an_address_is_no_business_of_providers_with_one_for_all(
    post: Callable[..., Answer], organization: Organization
) -> None:
    post("key", "openai", {"secret": ACCEPTED_KEY, "endpoint": DEAD_ADDRESS})
    assert ProviderKey.objects.get(organization=organization).endpoint == ""


# The page


def test_a_viewer_sees_all_providers_and_no_buttons(
    open_page: Callable[..., Page], store: Callable[..., None]
) -> None:
    store("openai")
    page = open_page(Role.VIEWER)
    expect(row(page, "OpenAI")).to_contain_text("sk-fake-0…cdef")
    expect(page.get_by_role("listitem").filter(has_text="GROQ_API_KEY")).to_be_visible()
    for name in ("Test", "Delete"):
        expect(page.get_by_role("main").get_by_role("button", name=name)).to_have_count(0)
    for name in ("Add", "Replace"):
        expect(page.get_by_role("main").get_by_role("link", name=name)).to_have_count(0)


def test_the_search_narrows_both_lists(open_page: Callable[..., Page], store: Callable[..., None]) -> None:
    store("openai")
    page = open_page()
    search = page.get_by_role("searchbox", name="Search providers")
    search.fill("OPEN")
    expect(row(page, "OpenAI")).to_be_visible()
    expect(page.get_by_role("link", name="Add key for OpenRouter")).to_be_visible()
    expect(page.get_by_role("link", name="Add key for Groq")).to_be_hidden()
    expect(page.get_by_text("3 of 25 shown")).to_be_attached()
    search.fill("groq")
    expect(page.get_by_role("table")).to_be_hidden()
    search.fill("nobody")
    expect(page.get_by_text("No provider is called that.")).to_be_visible()
    search.fill("")
    expect(row(page, "OpenAI")).to_be_visible()


def test_a_key_is_found_and_tested_by_keyboard(
    open_page: Callable[..., Page], store: Callable[..., None]
) -> None:
    store("openai")
    store("vllm", endpoint=DEAD_ADDRESS)
    page = open_page()
    page.keyboard.press("/")
    page.keyboard.type("openai")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == "Test OpenAI":
            break
    page.keyboard.press("Enter")
    expect(row(page, "OpenAI")).to_contain_text("Works (")
    assert page.evaluate("document.activeElement.textContent").strip() == "Test OpenAI"


def test_the_base_url_is_copied(open_page: Callable[..., Page], stack: Stack) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the base URL of Groq").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{stack.url}/v1/gateway/groq"


def test_every_provider_has_a_mark_of_its_own_colour(open_page: Callable[..., Page]) -> None:
    page = open_page()
    colours = page.locator(".provider").evaluate_all(
        "marks => marks.map(mark => getComputedStyle(mark).backgroundColor)"
    )
    assert len(set(colours)) == len(colours) == 25


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_keeps_nobody_out(
    open_page: Callable[..., Page],
    store: Callable[..., None],
    barriers: Callable[[Page], list[str]],
    theme: str,
) -> None:
    store("openai")
    store("anthropic", REFUSED_KEY)
    store("azure", endpoint="https://my-resource.openai.azure.com")
    page = open_page(color_scheme=theme)
    page.get_by_role("button", name="Test OpenAI").click()
    expect(row(page, "OpenAI")).to_contain_text("Works (")
    assert barriers(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert barriers(page) == []
    page.get_by_role("link", name="Replace the Azure OpenAI key").click()
    assert barriers(page) == []


def test_the_page_fits_a_phone(open_page: Callable[..., Page], store: Callable[..., None]) -> None:
    store("openai")
    store("azure", endpoint=f"https://{'long-' * 8}name.openai.azure.com")
    page = open_page(viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    scrolled = page.get_by_role("region", name="Table of providers")
    assert scrolled.evaluate("region => region.scrollWidth <= region.clientWidth")
    expect(row(page, "OpenAI")).to_be_visible()
