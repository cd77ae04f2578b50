"""From two properties crossed to a table of cells, each of which leads to its requests."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from ingest_app.known_values import PROPERTY
from metrics_app.dashboard.narrowing import node_of
from metrics_app.properties.crossing import LACKING, OTHER, Axis, Crossing, Measure, step_of
from metrics_app.properties.known import has, lacks
from metrics_app.reading import Sums
from metrics_app.reading.sums import NOTHING
from metrics_app.scope import Scope
from requests_app.charts import written, written_out
from requests_app.filter_language.tree import Node, conjunction, negation


@dataclass(frozen=True, slots=True)
class CrossedCell:
    """A number. `step` is how dark it is, from 0; `url` is empty where there are no requests."""

    text: str
    exact: str
    url: str
    step: int = 0


@dataclass(frozen=True, slots=True)
class CrossedRow:
    """A row: its value or what stands for it, its cells, and what all of them come to."""

    name: str
    is_value: bool
    cells: list[CrossedCell]
    total: CrossedCell


class ShownCrossing:
    """The table of two properties crossed."""

    def __init__(self, scope: Scope, crossing: Crossing, measure: Measure, *, slug: str) -> None:
        self._scope = scope
        self._crossing = crossing
        self._measure = measure
        self._list_url = reverse("requests:list", args=[slug])
        self._row_nodes = {place: _node(crossing.rows, place) for place in crossing.rows.places}
        self._column_nodes = {place: _node(crossing.columns, place) for place in crossing.columns.places}

    @property
    def is_empty(self) -> bool:
        """Whether there are no requests at all."""
        return not self._crossing.cells

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """Returns what stands above the columns, and whether it is a value."""
        columns = self._crossing.columns
        return [(_label(columns, place), place > 0) for place in columns.places]

    @property
    def rows(self) -> Iterator[CrossedRow]:
        """Yields the rows, the largest first."""
        crossing, columns = self._crossing, self._crossing.columns.places
        values = (self._measure.of(one) for one in crossing.cells.values())
        largest = max((value for value in values if value), default=0)
        for place, node in self._row_nodes.items():
            cells = [
                self._cell(
                    crossing.cells.get((place, column), NOTHING), largest, node, self._column_nodes[column]
                )
                for column in columns
            ]
            total = self._cell(crossing.row(place), 0, node)
            yield CrossedRow(_label(crossing.rows, place), place > 0, cells, total)

    @property
    def totals(self) -> list[CrossedCell]:
        """Returns what the columns come to."""
        return [
            self._cell(self._crossing.column(place), 0, node) for place, node in self._column_nodes.items()
        ]

    @property
    def all(self) -> CrossedCell:
        """Returns what all of it comes to."""
        return self._cell(self._crossing.all, 0)

    def _cell(self, sums: Sums, largest: float, *nodes: Node) -> CrossedCell:
        if not sums.requests:
            return CrossedCell("", "No requests", "")
        value = self._measure.of(sums)
        return CrossedCell(
            written(value, self._measure.unit),
            written_out(value, self._measure.unit),
            f"{self._list_url}?{self._scope.requests_query(*nodes)}",
            step_of(value, largest),
        )


def _label(axis: Axis, place: int) -> str:
    if place == OTHER:
        return "all others"
    if place == LACKING:
        return f"no {axis.name}"
    return axis.values[place - 1] or "(empty)"


def _node(axis: Axis, place: int) -> Node:
    """Returns the condition that a request stands at `place` of `axis`."""
    if place == LACKING:
        return lacks(axis.name)
    values = [node_of(PROPERTY + axis.name, value) for value in axis.values]
    if place == OTHER:
        return conjunction([has(axis.name), *map(negation, values)])
    return values[place - 1]
