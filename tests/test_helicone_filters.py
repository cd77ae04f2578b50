"""Helicone's filter trees: every operator on every column of every table works, or is refused with its place."""

import random
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest

from tests.helicone_rows import PERIOD, PERIOD_MS, Seeded, both, seed
from tests.live import Stack

# As the contract lists them (4.2).
TEXTS = ("equals", "not-equals", "like", "ilike", "contains", "not-contains")
NUMBERS = ("equals", "not-equals", "gte", "lte", "gt", "lt")
TIMES = ("gte", "lte", "gt", "lt")
OPERATORS = (*TEXTS, "gte", "lte", "gt", "lt")
FITTING: dict[str, tuple[tuple[str, ...], Any]] = {
    "text": (TEXTS, "abc"),
    "number": (NUMBERS, 7),
    "time": (TIMES, "2026-11-01T12:00:00.000Z"),
    "flag": (("equals",), True),
}
TABLES: dict[str, dict[str, tuple[str, ...]]] = {
    "request_response_rmt": {
        "text": (
            *(
                "request_id",
                "model",
                "provider",
                "user_id",
                "node_id",
                "job_id",
                "country_code",
                "target_url",
            ),
            *("prompt_id", "prompt_version", "request_referrer", "cache_reference_id", "assets"),
        ),
        "number": (
            *("status", "latency", "cost", "time_to_first_token", "prompt_tokens", "completion_tokens"),
            *("total_tokens", "prompt_cache_read_tokens", "prompt_cache_write_tokens", "organization_id"),
        ),
        "time": ("request_created_at", "response_created_at"),
        "flag": ("threat", "cache_enabled", "cached", "helicone-score-feedback", "is_passthrough_billing"),
        "body": ("request_body", "response_body"),
        "refused": ("scores_column",),
    },
    "request": {
        "text": ("id", "user_id", "model", "modelOverride", "path", "prompt_id", "country_code", "node_id"),
        "number": ("org_id",),
        "time": ("created_at",),
        "body": ("prompt",),
        "refused": ("auth_hash",),
    },
    "response": {
        "text": ("model", "body_model"),
        "number": ("status", "body_tokens"),
        "body": ("body_completion",),
    },
    "feedback": {"flag": ("rating",), "refused": ("id", "created_at")},
    "properties": {"text": ("Env", "Helicone-Session-Id", "any name")},
    "values": {"refused": ("any",)},
}
SESSIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "sessions_request_response_rmt": {
        "text": ("session_session_id", "session_session_name", "session_tag"),
        "number": (
            *("session_total_cost", "session_total_tokens", "session_prompt_tokens"),
            *("session_completion_tokens", "session_total_requests"),
        ),
        "time": ("session_created_at", "session_latest_request_created_at"),
    }
}
OF_REQUESTS: dict[str, dict[str, tuple[str, ...]]] = {
    "sessions_request_response_rmt": {
        "text": ("session_session_id", "session_session_name"),
        "refused": ("session_total_cost", "session_created_at", "session_tag"),
    }
}
USERS: dict[str, dict[str, tuple[str, ...]]] = {
    "users_view": {
        "text": ("user_user_id",),
        "number": (
            *("user_active_for", "user_total_requests", "user_average_requests_per_day_active"),
            *("user_average_tokens_per_request", "user_total_prompt_tokens", "user_total_completion_tokens"),
            "user_cost",
        ),
        "time": ("user_first_active", "user_last_active"),
    }
}
# What lies a level deeper.
NESTED = {
    "properties": ("Env", "text"),
    "search_properties": ("Env", "text"),
    "scores": ("quality", "number"),
}
ROUTES: dict[str, tuple[dict[str, dict[str, tuple[str, ...]]], dict[str, Any], bool]] = {
    # Its tables, what else is asked for, and whether bodies can be searched.
    "/v1/request/count/query": ({**TABLES, **OF_REQUESTS}, {}, True),
    "/v1/session/query": ({**TABLES, **SESSIONS}, {"timeFilter": PERIOD_MS}, True),
    "/v1/user/metrics/query": ({**TABLES, **OF_REQUESTS, **USERS}, {}, False),
    "/v1/metrics/totalRequests": ({**TABLES, **OF_REQUESTS}, {"timeFilter": PERIOD}, False),
    "/v1/evals/query": ({**TABLES, **OF_REQUESTS}, {"timeFilter": PERIOD}, False),
}
EVERY_TABLE = [(route, table) for route, (tables, *_) in ROUTES.items() for table in tables]
AT_ONCE = 80
Leaf = tuple[str, Any]  # the place of its operator, and the tree


@pytest.fixture(scope="module")
def seeded(stack: Stack) -> Seeded:
    return seed(stack)


def leaves(route: str, table: str) -> Iterator[tuple[Leaf, bool]]:
    """Yields each condition that can be written on the table, and whether it works."""
    tables, _, has_bodies = ROUTES[route]
    for kind, columns in tables[table].items():
        for column in columns:
            for operator in OPERATORS:
                for value_kind, (_, value) in FITTING.items():
                    leaf = (f"filter.{table}.{column}", {table: {column: {operator: value}}})
                    yield leaf, _works(kind, operator, value_kind, has_bodies=has_bodies)
    if table == "request_response_rmt":
        for column, (name, kind) in NESTED.items():
            for operator in OPERATORS:
                value = FITTING[kind][1]
                leaf = (f"filter.{table}.{column}.{name}", {table: {column: {name: {operator: value}}}})
                yield leaf, operator in FITTING[kind][0]


def _works(kind: str, operator: str, value_kind: str, *, has_bodies: bool) -> bool:
    """A text may also say a number, a time or true; numbers are written out where text is wanted."""
    if kind == "refused":
        return False
    if kind == "body":
        return has_bodies and operator in {"like", "ilike", "contains", "not-contains"}
    if kind == "text":
        return operator in TEXTS
    if kind == "flag":
        return value_kind == "flag" and operator in {"equals", "not-equals"}
    if kind == "time":
        return value_kind == "time" and operator in {*TIMES, "equals", "not-equals"}
    return value_kind == kind and operator in FITTING[kind][0]


def ask(seeded: Seeded, route: str, tree: Any) -> Any:
    return seeded.answer(route, **ROUTES[route][1], filter=tree)


@pytest.mark.parametrize(("route", "table"), EVERY_TABLE)
def test_each_operator_that_fits_its_column_works(seeded: Seeded, route: str, table: str) -> None:
    working = [tree for (_, tree), works in leaves(route, table) if works]
    for start in range(0, len(working), AT_ONCE):
        some = working[start : start + AT_ONCE]
        tree = reduce(lambda left, right: both(left, right, "or"), some)
        answer = ask(seeded, route, tree)
        assert answer.status == 200, answer.json


@pytest.mark.parametrize(("route", "table"), EVERY_TABLE)
def test_each_operator_that_does_not_fit_is_refused_with_its_place(
    seeded: Seeded, route: str, table: str
) -> None:
    refused = [leaf for leaf, works in leaves(route, table) if not works]
    # A few of each table, always the same: a key has so many calls a minute.
    for place, tree in random.Random(5).sample(refused, min(8, len(refused))):
        answer = ask(seeded, route, {"left": "all", "operator": "and", "right": tree})
        assert answer.status == 400, (tree, answer.json)
        assert answer.json["error"].startswith("At " + place.replace("filter", "filter.right", 1)), tree


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("tree", "place"),
    [
        ({"cats": {"name": {"equals": "x"}}}, "At filter.cats: There is no table 'cats'"),
        ({"request_response_rmt": {"colour": {"equals": "x"}}}, "At filter.request_response_rmt.colour"),
        ({"request_response_rmt": {"model": {"is": "x"}}}, "At filter.request_response_rmt.model.is"),
        ({"request_response_rmt": {"model": {}}}, "At filter.request_response_rmt.model: Here is nothing"),
        ({"request_response_rmt": {"model": {"equals": "\x00"}}}, "At filter.request_response_rmt.model.equals"),
        ({"request_response_rmt": {"model": {"equals": ["x"]}}}, "At filter.request_response_rmt.model.equals"),
        ({"request_response_rmt": {"cost": {"gt": 10**400}}}, "At filter.request_response_rmt.cost.gt"),
        ({"properties": {"a\x00": {"equals": "x"}}}, "At filter.properties.a\x00.equals: Null"),
        ({"left": "all", "operator": "xor", "right": "all"}, "At filter.operator: 'xor'"),
        ({"left": "all", "right": "all"}, "At filter: 'operator' is missing"),
        ({"left": {"left": 1, "operator": "or", "right": 2}, "operator": "and", "right": "all"}, "At filter.left.left"),
        ("some", "At filter: Here should be an object"),
        ([], "At filter: Here should be an object"),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_with_its_place(
    seeded: Seeded, route: str, tree: Any, place: str
) -> None:
    answer = ask(seeded, route, tree)
    assert answer.status == 400
    assert answer.json["error"].startswith(place)
