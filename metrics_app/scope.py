"""What a page of metrics is about: the requests that its address asks for, its period and the one before it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from metrics_app.reading import Question
from metrics_app.reading.questions import MODEL_CALLS
from requests_app import links, time_bars
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.text import parse
from requests_app.filter_language.tree import (
    And,
    Comparison,
    Node,
    Not,
    Or,
    Text,
    conjunction,
    top_parts,
)
from requests_app.filters import FilterError, RequestFilter
from requests_app.queries import requests_of

# The parameters of the list of requests that metrics know as well.
_OF_LIST = ("q", "filter")
_NO_WORDS = "Metrics cannot be narrowed by words in bodies: the list of requests can."


@dataclass(frozen=True)
class Scope:
    """Some requests of one organization, of a half-open period. Make it by `scope_of`, or `scope_between`."""

    organization_id: int
    tree: Node
    start: datetime
    end: datetime
    zone: tzinfo

    @cached_property
    def edges(self) -> list[datetime]:
        """Returns the edges of the bars of a chart: the first and last ones begin and end with the period."""
        return self.cut(time_bars.AT_MOST_BARS)

    def cut(self, at_most: int) -> list[datetime]:
        """Returns the edges of about `at_most` bars or fewer, likewise."""
        return self._cut_off(time_bars.edges(self.start, self.end, self.zone, at_most=at_most))

    def cut_by(self, step: time_bars.Step) -> list[datetime]:
        """Returns the edges of bars of one `step`, likewise. Raises TooManyBars."""
        return self._cut_off(time_bars.edges_by(step, self.start, self.end, self.zone))

    @property
    def bars(self) -> int:
        """Returns how many bars a chart has."""
        return len(self.edges) - 1

    @cached_property
    def before(self) -> "Scope":
        """Returns the same of the period of this length that ended when this one begins."""
        return Scope(
            self.organization_id, self.tree, self.start - (self.end - self.start), self.start, self.zone
        )

    def over_time(self, *by: str) -> Question:
        """Returns the question for all bars of a chart, told apart by `by`."""
        return Question(self.organization_id, self.tree, self.edges, by)

    def total(self, *by: str) -> Question:
        """Returns the question for the whole period, told apart by `by`: one bar, number 0."""
        return Question(self.organization_id, self.tree, [self.start, self.end], by)

    def narrowed(self, *nodes: Node) -> "Scope":
        """Returns those of the requests that `nodes` hold for, too."""
        return Scope(self.organization_id, conjunction([self.tree, *nodes]), self.start, self.end, self.zone)

    def filter_query(self, *nodes: Node) -> str:
        """Returns the query string of the list of such requests, or of those that `nodes` hold for, of any time."""
        return urlencode({"q": print_filter(conjunction([self.tree, *nodes]))})

    def requests_query(self, *nodes: Node) -> str:
        """Returns the query string of the list of these requests, or of those that `nodes` hold for."""
        period = {"start": self.start.isoformat(), "end": self.end.isoformat()}
        return urlencode({"q": print_filter(conjunction([self.tree, *nodes])), **period})

    def _cut_off(self, edges: Iterable[datetime]) -> list[datetime]:
        return [self.start, *(edge for edge in edges if self.start < edge < self.end), self.end]


def scope_of(*, organization_id: int, filters: RequestFilter) -> Scope:
    """Returns what `filters`, which must be valid, ask for. Raises FilterError for what metrics cannot tell.

    Steps of a run that called no model are left out, unless the filter says something of their kind.
    """
    tree = calls_only(filters.tree)
    period = filters.period
    end = period.end or filters.now
    start = period.start or first_at(organization_id) or _in_utc(end) - timedelta(days=1)
    zone = timezone.get_current_timezone()
    return scope_between(organization_id=organization_id, tree=tree, start=start, end=end, zone=zone)


def scope_between(
    *, organization_id: int, tree: Node, start: datetime, end: datetime, zone: tzinfo = UTC
) -> Scope:
    """Returns the requests that `tree` holds for, of whatever kind. Raises FilterError for what metrics cannot tell."""
    check_tellable(tree)
    start, end = _in_utc(start), _in_utc(end)
    if start >= end:
        raise FilterError("The period ends before it begins.")
    return Scope(organization_id, tree, start, end, zone)


def calls_only(tree: Node) -> Node:
    """Returns `tree` without steps of a run that called no model, unless it says something of their kind."""
    return tree if _says_kind(tree) else conjunction([tree, MODEL_CALLS])


def check_tellable(tree: Node) -> None:
    """Raises FilterError for what metrics cannot tell."""
    if _mentions(tree, Text):
        raise FilterError(_NO_WORDS)


def narrowed_query(query: QueryDict, *nodes: Node) -> str:
    """Returns the query string of a page of metrics that shows only what `nodes` hold for, too."""
    changed = query.copy()
    try:
        parts: Sequence[Node] = top_parts(parse(str(query.get("q") or "")))
    except FilterError:
        parts = ()
    changed["q"] = print_filter(conjunction(dict.fromkeys([*parts, *nodes])))
    return changed.urlencode()


def period_query(query: QueryDict) -> str:
    """Returns the query string of another page that keeps the period and the filter of `query`."""
    kept = {**links.period_of(query), **{name: str(query[name]) for name in _OF_LIST if query.get(name)}}
    return urlencode(kept)


def first_at(organization_id: int) -> datetime | None:
    """Returns when the first request came that is kept."""
    return (
        requests_of(organization_id).order_by("created_at", "id").values_list("created_at", flat=True).first()
    )


def _in_utc(moment: datetime) -> datetime:
    """On the clock of a zone an hour that comes twice would have no length."""
    return min(max(moment, time_bars.FIRST), time_bars.LAST).astimezone(UTC)


def _says_kind(node: Node) -> bool:
    if isinstance(node, And | Or):
        return any(map(_says_kind, node.parts))
    if isinstance(node, Not):
        return _says_kind(node.part)
    return isinstance(node, Comparison) and node.field == "kind"


def _mentions(node: Node, kind: type[Node]) -> bool:
    if isinstance(node, And | Or):
        return any(_mentions(part, kind) for part in node.parts)
    if isinstance(node, Not):
        return _mentions(node.part, kind)
    return isinstance(node, kind)
