"""The users of a period, a page at a time, and what the requests of each add up to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from helicone_site.sql import load
from helicone_site.time_limit import TooSlow, at_most_ms
from ingest_app.rollups import MAX_CHARACTERS
from metrics_app import rates
from metrics_app.reading.moment import at_one_moment
from metrics_app.reading.questions import SQL, USER
from metrics_app.reading.sums import LONGEST_MS, NOTHING, Part, Sums, compiled, sources_of
from metrics_app.scope import Scope
from metrics_app.users.sources import given, select_from
from requests_app.filter_language.compiling import compile_filter
from requests_app.filter_language.values import escaped
from requests_app.models import Request
from requests_app.paging import BadCursor, BadSort
from requests_app.queries import requests_of

PAGE = 50
DEFAULT_SORT = "-cost"
MOST_IN_FILE = 10_000
LAST_SEEN = "last_seen"
# What a page would rather leave out than wait for.
_LONGEST_EXTRA_MS = 1_500
# Among so many of the newest requests are, mostly, all users of a page that begins with the latest.
_NEWEST_ROWS = 20_000
_ORDERS = {
    "user": "value",
    "requests": "requests",
    "errors": "failures",
    "cost": "cost_nanodollars",
    "tokens": "prompt_tokens + completion_tokens",
    "latency_ms": "latency_sum_ms::double precision / requests",
    "active_days": "active_days",
    "requests_per_day": "requests::double precision / active_days",
    LAST_SEEN: "place",
}
SORTS = tuple(_ORDERS)
MEASURES = (
    "requests", "failures", "cost_nanodollars", "unpriced", "prompt_tokens", "completion_tokens", "latency_sum_ms",
)  # fmt: skip
_OF_DAYS = ("active_days", "requests_per_day")
_DAYS = "count(DISTINCT (moment AT TIME ZONE 'UTC')::date)"


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user in a period, with `MEASURES` of the requests; days are those of UTC.

    `first_at` is the first request of all times, `last_at` the latest of the period; they and `sessions` are None where
    they were not looked up. An id is cut to `MAX_CHARACTERS`.
    """

    user_id: str
    sums: Sums
    active_days: int = 0
    sessions: int | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def requests_per_day(self) -> float:
        """Returns the requests per day on which there were any."""
        return self.sums.requests / self.active_days

    @property
    def is_cut(self) -> bool:
        """Returns whether the id may be longer than what is known of it."""
        return len(self.user_id) >= MAX_CHARACTERS


@dataclass(frozen=True, slots=True)
class Whole:
    """How many users there are in a period, and what their requests add up to."""

    users: int = 0
    sums: Sums = NOTHING


@dataclass(frozen=True, slots=True)
class UserPage:
    """A page of users and all of them together. A cursor is how many users are before that page."""

    rows: list[UserRow]
    whole: Whole
    skipped: int

    @property
    def first(self) -> int:
        """Returns the place of the first user of the page, from 1."""
        return self.skipped + 1

    @property
    def last(self) -> int:
        """Returns the place of the last user of the page."""
        return self.skipped + len(self.rows)

    @property
    def known_cost(self) -> int | None:
        """Returns the cost of all in nano-dollars, None when no price of it is known."""
        return rates.known_cost(self.whole.sums)

    @property
    def next_cursor(self) -> str | None:
        """Returns the cursor of the next page, None on the last one."""
        return str(self.last) if self.rows and self.last < self.whole.users else None

    @property
    def previous_cursor(self) -> str | None:
        """Returns the cursor of the page before, None on the first one."""
        return str(max(0, self.skipped - PAGE)) if self.skipped else None


@at_one_moment()
def list_users(
    *,
    scope: Scope,
    sort: str | None = None,
    find: str = "",
    cursor: str | None = None,
    at_most: int = PAGE,
) -> UserPage:
    """Returns a page of the users with `find` in their id, sorted by one of `_ORDERS`, with a - for the largest first.

    Raises BadSort, BadCursor, FilterError, TooSlow.
    """
    name, descends = _sort(sort)
    skipped = _skipped(cursor)
    chosen = None
    if name == LAST_SEEN:
        chosen = _seen_last(scope, find, descends=descends, at_most=at_most, skipped=skipped)
        shift = 0
    else:
        shift = skipped
    rows, whole = _summed(
        scope,
        find,
        order=_ORDERS[name] if chosen is not None else _direction(_ORDERS[name], descends=descends),
        has_days=name in _OF_DAYS,
        chosen=chosen,
        at_most=at_most,
        skipped=shift,
    )
    return UserPage(_with_more(scope, rows), whole, skipped)


@at_one_moment()
def all_users(*, scope: Scope, sort: str | None = None, find: str = "") -> list[UserRow]:
    """Returns the first `MOST_IN_FILE` users in the order that `list_users` has them, with the days of each.

    Raises BadSort, FilterError, TooSlow.
    """
    name, descends = _sort(sort)
    # Which of them was seen last is not worth as many look-ups.
    order = _direction(
        _ORDERS[DEFAULT_SORT.removeprefix("-") if name == LAST_SEEN else name], descends=descends
    )
    rows, _ = _summed(scope, find, order=order, has_days=True, chosen=None, at_most=MOST_IN_FILE, skipped=0)
    return rows


def has_any_user(organization_id: int) -> bool:
    """Returns whether any request that is kept says whose it is."""
    return requests_of(organization_id).exclude(user_id="").exists()


def requests_of_users(scope: Scope) -> QuerySet[Request]:
    """Returns the requests of `scope` that say whose they are. Raises FilterError."""
    return (
        requests_of(scope.organization_id)
        .filter(created_at__gte=scope.start, created_at__lt=scope.end)
        .exclude(user_id="")
        .filter(compile_filter(scope.tree, organization_id=scope.organization_id))
    )


def _sort(text: str | None) -> tuple[str, bool]:
    text = text or DEFAULT_SORT
    name = text.removeprefix("-")
    if name not in _ORDERS:
        raise BadSort(f"Cannot sort by {name!r}: choose one of {', '.join(_ORDERS)}.")
    return name, text.startswith("-")


def _direction(order: str, *, descends: bool) -> str:
    return f"{order} {'DESC' if descends else 'ASC'}"


def _skipped(cursor: str | None) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise BadCursor("This cursor is not one of ours.")
    return int(cursor)


def _matching(find: str) -> Part:
    """Returns the condition on `value` that it has `find` in it, in any case."""
    if "\x00" in find:
        return "false", ()  # PostgreSQL has no such text
    return ("value ILIKE %s", (f"%{escaped(find)}%",)) if find else ("true", ())


def _summed(
    scope: Scope,
    find: str,
    *,
    order: str,
    has_days: bool,
    chosen: list[str] | None,
    at_most: int,
    skipped: int,
) -> tuple[list[UserRow], Whole]:
    parts = sources_of(scope.total(USER))
    if not parts:
        return [], Whole()
    matching, pattern = _matching(find)
    statement = load(SQL, "users_summed").format(
        sources=select_from(parts, "value", *MEASURES),
        summed=", ".join(
            f"coalesce(sum({name}), 0){'' if name == 'cost_nanodollars' else '::bigint'} AS {name}"
            for name in MEASURES
        ),
        measures=", ".join(MEASURES),
        added=", ".join(f"coalesce(sum({name}), 0)" for name in MEASURES),
        matching=matching,
        days=_DAYS if has_days else "0::bigint",
        order=order,
    )
    parameters = [*given(parts), *pattern, chosen, chosen, at_most, skipped]
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        (_, _, users, *whole), *rows = cursor.fetchall()
    return (
        [UserRow(user_id, _added(measures), days) for _, user_id, days, *measures in rows],
        Whole(users, _added(whole)),
    )


def _added(measures: Sequence[Any]) -> Sums:
    return Sums(**dict(zip(MEASURES, map(int, measures), strict=True)))


def _seen_last(scope: Scope, find: str, *, descends: bool, at_most: int, skipped: int) -> list[str]:
    """Returns the users of a page by when their latest request came."""
    rows = compiled(requests_of_users(scope).values("user_id", "created_at"))
    if rows is None:
        return []
    if descends:
        # Who is among the newest requests was seen later than all others.
        newest = f"SELECT * FROM ({rows[0]}) AS all_rows ORDER BY created_at DESC LIMIT {_NEWEST_ROWS}"  # noqa: S608
        users = _page_seen_last((newest, rows[1]), find, descends=True, at_most=at_most, skipped=skipped)
        if len(users) == at_most:
            return users
    return _page_seen_last(rows, find, descends=descends, at_most=at_most, skipped=skipped)


def _page_seen_last(rows: Part, find: str, *, descends: bool, at_most: int, skipped: int) -> list[str]:
    matching, pattern = _matching(find)
    statement = load(SQL, "users_seen_last").format(
        rows=rows[0], matching=matching, most=MAX_CHARACTERS, direction="DESC" if descends else "ASC"
    )
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, [*rows[1], *pattern, at_most, skipped])
        return [user_id for (user_id,) in cursor.fetchall()]


def _with_more(scope: Scope, rows: list[UserRow]) -> list[UserRow]:
    """Returns `rows` with their days, sessions, and when each user was seen."""
    if not rows:
        return rows
    users = [row.user_id for row in rows]
    days = _days(scope, users)
    sessions = _sessions(scope, users)
    seen = _seen(scope, users)
    return [
        replace(
            row,
            active_days=days[row.user_id],
            sessions=None if sessions is None or row.is_cut else sessions.get(row.user_id, 0),
            first_at=seen.get(row.user_id, (None, None))[0],
            last_at=seen.get(row.user_id, (None, None))[1],
        )
        for row in rows
    ]


def _days(scope: Scope, users: Sequence[str]) -> dict[str, int]:
    parts = sources_of(scope.total(USER))
    statement = load(SQL, "users_days").format(sources=select_from(parts, "value"))
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, [*given(parts), list(users)])
        return dict(cursor.fetchall())


def _sessions(scope: Scope, users: Sequence[str]) -> dict[str, int] | None:
    parameters: dict[str, int | datetime | list[str]] = {
        "organization_id": scope.organization_id,
        "since": scope.start,
        "until": scope.end,
        "users": list(users),
    }
    try:
        with at_most_ms(_LONGEST_EXTRA_MS), connection.cursor() as cursor:
            cursor.execute(load(SQL, "users_sessions"), parameters)
            return dict(cursor.fetchall())
    except TooSlow:
        return None


def _seen(scope: Scope, users: Sequence[str]) -> dict[str, tuple[datetime | None, datetime | None]]:
    rows = compiled(requests_of_users(scope).values("user_id", "created_at"))
    if rows is None:
        return {}
    statement = load(SQL, "users_more").format(rows=rows[0])
    try:
        with at_most_ms(_LONGEST_EXTRA_MS), connection.cursor() as cursor:
            cursor.execute(statement, [scope.organization_id, *rows[1], list(users)])
            return {user_id: (first, last) for user_id, first, last in cursor.fetchall()}
    except TooSlow:
        return {}
