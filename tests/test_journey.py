"""The main job from end to end, as a newcomer does it: log in, make a key, call, look."""

import re
from collections.abc import Callable

import openai
from playwright.sync_api import Page, expect

from accounts_app import actions
from tests.conftest import Stack

pytest_plugins = ("tests.browser",)

PASSWORD = "a long enough passphrase"


def test_from_log_in_to_the_filtered_request(
    stack: Stack, new_page: Callable[..., Page], scenario: Callable[..., dict[str, str]]
) -> None:
    newcomer = actions.create_user(email="newcomer@example.com", password=PASSWORD)
    actions.create_organization(name="Newcomers", owner=newcomer)
    page = new_page(locale="en-US", timezone_id="Europe/Berlin")

    # Log in, and be taught how to begin.
    page.goto("/")
    page.get_by_label("Email").fill(newcomer.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text(f"{stack.url}/v1").first).to_be_visible()

    # Make a key: it is shown once.
    page.get_by_role("navigation").get_by_role("link", name="API keys").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Create key").click()
    key = re.search(r"sk-helicone-[a-z0-9-]+", page.locator("main").inner_text())
    assert key is not None

    # While the list waits for it, the first request arrives.
    page.get_by_role("navigation").get_by_role("link", name="Requests").click()
    client = openai.OpenAI(
        api_key="sk-fake-openai-key",
        base_url=f"{stack.url}/v1",
        default_headers={"Helicone-Auth": f"Bearer {key.group()}"},
    )

    def ask(text: str, user: str, environment: str) -> str:
        headers = {
            **scenario(),
            "Helicone-User-Id": user,
            "Helicone-Property-Environment": environment,
        }
        answer = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": text}], extra_headers=headers
        )
        return answer.choices[0].message.content or ""

    answer = ask("Why is the sky blue?", "ada", "production")
    row = page.get_by_role("row", name=re.compile("Why is the sky blue"))
    expect(row).to_be_visible()

    # Open it.
    row.get_by_role("link").first.click()
    drawer = page.get_by_role("complementary", name="Request")
    expect(drawer).to_contain_text("Why is the sky blue?")
    expect(drawer).to_contain_text(answer[:40])
    page.keyboard.press("Escape")

    # Find it among others: by user, then by property.
    ask("How deep is the sea?", "bob", "staging")
    page.goto(page.url.partition("?")[0] + "?user_id=ada")
    expect(page.get_by_role("row", name=re.compile("sky"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("sea"))).to_have_count(0)
    page.goto(page.url.partition("?")[0] + "?property.Environment=staging")
    expect(page.get_by_role("row", name=re.compile("sea"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("sky"))).to_have_count(0)
