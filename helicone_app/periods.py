"""Periods and bars of what is told over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rest_framework import serializers

from helicone_app.query_fields import MinutesField, MomentField, TreeField, clock
from helicone_app.scopes import scope_asked
from helicone_app.times import iso
from helicone_app.view import Refused
from metrics_app.reading import Question
from metrics_app.scope import Scope
from requests_app import time_bars
from requests_app.filter_language.tree import Node, conjunction

# What Helicone calls a step, and how it is called here.
STEPS: dict[str, time_bars.Step] = {
    "min": "minute",
    "hour": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "year": "year",
}
DEFAULT_STEP = "hour"
# Minutes of a week, and some more.
MOST_BARS = 11_000


class MetricsPeriodSerializer(serializers.Serializer[Any]):
    """Both ends count."""

    start = MomentField(help_text="ISO 8601; UTC unless it says otherwise.")
    end = MomentField()


class StepSerializer(serializers.Serializer[Any]):
    """How long bars are, and by which clock they begin."""

    dbIncrement = serializers.ChoiceField(list(STEPS), default=DEFAULT_STEP)
    timeZoneDifference = MinutesField()


class MetricsAskedSerializer(serializers.Serializer[Any]):
    """Which requests."""

    filter = TreeField()
    timeFilter = MetricsPeriodSerializer()


class OverTimeAskedSerializer(StepSerializer, MetricsAskedSerializer):
    """Which requests, in which bars."""

    userFilter = TreeField()


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars that a period touches: where they begin, and the edges between which their requests are."""

    scope: Scope
    starts: Sequence[datetime]
    edges: Sequence[datetime]

    @property
    def times(self) -> list[str]:
        """Returns where the bars begin, as the API writes it."""
        return [iso(start) for start in self.starts]

    def question(self, *by: str) -> Question:
        """Returns the question for each bar, told apart by `by`."""
        return Question(self.scope.organization_id, self.scope.tree, self.edges, by)


def scope_of_body(organization_id: int, asked: dict[str, Any], *nodes: Node) -> Scope:
    """Returns the requests that the body asks for, and that `nodes` hold for. Raises FilterError."""
    trees = [tree for name in ("filter", "userFilter") if (tree := asked.get(name)) is not None]
    zone = clock(asked.get("timeZoneDifference", 0))
    return scope_asked(organization_id, conjunction([*trees, *nodes]), **asked["timeFilter"], zone=zone)


def bars_of_body(organization_id: int, asked: dict[str, Any], *nodes: Node) -> Bars:
    """Returns the bars that the body asks for. Raises FilterError, Refused when they are too many."""
    scope = scope_of_body(organization_id, asked, *nodes)
    start, end = asked["timeFilter"]["start"], scope.end
    try:
        cut = time_bars.edges_by(STEPS[asked["dbIncrement"]], start, end, scope.zone, at_most=MOST_BARS)
    except time_bars.TooManyBars as error:
        raise Refused(f"dbIncrement: {error}") from error
    inner = [edge for edge in cut[1:-1] if edge < end]
    return Bars(scope, [cut[0], *inner], [start, *inner, end])
