"""The libraries that log by themselves: each thing that they log is a row that says what was logged."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ingest_app.bodies import Bodies
from requests_app.models import Request
from tests.clients.driver import SESSION, SESSION_NAME, USER, Shown, labels, marker, show_once
from tests.clients.test_clients import counted
from tests.fake_provider.process import ProviderHandle
from tests.live import Stack, Tenant

PROGRAMS = {
    "helicone-helpers": "python/helicone_helpers_client.py",
    "@helicone/helpers": "node/helicone_helpers_client.mjs",
    "litellm-callback": "python/litellm_callback_client.py",
}
# What each behaviour logs: provider, model, kind, status.
STEPS: dict[str, tuple[str, str, str, int]] = {
    "text": ("custom", "unknown", "", 200),
    "tool": ("custom", "tool:get_weather", "tool", 200),
    "vector_db": ("custom", "vector_db", "vector_db", 200),
    "data": ("custom", "data:cleaning", "data", 200),
}
LOGGED: dict[str, dict[str, tuple[str, str, str, int]]] = {
    "helicone-helpers": {
        "chat": ("openai", "gpt-4o", "", 200),
        "message": ("anthropic", "claude-sonnet-4-5", "", 200),
        "stream": ("custom", "gpt-4o", "", 200),
        "error": ("custom", "gpt-4o", "", 200),  # it knows no other status
        **STEPS,
    },
    "@helicone/helpers": {
        "chat": ("openai", "gpt-4o", "", 200),
        "message": ("anthropic", "claude-sonnet-4-5", "", 200),
        "gemini": ("google", "gemini-2.5-flash", "", 200),
        "builder_stream": ("custom", "gpt-4o", "", 200),
        "attached_stream": ("custom", "gpt-4o", "", 200),
        "recorded_stream": ("custom", "gpt-4o", "", 200),
        "cancelled_stream": ("custom", "gpt-4o", "", -3),
        "error": ("custom", "gpt-4o", "", 500),
        **STEPS,
    },
    "litellm-callback": {
        "openai_chat": ("openai", "gpt-4o", "", 200),
        "anthropic_message": ("anthropic", "claude-sonnet-4-5", "", 200),
        "openai_stream": ("openai", "gpt-4o", "", 200),
    },
}
CASES = [(library, behaviour) for library, logged in LOGGED.items() for behaviour in logged]
# Those that called the provider, whose counts the rows must have.
CALLED = [
    case
    for case in CASES
    if case[1].startswith(("chat", "openai", "anthropic")) or case[1].endswith("stream")
]
STREAMS = [
    case for case in CASES if case[1] in {"stream", "builder_stream", "attached_stream", "recorded_stream"}
]
WHOLE = [case for case in CALLED if case[1] != "cancelled_stream"]

BodiesOf = Callable[[Request], Bodies]


@pytest.fixture
def shown(library: str, make_tenant: Callable[[], Tenant], provider: ProviderHandle, stack: Stack) -> Shown:
    """What the test's library did, with an organization of its own."""

    def job(mark: str, key: str) -> dict[str, Any]:
        target = {
            "openai_key": "sk-fake-client",
            "anthropic_key": "sk-ant-fake-client",
            "google_key": "",
            "openai_url": f"{provider.url}/v1",
            "anthropic_url": provider.url,
            "google_url": provider.url,
            "model_and_provider": "",
            "log_url": stack.url,
            "helicone_key": key,
        }
        behaviours = list(LOGGED[library])
        return {
            "behaviours": behaviours,
            "targets": {
                name: {
                    "logged": {
                        **target,
                        "marker": marker(mark, "gateway", name),
                        "extra_headers": labels(name),
                    }
                }
                for name in behaviours
            },
        }

    name = library.replace("/", "-") + "-logs"
    return show_once(name, PROGRAMS[library], job, make_tenant, provider)


@pytest.fixture
def row(shown: Shown, behaviour: str) -> Request:
    """The only row of the test's behaviour."""
    assert "raised" not in shown.results[behaviour]["logged"], shown.said
    (found,) = shown.rows(behaviour, 1)
    return found


@pytest.mark.parametrize(("library", "behaviour"), CASES)
def test_what_a_library_logs_is_a_row(row: Request, library: str, behaviour: str) -> None:
    expected = LOGGED[library][behaviour]

    assert (row.provider, row.model, row.kind, row.status) == expected
    assert row.referrer == "log"
    assert (row.user_id, row.session_id, row.session_name) == (USER, SESSION, SESSION_NAME)
    assert {name.lower(): text for name, text in row.properties.items()} == {"behaviour": behaviour}


@pytest.mark.parametrize("library", PROGRAMS)
def test_a_library_has_nothing_to_complain_of(shown: Shown, library: str) -> None:
    assert "Error making request" not in shown.said
    assert "Error sending log" not in shown.said


@pytest.mark.parametrize(("library", "behaviour"), WHOLE)
def test_the_counts_of_the_provider_are_logged(
    shown: Shown, row: Request, library: str, behaviour: str
) -> None:
    (call,) = shown.calls(behaviour)

    assert (row.prompt_tokens, row.completion_tokens) == counted(call.usage or {})
    assert row.cost_nanodollars


@pytest.mark.parametrize(("library", "behaviour"), STREAMS)
def test_a_stream_is_logged_as_the_answer_that_it_amounts_to(
    shown: Shown, row: Request, bodies_of: BodiesOf, library: str, behaviour: str
) -> None:
    (call,) = shown.calls(behaviour)
    answer = json.loads(bodies_of(row).response or b"")

    assert row.is_stream
    assert answer["choices"][0]["message"]["content"] == call.said()["choices"][0]["message"]["content"]
    assert row.time_to_first_token_ms is not None
    assert 0 <= row.time_to_first_token_ms <= row.latency_ms


@pytest.mark.parametrize(("library", "behaviour"), [("@helicone/helpers", "cancelled_stream")])
def test_a_cancelled_stream_keeps_what_had_come(
    row: Request, bodies_of: BodiesOf, library: str, behaviour: str
) -> None:
    assert json.loads(bodies_of(row).response or b"")["choices"][0]["message"]["content"]
    assert row.usage_is_estimated


@pytest.mark.parametrize(
    ("library", "behaviour"), [("helicone-helpers", "error"), ("@helicone/helpers", "error")]
)
def test_the_text_of_an_error_is_kept(
    row: Request, bodies_of: BodiesOf, library: str, behaviour: str
) -> None:
    assert b"the model is tired" in (bodies_of(row).response or b"")


@pytest.mark.parametrize(
    ("library", "behaviour"), [("helicone-helpers", "text"), ("@helicone/helpers", "text")]
)
def test_the_time_that_a_library_tells_is_the_latency(row: Request, library: str, behaviour: str) -> None:
    assert abs(row.latency_ms - 2500) <= 2
