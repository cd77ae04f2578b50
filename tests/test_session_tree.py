"""The tree of a session: what stands below what, sums, attempts, critical path and idle time."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.timing import idle_spans, mark_critical_path
from sessions_app.tree import Node, Role, Step, Tree, build_tree
from tests.sessions_of_steps import START_US, Reference, names, step

SPANS = st.sampled_from(["", "a", "b", "c", "d"])
STEPS = st.lists(
    st.builds(
        dict,
        at_ms=st.integers(0, 6),
        path=st.sampled_from(["", "/", "x", "/x", "/x/", "/x/y", "//x//y/", "/x/y/z", "/q/🙂", "/q"]),
        trace_id=st.sampled_from(["", "t"]),
        span_id=SPANS,
        parent_span_id=SPANS,
        cost_nanodollars=st.one_of(st.none(), st.integers(0, 5)),
    ),
    max_size=12,
).map(lambda all_changes: [step(number, **changes) for number, changes in enumerate(all_changes)])


def tree_of(*steps: Step) -> list[object]:
    return names(build_tree(steps).roots)


def node(tree: Tree, number: int) -> Node:
    """Returns the node of the step with this number."""
    wanted = step(number).id
    return next(node for node in tree.nodes if node.step is not None and node.step.id == wanted)


@given(STEPS, st.randoms(use_true_random=False))
def test_any_order_of_arrival_makes_the_tree_that_the_rules_say(
    steps: list[Step], rng: random.Random
) -> None:
    shuffled = rng.sample(steps, len(steps))
    assert names(build_tree(shuffled).roots) == Reference(steps).tree()


@given(STEPS)
def test_every_step_stands_in_the_tree_once_and_the_sums_add_up(steps: list[Step]) -> None:
    tree = build_tree(steps)
    assert sorted(node.step.id for node in tree.nodes if node.step) == sorted(step.id for step in steps)
    assert sum(root.steps for root in tree.roots) == len(steps)
    assert sum(root.cost_nanodollars or 0 for root in tree.roots) == sum(
        step.cost_nanodollars or 0 for step in steps
    )
    for root in tree.nodes:
        assert root.steps == sum(child.steps for child in root.children) + (root.step is not None)


def test_a_path_stands_below_the_path_before_it() -> None:
    assert tree_of(step(1, path="/research"), step(2, path="/research/analysis")) == [[1, [2]]]


def test_a_path_without_a_request_of_its_own_stands_with_the_sums_of_its_children() -> None:
    tree = build_tree(
        [
            step(1, path="/research/plan", at_ms=100, latency_ms=50, cost_nanodollars=3, prompt_tokens=10),
            step(2, path="/research/write", at_ms=900, latency_ms=100, cost_nanodollars=4, is_error=True),
        ]
    )
    folder = tree.roots[0]
    assert names(tree.roots) == [["/research", [1, 2]]]
    assert (folder.role, folder.steps, folder.errors) == (Role.FOLDER, 2, 1)
    assert (folder.cost_nanodollars, folder.tokens) == (7, 10)
    assert (folder.start_us - START_US, folder.end_us - START_US) == (100_000, 1_000_000)


def test_the_same_path_several_times_is_several_children() -> None:
    assert tree_of(step(1, path="/a/b"), step(2, path="/a/b"), step(3, path="/a/b")) == [["/a", [1, 2, 3]]]


def test_requests_of_one_path_stand_beside_what_is_below_it() -> None:
    assert tree_of(step(1, path="/a"), step(2, path="/a"), step(3, path="/a/b")) == [["/a", [1, 2, 3]]]


@pytest.mark.parametrize("path", ["a/b", "/a/b/", "//a///b", "a/b/"])
def test_slashes_that_are_missing_or_too_many_change_nothing(path: str) -> None:
    assert tree_of(step(1, path="/a"), step(2, path=path)) == [[1, [2]]]


@pytest.mark.parametrize("path", ["", "/", "///"])
def test_a_step_without_a_path_stands_at_the_top(path: str) -> None:
    assert tree_of(step(1, path=path), step(2, path="/a")) == [1, 2]


def test_a_path_of_sixty_levels_with_emoji_is_as_deep() -> None:
    tree = build_tree([step(1, path="/🙂" * 60)])
    assert [node.depth for node in tree.nodes] == list(range(60))
    assert tree.nodes[-1].path == "/🙂" * 60


@given(STEPS, st.integers(0, 3))
def test_with_too_many_folders_steps_stand_in_the_nearest_one(steps: list[Step], most: int) -> None:
    tree = build_tree(steps, most_folders=most)
    assert sum(node.role is Role.FOLDER for node in tree.nodes) <= most
    assert sorted(node.step.id for node in tree.nodes if node.step) == sorted(step.id for step in steps)


def test_the_parent_span_counts_more_than_the_path() -> None:
    parent = step(1, path="/a", span_id="p")
    assert tree_of(parent, step(2, path="/b/c", span_id="q", parent_span_id="p")) == [[1, [2]]]


def test_a_parent_span_of_another_trace_is_not_the_parent() -> None:
    parent = step(1, path="/a", span_id="p", trace_id="t")
    assert tree_of(parent, step(2, path="/b", parent_span_id="p", trace_id="u")) == [1, 2]


def test_a_step_waits_in_the_place_of_its_path_until_its_parent_is_there() -> None:
    child = step(1, path="/a/b", span_id="q", parent_span_id="p")
    assert tree_of(child) == [["/a", [1]]]
    assert tree_of(child, step(2, path="/z", span_id="p")) == [[2, [1]]]


def test_a_step_that_is_its_own_parent_stands_in_the_place_of_its_path() -> None:
    assert tree_of(step(1, path="/a/b", span_id="p", parent_span_id="p")) == [["/a", [1]]]


def test_a_circle_of_parents_begins_with_its_first_step() -> None:
    circle = [
        step(number, span_id=f"s{number}", parent_span_id=f"s{(number + 1) % 3}", path=f"/{number}")
        for number in range(3)
    ]
    assert tree_of(*circle) == tree_of(*reversed(circle)) == [[0, [[2, [1]]]]]


def test_two_clocks_are_shown_as_they_were_sent() -> None:
    tree = build_tree(
        [
            step(1, at_ms=100, latency_ms=100, span_id="p"),
            step(2, at_ms=50, latency_ms=300, span_id="q", parent_span_id="p"),
        ]
    )
    shown = [((n.start_us - START_US) // 1000, (n.end_us - START_US) // 1000) for n in tree.nodes]
    assert shown == [(100, 200), (50, 350)]


def test_a_retry_stands_with_what_it_repeats() -> None:
    tree = build_tree(
        [
            step(1, path="/read", at_ms=0, latency_ms=100, is_error=True),
            step(2, path="/read", at_ms=20, latency_ms=500),  # at the same time, not after
            step(3, path="/read", at_ms=300, latency_ms=100, is_error=True, cost_nanodollars=1),
            step(4, path="/read", at_ms=900, latency_ms=100, cost_nanodollars=2),
            step(5, path="/read", at_ms=2000),  # nothing failed any more
        ]
    )
    assert names(tree.roots) == [["attempts", [1, 3, 4]], 2, 5]
    attempts = tree.roots[0]
    assert (attempts.steps, attempts.errors, attempts.cost_nanodollars) == (3, 2, 3)
    assert (attempts.start_us - START_US, attempts.end_us - START_US) == (0, 1_000_000)


@pytest.mark.parametrize("changes", [{"path": "/b"}, {"model": "gpt-4o-mini"}, {"kind": "tool"}])
def test_something_else_is_no_retry(changes: dict[str, str]) -> None:
    failed = step(1, path="/a", is_error=True)
    assert tree_of(failed, step(2, **{"path": "/a"} | changes)) == [1, 2]


def critical(*steps: Step) -> set[int]:
    tree = build_tree(steps)
    mark_critical_path(tree)
    return {int(node.step.id[:8], 16) for node in tree.nodes if node.is_critical and node.step}


def test_the_critical_path_leaves_out_what_others_were_waited_for_anyway() -> None:
    assert critical(
        step(1, path="/plan", at_ms=0, latency_ms=100),
        step(2, path="/quick", at_ms=100, latency_ms=50),
        step(3, path="/slow", at_ms=100, latency_ms=400),
        step(4, path="/report", at_ms=500, latency_ms=100),
    ) == {1, 3, 4}


def test_the_critical_path_goes_on_below_its_nodes() -> None:
    assert critical(
        step(1, at_ms=0, latency_ms=1000, span_id="run", kind="agent"),
        step(2, at_ms=0, latency_ms=300, span_id="a", parent_span_id="run"),
        step(3, at_ms=0, latency_ms=200, span_id="b", parent_span_id="run"),
        step(4, at_ms=300, latency_ms=700, span_id="c", parent_span_id="run"),
    ) == {1, 2, 4}


def idle(*steps: Step) -> list[tuple[int, int]]:
    return [((a - START_US) // 1000, (b - START_US) // 1000) for a, b in idle_spans(build_tree(steps))]


def test_time_is_idle_when_no_step_runs() -> None:
    found = idle(
        step(1, at_ms=0, latency_ms=100), step(2, at_ms=50, latency_ms=100), step(3, at_ms=400, latency_ms=10)
    )
    assert found == [(150, 400)]


def test_an_agent_that_waits_for_its_steps_does_not_hide_idle_time() -> None:
    run = step(1, at_ms=0, latency_ms=1000, span_id="run", kind="agent")
    assert idle(run) == []
    call = step(2, at_ms=100, latency_ms=200, span_id="a", parent_span_id="run")
    assert idle(run, call) == [(0, 100), (300, 1000)]


def test_fifty_thousand_steps_are_quick_and_a_deep_chain_of_parents_is_no_trouble() -> None:
    steps = [
        step(n, path=f"/a/{n % 20}/{n % 1000}", span_id=f"s{n}", parent_span_id=f"s{n - 1}" if n % 10 else "")
        for n in range(50_000)
    ]
    chain = [step(n, span_id=f"s{n}", parent_span_id=f"s{n - 1}") for n in range(10_000)]
    started = time.process_time()
    tree = build_tree(steps)
    mark_critical_path(tree)
    assert time.process_time() - started < 3  # 0.5 s on a machine that does nothing else
    assert len(tree.nodes) > len(steps)
    deep = build_tree(chain)
    mark_critical_path(deep)
    assert deep.nodes[-1].depth == len(chain) - 1
