"""Where the time of a session went: its critical path, and when nothing ran. Pure, and without recursion."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf

from ingest_app.events import SpanKind
from sessions_app.attempts import ROUNDING_US
from sessions_app.tree import Node, Step, Tree

Spans = list[tuple[int, int]]


def mark_critical_path(tree: Tree) -> None:
    """Set `is_critical` of the nodes without which the session would have ended earlier.

    Among siblings it is the one that ended last, then the one that had ended last when that one started, and so on;
    and likewise below each of those.
    """
    _mark(tree.roots)
    for node in tree.nodes:
        if node.is_critical:
            _mark(node.children)


def _mark(siblings: Sequence[Node]) -> None:
    before_us: float = inf
    for node in sorted(siblings, key=_by_end, reverse=True):
        if node.end_us <= before_us + ROUNDING_US:
            node.is_critical = True
            before_us = min(before_us, node.start_us)


def _by_end(node: Node) -> tuple[int, int, str]:
    return node.end_us, -node.start_us, node.key


def idle_spans(tree: Tree) -> Spans:
    """Returns when no step ran between the first start and the last end, in microseconds since the epoch.

    An agent or a chain runs all the time that its steps take: it counts only when it has none.
    """
    busy = _merged(
        (node.start_us, node.end_us)
        for node in tree.nodes
        if node.step is not None and not (node.step.kind == SpanKind.AGENT and node.children)
    )
    if not busy:
        return []
    first_us = min(node.first_us for node in tree.roots)
    last_us = max(node.last_us for node in tree.roots)
    edges = [(first_us, first_us), *busy, (last_us, last_us)]
    return [(end, start) for (_, end), (start, _) in pairwise(edges) if start - end > ROUNDING_US]


def busy_us(steps: Iterable[Step]) -> int:
    """Returns for how many microseconds at least one of `steps` ran."""
    return sum(end - start for start, end in _merged((step.start_us, step.end_us) for step in steps))


def _merged(spans: Iterable[tuple[int, int]]) -> Spans:
    merged: Spans = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
