"""From the numbers to what stands on the Cost page, part by part."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from metrics_app.costs import cards, drawn, table
from metrics_app.costs.breakdown import Breakdown
from metrics_app.costs.calendar import last_of_month, midnight, month_before
from metrics_app.costs.forecast import LEAST_DAYS, Forecast
from metrics_app.costs.months import Months, at_any_time, months
from metrics_app.costs.unpriced import UNPRICED, unpriced_models
from metrics_app.dashboard.narrowing import label_of, node_of
from metrics_app.dashboard.numbers import added
from metrics_app.drawing import ChartCard
from requests_app.charts import Chart

MOST_UNPRICED = 5


@dataclass(frozen=True)
class CostPage:
    """What the page shows of `breakdown`, for the organization `slug`, at the address with `query`.

    Each part is asked for by itself; all raise TooSlow and FilterError.
    """

    slug: str
    query: QueryDict
    breakdown: Breakdown
    now: datetime

    def period(self) -> dict[str, Any]:
        """Returns the context of the cards of the period, and of what has no price in it."""
        breakdown, scope = self.breakdown, self.breakdown.scope
        shown = cards.of_period(
            breakdown.total,
            breakdown.total_before,
            breakdown.bars,
            url=self._requests(scope.requests_query()),
            unpriced_url=self._requests(scope.requests_query(*UNPRICED)),
        )
        models = unpriced_models(scope) if breakdown.total.unpriced else []
        return {
            "total": breakdown.total,
            "period_cards": shown,
            "unpriced": [(one, self._requests(one.query)) for one in models[:MOST_UNPRICED]],
            "more_unpriced": max(0, len(models) - MOST_UNPRICED),
        }

    def course(self) -> dict[str, Any]:
        """Returns the context of the chart over time and of the table."""
        list_url = reverse("requests:list", args=[self.slug])
        return {
            "course": self._card("over-time", self._course_title, self.course_chart),
            "rows": table.rows(self.breakdown, list_url),
            "below": table.sums_below(self.breakdown, list_url),
            "values": self.breakdown.ranking.values,
            "table_csv_url": self._csv_url("breakdown"),
        }

    def calendar(self) -> dict[str, Any]:
        """Returns the context of the cards and the chart of today, this month and the one before."""
        found, forecast = self._months, self._forecast
        scope, today, zone = at_any_time(self.breakdown.scope), found.now.date(), found.zone
        of_today, of_month = (
            self._requests(replace(scope, start=midnight(day, zone), end=self.now).requests_query())
            for day in (today, found.first_day)
        )
        return {
            "month_cards": cards.of_months(found, forecast, today_url=of_today, month_url=of_month),
            "months": self._card("months", "This month and the last", self.months_chart),
            "forecast": forecast,
            "forecast_needs_days": LEAST_DAYS,
            "month": f"{today:%B}",
            "month_before": f"{month_before(today):%B}",
            "last_month_cost": added(found.last_month).cost_nanodollars,
            "days_left": (last_of_month(today) - today).days,
            "forecast_zone": str(zone),
        }

    @cached_property
    def course_chart(self) -> Chart:
        """The costs over time, told apart."""
        breakdown, scope = self.breakdown, self.breakdown.scope
        return drawn.over_time(
            breakdown.edges,
            scope.zone,
            breakdown.dearest,
            breakdown.others,
            others_name=self._others_name,
            queries={name: scope.filter_query(node_of(breakdown.by, name)) for name in breakdown.dearest},
            query=scope.filter_query(),
        )

    @cached_property
    def months_chart(self) -> Chart:
        """This month and the last."""
        return drawn.months(
            self._months, self._forecast, query=at_any_time(self.breakdown.scope).filter_query()
        )

    @cached_property
    def _months(self) -> Months:
        return months(at_any_time(self.breakdown.scope), self.now)

    @cached_property
    def _forecast(self) -> Forecast | None:
        return self._months.forecast()

    @property
    def _course_title(self) -> str:
        return f"Cost {'per day ' if self.breakdown.is_by_day else ''}by {in_words(self.breakdown.by)}"

    @property
    def _others_name(self) -> str:
        breakdown = self.breakdown
        others = breakdown.ranking.values - len(breakdown.dearest)
        lacking = f"without {in_words(breakdown.by)}"
        if not breakdown.without.requests:
            return f"other {others:,}"
        return f"other {others:,} and {lacking}" if others else lacking

    def _card(self, name: str, title: str, chart: Chart) -> ChartCard:
        query = self.query.urlencode()
        return ChartCard(
            id=name,
            title=title,
            list_url=reverse("requests:list", args=[self.slug]),
            csv_url=self._csv_url(name),
            link_url=f"{reverse('metrics:costs', args=[self.slug])}?{query}#{name}",
            chart=chart,
            rows=chart.rows(self.breakdown.scope.zone),
        )

    def _csv_url(self, name: str) -> str:
        return f"{reverse('metrics:costs-csv', args=[self.slug, name])}?{self.query.urlencode()}"

    def _requests(self, query: str) -> str:
        return f"{reverse('requests:list', args=[self.slug])}?{query}"


def in_words(by: str) -> str:
    """Returns what `by` is called within a sentence: a property as its name is."""
    label = label_of(by)
    return label if by not in ("model", "provider", "user") else label.lower()
