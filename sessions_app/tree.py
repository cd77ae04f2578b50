"""The tree of a session: from its steps, in whatever order they came, to nodes. Pure, and without recursion.

A step stands below the step that its parent span is, where the session has that one; else in the place that its path
says; else at the top. What is there makes the tree: when a parent comes late, the next tree has its children below it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from sessions_app.attempts import group_attempts

# A path of 500 characters may name 250 folders; so many steps with paths of their own must not fill the memory.
MOST_FOLDERS = 100_000


class Step(NamedTuple):
    """One request of a session, as far as the tree needs it. The first three are its place in order."""

    start_us: int  # since the epoch, as the client or the gateway sent it
    id: str
    latency_ms: int
    first_token_ms: int | None
    path: str
    trace_id: str
    span_id: str
    parent_span_id: str
    kind: str  # an ingest_app.events.SpanKind
    span_name: str
    model: str
    provider: str
    status: int
    is_error: bool
    cost_nanodollars: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cache_read_tokens: int | None
    user_id: str

    @property
    def end_us(self) -> int:
        """Returns when it ended, in microseconds since the epoch."""
        return self.start_us + self.latency_ms * 1000

    @property
    def tokens(self) -> int | None:
        """Returns all tokens in and out, None when none were reported."""
        if self.prompt_tokens is None and self.completion_tokens is None:
            return None
        return (self.prompt_tokens or 0) + (self.completion_tokens or 0)


class Role(StrEnum):
    """What a node is."""

    STEP = "step"  # a request
    FOLDER = "folder"  # a path that has no request of its own, or several
    ATTEMPTS = "attempts"  # a step that failed and was repeated: its children are the attempts, in order


@dataclass(slots=True, eq=False)
class Node:
    """A node of the tree. Its sums are of its own step and of all below it.

    The time of a step is shown as it was sent, whatever its children say; that of a folder, or of attempts, is from the
    first start to the last end below it.
    """

    role: Role
    path: str  # "/a/b"; "" at the top
    step: Step | None
    start_us: int
    end_us: int
    first_us: int  # of all from here down
    last_us: int
    children: "list[Node]"
    steps: int
    errors: int
    cost_nanodollars: int | None  # None: no cost is known from here down
    tokens: int | None
    is_below_span: bool = False  # by its parent span, not by its path
    depth: int = 0
    is_critical: bool = False  # set by sessions_app.timing

    @property
    def key(self) -> str:
        """Returns a name for the node that stays its own when more steps arrive."""
        if self.step is not None:
            return self.step.id
        if self.role is Role.ATTEMPTS:
            return f"attempts {self.children[0].key}"
        return self.path


@dataclass(frozen=True, slots=True)
class Tree:
    """The nodes at the top, and all nodes, each directly before what is below it."""

    roots: list[Node]
    nodes: list[Node]


def build_tree(steps: Iterable[Step], *, most_folders: int = MOST_FOLDERS) -> Tree:
    """Returns the tree of `steps`: the same for every order of them. Siblings are in the order of their start.

    Where paths name more than `most_folders`, steps stand in the nearest folder that there is.
    """
    ordered = sorted(steps, key=_BY_START)
    paths = {path: normal_path(path) for path in {step.path for step in ordered}}
    nodes = [_step_node(step, paths[step.path]) for step in ordered]
    parents = span_parents(ordered)
    placed = [node for node, parent in zip(nodes, parents, strict=True) if parent is None]
    roots = _placed_by_path(placed, most_folders)
    for node, parent in zip(nodes, parents, strict=True):
        if parent is not None:
            node.is_below_span = True
            nodes[parent].children.append(node)
    found = _walked(roots)
    for node in reversed(found):
        if node.children:
            _add_children(node)
    for node in found:
        if len(node.children) > 1:
            _arrange(node.children, has_errors=node.errors > 0)
    _arrange(roots, has_errors=True)
    return Tree(roots, _walked(roots))


def _arrange(siblings: list[Node], *, has_errors: bool) -> None:
    # Most are in order already, and their keys cost more than this look at them.
    if any(one.start_us >= other.start_us for one, other in pairwise(siblings)):
        siblings.sort(key=_sibling_key)
    if has_errors:
        siblings[:] = group_attempts(siblings, as_one=_attempts)


def _step_node(step: Step, path: str) -> Node:
    start_us = step.start_us
    end_us = start_us + step.latency_ms * 1000
    errors, cost = int(step.is_error), step.cost_nanodollars
    return Node(Role.STEP, path, step, start_us, end_us, start_us, end_us, [], 1, errors, cost, step.tokens)


def normal_path(path: str) -> str:
    """Returns `path` with one slash before each of its parts and none at its end; "" for the top."""
    return "".join([f"/{part}" for part in path.split("/") if part])


def span_parents(steps: Sequence[Step]) -> list[int | None]:
    """Returns for each of `steps`, which are in order, the index of the step that its parent span is, else None.

    Of several steps with one span id the first counts. Of a circle of parents its first step is taken out.
    """
    index_of: dict[tuple[str, str], int] = {}
    for index, step in enumerate(steps):
        if step.span_id:
            index_of.setdefault((step.trace_id, step.span_id), index)
    parents = [
        index_of.get((step.trace_id, step.parent_span_id)) if step.parent_span_id else None for step in steps
    ]
    _open_circles(parents)
    return parents


def _open_circles(parents: list[int | None]) -> None:
    seen_in = [0] * len(parents)  # the number of the walk that came by; 0: none yet
    for start in range(len(parents)):
        walk: list[int] = []
        at: int | None = start
        while at is not None and not seen_in[at]:
            seen_in[at] = start + 1
            walk.append(at)
            at = parents[at]
        if at is not None and seen_in[at] == start + 1:
            parents[min(walk[walk.index(at) :])] = None


def _placed_by_path(nodes: Sequence[Node], most_folders: int) -> list[Node]:
    """Returns the nodes at the top, with all others of `nodes` and the folders that their paths need below them."""
    by_path: dict[str, list[Node]] = {}
    for node in nodes:
        by_path.setdefault(node.path, []).append(node)
    inner: dict[str, Node] = {}
    for path in by_path:
        above = _above(path)
        while above and above not in inner and len(inner) < most_folders:
            own = by_path.get(above, [])
            # A path with one request is that request; with several they are children of the path, as others are.
            inner[above] = own[0] if len(own) == 1 else _grouping(Role.FOLDER, above, [])
            above = _above(above)
    roots: list[Node] = []

    def siblings_of(path: str) -> list[Node]:
        folder = _above(path)
        while folder and folder not in inner:
            folder = _above(folder)
        return inner[folder].children if folder else roots

    for path, node in inner.items():
        siblings_of(path).append(node)
    for path, own in by_path.items():
        if path not in inner:
            siblings_of(path).extend(own)
        elif inner[path].role is Role.FOLDER:
            inner[path].children.extend(own)
    return roots


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _walked(roots: Sequence[Node]) -> list[Node]:
    """Returns all nodes, each directly before what is below it, with their depths set."""
    found: list[Node] = []
    waiting = list(reversed(roots))
    while waiting:
        node = waiting.pop()
        found.append(node)
        if node.children:
            depth = node.depth + 1
            for child in node.children:
                child.depth = depth
            waiting.extend(reversed(node.children))
    return found


def _grouping(role: Role, path: str, children: list[Node]) -> Node:
    return Node(role, path, None, 0, 0, 0, 0, children, 0, 0, None, None)


def _attempts(chain: list[Node]) -> Node:
    node = _grouping(Role.ATTEMPTS, chain[0].path, chain)
    node.is_below_span = chain[0].is_below_span
    _add_children(node)
    node.start_us, node.end_us = chain[0].start_us, max([attempt.end_us for attempt in chain])
    return node


def _add_children(node: Node) -> None:
    """Add the sums of what is below a node; one without a step takes its time from there, too."""
    first_us, last_us = node.children[0].first_us, node.children[0].last_us
    cost, tokens = node.cost_nanodollars, node.tokens
    for child in node.children:
        if child.first_us < first_us:
            first_us = child.first_us
        if child.last_us > last_us:
            last_us = child.last_us
        node.steps += child.steps
        node.errors += child.errors
        if child.cost_nanodollars is not None:
            cost = child.cost_nanodollars + (cost or 0)
        if child.tokens is not None:
            tokens = child.tokens + (tokens or 0)
    node.cost_nanodollars, node.tokens = cost, tokens
    if node.step is None:
        node.start_us, node.end_us = node.first_us, node.last_us = first_us, last_us
    else:
        node.first_us, node.last_us = min(node.start_us, first_us), max(node.end_us, last_us)


_BY_START = itemgetter(0, 1)


def _sibling_key(node: Node) -> tuple[int, str]:
    # Folders, whose key begins with a slash, come before steps that start at the same time.
    return node.start_us, node.key
