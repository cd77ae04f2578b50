"""The users of a period, a page at a time, and what the requests of each add up to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from helicone_site.sql import load
from helicone_site.time_limit import TooSlow, at_most_ms
from ingest_app.rollups import MAX_CHARACTERS
from metrics_app import rates
from metrics_app.reading.moment import at_one_moment
from metrics_app.reading.questions import SQL, USER
from metrics_app.reading.sums import LONGEST_MS, NOTHING, Part, Sums, compiled, sources_of
from metrics_app.scope import Scope
from metrics_app.users.sources import given, select_from
from metrics_app.users.summing import MEASURES, matching_id, requests_of_users, summed_users
from requests_app.filter_language.tree import EVERYTHING, Node
from requests_app.paging import BadCursor, BadSort
from requests_app.queries import requests_of

PAGE = 50
DEFAULT_SORT = "-cost"
MOST_IN_FILE = 10_000
LAST_SEEN, FIRST_SEEN = "last_seen", "first_seen"
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
    LAST_SEEN: "last_at",
}
SORTS = tuple(_ORDERS)
# For programs alone.
_MORE_ORDERS = {
    "prompt_tokens": "prompt_tokens",
    "completion_tokens": "completion_tokens",
    "tokens_per_request": "(prompt_tokens + completion_tokens)::double precision / requests",
    FIRST_SEEN: "first_at",
}
_IN_ORDER_CHOSEN = "place"
_OF_DAYS = ("active_days", "requests_per_day")


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user in a period, with `MEASURES` of the requests; days are those of UTC.

    `first_at` is the first request of all times, `began_at` the first and `last_at` the latest of the period; they and
    `sessions` are None where they were not looked up. An id is cut to `MAX_CHARACTERS`.
    """

    user_id: str
    sums: Sums
    active_days: int = 0
    sessions: int | None = None
    first_at: datetime | None = None
    began_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def requests_per_day(self) -> float:
        """Returns the requests per day on which there were any."""
        return self.sums.requests / self.active_days

    @property
    def is_cut(self) -> bool:
        """Returns whether the id may be longer than what is known of it."""
        return len(self.user_id) >= MAX_CHARACTERS


class _Seen(NamedTuple):
    """When a user came, as UserRow has it."""

    first_at: datetime | None = None
    began_at: datetime | None = None
    last_at: datetime | None = None


_NOT_SEEN = _Seen()


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
    condition: Node = EVERYTHING,
    cursor: str | None = None,
    at_most: int = PAGE,
) -> UserPage:
    """Returns a page of the users with `find` in their id for whom `condition`, in the language of users, holds.

    Sorted by one of `_ORDERS` or `_MORE_ORDERS`, with a - for the largest first. Raises BadSort, BadCursor,
    FilterError, TooSlow.
    """
    name, descends = _sort(sort)
    skipped = _skipped(cursor)
    chosen = None
    if name == LAST_SEEN and condition == EVERYTHING:
        chosen = _seen_last(scope, find, descends=descends, at_most=at_most, skipped=skipped)
    rows, whole = _page(
        summed_users(
            scope,
            find=find,
            condition=condition,
            has_days=name in _OF_DAYS,
            has_times=chosen is None and name in {FIRST_SEEN, LAST_SEEN},
        ),
        order=_IN_ORDER_CHOSEN if chosen is not None else _order(name, descends=descends),
        chosen=chosen,
        at_most=at_most,
        skipped=0 if chosen is not None else skipped,
    )
    return UserPage(_with_more(scope, rows), whole, skipped)


@at_one_moment()
def all_users(*, scope: Scope, sort: str | None = None, find: str = "") -> list[UserRow]:
    """Returns the first `MOST_IN_FILE` users in the order that `list_users` has them, with the days of each.

    Raises BadSort, FilterError, TooSlow.
    """
    name, descends = _sort(sort)
    # Which of them was seen last is not worth as many look-ups.
    order = _order(DEFAULT_SORT.removeprefix("-") if name == LAST_SEEN else name, descends=descends)
    users = summed_users(scope, find=find, has_days=True)
    rows, _ = _page(users, order=order, chosen=None, at_most=MOST_IN_FILE, skipped=0)
    return rows


def has_any_user(organization_id: int) -> bool:
    """Returns whether any request that is kept says whose it is."""
    return requests_of(organization_id).exclude(user_id="").exists()


def _sort(text: str | None) -> tuple[str, bool]:
    text = text or DEFAULT_SORT
    name = text.removeprefix("-")
    if name not in _ORDERS and name not in _MORE_ORDERS:
        raise BadSort(f"Cannot sort by {name!r}: choose one of {', '.join(_ORDERS)}.")
    return name, text.startswith("-")


def _order(name: str, *, descends: bool) -> str:
    return f"{_ORDERS.get(name) or _MORE_ORDERS[name]} {'DESC' if descends else 'ASC'} NULLS LAST"


def _skipped(cursor: str | None) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise BadCursor("This cursor is not one of ours.")
    return int(cursor)


def _page(
    users: Part | None, *, order: str, chosen: list[str] | None, at_most: int, skipped: int
) -> tuple[list[UserRow], Whole]:
    if users is None:
        return [], Whole()
    statement = load(SQL, "users_page").format(
        users=users[0],
        measures=", ".join(MEASURES),
        added=", ".join(f"coalesce(sum({name}), 0)" for name in MEASURES),
        order=order,
    )
    parameters = [*users[1], chosen, chosen, at_most, skipped]
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        (_, _, users_found, *whole), *rows = cursor.fetchall()
    return (
        [UserRow(user_id, _added(measures), days) for _, user_id, days, *measures in rows],
        Whole(users_found, _added(whole)),
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
    matching, pattern = matching_id(find)
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
            first_at=seen.get(row.user_id, _NOT_SEEN).first_at,
            began_at=seen.get(row.user_id, _NOT_SEEN).began_at,
            last_at=seen.get(row.user_id, _NOT_SEEN).last_at,
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


def _seen(scope: Scope, users: Sequence[str]) -> dict[str, _Seen]:
    rows = compiled(requests_of_users(scope).values("user_id", "created_at"))
    if rows is None:
        return {}
    statement = load(SQL, "users_more").format(rows=rows[0])
    try:
        with at_most_ms(_LONGEST_EXTRA_MS), connection.cursor() as cursor:
            cursor.execute(statement, [scope.organization_id, *rows[1], *rows[1], list(users)])
            return {user_id: _Seen(*moments) for user_id, *moments in cursor.fetchall()}
    except TooSlow:
        return {}
