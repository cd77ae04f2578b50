"""From a panel's name to what is drawn in it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from helicone_site.time_limit import TooSlow
from metrics_app.csv_files import CsvCell, dollars
from metrics_app.dashboard import cards, charts, lists
from metrics_app.dashboard.narrowing import label_of, node_of
from metrics_app.dashboard.numbers import Numbers
from metrics_app.drawing import ChartCard, RankedRow, StatCard
from metrics_app.layouts import Panel
from metrics_app.page import TOO_SLOW
from metrics_app.scope import narrowed_query
from requests_app.charts import Chart
from requests_app.filter_language.errors import FilterError

_CARDS: dict[str, Callable[[Numbers, str], StatCard]] = {
    "requests": cards.requests,
    "cost": cards.cost,
    "error_rate": cards.error_rate,
    "tokens": cards.tokens,
    "latency_p50": cards.latency(cards.P50),
    "latency_p95": cards.latency(cards.P95),
    "latency_p99": cards.latency(cards.P99),
    "first_token": cards.first_token,
    "active_users": cards.active_users,
    "cache_hits": cards.cache_hits,
}
_CHARTS: dict[str, Callable[[Numbers], Chart]] = {
    "cost_by": charts.cost_by,
    "requests_by": charts.requests_by,
    "requests_by_status": charts.requests_by_status,
    "latency_percentiles": charts.latency,
    "first_token_percentiles": charts.first_token,
    "errors_by_provider": charts.error_rate_by(1, "provider"),
    "errors_by_model": charts.error_rate_by(2, "model"),
    "error_kinds": charts.error_kinds,
    "generation_speed": charts.generation_speed,
    "tokens_by_kind": charts.tokens_by_kind,
    "cache_savings": charts.cache_savings,
    "request_rate": charts.request_rate,
    "throughput": charts.throughput,
    "users_over_time": charts.users,
}
_LISTS: dict[str, Callable[[Numbers, lists.Narrow], list[RankedRow]]] = {
    "top": lists.top,
    "top_models": lists.top_models,
    "top_providers": lists.top_providers,
    "top_users": lists.top_users,
    "top_errors": lists.top_errors,
}
# Panels that show what the viewer chose to tell apart, and say so in their title.
_CHOSEN = ("cost_by", "requests_by")


@dataclass(frozen=True, slots=True)
class Shown:
    """What one panel shows: exactly one of these, or a `problem`; or where to ask for what takes a while."""

    title: str
    card: StatCard | None = None
    chart: ChartCard | None = None
    rows: list[RankedRow] | None = None
    problem: str = ""
    later_url: str = ""


class Panels:
    """The panels of one view of the dashboard of an organization, whose address is `origin`, `path` and `query`."""

    def __init__(self, numbers: Numbers, *, slug: str, origin: str, path: str, query: QueryDict) -> None:
        self._numbers = numbers
        self._slug = slug
        self._origin = origin
        self._path = path
        self._query = query

    @property
    def are_quick(self) -> bool:
        """Returns whether most of the panels are soon known."""
        return self._numbers.is_quick

    def shown(self, panel: Panel, *, may_wait: bool = True) -> Shown:
        """Returns what `panel` shows; where to ask for it when that takes long and nobody `may_wait`."""
        title = self._title(panel)
        if not may_wait and not self._is_quick(panel):
            url = reverse("metrics:dashboard-panel", args=[self._slug, panel.name])
            return Shown(title, later_url=f"{url}?{self._query.urlencode()}")
        try:
            if panel.name in _CARDS:
                return Shown(title, card=_CARDS[panel.name](self._numbers, self._requests_url))
            if panel.name in _LISTS:
                return Shown(title, rows=_LISTS[panel.name](self._numbers, self._narrowed))
            return Shown(title, chart=self._chart_card(panel, title))
        except TooSlow:
            return Shown(title, problem=TOO_SLOW)
        except FilterError as error:
            return Shown(title, problem=str(error))

    def _is_quick(self, panel: Panel) -> bool:
        match panel.name:
            case "cost_by" | "requests_by":
                return self._numbers.is_breakdown_quick
            case "top":
                return self._numbers.is_top_quick
            case "top_users":
                return self._numbers.are_users_quick
        return True

    def chart(self, name: str) -> Chart | None:
        """Returns the chart of the panel called `name`, None when it has none. Raises TooSlow, FilterError."""
        return _CHARTS[name](self._numbers) if name in _CHARTS else None

    def _title(self, panel: Panel) -> str:
        return f"{panel.title} {label_of(self._numbers.by).lower()}" if panel.name in _CHOSEN else panel.title

    def _chart_card(self, panel: Panel, title: str) -> ChartCard:
        chart = _CHARTS[panel.name](self._numbers)
        csv_url = reverse("metrics:dashboard-csv", args=[self._slug, panel.name])
        query = self._query.urlencode()
        return ChartCard(
            id=f"chart-{panel.name}",
            title=title,
            list_url=reverse("requests:list", args=[self._slug]),
            csv_url=f"{csv_url}?{query}",
            link_url=f"{self._origin}{self._path}?{query}#panel-{panel.name}",
            chart=chart,
            rows=chart.rows(self._numbers.scope.zone),
        )

    def _narrowed(self, field: str, value: str) -> str:
        return f"{self._path}?{narrowed_query(self._query, node_of(field, value))}"

    @property
    def _requests_url(self) -> str:
        return f"{reverse('requests:list', args=[self._slug])}?{self._numbers.scope.requests_query()}"


def csv_rows(chart: Chart) -> list[list[CsvCell]]:
    """Returns the chart as lines of a CSV: where each bar begins and ends (UTC), and the values as numbers."""
    head: list[CsvCell] = [
        "start",
        "end",
        *(f"{series.name} ({_CSV_UNITS[chart.unit]})" for series in chart.series),
    ]
    ends = [*chart.starts[1:], chart.end]
    lines: list[list[CsvCell]] = [
        [start, end, *(_plain(series.values[place], chart.unit) for series in chart.series)]
        for place, (start, end) in enumerate(zip(chart.starts, ends, strict=True))
    ]
    return [head, *lines]


_CSV_UNITS = {
    "count": "count",
    "money": "USD",
    "ms": "ms",
    "percent": "percent",
    "tokens": "tokens",
    "tokens_per_s": "tokens/s",
}


def _plain(value: float | None, unit: str) -> CsvCell:
    return dollars(None if value is None else round(value)) if unit == "money" else value
