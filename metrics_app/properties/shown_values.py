"""From the numbers of a property's values to the table of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from ingest_app.known_values import PROPERTY
from metrics_app import rates
from metrics_app.csv_files import CsvCell, dollars
from metrics_app.dashboard.narrowing import node_of
from metrics_app.properties.known import lacks
from metrics_app.properties.seen import Users
from metrics_app.properties.values import Values
from metrics_app.reading import Sums
from metrics_app.scope import Scope
from requests_app.columns import Column
from requests_app.filter_language.tree import Node

VALUE_COLUMNS = [
    Column("name", "Value", "name"),
    Column("requests", "Requests", "requests", is_number=True),
    Column("share", "Share", is_number=True),
    Column("cost", "Cost", "cost", is_number=True),
    Column("cost_share", "Share of cost", is_number=True),
    Column("cost_per_request", "Per request", "cost_per_request", is_number=True),
    Column("users", "Users", is_number=True),
    Column("latency", "Latency", "latency", is_number=True, hint="mean"),
    Column("failures", "Failures", "failures", is_number=True),
    Column("error_rate", "Error rate", "error_rate", is_number=True),
]


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A row of the table of values; `url` leads to its requests, `failures_url` to those that failed."""

    name: str
    sums: Sums
    share: float | None
    cost: int | None
    cost_share: float | None
    cost_per_request: int | None
    error_rate: float | None
    users: int | None
    url: str
    failures_url: str


class ShownValues:
    """The table of values. `users` are None where counting them took too long."""

    def __init__(self, scope: Scope, name: str, values: Values, users: Users | None, *, slug: str) -> None:
        self._scope = scope
        self._name = name
        self._slug = slug
        self._users = users
        self.values = values

    @property
    def rows(self) -> Iterator[ValueRow]:
        """Yields the rows of the page."""
        users = self._users
        for value, sums in self.values.rows:
            seen = None if users is None else users.by_value.get(value, 0)
            yield self._row(value, sums, node_of(PROPERTY + self._name, value), users=seen)

    @property
    def without(self) -> ValueRow:
        """Returns the row of requests that lack the property."""
        return self._row("", self.values.without, lacks(self._name))

    @property
    def all(self) -> ValueRow:
        """Returns the row of all requests."""
        return self._row("", self.values.all)

    @property
    def are_users_exact(self) -> bool:
        """Whether users were counted, and not estimated."""
        return self._users is None or self._users.is_exact

    @property
    def are_users_known(self) -> bool:
        """Whether users could be told in time."""
        return self._users is not None

    def _row(self, name: str, sums: Sums, *nodes: Node, users: int | None = None) -> ValueRow:
        return value_row(self._scope, name, sums, self.values.all, *nodes, slug=self._slug, users=users)


def value_row(
    scope: Scope, name: str, sums: Sums, all: Sums, *nodes: Node, slug: str, users: int | None = None
) -> ValueRow:
    """Returns the row of those requests of `scope` that `nodes` hold for and come to `sums`; `all` are its total."""
    list_url = reverse("requests:list", args=[slug])
    return ValueRow(
        name=name,
        sums=sums,
        share=rates.percent(sums.requests, all.requests),
        cost=rates.known_cost(sums),
        cost_share=rates.percent(sums.cost_nanodollars, all.cost_nanodollars),
        cost_per_request=rates.cost_per_request(sums),
        error_rate=rates.error_percent(sums),
        users=users,
        url=f"{list_url}?{scope.requests_query(*nodes)}",
        failures_url=f"{list_url}?{scope.requests_query(*nodes, node_of('status', 'error'))}",
    )


def csv_lines(name: str, values: Values) -> Iterator[list[CsvCell]]:
    """Yields the table of values as lines of a CSV."""
    yield [name, "requests", "cost (USD)", "unpriced requests", "cost per request (USD)", "latency mean (ms)",
           "failures", "error rate (percent)"]  # fmt: skip
    for value, sums in values.rows:
        yield [value, sums.requests, dollars(rates.known_cost(sums)), sums.unpriced,
               dollars(rates.cost_per_request(sums)), sums.latency_ms, sums.failures,
               rates.error_percent(sums)]  # fmt: skip
