"""What a report says: read once for a period, then shown as a page, a mail and plain text."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from django.urls import reverse
from django.utils.http import urlencode

from accounts_app.models import Organization
from alerts_app.reports.budgets_near import NearBudget, near_budgets
from alerts_app.reports.models import Every
from alerts_app.reports.periods import Period
from helicone_site.time_limit import TooSlow
from ingest_app.known_values import PROPERTY
from metrics_app.costs.calendar import midnights
from metrics_app.dashboard.narrowing import label_of, node_of
from metrics_app.dashboard.numbers import added
from metrics_app.drawing import Change, StatCard, change, stat_card
from metrics_app.rates import error_percent, percent
from metrics_app.reading import Question, Spread, Sums, ranking, spreads, sums
from metrics_app.reading.questions import MODEL_CALLS
from metrics_app.reading.sums import NOTHING, Key
from metrics_app.scope import Scope, scope_between
from metrics_app.suggestions.queries import overview
from requests_app.filter_language.known_values import KnownValues
from requests_app.filter_language.text import parse

MOVERS = 5  # each way
MOVERS_OF_A_KIND = 2  # else a property with many values would leave no room
SPENDERS = 5
NEW_ERRORS = 5
SUGGESTIONS = 3
_PROPERTIES = 8  # more are not looked through for movers
_LOOKED_THROUGH = 50  # values of each thing, of either period
_ERRORS = 50
_LONGEST_NAME = 160
_TOO_SLOW = "Some of this takes too long to add up, and is left out."
_FAILED = parse("is:error")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mover:
    """A model, user or value of a property whose cost changed; `url` are its requests in the period."""

    what: str
    name: str
    cost_nanodollars: int
    before_nanodollars: int
    url: str

    @property
    def difference_nanodollars(self) -> int:
        """Returns by how much it rose; below zero when it fell."""
        return self.cost_nanodollars - self.before_nanodollars

    @property
    def fallen_nanodollars(self) -> int:
        """Returns by how much it fell."""
        return -self.difference_nanodollars


@dataclass(frozen=True, slots=True)
class Spender:
    """One of what cost most."""

    name: str
    sums: Sums
    share_percent: float | None
    change: Change | None
    url: str


@dataclass(frozen=True, slots=True)
class NewError:
    """An error that was not seen in the days before."""

    text: str
    requests: int
    url: str


@dataclass(frozen=True, slots=True)
class Saving:
    """An open suggestion."""

    title: str
    saving_nanodollars: int
    url: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says. Addresses are paths; `problems` say in sentences what is missing."""

    period: Period
    total: Sums
    before: Sums
    cards: list[StatCard]
    risen: list[Mover]
    fallen: list[Mover]
    models: list[Spender]
    users: list[Spender]
    new_errors: list[NewError]
    new_for_days: int
    budgets: list[NearBudget]
    suggestions: list[Saving]
    saving_nanodollars: int
    problems: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Returns whether nothing was logged."""
        return not self.total.requests

    @property
    def spent_change(self) -> Change | None:
        """Returns how the cost compares with that of the period before."""
        return change(
            self.total.cost_nanodollars, self.before.cost_nanodollars, unit="money", is_up_good=False
        )


def report_of(organization: Organization, period: Period, *, now: datetime) -> Report:
    """Returns the report of a period, which may not be over yet. Gives up reading after some seconds, and says so."""
    return _Reader(organization, period, now).read()


class _Reader:
    """Reads the parts. One that takes too long is left out, and so are those after it: they would hardly be quicker."""

    def __init__(self, organization: Organization, period: Period, now: datetime) -> None:
        self._organization = organization
        self._period = period
        self._now = now
        self._scope = _scope(organization, period.start, period.end, period)
        self._before = _scope(organization, period.before.start, period.before.end, period)
        self._problems: list[str] = []

    def read(self) -> Report:
        no_bars: list[Sums] = []
        no_movers: tuple[list[Mover], list[Mover]] = ([], [])
        bars = self._guarded(self._bars, no_bars)
        total = added(bars)
        before = self._guarded(lambda: sums(self._before.total()).get((0,), NOTHING), NOTHING)
        risen, fallen = self._guarded(self._movers, no_movers)
        suggestions, saving = self._suggestions()
        days = 28 if self._period.every is Every.WEEK else 7
        return Report(
            period=self._period,
            total=total,
            before=before,
            cards=self._cards(bars, total, before),
            risen=risen,
            fallen=fallen,
            models=self._guarded(lambda: self._spenders("model", total), []),
            users=self._guarded(lambda: self._spenders("user", total), []),
            new_errors=self._guarded(lambda: self._new_errors(days), []),
            new_for_days=days,
            budgets=near_budgets(self._organization, at=self._now),
            suggestions=suggestions,
            saving_nanodollars=saving,
            problems=self._problems,
        )

    def _guarded(self, read: Callable[[], T], otherwise: T) -> T:
        if self._problems:
            return otherwise
        try:
            return read()
        except TooSlow:
            self._problems = [_TOO_SLOW]
            return otherwise

    @property
    def _over_time(self) -> Question:
        """Asks for the hours of a day, the days of a week."""
        period = self._period
        is_week = period.every is Every.WEEK
        edges = midnights(period.first_date, period.end_date, period.zone) if is_week else self._scope.cut(24)
        return Question(self._organization.pk, self._scope.tree, edges)

    def _bars(self) -> list[Sums]:
        question = self._over_time
        found = sums(question)
        return [found.get((bar,), NOTHING) for bar in range(len(question.edges) - 1)]

    def _cards(self, bars: list[Sums], total: Sums, before: Sums) -> list[StatCard]:
        no_spreads: dict[Key, Spread] = {}
        spread = self._guarded(lambda: spreads(self._scope.total()).get((0,)), None)
        spread_before = self._guarded(lambda: spreads(self._before.total()).get((0,)), None)
        cost_url, requests_url = self._page("metrics:costs"), self._requests()
        failed_url = self._url("requests:list", self._scope.requests_query(_FAILED))
        cards = [
            stat_card(
                "Spent", total.cost_nanodollars, before=before.cost_nanodollars, unit="money", is_up_good=False,
                course=[one.cost_nanodollars for one in bars], colour="s2", url=cost_url,
            ),
            stat_card(
                "Requests", total.requests, before=before.requests, unit="count",
                course=[one.requests for one in bars], url=requests_url,
            ),
            stat_card(
                "Errors", total.failures, before=before.failures, unit="count", is_up_good=False,
                course=[one.failures for one in bars], colour="s4", url=failed_url,
            ),
            stat_card(
                "Error rate", error_percent(total), before=error_percent(before), unit="percent", is_up_good=False,
                course=[error_percent(one) for one in bars], colour="s4", url=failed_url,
            ),
        ]  # fmt: skip
        by_bar = self._guarded(lambda: spreads(self._over_time), no_spreads)
        for label, share in (("Latency p50", 0.5), ("Latency p95", 0.95)):
            cards.append(
                stat_card(
                    label, _latency(spread, share), before=_latency(spread_before, share), unit="ms", is_up_good=False,
                    course=[_latency(by_bar.get((bar,)), share) for bar in range(len(bars))],
                    colour="s5", url=self._page("metrics:dashboard"),
                )
            )  # fmt: skip
        return cards

    def _movers(self) -> tuple[list[Mover], list[Mover]]:
        """Returns what rose most, and what fell most."""
        names = KnownValues(self._organization.pk).property_names()[:_PROPERTIES]
        found: list[Mover] = []
        for by in ("model", "user", *(PROPERTY + name for name in names)):
            now, then = (self._costs(scope, by) for scope in (self._scope, self._before))
            # What is among the dearest of one period only may be there in the other, too.
            now |= self._costs_of(self._scope, by, then.keys() - now.keys())
            then |= self._costs_of(self._before, by, now.keys() - then.keys())
            found += [
                Mover(
                    label_of(by), _short(name), now.get(name, 0), then.get(name, 0), self._requests(by, name)
                )
                for name in now.keys() | then.keys()
            ]
        found.sort(key=lambda one: (-abs(one.difference_nanodollars), one.what, one.name))
        risen = [one for one in found if one.difference_nanodollars > 0]
        fallen = [one for one in found if one.difference_nanodollars < 0]
        return _first_movers(risen), _first_movers(fallen)

    def _costs(self, scope: Scope, by: str) -> dict[str, int]:
        found = ranking(
            scope.total(by), order="cost", at_most=_LOOKED_THROUGH, measures=("cost_nanodollars",)
        )
        return {name: one.cost_nanodollars for name, one in found.rows}

    def _costs_of(self, scope: Scope, by: str, names: set[str]) -> dict[str, int]:
        if not names:
            return {}
        found = sums(scope.total(by), ("cost_nanodollars",), only=sorted(names))
        return {str(name): one.cost_nanodollars for (_, name), one in found.items()}

    def _spenders(self, by: str, total: Sums) -> list[Spender]:
        found = ranking(
            self._scope.total(by), order="cost", at_most=SPENDERS, measures=("cost_nanodollars", "requests")
        )
        rows = [(name, one) for name, one in found.rows if one.cost_nanodollars]
        before = self._costs_of(self._before, by, {name for name, _ in rows})
        return [
            Spender(
                name=_short(name),
                sums=one,
                share_percent=percent(one.cost_nanodollars, total.cost_nanodollars),
                change=change(one.cost_nanodollars, before.get(name), unit="money", is_up_good=False),
                url=self._requests(by, name),
            )
            for name, one in rows
        ]

    def _new_errors(self, days: int) -> list[NewError]:
        found = ranking(self._scope.total("error"), order="requests", at_most=_ERRORS, measures=("requests",))
        names = [name for name, _ in found.rows]
        if not names:
            return []
        start = self._period.start
        earlier = _scope(self._organization, start - timedelta(days=days), start, self._period)
        known = {str(name) for _, name in sums(earlier.total("error"), ("requests",), only=names)}
        return [
            NewError(_short(name), one.requests, self._requests("error", name))
            for name, one in found.rows
            if name not in known
        ][:NEW_ERRORS]

    def _suggestions(self) -> tuple[list[Saving], int]:
        found = overview(self._organization)
        slug = self._organization.slug
        shown = [
            Saving(
                one.words.title,
                one.suggestion.saving_nanodollars,
                reverse("metrics:suggestion", args=[slug, one.suggestion.id]),
            )
            for one in found.open[:SUGGESTIONS]
        ]
        return shown, found.saving_nanodollars

    def _requests(self, by: str = "", name: str = "") -> str:
        nodes = [node_of(by, name)] if by else []
        return self._url("requests:list", self._scope.requests_query(*nodes))

    def _page(self, name: str) -> str:
        period = {"start": self._scope.start.isoformat(), "end": self._scope.end.isoformat()}
        return self._url(name, urlencode(period))

    def _url(self, name: str, query: str) -> str:
        return f"{reverse(name, args=[self._organization.slug])}?{query}"


def _first_movers(movers: list[Mover]) -> list[Mover]:
    """Returns the first `MOVERS`, of which not more than `MOVERS_OF_A_KIND` are of one kind."""
    seen: Counter[str] = Counter()
    kept = []
    for mover in movers:
        seen[mover.what] += 1
        if seen[mover.what] <= MOVERS_OF_A_KIND:
            kept.append(mover)
    return kept[:MOVERS]


def _scope(organization: Organization, start: datetime, end: datetime, period: Period) -> Scope:
    return scope_between(
        organization_id=organization.pk, tree=MODEL_CALLS, start=start, end=end, zone=period.zone
    )


def _latency(spread: Spread | None, share: float) -> float | None:
    return spread.latency_ms(share)[0] if spread else None


def _short(name: str) -> str:
    if not name:
        return "(none)"
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
