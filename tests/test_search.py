"""Search of bodies over REST: what is found, and how soon."""

import json

import pytest
from django.db import connection

from requests_app import queries
from requests_app.filters import RequestFilter
from requests_app.search import index, pages
from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import log, wait_until
from tests.searching import INDEXED_WITHIN_S, Searches, chat_of, event_of, said


@pytest.fixture
def searches(stack: Stack, organization: Tenant) -> Searches:
    return Searches(Api(stack.url, organization.api_key), organization.id)


# Soon, and by whom


def test_a_request_is_found_within_seconds(searches: Searches) -> None:
    log(said(searches.organization_id, "Where is the zeppelin moored?"))
    wait_until(lambda: searches.api.rows(q="zeppelin"), within_s=INDEXED_WITHIN_S)


def test_another_organization_finds_nothing(stack: Stack, searches: Searches, make_tenant) -> None:
    other = make_tenant()
    searches.log(mine=said(searches.organization_id, "Where is the zeppelin?"))
    others = Searches(Api(stack.url, other.api_key), other.id)
    others.log(theirs=said(other.id, "Here."))
    assert searches.found("zeppelin") == ["mine"]
    assert others.found("zeppelin") == []


def test_organizations_share_no_hash(searches: Searches, make_tenant) -> None:
    other = make_tenant()
    for organization_id in (searches.organization_id, other.id):
        log(said(organization_id, "the same words"))

    def words(organization_id: int) -> set[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT unnest(words) FROM body_words WHERE organization_id = %s", [organization_id]
            )
            return {number for (number,) in cursor.fetchall()}

    mine = wait_until(lambda: words(searches.organization_id))
    theirs = wait_until(lambda: words(other.id))
    assert len(mine) == len(theirs)
    assert mine.isdisjoint(theirs)


# Words and phrases


def test_all_words_must_occur(searches: Searches) -> None:
    id = searches.organization_id
    searches.log(both=said(id, "red car", "blue sky"), one=said(id, "red rose"), other=said(id, "blue car"))
    assert searches.found("red car") == ["both"]
    assert searches.found("sky red") == ["both"]


def test_a_phrase_is_of_consecutive_words(searches: Searches) -> None:
    id = searches.organization_id
    searches.log(
        right=said(id, "a Red,\n\tCar!"), wrong=said(id, "a car, red"), apart=said(id, "red old car")
    )
    assert searches.found('"red car"') == ["right"]


def test_a_phrase_does_not_run_from_one_message_into_another(searches: Searches) -> None:
    id = searches.organization_id
    searches.log(two=chat_of(id, ["it ends in red", "car it begins"], "yes"))
    assert searches.found("red car") == ["two"]
    assert searches.found('"red car"') == []


def test_a_part_of_a_word_is_no_word(searches: Searches) -> None:
    searches.log(one=said(searches.organization_id, "concatenation"))
    assert searches.found("cat") == []


def test_a_search_may_be_of_the_request_or_of_the_response(searches: Searches) -> None:
    id = searches.organization_id
    searches.log(asked=said(id, "a walrus?", "no"), answered=said(id, "what is it?", "a walrus"))
    assert searches.found("walrus") == ["answered", "asked"]
    assert searches.found("request:walrus") == ["asked"]
    assert searches.found("response:walrus") == ["answered"]


def test_a_search_holds_beside_other_conditions(searches: Searches) -> None:
    id = searches.organization_id
    searches.log(ann=said(id, "a walrus", user_id="ann"), bob=said(id, "a walrus", user_id="bob"))
    assert searches.found("walrus user:ann") == ["ann"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("walrus OR sings", ["otter", "walrus"]),
        ("-walrus", ["both-words-apart", "otter"]),
        ('-"sea otter"', ["both-words-apart", "walrus"]),
        ('"sea otter" OR walrus', ["otter", "walrus"]),
        ("response:fish OR request:walrus", ["walrus"]),
        ("-response:fish", ["both-words-apart", "otter", "walrus"]),
    ],
)
def test_a_search_may_stand_inside_of_or_and_not(searches: Searches, query: str, names: list[str]) -> None:
    id = searches.organization_id
    searches.log(
        **{
            "walrus": said(id, "a walrus and a fish"),
            "otter": said(id, "the sea otter", "It sings."),
            "both-words-apart": said(id, "an otter in the sea"),
        }
    )
    assert searches.found(query) == names


def test_a_search_without_words_is_refused(searches: Searches) -> None:
    answer = searches.api.get("/api/requests/", q='"..."')
    assert answer.status == 400
    assert "no word" in json.dumps(answer.json)


# Paging


def test_pages_of_a_search_hold_each_hit_once(searches: Searches) -> None:
    id = searches.organization_id
    events = {
        f"n{n:02}": said(id, f"red car number{n}" if n % 3 == 0 else f"a car, red number{n}")
        for n in range(40)
    }
    searches.log(**events)
    wanted = [name for n, name in enumerate(events) if n % 3 == 0][::-1]
    answer = searches.api.get("/api/requests/", q='"red car"', limit=4)
    pages = [answer.json]
    while pages[-1]["next"]:
        pages.append(searches.api.get(pages[-1]["next"]).json)
    found = [row["request_id"] for page in pages for row in page["results"]]
    assert found == wanted
    back = searches.api.get(pages[2]["previous"]).json
    assert back["results"] == pages[1]["results"]


# What of a body is text


def test_strings_are_found_as_what_they_say_not_as_they_are_escaped(searches: Searches) -> None:
    searches.log(one=said(searches.organization_id, 'first line\nsecond "quoted" caf\u00e9'))
    assert searches.found("second quoted café") == ["one"]
    assert searches.found("nsecond") == []


def test_arguments_and_results_of_tools_are_text(searches: Searches) -> None:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "find_city", "arguments": '{"town":"Ulm\\nWest"}'},
    }
    messages = [
        {"role": "user", "content": "Where?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"river": "Danube"}'},
    ]
    answer = {"choices": [{"message": {"role": "assistant", "content": "There."}}]}
    searches.log(one=event_of(searches.organization_id, {"model": "gpt-4o", "messages": messages}, answer))
    assert searches.found("find_city ulm town danube") == ["one"]


ASKED = [{"role": "user", "content": [{"type": "text", "text": "walrus"}]}]
FORM = b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nwalrus\r\n--x--'


@pytest.mark.parametrize(
    ("path", "request_body", "answer"),
    [
        ("/v1/messages", {"messages": ASKED}, {"content": [{"type": "text", "text": "otter"}]}),
        ("/v1/messages", {"system": "walrus"}, {"content": [{"type": "tool_use", "input": {"otter": 1}}]}),
        ("/v1/responses", {"input": "walrus"}, {"output": [{"content": [{"text": "otter"}]}]}),
        (
            "/v1beta/models/gemini-2.0-flash:generateContent",
            {"contents": [{"parts": [{"text": "walrus"}]}]},
            {"candidates": [{"content": {"parts": [{"text": "otter"}]}}]},
        ),
        ("/v1/completions", {"prompt": "walrus"}, {"choices": [{"text": "otter"}]}),
        ("/v1/embeddings", {"input": ["walrus", "otter"]}, {"data": [{"embedding": [0.1, 0.2]}]}),
        ("/v1/chat/completions", {"messages": ASKED}, {"error": {"message": "no otter"}}),
        ("/v1/audio/transcriptions", FORM, {"text": "otter"}),
        ("/elsewhere", b"a walrus in plain text", b"<html>502 otter</html>"),
    ],
)
def test_every_dialect_is_searched(
    searches: Searches, path: str, request_body: object, answer: object
) -> None:
    searches.log(one=event_of(searches.organization_id, request_body, answer, path=path))
    assert searches.found("walrus otter") == ["one"]


def test_base64_is_no_text(searches: Searches) -> None:
    picture = "data:image/png;base64," + "iVBORw0KGgo" * 500
    content = [
        {"type": "image_url", "image_url": {"url": picture}},
        {"type": "text", "text": "walrus " + "Abc1" * 200},
    ]
    request = {"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}
    searches.log(one=event_of(searches.organization_id, request, {"choices": []}))
    assert searches.found("walrus") == ["one"]
    assert searches.found("iVBORw0KGgo") == []


def test_an_omitted_body_is_not_found(searches: Searches) -> None:
    log(said(searches.organization_id, "walrus", "otter", omit_request=True))
    wait_until(lambda: searches.api.rows(q="otter"), within_s=INDEXED_WITHIN_S)
    assert searches.found("walrus") == []


# Each message once


def test_a_message_is_found_with_the_request_that_brought_it(searches: Searches) -> None:
    id = searches.organization_id
    history = ["the first walrus question", "the first otter answer", "the second question"]
    searches.log(first=chat_of(id, history[:1], history[1]))
    searches.log(second=chat_of(id, history, "the second heron answer"))
    assert searches.found("walrus") == ["first"]
    assert searches.found("heron") == ["second"]


def test_the_last_question_is_found_with_each_request_that_asks_it(searches: Searches) -> None:
    id = searches.organization_id
    searches.log(once=said(id, "the same walrus question", "yes"))
    searches.log(again=said(id, "the same walrus question", "no"))
    assert searches.found("walrus") == ["again", "once"]


def test_a_body_that_cannot_be_read_holds_up_nobody(searches: Searches) -> None:
    id = searches.organization_id
    log(event_of(id, b'{"messages": [{"role": "user", "content": "walrus', b"\x00\xff"))
    searches.log(
        deep=event_of(
            id, b'{"messages":' + b"[" * 3000 + b"]" * 3000 + b', "prompt": "walrus"}', {"choices": []}
        ),
        surrogate=event_of(id, b'{"prompt": "walrus \\ud800 otter"}', {"choices": []}),
        well=said(id, "walrus"),
    )
    assert searches.found("walrus") == ["deep", "surrogate", "well"]


def valid(query: str) -> RequestFilter:
    filters = RequestFilter({"q": query})
    assert filters.is_valid()
    return filters


@pytest.mark.parametrize("few", [0, 10_000])
def test_rare_and_common_words_are_found_alike(
    searches: Searches, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The bound is so high that a test would take long to write as many requests.
    monkeypatch.setattr(index, "FEW", few)
    id = searches.organization_id
    searches.log(
        one=said(id, "red walrus"), two=said(id, "the walrus", user_id="ann"), three=said(id, "a red otter")
    )

    def found(query: str) -> list[str]:
        page = queries.list_requests(organization_id=id, filters=valid(query))
        return [row.request_id for row in page.rows]

    assert found("walrus") == ["two", "one"]
    assert found("walrus user:ann") == ["two"]
    assert found('"red walrus"') == ["one"]
    assert found("heron") == []
    assert queries.count_about(organization_id=id, filters=valid("walrus")) == queries.Count(2, exact=True)


def test_a_page_ends_when_it_has_looked_at_enough(
    searches: Searches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_CANDIDATES", 4)
    id = searches.organization_id
    searches.log(right=said(id, "red car"), **{f"wrong{n}": said(id, f"car red {n}") for n in range(8)})
    cursor, looked_at = None, []
    while cursor or not looked_at:
        page = queries.list_requests(organization_id=id, filters=valid('"red car"'), cursor=cursor, limit=3)
        looked_at.append([row.request_id for row in page.rows])
        cursor = page.next_cursor
    assert looked_at[0] == []
    assert looked_at[-1] == ["right"]


def test_a_hit_comes_with_what_is_around_it(searches: Searches) -> None:
    id = searches.organization_id
    searches.log(one=said(id, "before " * 100 + "the\n<b>walrus</b> sings" + " behind" * 100))
    (row,) = queries.list_requests(organization_id=id, filters=valid("walrus")).rows
    assert row.snippet is not None
    assert [piece.text for piece in row.snippet if piece.is_hit] == ["walrus"]
    text = "".join(piece.text for piece in row.snippet)
    assert "the <b>walrus</b> sings" in text
    assert text.startswith("…before")
    assert len(text) < 250
