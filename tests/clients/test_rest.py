"""The REST client of @helicone/helicone: every route that it types and we have, checked by its own types."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from ingest_app.events import LogEvent
from requests_app.models import Request
from tests.clients.driver import Shown, show_once
from tests.events import chat_event, log
from tests.fake_provider.process import ProviderHandle
from tests.live import Stack, Tenant

PICTURE = f"data:image/png;base64,{base64.b64encode(bytes(8)).decode()}"
READS = ["GetRequests", "GetSessions", "GetNames", "GetUsers"]
WRITES = ["FeedbackRequest", "PutProperty", "AddScores"]
OPERATIONS = [*READS, *WRITES, "GetRequestAssetById"]
SEEN = "seen"
# Its types say that a property's value is an object, where Helicone has always answered text.
_OF_PROPERTIES = "Type 'string' is not assignable to type 'JsonObject'."


@pytest.fixture
def shown(
    make_tenant: Callable[[], Tenant],
    provider: ProviderHandle,
    stack: Stack,
    wait_for_rows: Callable[..., list[Request]],
) -> Shown:
    def job(mark: str, key: str) -> dict[str, Any]:
        organization_id = made[0].id
        log(*(_event(organization_id, name) for name in ("first", "second", SEEN)))
        wait_for_rows(organization_id, 3)
        return {"url": stack.url, "key": key, "request_id": SEEN}

    made: list[Tenant] = []

    def tenant() -> Tenant:
        made.append(make_tenant())
        return made[-1]

    return show_once("helicone-api", "node/helicone_api_client.mjs", job, tenant, provider)


def _event(organization_id: int, name: str) -> LogEvent:
    content = [{"type": "image_url", "image_url": {"url": PICTURE}}] if name == SEEN else name
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}).encode()
    return chat_event(
        organization_id,
        request_id=name,
        user_id="ada",
        session_id="s1",
        session_name="Checkout",
        session_path="/a",
        properties={"Environment": "test"},
        request_body=body,
        request_bytes=len(body),
    )


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_answer_is_of_the_type_that_the_client_declares(shown: Shown, operation: str) -> None:
    result = shown.results[operation]
    assert result["status"] in {200, 201}
    assert result["answer"]["error"] is None
    assert [fault for fault in result["faults"] if fault != _OF_PROPERTIES] == []


def test_the_types_would_tell_a_wrong_answer(shown: Shown) -> None:
    # Its types are older than the API: there it was a list.
    assert "users" in shown.results["GetUserMetrics"]["answer"]["data"]
    assert shown.results["GetUserMetrics"]["faults"]


def test_lists_hold_what_was_logged(shown: Shown) -> None:
    data = {name: shown.results[name]["answer"]["data"] for name in READS}
    assert [row["request_id"] for row in data["GetRequests"]] == [SEEN, "second", "first"]
    assert [(row["session"], row["total_requests"]) for row in data["GetSessions"]] == [("s1", 3)]
    assert [row["name"] for row in data["GetNames"]] == ["Checkout"]
    assert [(row["user_id"], row["count"]) for row in data["GetUsers"]] == [("ada", 3)]


def test_annotations_are_stored(shown: Shown) -> None:
    row = Request.objects.get(organization_id=shown.organization_id, request_id=SEEN)
    assert (row.feedback, row.properties["Reviewed"], row.scores) == (1, "yes", {"accuracy": 7})


def test_its_scoring_worker_scores_what_has_no_score(shown: Shown) -> None:
    assert shown.results["scoringWorker"]["seen"] == [
        {"id": "second", "asked": "second"},
        {"id": "first", "asked": "first"},
    ]
    rows = Request.objects.filter(organization_id=shown.organization_id).exclude(request_id=SEEN)
    assert [row.scores for row in rows] == [{"length": 3}, {"length": 3}]
