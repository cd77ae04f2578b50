"""How streams pass the gateway: whole events, at once, unchanged, until the client leaves."""

import itertools
import json
import time
from collections.abc import Callable

import anthropic
import openai
import pytest

from tests.fake_provider.process import ProviderHandle
from tests.live import Logged, Stack, Tenant
from tests.raw_http import opened, pieces, send

Scenario = Callable[..., dict[str, str]]

CHAT = (
    b'{ "model":"gpt-4o",\t"stream":true , "stream_options":{"include_usage" :true},'
    b' "messages":[{"role":"user","content":"Gr\\u00fc\xc3\x9fe"}] }'
)
MESSAGE = (
    b'{"model":"claude-haiku-4-5","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"Hi"}]}'
)


@pytest.fixture
def chat_headers(organization: Tenant) -> dict[str, str]:
    return {
        "Authorization": "Bearer sk-fake-openai-key",
        "Helicone-Auth": f"Bearer {organization.api_key}",
        "Content-Type": "application/json",
    }


def test_the_first_event_does_not_wait_for_the_others(
    stack: Stack, chat_headers: dict[str, str], scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    headers = chat_headers | scenario(words=20, gap=0.05)
    with opened(f"{stack.url}/v1/chat/completions", body=CHAT, headers=headers) as response:
        arrived = list(pieces(response))

    first, last = arrived[0][0], arrived[-1][0]
    assert last - first > 0.9
    assert len(arrived) > 15
    gaps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(arrived)]
    assert max(gaps) < 0.5
    assert b"".join(piece for _, piece in arrived) == logged().call.answer


@pytest.mark.parametrize(
    "delivery", [{"split": 1}, {"split": 7}, {"split": 50}, {"join": 4}, {"join": 4, "split": 33}]
)
def test_events_arrive_whole_and_unchanged(
    stack: Stack,
    chat_headers: dict[str, str],
    scenario: Scenario,
    logged: Callable[[], Logged],
    delivery: dict[str, int],
) -> None:
    headers = chat_headers | scenario(words=3, **delivery)
    with opened(f"{stack.url}/v1/chat/completions", body=CHAT, headers=headers) as response:
        arrived = [piece for _, piece in pieces(response)]

    it = logged()
    assert b"".join(arrived) == it.call.answer
    assert all(piece.endswith(b"\n\n") for piece in arrived)
    assert it.call.body == CHAT
    assert it.bodies.request == CHAT


@pytest.mark.parametrize("delivery", [{}, {"split": 1}, {"join": 4}, {"join": 70, "split": 333}])
def test_usage_that_the_client_did_not_ask_for_is_counted_and_withheld(
    stack: Stack,
    chat_headers: dict[str, str],
    scenario: Scenario,
    logged: Callable[[], Logged],
    delivery: dict[str, int],
) -> None:
    body = b'{"model": "gpt-4o", "stream": true,  "messages": [{"role": "user", "content": "Hi"}]}'
    headers = chat_headers | scenario(words=9, **delivery)
    answer = send(f"{stack.url}/v1/chat/completions", body=body, headers=headers)

    it = logged()
    assert json.loads(it.call.body) == {**json.loads(body), "stream_options": {"include_usage": True}}
    assert it.bodies.request == body
    *chunks, done = answer.body.removesuffix(b"\n\n").split(b"\n\n")
    assert done == b"data: [DONE]"
    assert all("usage" not in json.loads(chunk.removeprefix(b"data: ")) for chunk in chunks)
    assert all(json.loads(chunk.removeprefix(b"data: "))["choices"] for chunk in chunks)
    assert len(chunks) == it.call.answer.count(b"data: ") - 2  # [DONE], and the usage
    assert (it.row.prompt_tokens, it.row.completion_tokens) == (it.call.usage["prompt_tokens"], 9)


def test_a_client_may_forbid_that_usage_is_asked_for(
    stack: Stack, chat_headers: dict[str, str], scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    body = b'{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
    headers = chat_headers | scenario() | {"Helicone-Stream-Usage": "false"}
    answer = send(f"{stack.url}/v1/chat/completions", body=body, headers=headers)
    it = logged()
    assert it.call.body == body
    assert answer.body == it.call.answer


def test_a_client_may_have_usage_asked_for_and_see_it(
    stack: Stack, chat_headers: dict[str, str], scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    body = b'{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
    headers = chat_headers | scenario() | {"Helicone-Stream-Usage": "true"}
    answer = send(f"{stack.url}/v1/chat/completions", body=body, headers=headers)
    assert b'"prompt_tokens"' in answer.body
    assert answer.body == logged().call.answer


def test_a_plain_body_arrives_unchanged(
    stack: Stack, chat_headers: dict[str, str], scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    body = CHAT.replace(b'"stream":true', b'"stream":false')
    answer = send(f"{stack.url}/v1/chat/completions", body=body, headers=chat_headers | scenario())

    it = logged()
    assert answer.body == it.call.answer == it.bodies.response
    assert it.call.body == body == it.bodies.request


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
@pytest.mark.parametrize("stream", [False, True])
def test_compressed_answers_arrive_as_sent_and_are_logged_readable(
    stack: Stack,
    chat_headers: dict[str, str],
    scenario: Scenario,
    logged: Callable[[], Logged],
    coding: str,
    stream: bool,
) -> None:
    body = CHAT if stream else CHAT.replace(b'"stream":true', b'"stream":false')
    headers = chat_headers | scenario(words=20, compress=True, split=9) | {"Accept-Encoding": coding}
    answer = send(f"{stack.url}/v1/chat/completions", body=body, headers=headers)

    it = logged()
    assert answer.header("content-encoding") == coding
    assert it.call.wire != it.call.answer
    assert answer.body == it.call.wire
    assert it.bodies.response is not None
    said = it.call.said()["choices"][0]["message"]["content"]
    assert json.loads(it.bodies.response)["choices"][0]["message"]["content"] == said
    if not stream:
        assert it.bodies.response == it.call.answer
        assert it.row.prompt_tokens == it.call.said()["usage"]["prompt_tokens"]


def test_time_to_first_token_lies_between_the_providers_delay_and_the_latency(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    for _ in openai_client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Hi"}],
        stream=True,
        extra_headers=scenario(words=10, first=0.3, gap=0.03),
    ):
        pass

    row = logged().row
    assert row.time_to_first_token_ms is not None
    assert 300 <= row.time_to_first_token_ms < 600
    assert row.time_to_first_token_ms + 240 < row.latency_ms < 2_000


def test_time_to_first_token_does_not_count_the_announcement_of_a_message(
    anthropic_client: anthropic.Anthropic, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with anthropic_client.messages.stream(
        model="claude-haiku-4-5",
        max_tokens=99,
        messages=[{"role": "user", "content": "Hi"}],
        extra_headers=scenario(words=5, gap=0.1),
    ) as stream:
        stream.until_done()

    # message_start, content_block_start, ping; each further event comes 0.1 s after the one before.
    row = logged().row
    assert row.time_to_first_token_ms is not None
    assert 300 <= row.time_to_first_token_ms < row.latency_ms - 300


@pytest.mark.parametrize(("path", "body"), [("/v1/chat/completions", CHAT), ("/v1/messages", MESSAGE)])
def test_a_client_that_leaves_is_logged_as_such(
    stack: Stack,
    organization: Tenant,
    provider: ProviderHandle,
    marker: str,
    scenario: Scenario,
    logged: Callable[[], Logged],
    path: str,
    body: bytes,
) -> None:
    key = "sk-fake-key" if "chat" in path else "sk-ant-fake-key"
    headers = {
        "Authorization": f"Bearer {key}",
        "Helicone-Auth": f"Bearer {organization.api_key}",
        **scenario(words=400, gap=0.02),
    }
    with opened(stack.url + path, body=body, headers=headers) as response:
        arrived = pieces(response)
        seen = b"".join(next(arrived)[1] for _ in range(6))
    left_at = time.time()

    call = provider.call(marker, until=lambda call: call.hung_up_at)
    assert call.hung_up_at is not None
    assert call.hung_up_at - left_at < 1
    it = logged()
    assert it.row.status == -3
    assert it.row.is_stream
    assert it.bodies.response is not None
    stored = json.loads(it.bodies.response)
    text = stored["choices"][0]["message"]["content"] if "choices" in stored else stored["content"][0]["text"]
    assert text
    whole = it.call.said()
    assert (
        whole["choices"][0]["message"]["content"] if "choices" in whole else whole["content"][0]["text"]
    ).startswith(text)
    assert len(seen) <= it.row.response_bytes < 20_000


def test_a_client_that_leaves_before_the_answer_is_logged_as_such(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with pytest.raises(openai.APITimeoutError):
        openai_client.with_options(timeout=0.4).chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], extra_headers=scenario(hang=True)
        )

    it = logged()
    assert it.row.status == -3
    assert it.row.request_model == "gpt-4o"
    assert 300 <= it.row.latency_ms < 1_500
    assert it.bodies.response == b""
