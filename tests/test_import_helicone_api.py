"""`manage.py import helicone --api`: Helicone's live API, as it may behave, and another instance of ours."""

import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Stack, Tenant
from tests.events import chat_event, log
from tests.imports import CASES, rows_of, run_import
from tests.json_server import Broken, JsonCall, JsonServer

KEY = "sk-helicone-aaaaaaa-bbbbbbb-ccccccc-ddddddd"
STUB = {"helicone_message": "fetch it from signed_body_url"}
START = datetime(2025, 5, 1, tzinfo=UTC)
TOGETHER = range(100, 1150)  # rows of one and the same moment, more than a page has
LINKED = 40  # of the first rows, the bodies are behind links
ROWS = 1300


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELICONE_API_KEY", KEY)


class FakeHelicone:
    """Answers the two routes and the links to bodies, with faults at first."""

    def __init__(self, rows: int) -> None:
        example = json.loads((CASES / "helicone_export.jsonl").read_text().splitlines()[0])
        self.rows = [self._row(example, number) for number in range(rows)]
        self.url = ""
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, call):
        with self._lock:
            self.asked[call.path.split("/")[1] if "/body/" in call.path else call.path] += 1
            times = self.asked[call.path]
        if call.path.startswith("/body/"):
            return self._bodies(call)
        if call.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": "no"}
        if call.path == "/v1/request/query-clickhouse":
            if times == 1:
                return 429, {"error": "slow down"}, {"retry-after": "0"}
            if times == 2:
                return Broken(b'{"data":[')
            return 200, {"data": self._page(call.body), "error": None}
        row = self.rows[int(call.path.rpartition("-")[2])]
        return 200, {
            "data": {**self._linked(row), "signed_body_url": f"{self.url}/body/{row['request_id']}?fresh=1"}
        }

    def _row(self, example: dict, number: int) -> dict:
        moment = START + timedelta(seconds=300 if number in TOGETHER else number)
        return example | {
            "request_id": f"row-{number}",
            "request_created_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "cost": number / 1e6,
        }

    def _linked(self, row: dict) -> dict:
        return {
            **row,
            "request_body": STUB,
            "response_body": STUB,
            "signed_body_url": f"{self.url}/body/{row['request_id']}",
        }

    def _page(self, asked: dict) -> list[dict]:
        assert asked["sort"] == {"created_at": "asc"}
        assert asked["limit"] == 1000
        assert asked["offset"] <= len(TOGETHER)
        bounds = [
            asked["filter"][side]["request_response_rmt"]["request_created_at"] for side in ("left", "right")
        ]
        since, until = bounds[0]["gte"], bounds[1]["lt"]
        found = sorted(
            (row for row in self.rows if since <= row["request_created_at"] < until),
            key=lambda row: (row["request_created_at"], row["request_id"]),
        )
        return [self._linked(row) for row in found[asked["offset"] : asked["offset"] + asked["limit"]]]

    def _bodies(self, call):
        assert "authorization" not in call.headers
        number = int(call.path.rpartition("-")[2])
        if number == 5 and "fresh" not in call.query:
            return 403, {"error": "Request has expired"}
        row = self.rows[number]
        return 200, {"request": row["request_body"], "response": row["response_body"]}


def test_all_rows_come_in_once_whatever_happens_on_the_way(stack: Stack, organization: Tenant) -> None:
    helicone = FakeHelicone(ROWS)
    with JsonServer(helicone) as server:
        helicone.url = server.url
        ran = run_import("helicone", organization=organization, api=True, base_url=server.url)
    assert (ran.code, ran.output.splitlines()[:2]) == (0, [f"{ROWS:,} imported", "0 already there"]), ran
    rows = rows_of(organization)
    assert sorted(row.cost_nanodollars for row in rows) == [number * 1000 for number in range(ROWS)]
    assert all(row.response_bytes for row in rows), "also that whose link had expired has its bodies"
    assert KEY not in ran.output


def test_a_period_can_be_chosen_and_bodies_left_where_they_are(stack, organization):
    helicone = FakeHelicone(100)
    chosen = {"start_date": START + timedelta(seconds=10), "end_date": START + timedelta(seconds=20)}
    with JsonServer(helicone) as server:
        ran = run_import(
            "helicone", organization=organization, api=True, base_url=server.url, no_bodies=True, **chosen
        )
    assert ran.code == 0, ran
    assert [row.request_id for row in rows_of(organization)] == [f"row-{number}" for number in range(10, 20)]
    assert (
        "  10: bodies that are not in the file: their links have expired, or were not followed" in ran.output
    )
    assert helicone.asked["body"] == 0


def _since(call: JsonCall) -> str:
    return call.body["filter"]["left"]["request_response_rmt"]["request_created_at"]["gte"]


def test_what_an_api_breaks_off_goes_on_where_it_was(stack, organization, tmp_path):
    helicone = FakeHelicone(1200)
    refused = []

    def refusing(call):
        if _since(call) > "2025-05-01" and not refused:
            refused.append(call)
            return 403, {"error": "not now"}
        return helicone(call)

    with JsonServer(refusing) as server:
        asked = {"organization": organization, "api": True, "base_url": server.url, "no_bodies": True}
        ran = run_import("helicone", **asked, state=tmp_path / "state.json")
        assert ran.code == 1
        assert "Run the same command again to go on." in ran.error
        assert len(rows_of(organization)) == 1000
        asked_before = len(server.calls)
        ran = run_import("helicone", **asked, state=tmp_path / "state.json")
    assert ran.output.startswith("going on after 1,000 requests")
    assert sorted(row.cost_nanodollars for row in rows_of(organization)) == [n * 1000 for n in range(1200)]
    assert _since(server.calls[asked_before]) == _since(server.calls[asked_before - 1]), (
        "it asks from there on"
    )


def test_a_wrong_key_is_told_and_nothing_asked_again(stack, organization, monkeypatch):
    monkeypatch.setenv("HELICONE_API_KEY", "sk-helicone-wrong")
    with JsonServer(FakeHelicone(1)) as server:
        ran = run_import("helicone", organization=organization, api=True, base_url=server.url)
    assert ran.code == 1
    assert "the API answers 401" in ran.error
    assert len(server.calls) == 1


def test_the_key_goes_to_no_other_host(stack, organization):
    with JsonServer(lambda call: (200, {"data": []})) as elsewhere:
        other = elsewhere.url.replace("127.0.0.1", "localhost")
        with JsonServer(lambda call: (307, {}, {"location": f"{other}{call.path}"})) as server:
            ran = run_import("helicone", organization=organization, api=True, base_url=server.url)
    assert ran.code == 1
    assert "the key stays here" in ran.error
    assert elsewhere.calls == []


def test_another_instance_of_ours_comes_over_as_it_was(
    stack, make_tenant, wait_for_rows, bodies_of, monkeypatch
):
    here, there = make_tenant(), make_tenant()
    monkeypatch.setenv("HELICONE_API_KEY", here.api_key)
    at_us = int(datetime(2026, 3, 1, 12, 0, 0, 123_456, UTC).timestamp() * 1e6)
    for n in range(3):
        said = {"session_id": "s", "properties": {"N": str(n)}, "scores": {"n": n}}
        log(chat_event(here.id, at_us=at_us + n, request_id="retried", **said))
    wait_for_rows(here.id, 3)
    ran = run_import("helicone", organization=there, api=True, base_url=stack.url)
    assert (ran.code, ran.output.splitlines()[0]) == (0, "3 imported"), ran
    assert "could not be carried over" not in ran.output
    names = (
        "request_id",
        "created_at",
        "model",
        "cost_nanodollars",
        "prompt_tokens",
        "session_id",
        "properties",
        "scores",
    )
    told = [[[getattr(row, name) for name in names] for row in rows_of(tenant)] for tenant in (here, there)]
    assert told[0] == told[1]
    for old, new in zip(rows_of(here), rows_of(there), strict=True):
        assert json.loads(bodies_of(new).request) == json.loads(bodies_of(old).request)
