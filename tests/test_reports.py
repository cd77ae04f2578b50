"""Reports: they say what the rows add up to, arrive by mail in both forms, and each is sent once."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connections
from django.urls import reverse

from accounts_app.models import Role
from alerts_app.models import Notice, ReportPlan, SentReport
from alerts_app.reports import actions
from alerts_app.reports.content import Report, report_of
from alerts_app.reports.mails import text_of, title_of
from alerts_app.reports.models import Every
from alerts_app.reports.periods import Period
from helicone_site.celery import app
from ingest_app.events import LogEvent, Usage
from requests_app.models import Request
from tests.cast import Cast, make_cast
from tests.dashboards import cards_in
from tests.live import Stack, Tenant
from tests.metric_rows import model_call, write_all
from tests.sinks import mails_to, wait_for_mails
from tests.web_client import WebClient

MONDAY = datetime(2025, 3, 10, tzinfo=UTC)
WEEK = Period(Every.WEEK, MONDAY.date(), ZoneInfo("UTC"))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = MONDAY + 30 * DAY
DUE_AT = WEEK.end + 10 * HOUR


def traffic(organization_id: int) -> list[LogEvent]:
    """Returns two weeks: of gpt-4o, then more of it and of Claude; an error that was there before, and a new one."""

    def call(moment: datetime, tokens: int, **more: Any) -> LogEvent:
        usage = Usage(prompt_tokens=tokens, completion_tokens=tokens // 10)
        return model_call(organization_id, moment, usage=usage, **more)

    claude = {"provider": "anthropic", "path": "/v1/messages", "model": "claude-sonnet-4-20250514"}
    return [
        *(
            call(MONDAY - n * DAY, 1_000, user_id="ann", properties={"Team": "red"}, latency_ms=1_000)
            for n in range(1, 5)
        ),
        call(MONDAY - DAY, 40_000, user_id="cid", properties={"Team": "old"}),
        model_call(organization_id, MONDAY - 2 * DAY, status=429, error="rate_limit", user_id="ann"),
        *(
            call(MONDAY + n * DAY + HOUR, 2_000, user_id="ann", properties={"Team": "red"}, latency_ms=2_000)
            for n in range(7)
        ),
        call(
            MONDAY + 3 * DAY, 30_000, user_id="bob", properties={"Team": "blue"}, latency_ms=9_000, **claude
        ),
        model_call(organization_id, MONDAY + DAY, status=429, error="rate_limit", user_id="bob"),
        model_call(organization_id, MONDAY + DAY, status=500, error="it <b>broke</b>", user_id="bob"),
        call(MONDAY + DAY, 10, model="nobody-knows"),
        # Just outside, on either side.
        call(MONDAY - 7 * DAY - timedelta(microseconds=1), 500_000, user_id="early"),
        call(MONDAY + 7 * DAY, 500_000, user_id="late"),
    ]


@pytest.fixture(scope="module")
def cast() -> Cast:
    """An organization with traffic that no test changes."""
    cast = make_cast()
    write_all(traffic(cast.organization.pk))
    return cast


@pytest.fixture(scope="module")
def report(cast: Cast) -> Report:
    return report_of(cast.organization, WEEK, now=NOW)


@pytest.fixture
def address() -> str:
    return f"report-{secrets.token_hex(6)}@example.com"


def rows(cast: Cast, period: Period, **conditions: Any) -> list[Request]:
    found = Request.objects.filter(
        organization_id=cast.organization.pk, created_at__gte=period.start, created_at__lt=period.end
    )
    return list(found.filter(**conditions))


def cost(found: list[Request]) -> int:
    return sum(row.cost_nanodollars or 0 for row in found)


# What it says


def test_totals_are_those_of_the_rows(cast: Cast, report: Report) -> None:
    this_week, week_before = rows(cast, WEEK), rows(cast, WEEK.before)
    assert (len(this_week), len(week_before)) == (11, 6)
    assert report.total.requests == 11
    assert report.total.cost_nanodollars == cost(this_week) > 0
    assert report.before.cost_nanodollars == cost(week_before) > 0
    assert report.total.failures == 2
    assert report.total.unpriced == 1


def test_the_page_shows_them_with_their_change_and_leads_to_the_requests(stack: Stack, cast: Cast) -> None:
    viewer = WebClient(stack.url, cast.people[Role.VIEWER])
    path = reverse("alerts:reports", args=[cast.organization.slug])
    page = viewer.get(f"{path}?every=week&date=2025-03-10&zone=UTC")
    assert page.status == 200
    cards = cards_in(page.text)
    assert cards["Requests"].value == "11"
    assert cards["Requests"].change == "+83.3 %"
    assert cards["Errors"].value == "2"
    assert cards["Error rate"].value == "18.2 %"
    assert cards["Latency p95"].value != "–"
    for label, number in (("Requests", 11), ("Errors", 2)):
        assert f">{number} request" in viewer.get(cards[label].url).text.replace('id="count"', "")
    assert "Mar 10 – 16, 2025" in page.text
    assert "<b>broke" not in page.text


def test_movers_are_what_changed_most_both_ways(cast: Cast, report: Report) -> None:
    def difference(**conditions: Any) -> int:
        return cost(rows(cast, WEEK, **conditions)) - cost(rows(cast, WEEK.before, **conditions))

    risen = {(one.what, one.name): one.difference_nanodollars for one in report.risen}
    fallen = {(one.what, one.name): one.difference_nanodollars for one in report.fallen}
    assert risen["Model", "claude-sonnet-4-20250514"] == difference(provider="anthropic") > 0
    assert risen["User", "bob"] == difference(user_id="bob") > 0
    assert risen["Team", "blue"] == difference(properties__Team="blue") > 0
    assert fallen["User", "cid"] == difference(user_id="cid") < 0
    assert fallen["Team", "old"] == difference(properties__Team="old") < 0
    assert fallen["Model", "gpt-4o"] == difference(model="gpt-4o") < 0
    assert list(risen.values()) == sorted(risen.values(), reverse=True)


def test_the_dearest_come_first_with_share_and_change(cast: Cast, report: Report) -> None:
    dearest = report.models[0]
    claude = cost(rows(cast, WEEK, provider="anthropic"))
    assert (dearest.name, dearest.sums.cost_nanodollars) == ("claude-sonnet-4-20250514", claude)
    assert dearest.share_percent == pytest.approx(100 * claude / cost(rows(cast, WEEK)))
    assert dearest.change is None  # it is new
    assert [one.name for one in report.users] == ["bob", "ann"]


def test_only_errors_that_were_not_there_before_are_new(report: Report) -> None:
    assert [(one.text, one.requests) for one in report.new_errors] == [("it <b>broke</b>", 1)]


def test_a_day_is_cut_at_midnight_of_its_zone(cast: Cast) -> None:
    """One o'clock in London is nine in the evening before in New York, at that time of the year."""
    tuesday = Period(Every.DAY, date(2025, 3, 11), ZoneInfo("America/New_York"))
    assert report_of(cast.organization, tuesday, now=NOW).total.requests == 1


def test_an_empty_week_says_so(stack: Stack, organization: Tenant) -> None:
    path = reverse("alerts:reports", args=[organization.organization.slug])
    assert "Nothing logged yet" in WebClient(stack.url, organization.owner).get(path).text
    nothing = report_of(organization.organization, WEEK, now=NOW)
    assert nothing.is_empty
    assert text_of(organization.organization, nothing) == "No requests were logged."
    assert title_of(organization.organization, nothing).endswith("Mar 10 – 16, 2025: no requests")


@pytest.mark.parametrize(
    "query",
    [
        "every=month",
        "date=tomorrow",
        "date=9999-12-31",
        "date=0001-01-01",
        "zone=../x",
        "zone=Mars",
        "every=day&date=",
    ],
)
def test_an_address_that_makes_no_sense_shows_the_latest_report(stack: Stack, cast: Cast, query: str) -> None:
    path = reverse("alerts:reports", args=[cast.organization.slug])
    assert WebClient(stack.url, cast.people[Role.VIEWER]).get(f"{path}?{query}").status == 200


# By mail


def planned(tenant: Tenant, address: str, **changes: Any) -> ReportPlan:
    """Returns a plan that somebody made long ago. It is off, so that no worker looks at it."""
    usual: dict[str, Any] = {"is_on": False, "every": Every.WEEK, "weekday": 0, "hour": 10, "zone": "UTC"}
    plan = actions.save_plan(organization=tenant.organization, emails=[address], **(usual | changes))
    plan.changed_at = MONDAY - 100 * DAY
    plan.save()
    return plan


def first_dates(tenant: Tenant) -> list[date]:
    """Returns of which periods reports were sent."""
    sent = SentReport.objects.filter(organization=tenant.organization)
    return sorted(sent.values_list("first_date", flat=True))


def test_a_report_arrives_as_text_and_as_html(organization: Tenant, address: str, stack: Stack) -> None:
    write_all(traffic(organization.id))
    assert actions.send_if_due(planned(organization, address), DUE_AT)
    [mail] = wait_for_mails(address)
    start = f"[Helicone] {organization.organization.name}, Mar 10 – 16, 2025: $"
    assert mail["Subject"].strip().startswith(start)
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))  # type: ignore[arg-type]
        assert part is not None
        text = part.get_content()
        assert "claude-sonnet-4-20250514" in text
        assert "+83.3 %" in text
        # Links in HTML are made here, that in the text by the worker.
        site_url = settings.SITE_URL if kind == "html" else stack.url
        assert f"{site_url}/o/{organization.organization.slug}/" in text
    assert "it &lt;b&gt;broke&lt;/b&gt;" in text
    assert 'href="/' not in text


def test_two_workers_at_the_same_time_send_one_report(organization: Tenant, address: str) -> None:
    plan = planned(organization, address)

    def send(_: int) -> bool:
        try:
            return actions.send_if_due(plan, DUE_AT)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(8))) == [False] * 7 + [True]
    assert first_dates(organization) == [WEEK.first_date]
    assert Notice.objects.filter(organization=organization.organization).count() == 1


def test_each_minute_sends_what_is_due_and_no_more(organization: Tenant, address: str) -> None:
    plan = planned(organization, address)
    assert actions.send_if_due(plan, DUE_AT - 7 * DAY)
    sent = [actions.send_if_due(plan, DUE_AT + timedelta(minutes=n)) for n in (-2, -1, 0, 1, 2)]
    assert sent == [False, False, True, False, False]


def test_of_what_was_missed_the_latest_is_sent(organization: Tenant, address: str) -> None:
    """The server was away for four weeks."""
    plan = planned(organization, address)
    assert actions.send_if_due(plan, DUE_AT)
    assert actions.send_if_due(plan, DUE_AT + 28 * DAY + 2 * HOUR)
    assert first_dates(organization) == [WEEK.first_date, WEEK.first_date + 28 * DAY]


def test_a_clock_that_is_set_back_sends_nothing_twice(organization: Tenant, address: str) -> None:
    plan = planned(organization, address)
    for moment in (DUE_AT - HOUR, DUE_AT, DUE_AT - HOUR, DUE_AT):
        actions.send_if_due(plan, moment)
    assert len(first_dates(organization)) == 2
    assert Notice.objects.filter(organization=organization.organization).count() == 2


def test_a_plan_says_nothing_of_the_time_before_it(organization: Tenant, address: str) -> None:
    plan = planned(organization, address)
    plan.changed_at = DUE_AT
    assert not actions.send_if_due(plan, DUE_AT + HOUR)
    assert actions.send_if_due(plan, DUE_AT + 7 * DAY)


def test_the_worker_sends_it_by_itself(organization: Tenant, address: str) -> None:
    """Beat asks each minute; here it is asked at once."""
    planned(organization, address, is_on=True, every=Every.DAY, hour=0)
    app.send_task("reports.send")
    [mail] = wait_for_mails(address)
    assert "no requests" in mail["Subject"]
    assert len(mails_to(address)) == 1


# Settings


def test_members_plan_reports_and_viewers_do_not(stack: Stack, cast: Cast) -> None:
    path = reverse("alerts:reports-plan", args=[cast.organization.slug])
    given = {
        "every": "day",
        "weekday": 2,
        "hour": 7,
        "zone": "Europe/Paris",
        "emails": "a@example.com b@example.com",
    }
    assert WebClient(stack.url, cast.people[Role.VIEWER]).post(path, given).status == 403
    member = WebClient(stack.url, cast.people[Role.MEMBER])
    assert member.post(path, given).status == 302
    plan = ReportPlan.objects.get(organization=cast.organization)
    assert (plan.is_on, plan.every, plan.weekday, plan.hour, plan.zone) == (
        False,
        "day",
        2,
        7,
        "Europe/Paris",
    )
    assert plan.emails == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"emails": ""}, "Enter at least one address"),
        ({"emails": "nobody"}, "is not an e-mail address"),
        ({"zone": "Mars/Olympus"}, "Select a valid choice"),
        ({"hour": "24"}, "Select a valid choice"),
        ({"every": "year"}, "Select a valid choice"),
    ],
)
def test_a_plan_that_cannot_work_is_refused(
    stack: Stack, cast: Cast, changes: dict[str, str], error: str
) -> None:
    path = reverse("alerts:reports-plan", args=[cast.organization.slug])
    given = {"is_on": "on", "every": "day", "weekday": 2, "hour": 7, "zone": "UTC", "emails": "a@example.com"}
    answer = WebClient(stack.url, cast.people[Role.MEMBER]).post(path, given | changes)
    assert answer.status == 422
    assert error in answer.text


def test_whoever_looks_at_a_report_can_have_it_mailed(stack: Stack, cast: Cast) -> None:
    viewer = cast.people[Role.VIEWER]
    path = reverse("alerts:reports-send", args=[cast.organization.slug])
    client = WebClient(stack.url, viewer)
    given = {"every": "week", "date": "2025-03-10", "zone": "UTC"}
    assert client.post(path, given).status == 302
    [mail] = wait_for_mails(viewer.email)
    assert "Mar 10 – 16, 2025" in mail["Subject"]
    client.post(path, given)
    assert (
        "you asked for one a moment ago"
        in client.get(reverse("alerts:reports", args=[cast.organization.slug])).text
    )
