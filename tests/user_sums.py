"""What is said of users, worked out in plain Python from their requests: what `metrics_app.users` must answer."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from requests_app.models import Request
from requests_app.statuses import is_failure


@dataclass(frozen=True)
class OfUser:
    """One user's requests in a period."""

    requests: int
    errors: int
    cost: int
    tokens: int
    latency_ms: float
    active_days: int
    last_at: datetime

    @property
    def requests_per_day(self) -> float:
        return self.requests / self.active_days


def calls_of(organization_id: int, model: str | None = None) -> list[Request]:
    """Returns the model calls that say whose they are, oldest first."""
    rows = Request.objects.filter(organization_id=organization_id, kind="").exclude(user_id="")
    return list((rows.filter(model=model) if model else rows).order_by("created_at", "id"))


def by_user(rows: Iterable[Request], start: datetime, end: datetime) -> dict[str, OfUser]:
    """Returns what the requests from `start` to before `end` add up to."""
    grouped: dict[str, list[Request]] = defaultdict(list)
    for row in rows:
        if start <= row.created_at < end:
            grouped[row.user_id].append(row)
    return {user: _added(own) for user, own in grouped.items()}


def seen_in(rows: Iterable[Request], edges: Sequence[datetime]) -> list[set[str]]:
    """Returns the users of each bar between `edges`."""
    found: list[set[str]] = [set() for _ in edges[1:]]
    for row in rows:
        if edges[0] <= row.created_at < edges[-1]:
            found[bisect_right(list(edges), row.created_at) - 1].add(row.user_id)
    return found


def begun_at(rows: Iterable[Request]) -> dict[str, datetime]:
    """Returns when each user was seen first; `rows` are the oldest first."""
    first: dict[str, datetime] = {}
    for row in rows:
        first.setdefault(row.user_id, row.created_at)
    return first


def cohorts(rows: Sequence[Request], end: datetime, weeks: int) -> dict[date, list[int]]:
    """Returns for each Monday (UTC) the users first seen in its week, and how many of them came in each week since."""
    of_week: dict[date, set[str]] = defaultdict(set)
    for row in rows:
        if row.created_at < end:
            of_week[_monday(row.created_at)].add(row.user_id)
    begun: dict[date, set[str]] = defaultdict(set)
    for user, first in begun_at(rows).items():
        begun[_monday(first)].add(user)
    last = _monday(end - timedelta(microseconds=1))
    mondays = [last - number * timedelta(weeks=1) for number in reversed(range(weeks))]
    return {
        monday: [len(begun[monday] & of_week[week]) for week in mondays if week >= monday]
        for monday in mondays
        if monday >= _monday(rows[0].created_at)
    }


def per_active_day(users: Iterable[OfUser], limits: Sequence[int]) -> list[int]:
    """Returns how many users are in each of the classes of requests per active day that begin at `limits`."""
    counted = Counter(bisect_right(list(limits), one.requests_per_day) for one in users)
    return [counted[place] for place in range(len(limits) + 1)]


def _added(rows: Sequence[Request]) -> OfUser:
    return OfUser(
        requests=len(rows),
        errors=sum(is_failure(row.status) for row in rows),
        cost=sum(row.cost_nanodollars or 0 for row in rows),
        tokens=sum((row.prompt_tokens or 0) + (row.completion_tokens or 0) for row in rows),
        latency_ms=sum(row.latency_ms for row in rows) / len(rows),
        active_days=len({row.created_at.astimezone(UTC).date() for row in rows}),
        last_at=max(row.created_at for row in rows),
    )


def _monday(moment: datetime) -> date:
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())
