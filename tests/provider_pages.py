"""What tests of the Providers page know of it."""

import re

from playwright.sync_api import Locator, Page

from tests.live import ALLOWED_HOST

# Nothing listens there: the port is reserved for a service of old.
DEAD_ADDRESS = f"http://{ALLOWED_HOST}:9"
ACCEPTED_KEY = "sk-fake-0123456789abcdef"  # by the fake provider
REFUSED_KEY = "sk-wrong-0123456789abcdef"


def row(page: Page, label: str) -> Locator:
    """Returns the table's row of a provider."""
    return page.get_by_role("row", name=re.compile(f"^{label} "))
