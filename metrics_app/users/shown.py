"""What the pages of users show: rows with their links, cards, charts, and two tables of shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import urlencode

from django.urls import reverse

from helicone_site import formats
from ingest_app.rollups.spread import STANDARD_ERROR
from metrics_app import rates
from metrics_app.drawing import StatCard, stat_card
from metrics_app.scope import Scope
from metrics_app.users.activity import CLASSES, Cohort, Course, Newcomers
from metrics_app.users.listing import UserRow
from requests_app.charts import Chart, Series
from requests_app.columns import Column
from requests_app.filter_language.tree import Comparison, Node, Operator

HAS_USER = Comparison("user", Operator.EXISTS, None)
_FAILED = Comparison("status", Operator.EQUALS, "error")
STEPS = 5  # of shades
COLUMNS = [
    Column("user", "User", "user"),
    Column("cost", "Cost", "cost", is_number=True),
    Column("requests", "Requests", "requests", is_number=True),
    Column("errors", "Errors", "errors", is_number=True),
    Column("tokens", "Tokens", "tokens", is_number=True),
    Column("latency", "Latency", "latency_ms", is_number=True, hint="mean"),
    Column("sessions", "Sessions", is_number=True),
    Column("days", "Active days", "active_days", is_number=True),
    Column("per_day", "Requests", "requests_per_day", is_number=True, hint="per active day"),
    Column("first", "First seen"),
    Column("last", "Last seen", "last_seen"),
]


@dataclass(frozen=True, slots=True)
class ShownUser:
    """A row of the table, and where it leads. `url` is the user's page, or the requests where the id is cut."""

    row: UserRow
    url: str
    requests_url: str
    errors_url: str
    sessions_url: str

    @property
    def cost(self) -> int | None:
        """Returns the cost in nano-dollars, None when no price of it is known."""
        return rates.known_cost(self.row.sums)

    @property
    def error_percent(self) -> float | None:
        """Returns the share of the requests that failed."""
        return rates.error_percent(self.row.sums)

    @property
    def per_day(self) -> str:
        """Returns the requests per active day in words."""
        return formats.number(self.row.requests_per_day)


@dataclass(frozen=True, slots=True)
class Cell:
    """The share of a cohort that was seen in a week; `step` is how dark it is, from 0 to `STEPS`."""

    text: str
    title: str
    step: int


@dataclass(frozen=True, slots=True)
class CohortRow:
    """The users first seen in one week, `label`, and how many came back in each week after it."""

    label: str
    users: int
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Class:
    """Users who make so many requests per active day; the bar is as long as the largest class is 100."""

    label: str
    users: int
    share_percent: float
    bar_percent: float


def node_of_user(user_id: str, *, is_cut: bool = False) -> Node:
    """Returns the condition that a request is of this user."""
    return Comparison("user", Operator.PREFIX if is_cut else Operator.EQUALS, user_id)


def shown_user(row: UserRow, scope: Scope, *, slug: str, period_query: str) -> ShownUser:
    """Returns a row of the table of the organization `slug`; `period_query` is what its page is opened with."""
    node = node_of_user(row.user_id, is_cut=row.is_cut)
    requests = reverse("requests:list", args=[slug])
    requests_url = f"{requests}?{scope.requests_query(node)}"
    page = f"{reverse('metrics:user', args=[slug, row.user_id])}{f'?{period_query}' if period_query else ''}"
    return ShownUser(
        row=row,
        url=requests_url if row.is_cut else page,
        requests_url=requests_url,
        errors_url=f"{requests}?{scope.requests_query(node, _FAILED)}",
        sessions_url=sessions_url(row.user_id, scope, slug=slug),
    )


def sessions_url(user_id: str, scope: Scope, *, slug: str) -> str:
    """Returns the list of the sessions that were at work in the period and that the user took part in."""
    query = {"user_id": user_id, "start": scope.start.isoformat(), "end": scope.end.isoformat()}
    return f"{reverse('sessions:list', args=[slug])}?{urlencode(query)}"


def cards(found: Newcomers, url: str) -> list[StatCard]:
    """Returns how many users there were, how many of them new, and how many not; `url` leads to their requests."""
    values = (
        ("Active users", found.all_users, found.users_before, found.users, "s6"),
        ("New", found.all_new, found.new_before, found.new, "s2"),
        (
            "Returning",
            found.all_users - found.all_new,
            found.users_before - found.new_before,
            found.returning,
            "s1",
        ),
    )
    return [
        stat_card(
            label, value, before=before, unit="count", is_up_good=True, course=course, colour=colour, url=url
        )
        for label, value, before, course, colour in values
    ]


def newcomers_chart(found: Newcomers, scope: Scope) -> Chart:
    """Returns the users of each bar, new and returning ones."""
    query = scope.filter_query(HAS_USER)
    series = [
        Series("returning", "s1", found.returning, query),
        Series("new", "s2", found.new, query),
    ]
    # Days of UTC are called by its clock.
    zone = scope.zone if found.edges == scope.edges else UTC
    return Chart.over(
        found.edges, zone, kind="bars", unit="count", series=series, is_stacked=True, query=query
    )


def course_chart(found: Course, scope: Scope) -> Chart:
    """Returns the users over time, and says so where they are estimated."""
    query = scope.filter_query(HAS_USER)
    note = "" if found.is_exact else f"about, ±{100 * STANDARD_ERROR:.1f} %"
    series = [Series("active users", "s6", found.users, query, note=note)]
    return Chart.over(found.edges, scope.zone, kind="lines", unit="count", series=series, query=query)


def cohort_rows(cohorts: Sequence[Cohort], now: datetime) -> list[CohortRow]:
    """Returns the rows of the table of retention. A week that is not over at `now` says so."""
    return [
        CohortRow(
            label=_day(cohort.monday),
            users=cohort.users,
            cells=[_cell(cohort, number, now) for number in range(1, len(cohort.seen))],
        )
        for cohort in cohorts
    ]


def classes(found: Sequence[int]) -> list[Class]:
    """Returns the classes of engagement, without those above the highest that has anybody in it."""
    total, largest = sum(found), max(found, default=0)
    labels = [
        f"fewer than {CLASSES[0]}",
        *(f"{low} to {high}" for low, high in pairwise(CLASSES)),
        f"{CLASSES[-1]} and more",
    ]
    highest = max((place for place, users in enumerate(found) if users), default=-1)
    return [
        Class(label, users, 100 * users / total, round(100 * users / largest, 1))
        for label, users in list(zip(labels, found, strict=True))[: highest + 1]
    ]


def _cell(cohort: Cohort, number: int, now: datetime) -> Cell:
    seen, week = cohort.seen[number], cohort.monday + timedelta(weeks=number)
    share = 100 * seen / cohort.users if cohort.users else 0
    so_far = " so far" if week + timedelta(weeks=1) > now else ""
    title = f"{formats.count(seen)} of {formats.count(cohort.users)} in the week of {_day(week)}{so_far}"
    step = 0 if not seen else min(STEPS, 1 + int(share * STEPS / 100))
    return Cell(f"{share:.0f} %" if cohort.users else formats.NOTHING, title, step)


def _day(moment: datetime) -> str:
    return f"{moment:%b} {moment.day}"
