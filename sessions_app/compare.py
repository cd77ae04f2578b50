"""Two sessions side by side: which step of the one is which of the other, and where they part. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from ingest_app.events import SpanKind
from sessions_app.labels import label_of
from sessions_app.tree import Node, Role, Step, Tree

# Of one place in the tree; difflib's time grows with the product of both numbers. More are paired in their order.
MAX_ALIGNED = 300


@dataclass(frozen=True, slots=True)
class Pair:
    """A step of one session and the same step of the other; None where one has no such step."""

    a: Step | None
    b: Step | None
    depth: int
    label: str

    @property
    def difference(self) -> str:
        """Returns how the two differ as far as rows tell, "" when they do not."""
        a, b = self.a, self.b
        if a is None or b is None:
            return "only in A" if b is None else "only in B"
        if a.is_error != b.is_error:
            return "failed in A" if a.is_error else "failed in B"
        return "another model" if a.kind == SpanKind.MODEL and a.model != b.model else ""

    @property
    def latency_ms(self) -> int | None:
        """Returns by how much B took longer, None when one of them is missing."""
        return self.b.latency_ms - self.a.latency_ms if self.a and self.b else None

    @property
    def cost_nanodollars(self) -> int | None:
        """Returns by how much B cost more, None when that is not known."""
        if not self.a or not self.b or self.a.cost_nanodollars is None or self.b.cost_nanodollars is None:
            return None
        return self.b.cost_nanodollars - self.a.cost_nanodollars


@dataclass(frozen=True, slots=True)
class _Placed:
    """A step in the tree of its session, and when it began after the session did."""

    step: Step
    depth: int
    label: str
    after_us: int

    @property
    def what(self) -> tuple[str, str, bool]:
        return self.step.kind, self.step.span_name, self.step.is_error


def compare(a: Tree, b: Tree) -> list[Pair]:
    """Returns the steps of both, those in the same place of the trees as pairs, in the order of their start."""
    of_a, of_b = _by_place(a), _by_place(b)
    pairs = [
        pair
        for place in dict.fromkeys([*of_a, *of_b])
        for pair in _aligned(of_a.get(place, []), of_b.get(place, []))
    ]
    pairs.sort(key=lambda pair: min(placed.after_us for placed in pair if placed is not None))
    return [pair for mine, other in pairs for pair in _pair(mine, other)]


def first_difference(pairs: Iterable[Pair]) -> int | None:
    """Returns the index of the first pair whose rows differ, None when none do."""
    return next((index for index, pair in enumerate(pairs) if pair.difference), None)


def _pair(mine: _Placed | None, other: _Placed | None) -> list[Pair]:
    placed = mine or other
    if placed is None:
        return []
    return [Pair(mine.step if mine else None, other.step if other else None, placed.depth, placed.label)]


def _by_place(tree: Tree) -> dict[int, list[_Placed]]:
    """Returns the steps by their place: the names of all nodes above them, and their own."""
    start_us = min((node.first_us for node in tree.roots), default=0)
    found: defaultdict[int, list[_Placed]] = defaultdict(list)
    above: list[tuple[int, Node]] = []  # the places of the nodes above, and they
    for node in tree.nodes:
        del above[node.depth :]
        label = label_of(node)
        parent, place_above = (above[-1][1], above[-1][0]) if above else (None, 0)
        place = place_above if _is_same_place(node, parent) else hash((place_above, label))
        above.append((place, node))
        if node.step is not None:
            found[place].append(_Placed(node.step, node.depth, label, node.start_us - start_us))
    for placed in found.values():
        placed.sort(key=lambda one: (one.after_us, one.step.id))
    return found


def _is_same_place(node: Node, parent: Node | None) -> bool:
    """Returns whether a node stands below one that is only several of its kind: one request has no such above it."""
    if parent is None:
        return False
    return parent.role is Role.ATTEMPTS or (not node.is_below_span and parent.path == node.path)


def _aligned(
    mine: Sequence[_Placed], others: Sequence[_Placed]
) -> list[tuple[_Placed | None, _Placed | None]]:
    if max(len(mine), len(others)) > MAX_ALIGNED:
        return list(zip_longest(mine, others))
    pairs: list[tuple[_Placed | None, _Placed | None]] = []
    matcher = SequenceMatcher(None, [one.what for one in mine], [one.what for one in others], autojunk=False)
    for _, a_start, a_end, b_start, b_end in matcher.get_opcodes():
        pairs += zip_longest(mine[a_start:a_end], others[b_start:b_end])
    return pairs
