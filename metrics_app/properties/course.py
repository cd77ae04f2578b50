"""The values of a property over time."""

from ingest_app.known_values import PROPERTY
from metrics_app.dashboard.narrowing import node_of
from metrics_app.drawing import top_series
from metrics_app.properties.known import KnownProperty, has
from metrics_app.properties.values import top_values
from metrics_app.reading import Ranking, Sums, sums
from metrics_app.reading.sums import Key
from metrics_app.scope import Scope
from requests_app.charts import Chart, Series, Unit
from requests_app.series_colours import OTHER_COLOUR, TOP

# So many values are all read, bar by bar, and added up here.
_FEW = 100
# What may be drawn: by the name of the order, the label, the sum, and its unit.
MEASURES: dict[str, tuple[str, str, Unit]] = {
    "cost": ("Cost", "cost_nanodollars", "money"),
    "requests": ("Requests", "requests", "count"),
}


def course(scope: Scope, known: KnownProperty, measure: str, largest: Ranking | None = None) -> Chart:
    """Returns one of `MEASURES` of the largest values of a property over time, and of all others as one.

    `largest` are its largest values by `measure`, where they are known already. Raises FilterError, TooSlow.
    """
    _, column, unit = MEASURES[measure]
    if known.is_complete and known.values <= _FEW:
        series = _of_all(scope, known.name, column)
    else:
        largest = largest or top_values(scope, known.name, order=measure, at_most=TOP)
        series = _of_largest(scope, known.name, column, largest)
    return Chart.over(
        scope.edges,
        scope.zone,
        kind="bars",
        unit=unit,
        series=[_named(one) for one in series],
        is_stacked=True,
        query=scope.requests_query(has(known.name)),
    )


def _of_all(scope: Scope, name: str, column: str) -> list[Series]:
    return _series(scope, name, _bars(scope, sums(scope.over_time(PROPERTY + name), (column,)), column))


def _of_largest(scope: Scope, name: str, column: str, largest: Ranking) -> list[Series]:
    """Of so many values that all of them over time would be too much: all others are what is left of their sum."""
    names = [value for value, _ in largest.rows[:TOP]]
    found = _bars(scope, sums(scope.over_time(PROPERTY + name), (column,), only=names), column)
    series = _series(scope, name, found)
    if largest.values > len(names):
        rest = [-sum(value or 0 for value in bar) for bar in zip(*found.values(), strict=True)]
        for (bar,), one in sums(scope.narrowed(has(name)).over_time(), (column,)).items():
            rest[bar] += float(getattr(one, column))
        others = f"other {largest.values - len(names)}"
        series.append(Series(others, OTHER_COLOUR, rest, scope.requests_query(has(name))))
    return series


def _bars(scope: Scope, found: dict[Key, Sums], column: str) -> dict[str, list[float | None]]:
    """Returns the column bar by bar, by value."""
    bars: dict[str, list[float | None]] = {}
    for (bar, value), one in found.items():
        bars.setdefault(value, [0.0] * scope.bars)[bar] = float(getattr(one, column))
    return bars


def _series(scope: Scope, name: str, found: dict[str, list[float | None]]) -> list[Series]:
    return top_series(
        found,
        query_of=lambda value: scope.requests_query(node_of(PROPERTY + name, value)),
        other_query=scope.requests_query(has(name)),
    )


def _named(series: Series) -> Series:
    return series if series.name else Series("(empty)", series.colour, series.values, series.query)
