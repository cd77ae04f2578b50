"""The rows of a session's tree as the page gets them: the first ones complete, all as numbers for its script."""

from dataclasses import dataclass
from typing import Any

from helicone_site import formats
from ingest_app.events import SpanKind
from sessions_app.labels import detail_of, label_of
from sessions_app.timing import Spans
from sessions_app.tree import Node, Role, Tree

FIRST_ROWS = 200  # more than a screen holds; the script draws those that are in sight
DEEPEST_INDENT = 24
FOLDER = "folder"
MODEL = "model"
# The script knows a kind by its place, which is also that of its name in the rows' classes.
KINDS = [*(kind.value or MODEL for kind in SpanKind), FOLDER]

IS_ERROR, IS_CRITICAL, IS_ATTEMPTS = 1, 2, 4
_WIDTH = 1000  # of the picture of a bar


@dataclass(frozen=True, slots=True)
class Axis:
    """The time that is shown, from the first start to the last end."""

    start_us: int
    length_us: int

    @classmethod
    def of(cls, tree: Tree) -> "Axis":
        """Returns the time of all of `tree`."""
        if not tree.roots:
            return cls(0, 0)
        start_us = min(node.first_us for node in tree.roots)
        return cls(start_us, max(node.last_us for node in tree.roots) - start_us)

    def ms(self, at_us: int) -> int:
        """Returns a time as milliseconds since the start."""
        return (at_us - self.start_us) // 1000

    def place(self, at_us: int) -> float:
        """Returns where in the picture a time is."""
        return round((at_us - self.start_us) * _WIDTH / max(self.length_us, 1), 1)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as the template writes it; what is `_text` is as people read it."""

    place: int
    node: Node
    kind: str
    label: str
    detail: str
    indent: int
    x: float
    width: float
    waiting_width: float  # until the first token
    time_text: str
    cost_text: str
    cost_share: float
    errors_below: int

    @property
    def level(self) -> int:
        """Returns how deep it is, from 1."""
        return self.node.depth + 1

    @property
    def title(self) -> str:
        """Returns the whole path, and how many steps are here and below where it is not one."""
        steps = f"{self.node.steps:,} steps" if self.node.steps > 1 else ""
        return " · ".join(filter(None, [self.node.path, steps]))

    @property
    def exact_time(self) -> str:
        """Returns the milliseconds."""
        return f"{(self.node.end_us - self.node.start_us) // 1000:,} ms"

    @property
    def tokens_text(self) -> str:
        """Returns how many tokens went in and out, empty when none are known."""
        return "" if self.node.tokens is None else f"{self.node.tokens:,} tokens"

    @property
    def is_error(self) -> bool:
        """Returns whether it is a failure itself, and not only above one."""
        return failed(self.node)


def failed(node: Node) -> bool:
    """Returns whether the step failed, or the last of its attempts."""
    step = (node.children[-1] if node.role is Role.ATTEMPTS else node).step
    return step is not None and step.is_error


def kind_of(node: Node) -> str:
    """Returns one of `KINDS`: what the step is, or the step that was attempted."""
    step = (node.children[0] if node.role is Role.ATTEMPTS else node).step
    return FOLDER if step is None else step.kind or MODEL


def errors_below(node: Node) -> int:
    """Returns how many steps below the node failed."""
    return node.errors - (node.step is not None and node.step.is_error)


def first_rows(tree: Tree, axis: Axis) -> list[ShownRow]:
    """Returns the rows that the page has before any script runs."""
    total = sum(node.cost_nanodollars or 0 for node in tree.roots)
    return [_shown(place, node, axis, total) for place, node in enumerate(tree.nodes[:FIRST_ROWS])]


def _shown(place: int, node: Node, axis: Axis, total_nanodollars: int) -> ShownRow:
    x, end = axis.place(node.start_us), axis.place(node.end_us)
    waited_ms = node.step.first_token_ms if node.step is not None else None
    waiting_us = min((waited_ms or 0) * 1000, node.end_us - node.start_us)
    return ShownRow(
        place=place,
        node=node,
        kind=kind_of(node),
        label=label_of(node),
        detail=detail_of(node),
        indent=min(node.depth, DEEPEST_INDENT),
        x=x,
        width=round(end - x, 1),
        waiting_width=round(axis.place(node.start_us + waiting_us) - x, 1),
        time_text=formats.duration((node.end_us - node.start_us) / 1000),
        cost_text=formats.money(node.cost_nanodollars),
        cost_share=round(100 * (node.cost_nanodollars or 0) / max(total_nanodollars, 1), 1),
        errors_below=errors_below(node),
    )


class _Strings:
    """Texts by number, each once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    def all(self) -> list[str]:
        return list(self._numbers)


def drawn(tree: Tree, axis: Axis, idle: Spans) -> dict[str, Any]:
    """Returns all rows for the script, a list for each column; texts stand in it as numbers of `strings`.

    Times are milliseconds since `started_ms`, which is milliseconds since the epoch; costs are nano-dollars.
    """
    strings = _Strings()
    number = strings.number
    kinds = {kind: place for place, kind in enumerate(KINDS)}
    nodes = tree.nodes
    return {
        "started_ms": axis.start_us // 1000,
        "length_ms": axis.length_us / 1000,
        "idle": [[axis.ms(start), axis.ms(end)] for start, end in idle],
        "depth": [node.depth for node in nodes],
        "kind": [kinds[kind_of(node)] for node in nodes],
        "label": [number(label_of(node)) for node in nodes],
        "detail": [number(detail_of(node)) for node in nodes],
        "path": [number(node.path) for node in nodes],
        "start": [axis.ms(node.start_us) for node in nodes],
        "length": [(node.end_us - node.start_us) // 1000 for node in nodes],
        "first": [node.step and node.step.first_token_ms for node in nodes],
        "status": [node.step and node.step.status for node in nodes],
        "flags": [_flags(node) for node in nodes],
        "cost": [node.cost_nanodollars for node in nodes],
        "tokens": [node.tokens for node in nodes],
        "steps": [node.steps for node in nodes],
        "errors": [errors_below(node) for node in nodes],
        "id": [node.step and node.step.id for node in nodes],
        "strings": strings.all(),
    }


def _flags(node: Node) -> int:
    return (
        IS_ERROR * failed(node) + IS_CRITICAL * node.is_critical + IS_ATTEMPTS * (node.role is Role.ATTEMPTS)
    )
