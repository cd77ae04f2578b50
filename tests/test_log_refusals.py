"""Who may log by hand, and what is told of a body that is not as it should be (contract 3.2)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts_app import actions
from requests_app.models import Request
from tests.fake_provider.process import ProviderHandle
from tests.gateways import GatewayProcess
from tests.live import Stack, Tenant
from tests.manual_logs import manual_log, post_log
from tests.raw_http import send

DOORS = [
    "/oai/v1/log",
    "/anthropic/v1/log",
    "/googleapis/v1/log",
    "/custom/v1/log",
    "/v1/trace/custom/v1/log",
    "/v1/trace/custom/log",
    "/v1/trace/custom/log/typed",
]
MISSING_PART = "One of the required fields is missing, providerRequest, providerResponse, or timing"


def changed(*path: str, to: Any = ...) -> dict[str, Any]:
    """Returns the body of a manual log with another value at `path`, or without any."""
    body: dict[str, Any] = manual_log()
    part: Any = body
    for step in path[:-1]:
        part = part[step]
    if to is ...:
        del part[path[-1]]
    else:
        part[path[-1]] = to
    return body


@pytest.mark.parametrize("path", DOORS)
def test_nothing_is_logged_without_a_key(stack: Stack, path: str) -> None:
    answer = post_log(stack.url + path, manual_log(), key=None)

    assert (answer.status, answer.body) == (401, b"Unauthorized")


@pytest.mark.parametrize("key", ["sk-helicone-aaaaaaa-aaaaaaa-aaaaaaa-aaaaaaa", "sk-of-somebody-else"])
def test_a_wrong_key_is_refused(stack: Stack, key: str) -> None:
    answer = post_log(f"{stack.url}/custom/v1/log", manual_log(), key=key)

    assert answer.status == 401
    assert json.loads(answer.body)["error"]


def test_a_key_that_may_only_read_is_refused(stack: Stack, organization: Tenant) -> None:
    reader = actions.issue_api_key(organization=organization.organization, name="Reader", scope="r")
    answer = post_log(f"{stack.url}/custom/v1/log", manual_log(), key=reader.secret)

    assert answer.status == 403
    assert "may only read" in json.loads(answer.body)["error"]


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("Authorization", "Bearer {}"),
        ("Authorization", "bearer {}"),
        ("Authorization", "{}"),
        ("Helicone-Auth", "Bearer {}"),
        ("Helicone-Auth", "{}"),
    ],
)
def test_the_key_comes_in_either_header_with_or_without_bearer(
    stack: Stack, organization: Tenant, header: str, form: str
) -> None:
    headers: dict[str, str | bytes] = {header: form.format(organization.api_key)}
    assert post_log(f"{stack.url}/custom/v1/log", manual_log(), key=None, headers=headers).status == 200


def test_the_key_of_helicone_stands_before_another(
    stack: Stack, organization: Tenant, wait_for_rows: Callable[..., list[Request]]
) -> None:
    headers: dict[str, str | bytes] = {"Helicone-Auth": f"Bearer {organization.api_key}"}
    assert post_log(f"{stack.url}/oai/v1/log", manual_log(), key="sk-openai", headers=headers).status == 200
    assert wait_for_rows(organization.id)


@pytest.mark.parametrize("path", DOORS)
def test_only_posts_are_taken(stack: Stack, path: str) -> None:
    answer = send(stack.url + path, method="GET", headers={})

    assert (answer.status, answer.header("allow")) == (405, "POST")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([], "The body is not a JSON object"),
        ({}, MISSING_PART),
        (changed("providerRequest"), MISSING_PART),
        (changed("providerResponse", to=None), MISSING_PART),
        (changed("timing", to=0), MISSING_PART),
        (changed("providerRequest", "url", to=7), "Invalid providerRequest: 'url' should be a string"),
        (changed("providerRequest", "meta"), "Invalid providerRequest: 'meta' should be an object"),
        (changed("providerRequest", "meta", to="x"), "Invalid providerRequest: 'meta' should be an object"),
        (changed("providerRequest", "json"), "Invalid providerRequest: 'json' is undefined"),
        (changed("providerResponse", "json"), "Invalid providerResponse: 'json' is undefined"),
        (
            changed("providerResponse", "status", to="200"),
            "Invalid providerResponse: 'status' should be a number",
        ),
        (changed("providerResponse", "status"), "Invalid providerResponse: 'status' should be a number"),
        (
            changed("providerResponse", "status", to=70_000),
            "Invalid providerResponse: 'status' is no status of HTTP",
        ),
        (changed("providerResponse", "headers"), "Invalid providerResponse: 'headers' should be an object"),
        (changed("timing", "startTime"), "Invalid timing: 'startTime.seconds' should be a number"),
        (
            changed("timing", "startTime", "seconds", to="1"),
            "Invalid timing: 'startTime.seconds' should be a number",
        ),
        (
            changed("timing", "startTime", "milliseconds"),
            "Invalid timing: 'startTime.milliseconds' should be a number",
        ),
        (
            changed("timing", "endTime", "seconds", to=True),
            "Invalid timing: 'endTime.seconds' should be a number",
        ),
        (
            changed("timing", "endTime", "milliseconds"),
            "Invalid timing: 'endTime.milliseconds' should be a number",
        ),
        (changed("timing", "endTime", "seconds", to=1e30), "Invalid timing structure or value type"),
        (manual_log(started_s=8_640_000_000_000), "Invalid timing structure or value type"),
        (manual_log(latency_ms=-1000), "startTime cannot be greater than endTime"),
        (manual_log(started_s=-100), "startTime and endTime cannot be negative"),
    ],
)
def test_a_fault_in_the_body_is_told_in_the_contracts_words(
    stack: Stack, organization: Tenant, body: Any, error: str
) -> None:
    answer = post_log(f"{stack.url}/custom/v1/log", body, key=organization.api_key)

    assert (answer.status, json.loads(answer.body)) == (400, {"error": error})


def test_the_typed_log_tells_all_faults_at_once(stack: Stack, organization: Tenant) -> None:
    body = {
        "providerRequest": {"url": "", "json": 1},
        "providerResponse": {"status": "200", "json": None, "headers": {}},
        "timing": {"startTime": "yesterday", "timeToFirstToken": "90"},
    }
    answer = post_log(f"{stack.url}/v1/trace/custom/log/typed", body, key=organization.api_key)

    told = json.loads(answer.body)
    assert (answer.status, told["isValid"]) == (400, False)
    assert [(fault["field"], fault["message"]) for fault in told["errors"]] == [
        ("providerRequest.url", "url must be a non-empty string"),
        ("providerRequest.json", "json must be an object"),
        ("providerRequest.meta", "meta must be an object"),
        ("providerResponse.status", "status must be a number"),
        ("providerResponse", "either json or textBody is required"),
        ("timing.startTime", "startTime must be a time in ISO 8601"),
        ("timing.endTime", "endTime is required when timing is provided"),
        ("timing.timeToFirstToken", "timeToFirstToken must be a number"),
    ]


@pytest.mark.parametrize("part", ["providerRequest", "providerResponse"])
def test_the_typed_log_tells_which_part_is_missing(stack: Stack, organization: Tenant, part: str) -> None:
    answer = post_log(f"{stack.url}/v1/trace/custom/log/typed", changed(part), key=organization.api_key)

    assert json.loads(answer.body)["errors"] == [{"field": part, "message": f"{part} is required"}]


def test_the_typed_log_tells_that_the_end_is_before_the_start(stack: Stack, organization: Tenant) -> None:
    timing = {"startTime": "2026-01-02T00:00:00Z", "endTime": "2026-01-01T00:00:00Z"}
    body = changed("timing", to=timing)
    answer = post_log(f"{stack.url}/v1/trace/custom/log/typed", body, key=organization.api_key)

    fault = {"field": "body", "message": "startTime cannot be greater than endTime"}
    assert (answer.status, json.loads(answer.body)["errors"]) == (400, [fault])


def test_the_gateway_alone_takes_logs_too(
    provider: ProviderHandle, organization: Tenant, wait_for_rows: Callable[..., list[Request]]
) -> None:
    with GatewayProcess(provider.url) as gateway:
        assert post_log(f"{gateway.url}/oai/v1/log", manual_log(), key=organization.api_key).status == 200

    assert wait_for_rows(organization.id)[0].referrer == "log"
