"""What is logged of realtime sessions: a row for each response."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError

from requests_app.conversation import conversation
from requests_app.models import Request
from tests.live import Logged, Tenant
from tests.realtime_client import PROVIDER_KEY, Client, Event

pytest_plugins = ("tests.realtime_sessions",)

OpenSession = Callable[..., Client]


def request_of(it: Logged) -> Event:
    assert it.bodies.request is not None
    request: Event = json.loads(it.bodies.request)
    return request


def response_of(it: Logged) -> Event:
    assert it.bodies.response is not None
    response: Event = json.loads(it.bodies.response)
    return response


def test_a_response_is_logged_with_what_was_asked_and_said(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    client = open_session(cached=40)
    client.say("session.update", session={"instructions": "Answer in Latin.", "output_modalities": ["text"]})
    response = client.ask("What is it like outside?")

    it = logged()
    request = request_of(it)
    assert response_of(it) == response
    assert (request["model"], request["instructions"]) == ("gpt-realtime", "Answer in Latin.")
    assert [item["content"][0]["text"] for item in request["input"]] == ["What is it like outside?"]
    assert (it.row.status, it.row.is_stream, it.row.request_model) == (200, True, "gpt-realtime")
    assert it.bodies.preview == "What is it like outside?"


def test_counts_are_those_of_the_response(open_session: OpenSession, logged: Callable[[], Logged]) -> None:
    client = open_session(cached=40, audio_in=300, audio_out=120)
    usage = client.ask("Hello")["usage"]

    row = logged().row
    assert (row.prompt_tokens, row.completion_tokens) == (usage["input_tokens"], usage["output_tokens"])
    assert (row.cache_read_tokens, row.cache_read_audio_tokens) == (40, 10)
    assert row.prompt_audio_tokens == usage["input_token_details"]["audio_tokens"]
    assert row.completion_audio_tokens == 120
    assert row.cost_nanodollars


def test_each_response_is_a_row_with_what_came_since_the_one_before(
    open_session: OpenSession,
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[[Request], Any],
) -> None:
    client = open_session()
    for text in ("First", "Second", "Third"):
        client.ask(text)

    rows = wait_for_rows(organization.id, 3)
    inputs = [json.loads(bodies_of(row).request)["input"] for row in reversed(rows)]
    assert [[item["content"][0]["text"] for item in items] for items in inputs] == [
        ["First"],
        ["Second"],
        ["Third"],
    ]


def test_a_response_is_in_the_log_before_its_end_is_heard(
    open_session: OpenSession, organization: Tenant, wait_for_rows: Callable[..., list[Request]]
) -> None:
    client = open_session()
    client.ask("Hello")
    client.connection.socket.close()

    assert wait_for_rows(organization.id)[0].status == 200


def test_audio_is_counted_and_its_transcript_kept(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    client = open_session()
    audio = base64.b64encode(bytes(4800)).decode()
    client.say("input_audio_buffer.append", audio=audio)
    client.say("input_audio_buffer.append", audio=audio)
    client.say("input_audio_buffer.commit")
    client.say("response.create")
    client.hear_until("response.done")

    it = logged()
    request = request_of(it)
    assert request["input_audio_bytes"] == 9600
    assert request["input"][0]["content"][0]["transcript"] == f"I said {2 * len(audio)} characters."
    assert audio not in json.dumps(request)
    assert response_of(it)["output"][0]["content"][0]["transcript"]


def test_a_tool_call_and_its_result_are_logged(
    open_session: OpenSession,
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[[Request], Any],
) -> None:
    client = open_session()
    tool = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}
    call = client.ask("What is it like outside?", tools=[tool])["output"][0]
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
    client.say("conversation.item.create", item=output)
    client.say("response.create", response={"output_modalities": ["text"]})
    client.hear_until("response.done")

    second, first = (bodies_of(row) for row in wait_for_rows(organization.id, 2))
    assert json.loads(first.request)["tools"] == [tool]
    assert json.loads(first.response)["output"] == [call]
    assert [item["output"] for item in json.loads(second.request)["input"]] == ["sunny"]


@pytest.mark.parametrize("modality", ["text", "audio"])
@pytest.mark.parametrize("beta", [False, True])
def test_the_first_token_is_the_first_delta(
    open_session: OpenSession,
    organization: Tenant,
    logged: Callable[[], Logged],
    modality: str,
    beta: bool,
) -> None:
    usual = {"Authorization": f"Bearer {PROVIDER_KEY}", "Helicone-Auth": f"Bearer {organization.api_key}"}
    headers = {**usual, "OpenAI-Beta": "realtime=v1"} if beta else usual
    client = open_session(headers=headers, first=0.2, gap=0.02)
    client.ask("Hello", output_modalities=[modality])

    row = logged().row
    assert row.time_to_first_token_ms is not None
    assert 220 <= row.time_to_first_token_ms < row.latency_ms - 100


def test_an_answer_to_speech_that_nobody_asked_for_is_logged(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    client = open_session()
    client.say("fake.speech")
    client.hear_until("response.done")

    assert logged().row.status == 200


def test_a_failed_response_is_logged_as_its_error(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    client = open_session(ending="failed")
    client.ask("Hello")

    row = logged().row
    assert (row.status, row.error) == (500, "server_error")


def test_a_cancelled_response_is_logged_as_cancelled(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    client = open_session(hang_after=6)
    client.say("response.create", response={"output_modalities": ["text"]})
    client.hear_until("response.output_text.delta")
    client.say("response.cancel")
    client.hear_until("response.done")

    row = logged().row
    assert (row.status, row.error) == (-3, "client_cancelled")


def test_a_refused_response_is_logged_as_an_error(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    client = open_session()
    client.say("response.create", event_id="mine", response={"metadata": {"fail": "yes"}})
    client.hear_until("error")

    it = logged()
    assert (it.row.status, it.row.error) == (400, "invalid_value")
    assert response_of(it)["error"]["event_id"] == "mine"


def test_what_a_refused_response_was_asked_is_in_the_next_row_too(
    open_session: OpenSession,
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[[Request], Any],
) -> None:
    client = open_session()
    content = [{"type": "input_text", "text": "Hello"}]
    client.say("conversation.item.create", item={"type": "message", "role": "user", "content": content})
    client.say("response.create", response={"metadata": {"fail": "yes"}})
    client.hear_until("error")
    client.say("response.create")
    client.hear_until("response.done")

    rows = wait_for_rows(organization.id, 2)
    assert [row.status for row in rows] == [200, 400]
    assert [json.loads(bodies_of(row).request)["input"][0]["content"] for row in rows] == [content, content]


def test_an_error_before_the_provider_hangs_up_is_logged(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    client = open_session()
    client.say("fake.complain", code="insufficient_quota")
    client.say("fake.close", code=1008, reason="no quota")
    client.hear_until("error")

    assert logged().row.error == "insufficient_quota"


def test_a_client_that_leaves_in_the_middle_of_a_response_is_logged_as_cancelled(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    client = open_session(hang_after=6)
    client.say("response.create", response={"output_modalities": ["text"]})
    events = client.hear_until("response.output_text.delta")
    client.connection.close()

    it = logged()
    assert it.row.status == -3
    assert response_of(it)["output"][0]["content"][0]["text"].startswith(events[-1]["delta"])


def test_a_provider_that_vanishes_in_the_middle_of_a_response_is_logged_as_broken_off(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    client = open_session(hang_after=6)
    client.say("response.create")
    client.hear_until("response.output_audio.delta")
    client.say("fake.vanish")
    with pytest.raises(ConnectionClosedError) as closed:
        client.hear_until("response.done")

    assert closed.value.rcvd is None
    assert (logged().row.status, logged().row.error) == (-100, "stream_broke_off")


def test_the_session_of_the_provider_holds_its_responses_together(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    client = open_session()
    session = client.hear()["session"]
    client.ask("Hello")

    assert logged().row.session_id == session["id"]


def test_labels_are_those_of_the_handshake(
    open_session: OpenSession, organization: Tenant, logged: Callable[[], Logged]
) -> None:
    labels = {
        "Helicone-Auth": f"Bearer {organization.api_key}",
        "Helicone-User-Id": "ada",
        "Helicone-Session-Id": "call-7",
        "Helicone-Property-Environment": "testing",
    }
    client = open_session(headers={"Authorization": f"Bearer {PROVIDER_KEY}", **labels})
    client.ask("Hello")

    it = logged()
    assert (it.row.user_id, it.row.session_id) == ("ada", "call-7")
    assert it.row.properties["Environment"] == "testing"
    assert not [name for name, _ in it.call.headers if name.startswith("helicone")]


def test_omitted_bodies_are_not_stored(
    open_session: OpenSession,
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[[Request], Any],
) -> None:
    omit = {"Helicone-Omit-Request": "true", "Helicone-Omit-Response": "true"}
    keys = {"Authorization": f"Bearer {PROVIDER_KEY}", "Helicone-Auth": f"Bearer {organization.api_key}"}
    client = open_session(headers={**keys, **omit})
    usage = client.ask("Hello")["usage"]

    row = wait_for_rows(organization.id)[0]
    assert (row.prompt_tokens, row.request_model) == (usage["input_tokens"], "gpt-realtime")
    bodies = bodies_of(row)
    assert (bodies.request, bodies.response, bodies.preview) == (None, None, "")


def test_the_handshake_names_the_newest_response(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    client = open_session()
    client.ask("Hello")

    assert client.connection.response is not None
    assert logged().row.request_id == client.connection.response.headers["Helicone-Id"]


def test_a_spoken_exchange_reads_as_a_conversation(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    client = open_session(words=3)
    client.say("input_audio_buffer.append", audio="AAAA")
    client.say("input_audio_buffer.commit")
    client.say("response.create")
    spoken = client.hear_until("response.done")[-1]["response"]["output"][0]["content"][0]["transcript"]

    it = logged()
    read = conversation(it.bodies.request, it.bodies.response, it.row.path)
    assert [(message.role, message.parts[0].text) for message in read.messages] == [
        ("system", "Be brief."),
        ("user", "I said 4 characters."),
        ("assistant", spoken),
    ]
    assert it.bodies.preview == "I said 4 characters."


def test_a_transcript_that_comes_after_the_answer_is_in_the_next_row(
    open_session: OpenSession,
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[[Request], Any],
) -> None:
    client = open_session()
    client.ask("First")
    client.say("fake.transcript", item_id="item_spoken", transcript="What I had said")
    client.ask("Second")

    late, second = json.loads(bodies_of(wait_for_rows(organization.id, 2)[0]).request)["input"]
    assert (late["id"], late["content"][0]["transcript"]) == ("item_spoken", "What I had said")
    assert second["content"][0]["text"] == "Second"


def test_a_response_with_its_own_input_leaves_the_conversation_to_the_next(
    open_session: OpenSession,
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[[Request], Any],
) -> None:
    client = open_session()
    content = [{"type": "input_text", "text": "Waiting"}]
    client.say("conversation.item.create", item={"type": "message", "role": "user", "content": content})
    aside = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Aside"}]}]
    client.say("response.create", response={"conversation": "none", "input": aside})
    client.hear_until("response.done")
    client.say("response.create")
    client.hear_until("response.done")

    rows = wait_for_rows(organization.id, 2)
    usual, apart = (json.loads(bodies_of(row).request)["input"] for row in rows)
    assert apart == aside
    assert [item["content"][0]["text"] for item in usual] == ["Waiting"]
