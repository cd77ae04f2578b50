"""Filters in all their forms choose the rows that plain Python chooses."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_app import actions
from tests.api import Api
from tests.conftest import Stack
from tests.events import log
from tests.filter_oracle import (
    FLAGS,
    NUMBERS,
    TEXTS,
    TIMES,
    Leaf,
    Node,
    Row,
    Spec,
    as_query,
    as_text,
    matches,
    tree_text,
)
from tests.filter_rows import (
    COUNTS,
    FIRST_TOKENS,
    LATENCIES,
    MODELS,
    PATHS,
    PROPERTIES,
    PROVIDERS,
    SCORES,
    SESSIONS,
    STATUSES,
    URLS,
    USERS,
    N,
    made_event,
    wanted_costs,
)
from tests.fuzzing import fuzz
from tests.live import Tenant

VALUES: dict[str, tuple[Any, ...]] = {
    "model": MODELS,
    "provider": PROVIDERS,
    "user": USERS,
    "session": SESSIONS,
    "url": URLS,
    "path": PATHS,
    "answered by": MODELS,
    "status": STATUSES,
    "latency": (*LATENCIES, 700),
    "ttft": (*FIRST_TOKENS[2:], 300),
    "cost": tuple(wanted_costs()),
    "tokens": (0, 1, 2, 1000, 1999, 2000),
    "prompt": COUNTS,
}
NAMES = (
    *(f"property.{name}" for name in PROPERTIES if '"' not in name),
    "property.ENVIRONMENT",
    "property.none",
)
PIECES = tuple(
    sorted({text[a:b] for text in (*MODELS, *USERS) for a in range(3) for b in range(a + 1, a + 4)} - {""})
)
IN_EVERY_FORM = [name for name in (*TEXTS, *NUMBERS) if name != "session"]


@pytest.fixture
def made_rows(
    stack: Stack, organization: Tenant, wait_for_rows: Callable[..., list]
) -> tuple[Api, list[Row]]:
    """A REST caller, and all rows as REST tells them."""
    log(*(made_event(organization.id, n) for n in range(N)))
    for n, stored in enumerate(wait_for_rows(organization.id, N)):
        choose = random.Random(n).choice
        for name, values in SCORES.items():
            if choose((True, False)):
                actions.set_score(
                    organization_id=organization.id, id=stored.id, name=name, value=choose(values)
                )
        if (thumb := choose((True, False, None))) is not None:
            actions.set_feedback(organization_id=organization.id, id=stored.id, is_positive=thumb)
    api = Api(stack.url, organization.api_key)
    rows = api.rows(limit=1000)
    assert len(rows) == N
    return api, rows


# What is asked for


def texts(names: tuple[str, ...] | list[str]) -> st.SearchStrategy[Spec]:
    operators = ("=", "prefix", "contains", "like", "ilike")
    return st.builds(
        lambda name, operator, whole, piece, tail: Leaf(
            name,
            operator,
            _wanted_text(operator, whole(VALUES.get(name, PROPERTIES["Environment"])), piece, tail),
        ),
        st.sampled_from(names),
        st.sampled_from(operators),
        st.sampled_from(
            (lambda values: values[0], lambda values: values[-1], lambda values: values[len(values) // 2])
        ),
        st.sampled_from(PIECES),
        st.sampled_from(("%", "_", "%a%", "\\%")),
    )


def _wanted_text(operator: str, whole: str, piece: str, tail: str) -> str:
    if operator == "=":
        return whole
    if operator in {"like", "ilike"}:
        return tail + piece.rstrip("\\") + tail
    return piece


def numbers() -> st.SearchStrategy[Spec]:
    return st.sampled_from(list(NUMBERS)).flatmap(
        lambda name: st.builds(
            Leaf, st.just(name), st.sampled_from(("=", ">", ">=", "<", "<=")), st.sampled_from(VALUES[name])
        )
    )


def times(rows: list[Row]) -> st.SearchStrategy[Spec]:
    moments = [datetime.fromisoformat(row["created_at"]) for row in rows[::20]]
    wanted = [*moments, *(moment + timedelta(microseconds=1) for moment in moments)]
    return st.builds(
        Leaf, st.sampled_from(list(TIMES)), st.sampled_from((">", ">=", "<", "<=")), st.sampled_from(wanted)
    )


def negatable() -> st.SearchStrategy[Spec]:
    """What Helicone can negate: equals and contains."""
    names = [name for name in TEXTS if name != "session"] + list(NAMES)
    leaves = texts(names).filter(lambda leaf: leaf.operator in {"=", "contains"})
    exists = st.builds(Leaf, st.sampled_from(NAMES), st.just("exists"), st.none())
    equal = numbers().filter(lambda leaf: leaf.operator == "=")
    return st.builds(lambda leaf: Node("not", (leaf,)), leaves | exists | equal)


def common(rows: list[Row]) -> st.SearchStrategy[Spec]:
    """Conditions that every form can write."""
    names = [name for name in TEXTS if name != "session"]
    exists = st.builds(Leaf, st.sampled_from(NAMES), st.just("exists"), st.none())
    return texts(names) | texts(NAMES) | numbers() | times(rows) | negatable() | exists | scores()


def scores() -> st.SearchStrategy[Spec]:
    names = [f"score.{name}" for name in (*SCORES, "none")]
    operators = ("=", ">", ">=", "<", "<=")
    return st.builds(
        Leaf, st.sampled_from(names), st.sampled_from(operators), st.sampled_from((-1, 0, 1, 4, 4.5))
    )


def only_text(rows: list[Row]) -> st.SearchStrategy[Spec]:
    """Conditions that the text form has beside the common ones."""
    flags = st.builds(Leaf, st.sampled_from(list(FLAGS)), st.just("="), st.booleans())
    classes = st.builds(
        Leaf, st.just("status"), st.just("class"), st.sampled_from(("success", "error", "cancelled", "4xx"))
    )
    feedback = st.builds(Leaf, st.just("feedback"), st.just("="), st.sampled_from(("up", "down", "none")))
    has = st.sampled_from(("latency", "cost", "ttft", "tokens", "score.quality"))
    exists = st.builds(Leaf, has, st.just("exists"), st.none())
    return common(rows) | flags | classes | feedback | exists | texts(["session"])


def trees(leaves: st.SearchStrategy[Spec], *, negates: bool) -> st.SearchStrategy[Spec]:
    def grown(parts: st.SearchStrategy[Spec]) -> st.SearchStrategy[Spec]:
        several = st.lists(parts, min_size=2, max_size=4).map(tuple)
        joined = st.builds(Node, st.sampled_from(("and", "or")), several)
        return joined | st.builds(lambda part: Node("not", (part,)), parts) if negates else joined

    return st.recursive(leaves, grown, max_leaves=8)


# What is found


def found(api: Api, **query: Any) -> list[str]:
    return [row["request_id"] for row in api.rows(limit=1000, **query)]


def expected(rows: list[Row], spec: Spec) -> list[str]:
    return [row["request_id"] for row in rows if matches(spec, row)]


def test_conditions_mean_the_same_in_text_query_string_and_json(made_rows: tuple[Api, list[Row]]) -> None:
    api, rows = made_rows

    @fuzz
    @given(st.lists(common(rows), min_size=1, max_size=3))
    def check(conditions: list[Spec]) -> None:
        spec = conditions[0] if len(conditions) == 1 else Node("and", tuple(conditions))
        wanted = expected(rows, spec)
        assert found(api, range="30d", q=as_text(spec)) == wanted
        assert found(api, range="30d", filter=tree_text(spec)) == wanted
        parameters: dict[str, list[str]] = {"range": ["30d"]}
        for name, value in as_query(conditions):
            parameters.setdefault(name, []).append(value)
        if all(
            value or name.startswith("property.") for name, values in parameters.items() for value in values
        ):
            assert found(api, **parameters) == wanted

    check()


def test_nested_conditions_mean_the_same_in_text_and_json(made_rows: tuple[Api, list[Row]]) -> None:
    api, rows = made_rows

    @fuzz
    @given(trees(common(rows), negates=False))
    def check(spec: Spec) -> None:
        wanted = expected(rows, spec)
        assert found(api, range="30d", q=as_text(spec)) == wanted
        assert found(api, range="30d", filter=tree_text(spec)) == wanted

    check()


def test_the_text_form_negates_anything(made_rows: tuple[Api, list[Row]]) -> None:
    api, rows = made_rows

    @fuzz
    @given(trees(only_text(rows), negates=True))
    def check(spec: Spec) -> None:
        assert found(api, range="30d", q=as_text(spec)) == expected(rows, spec)

    check()
