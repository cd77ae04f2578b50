"""The numbers of the Users page are those of the requests, whether these are folded into sums or not."""

import csv
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts_app import actions
from accounts_app.models import Organization, User
from ingest_app.events import Facts, LogEvent, SpanKind, Usage, uuid7
from ingest_app.partitions import ensure_partitions, week_of
from ingest_app.rollups import fold_organization
from ingest_app.stream import StreamEntry
from ingest_app.writer import Batch, write
from metrics_app.scope import Scope, scope_of
from metrics_app.users import activity, listing
from requests_app.filters import RequestFilter
from requests_app.paging import BadCursor, BadSort
from tests.live import Stack
from tests.logged_days import at
from tests.user_sums import begun_at, by_user, calls_of, cohorts, per_active_day, seen_in
from tests.web_client import WebClient

WEEKS = 14
NOW = datetime.now(UTC)
USERS = [f"user-{number}" for number in range(70)] + ["Ann_1", "ANN%2", "ann x/3"]
FILTERS = ("", "model:gpt-4o", "-status:success", "property.Env:a")
PERIODS = (
    (NOW - timedelta(days=30), NOW),
    (NOW - timedelta(days=80, hours=7), NOW - timedelta(days=2)),
    (NOW - timedelta(hours=30), NOW),
)


@dataclass(frozen=True)
class Crowd:
    """An organization with users of past weeks; the older half of their requests is folded into sums."""

    organization: Organization
    owner: User

    @property
    def address(self) -> str:
        return f"/o/{self.organization.slug}/users"

    def scope(self, start: datetime, end: datetime, text: str = "") -> Scope:
        filters = RequestFilter({"q": text, "start": start.isoformat(), "end": end.isoformat()})
        assert filters.is_valid()
        return scope_of(organization_id=self.organization.pk, filters=filters)


@pytest.fixture(scope="module")
def crowd(stack: Stack) -> Crowd:
    owner = actions.create_user(email=f"crowd-{secrets.token_hex(6)}@example.com", password=None)
    organization = actions.create_organization(name=f"Crowd {secrets.token_hex(6)}", owner=owner)
    ensure_partitions({week_of(NOW - timedelta(weeks=number)) for number in range(WEEKS + 2)})
    events = list(made_up(organization.pk, random.Random(7)))
    write(Batch([StreamEntry(f"{uuid4().int >> 84}-{uuid4().int >> 84}".encode(), events)]))
    fold_organization(organization.pk, NOW - timedelta(days=9, hours=5))
    return Crowd(organization, owner)


def made_up(organization_id: int, dice: random.Random) -> Iterator[LogEvent]:
    for user in USERS:
        since = NOW - dice.random() * timedelta(weeks=WEEKS)
        for _ in range(dice.choice([1, 2, 5, 40])):
            yield event(organization_id, since + dice.random() * (NOW - since), dice, user_id=user)
    for _ in range(20):
        yield event(organization_id, NOW - dice.random() * timedelta(days=60), dice, user_id="")
    yield event(organization_id, NOW - timedelta(days=1), dice, user_id="a tool", kind=SpanKind.TOOL)


def event(organization_id: int, moment: datetime, dice: random.Random, **changes: Any) -> LogEvent:
    at_us = at(moment) + dice.randrange(1000)
    model = dice.choice(["gpt-4o", "gpt-4o-mini"])
    usage = Usage(prompt_tokens=dice.randrange(5_000), completion_tokens=dice.randrange(500))
    fields: dict[str, Any] = {
        "id": uuid7(at_us),
        "organization_id": organization_id,
        "created_at_us": at_us,
        "keeps_time": True,
        "provider": "openai",
        "path": "/v1/chat/completions",
        "facts": Facts(usage=usage, request_model=model),
        "status": dice.choice([200, 200, 200, 429, 500, -3]),
        "latency_ms": dice.randrange(10_000),
        "properties": {"Env": dice.choice("ab")},
        "omit_request": True,
        "omit_response": True,
    }
    return LogEvent(**{**fields, **changes})


def matching(crowd: Crowd, text: str) -> list[Any]:
    """Returns the calls that one of `FILTERS` lets pass."""
    keeps: dict[str, Callable[[Any], bool]] = {
        "": lambda row: True,
        "model:gpt-4o": lambda row: row.model == "gpt-4o",
        "-status:success": lambda row: not 200 <= row.status < 400,
        "property.Env:a": lambda row: row.properties.get("Env") == "a",
    }
    return [row for row in calls_of(crowd.organization.pk) if keeps[text](row)]


def all_pages(scope: Scope, sort: str | None = None) -> list[listing.UserRow]:
    rows: list[listing.UserRow] = []
    cursor: str | None = None
    while True:
        page = listing.list_users(scope=scope, sort=sort, cursor=cursor)
        rows += page.rows
        cursor = page.next_cursor
        if cursor is None:
            return rows


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("period", PERIODS)
def test_each_user_has_the_sums_of_their_requests(
    crowd: Crowd, text: str, period: tuple[datetime, datetime]
) -> None:
    expected = by_user(matching(crowd, text), *period)
    found = {row.user_id: row for row in all_pages(crowd.scope(*period, text))}
    assert found.keys() == expected.keys()
    for user, right in expected.items():
        row = found[user]
        sums = row.sums
        assert (sums.requests, sums.failures, sums.cost_nanodollars, sums.tokens, sums.latency_ms) == (
            right.requests, right.errors, right.cost, right.tokens, right.latency_ms,
        )  # fmt: skip
        assert (row.active_days, row.last_at) == (right.active_days, right.last_at)


def test_all_users_together_are_the_sum_of_each(crowd: Crowd) -> None:
    expected = by_user(calls_of(crowd.organization.pk), *PERIODS[0])
    whole = listing.list_users(scope=crowd.scope(*PERIODS[0])).whole
    assert whole.users == len(expected)
    assert whole.sums.cost_nanodollars == sum(one.cost for one in expected.values())
    assert whole.sums.failures == sum(one.errors for one in expected.values())


def test_a_user_was_first_seen_when_their_first_request_came_even_before_the_period(crowd: Crowd) -> None:
    first = begun_at(calls_of(crowd.organization.pk))
    assert all(row.first_at == first[row.user_id] for row in all_pages(crowd.scope(*PERIODS[0])))


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("requests", lambda one: one.requests),
        ("errors", lambda one: one.errors),
        ("cost", lambda one: one.cost),
        ("tokens", lambda one: one.tokens),
        ("latency_ms", lambda one: one.latency_ms),
        ("active_days", lambda one: one.active_days),
        ("requests_per_day", lambda one: one.requests_per_day),
        ("last_seen", lambda one: one.last_at),
    ],
)
@pytest.mark.parametrize("sign", ["-", ""])
def test_users_are_sorted_by(crowd: Crowd, sort: str, value: Callable[[Any], Any], sign: str) -> None:
    expected = by_user(calls_of(crowd.organization.pk), *PERIODS[1])
    values = [value(expected[row.user_id]) for row in all_pages(crowd.scope(*PERIODS[1]), sign + sort)]
    assert len(values) == len(expected)
    assert values == sorted(values, reverse=sign == "-")


def test_pages_show_each_user_once(crowd: Crowd) -> None:
    scope = crowd.scope(*PERIODS[1])
    for sort in ("-cost", "-last_seen", "user"):
        users = [row.user_id for row in all_pages(scope, sort)]
        assert len(users) > listing.PAGE
        assert len(set(users)) == len(users)


def test_a_page_leads_back_to_the_one_before(crowd: Crowd) -> None:
    scope = crowd.scope(*PERIODS[1])
    first = listing.list_users(scope=scope)
    second = listing.list_users(scope=scope, cursor=first.next_cursor)
    assert first.previous_cursor is None
    again = listing.list_users(scope=scope, cursor=second.previous_cursor)
    assert [row.user_id for row in again.rows] == [row.user_id for row in first.rows]


@pytest.mark.parametrize(
    ("find", "users"),
    [
        ("ann", {"Ann_1", "ANN%2", "ann x/3"}),
        ("_", {"Ann_1"}),
        ("%", {"ANN%2"}),
        ("x/", {"ann x/3"}),
        ("nobody", set()),
        ("ann\x00", set()),
    ],
)
@pytest.mark.parametrize("sort", ["-cost", "-last_seen"])
def test_users_are_found_by_any_part_of_their_id(crowd: Crowd, find: str, users: set[str], sort: str) -> None:
    page = listing.list_users(scope=crowd.scope(NOW - timedelta(weeks=WEEKS), NOW), find=find, sort=sort)
    assert {row.user_id for row in page.rows} == users
    assert page.whole.users == len(users)


def test_a_sort_and_a_cursor_that_do_not_exist_are_refused(crowd: Crowd) -> None:
    with pytest.raises(BadSort):
        listing.list_users(scope=crowd.scope(*PERIODS[0]), sort="-shoe_size")
    for cursor in ("-1", "1.5", "٣", "9" * 20):
        with pytest.raises(BadCursor):
            listing.list_users(scope=crowd.scope(*PERIODS[0]), cursor=cursor)


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("period", PERIODS)
def test_who_is_new_was_never_seen_before(crowd: Crowd, text: str, period: tuple[datetime, datetime]) -> None:
    rows = matching(crowd, text)
    first = begun_at(rows)
    found = activity.newcomers(crowd.scope(*period, text))
    expected = seen_in(rows, found.edges)
    assert (found.edges[0], found.edges[-1]) == period
    assert found.users == [len(users) for users in expected]
    assert found.new == [
        sum(start <= first[user] < end for user in users)
        for users, start, end in zip(expected, found.edges, found.edges[1:], strict=False)
    ]
    start, end = period
    (of_period,), (before,) = seen_in(rows, [start, end]), seen_in(rows, [start - (end - start), start])
    assert (found.all_users, found.all_new) == (
        len(of_period),
        sum(first[user] >= start for user in of_period),
    )
    assert (found.users_before, found.new_before) == (
        len(before),
        sum(first[user] >= start - (end - start) for user in before),
    )


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
def test_few_users_are_counted_one_by_one_on_the_viewers_clock(crowd: Crowd, zone: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        scope = crowd.scope(*PERIODS[0])
    found = activity.active_users(scope)
    assert found.is_exact
    assert found.users == [len(users) for users in seen_in(calls_of(crowd.organization.pk), scope.edges)]


def test_of_many_users_about_as_many_are_seen(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "COUNTED_REQUESTS", 0)
    scope = crowd.scope(*PERIODS[0])
    found = activity.active_users(scope)
    assert not found.is_exact
    expected = seen_in(calls_of(crowd.organization.pk), scope.edges)
    assert all(abs(about - len(users)) <= 2 for about, users in zip(found.users, expected, strict=True))


@pytest.mark.parametrize("text", FILTERS)
def test_a_cohort_is_who_came_first_in_a_week_and_who_of_them_came_back(crowd: Crowd, text: str) -> None:
    start, end = NOW - timedelta(days=3), NOW
    rows = matching(crowd, text)
    found = {one.monday.date(): one.seen for one in activity.retention(crowd.scope(start, end, text))}
    assert {day: seen for day, seen in found.items() if any(seen)} == {
        day: seen for day, seen in cohorts(rows, end, activity.WEEKS).items() if any(seen)
    }
    assert len(found) == activity.WEEKS


@pytest.mark.parametrize("text", FILTERS)
def test_engagement_is_requests_per_day_on_which_a_user_made_any(crowd: Crowd, text: str) -> None:
    users = by_user(matching(crowd, text), *PERIODS[1]).values()
    assert activity.engagement(crowd.scope(*PERIODS[1], text)) == per_active_day(users, activity.CLASSES)


def test_the_file_has_every_user_with_plain_numbers(crowd: Crowd, stack: Stack) -> None:
    start, end = PERIODS[1]
    period = f"start={start:%Y-%m-%dT%H:%M:%S.%fZ}&end={end:%Y-%m-%dT%H:%M:%S.%fZ}"
    answer = WebClient(stack.url, crowd.owner).get(f"{crowd.address}.csv?{period}&sort=-requests")
    assert answer.status == 200
    lines = list(csv.DictReader(answer.text.splitlines()))
    expected = by_user(calls_of(crowd.organization.pk), start, end)
    assert {line["user"]: int(line["requests"]) for line in lines} == {
        user: one.requests for user, one in expected.items()
    }
    assert [int(line["active days (UTC)"]) for line in lines] == [
        expected[line["user"]].active_days for line in lines
    ]


@pytest.mark.parametrize("chart", ["newcomers", "course"])
def test_a_chart_is_a_file_too(crowd: Crowd, stack: Stack, chart: str) -> None:
    answer = WebClient(stack.url, crowd.owner).get(f"{crowd.address}/charts/{chart}.csv?range=7d")
    assert answer.status == 200
    assert answer.text.startswith("start,end,")


def test_what_cannot_be_sorted_or_drawn_is_refused(crowd: Crowd, stack: Stack) -> None:
    client = WebClient(stack.url, crowd.owner)
    assert client.get(f"{crowd.address}.csv?sort=shoe_size").status == 422
    assert client.get(f"{crowd.address}/charts/shoes.csv").status == 404


def test_strangers_find_nobody(crowd: Crowd, stack: Stack) -> None:
    stranger = actions.create_user(email=f"stranger-{secrets.token_hex(6)}@example.com", password=None)
    actions.create_organization(name=f"Elsewhere {secrets.token_hex(6)}", owner=stranger)
    client = WebClient(stack.url, stranger)
    for path in ("/", ".csv", "/user-1/", "/charts/course.csv"):
        assert client.get(crowd.address + path).status == 404
