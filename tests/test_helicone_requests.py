"""Helicone's `/v1/request/…`: scripts written for their API read and annotate requests here."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from accounts_app import actions
from ingest_app.events import now_us
from tests.api import Answer, Api
from tests.conftest import Stack, Tenant
from tests.events import chat_event, log

Wait = Callable[..., list]
# What Helicone's own export tool sends, and those who migrate away from it.
EXPORT = {
    "filter": "all",
    "isCached": False,
    "limit": 100,
    "offset": 0,
    "sort": {"created_at": "desc"},
    "includeInputs": False,
    "isScored": False,
    "isPartOfExperiment": False,
}


def words(text: str) -> set[str]:
    return set(text.split())


# Its fields, by the contract and by the types of @helicone/helicone 3.1.2.
FIELDS = words(
    """
    request_id response_id request_created_at response_created_at request_body response_body signed_body_url
    response_status request_path target_url request_model response_model model_override model provider delay_ms
    time_to_first_token prompt_tokens completion_tokens total_tokens prompt_cache_read_tokens
    prompt_cache_write_tokens prompt_audio_tokens completion_audio_tokens reasoning_tokens cost costUSD
    request_user_id helicone_user country_code request_properties properties scores feedback_rating feedback_id
    feedback_created_at prompt_id prompt_version asset_ids assets asset_urls cache_enabled cache_reference_id
    llmSchema updated_at request_referrer ai_gateway_body_mapping storage_location request_feedback prompt_name
    prompt_regex key_name node_id
    """
)
OURS = words("helicone_id error is_stream kind span_name trace_id span_id parent_span_id")


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


def query(api: Api, route: str = "query-clickhouse", **changes: Any) -> Answer:
    return api.send("POST", f"/v1/request/{route}", {**EXPORT, **changes})


def names(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.json
    return [row["request_id"] for row in answer.json["data"]]


def fetched(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


# Queries


@pytest.mark.parametrize("route", ["query-clickhouse", "query"])
def test_what_helicones_export_sends_is_answered(
    api: Api, organization: Tenant, wait_for_rows: Wait, route: str
) -> None:
    log(
        chat_event(
            organization.id,
            request_id="mine",
            user_id="ada",
            session_id="s1",
            session_path="/a",
            session_name="Clock",
            properties={"Environment": "test"},
        )
    )
    row = wait_for_rows(organization.id)[0]
    answer = query(api, route)
    assert answer.status == 200
    assert answer.json["error"] is None
    [shown] = answer.json["data"]
    assert shown.keys() == FIELDS | OURS
    assert {name: shown[name] for name in ("request_id", "helicone_id", "provider", "model")} == {
        "request_id": "mine",
        "helicone_id": str(row.id),
        "provider": "OPENAI",
        "model": "gpt-4o",
    }
    assert (shown["delay_ms"], shown["response_status"], shown["total_tokens"]) == (500, 200, 120)
    assert shown["cost"] == shown["costUSD"] == row.cost_nanodollars / 1e9
    assert (
        shown["request_properties"]
        == shown["properties"]
        == {
            "Environment": "test",
            "Helicone-Session-Id": "s1",
            "Helicone-Session-Path": "/a",
            "Helicone-Session-Name": "Clock",
        }
    )


def test_bodies_are_at_an_address_that_needs_no_key(
    api: Api, organization: Tenant, wait_for_rows: Wait
) -> None:
    log(chat_event(organization.id, text="What is the time?"))
    wait_for_rows(organization.id)
    [row] = query(api).json["data"]
    assert "helicone_message" in row["request_body"]
    assert row["signed_body_url"].startswith(api.url)
    bodies = fetched(row["signed_body_url"])
    assert bodies["request"]["messages"][0]["content"] == "What is the time?"
    assert bodies["response"]["choices"][0]["message"]["content"] == "Hi"


def test_an_address_of_bodies_cannot_be_made_up(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    log(chat_event(organization.id))
    wait_for_rows(organization.id)
    url = query(api).json["data"][0]["signed_body_url"]
    assert Api("", None).get(url[:-1] + ("A" if url[-1] != "A" else "B")).status == 403


def test_bodies_can_be_had_in_the_rows(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    log(chat_event(organization.id, text="One"), chat_event(organization.id, omit_response=True))
    wait_for_rows(organization.id, 2)
    second, first = query(api, includeBodies=True).json["data"]
    assert first["request_body"]["messages"][0]["content"] == "One"
    assert first["response_body"]["choices"]
    assert "helicone_message" in second["response_body"]


def test_not_scored_leaves_scored_and_rated_rows_out(
    api: Api, organization: Tenant, wait_for_rows: Wait
) -> None:
    log(*(chat_event(organization.id, request_id=name) for name in ("plain", "scored", "rated")))
    wait_for_rows(organization.id, 3)
    api.send("POST", "/v1/request/scored/score", {"scores": {"accuracy": 1}})
    api.send("POST", "/v1/request/rated/feedback", {"rating": False})
    assert names(query(api)) == ["plain"]
    assert names(query(api, isScored=True)) == ["rated", "scored"]
    assert names(query(api, isScored=None)) == ["rated", "scored", "plain"]
    del_scored = {key: value for key, value in EXPORT.items() if key != "isScored"}
    assert len(api.send("POST", "/v1/request/query-clickhouse", del_scored).json["data"]) == 3


def test_pages_by_offset_hold_every_row_once(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    log(*(chat_event(organization.id, request_id=str(number)) for number in range(7)))
    wait_for_rows(organization.id, 7)
    pages = [names(query(api, limit=3, offset=offset)) for offset in (0, 3, 6, 9)]
    assert pages == [["6", "5", "4"], ["3", "2", "1"], ["0"], []]


def test_rows_of_years_ago_are_found(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    log(chat_event(organization.id, request_id="old", at_us=now_us() - 400 * 86_400_000_000))
    wait_for_rows(organization.id)
    assert names(query(api)) == ["old"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ({"cost": "desc"}, ["dear", "slow", "cheap"]),
        ({"cost": "asc"}, ["cheap", "slow", "dear"]),
        ({"latency": "desc"}, ["slow", "dear", "cheap"]),
        ({"total_tokens": "asc"}, ["cheap", "slow", "dear"]),
        ({"user_id": "asc"}, ["slow", "dear", "cheap"]),
        ({"properties": {"Rank": "asc"}}, ["dear", "cheap", "slow"]),
        ({"is_cached": "asc"}, ["cheap", "slow", "dear"]),
        ({}, ["dear", "slow", "cheap"]),
    ],
)
def test_rows_are_sorted(
    api: Api, organization: Tenant, wait_for_rows: Wait, sort: dict[str, Any], expected: list[str]
) -> None:
    log(
        chat_event(
            organization.id,
            request_id="cheap",
            latency_ms=10,
            user_id="c",
            properties={"Rank": "2"},
            usage={"prompt_tokens": 1, "completion_tokens": 1},
        ),
        chat_event(organization.id, request_id="slow", latency_ms=9000, user_id="a"),
        chat_event(
            organization.id,
            request_id="dear",
            user_id="b",
            properties={"Rank": "1"},
            usage={"prompt_tokens": 9000, "completion_tokens": 1},
        ),
    )
    wait_for_rows(organization.id, 3)
    assert names(query(api, sort=sort)) == expected


def test_random_order_has_all_rows(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    log(*(chat_event(organization.id, request_id=str(number)) for number in range(3)))
    wait_for_rows(organization.id, 3)
    assert sorted(names(query(api, sort={"random": True}))) == ["0", "1", "2"]


@pytest.mark.parametrize(
    "tree",
    [
        {"request_response_rmt": {"properties": {"Environment": {"equals": "prod"}}}},
        {"properties": {"Environment": {"equals": "prod"}}},
        {"request_response_rmt": {"properties": {"Helicone-Session-Id": {"equals": "s1"}}}},
        {"sessions_request_response_rmt": {"session_session_id": {"equals": "s1"}}},
        {"request_response_rmt": {"provider": {"equals": "GOOGLE"}}},
        {"request": {"properties": {"Environment": {"equals": "prod"}}}, "response": {}, "values": {}},
        {"request_response_rmt": {"request_body": {"contains": "needle"}}},
        {
            "left": {"request_response_rmt": {"latency": {"gte": 900}}},
            "operator": "and",
            "right": {"request_response_rmt": {"status": {"not-equals": 200}}},
        },
    ],
)
def test_a_tree_finds_its_rows(
    api: Api, organization: Tenant, wait_for_rows: Wait, tree: dict[str, Any]
) -> None:
    log(
        chat_event(
            organization.id,
            request_id="wanted",
            text="the needle is here",
            provider="google",
            latency_ms=900,
            status=500,
            session_id="s1",
            properties={"Environment": "prod"},
        ),
        chat_event(organization.id, request_id="other"),
    )
    wait_for_rows(organization.id, 2)
    assert names(query(api, filter=tree)) == ["wanted"]
    count = api.send("POST", "/v1/request/count/query", {"filter": tree})
    assert (count.status, count.json) == (200, {"data": 1, "error": None})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"filter": {"request_response_rmt": {"colour": {"equals": "x"}}}},
            "filter.request_response_rmt.colour",
        ),
        ({"filter": {"left": "all", "operator": "and"}}, "'right' is missing"),
        (
            {"filter": {"request_response_rmt": {"status": {"equals": "\x00"}}}},
            "filter.request_response_rmt.status",
        ),
        ({"filter": 1}, "filter"),
        ({"limit": 1001}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"offset": -1}, "offset"),
        ({"sort": {"colour": "asc"}}, "sort: Cannot sort by 'colour'"),
        ({"sort": {"cost": "up"}}, "sort: 'up' is neither"),
        ({"sort": {"random": True}, "filter": {"request": {"prompt": {"contains": "x"}}}}, "sorted by"),
    ],
)
def test_a_wrong_query_is_told_what_is_wrong(api: Api, changes: dict[str, Any], said: str) -> None:
    answer = query(api, **changes)
    assert answer.status == 400
    assert answer.json["data"] is None
    assert said in answer.json["error"]


def test_a_body_that_is_too_large_is_refused_in_their_form(api: Api) -> None:
    answer = query(api, padding="x" * 3_000_000)
    assert (answer.status, answer.json) == (413, {"data": None, "error": "The body is larger than 2.5 MiB."})


@pytest.mark.parametrize(("path", "key"), [("/v1/nothing/here", "error"), ("/api/nothing/", "detail")])
def test_an_address_that_leads_nowhere_is_told_as_json(api: Api, path: str, key: str) -> None:
    answer = api.get(path)
    assert (answer.status, answer.json[key]) == (404, "There is no such route.")


def test_a_filter_has_to_be_said(api: Api) -> None:
    answer = api.send("POST", "/v1/request/query-clickhouse", {"limit": 1})
    assert (answer.status, answer.json) == (400, {"data": None, "error": "filter: This field is required."})


@pytest.mark.parametrize("tree", ["all", {}, {"request_response_rmt": {}}])
def test_a_tree_that_says_nothing_finds_all(
    api: Api, organization: Tenant, wait_for_rows: Wait, tree: Any
) -> None:
    log(chat_event(organization.id, request_id="mine"))
    wait_for_rows(organization.id)
    assert names(query(api, filter=tree)) == ["mine"]


def test_a_time_may_be_written_as_in_helicones_own_script(
    api: Api, organization: Tenant, wait_for_rows: Wait
) -> None:
    day = 1_722_556_800_000_000  # 2 August 2024
    log(*(chat_event(organization.id, request_id=str(n), at_us=day + n * 3_600_000_000) for n in range(4)))
    wait_for_rows(organization.id, 4)
    tree = {
        "left": {"request": {"created_at": {"gte": "2024-08-02 01:00:00"}}},
        "right": {"request": {"created_at": {"lt": "2024-08-02 03:00:00"}}},
        "operator": "and",
    }
    assert names(query(api, filter=tree, sort={"created_at": "asc"})) == ["1", "2"]


def test_ids_are_looked_up_together(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    log(*(chat_event(organization.id, request_id=name) for name in ("a", "a", "b", "c")))
    rows = wait_for_rows(organization.id, 4)
    of_c = str(next(row.id for row in rows if row.request_id == "c"))
    asked = {"requestIds": ["a", of_c, "unknown"]}
    answer = api.send("POST", "/v1/request/query-ids", asked)
    assert names(answer) == ["c", "a"]
    newest_a = next(row.id for row in rows if row.request_id == "a")
    assert answer.json["data"][1]["helicone_id"] == str(newest_a)


# Who may


def test_without_a_key_the_answer_is_401_in_their_form(stack: Stack) -> None:
    answer = query(Api(stack.url, None))
    assert (answer.status, answer.json["trace"]) == (401, "isAuthenticated.error")
    assert answer.json["error"]


@pytest.mark.parametrize(
    ("header", "before"), [("Helicone-Auth", "Bearer "), ("Authorization", ""), ("Authorization", "bearer ")]
)
def test_the_key_may_come_in_any_form_of_their_documentation(
    stack: Stack, organization: Tenant, wait_for_rows: Wait, header: str, before: str
) -> None:
    log(chat_event(organization.id))
    wait_for_rows(organization.id)
    request = urllib.request.Request(
        f"{stack.url}/v1/request/query-clickhouse",
        json.dumps(EXPORT).encode(),
        {"Content-Type": "application/json", header: before + organization.api_key},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert len(json.load(answer)["data"]) == 1


def test_a_key_that_may_only_read_changes_nothing(
    stack: Stack, organization: Tenant, wait_for_rows: Wait
) -> None:
    log(chat_event(organization.id, request_id="mine"))
    wait_for_rows(organization.id)
    issued = actions.issue_api_key(organization=organization.organization, name="Reader", scope="r")
    reader = Api(stack.url, issued.secret)
    assert reader.send("POST", "/v1/request/mine/feedback", {"rating": True}).status == 403
    assert names(query(reader)) == ["mine"]


def test_a_key_that_may_only_write_reads_nothing(stack: Stack, organization: Tenant) -> None:
    issued = actions.issue_api_key(organization=organization.organization, name="Writer", scope="w")
    answer = query(Api(stack.url, issued.secret))
    assert (answer.status, answer.json["data"]) == (403, None)


def test_another_organization_sees_nothing(
    stack: Stack, organization: Tenant, make_tenant: Callable[[], Tenant], wait_for_rows: Wait
) -> None:
    log(chat_event(organization.id, request_id="mine"))
    [row] = wait_for_rows(organization.id)
    stranger = Api(stack.url, make_tenant().api_key)
    assert names(query(stranger)) == []
    assert names(stranger.send("POST", "/v1/request/query-ids", {"requestIds": ["mine", str(row.id)]})) == []
    assert stranger.get("/v1/request/mine").status == 404
    assert stranger.send("POST", f"/v1/request/{row.id}/feedback", {"rating": True}).status == 404
