"""Stored prompts in calls of the AI gateway: fetched, filled in, merged with what the call says, and logged."""

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest

from accounts_app import actions
from requests_app.models import Request
from tests.api import Api
from tests.events import wait_until
from tests.fake_provider.process import ProviderHandle
from tests.live import Logged, Stack, Tenant
from tests.prompts import Prompts, data_of, error_of
from tests.raw_http import RawAnswer, send

Ask = Callable[..., RawAnswer]
Scenario = Callable[..., dict[str, str]]
Rows = Callable[..., list[Request]]

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
STORED = {
    "model": "gpt-4o",
    "temperature": 0.2,
    "messages": [
        {"role": "system", "content": "You help {{hc:name:string}}, who is {{ hc:age:number }}."},
        {"role": "user", "content": [{"type": "text", "text": "Hello from {{hc:name:string}}"}]},
    ],
}
HELLO = {"role": "user", "content": "Hello"}


def said(text: str) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "system", "content": text}]}


@pytest.fixture
def organization(make_tenant: Callable[[], Tenant], gateway_knows: Callable[[], None]) -> Tenant:
    """An organization whose key for OpenAI the gateway knows."""
    tenant = make_tenant()
    actions.store_provider_key(organization=tenant.organization, provider="openai", secret="sk-fake-stored")
    gateway_knows()
    return tenant


@pytest.fixture
def prompts(stack: Stack, organization: Tenant) -> Prompts:
    return Prompts(Api(stack.url, organization.api_key))


@pytest.fixture
def ask(stack: Stack, organization: Tenant, scenario: Scenario) -> Ask:
    """Returns a function that asks the AI gateway."""

    def do(
        *, path: str = "/v1/chat/completions", headers: dict[str, str] | None = None, **body: Any
    ) -> RawAnswer:
        keys = {"Authorization": f"Bearer {organization.api_key}", **(headers or {})}
        return send(stack.url + path, body=json.dumps(body).encode(), headers=keys | scenario())

    return do


@pytest.fixture
def sent(ask: Ask, provider: ProviderHandle, marker: str) -> Callable[..., Any]:
    """Returns a function that asks, and returns the body that went up."""

    def do(**body: Any) -> Any:
        answer = ask(**body)
        assert answer.status == 200, answer.body
        return json.loads(provider.calls(marker)[-1].body)

    return do


def refusal(answer: RawAnswer) -> str:
    """Returns the text of a refused prompt in the contract's shape."""
    assert answer.status == 400, answer.body
    assert answer.header("content-type") == "application/json"
    found = json.loads(answer.body)
    assert set(found) == {"error"}
    text: str = found["error"]
    return text


def test_a_prompt_is_filled_in_and_logged_as_it_went_up(
    ask: Ask, prompts: Prompts, logged: Callable[[], Logged]
) -> None:
    made = prompts.make(STORED)
    inputs = {"name": "Ada", "age": 36}
    answer = ask(prompt_id=made.id, inputs=inputs, environment="production", messages=[HELLO], max_tokens=5)

    it = logged()
    body = json.loads(it.call.body)
    assert answer.status == 200
    assert body == {
        "model": "gpt-4o",
        "temperature": 0.2,
        "max_tokens": 5,
        "messages": [
            {"role": "system", "content": "You help Ada, who is 36."},
            {"role": "user", "content": [{"type": "text", "text": "Hello from Ada"}]},
            HELLO,
        ],
    }
    assert json.loads(it.bodies.request or b"") == body
    assert it.row.request_bytes == len(it.call.body)
    assert (it.row.model, it.row.referrer, it.row.provider) == ("gpt-4o", "ai-gateway", "openai")
    assert it.row.properties == {
        "Helicone-Prompt-Id": made.id,
        "Helicone-Prompt-Version": made.version_id,
        "Helicone-Prompt-Environment": "production",
    }
    found = data_of(
        prompts.get(f"/id/{made.id}/{made.version_id}/inputs", requestId=answer.header("helicone-id"))
    )
    assert found == {
        "request_id": it.row.request_id,
        "version_id": made.version_id,
        "environment": "production",
        "inputs": inputs,
    }
    assert len(prompts.api.rows(q=f"property.Helicone-Prompt-Id:{made.id}")) == 1
    by_request = prompts.api.get(f"/v1/request/{it.row.request_id}/inputs")
    assert data_of(by_request) == {
        "inputs": inputs,
        "prompt_id": made.id,
        "version_id": made.version_id,
        "environment": "production",
    }
    other = prompts.get(f"/id/{made.id}/{made.id}/inputs", requestId=it.row.request_id)
    error_of(other, 404)
    error_of(prompts.get(f"/id/{made.id}/{made.version_id}/inputs"), 400)


def test_an_environment_comes_before_a_version_and_a_version_before_production(
    sent: Callable[..., Any], prompts: Prompts
) -> None:
    made = prompts.make(said("first"))
    second = prompts.update(made.id, made.version_id, body=said("second"))
    third = prompts.update(made.id, made.version_id, body=said("third"), environment="staging")

    def text(**which: str) -> str:
        content: str = sent(prompt_id=made.id, **which)["messages"][0]["content"]
        return content

    assert text() == "first"
    assert text(version_id=second) == "second"
    assert text(environment="staging") == "third"
    assert text(environment="staging", version_id=second) == "third"
    assert text(version_id=third) == "third"


def test_the_calls_own_keys_win_and_messages_and_tools_are_added(
    sent: Callable[..., Any], prompts: Prompts
) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"enum": "{{hc:kinds:array}}"}}}
    stored = {
        **STORED,
        "messages": [],
        "tools": [TOOL],
        "response_format": schema,
        "top_p": 0.5,
        "user": "stored",
    }
    made = prompts.make(stored)
    own = {"type": "function", "function": {"name": "{{hc:tool:string}}"}}
    inputs = {"kinds": ["a", "b"], "tool": "act"}

    body = sent(
        prompt_id=made.id, inputs=inputs, messages=[HELLO], tools=[own], model="gpt-4o-mini", user="own"
    )
    assert body["messages"] == [HELLO]
    assert body["tools"] == [TOOL, {"type": "function", "function": {"name": "act"}}]
    assert body["response_format"]["json_schema"]["schema"] == {"enum": ["a", "b"]}
    assert (body["model"], body["user"], body["temperature"], body["top_p"]) == (
        "gpt-4o-mini",
        "own",
        0.2,
        0.5,
    )

    plain = sent(prompt_id=made.id, inputs=inputs, messages=[HELLO], response_format={"type": "text"})
    assert plain["response_format"] == {"type": "text"}
    assert plain["tools"] == [TOOL]


def test_partials_are_messages_of_other_prompts(sent: Callable[..., Any], prompts: Prompts) -> None:
    part = prompts.make(said("Be kind to {{hc:name:string}}."))
    prompts.update(part.id, part.version_id, body=said("Be stern."), environment="staging")
    made = prompts.make(
        said(f"A {{{{hcp:{part.id}:0}}}} B {{{{hcp:{part.id}:0:staging}}}} C {{{{ hcp:{part.id}:7 }}}} D")
    )
    own = {"role": "user", "content": f"{{{{hcp:{part.id}:0}}}}"}

    messages = sent(prompt_id=made.id, inputs={"name": "Ada"}, messages=[own])["messages"]
    assert messages[0]["content"] == "A Be kind to Ada. B Be stern. C  D"
    assert messages[1] == own  # what people write must not read out other prompts


def test_partials_do_not_nest(ask: Ask, prompts: Prompts) -> None:
    inner = prompts.make(said("Inner"))
    middle = prompts.make(said(f"{{{{hcp:{inner.id}:0}}}}"))
    outer = prompts.make(said(f"{{{{hcp:{middle.id}:0}}}}"))
    assert middle.id in refusal(ask(prompt_id=outer.id))


def test_a_partial_of_nothing_is_refused(ask: Ask, prompts: Prompts) -> None:
    made = prompts.make(said("{{hcp:zzzzzz:0}}"))
    assert "'zzzzzz'" in refusal(ask(prompt_id=made.id))


@pytest.mark.parametrize(
    ("stored", "inputs", "says"),
    [
        (STORED, {"name": "Ada", "age": "old"}, ["'age'", "'number'", "'old'"]),
        ({**STORED, "tools": [{"x": "{{hc:gone:string}}"}]}, {}, ["'gone'", "'string'", "missing"]),
        ({**STORED, "response_format": {"{{hc:age:number}}": 1}}, {"age": 3}, ["'age'", "'string'", "'3'"]),
        (STORED, [], ["inputs"]),
        (STORED, "text", ["inputs"]),
    ],
)
def test_inputs_that_do_not_fit_are_named(
    ask: Ask,
    prompts: Prompts,
    organization: Tenant,
    wait_for_rows: Rows,
    stored: Any,
    inputs: Any,
    says: list[str],
) -> None:
    made = prompts.make(stored)
    text = refusal(ask(prompt_id=made.id, inputs=inputs))

    assert [word for word in says if word not in text] == []
    (row,) = wait_for_rows(organization.id)
    assert (row.status, row.error, row.referrer) == (400, "invalid_prompt", "")


def test_a_tag_without_an_input_stays_in_a_message(sent: Callable[..., Any], prompts: Prompts) -> None:
    made = prompts.make(said("Hi {{hc:name:string}}"))
    assert sent(prompt_id=made.id)["messages"][0]["content"] == "Hi {{hc:name:string}}"


@pytest.mark.parametrize(
    ("which", "says"),
    [
        ({"prompt_id": "zzzzzz"}, "'zzzzzz'"),
        ({"environment": "nowhere"}, "'nowhere'"),
        ({"environment": "\u0000"}, "environment"),
        ({"version_id": "01890000-0000-4000-8000-000000000000"}, "01890000"),
        ({"version_id": "7"}, "'7'"),
        ({"prompt_id": 7}, "prompt_id"),
        ({"messages": "text"}, "messages"),
        ({"tools": {}}, "tools"),
    ],
)
def test_what_does_not_exist_or_cannot_be_read_is_refused(
    ask: Ask, prompts: Prompts, which: dict[str, Any], says: str
) -> None:
    assert says in refusal(ask(**{"prompt_id": prompts.make().id, **which}))


def test_prompts_of_others_do_not_exist(
    ask: Ask, prompts: Prompts, stack: Stack, make_tenant: Callable[[], Tenant]
) -> None:
    others = Prompts(Api(stack.url, make_tenant().api_key))
    theirs = others.make()
    mine = prompts.make()

    assert theirs.id in refusal(ask(prompt_id=theirs.id))
    assert theirs.version_id in refusal(ask(prompt_id=mine.id, version_id=theirs.version_id))


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/messages", "/v1/embeddings"])
def test_prompts_are_for_chat_completions_only(ask: Ask, prompts: Prompts, path: str) -> None:
    made = prompts.make()
    assert "/chat/completions" in refusal(ask(path=path, prompt_id=made.id, model="gpt-4o", input="Hi"))


def test_gateways_follow_a_change(sent: Callable[..., Any], ask: Ask, prompts: Prompts) -> None:
    made = prompts.make(said("first"))
    second = prompts.update(made.id, made.version_id, body=said("second"))
    assert sent(prompt_id=made.id)["messages"][0]["content"] == "first"

    prompts.post("/update/environment", promptId=made.id, promptVersionId=second, environment="production")
    wait_until(lambda: sent(prompt_id=made.id)["messages"][0]["content"] == "second", within_s=5)

    prompts.delete(f"/{made.id}")
    wait_until(lambda: ask(prompt_id=made.id).status == 400, within_s=5)


def test_a_stream_of_a_prompt_works_with_the_sdk(
    stack: Stack, organization: Tenant, prompts: Prompts, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    made = prompts.make(STORED)
    messages: Any = []
    with openai.OpenAI(api_key=organization.api_key, base_url=f"{stack.url}/v1", max_retries=0) as client:
        chunks = list(
            client.chat.completions.create(
                model="gpt-4o",
                messages=messages,
                stream=True,
                extra_headers=scenario(),
                extra_body={"prompt_id": made.id, "inputs": {"name": "Ada", "age": 36}},
            )
        )
    it = logged()
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert json.loads(it.call.body)["messages"][0]["content"] == "You help Ada, who is 36."
    assert it.row.completion_tokens == it.call.said()["usage"]["completion_tokens"]


def test_inputs_of_an_omitted_request_are_not_kept(
    ask: Ask, prompts: Prompts, logged: Callable[[], Logged]
) -> None:
    made = prompts.make(STORED)
    ask(prompt_id=made.id, inputs={"name": "Ada"}, headers={"Helicone-Omit-Request": "true"})

    it = logged()
    assert (it.bodies.request, it.bodies.prompt_inputs) == (None, b"")
    assert it.row.properties["Helicone-Prompt-Version"] == made.version_id
    found = data_of(prompts.get(f"/id/{made.id}/{made.version_id}/inputs", requestId=it.row.request_id))
    assert found["inputs"] == {}


def test_inputs_too_large_for_the_log_are_filled_in_all_the_same(
    ask: Ask, prompts: Prompts, logged: Callable[[], Logged]
) -> None:
    made = prompts.make(STORED)
    name = "x" * (1 << 20)
    assert ask(prompt_id=made.id, inputs={"name": name}).status == 200

    it = logged()
    assert name in it.call.body.decode()
    assert it.bodies.prompt_inputs == b""


@pytest.mark.parametrize("prompt_id", [None, ""])
def test_without_an_id_the_fields_are_taken_off(sent: Callable[..., Any], prompt_id: Any) -> None:
    body = {"model": "gpt-4o", "messages": [HELLO]}
    assert sent(**body, prompt_id=prompt_id, inputs={}, environment=None, version_id=None) == body


def test_a_call_that_only_speaks_of_prompts_passes_byte_by_byte(
    stack: Stack, organization: Tenant, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    messages = b'[{"role":"user","content":"{{hc:a:b}}"}]'
    body = b'{ "model":"gpt-4o", "metadata":{"prompt_id":"zzzzzz"},\n "messages":%b }' % messages
    headers = {"Authorization": f"Bearer {organization.api_key}", **scenario()}

    assert send(f"{stack.url}/v1/chat/completions", body=body, headers=headers).status == 200
    it = logged()
    assert it.bodies.request == body
    inputs = Api(stack.url, organization.api_key).get(f"/v1/request/{it.row.request_id}/inputs")
    assert data_of(inputs) is None


def test_a_call_with_a_providers_key_is_the_callers_own(
    ask: Ask, prompts: Prompts, organization: Tenant, logged: Callable[[], Logged]
) -> None:
    made = prompts.make()
    keys = {"Authorization": "Bearer sk-fake-mine", "Helicone-Auth": f"Bearer {organization.api_key}"}
    ask(prompt_id=made.id, model="gpt-4o", messages=[HELLO], headers=keys)

    it = logged()
    assert json.loads(it.call.body)["prompt_id"] == made.id
    assert it.row.properties == {}
