"""What a request says that the one before it did not."""

import json
import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from requests_app.conversation import conversation
from requests_app.request_diff import RequestDiff, request_diff
from requests_app.word_diff import Change, word_diff

PATH = "/v1/chat/completions"


def compare(before: Any, after: Any, answer_before: str = "", answer_after: str = "") -> RequestDiff:
    bodies = [json.dumps(body).encode() for body in (before, after)]
    answers = [
        json.dumps({"choices": [{"message": {"role": "assistant", "content": words}}]}).encode()
        for words in (answer_before, answer_after)
    ]
    old, new = (conversation(body, answer, PATH) for body, answer in zip(bodies, answers, strict=True))
    return request_diff(old, new, before_body=bodies[0], after_body=bodies[1])


def user(words: str) -> dict[str, str]:
    return {"role": "user", "content": words}


def outline(diff: RequestDiff) -> list[tuple[str, str, int]]:
    return [(str(entry.change), entry.role, entry.count) for entry in diff.messages]


def test_a_conversation_that_went_on() -> None:
    answer = {"role": "assistant", "content": "Rome"}
    before = {"model": "m", "messages": [user("one"), user("two")]}
    diff = compare(before, {"model": "m", "messages": [*before["messages"], answer, user("three")]}, "Rome")
    assert outline(diff) == [("same", "", 2), ("added", "assistant", 1), ("added", "user", 1)]
    assert [entry.was_answered for entry in diff.messages] == [False, True, False]
    assert diff.settings == []


def test_a_message_that_changed_is_compared_word_by_word() -> None:
    before, after = "Answer in three short sentences.", "Answer in two short sentences, please."
    diff = compare({"messages": [user(before)]}, {"messages": [user(after)]})
    (entry,) = diff.messages
    assert (entry.change, entry.number) == (Change.CHANGED, 1)
    pieces = [(str(piece.change), piece.text) for piece in entry.pieces]
    assert pieces == [
        ("same", "Answer in "),
        ("removed", "three"),
        ("added", "two"),
        ("same", " short sentences"),
        ("added", ", please"),
        ("same", "."),
    ]


def test_settings_that_changed() -> None:
    messages = [user("one")]
    diff = compare(
        {"model": "a", "temperature": 0, "messages": messages},
        {"model": "b", "top_p": 1, "messages": messages},
    )
    assert [(setting.name, setting.before, setting.after) for setting in diff.settings] == [
        ("model", '"a"', '"b"'),
        ("temperature", "0", ""),
        ("top_p", "", "1"),
    ]


def test_answers_are_compared_when_both_requests_said_the_same() -> None:
    body = {"model": "m", "messages": [user("one")]}
    diff = compare(body, body, "It is sunny today", "It is rainy today")
    assert diff.says_the_same
    assert [str(entry.change) for entry in diff.answers] == ["changed"]


def test_long_texts_are_compared_within_a_second() -> None:
    before, after = ("\n".join(f"{word} {n} " * 10 for n in range(50_000)) for word in ("old", "new"))
    began = time.perf_counter()
    pieces = word_diff(before, after)
    assert time.perf_counter() - began < 1
    assert [str(piece.change) for piece in pieces] == ["removed", "added", "same"]
    assert sum(len(piece.text) for piece in pieces) < 20_000


def test_one_changed_word_in_a_very_long_text_is_found() -> None:
    before = "same " * 200_000 + "old" + " same" * 200_000
    pieces = word_diff(before, before.replace("old", "new"))
    assert [str(piece.change) for piece in pieces] == ["same", "removed", "added", "same"]
    assert (pieces[1].text, pieces[2].text) == ("old", "new")
    assert sum(len(piece.text) for piece in pieces) < 2_000


@given(st.text(alphabet="ab \n.", max_size=60), st.text(alphabet="ab \n.", max_size=60))
def test_the_pieces_make_up_both_texts(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    kept = {Change.SAME, Change.REMOVED}, {Change.SAME, Change.ADDED}
    assert "".join(piece.text for piece in pieces if piece.change in kept[0]) == before
    assert "".join(piece.text for piece in pieces if piece.change in kept[1]) == after
