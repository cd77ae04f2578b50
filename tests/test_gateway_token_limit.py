"""Helicone-Token-Limit-Exception-Handler: prompts that their model cannot hold."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts_app import actions
from gateway_app.token_limit import FALLBACK, MIDDLE_OUT, TRUNCATE, estimated, fitted, without_middle
from tests.live import Logged, Stack, Tenant
from tests.raw_http import RawAnswer, send

Scenario = Callable[..., dict[str, str]]
Post = Callable[..., RawAnswer]

HEADER = "Helicone-Token-Limit-Exception-Handler"
# gpt-4o holds 128,000 tokens: 512,000 characters as they are estimated.
LONG = "word " * 110_000


@pytest.fixture
def post(stack: Stack, organization: Tenant, scenario: Scenario) -> Post:
    """Returns a function that posts a chat completion with a handler."""

    def do(handler: str, **body: object) -> RawAnswer:
        headers = {
            "Authorization": "Bearer sk-fake-mine",
            "Helicone-Auth": f"Bearer {organization.api_key}",
            HEADER: handler,
            **scenario(),
        }
        sent = {"model": "gpt-4o", **body}
        return send(f"{stack.url}/v1/chat/completions", body=json.dumps(sent).encode(), headers=headers)

    return do


def user(text: object) -> dict[str, Any]:
    return {"role": "user", "content": text}


def handled(handler: str, window: int | None = 1000, **body: object) -> dict[str, Any]:
    """Returns the body after its handling for models that all hold `window` tokens."""
    given = json.dumps({"model": "m", **body}).encode()
    found: dict[str, Any] = json.loads(fitted(given, handler, lambda model: window))
    return found


def test_white_space_is_what_truncate_leaves_out(post: Post, logged: Callable[[], Logged]) -> None:
    text = "a  \n\n b <!-- never\nmind --> c " + " " * 520_000
    assert post("truncate", messages=[user(text)]).status == 200

    it = logged()
    assert json.loads(it.call.body)["messages"] == [user("a b c")]
    assert json.loads(it.bodies.request or b"")["messages"] == [user(text)]


def test_middle_out_leaves_out_the_middle(post: Post, logged: Callable[[], Logged]) -> None:
    text = f"BEGIN {LONG}END"
    assert post("middle-out", messages=[{"role": "system", "content": "Be brief."}, user(text)]).status == 200

    system, kept = json.loads(logged().call.body)["messages"]
    assert system["content"] == "Be brief."
    assert kept["content"].startswith("BEGIN word word")
    assert kept["content"].endswith("word END")
    # 128,000 less a tenth for the answer.
    assert 112_000 < len(kept["content"]) / 4 <= 115_200


def test_fallback_asks_the_second_model(post: Post, logged: Callable[[], Logged]) -> None:
    assert post("fallback", model="gpt-4o, gpt-4.1", messages=[user(LONG)]).status == 200
    it = logged()
    assert json.loads(it.call.body)["model"] == "gpt-4.1"
    assert it.row.model == "gpt-4.1"


def test_fallback_asks_the_first_model_while_it_holds_the_prompt(
    post: Post, logged: Callable[[], Logged]
) -> None:
    assert post("fallback", model="gpt-4o, gpt-4.1", messages=[user("Hi")]).status == 200
    assert json.loads(logged().call.body)["model"] == "gpt-4o"


@pytest.mark.parametrize("handler", ["truncate", "middle-out", "fallback", "nonsense"])
def test_a_prompt_that_fits_passes_as_it_is(post: Post, logged: Callable[[], Logged], handler: str) -> None:
    assert post(handler, messages=[user("a   b")]).status == 200
    it = logged()
    assert it.call.body == it.bodies.request


def test_the_ai_gateway_goes_on_to_the_next_model(
    stack: Stack,
    organization: Tenant,
    gateway_knows: Callable[..., None],
    scenario: Scenario,
    logged: Callable[[], Logged],
) -> None:
    actions.store_provider_key(
        organization=organization.organization, provider="openai", secret="sk-fake-stored"
    )
    gateway_knows()
    body = {"model": "gpt-4o/openai, gpt-4.1/openai", "messages": [user(LONG)]}
    headers = {"Authorization": f"Bearer {organization.api_key}", HEADER: "fallback", **scenario()}
    answer = send(f"{stack.url}/v1/chat/completions", body=json.dumps(body).encode(), headers=headers)
    assert answer.status == 200
    assert json.loads(logged().call.body)["model"] == "gpt-4.1"


# The rules alone


@pytest.mark.parametrize(
    ("more", "length", "is_too_long"),
    [
        ({}, 3600, False),
        ({}, 3604, True),
        ({"max_tokens": 500}, 2000, False),
        ({"max_tokens": 500}, 2004, True),
        ({"max_completion_tokens": 500, "max_tokens": 1}, 2004, True),
        ({"max_tokens": 5000}, 9000, False),
        ({"max_tokens": "many"}, 3604, True),
        ({"tools": ["x" * 196]}, 3200, False),
        ({"tools": ["x" * 196]}, 3204, True),
    ],
)
def test_the_limit_is_the_window_less_the_answer(
    more: dict[str, object], length: int, is_too_long: bool
) -> None:
    text = "a " * (length // 2)
    changed = handled(TRUNCATE, messages=[user(text)], **more)["messages"] != [user(text)]
    assert changed == is_too_long


def test_without_a_known_window_nothing_is_done() -> None:
    assert handled(MIDDLE_OUT, None, messages=[user(LONG)])["messages"] == [user(LONG)]


def test_one_model_of_a_list_is_asked_whatever_the_handler() -> None:
    assert handled(MIDDLE_OUT, model="a , b", messages=[user("Hi")])["model"] == "a"
    assert handled(TRUNCATE, model="a,b", messages=[user("a " * 9000)])["model"] == "a"


def test_fallback_without_a_second_model_changes_nothing() -> None:
    assert handled(FALLBACK, messages=[user(LONG)]) == {"model": "m", "messages": [user(LONG)]}


DEEP = b'{"messages":[{"content":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"messages":7,"model":"m"}', b'{"messages":[7]}', b'{"input":"x"}', b"\xff", DEEP]
)
def test_what_cannot_be_read_passes_as_it_is(body: bytes) -> None:
    assert fitted(body, MIDDLE_OUT, lambda model: 1) == body


def test_texts_in_parts_are_counted_and_shortened() -> None:
    parts = [{"type": "text", "text": "a   b"}, {"type": "image_url", "image_url": {}}]
    messages = [user(parts), user("c " * 9000)]
    first, _ = handled(TRUNCATE, messages=messages)["messages"]
    assert first["content"] == [{"type": "text", "text": "a b"}, parts[1]]


def test_messages_of_parts_alone_leave_from_the_middle() -> None:
    messages = [user([{"type": "text", "text": str(n) * 400}]) for n in range(9)]
    kept = without_middle(messages, 350)
    assert [message["content"][0]["text"][0] for message in kept] == ["0", "1", "2", "7", "8"]


@pytest.mark.parametrize("excess", [1, 10, 249, 250, 251, 1000, 2400, 10_000])
def test_enough_is_left_out_and_the_rest_keeps_its_order(excess: int) -> None:
    messages = [user(f"{n:04d} " * 300) for n in range(7)]
    kept = without_middle(messages, excess)
    before, after = estimated(messages, ""), estimated(kept, "")
    assert before - after >= min(excess, before)
    assert before - after < excess + 500 or not kept
    numbers = [int(word) for message in kept for word in message["content"].split()]
    assert numbers == sorted(numbers)
