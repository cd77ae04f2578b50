"""From numbers to what the page of models and providers shows."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from metrics_app import rates
from metrics_app.csv_files import CsvCell, dollars
from metrics_app.dashboard.narrowing import node_of
from metrics_app.reading import Sums
from metrics_app.scope import Scope, narrowed_query
from metrics_app.used_models.paid import Paid
from metrics_app.used_models.table import By, Timing, Used
from requests_app import statuses
from requests_app.columns import Column
from requests_app.paging import BadSort

DEFAULT_SORT = "-requests"
MOST_ROWS = 200
_KINDS = 2  # of failures that are named in a row
_BESIDE = 3
# What stands in the address of this page and means nothing to another.
_OWN = ("by", "sort")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of failure: what it is called, how often it came, and the address of its requests."""

    label: str
    title: str
    tone: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    """A model or a provider. Rates are from 0 to 100, `paid` is None where it is not proven."""

    name: str
    beside: str
    sums: Sums
    share: float | None
    timing: Timing
    paid: Paid | None
    kinds: list[Kind]
    error: Kind | None
    dashboard_url: str
    requests_url: str
    failures_url: str

    @property
    def cost(self) -> int | None:
        """Returns the cost in nano-dollars, None when no price of it is known."""
        return rates.known_cost(self.sums)

    @property
    def cost_per_mtok(self) -> int | None:
        """Returns the nano-dollars that a million tokens really cost."""
        return rates.cost_per_mtok(self.sums)

    @property
    def error_rate(self) -> float | None:
        """Returns the share that failed."""
        return rates.error_percent(self.sums)

    @property
    def cache_hits(self) -> float | None:
        """Returns the share that read the provider's prompt cache."""
        return rates.percent(self.sums.cache_hits, self.sums.requests)


_SORTS: dict[str, Callable[[Row], float | str | None]] = {
    "name": lambda row: row.name.lower(),
    "requests": lambda row: row.sums.requests,
    "cost": lambda row: row.cost,
    "cost_per_mtok": lambda row: row.cost_per_mtok,
    "p50_ms": lambda row: row.timing.p50_ms,
    "p95_ms": lambda row: row.timing.p95_ms,
    "p99_ms": lambda row: row.timing.p99_ms,
    "first_token_ms": lambda row: row.timing.first_token_ms,
    "speed": lambda row: row.sums.tokens_per_s,
    "error_rate": lambda row: row.error_rate,
    "cache_hits": lambda row: row.cache_hits,
}


def columns(by: By) -> list[Column]:
    """Returns the columns of the table."""
    return [
        Column("name", by.capitalize(), "name"),
        Column("requests", "Requests", "requests", is_number=True),
        Column("cost", "Cost", "cost", is_number=True),
        Column("cost_per_mtok", "Per 1 M tokens", "cost_per_mtok", is_number=True),
        Column("p50_ms", "Latency", "p50_ms", is_number=True, hint="p50"),
        Column("p95_ms", "", "p95_ms", is_number=True, hint="p95"),
        Column("p99_ms", "", "p99_ms", is_number=True, hint="p99"),
        Column("first_token_ms", "First token", "first_token_ms", is_number=True, hint="p50"),
        Column("speed", "Speed", "speed", is_number=True, hint="tok/s"),
        Column("cache_hits", "Cache hits", "cache_hits", is_number=True),
        Column("error_rate", "Error rate", "error_rate", is_number=True),
        Column("kinds", "Kinds of failure"),
    ]


def in_order(rows: list[Row], sort: str) -> list[Row]:
    """Returns `rows` sorted; what is not known stands at the end, in either direction. Raises BadSort."""
    name = sort.removeprefix("-")
    if name not in _SORTS:
        raise BadSort(f"Cannot sort by {name!r}: choose one of {', '.join(_SORTS)}.")
    value_of = _SORTS[name]
    by_name = sorted(rows, key=lambda row: row.name)
    known = [row for row in by_name if value_of(row) is not None]
    known.sort(key=lambda row: value_of(row) or 0, reverse=sort.startswith("-"))
    return [*known, *(row for row in by_name if value_of(row) is None)]


class Rows:
    """Makes the rows of the table of one page, whose address has `query`."""

    def __init__(self, scope: Scope, by: By, *, slug: str, query: QueryDict) -> None:
        self._scope = scope
        self._by = by
        self._list_url = reverse("requests:list", args=[slug])
        self._dashboard_url = reverse("metrics:dashboard", args=[slug])
        self._query = query.copy()
        for name in _OWN:
            self._query.pop(name, None)

    def rows(
        self,
        used: list[Used],
        *,
        timings: Mapping[str, Timing],
        errors: Mapping[str, "Counter[str]"],
        paid: Callable[[Used], Paid | None],
    ) -> list[Row]:
        """Returns the rows, in no order; what is missing in `timings` and `errors` is not known."""
        total = sum(one.sums.requests for one in used)
        return [
            self._row(one, total, timings.get(one.name, Timing()), errors.get(one.name, Counter()), paid(one))
            for one in used
        ]

    def _row(self, used: Used, total: int, timing: Timing, errors: "Counter[str]", paid: Paid | None) -> Row:
        node = node_of(self._by, used.name)
        return Row(
            name=used.name,
            beside=_beside([name for name, _ in used.beside], self._by),
            sums=used.sums,
            share=rates.percent(used.sums.requests, total),
            timing=timing,
            paid=paid,
            kinds=[self._kind_of_status(used.name, *one) for one in used.failures.most_common(_KINDS)],
            error=next((self._kind_of_error(used.name, *one) for one in errors.most_common(1)), None),
            dashboard_url=f"{self._dashboard_url}?{narrowed_query(self._query, node)}",
            requests_url=self._requests(used.name),
            failures_url=self._requests(used.name, "status", "error"),
        )

    def _kind_of_status(self, name: str, status: int, count: int) -> Kind:
        words = statuses.words(status)
        label = words.label if status < 0 else f"{status}"
        return Kind(label, words.title, words.tone, count, self._requests(name, "status", str(status)))

    def _kind_of_error(self, name: str, error: str, count: int) -> Kind:
        return Kind(error, error, "", count, self._requests(name, "error", error))

    def _requests(self, name: str, field: str = "", value: str = "") -> str:
        nodes = [node_of(self._by, name), *([node_of(field, value)] if field else [])]
        return f"{self._list_url}?{self._scope.requests_query(*nodes)}"


def csv_lines(by: By, rows: list[Row]) -> Iterator[list[CsvCell]]:
    """Yields the table as lines of a CSV."""
    yield [by, "requests", "share (percent)", "cost (USD)", "unpriced requests", "tokens", "cost per 1 M tokens (USD)",
           "cost per 1 M tokens in (USD)", "cost per 1 M tokens out (USD)", "latency p50 (ms)", "latency p95 (ms)",
           "latency p99 (ms)", "first token p50 (ms)", "speed (tokens/s)", "cache hits (percent)", "failures",
           "error rate (percent)"]  # fmt: skip
    for row in rows:
        paid, timing = row.paid or Paid(None, None), row.timing
        yield [row.name, row.sums.requests, row.share, dollars(row.cost), row.sums.unpriced, row.sums.tokens,
               dollars(row.cost_per_mtok), dollars(paid.prompt), dollars(paid.completion), timing.p50_ms, timing.p95_ms,
               timing.p99_ms, timing.first_token_ms, row.sums.tokens_per_s, row.cache_hits, row.sums.failures,
               row.error_rate]  # fmt: skip


def _beside(names: list[str], by: By) -> str:
    if by == "provider":
        return f"{len(names):,} model{'' if len(names) == 1 else 's'}"
    more = len(names) - _BESIDE
    return ", ".join(names[:_BESIDE]) + (f" and {more:,} more" if more > 0 else "")
