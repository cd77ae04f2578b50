"""How many users there are over time, who is new, who comes back, and how much they ask. Days and weeks are UTC's.

Whoever is seen for the first time in what is kept, among the requests that the filter lets pass, is new.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from helicone_site.sql import load
from helicone_site.time_limit import at_most_ms
from ingest_app.rollups import day_of, start_of
from metrics_app.reading import Question, spreads, sums
from metrics_app.reading.moment import at_one_moment
from metrics_app.reading.questions import SQL, USER
from metrics_app.reading.sums import LONGEST_MS, NOTHING, sources_of
from metrics_app.scope import Scope, first_at
from metrics_app.users.sources import given, select_from
from requests_app import time_bars

# Of no more requests than these, users are counted one by one.
COUNTED_REQUESTS = 200_000
WEEKS = 12
# Where the classes of requests per active day begin, after the first.
CLASSES = (2, 5, 10, 20, 50, 100)
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)
# Shorter periods are not cut into days only.
_SHORT = 3 * _DAY


@dataclass(frozen=True, slots=True)
class Course:
    """The users in each bar between `edges`; right to `ingest_app.rollups.spread.STANDARD_ERROR` unless `is_exact`."""

    edges: Sequence[datetime]
    users: list[int]
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Newcomers:
    """The users in each bar between `edges`, those of them who are new, and both of the period and the one before."""

    edges: Sequence[datetime]
    users: list[int]
    new: list[int]
    all_users: int
    all_new: int
    users_before: int
    new_before: int

    @property
    def returning(self) -> list[int]:
        """Returns the users of each bar who had been seen before it."""
        return [users - new for users, new in zip(self.users, self.new, strict=True)]


@dataclass(frozen=True, slots=True)
class Cohort:
    """The users first seen in the week that begins with `monday`: how many, and how many were seen in each week since.

    The first of `seen` is that week itself, the last one may not be over.
    """

    monday: datetime
    seen: list[int]

    @property
    def users(self) -> int:
        """Returns how many there are."""
        return self.seen[0]


@at_one_moment()
def active_users(scope: Scope, edges: Sequence[datetime] | None = None) -> Course:
    """Returns the users over time, in the bars of a chart or between `edges`: counted where requests are few.

    Raises FilterError, TooSlow.
    """
    edges = scope.edges if edges is None else edges
    bars = range(len(edges) - 1)
    requests = sums(scope.total(), ("requests",)).get((0,), NOTHING).requests
    if requests <= COUNTED_REQUESTS:
        question = Question(scope.organization_id, scope.tree, edges, (USER,))
        found = {bar: users for bar, users, _, _ in _begun(question)}
        return Course(edges, [found.get(bar, 0) for bar in bars], is_exact=True)
    seen = spreads(Question(scope.organization_id, scope.tree, edges), has_seen=True)
    users = [seen[bar,].users if (bar,) in seen else 0 for bar in bars]
    return Course(edges, users, is_exact=False)


@at_one_moment()
def newcomers(scope: Scope) -> Newcomers:
    """Returns the users over time and who of them was new. Raises FilterError, TooSlow."""
    edges = scope.edges if scope.end - scope.start <= _SHORT else _days(scope)
    before = scope.before.start
    question = Question(
        scope.organization_id, scope.tree, [_beginning(scope, before), before, *edges], (USER,)
    )
    users, new, came = [0] * (len(edges) + 1), [0] * (len(edges) + 1), 0
    for bar, users_of_bar, new_of_bar, came_of_bar in _begun(question):
        users[bar], new[bar] = users_of_bar, new_of_bar
        came += came_of_bar
    return Newcomers(
        edges=edges,
        users=users[2:],
        new=new[2:],
        all_users=came,
        all_new=sum(new[2:]),
        users_before=users[1],
        new_before=new[1],
    )


@at_one_moment()
def retention(scope: Scope) -> list[Cohort]:
    """Returns the cohorts of the last `WEEKS` weeks until the end of the period, the oldest first.

    Raises FilterError, TooSlow.
    """
    last = _monday(scope.end - timedelta(microseconds=1))
    first = max(last - (WEEKS - 1) * _WEEK, _monday(first_at(scope.organization_id) or scope.start))
    mondays = [first]
    while mondays[-1] < last:
        mondays.append(mondays[-1] + _WEEK)
    edges = [_beginning(scope, mondays[0]), *mondays, scope.end]
    question = Question(scope.organization_id, scope.tree, edges, (USER,))
    found = {(begun, bar): users for begun, bar, users in _asked("users_retention", question)}
    weeks = range(1, len(mondays) + 1)
    return [
        Cohort(monday, [found.get((begun, bar), 0) for bar in weeks if bar >= begun])
        for begun, monday in zip(weeks, mondays, strict=True)
    ]


@at_one_moment()
def engagement(scope: Scope) -> list[int]:
    """Returns how many users made so many requests per active day, for each of the classes that `CLASSES` begin.

    Raises FilterError, TooSlow.
    """
    parts = sources_of(scope.total(USER))
    found = [0] * (len(CLASSES) + 1)
    if not parts:
        return found
    statement = load(SQL, "users_engagement").format(sources=select_from(parts, "value", "requests"))
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, [list(CLASSES), *given(parts)])
        for place, users in cursor.fetchall():
            found[place] = users
    return found


def _begun(question: Question) -> list[tuple[int, int, int, int]]:
    return _asked("users_new", question)


def _asked(name: str, question: Question) -> list[Any]:
    parts = sources_of(question)
    if not parts:
        return []
    statement = load(SQL, name).format(sources=select_from(parts, "value"))
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, [list(question.edges), *given(parts)])
        return list(cursor.fetchall())


def _days(scope: Scope) -> list[datetime]:
    """Returns the edges of a period at midnights of UTC, where sums by user begin and end."""
    cut = time_bars.edges(scope.start, scope.end, UTC)
    inner = [edge for edge in cut if scope.start < edge < scope.end and edge == start_of(day_of(edge))]
    return [scope.start, *inner, scope.end]


def _beginning(scope: Scope, moment: datetime) -> datetime:
    """Returns the midnight (UTC) before `moment` before which nothing is kept."""
    return start_of(day_of(min(first_at(scope.organization_id) or moment, moment))) - _DAY


def _monday(moment: datetime) -> datetime:
    day = day_of(moment)
    return start_of(day - timedelta(days=day.weekday()))
