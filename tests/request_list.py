"""What a page with the list of requests shows."""

import re

from playwright.sync_api import Page


def previews(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("td.preview").all_text_contents()]


def open_id(page: Page) -> str:
    found = re.search(r"[?&]open=([0-9a-f-]{36})", page.url)
    return found[1] if found else ""
