"""The flow of a session: each message once, whoever carries it along."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import count
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from requests_app.conversation import conversation
from sessions_app.conversation import Teller, Turn, TurnRow
from sessions_app.histories import ChangeKind
from tests.events import chat_event, log
from tests.live import Stack, Tenant
from tests.web_client import WebClient

CHAT = "/v1/chat/completions"
START = datetime(2026, 11, 29, tzinfo=UTC)


class Session:
    """Requests of one session told one after another; each takes a second, and starts when the last one ended."""

    def __init__(self) -> None:
        self.teller = Teller()
        self._ids = count(1)
        self._at_s = 0.0

    def ask(
        self, messages: list[Any], answer: Any = None, *, path: str = "/agent", at_s: float | None = None
    ) -> Turn:
        self._at_s = self._at_s + 1 if at_s is None else at_s
        response = (
            {"choices": [{"message": answer}]} if answer is not None else {"error": {"message": "overloaded"}}
        )
        found = conversation(json.dumps({"messages": messages}).encode(), json.dumps(response).encode(), CHAT)
        return self.teller.tell(self._row(path=path, status=200 if answer is not None else 529), found)

    def log(self, body: Any, response: Any, kind: str) -> Turn:
        self._at_s += 1
        found = conversation(json.dumps(body).encode(), json.dumps(response).encode(), "", kind=kind)
        return self.teller.tell(self._row(path="/agent", kind=kind), found)

    def _row(self, *, path: str, status: int = 200, kind: str = "") -> TurnRow:
        at = START + timedelta(seconds=self._at_s)
        id = UUID(int=next(self._ids))
        return TurnRow(at, id, path, CHAT, kind, "", "gpt-4o", "openai", status, "", 1000, 1, 1, 1, 1, 1)


def user(words: str) -> dict[str, Any]:
    return {"role": "user", "content": words}


def says(words: str) -> dict[str, Any]:
    return {"role": "assistant", "content": words}


def system(words: str) -> dict[str, Any]:
    return {"role": "system", "content": words}


def calls(id: str, name: str, **arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": id, "type": "function", "function": function}],
    }


def gives(id: str, words: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": words}


def words_of(turn: Turn) -> list[str]:
    return [told.part.text for message in turn.messages for told in message.parts]


def test_each_message_is_told_once() -> None:
    session = Session()
    first = session.ask([system("Be brief"), user("one")], says("1"))
    second = session.ask([system("Be brief"), user("one"), says("1"), user("two")], says("2"))
    assert words_of(first) == ["Be brief", "one", "1"]
    assert words_of(second) == ["two", "2"]
    assert (second.repeated, second.change) == (3, None)
    assert second.branch is not None
    assert second.branch.number == 1


def test_an_answer_that_comes_back_without_its_reasoning_is_the_same() -> None:
    session = Session()
    session.ask([user("one")], {**says("1"), "reasoning_content": "thinking"})
    assert words_of(session.ask([user("one"), says(" 1\n"), user("two")], says("2"))) == ["two", "2"]


def test_a_result_stands_below_its_call() -> None:
    session = Session()
    call = calls("c1", "weather", city="Rome")
    first = session.ask([user("Weather?")], call)
    second = session.ask([user("Weather?"), call, gives("c1", "30 degrees")], says("Hot"))
    assert words_of(second) == ["Hot"]
    told = first.messages[-1].parts[0]
    assert [result.part.text for result in told.results] == ["30 degrees"]
    assert told.results[0].row.id == second.row.id
    assert told.results[0].key == "2-0"


def test_results_of_calls_without_ids_stand_below_theirs() -> None:
    def function(kind: str, **fields: Any) -> dict[str, Any]:
        return {
            "role": "model" if kind == "functionCall" else "user",
            "parts": [{kind: {"name": "look", **fields}}],
        }

    asked = {"role": "user", "parts": [{"text": "Look twice"}]}
    call = function("functionCall", args={"at": 1})
    result = function("functionResponse", response={"seen": "x"})
    path = "/v1beta/models/gemini:generateContent"
    session = Session()
    turns = []
    for contents in ([asked], [asked, call, result]):
        answer = {"candidates": [{"content": call}]}
        found = conversation(json.dumps({"contents": contents}).encode(), json.dumps(answer).encode(), path)
        turns.append(session.teller.tell(session._row(path=""), found))
    first, second = turns
    assert "x" in first.messages[-1].parts[0].results[0].part.text
    assert second.messages[0].parts[0].results == []


def test_a_failed_request_that_is_repeated_says_nothing_twice() -> None:
    session = Session()
    assert words_of(session.ask([user("one")])) == ["one", "overloaded"]
    again = session.ask([user("one")], says("1"))
    assert words_of(again) == ["1"]
    assert again.change is not None
    assert again.change.kind is ChangeKind.AGAIN
    assert words_of(session.ask([user("one"), says("1"), user("two")], says("2"))) == ["two", "2"]


def test_one_of_several_choices_is_what_goes_on() -> None:
    session = Session()
    found = conversation(
        json.dumps({"messages": [user("one")], "n": 2}).encode(),
        json.dumps({"choices": [{"message": says("a")}, {"message": says("b")}]}).encode(),
        CHAT,
    )
    session.teller.tell(session._row(path="/agent"), found)
    following = session.ask([user("one"), says("b"), user("two")], says("2"))
    assert words_of(following) == ["two", "2"]
    assert following.change is None


def test_parallel_agents_are_kept_apart() -> None:
    session = Session()
    session.ask([system("Read"), user("first task")], says("a1"), path="/read", at_s=1)
    other = session.ask([system("Read"), user("second task")], says("b1"), path="/read", at_s=1.5)
    one_on = session.ask(
        [system("Read"), user("first task"), says("a1"), user("more")], says("a2"), path="/read"
    )
    other_on = session.ask(
        [system("Read"), user("second task"), says("b1"), user("more")], says("b2"), path="/read"
    )
    assert words_of(other) == ["second task", "b1"]  # the instructions were told before
    assert words_of(one_on) == ["more", "a2"]
    assert words_of(other_on) == ["more", "b2"]
    branches = [turn.branch for turn in (one_on, other, other_on)]
    assert [(branch.path, branch.number) for branch in branches if branch] == [
        ("/read", 1),
        ("/read", 2),
        ("/read", 2),
    ]


def test_agents_with_the_same_task_and_other_instructions_are_two() -> None:
    session = Session()
    session.ask([system("Write"), user("task")], says("w"), path="/write")
    turn = session.ask([system("Judge"), user("task")], says("j"), path="/judge")
    assert words_of(turn) == ["Judge", "j"]
    assert turn.branch is not None
    assert (turn.branch.path, turn.branch.number, turn.change) == ("/judge", 1, None)


def test_examples_that_all_requests_begin_with_make_no_history() -> None:
    session = Session()
    examples = [user("2+2"), says("4")]
    session.ask([*examples, user("3+3")], says("6"))
    turn = session.ask([*examples, user("5+5")], says("10"))
    assert words_of(turn) == ["5+5", "10"]
    assert turn.change is None
    assert turn.branch is not None
    assert turn.branch.number == 2


def _long(session: Session) -> list[Any]:
    history: list[Any] = []
    for number in range(6):
        history.append(user(f"question {number}"))
        answer = says(f"answer {number}")
        session.ask(history, answer)
        history.append(answer)
    return history


def test_a_history_that_lost_its_beginning_is_seen() -> None:
    session = Session()
    history = _long(session)
    turn = session.ask([*history[4:], user("on")], says("ok"))
    assert words_of(turn) == ["on", "ok"]
    assert turn.change is not None
    assert (turn.change.kind, turn.change.gone) == (ChangeKind.LEFT_OUT, 4)


def test_a_history_that_was_summed_up_is_seen() -> None:
    session = Session()
    history = _long(session)
    compacted = [user("Until now: a lot"), *history[10:], user("on")]
    turn = session.ask(compacted, says("ok"))
    assert words_of(turn) == ["Until now: a lot", "on", "ok"]
    assert turn.change is not None
    assert (turn.change.kind, turn.change.gone, turn.change.instead) == (ChangeKind.REWRITTEN, 10, 1)
    following = session.ask([*compacted, says("ok"), user("and on")], says("fine"))
    assert words_of(following) == ["and on", "fine"]
    assert following.change is None


def test_a_message_that_was_edited_is_seen() -> None:
    session = Session()
    history = _long(session)
    turn = session.ask([*history[:6], user("another question")], says("ok"))
    assert words_of(turn) == ["another question", "ok"]
    assert turn.change is not None
    assert (turn.change.kind, turn.change.gone, turn.change.instead) == (ChangeKind.REWRITTEN, 6, 1)
    # And who goes on with what it was before says nothing twice either.
    assert words_of(session.ask([*history, user("on")], says("fine"))) == ["on", "fine"]


def test_an_answer_that_was_changed_on_its_way_is_seen() -> None:
    session = Session()
    session.ask([user("one")], says("1"))
    turn = session.ask([user("one"), says("uno"), user("two")], says("2"))
    assert words_of(turn) == ["uno", "two", "2"]
    assert turn.change is not None
    assert turn.change.kind is ChangeKind.ANSWER


def test_a_history_that_goes_two_ways_at_once() -> None:
    session = Session()
    session.ask([user("one")], says("1"))
    history = [user("one"), says("1")]
    session.ask([*history, user("left")], says("l"), at_s=10)
    right = session.ask([*history, user("right")], says("r"), at_s=10.5)
    assert words_of(right) == ["right", "r"]
    assert right.change is not None
    assert right.change.kind is ChangeKind.PARALLEL
    left_on = session.ask([*history, user("left"), says("l"), user("more")], says("l2"), at_s=12)
    assert words_of(left_on) == ["more", "l2"]
    assert left_on.change is None


def test_instructions_that_change_are_told_as_what_changed() -> None:
    session = Session()
    session.ask([system("It is Monday. Be brief."), user("one")], says("1"))
    turn = session.ask([system("It is Tuesday. Be brief."), user("one"), says("1"), user("two")], says("2"))
    told = turn.messages[0]
    assert told.message.role == "system"
    assert [(str(piece.change), piece.text) for piece in told.pieces if piece.change != "same"] == [
        ("removed", "Monday"),
        ("added", "Tuesday"),
    ]
    assert words_of(turn)[1:] == ["two", "2"]


def test_a_custom_step_stands_in_its_place() -> None:
    session = Session()
    turn = session.log({"_type": "tool", "toolName": "search", "input": "x"}, {"hits": 2}, "tool")
    assert turn.step is not None
    assert (turn.step.name, turn.messages) == ("search", [])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["on", "again", "cut", "edit"])), min_size=1, max_size=14
    )
)
def test_no_message_is_told_twice_whatever_happens_to_histories(moves: list[tuple[int, str]]) -> None:
    """Three agents whose words are all different: whatever they do, each word is told once."""
    session = Session()
    histories: list[list[Any]] = [[user(f"agent {agent}")] for agent in range(3)]
    told: list[str] = []
    fresh = count()
    for agent, move in moves:
        history = histories[agent]
        if move == "cut" and len(history) > 6:
            history = history[4:]
        elif move == "edit" and len(history) > 2:
            history = [*history[:-1], user(f"edit {next(fresh)}")]
        if move != "again":
            answer = says(f"answer {next(fresh)}")
            told += words_of(session.ask(history, answer, path=f"/{agent}"))
            history = [*history, answer, user(f"question {next(fresh)}")]
        else:
            told += words_of(session.ask(history, path=f"/{agent}"))
        histories[agent] = history
    spoken = [text for text in told if text != "overloaded"]
    assert len(spoken) == len(set(spoken))


@pytest.fixture
def client(stack: Stack, organization: Tenant) -> WebClient:
    return WebClient(stack.url, organization.owner)


@pytest.fixture
def address(organization: Tenant) -> str:
    return f"/o/{organization.organization.slug}/sessions/s1/conversation/"


def _body(messages: list[Any]) -> dict[str, Any]:
    raw = json.dumps({"model": "gpt-4o", "messages": messages}).encode()
    return {"request_body": raw, "request_bytes": len(raw)}


def _answer(answer: Any) -> dict[str, Any]:
    raw = json.dumps({"object": "chat.completion", "choices": [{"message": answer}]}).encode()
    return {"response_body": raw, "response_bytes": len(raw)}


def test_parts_go_on_with_the_conversations_that_were_begun_before(
    client: WebClient, organization: Tenant, address: str, wait_for_rows: Callable[..., object]
) -> None:
    """Two agents in turns, with the same instructions, over more messages than a part has."""
    histories: list[list[Any]] = [[system("Be brief;")], [system("Be brief;")]]
    events = []
    for number in range(90):
        agent = number % 2
        histories[agent].append(user(f"question {number};"))
        answer = says(f"answer {number};")
        fields = {"session_id": "s1", "session_path": f"/{agent}"}
        events.append(chat_event(organization.id, **fields, **_body(histories[agent]), **_answer(answer)))
        histories[agent].append(answer)
    log(*events)
    wait_for_rows(organization.id, len(events))

    told: list[str] = []
    path, parts = address, 0
    while path:
        page = client.get(path)
        assert page.status == 200
        told += re.findall(r"<p>((?:question|answer) \d+;|Be brief;)</p>", page.text)
        more = re.search(r'href="([^"]*\?from=[^"]*)"', page.text)
        path = unescape(more[1]) if more else ""
        parts += 1
    assert parts == 2
    assert sorted(told) == sorted(
        ["Be brief;", *(f"{what} {number};" for number in range(90) for what in ("question", "answer"))]
    )


@pytest.mark.parametrize("cursor", ["x", "AAAA", "lM4AAQ", "%00", "é"])
def test_what_is_no_place_in_a_conversation_is_not_found(
    client: WebClient, organization: Tenant, address: str, wait_for_rows: Callable[..., object], cursor: str
) -> None:
    log(chat_event(organization.id, session_id="s1"))
    wait_for_rows(organization.id)
    assert client.get(f"{address}?from={quote(cursor, safe='%')}").status == 404


def test_a_request_whose_bodies_were_omitted_keeps_its_place(
    client: WebClient, organization: Tenant, address: str, wait_for_rows: Callable[..., object]
) -> None:
    hidden = {"omit_request": True, "omit_response": True, "request_body": b"", "response_body": b""}
    log(
        chat_event(organization.id, session_id="s1", **hidden),
        chat_event(organization.id, session_id="s1", text="Seen"),
    )
    wait_for_rows(organization.id, 2)
    page = client.get(address).text
    assert page.count('<li class="turn ') == 2
    assert "Nothing to read here" in page
    assert "Seen" in page
