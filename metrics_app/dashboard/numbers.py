"""The numbers behind the panels: each question is asked once, however many panels show something of its answer."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TypeVar

from helicone_site.time_limit import TooSlow
from metrics_app.dashboard.comparison import Comparison
from metrics_app.reading import Question, Spread, Sums, spreads, sums
from metrics_app.reading.effort import is_quick
from metrics_app.reading.sums import NOTHING, Key
from metrics_app.scope import Scope
from requests_app.statuses import is_failure

T = TypeVar("T")
_COLUMNS = ("provider", "model", "status")


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
    def breakdown(self) -> dict[Key, Sums]:
        """By bar and what costs are told apart by."""
        if self.by in _COLUMNS:
            return self.grouped(1 + _COLUMNS.index(self.by))
        return self._asked(sums, self.scope.over_time(self.by))

    @cached_property
    def top_ones(self) -> dict[Key, Sums]:
        """Of the whole period, by what the list of the dearest is of."""
        if self.top == self.by or self.top in _COLUMNS:
            return self.breakdown if self.top == self.by else self.grouped(1 + _COLUMNS.index(self.top))
        return self.users if self.top == "user" else self._asked(sums, self.scope.total(self.top))

    @cached_property
    def users(self) -> dict[Key, Sums]:
        """Of the whole period, by user."""
        return self._asked(sums, self.scope.total("user"))

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
    def failures(self) -> int:
        """How many requests failed."""
        return sum(one.requests for key, one in self.cells.items() if is_failure(key[3]))

    @cached_property
    def failures_before(self) -> int:
        """How many requests of the comparison failed."""
        return sum(one.requests for key, one in self.cells_before.items() if is_failure(key[1]))

    @cached_property
    def bars(self) -> list[Sums]:
        """Bar by bar."""
        return self._by_bar(self.cells)

    @cached_property
    def bars_before(self) -> list[Sums]:
        """Of the comparison, bar by bar; empty without one."""
        return self._by_bar(self.cells_before) if self.comparison else []

    @cached_property
    def failed_bars(self) -> list[Sums]:
        """Those that failed, bar by bar."""
        return self._by_bar({key: one for key, one in self.cells.items() if is_failure(key[3])})

    def grouped(self, place: int) -> dict[Key, Sums]:
        """Returns the cells by bar and what stands at `place` of their keys: 1 provider, 2 model, 3 status."""
        found: dict[Key, Sums] = defaultdict(lambda: NOTHING)
        for key, one in self.cells.items():
            found[key[0], key[place]] += one
        return dict(found)

    def series(
        self, found: dict[Key, Sums], measure: Callable[[Sums], float]
    ) -> dict[str, list[float | None]]:
        """Returns a list of `measure` bar by bar for each name in the keys (bar, name) of `found`."""
        series: dict[str, list[float | None]] = {}
        for (bar, name), one in found.items():
            series.setdefault(str(name), [0.0] * self.scope.bars)[bar] = measure(one)
        return series

    def _by_bar(self, found: dict[Key, Sums]) -> list[Sums]:
        bars = [NOTHING] * self.scope.bars
        for key, one in found.items():
            bars[key[0]] += one
        return bars

    def _asked(self, ask: Callable[[Question], dict[Key, T]], question: Question) -> dict[Key, T]:
        # Whoever waited in vain for one answer does not wait for all the others, too.
        if self._is_too_slow:
            raise TooSlow
        try:
            return ask(question)
        except TooSlow:
            self._is_too_slow = True
            raise


def added(found: Iterable[Sums]) -> Sums:
    """Returns the sum of sums."""
    return sum(found, start=NOTHING)


def _seen(question: Question) -> dict[Key, Spread]:
    return spreads(question, has_seen=True)
