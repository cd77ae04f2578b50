"""The values of a property over time."""

from ingest_app.known_values import PROPERTY
from metrics_app.dashboard.narrowing import node_of
from metrics_app.drawing import top_series
from metrics_app.properties.known import has
from metrics_app.properties.values import top_values
from metrics_app.reading import sums
from metrics_app.scope import Scope
from requests_app.charts import Chart, Series, Unit
from requests_app.series_colours import OTHER_COLOUR, TOP

# What may be drawn: by the name of the order, the label, the sum, and its unit.
MEASURES: dict[str, tuple[str, str, Unit]] = {
    "cost": ("Cost", "cost_nanodollars", "money"),
    "requests": ("Requests", "requests", "count"),
}


def course(scope: Scope, name: str, measure: str) -> Chart:
    """Returns one of `MEASURES` of the largest values of the property `name` over time, and of all others as one.

    Raises FilterError, TooSlow.
    """
    _, column, unit = MEASURES[measure]
    field = PROPERTY + name
    top = top_values(scope, name, order=measure, at_most=TOP)
    names = [value for value, _ in top.rows]
    found: dict[str, list[float | None]] = {value: [0.0] * scope.bars for value in names}
    for (bar, value), one in sums(scope.over_time(field), (column,), only=names).items():
        found[value][bar] = float(getattr(one, column))
    series = top_series(found, query_of=lambda value: scope.requests_query(node_of(field, value)))
    if top.values > len(names):
        rest = [-sum(value or 0 for value in bar) for bar in zip(*found.values(), strict=True)]
        for (bar,), one in sums(scope.narrowed(has(name)).over_time(), (column,)).items():
            rest[bar] += float(getattr(one, column))
        others = f"other {top.values - len(names):,}"
        series.append(Series(others, OTHER_COLOUR, rest, scope.requests_query(has(name))))
    return Chart.over(
        scope.edges,
        scope.zone,
        kind="bars",
        unit=unit,
        series=[_named(one) for one in series],
        is_stacked=True,
        query=scope.requests_query(has(name)),
    )


def _named(series: Series) -> Series:
    return series if series.name else Series("(empty)", series.colour, series.values, series.query)
