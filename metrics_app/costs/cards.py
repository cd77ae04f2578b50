"""The cards of the Cost page. Pure: no queries."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from helicone_site import formats
from metrics_app.costs.calendar import last_of_month, month_before
from metrics_app.costs.forecast import Forecast
from metrics_app.costs.months import Months
from metrics_app.dashboard.numbers import added
from metrics_app.drawing import Change, StatCard, stat_card
from metrics_app.rates import cost_per_request
from metrics_app.reading import Sums

_PREVIOUS = "previous period"
_TOO_EARLY = Change("too little data", "flat", "neutral")


class Card(NamedTuple):
    """A card, and in words what its change is against."""

    card: StatCard
    against: str = ""


def of_period(
    total: Sums, before: Sums, bars: Sequence[Sums], *, url: str, unpriced_url: str
) -> dict[str, Card]:
    """Returns the cards of what requests come to in the period, of which `bars` are parts, and in the one before it."""

    def money(
        label: str, measure: Callable[[Sums], float | None], colour: str, *, is_up_good: bool = False
    ) -> Card:
        course = [measure(one) for one in bars]
        return _money(
            label, measure(total), measure(before), _PREVIOUS, url, course, colour, is_up_good=is_up_good
        )

    def count(
        label: str, measure: Callable[[Sums], int], colour: str, url: str, *, is_up_good: bool | None
    ) -> Card:
        card = stat_card(
            label,
            measure(total),
            unit="count",
            before=measure(before),
            is_up_good=is_up_good,
            course=[measure(one) for one in bars],
            colour=colour,
            url=url,
        )
        return Card(card, _PREVIOUS)

    return {
        "cost": money("Cost", lambda one: one.cost_nanodollars, "s2"),
        "saved": money("Saved by prompt caching", lambda one: one.saved_nanodollars, "s7", is_up_good=True),
        "per_request": money("Cost per request", cost_per_request, "s1"),
        "tokens": count("Tokens", lambda one: one.tokens, "s4", url, is_up_good=None),
        "unpriced": count("Without a price", lambda one: one.unpriced, "s3", unpriced_url, is_up_good=False),
    }


def of_months(
    months: Months, forecast: Forecast | None, *, today_url: str, month_url: str
) -> dict[str, Card]:
    """Returns the cards of today, of this month until now and of all of it."""
    today, last_month = months.now.date(), months.last_month
    to_date, whole = added(months.this_month), added(last_month)
    course = [one.cost_nanodollars for one in months.this_month]
    coming = _money(
        f"Forecast for {today:%B}",
        forecast.nanodollars if forecast else None,
        whole.cost_nanodollars,
        f"{month_before(today):%B}",
        month_url,
    )
    if forecast is None:
        coming = Card(replace(coming.card, change=_TOO_EARLY))
    return {
        "today": _money(
            "Today",
            months.today.cost_nanodollars,
            months.yesterday.cost_nanodollars,
            f"yesterday until {months.now:%H:%M}",
            today_url,
        ),
        "month": _money(
            f"{today:%B} until now",
            to_date.cost_nanodollars,
            months.last_month_to_date.cost_nanodollars,
            _same_days(today),
            month_url,
            course,
        ),
        "forecast": coming,
    }


def _same_days(today: date) -> str:
    """Returns the part of the month before that this month is compared with: `Oct 1–12`."""
    last = last_of_month(month_before(today))
    return f"{last:%b} 1–{min(today.day, last.day)}" if today.day > 1 else f"{last:%b} 1"


def _money(
    label: str,
    value: float | None,
    before: float | None,
    against: str,
    url: str,
    course: Sequence[float | None] = (),
    colour: str = "s2",
    *,
    is_up_good: bool = False,
) -> Card:
    card = stat_card(
        label,
        value,
        unit="money",
        before=before,
        is_up_good=is_up_good,
        course=course,
        colour=colour,
        url=url,
    )
    exact = formats.NOTHING if value is None else formats.money_exact(round(value))
    return Card(replace(card, exact=exact), against)
