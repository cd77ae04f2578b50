"""What was said in a span is found by its words, and nothing is found by what only frames them."""

from collections.abc import Callable

import pytest

from requests_app.models import Request
from tests.api import Api
from tests.events import wait_until
from tests.live import Stack, Tenant
from tests.otlp import CHAT, export, post, span

SAID = {
    **CHAT,
    "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "Where is Timbuktu?"}]}]',
    "gen_ai.output.messages": '[{"role": "assistant", "parts": [{"type": "text", "content": "In M\\u00e4li."}]}]',
    "gen_ai.tool.definitions": '[{"type": "function", "name": "locate", "description": "Finds a hamlet."}]',
    "gen_ai.prompt.0.content": "Be courteous.",
    "metadata": '{"plan": "gold"}',
}


@pytest.fixture
def found(
    stack: Stack, organization: Tenant, wait_for_rows: Callable[..., list[Request]]
) -> Callable[[str], int]:
    """Returns a function that says how many rows a search finds, once the span is indexed."""
    assert post(f"{stack.url}/v1/traces", export(span(SAID)), key=organization.api_key).status == 200
    wait_for_rows(organization.id)
    api = Api(stack.url, organization.api_key)

    def count(words: str) -> int:
        return len(api.rows(q=words))

    wait_until(lambda: count("Timbuktu"), within_s=20)
    return count


def test_spans_are_searched_by_what_was_said(found: Callable[[str], int]) -> None:
    said = ("Timbuktu", "request:Timbuktu", "Mäli", "response:Mäli", "courteous", '"where is timbuktu"')
    assert {words: found(words) for words in said} == dict.fromkeys(said, 1)


def test_what_frames_the_words_is_not_found(found: Callable[[str], int]) -> None:
    framing = ("parts", "assistant", "hamlet", "client", "shop", "gold")
    assert {words: found(words) for words in framing} == dict.fromkeys(framing, 0)
