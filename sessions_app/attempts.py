"""Steps that failed and were done again: which of a node's children are attempts at the same thing."""

import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sessions_app.tree import Node

# Latencies are rounded to milliseconds: what follows at once may seem to start a little before the end.
ROUNDING_US = 1000


def group_attempts(siblings: "list[Node]", *, as_one: "Callable[[list[Node]], Node]") -> "list[Node]":
    """Returns `siblings`, in the order of their start, with each chain of attempts as the node that `as_one` makes.

    A step is another attempt at one with the same path, kind, name and model that failed before it started, and that
    nothing else is yet the next attempt at; of several such, at the one that failed first.
    """
    if not any(node.step is not None and node.step.is_error for node in siblings):
        return siblings
    chains: dict[int, list[Node]] = {}
    failed: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for place, node in enumerate(siblings):
        step = node.step
        if step is None:
            continue
        waiting = failed.setdefault((node.path, step.kind, step.span_name, step.model), [])
        first = place
        if waiting and waiting[0][0] <= node.start_us + ROUNDING_US:
            first = heapq.heappop(waiting)[1]
        chains.setdefault(first, []).append(node)
        if step.is_error:
            heapq.heappush(waiting, (node.end_us, first))
    later = {id(node) for chain in chains.values() for node in chain[1:]}
    return [
        as_one(chains[place]) if len(chains.get(place, ())) > 1 else node
        for place, node in enumerate(siblings)
        if id(node) not in later
    ]
