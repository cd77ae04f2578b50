"""Two sessions side by side: the same steps as pairs, and where they part."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.compare import Pair, compare, first_difference
from sessions_app.tree import Step, Tree, build_tree
from tests.events import chat_event, log, wait_until
from tests.live import Stack, Tenant
from tests.web_client import WebClient

_ids = count(1)


def step(path: str, at_s: float = 0, **changes: Any) -> Step:
    fields: dict[str, Any] = {
        "start_us": round(at_s * 1e6), "id": f"{next(_ids):032x}", "latency_ms": 1000, "first_token_ms": None,
        "path": path, "trace_id": "", "span_id": "", "parent_span_id": "", "kind": "", "span_name": "",
        "model": "gpt-4o", "provider": "openai", "status": 200, "is_error": False, "cost_nanodollars": 10,
        "prompt_tokens": 1, "completion_tokens": 1, "cache_read_tokens": None, "user_id": "",
    }  # fmt: skip
    return Step(**{**fields, **changes})


def tree(*steps: Step) -> Tree:
    return build_tree(steps)


def outline(pairs: list[Pair]) -> list[tuple[str, str]]:
    return [(pair.label, pair.difference) for pair in pairs]


def test_steps_on_one_path_are_pairs_in_whatever_order_they_ran() -> None:
    a = tree(step("/plan", 0), step("/read", 1), step("/search", 2))
    b = tree(step("/plan", 100), step("/search", 101), step("/read", 102))
    assert outline(compare(a, b)) == [("/plan", ""), ("/read", ""), ("/search", "")]


def test_time_and_cost_of_a_pair_are_compared() -> None:
    a, b = tree(step("/x", latency_ms=100)), tree(step("/x", latency_ms=250, cost_nanodollars=4))
    (pair,) = compare(a, b)
    assert (pair.latency_ms, pair.cost_nanodollars) == (150, -6)


def test_a_cost_that_is_not_known_is_not_compared() -> None:
    (pair,) = compare(tree(step("/x", cost_nanodollars=None)), tree(step("/x")))
    assert pair.cost_nanodollars is None


def test_a_step_that_only_one_took_stands_in_its_place() -> None:
    a = tree(step("/plan", 0), step("/answer", 2))
    b = tree(step("/plan", 0), step("/check", 1), step("/answer", 2))
    pairs = compare(a, b)
    assert outline(pairs) == [("/plan", ""), ("/check", "only in B"), ("/answer", "")]
    assert first_difference(pairs) == 1


def test_a_failed_attempt_does_not_shift_what_follows() -> None:
    failed = {"status": 429, "is_error": True}
    a = tree(step("/x", 0), step("/x", 1))
    b = tree(step("/x", 0), step("/x", 1, **failed), step("/x", 3))
    assert [pair.difference for pair in compare(a, b)] == ["", "only in B", ""]


def test_a_step_that_failed_in_one_of_them() -> None:
    pairs = compare(tree(step("/x", status=500, is_error=True)), tree(step("/x")))
    assert [pair.difference for pair in pairs] == ["failed in A"]


def test_one_request_on_a_path_is_the_first_of_several() -> None:
    a = tree(step("/read", 0), step("/read", 1))
    b = tree(step("/read", 0))
    assert [pair.difference for pair in compare(a, b)] == ["", "only in A"]


def test_spans_are_pairs_by_the_names_above_them() -> None:
    def run(start: float) -> Tree:
        return tree(
            step("", start, kind="agent", span_name="run", span_id=f"{start}r", trace_id="t"),
            step("", start + 1, kind="tool", span_name="search", span_id=f"{start}s", trace_id="t",
                 parent_span_id=f"{start}r"),
        )  # fmt: skip

    assert outline(compare(run(0), run(50))) == [("run", ""), ("search", "")]


_STEPS = st.lists(
    st.tuples(st.sampled_from(["/a", "/a/b", "/c", ""]), st.integers(0, 5), st.booleans()), max_size=12
)


@settings(deadline=None)
@given(_STEPS, _STEPS)
def test_every_step_is_in_one_pair(
    some: list[tuple[str, int, bool]], others: list[tuple[str, int, bool]]
) -> None:
    a, b = (
        [step(path, at, is_error=failed, status=500 if failed else 200) for path, at, failed in steps]
        for steps in (some, others)
    )
    pairs = compare(tree(*a), tree(*b))
    assert sorted(pair.a.id for pair in pairs if pair.a) == sorted(one.id for one in a)
    assert sorted(pair.b.id for pair in pairs if pair.b) == sorted(one.id for one in b)
    same = compare(tree(*a), tree(*a))
    assert first_difference(same) is None


def answer(words: str) -> dict[str, Any]:
    body = {"object": "chat.completion", "choices": [{"message": {"role": "assistant", "content": words}}]}
    raw = json.dumps(body).encode()
    return {"response_body": raw, "response_bytes": len(raw)}


@pytest.fixture
def sessions(organization: Tenant, wait_for_rows: Callable[..., object]) -> Callable[..., None]:
    """Returns a function that logs sessions: for each its id, and the changes of its requests."""

    def make(**requests: list[dict[str, Any]]) -> None:
        events = [
            chat_event(organization.id, **{"session_id": session, "session_name": "Run", **changes})
            for session, all_changes in requests.items()
            for changes in all_changes
        ]
        log(*events)
        wait_for_rows(organization.id, len(events))

    return make


@pytest.fixture
def get(stack: Stack, organization: Tenant) -> Callable[[str], str]:
    """Returns a function that reads a page of the organization's sessions."""
    client = WebClient(stack.url, organization.owner)

    def read(path: str) -> str:
        page = wait_until(lambda: _found(client.get(f"/o/{organization.organization.slug}/sessions/{path}")))
        return str(page)

    return read


def _found(page: Any) -> str:
    return page.text if page.status == 200 else ""


def test_the_first_difference_may_be_in_what_was_said(
    sessions: Callable[..., None], get: Callable[[str], str]
) -> None:
    sessions(
        s1=[{"session_path": "/plan"}, {"session_path": "/do", **answer("yes")}, {"session_path": "/end"}],
        s2=[{"session_path": "/plan"}, {"session_path": "/do", **answer("no")}, {"session_path": "/other"}],
    )
    page = get("compare/?a=s1&b=s2")
    assert "step 2, /do</a>: answered differently" in page
    assert "first difference: answered differently" in page
    assert "only in A" in page


def test_two_sessions_that_did_the_same(sessions: Callable[..., None], get: Callable[[str], str]) -> None:
    sessions(s1=[{"session_path": "/plan"}], s2=[{"session_path": "/plan"}])
    assert "took the same steps" in get("compare/?a=s1&b=s2")


def test_the_other_session_is_chosen_among_those_of_the_same_name(
    sessions: Callable[..., None], get: Callable[[str], str]
) -> None:
    sessions(s1=[{}], s2=[{}], s3=[{"session_name": "Else"}])
    page = get("compare/?a=s1")
    same, _, others = page.partition("Of other names")
    assert "?a=s1&amp;b=s2" in same
    assert "?a=s1&amp;b=s3" in others


def test_the_other_session_is_found_by_a_filter(
    sessions: Callable[..., None], get: Callable[[str], str]
) -> None:
    sessions(s1=[{}], s2=[{}], s3=[{}, {}])
    page = get("compare/?a=s1&q=requests>1")
    assert "?a=s1&amp;b=s3" in page
    assert "b=s2" not in page
    assert "There is no field" in get("compare/?a=s1&q=colour:red")


def test_a_session_that_does_not_exist_is_named(
    sessions: Callable[..., None], get: Callable[[str], str]
) -> None:
    sessions(s1=[{}])
    page = get("compare/?a=s1&b=gone")
    assert "There is no session <code>gone</code>" in page


def test_no_session_of_somebody_else_can_be_compared(
    make_tenant: Callable[[], Tenant], sessions: Callable[..., None], get: Callable[[str], str],
    wait_for_rows: Callable[..., object],
) -> None:  # fmt: skip
    other = make_tenant()
    log(chat_event(other.id, session_id="theirs"))
    wait_for_rows(other.id)
    sessions(s1=[{}])
    assert "There is no session <code>theirs</code>" in get("compare/?a=s1&b=theirs")
