"""Two properties crossed: what the requests come to that have a value of each. Read from the rows, which know both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from django.db import connection

from helicone_site.sql import load
from helicone_site.time_limit import at_most_ms
from ingest_app.rollups import MAX_CHARACTERS
from metrics_app import rates
from metrics_app.dashboard.numbers import added
from metrics_app.properties.values import top_values
from metrics_app.reading import Sums
from metrics_app.reading.sums import LONGEST_MS, compiled
from metrics_app.scope import Scope
from requests_app.charts import Unit
from requests_app.filter_language.compiling import compile_filter
from requests_app.queries import requests_of

SQL = Path(__file__).parent.parent / "sql"
ROWS, COLUMNS = 20, 10
STEPS = 5
OTHER, LACKING = 0, -1


@dataclass(frozen=True, slots=True)
class Measure:
    """What a cell shows. `order` says which values are the largest."""

    label: str
    unit: Unit
    order: str
    of: Callable[[Sums], float | None]


MEASURES = {
    "cost": Measure("Cost", "money", "cost", rates.known_cost),
    "requests": Measure("Requests", "count", "requests", lambda one: one.requests),
    "cost_per_request": Measure("Cost per request", "money", "requests", rates.cost_per_request),
    "error_rate": Measure("Error rate", "percent", "requests", rates.error_percent),
}


@dataclass(frozen=True, slots=True)
class Axis:
    """One of both properties: its largest values. A place is that of a value from 1 on, `OTHER` or `LACKING`."""

    name: str
    values: list[str]
    places: list[int]


@dataclass(frozen=True, slots=True)
class Crossing:
    """What is in each cell, by the places of its row and column; a cell that is missing has no requests."""

    rows: Axis
    columns: Axis
    cells: dict[tuple[int, int], Sums]

    def row(self, place: int) -> Sums:
        """Returns what a whole row comes to."""
        return added(one for (row, _), one in self.cells.items() if row == place)

    def column(self, place: int) -> Sums:
        """Returns what a whole column comes to."""
        return added(one for (_, column), one in self.cells.items() if column == place)

    @property
    def all(self) -> Sums:
        """Returns what all cells come to: all requests that were asked for."""
        return added(self.cells.values())


def cross(scope: Scope, row_name: str, column_name: str, *, order: str) -> Crossing:
    """Returns two properties crossed: the largest values of each by `order`, all others, and requests without one.

    Raises FilterError, TooSlow.
    """
    row_values = [value for value, _ in top_values(scope, row_name, order=order, at_most=ROWS).rows]
    column_values = [value for value, _ in top_values(scope, column_name, order=order, at_most=COLUMNS).rows]
    cells = _read(scope, (row_name, column_name), (row_values, column_values))
    return Crossing(
        _axis(row_name, row_values, {row for row, _ in cells}),
        _axis(column_name, column_values, {column for _, column in cells}),
        cells,
    )


def step_of(value: float | None, largest: float) -> int:
    """Returns how dark a cell is, from 0 for nothing to `STEPS` for the largest."""
    return min(ceil(STEPS * value / largest), STEPS) if value and largest > 0 else 0


def _read(scope: Scope, names: Sequence[str], values: Sequence[Sequence[str]]) -> dict[tuple[int, int], Sums]:
    rows = requests_of(scope.organization_id).filter(
        compile_filter(scope.tree, organization_id=scope.organization_id),
        created_at__gte=scope.start,
        created_at__lt=scope.end,
    )
    inner = compiled(rows.values("properties", "status", "prompt_tokens", "cost_nanodollars"))
    if inner is None:
        return {}
    statement = load(SQL, "crossed_properties").format(most=MAX_CHARACTERS, rows=inner[0])
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, [*names, *map(list, values), *inner[1]])
        return {
            (row, column): Sums(
                requests=requests, cost_nanodollars=int(cost), unpriced=unpriced, failures=failures
            )
            for row, column, requests, cost, unpriced, failures in cursor.fetchall()
        }


def _axis(name: str, values: list[str], found: set[int]) -> Axis:
    places = [place for place in range(1, len(values) + 1) if place in found]
    return Axis(name, values, [*places, *(place for place in (OTHER, LACKING) if place in found)])
