"""Scripts against Helicone's REST API as its documentation and its users write them, with the host changed.

Each is a recipe of its cookbooks: users' requests, one session, an export by the hour, scores, feedback right after an
answer, what users cost. They use `requests`, and nothing of the product.
"""

import json
import sys
from typing import Any

import requests

job = json.load(sys.stdin)
BASE_URL, HELICONE_API_KEY = job["url"], job["key"]
HEADERS = {"Authorization": f"Bearer {HELICONE_API_KEY}", "Content-Type": "application/json"}


def post(path: str, payload: Any) -> Any:
    """Returns `data`, as scripts do that trust in `error`."""
    response = requests.post(BASE_URL + path, json=payload, headers=HEADERS, timeout=20)
    response.raise_for_status()
    answer = response.json()
    assert answer["error"] is None, answer["error"]
    return answer["data"]


def requests_of_a_user() -> Any:
    """Cookbook: all requests of one user."""
    found = post("/v1/request/query", {"filter": {"request": {"user_id": {"equals": "ada"}}}, "limit": 100})
    return [row["request_id"] for row in found]


def one_session() -> Any:
    """Cookbook: a session replayed, from its requests and their bodies."""
    session = {"properties": {"Helicone-Session-Id": {"equals": "s1"}}}
    rows = post("/v1/request/query", {"filter": session})
    rows.sort(key=lambda row: row["request_created_at"])
    return [
        {
            "path": row["request_properties"]["Helicone-Session-Path"],
            "asked": requests.get(row["signed_body_url"], timeout=20).json()["request"]["messages"][0][
                "content"
            ],
        }
        for row in rows
    ]


def export_by_the_hour() -> Any:
    """Their example in Python: windows of an hour, pages by offset, oldest first."""
    found: list[str] = []
    for start, end in job["hours"]:
        window = {
            "left": {"request": {"created_at": {"gte": start}}},
            "right": {"request": {"created_at": {"lt": end}}},
            "operator": "and",
        }
        offset = 0
        while True:
            payload = {"filter": window, "isCached": False, "limit": 2, "offset": offset}
            rows = post("/v1/request/query", {**payload, "sort": {"created_at": "asc"}})
            if not rows:
                break
            found += [row["request_id"] for row in rows]
            offset += 2
    return found


def scores_of_unscored_requests() -> Any:
    """Cookbook of evaluations: what has no score yet gets one."""
    wanted = {
        "filter": {"request_response_rmt": {"user_id": {"equals": "ada"}}},
        "isScored": False,
        "limit": 10,
    }
    for row in post("/v1/request/query-clickhouse", wanted):
        post(f"/v1/request/{row['request_id']}/score", {"scores": {"correctness": 8, "is_polite": True}})
    return len(post("/v1/request/query-clickhouse", wanted))


def feedback_right_after_an_answer() -> Any:
    """Documentation of feedback: the answer's own header says which request is meant."""
    answer = requests.post(
        f"{BASE_URL}/v1/chat/completions",
        json={"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]},
        headers={
            "Authorization": "Bearer sk-fake-client",
            "Helicone-Auth": f"Bearer {HELICONE_API_KEY}",
            "x-fake-scenario": f"marker={job['mark']}",
        },
        timeout=20,
    )
    helicone_id = answer.headers["helicone-id"]
    post(f"/v1/request/{helicone_id}/feedback", {"rating": True})
    row = requests.get(f"{BASE_URL}/v1/request/{helicone_id}", headers=HEADERS, timeout=20).json()["data"]
    return [row["feedback_rating"], row["scores"]["helicone-score-feedback"]]


def property_set_afterwards() -> Any:
    """Documentation of custom properties: changed after the request."""
    address = f"{BASE_URL}/v1/request/first/property"
    answer = requests.put(address, json={"key": "Reviewed", "value": "yes"}, headers=HEADERS, timeout=20)
    answer.raise_for_status()
    [row] = post("/v1/request/query-clickhouse", {"filter": {"properties": {"Reviewed": {"equals": "yes"}}}})
    return row["properties"]["Reviewed"]


def cost_of_users() -> Any:
    """What each user costs, dearest first."""
    users = post(
        "/v1/user/metrics/query", {"filter": "all", "offset": 0, "limit": 10, "sort": {"cost": "desc"}}
    )
    return [[user["user_id"], user["total_requests"], user["cost"] > 0] for user in users["users"]]


def names_of_sessions() -> Any:
    """How often each workflow ran."""
    rows = post("/v1/session/name/query", {"nameContains": "", "timezoneDifference": 0})
    return [[row["name"], row["session_count"]] for row in rows]


def values_of_a_property() -> Any:
    """Which environments there are."""
    names = [row["property"] for row in post("/v1/property/query", {})]
    return [names, post("/v1/property/Environment/search", {"searchTerm": ""})]


SCRIPTS = [
    requests_of_a_user,
    one_session,
    export_by_the_hour,
    scores_of_unscored_requests,
    feedback_right_after_an_answer,
    property_set_afterwards,
    cost_of_users,
    names_of_sessions,
    values_of_a_property,
]
json.dump({script.__name__: script() for script in SCRIPTS}, sys.stdout)
