"""The numbers of the Cost page are those of the requests, whether these are folded into sums or not."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ingest_app.events import LogEvent, Usage
from ingest_app.partitions import ensure_partitions, week_of
from ingest_app.rollups import MAX_CHARACTERS, fold_organization
from metrics_app.costs.breakdown import Breakdown
from metrics_app.costs.months import Months, at_any_time, months
from metrics_app.costs.shown import CostPage
from metrics_app.dashboard.numbers import added
from metrics_app.reading import Question, ranking, sums
from metrics_app.scope import Scope, scope_of
from requests_app.filters import RequestFilter
from requests_app.queries import requests_of
from tests.live import Stack, Tenant
from tests.metric_rows import model_call, write_all
from tests.web_client import Page, WebClient

BERLIN = ZoneInfo("Europe/Berlin")
# Ten days, and ten before them.
START, END = datetime(2025, 10, 20, tzinfo=UTC), datetime(2025, 10, 30, tzinfo=UTC)
PERIOD = {"start": START.isoformat(), "end": END.isoformat()}
BEFORE = START - timedelta(days=5)


@pytest.fixture(params=["of rows", "of sums"])
def keep(request: pytest.FixtureRequest, stack: Stack) -> Callable[..., None]:
    """Returns a function that stores calls, and leaves them as rows or folds most of them in."""

    def store_all(*events: LogEvent) -> None:
        moments = [datetime.fromtimestamp(event.created_at_us / 1e6, UTC) for event in events]
        ensure_partitions({week_of(moment) for moment in moments})
        write_all(events)
        if request.param == "of sums":
            fold_organization(events[0].organization_id, max(moments) - timedelta(hours=5))

    return store_all


@pytest.fixture
def call(organization: Tenant) -> Callable[..., LogEvent]:
    """Returns a function that makes a call that cost so many nano-dollars."""

    def make(
        day: float, cost: int | None, *, tokens: tuple[int, int] = (100, 20), **changes: Any
    ) -> LogEvent:
        usage = Usage(prompt_tokens=tokens[0], completion_tokens=tokens[1], reported_cost_nanodollars=cost)
        return model_call(organization.id, START + timedelta(days=day), usage=usage, **changes)

    return make


@pytest.fixture
def fetched(stack: Stack, organization: Tenant) -> Callable[..., Page]:
    """Returns a function that fetches the page, or a file of it."""
    client = WebClient(stack.url, organization.owner)

    def fetch(file: str = "", **query: str) -> Page:
        slug = organization.organization.slug
        path = (
            reverse("metrics:costs-csv", args=[slug, file]) if file else reverse("metrics:costs", args=[slug])
        )
        return client.get(f"{path}?{urlencode(PERIOD | query)}")

    return fetch


def lines(page: Page) -> list[dict[str, str]]:
    assert page.status == 200
    return list(csv.DictReader(io.StringIO(page.text)))


def scope(organization: Tenant, q: str = "", start: datetime = START, end: datetime = END) -> Scope:
    filters = RequestFilter(
        QueryDict(urlencode({"q": q, "start": start.isoformat(), "end": end.isoformat()}))
    )
    assert filters.is_valid(), filters.errors
    return scope_of(organization_id=organization.id, filters=filters)


def at(*when: int, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime(*when, tzinfo=zone)  # type: ignore[arg-type,misc]


# The table


def test_each_model_has_what_its_requests_cost(
    keep: Callable[..., None], call: Callable[..., LogEvent], fetched: Callable[..., Page]
) -> None:
    keep(
        call(-3, 500_000_000, model="a"),
        call(1, 1_000_000_000, model="a", tokens=(300_000, 100_000)),
        call(8, 2_000_000_001, model="a", tokens=(100_000, 0)),
        call(9.9, 1_000_000_000, model="b"),
    )
    first, second = lines(fetched("breakdown"))
    assert first == {
        "Model": "a",
        "cost (USD)": "3.000000001",
        "share (percent)": str(100 * 3_000_000_001 / 4_000_000_001),
        "requests": "2",
        "unpriced requests": "0",
        "prompt tokens": "400000",
        "completion tokens": "100000",
        "cost per request (USD)": "1.500000000",
        "cost per 1 M tokens (USD)": "6.000000002",
        "cost before (USD)": "0.500000000",
    }
    assert (second["Model"], second["cost (USD)"], second["cost before (USD)"]) == (
        "b",
        "1.000000000",
        "0.000000000",
    )


@pytest.mark.parametrize("by", ["user", "properties.Feature"])
def test_what_requests_do_not_say_is_a_row_of_its_own(
    keep: Callable[..., None], call: Callable[..., LogEvent], organization: Tenant, by: str
) -> None:
    keep(
        call(1, 100, user_id="ann", properties={"Feature": "chat"}),
        call(2, 20, user_id="bob", properties={"Feature": "search"}),
        call(3, 3),
        call(4, 4),
    )
    found = Breakdown(scope(organization), by)
    assert [one.cost_nanodollars for _, one in found.ranking.rows] == [100, 20]
    assert (found.without.cost_nanodollars, found.without.requests, found.total.cost_nanodollars) == (
        7,
        2,
        127,
    )


def test_what_is_not_shown_is_added_up(
    keep: Callable[..., None], call: Callable[..., LogEvent], organization: Tenant
) -> None:
    keep(*(call(number / 10, 100 + number, user_id=f"user-{number:02}") for number in range(60)))
    found = Breakdown(scope(organization), "user")
    assert found.ranking.values == 60
    assert [name for name, _ in found.ranking.rows] == [f"user-{number:02}" for number in range(59, 9, -1)]
    assert (found.rest.requests, found.rest.cost_nanodollars) == (10, sum(range(100, 110)))


def test_a_table_is_sorted_as_asked(
    keep: Callable[..., None], call: Callable[..., LogEvent], fetched: Callable[..., Page]
) -> None:
    keep(
        call(1, 60, model="a", tokens=(30, 0)),
        call(1, 50, model="b", tokens=(0, 10)),
        call(2, 0, model="b", tokens=(0, 10)),
        call(3, 10, model="c", tokens=(1, 1)),
        call(3, None, model="nobody-knows", tokens=(1, 1)),
    )
    orders = {
        "": "a b c nobody-knows",
        "cost": "nobody-knows c b a",
        "-requests": "b a c nobody-knows",
        "name": "a b c nobody-knows",
        "-completion_tokens": "b c nobody-knows a",
        "-cost_per_request": "a b c nobody-knows",
        "-known_cost_per_token": "c b a nobody-knows",
    }
    for sort, names in orders.items():
        assert [line["Model"] for line in lines(fetched("breakdown", sort=sort))] == names.split(), sort


def test_a_sorting_that_there_is_not_is_said(
    keep: Callable[..., None], call: Callable[..., LogEvent], fetched: Callable[..., Page]
) -> None:
    keep(call(1, 1))
    assert fetched("breakdown", sort="colour").status == 422
    assert "Cannot sort by &#x27;colour&#x27;" in fetched(sort="colour").text


def test_a_name_is_no_formula_in_a_spreadsheet(
    keep: Callable[..., None], call: Callable[..., LogEvent], fetched: Callable[..., Page]
) -> None:
    keep(call(1, 1, user_id="=1+1"))
    (line,) = lines(fetched("breakdown", by="user"))
    assert line["User"] == "'=1+1"


# Over time


def test_days_are_those_of_the_zone(
    keep: Callable[..., None], call: Callable[..., LogEvent], organization: Tenant
) -> None:
    # Clocks were put back on 26 October: that Sunday had 25 hours, from 22:00 of the day before to 23:00 in UTC.
    keep(*(call(6 + hour / 24, cost) for hour, cost in ((-2.01, 1), (-2, 2), (22.99, 4), (23, 8))))
    berlin = Scope(organization.id, scope(organization).tree, START, END, BERLIN)
    found = Breakdown(berlin, "model")
    assert found.is_by_day
    sunday = found.edges.index(at(2025, 10, 26).astimezone(UTC))
    assert found.edges[sunday + 1] - found.edges[sunday] == timedelta(hours=25)
    assert [one.cost_nanodollars for one in found.bars[sunday - 1 : sunday + 2]] == [1, 6, 8]


@pytest.mark.parametrize("by", ["model", "provider", "user", "properties.Feature"])
def test_what_is_stacked_adds_up_to_all_costs(
    keep: Callable[..., None], call: Callable[..., LogEvent], fetched: Callable[..., Page], by: str
) -> None:
    def named(number: int) -> dict[str, Any]:
        text = f"n{number}"
        return {"model": text, "provider": text, "user_id": text, "properties": {"Feature": text}}

    keep(*(call(number / 2, 10**number, **named(number)) for number in range(11)), call(0.2, 7))
    days = lines(fetched("over-time", by=by))
    total = sum(
        float(value or 0) for day in days for name, value in day.items() if name not in {"start", "end"}
    )
    assert len(days) == 10
    assert round(total * 1e9) == 11_111_111_111 + 7
    assert list(days[0])[2:-1] == [f"n{number} (USD)" for number in range(10, 3, -1)]


@pytest.mark.parametrize(
    ("by", "name"),
    [("model", "other 1"), ("user", "other 1 and without user"), ("properties.Feature", "without Feature")],
)
def test_what_has_no_colour_of_its_own_is_named(
    keep: Callable[..., None], call: Callable[..., LogEvent], fetched: Callable[..., Page], by: str, name: str
) -> None:
    calls = [call(1, 10 * number, model=f"m{number}", user_id=f"u{number}") for number in range(1, 9)]
    keep(*calls, call(2, 5, model="m1"), call(2, 5, model="m1", properties={"Feature": "chat"}))
    assert f"{name} (USD)" in lines(fetched("over-time", by=by))[0]


# This month and the last


@pytest.fixture
def spent(organization: Tenant, keep: Callable[..., None]) -> Callable[..., Months]:
    """Returns a function that logs a call of a cost at each moment, and says what the months were like at `now`."""

    def spend(costs: dict[datetime, int], now: datetime, q: str = "", **changes: Any) -> Months:
        keep(
            *(
                model_call(
                    organization.id,
                    moment,
                    usage=Usage(prompt_tokens=1, completion_tokens=1, reported_cost_nanodollars=cost),
                    **changes,
                )
                for moment, cost in costs.items()
            )
        )
        berlin = Scope(organization.id, scope(organization, q).tree, START, END, BERLIN)
        return months(at_any_time(berlin), now)

    return spend


def test_a_month_begins_and_ends_at_midnight_of_the_zone(spent: Callable[..., Months]) -> None:
    found = spent(
        {
            at(2025, 9, 1): 1,
            at(2025, 9, 30, 23, 59, 59): 2,
            at(2025, 10, 1): 4,
            at(2025, 10, 26, 2, 30): 8,  # summer time
            datetime(2025, 10, 26, 1, 30, tzinfo=UTC): 16,  # the same on the clock, an hour later
        },
        at(2025, 10, 26, 12),
    )
    assert [one.cost_nanodollars for one in found.last_month] == [1, *[0] * 28, 2]
    assert [one.cost_nanodollars for one in found.this_month] == [4, *[0] * 24, 24]
    assert found.today.cost_nanodollars == 24


def test_today_is_compared_with_yesterday_until_the_same_time(spent: Callable[..., Months]) -> None:
    found = spent(
        {at(2025, 10, 26, 11, 59): 1, at(2025, 10, 26, 12, 1): 2, at(2025, 10, 27, 1): 4},
        at(2025, 10, 27, 12),
    )
    assert (found.yesterday.cost_nanodollars, found.today.cost_nanodollars) == (1, 4)


def test_a_month_is_compared_with_the_same_days_of_the_last(spent: Callable[..., Months]) -> None:
    costs = {at(2025, 9, 1): 1, at(2025, 9, 20, 11): 2, at(2025, 9, 20, 13): 4, at(2025, 9, 30): 8}
    assert spent(costs, at(2025, 10, 20, 12)).last_month_to_date.cost_nanodollars == 3


def test_the_end_of_a_long_month_is_compared_with_the_last_day_of_a_short_one(
    spent: Callable[..., Months],
) -> None:
    costs = {at(2025, 9, 1): 1, at(2025, 9, 30, 11): 2, at(2025, 9, 30, 13): 4}
    assert spent(costs, at(2025, 10, 31, 12)).last_month_to_date.cost_nanodollars == 3


def test_a_forecast_is_drawn_from_the_days_of_the_requests(spent: Callable[..., Months]) -> None:
    costs = {at(2025, 9, 20, 15): 1} | {at(2025, 9, 20, 9) + timedelta(days=day): 100 for day in range(1, 26)}
    found = spent(costs, at(2025, 10, 16)).forecast()
    assert found is not None
    # Fifteen days are over and sixteen are left; 25 of them are complete.
    assert (found.days, found.nanodollars) == (25, 31 * 100)


def test_the_filter_counts_for_the_months_and_its_period_does_not(
    spent: Callable[..., Months], organization: Tenant
) -> None:
    costs = {at(2025, 10, 1): 1, at(2025, 10, 25): 2}
    found = spent(costs, at(2025, 10, 26), q="model:gpt-4o after:2025-10-24")
    assert added(found.this_month).cost_nanodollars == 3
    assert spent({at(2025, 10, 2): 4}, at(2025, 10, 26), q="model:other").today.cost_nanodollars == 0


# Around them


def test_models_without_a_price_are_named_and_lead_to_their_requests(
    keep: Callable[..., None],
    call: Callable[..., LogEvent],
    fetched: Callable[..., Page],
    organization: Tenant,
) -> None:
    keep(call(1, 5), *(call(2, None, model="nobody-knows") for _ in range(3)))
    page = fetched()
    assert "3 requests with tokens have no known price" in page.text
    assert reverse("metrics:prices", args=[organization.organization.slug]) in page.text
    shown = CostPage("acme", QueryDict(), Breakdown(scope(organization), "model"), END).period()
    ((model, url),) = shown["unpriced"]
    assert (model.model, model.requests) == ("nobody-knows", 3)
    behind = RequestFilter(QueryDict(urlsplit(url).query))
    assert behind.is_valid()
    assert behind.narrow(requests_of(organization.id), organization_id=organization.id).count() == 3


def test_words_in_bodies_are_refused_and_the_page_stays(
    keep: Callable[..., None], call: Callable[..., LogEvent], fetched: Callable[..., Page]
) -> None:
    keep(call(1, 5))
    page = fetched(q="refund")
    assert page.status == 200
    assert "Metrics cannot be narrowed by words in bodies" in page.text
    assert fetched("over-time", q="refund").status == 422


def test_there_are_no_other_files(
    keep: Callable[..., None], call: Callable[..., LogEvent], fetched: Callable[..., Page]
) -> None:
    keep(call(1, 5))
    assert fetched("everything").status == 404


def test_more_models_take_no_more_queries(
    keep: Callable[..., None], call: Callable[..., LogEvent], organization: Tenant
) -> None:
    def queries() -> int:
        page = CostPage("acme", QueryDict(), Breakdown(scope(organization), "model"), END)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            page.period()
            page.course()
            page.calendar()
        return len(captured)

    keep(call(1, 5, model="only"))
    few = queries()
    keep(*(call(2, number, model=f"m{number}") for number in range(20)))
    assert queries() == few


@pytest.mark.parametrize("by", [("model",), ("user",), ("properties.Feature",)])
def test_a_ranking_has_only_what_it_is_asked_for(
    keep: Callable[..., None], call: Callable[..., LogEvent], organization: Tenant, by: tuple[str, ...]
) -> None:
    keep(
        *(
            call(number, number + 1, model=name, user_id=name, properties={"Feature": name})
            for number, name in enumerate("abcd")
        )
    )
    found = ranking(scope(organization).total(*by), order="cost", at_most=1, only=["a", "c", "x"])
    assert [name for name, _ in found.rows] == ["c"]
    assert (found.values, found.all.cost_nanodollars) == (2, 4)


@pytest.mark.parametrize("by", ["user", "properties.Feature", "error"])
def test_asked_for_some_values_only_those_are_told(
    keep: Callable[..., None], call: Callable[..., LogEvent], organization: Tenant, by: str
) -> None:
    names = ["ann", "Ann", "bob", "x" * 150, "x" * 160]
    keep(
        *(
            call(
                number * 0.7,
                10**number,
                user_id=name,
                error=name,
                properties={"Feature": name, "feature": "ann"},
            )
            for number, name in enumerate(names)
        )
    )
    berlin = Scope(organization.id, scope(organization).tree, START, END, BERLIN)
    question = Question(organization.id, berlin.tree, Breakdown(berlin, "model").edges, (by,))
    every = sums(question)
    assert len({name for _, name in every}) == 4  # the long ones begin alike
    for only in (["ann", "bob"], ["ann", "x" * MAX_CHARACTERS], ["nobody"]):
        assert sums(question, only=only) == {key: one for key, one in every.items() if key[1] in only}
