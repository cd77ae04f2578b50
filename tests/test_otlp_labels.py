"""Whose span it is and of which session, as each of the conventions says it."""

import json
from collections.abc import Callable

import pytest

from requests_app.models import Request
from tests.otlp import CHAT, span

pytest_plugins = ("tests.otlp_rows",)

Log = Callable[..., list[Request]]


@pytest.mark.parametrize(
    "name",
    [
        "enduser.id",
        "user.id",
        "langfuse.user.id",
        "llm.user",
        "traceloop.association.properties.Helicone-User-Id",
        "traceloop.association.properties.user_id",
        "ai.telemetry.metadata.userId",
        "metadata",
    ],
)
def test_the_user_is_found(log: Log, name: str) -> None:
    (row,) = log(span({**CHAT, name: json.dumps({"user_id": "ada"}) if name == "metadata" else "ada"}))

    assert row.user_id == "ada"
    assert row.properties == {"service.name": "shop"}


@pytest.mark.parametrize(
    "name",
    [
        "session.id",
        "langfuse.session.id",
        "gen_ai.conversation.id",
        "traceloop.association.properties.Helicone-Session-Id",
        "traceloop.association.properties.session_id",
        "ai.telemetry.metadata.sessionId",
        "langsmith.metadata.thread_id",
    ],
)
def test_the_session_is_found(log: Log, name: str) -> None:
    (row,) = log(span({**CHAT, name: "s-1"}))

    assert (row.session_id, row.session_name) == ("s-1", "chat gpt-4o")


def test_helicones_own_labels_stand_before_others(log: Log) -> None:
    prefix = "traceloop.association.properties.Helicone-"
    (row,) = log(
        span(
            {
                **CHAT,
                "session.id": "other",
                "user.id": "other",
                f"{prefix}Session-Id": "s-1",
                f"{prefix}Session-Name": "Checkout",
                f"{prefix}Session-Path": "/pay/card",
                f"{prefix}User-Id": "ada",
                f"{prefix}Property-Stage": "beta",
                f"{prefix}Prompt-Id": "greeting",
            }
        )
    )
    assert (row.session_id, row.session_name, row.session_path) == ("s-1", "Checkout", "/pay/card")
    assert row.user_id == "ada"
    assert row.properties == {"service.name": "shop", "Stage": "beta", "Helicone-Prompt-Id": "greeting"}


def test_labels_of_the_callers_own_are_properties(log: Log) -> None:
    (row,) = log(
        span(
            {
                **CHAT,
                "metadata": json.dumps({"plan": "pro", "seats": 3, "flags": ["a"]}),
                "tag.tags": ["blue", "green"],
                "traceloop.association.properties.chat": "7",
                "ai.telemetry.metadata.team": "search",
            }
        ),
        resource={"service.name": "shop", "deployment.environment.name": "staging", "host.name": "h"},
    )
    assert row.properties == {
        "service.name": "shop",
        "deployment.environment": "staging",
        "plan": "pro",
        "seats": "3",
        "flags": '["a"]',
        "tags": "blue, green",
        "chat": "7",
        "team": "search",
    }


def test_a_trace_without_a_session_is_one(log: Log) -> None:
    root = span({}, "POST /ask")
    rows = log(span(parent=root), root, span())

    assert [row.session_id for row in rows[:2]] == [root.trace_id.hex()] * 2
    assert [row.session_name for row in rows] == ["POST /ask", "POST /ask", "chat gpt-4o"]


def test_the_service_names_a_session_whose_root_is_elsewhere(log: Log) -> None:
    (row,) = log(span(parent=span()))

    assert row.session_name == "shop"


def test_spans_of_a_trace_share_what_one_of_them_says(log: Log) -> None:
    root = span({"enduser.id": "ada", "session.id": "s-1"}, "POST /ask")
    other = span({"session.id": "s-2"}, parent=root)
    rows = log(span(parent=root), other, root)

    assert [row.session_id for row in rows] == ["s-1", "s-2", "s-1"]
    assert [row.user_id for row in rows] == ["ada", "ada", "ada"]
