"""Body search finds the same whether bodies are encrypted or not."""

import pytest

from ingest_app.encryption import seal_bodies
from ingest_app.events import LogEvent
from requests_app.filters import RequestFilter
from requests_app.queries import list_requests
from tests.api import Api
from tests.live import Stack, Tenant
from tests.searching import Searches, chat_of, said


class EncryptedSearches(Searches):
    """Encrypts what was logged before it is searched."""

    def log(self, **events: LogEvent) -> None:
        super().log(**events)
        assert seal_bodies(self.organization_id) == len(events)


@pytest.fixture(params=[Searches, EncryptedSearches], ids=["plain", "encrypted"])
def searches(request: pytest.FixtureRequest, stack: Stack, organization: Tenant) -> Searches:
    return request.param(Api(stack.url, organization.api_key), organization.id)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("walrus", ["answered", "asked"]),
        ('"red walrus"', ["asked"]),
        ("request:walrus", ["asked"]),
        ("response:walrus", ["answered"]),
        ("-walrus", ["other"]),
        ('-"red walrus"', ["answered", "other"]),
        ("otter OR response:walrus", ["answered", "other"]),
        ("训练数据", ["other"]),
        ("xyzzy", []),
    ],
)
def test_a_search_finds_the_same(searches: Searches, query: str, names: list[str]) -> None:
    id = searches.organization_id
    searches.log(
        asked=said(id, "a red walrus?", "no"),
        answered=said(id, "what is red?", "a walrus"),
        other=said(id, "an otter", "人工智能模型需要很多训练数据"),
    )
    assert searches.found(query) == names


def test_a_hit_comes_with_what_is_around_it(searches: Searches) -> None:
    searches.log(one=said(searches.organization_id, "before " * 100 + "the walrus sings" + " behind" * 100))
    (row,) = list_requests(
        organization_id=searches.organization_id, filters=RequestFilter({"q": "walrus"})
    ).rows
    assert row.snippet is not None
    assert [piece.text for piece in row.snippet if piece.is_hit] == ["walrus"]


def test_a_message_is_found_with_the_request_that_brought_it(searches: Searches) -> None:
    id = searches.organization_id
    history = ["the first walrus question", "the first otter answer", "the second question"]
    searches.log(first=chat_of(id, history[:1], history[1]), second=chat_of(id, history, "a heron"))
    assert searches.found("walrus") == ["first"]
    assert searches.found("heron") == ["second"]
