"""The numbers behind the panels: each question is asked once, however many panels show something of its answer."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeVar

from helicone_site.time_limit import TooSlow
from metrics_app.dashboard.comparison import Comparison
from metrics_app.reading import Question, Ranking, Spread, Sums, ranking, spreads, sums
from metrics_app.reading.effort import is_quick
from metrics_app.reading.sums import NOTHING, Key
from metrics_app.scope import Scope
from requests_app.series_colours import TOP

T = TypeVar("T")
_COLUMNS = ("provider", "model", "status")


ROWS = 8  # of a ranked list
# What is shown of the values of something; of very many values the less is added up the better.
_OF_BREAKDOWN = ("requests", "cost_nanodollars")


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The dearest of something, bar by bar, the dearest first; `bars` are all requests, and `left` how many others."""

    shown: dict[str, list[Sums]]
    bars: list[Sums]
    left: int

    @property
    def others(self) -> list[Sums]:
        """Returns all but what is shown, bar by bar: also requests that have no such thing."""
        return [
            one - added(bars[place] for bars in self.shown.values()) for place, one in enumerate(self.bars)
        ]


class Numbers:
    """What a dashboard shows of `scope`, and of what it is compared with. Every property raises TooSlow.

    Charts tell requests apart by `by`, and the list of the dearest by `top`.
    """

    def __init__(self, scope: Scope, comparison: Comparison | None, *, by: str, top: str) -> None:
        self.scope = scope
        self.comparison = comparison
        self.by = by
        self.top = top
        self._is_too_slow = False
        self._grouped: dict[int, dict[Key, Sums]] = {}

    @cached_property
    def is_quick(self) -> bool:
        """Whether most panels are soon known."""
        return is_quick(self.scope.over_time(*_COLUMNS)) and is_quick(self.scope.over_time(), is_spread=True)

    @cached_property
    def is_breakdown_quick(self) -> bool:
        """Whether those are that tell requests apart by what the viewer chose."""
        return self.by in _COLUMNS or is_quick(self.scope.over_time(self.by))

    @cached_property
    def is_top_quick(self) -> bool:
        """Whether the list of the dearest is."""
        return self.top in _COLUMNS or is_quick(self.scope.total(self.top))

    @cached_property
    def are_users_quick(self) -> bool:
        """Whether the list of users is."""
        return is_quick(self.scope.total("user"))

    @cached_property
    def cells(self) -> dict[Key, Sums]:
        """By bar, provider, model and status."""
        return self._asked(sums, self.scope.over_time(*_COLUMNS))

    @cached_property
    def cells_before(self) -> dict[Key, Sums]:
        """Of the comparison: by bar and status."""
        if self.comparison is None:
            return {}
        return self._asked(sums, self.comparison.over_time("status"))

    @cached_property
    def spreads(self) -> dict[Key, Spread]:
        """By bar, with who was seen."""
        return self._asked(_seen, self.scope.over_time())

    @cached_property
    def spread(self) -> Spread | None:
        """Of the whole period."""
        return self._asked(_seen, self.scope.total()).get((0,))

    @cached_property
    def spread_before(self) -> Spread | None:
        """Of the whole period of the comparison."""
        if self.comparison is None:
            return None
        return self._asked(_seen, self.comparison.scope.total()).get((0,))

    @cached_property
    def spreads_before(self) -> dict[Key, Spread]:
        """Of the comparison, by bar."""
        if self.comparison is None:
            return {}
        return self._asked(spreads, self.comparison.over_time())

    @cached_property
    def breakdown(self) -> "Breakdown":
        """What costs are told apart by, bar by bar."""
        if self.by in _COLUMNS:
            found = self.grouped(1 + _COLUMNS.index(self.by))
            by_name = _by_name(found)
            names = _dearest(by_name)[:TOP]
            left = len(by_name) - len(names)
        else:
            ranked = self._ranked(self.by, TOP)
            names = [name for name, _ in ranked.rows]
            left = ranked.values - len(names)
            found = (
                self._asked(partial(sums, measures=_OF_BREAKDOWN, only=names), self.scope.over_time(self.by))
                if names
                else {}
            )
        shown = {
            name: [found.get((bar, _key(self.by, name)), NOTHING) for bar in range(self.scope.bars)]
            for name in names
        }
        return Breakdown(shown, self.bars, left)

    @cached_property
    def dearest(self) -> dict[str, Sums]:
        """What costs most of what the list of the dearest is of, in that order."""
        return self.dearest_of(self.top)

    def dearest_of(self, field: str) -> dict[str, Sums]:
        """Returns what of `field` costs most in the whole period, in that order."""
        if field in _COLUMNS:
            by_name = _by_name(self.grouped(1 + _COLUMNS.index(field)))
            return {name: by_name[name] for name in _dearest(by_name)[:ROWS]}
        return dict(self._ranked(field, ROWS).rows)

    @cached_property
    def errors(self) -> dict[Key, Sums]:
        """By bar and the name of the error."""
        return self._asked(sums, self.scope.over_time("error"))

    @cached_property
    def total(self) -> Sums:
        """Of the whole period."""
        return added(self.cells.values())

    @cached_property
    def total_before(self) -> Sums:
        """Of the whole period of the comparison."""
        return added(self.cells_before.values())

    @cached_property
    def bars(self) -> list[Sums]:
        """Bar by bar."""
        return self._by_bar(self.cells)

    @cached_property
    def bars_before(self) -> list[Sums]:
        """Of the comparison, bar by bar; empty without one."""
        return self._by_bar(self.cells_before) if self.comparison else []

    def grouped(self, place: int) -> dict[Key, Sums]:
        """Returns the cells by bar and what stands at `place` of their keys: 1 provider, 2 model, 3 status."""
        if place not in self._grouped:
            found: dict[Key, list[Sums]] = defaultdict(list)
            for key, one in self.cells.items():
                found[key[0], key[place]].append(one)
            self._grouped[place] = {key: added(ones) for key, ones in found.items()}
        return self._grouped[place]

    def series(
        self, found: dict[Key, Sums], measure: Callable[[Sums], float]
    ) -> dict[str, list[float | None]]:
        """Returns a list of `measure` bar by bar for each name in the keys (bar, name) of `found`."""
        series: dict[str, list[float | None]] = {}
        for (bar, name), one in found.items():
            series.setdefault(str(name), [0.0] * self.scope.bars)[bar] = measure(one)
        return series

    def _by_bar(self, found: dict[Key, Sums]) -> list[Sums]:
        bars: list[list[Sums]] = [[] for _ in range(self.scope.bars)]
        for key, one in found.items():
            bars[key[0]].append(one)
        return [added(ones) for ones in bars]

    def _ranked(self, field: str, at_most: int) -> Ranking:
        return self._guarded(
            lambda: ranking(self.scope.total(field), order="cost", at_most=at_most, measures=_OF_BREAKDOWN)
        )

    def _asked(self, ask: Callable[[Question], dict[Key, T]], question: Question) -> dict[Key, T]:
        return self._guarded(lambda: ask(question))

    def _guarded(self, ask: Callable[[], T]) -> T:
        # Whoever waited in vain for one answer does not wait for all the others, too.
        if self._is_too_slow:
            raise TooSlow
        try:
            return ask()
        except TooSlow:
            self._is_too_slow = True
            raise


def added(found: Iterable[Sums]) -> Sums:
    """Returns the sum of sums."""
    # Column by column: thousands of them are added up for one page.
    columns = list(zip(*found, strict=True))
    return Sums._make(map(sum, columns)) if columns else NOTHING


def _by_name(found: dict[Key, Sums]) -> dict[str, Sums]:
    by_name: dict[str, list[Sums]] = defaultdict(list)
    for key, one in found.items():
        by_name[str(key[-1])].append(one)
    return {name: added(ones) for name, ones in by_name.items()}


def _dearest(by_name: dict[str, Sums]) -> list[str]:
    return sorted(by_name, key=lambda name: (-by_name[name].cost_nanodollars, -by_name[name].requests, name))


def _key(field: str, name: str) -> str | int:
    return int(name) if field == "status" else name


def _seen(question: Question) -> dict[Key, Spread]:
    return spreads(question, has_seen=True)
