"""Two sessions side by side as their page shows them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from helicone_site import formats
from sessions_app.compare import Pair, compare
from sessions_app.compare_reading import Difference, where_they_part
from sessions_app.models import Session
from sessions_app.steps import read_steps
from sessions_app.tree import Tree, build_tree

SHOWN_PAIRS = 1_000
DEEPEST_INDENT = 12
_MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of both sessions; `difference` with its sign, and in percent of A's where that says something.

    `is_more`: B has more of it; None when it has as much.
    """

    label: str
    a: str
    b: str
    difference: str
    percent: str
    is_more: bool | None


@dataclass(frozen=True, slots=True)
class ShownPair:
    pair: Pair
    number: int
    indent: int
    latency: str
    cost: str
    difference: str
    is_first_difference: bool


class ShownComparison:
    """Made for one rendering."""

    def __init__(self, a: Session, b: Session) -> None:
        self.a, self.b = a, b
        self._pairs = compare(_tree(a), _tree(b))

    @property
    def measures(self) -> list[Measure]:
        a, b = self.a, self.b
        return [
            _measure("Duration", a.duration_ms, b.duration_ms, formats.duration),
            _measure("Cost", a.cost_nanodollars, b.cost_nanodollars, formats.money),
            _measure("Steps", a.requests, b.requests, formats.count),
            _measure("Model calls", a.model_calls, b.model_calls, formats.count),
            _measure("Errors", a.errors, b.errors, formats.count),
            _measure("Tokens in", a.prompt_tokens, b.prompt_tokens, formats.count),
            _measure("Tokens out", a.completion_tokens, b.completion_tokens, formats.count),
        ]

    @cached_property
    def parting(self) -> Difference | None:
        """Where the two part, None when they do not."""
        return where_they_part(self.a.organization_id, self._pairs)

    @property
    def first_pair(self) -> Pair | None:
        return self._pairs[self.parting.at] if self.parting else None

    @property
    def pairs(self) -> list[ShownPair]:
        return [self._shown(pair, index) for index, pair in enumerate(self._pairs[:SHOWN_PAIRS])]

    @property
    def more_pairs(self) -> int:
        return max(0, len(self._pairs) - SHOWN_PAIRS)

    def _shown(self, pair: Pair, index: int) -> ShownPair:
        is_first = self.parting is not None and self.parting.at == index
        how = self.parting.how if self.parting is not None and is_first else pair.difference
        return ShownPair(
            pair,
            index + 1,
            min(pair.depth, DEEPEST_INDENT),
            "" if pair.latency_ms is None else _signed(pair.latency_ms, formats.duration),
            "" if pair.cost_nanodollars is None else _signed(pair.cost_nanodollars, formats.money),
            how,
            is_first,
        )


def _tree(session: Session) -> Tree:
    return build_tree(
        read_steps(
            organization_id=session.organization_id,
            session_id=session.session_id,
            first_at=session.first_at,
            last_at=session.last_at,
        )
    )


def _measure(label: str, a: int, b: int, show: Callable[[int], str]) -> Measure:
    percent = f"{100 * (b - a) / a:+.0f} %".replace("-", _MINUS) if a and a != b else ""
    return Measure(label, show(a), show(b), _signed(b - a, show), percent, None if a == b else b > a)


def _signed(difference: int, show: Callable[[int], str]) -> str:
    """Returns a difference with its sign, "=" for none."""
    if not difference:
        return "="
    return f"{'+' if difference > 0 else _MINUS}{show(abs(difference))}"
