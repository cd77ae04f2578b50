"""Manual logs through the front door: what is posted is what the row says."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest_app.bodies import Bodies
from requests_app.models import Request
from tests.live import Stack, Tenant
from tests.manual_logs import ANSWER, CHAT, manual_log, post_log

BodiesOf = Callable[[Request], Bodies]
Logged = Callable[..., Request]

MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Noon."}],
    "usage": {"input_tokens": 10, "cache_read_input_tokens": 90, "output_tokens": 5},
}
GEMINI = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "Noon."}]}}],
    "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10},
    "modelVersion": "gemini-2.5-flash",
}
GEMINI_URL = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent"


@pytest.fixture
def log(stack: Stack, organization: Tenant, wait_for_rows: Callable[..., list[Request]]) -> Logged:
    """Returns a function that posts one log and returns the row that comes of it."""

    def do(body: Any, path: str = "/custom/v1/log", headers: dict[str, str] | None = None) -> Request:
        answer = post_log(stack.url + path, body, key=organization.api_key, headers=headers)
        assert (answer.status, answer.body) == (200, b"ok")
        (row,) = wait_for_rows(organization.id)
        assert str(row.id) == answer.header("helicone-id")
        return row

    return do


def test_a_chat_is_logged_with_its_tokens_cost_and_bodies(log: Logged, bodies_of: BodiesOf) -> None:
    row = log(manual_log(), "/oai/v1/log")

    assert (row.provider, row.model, row.response_model) == ("openai", "gpt-4o", "gpt-4o-2024-08-06")
    assert (row.prompt_tokens, row.completion_tokens) == (1000, 100)
    assert row.cost_nanodollars == 1000 * 2500 + 100 * 10_000
    assert (row.status, row.referrer, row.kind, row.user_id) == (200, "log", "", "ada")
    assert (row.path, row.target_url) == (
        "/v1/chat/completions",
        "https://api.openai.com/v1/chat/completions",
    )
    bodies = bodies_of(row)
    assert bodies.preview == "What is the time?"
    assert json.loads(bodies.request or b"") == CHAT
    assert json.loads(bodies.response or b"") == ANSWER


@pytest.mark.parametrize(
    ("path", "body", "provider", "tokens"),
    [
        ("/anthropic/v1/log", manual_log({"model": "claude-sonnet-4-5"}, MESSAGE), "anthropic", (100, 5)),
        ("/googleapis/v1/log", manual_log({}, GEMINI, url=GEMINI_URL), "google", (7, 3)),
        ("/custom/v1/log", manual_log(url="custom-model-nopath"), "custom", (1000, 100)),
        ("/v1/trace/custom/v1/log", manual_log(provider="TOGETHER"), "together", (1000, 100)),
        ("/v1/trace/custom/log", manual_log(provider="Somebody"), "somebody", (1000, 100)),
        ("/jawn/v1/trace/custom/log/", manual_log(provider="X"), "xai", (1000, 100)),
    ],
)
def test_each_door_says_the_provider_unless_the_body_does(
    log: Logged, path: str, body: Any, provider: str, tokens: tuple[int, int]
) -> None:
    row = log(body, path)

    assert row.provider == provider
    assert (row.prompt_tokens, row.completion_tokens) == tokens


def test_the_typed_log_takes_iso_times(log: Logged) -> None:
    at = datetime.now(UTC).replace(microsecond=250_000)
    timing = {
        "startTime": at.isoformat(),
        "endTime": f"{at:%Y-%m-%dT%H:%M:%S}.750Z",
        "timeToFirstToken": 90.4,
    }
    row = log({**manual_log(), "timing": timing}, "/v1/trace/custom/log/typed")

    assert row.created_at == at
    assert (row.latency_ms, row.time_to_first_token_ms) == (500, 90)


def test_helicones_api_host_takes_a_log_without_times(log: Logged) -> None:
    body = {"providerRequest": {"url": "x", "json": CHAT}, "providerResponse": {"json": ANSWER}}
    row = log(body, "/v1/trace/custom/log")

    assert abs(row.created_at.timestamp() - time.time()) < 60
    assert (row.status, row.latency_ms) == (200, 0)


def test_a_host_that_is_known_names_the_provider_of_a_custom_log(log: Logged) -> None:
    row = log(manual_log(url="https://api.groq.com/openai/v1/chat/completions"))

    assert row.provider == "groq"


def test_a_model_that_is_its_makers_alone_has_the_makers_price(log: Logged) -> None:
    row = log(manual_log(url="custom-model-nopath"))

    assert (row.provider, row.model) == ("custom", "gpt-4o")
    assert row.cost_nanodollars == 1000 * 2500 + 100 * 10_000


@pytest.mark.parametrize("model", ["our-own", "llama-3.1-8b-instant", "deepseek-chat"])
def test_the_cost_of_a_model_that_anybody_may_run_is_unknown(log: Logged, model: str) -> None:
    row = log(manual_log({"model": model}, {**ANSWER, "model": model}, url="custom-model-nopath"))

    assert row.prompt_tokens == 1000
    assert row.cost_nanodollars is None


def test_a_cost_that_the_log_tells_stands_before_any_computed(log: Logged) -> None:
    answer = {**ANSWER, "usage": {**ANSWER["usage"], "cost": 0.0125}}  # type: ignore[dict-item]
    row = log(manual_log(response=answer, url="custom-model-nopath"))

    assert (row.cost_nanodollars, row.price_id) == (12_500_000, None)


def test_the_text_of_an_error_is_told_by_its_first_line(log: Logged, bodies_of: BodiesOf) -> None:
    text = "Error: it broke\n    at main.js:1\n\n"
    row = log(manual_log(response={}, text=text, status=500))

    assert (row.status, row.error, bodies_of(row).response) == (500, "Error: it broke", text.encode())


def test_openais_counts_are_read_at_anthropics_path_too(log: Logged) -> None:
    answer = {**MESSAGE, "usage": ANSWER["usage"]}  # as LiteLLM's callback writes it
    row = log(manual_log({"model": "m"}, answer, url="https://api.anthropic.com/v1/messages"))

    assert (row.prompt_tokens, row.completion_tokens) == (1000, 100)


def test_milliseconds_are_the_fraction_after_the_seconds_and_may_have_one(log: Logged) -> None:
    at_s = int(time.time()) - 5
    body = manual_log()
    body["timing"] = {
        "startTime": {"seconds": at_s, "milliseconds": 250.5},
        "endTime": {"seconds": at_s + 2, "milliseconds": 0.25},
        "timeToFirstToken": 12.7,
    }
    row = log(body)

    assert row.created_at == datetime.fromtimestamp(at_s, UTC).replace(microsecond=250_500)
    assert (row.latency_ms, row.time_to_first_token_ms) == (1750, 13)


@pytest.mark.parametrize("where", ["meta", "headers"])
def test_labels_come_in_the_logged_calls_headers_or_in_those_of_the_log_call(log: Logged, where: str) -> None:
    labels = {
        "Helicone-User-Id": "grace",
        "Helicone-Session-Id": "s-1",
        "Helicone-Session-Path": "/a/b",
        "Helicone-Session-Name": "A session",
        "Helicone-Property-Environment": "test",
        "Helicone-Request-Id": "mine",
    }
    row = log(manual_log(meta=labels)) if where == "meta" else log(manual_log(), headers=labels)

    assert (row.user_id, row.session_id, row.session_path, row.session_name) == (
        "grace",
        "s-1",
        "/a/b",
        "A session",
    )
    assert (row.properties, row.request_id) == ({"Environment": "test"}, "mine")


def test_the_log_calls_headers_stand_before_those_in_the_body(log: Logged) -> None:
    meta = {"helicone-user-id": "old", "Helicone-Property-A": "kept", "Helicone-Property-B": "old"}
    row = log(manual_log(meta=meta), headers={"Helicone-User-Id": "new", "Helicone-Property-B": "new"})

    assert row.user_id == "new"
    assert row.properties == {"A": "kept", "B": "new"}


def test_values_in_meta_that_are_no_text_are_tolerated(log: Logged) -> None:
    meta = {
        "Helicone-Property-Number": 3,
        "Helicone-Property-None": None,
        "Helicone-Property-Object": {"a": [1]},
        "hidden_params": {"deep": {"er": None}},
        "litellm": 1.5,
    }
    row = log(manual_log(meta=meta))

    assert row.properties == {"Number": "3", "Object": '{"a": [1]}'}


def test_omitted_bodies_are_not_stored_and_still_counted(log: Logged, bodies_of: BodiesOf) -> None:
    row = log(manual_log(), headers={"Helicone-Omit-Request": "true", "Helicone-Omit-Response": "true"})

    assert (row.model, row.prompt_tokens) == ("gpt-4o", 1000)
    assert (bodies_of(row).request, bodies_of(row).response) == (None, None)


@pytest.mark.parametrize(
    ("request_json", "response_json", "kind", "name", "model", "preview"),
    [
        (
            {"_type": "tool", "toolName": "get_weather", "input": {"city": "Oslo"}},
            {"_type": "tool", "toolName": "get_weather", "degrees": 21},
            "tool",
            "get_weather",
            "tool:get_weather",
            '{"city": "Oslo"}',
        ),
        (
            {"_type": "vector_db", "operation": "search", "text": "quiet hotels", "topK": 3},
            {"_type": "vector_db", "status": "success", "metadata": {}},
            "vector_db",
            "search",
            "vector_db",
            "quiet hotels",
        ),
        (
            {"_type": "data", "name": "cleaning", "meta": {"rows": 3}},
            {"_type": "data", "name": "cleaning"},
            "data",
            "cleaning",
            "data:cleaning",
            '{"rows": 3}',
        ),
        (
            {"_type": "unknown", "toolName": "unknown", "input": "Oslo"},
            {"_type": "tool", "toolName": "get_weather"},
            "tool",
            "get_weather",
            "tool:get_weather",
            "Oslo",
        ),
        ({**CHAT, "_type": "unknown", "toolName": "unknown"}, ANSWER, "", "", "gpt-4o", "What is the time?"),
    ],
)
def test_what_is_no_call_of_a_model_is_a_step_of_its_kind(
    log: Logged,
    bodies_of: BodiesOf,
    request_json: Any,
    response_json: Any,
    kind: str,
    name: str,
    model: str,
    preview: str,
) -> None:
    row = log(manual_log(request_json, response_json, url="custom-model-nopath"))

    assert (row.kind, row.span_name, row.model, bodies_of(row).preview) == (kind, name, model, preview)
    if kind:
        assert (row.prompt_tokens, row.cost_nanodollars) == (None, None)


@pytest.mark.parametrize("status", [-3, 429, 500])
def test_a_status_that_is_none_of_success_is_kept(log: Logged, status: int) -> None:
    body = manual_log(response={"error": {"type": "overloaded", "message": "No."}}, status=status)
    row = log(body)

    assert (row.status, row.error) == (status, "overloaded")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "br"])
def test_a_body_may_be_packed(log: Logged, encoding: str) -> None:
    row = log(_packed(manual_log(), encoding), headers={"Content-Encoding": encoding})

    assert row.prompt_tokens == 1000


def test_the_request_stays_the_bytes_that_were_sent(log: Logged, bodies_of: BodiesOf) -> None:
    odd = b'{ "model":"m",  "n": 1.50, "text": "caf\\u00e9 \xf0\x9f\xa5\xa8" }'
    body = json.dumps(manual_log("HERE")).encode().replace(b'"HERE"', odd)
    row = log(body)

    assert bodies_of(row).request == odd


def _packed(body: Any, encoding: str) -> bytes:
    import gzip
    import zlib

    import brotli
    import zstandard

    pack: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "zstd": zstandard.compress,
        "br": brotli.compress,
    }
    return pack[encoding](json.dumps(body).encode())
