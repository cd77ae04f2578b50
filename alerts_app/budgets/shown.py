"""From budgets and what was spent of them to what the pages show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from alerts_app.budgets import words
from alerts_app.budgets.concerned import concerned
from alerts_app.budgets.queries import api_key_names, as_written
from alerts_app.budgets.standing import NOTHING_SPENT, Standing, standings
from limits_app import queries
from limits_app.models import Budget
from limits_app.periods import Span, span_of
from limits_app.rules import Budget as Rule
from limits_app.rules import Period
from limits_app.state import Spent
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.tree import Node, conjunction

LOOKED_AT = 100
"""Of those who have the amount alone, so many are counted in the list of budgets."""

IN_LIST = 6
"""So many of them are named there."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A picture of an amount and what is used of it: parts and places of a hundred."""

    spent: float
    reserved: float
    amount: float
    marks: list[float]
    tone: str


@dataclass(frozen=True, slots=True)
class Use:
    """What one subject has used; `url` leads to its requests, `chosen_query` to its chart."""

    value: str
    label: str
    spent_nanodollars: int
    reserved_nanodollars: int
    amount_nanodollars: int
    bar: Bar
    url: str
    chosen_query: str

    @property
    def percent(self) -> float:
        """Returns how much of the amount is spent."""
        return 100 * self.spent_nanodollars / self.amount_nanodollars

    @property
    def left_nanodollars(self) -> int:
        """Returns what may be spent yet."""
        return left(self.amount_nanodollars, Spent(self.spent_nanodollars, self.reserved_nanodollars))


@dataclass(frozen=True, slots=True)
class ShownBudget:
    """A budget with all that is said of it. `uses` are those who spent most; with a `problem` nobody knows."""

    budget: Budget
    whose: str
    is_each: bool
    per_period: str
    period: str
    resets_at: datetime | None
    then: str
    pace: str
    uses: list[Use]
    problem: str
    requests_url: str

    @property
    def state(self) -> str:
        """Returns how it is doing, in a word or two."""
        if not self.budget.is_active:
            return "paused"
        if self.problem:
            return "not known"
        over = sum(use.percent >= 100 for use in self.uses)
        if over and self.is_each:
            return f"used up by {over}{' or more' if over >= LOOKED_AT else ''}"
        if over:
            return "used up"
        if share := self._share_passed:
            return f"over {share} %"
        return "in budget"

    @property
    def state_tone(self) -> str:
        """Returns the badge's tone, which only repeats the word."""
        if not self.budget.is_active or self.problem:
            return ""
        most = max((use.percent for use in self.uses), default=0)
        return "bad" if most >= 100 else "warn" if self._share_passed else "good"

    @property
    def next_uses(self) -> list[Use]:
        """Returns those that the list of budgets names behind the first."""
        return self.uses[1:IN_LIST]

    @property
    def _share_passed(self) -> int:
        most = max((use.percent for use in self.uses), default=0)
        return max((share for share in self.budget.warn_percents if most >= share), default=0)


def shown_budgets(organization_id: int, slug: str, *, now: datetime) -> list[ShownBudget]:
    """Returns all budgets of an organization, paused ones too."""
    budgets = list(queries.budgets(organization_id))
    rules = [queries.budget_rule(budget) for budget in budgets if budget.is_active]
    found = standings(rules, at=now, at_most=LOOKED_AT)
    names = api_key_names(organization_id) if budgets else {}
    return [
        shown_budget(budget, found.get(budget.pk, Standing()), slug=slug, names=names, now=now)
        for budget in budgets
    ]


def shown_budget(
    budget: Budget, standing: Standing, *, slug: str, names: Mapping[str, str], now: datetime
) -> ShownBudget:
    """Returns one budget as it stands. `names` are what API keys are called."""
    rule = as_written(budget)
    span = span_at(rule, now)
    is_each = words.is_each(rule)
    spent = dict(standing.spent)
    if not is_each and budget.is_active and not standing.problem:
        spent = {rule.value or "": spent.get(rule.value or "", NOTHING_SPENT)}
    place = Place(rule, slug, span)
    uses = [_use(budget, place, value, one, names) for value, one in spent.items()]
    pace = ""
    if not is_each and uses:
        pace = words.pace(rule, uses[0].spent_nanodollars, start=span.start, end=span.end, now=now)
    return ShownBudget(
        budget=budget,
        whose=words.whose(rule, names),
        is_each=is_each,
        per_period=words.per_period(rule),
        period=words.this_period(rule, span.start),
        resets_at=span.end if rule.period is not Period.ROLLING and budget.is_active else None,
        then=words.then_in_words(rule),
        pace=pace,
        uses=uses,
        problem=standing.problem,
        requests_url=place.requests_url(),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where the requests of a budget's period are, in the list of the organization `slug`."""

    rule: Rule
    slug: str
    span: Span

    def requests_url(self, *more: Node, value: str | None = None) -> str:
        """Returns the address of the requests that it is about, of those that `more` holds for, and of one value."""
        tree = conjunction([concerned(self.rule, value), *more])
        period = {"start": self.span.start.isoformat(), "end": self.span.end.isoformat()}
        query = {"q": print_filter(tree), **period} if tree != conjunction([]) else period
        return f"{reverse('requests:list', args=[self.slug])}?{urlencode(query)}"


def span_at(rule: Rule, now: datetime) -> Span:
    """Returns the period of now, or the window that ends now."""
    if rule.period is Period.ROLLING:
        return Span(now - timedelta(seconds=rule.window_s), now)
    return span_of(rule.period, rule.zone, now)


def _use(budget: Budget, place: Place, value: str, one: Spent, names: Mapping[str, str]) -> Use:
    return Use(
        value=value,
        label=words.value_in_words(place.rule, value, names),
        spent_nanodollars=one.spent_nanodollars,
        reserved_nanodollars=one.reserved_nanodollars,
        amount_nanodollars=budget.amount_nanodollars,
        bar=bar(budget, one),
        url=place.requests_url(value=value or None),
        chosen_query=urlencode({"of": value}),
    )


def bar(budget: Budget, one: Spent) -> Bar:
    """Returns the picture of what is used of a budget: as long as the amount, or as what is used where that is more."""
    amount, spent, reserved = budget.amount_nanodollars, one.spent_nanodollars, one.reserved_nanodollars
    whole = max(amount, spent + reserved)

    def part(nanodollars: float) -> float:
        return round(100 * nanodollars / whole, 2)

    passed = any(100 * spent >= share * amount for share in budget.warn_percents)
    return Bar(
        spent=part(spent),
        reserved=part(reserved),
        amount=part(amount),
        marks=[part(amount * share / 100) for share in budget.warn_percents],
        tone="bad" if spent >= amount else "warn" if passed else "good",
    )


def left(amount_nanodollars: int, one: Spent) -> int:
    """Returns what may be spent yet of an amount, in nano-dollars."""
    return max(0, amount_nanodollars - one.spent_nanodollars - one.reserved_nanodollars)
