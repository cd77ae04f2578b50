"""Made-up filter trees over sessions and users find what plain Python finds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_app.models import Request
from tests.fuzzing import fuzz
from tests.helicone_rows import MODELS, PERIOD_MS, SESSIONS, STATUSES, USERS, Seeded, seed
from tests.live import Stack
from tests.session_sums import Sums, summed

Tree = Any
SIZES: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda a, b: a == b,
    "not-equals": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}
TEXTS: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda a, b: a == b,
    "not-equals": lambda a, b: a != b,
    "contains": lambda a, b: b.lower() in a.lower(),
    "not-contains": lambda a, b: b.lower() not in a.lower(),
}


@dataclass(frozen=True)
class Meaning:
    """What a tree holds of: of one request, or of the whole that requests make."""

    of_request: Callable[[Request], bool] | None = None
    of_whole: Callable[[dict[str, Any], list[Request]], bool] | None = None


@pytest.fixture(scope="module")
def seeded(stack: Stack) -> Seeded:
    return seed(stack)


# What is asked for


def leaf(table: str, column: str, operators: Any, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Tree]:
    return st.builds(
        lambda operator, value: {table: {column: {operator: value}}},
        st.sampled_from(list(operators)),
        values,
    )


def of_requests() -> st.SearchStrategy[Tree]:
    table = "request_response_rmt"
    return (
        leaf(table, "model", TEXTS, st.sampled_from([*MODELS, "mini", "none"]))
        | leaf(table, "user_id", TEXTS, st.sampled_from([*filter(None, USERS), "n"]))
        | leaf(table, "status", SIZES, st.sampled_from([*STATUSES, 400]))
        | leaf(table, "latency", SIZES, st.integers(1000, 9000))
    )


def of_sessions() -> st.SearchStrategy[Tree]:
    table = "sessions_request_response_rmt"
    return (
        leaf(table, "session_session_id", TEXTS, st.sampled_from([*filter(None, SESSIONS), "run-1"]))
        | leaf(table, "session_total_requests", SIZES, st.integers(5, 20))
        | leaf(table, "session_total_tokens", SIZES, st.integers(5_000, 40_000))
        | leaf(table, "session_total_cost", SIZES, st.integers(0, 100).map(lambda n: n / 1000))
    )


def of_users() -> st.SearchStrategy[Tree]:
    table = "users_view"
    return (
        leaf(table, "user_user_id", TEXTS, st.sampled_from([*filter(None, USERS), "n"]))
        | leaf(table, "user_total_requests", SIZES, st.integers(0, 60))
        | leaf(table, "user_total_prompt_tokens", SIZES, st.integers(0, 200_000))
        | leaf(table, "user_cost", SIZES, st.integers(0, 500).map(lambda n: n / 1000))
    )


def trees(leaves: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    def grown(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        return st.fixed_dictionaries(
            {"left": parts, "operator": st.sampled_from(["and", "or"]), "right": parts}
        )

    return st.recursive(leaves, grown, max_leaves=8)


# What it means


def meaning(tree: Tree) -> Meaning:
    """Returns what `tree` says; of requests, conditions that are joined are of one and the same."""
    if "operator" not in tree:
        return _of_leaf(tree)
    join = all if tree["operator"] == "and" else any
    parts = [meaning(part) for part in _chain(tree, tree["operator"])]
    requests = [part.of_request for part in parts if part.of_request]
    wholes = [part.of_whole for part in parts if part.of_whole]
    if not wholes:
        return Meaning(of_request=lambda row: join(holds(row) for holds in requests))

    def of_whole(sums: dict[str, Any], rows: list[Request]) -> bool:
        found = [holds(sums, rows) for holds in wholes]
        if requests:
            found.append(any(join(holds(row) for holds in requests) for row in rows))
        return join(found)

    return Meaning(of_whole=of_whole)


def holds_of(tree: Tree, sums: dict[str, Any], rows: list[Request]) -> bool:
    """Returns whether `tree` holds of what `rows` make."""
    said = meaning(tree)
    return said.of_whole(sums, rows) if said.of_whole else any(map(said.of_request or bool, rows))


def _chain(tree: Tree, operator: str) -> list[Tree]:
    if tree.get("operator") != operator:
        return [tree]
    return [*_chain(tree["left"], operator), *_chain(tree["right"], operator)]


def _of_leaf(tree: Tree) -> Meaning:
    [(table, columns)] = tree.items()
    [(column, operators)] = columns.items()
    [(operator, wanted)] = operators.items()
    compare = TEXTS[operator] if isinstance(wanted, str) else SIZES[operator]
    if table == "request_response_rmt":
        name = {"latency": "latency_ms"}.get(column, column)
        return Meaning(of_request=lambda row: compare(getattr(row, name), wanted))
    return Meaning(of_whole=lambda sums, rows: compare(sums[column], wanted))


# What is found


def test_trees_over_sessions_and_their_requests(seeded: Seeded) -> None:
    sums: Sums = summed(seeded.organization.pk)
    of_session = {id: [row for row in seeded.rows if row.session_id == id] for id in sums}
    figures = {
        id: {
            "session_session_id": id,
            "session_total_requests": one["requests"],
            "session_total_tokens": one["tokens"],
            "session_total_cost": one["cost_nanodollars"] / 1e9,
        }
        for id, one in sums.items()
    }

    @fuzz
    @given(trees(of_requests() | of_sessions()))
    def check(tree: Tree) -> None:
        found = seeded.ask("/v1/session/query", timeFilter=PERIOD_MS, filter=tree)
        expected = {id for id in sums if holds_of(tree, figures[id], of_session[id])}
        assert {row["session_id"] for row in found} == expected

    check()


def test_trees_over_users_and_the_requests_that_are_added_up(seeded: Seeded) -> None:
    @fuzz
    @given(trees(of_requests()), trees(of_users()))
    def check(requests: Tree, users: Tree) -> None:
        found = seeded.ask(
            "/v1/user/metrics/query", filter={"left": requests, "operator": "and", "right": users}, limit=100
        )
        keeps = meaning(requests).of_request
        assert keeps is not None
        rows = [row for row in seeded.rows if keeps(row) and row.user_id]
        expected = set()
        for user in {row.user_id for row in rows}:
            own = [row for row in rows if row.user_id == user]
            figures = {
                "user_user_id": user,
                "user_total_requests": len(own),
                "user_total_prompt_tokens": sum(row.prompt_tokens or 0 for row in own),
                "user_cost": sum(row.cost_nanodollars or 0 for row in own) / 1e9,
            }
            if holds_of(users, figures, own):
                expected.add(user)
        assert {row["user_id"] for row in found["users"]} == expected

    check()
