"""Whatever the OpenAPI schema lets a caller ask, the answer is one that it describes, and shows nobody else's data.

HELICONE_FUZZ_EXAMPLES makes the test thorough: with one call for each bound that the schema has, some ten thousand.
"""

import json
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts_app import actions
from requests_app.models import Request
from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import chat_event, log
from tests.fuzzing import EXAMPLES, fuzz_of

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_FEW = 4
# Shown once only, or by its own address: not to be asked for by whoever was not given it.
_GIVEN_ADDRESS = "token"
_generated = SchemaGenerator().get_schema(public=True)
schema = schemathesis.openapi.from_dict(json.loads(json.dumps(_generated, default=str)))


class Foreign:
    """Another organization, in whose data each text holds `mark`."""

    def __init__(self, stack: Stack, tenant: Tenant, wait_for_rows: Callable[..., list[Request]]) -> None:
        self.tenant = tenant
        self.mark = f"foreign-{secrets.token_hex(6)}"
        self._api = Api(stack.url, tenant.api_key)
        log(
            chat_event(
                tenant.id,
                text=self.mark,
                request_id=f"{self.mark}-request",
                user_id=f"{self.mark}-user",
                session_id=f"{self.mark}-session",
                session_name=self.mark,
                session_path=f"/{self.mark}",
                properties={"Environment": self.mark, self.mark: "1"},
            )
        )
        self._row = wait_for_rows(tenant.id)[0]
        made = [
            self._made(
                "/v1/prompt-2025", {"name": self.mark, "tags": [self.mark], "promptBody": {"messages": []}}
            ),
            self._made("/v1/helicone-dataset", {"datasetName": self.mark, "requestIds": [str(self._row.id)]}),
            self._made("/v1/webhooks", {"destination": f"https://{self.mark}.example.com", "config": {}}),
            self._made("/v1/api-keys", {"api_key_name": self.mark}),
        ]
        own = [str(self._row.id), self._row.request_id, self._row.user_id, self._row.session_id]
        self.ids = [*own, *(id for answer in made for id in _ids(answer))]

    @property
    def state(self) -> Any:
        """What nobody else may change."""
        self._row.refresh_from_db()
        lists = ["/v1/webhooks", "/v1/api-keys"]
        return [
            [self._row.feedback, self._row.scores, self._row.properties],
            [[row["id"] for row in _rows(self._api.get(path).json)] for path in lists],
            _rows(self._api.send("POST", "/v1/prompt-2025/query", _ALL_PROMPTS).json),
            _rows(self._api.send("POST", "/v1/helicone-dataset/query", {}).json),
        ]

    def _made(self, path: str, data: Any) -> Any:
        answer = self._api.send("POST", path, data)
        assert answer.status in {200, 201}, (path, answer.json)
        return answer.json


_ALL_PROMPTS = {"search": "", "tagsFilter": [], "page": 0, "pageSize": 50}


def _rows(answer: Any) -> Any:
    return answer["data"] if isinstance(answer, dict) and "data" in answer else answer


def _ids(answer: Any) -> Iterator[str]:
    """Yields the ids in what was answered to something made."""
    found = _rows(answer)
    for name, value in (found or {}).items() if isinstance(found, dict) else ():
        if name.lower().endswith("id"):
            yield str(value)


@pytest.fixture
def foreign(
    stack: Stack, make_tenant: Callable[[], Tenant], wait_for_rows: Callable[..., list[Request]]
) -> Foreign:
    return Foreign(stack, make_tenant(), wait_for_rows)


@schema.parametrize()
@fuzz_of(
    _FEW,
    phases=[Phase.explicit, Phase.generate] if EXAMPLES else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_schema_describes(
    case: schemathesis.Case, stack: Stack, organization: Tenant
) -> None:
    headers = {"Authorization": f"Bearer {organization.api_key}"}
    response = case.call(base_url=stack.url, headers=headers)
    case.validate_response(response, checks=CHECKS)


def test_no_operation_shows_or_changes_anything_of_another_organization(
    stack: Stack, organization: Tenant, foreign: Foreign
) -> None:
    """Each operation, with each of their ids in its path and wherever its body takes a text."""
    before = foreign.state
    with httpx2.Client(base_url=stack.url, timeout=10) as client:
        for path, operations in _generated["paths"].items():
            # A key of its own for each, since one may not ask so often.
            key = actions.issue_api_key(organization=organization.organization, name=path[:100]).secret
            for method, operation in operations.items():
                for id in foreign.ids if "{" in path else foreign.ids[:1]:
                    answer = client.request(
                        method,
                        re.sub(r"{\w+}", quote(id, safe=""), path),
                        headers={"Authorization": f"Bearer {key}"},
                        json=_body_with(operation, id),
                    )
                    # Errors may say what was not found.
                    assert foreign.mark not in answer.text.replace(id, ""), (method, path, id)
                    assert answer.status_code < 500, (method, path, id)
    assert foreign.state == before


# Values that no schema forbids, and that have brought down parsers, databases and encoders.
ODD = {
    "a null character": "\x00",
    "half a character": "\ud800",
    "a number without end": 10**400,
    "a list in a list": [[[]]],
    "a text that is long": "x" * 100_000,
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_value_anywhere_in_a_body_is_no_error_of_ours(
    stack: Stack, organization: Tenant, odd: str
) -> None:
    def body(operation: dict[str, Any]) -> str:
        return json.dumps(_body_with(operation, ODD[odd]))

    _post_everywhere(stack, organization, body)


def test_a_body_that_is_nested_too_deep_is_no_error_of_ours(stack: Stack, organization: Tenant) -> None:
    _post_everywhere(stack, organization, lambda _: "[" * 100_000)


def _post_everywhere(stack: Stack, organization: Tenant, body: Callable[[dict[str, Any]], str]) -> None:
    """Send `body` of each operation that takes one. Fails where that is an error of ours."""
    with httpx2.Client(base_url=stack.url, timeout=10) as client:
        for path, method, operation in _operations_with_bodies():
            key = actions.issue_api_key(organization=organization.organization, name=path[:100]).secret
            answer = client.request(
                method,
                re.sub(r"{\w+}", "x", path),
                headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
                content=body(operation),
            )
            assert answer.status_code < 500, (method, path)


def _operations_with_bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in _generated["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation:
                yield path, method, operation


def _body_with(operation: dict[str, Any], value: Any) -> Any:
    content = operation.get("requestBody", {}).get("content", {})
    return _filled(content.get("application/json", {}).get("schema", {}), value)


def _filled(schema: dict[str, Any], value: Any) -> Any:
    """Returns what the schema allows, with `value` for each text, and for whatever may be anything."""
    if "$ref" in schema:
        return _filled(_generated["components"]["schemas"][schema["$ref"].rpartition("/")[2]], value)
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return _filled(schema[several][0], value)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: _filled(inner, value) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return [_filled(schema["items"], value)]
        case "boolean":
            return True
        case "integer" | "number":
            return max(1, schema.get("minimum", 1)) if isinstance(value, str) else value
    return value
