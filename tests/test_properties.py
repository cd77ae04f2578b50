"""What is said of the values of a property, and of two properties crossed."""

import csv
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ingest_app.events import LogEvent
from ingest_app.rollups import MAX_CHARACTERS, fold_organization
from metrics_app.properties import crossing
from metrics_app.properties.known import known_properties, sums_with
from metrics_app.properties.seen import users_by_value
from metrics_app.properties.shown_crossing import ShownCrossing
from metrics_app.properties.values import ROWS, Values, list_values
from metrics_app.reading import Sums, sums
from metrics_app.scope import Scope, scope_of
from requests_app.filters import RequestFilter
from requests_app.paging import BadCursor, BadSort
from requests_app.queries import requests_of
from tests.events import chat_event
from tests.live import Stack, Tenant
from tests.logged_days import asking, days_ago, store
from tests.web_client import WebClient

# gpt-4o at $2.50 and $10 a million: 100 tokens in and 20 out, in nano-dollars.
COST = 100 * 2_500 + 20 * 10_000


@pytest.fixture(params=["of rows", "of sums"])
def keep(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Returns a function that stores events, of days past, and leaves them as rows or folds them in."""

    def store_all(*events: LogEvent) -> None:
        store(*events)
        if request.param == "of sums":
            fold_organization(events[0].organization_id, days_ago(0.5))

    return store_all


def scope(organization: Tenant, q: str = "", range: str = "30d") -> Scope:
    return scope_of(
        organization_id=organization.id, filters=read_filters(urlencode({"q": q, "range": range}))
    )


def read_filters(query: str) -> RequestFilter:
    filters = RequestFilter(QueryDict(query))
    assert filters.is_valid(), filters.errors
    return filters


def of(organization: Tenant, days: float, properties: dict[str, str], **changes: Any) -> LogEvent:
    return asking(organization.id, days_ago(days), properties=properties, **changes)


def names(found: Values) -> list[str]:
    return [name for name, _ in found.rows]


def address(organization: Tenant, name: str = "properties", **query: str) -> str:
    return f"{reverse(f'metrics:{name}', args=[organization.organization.slug])}?{urlencode(query)}"


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_each_value_has_what_its_requests_come_to(organization: Tenant, keep: Callable[..., None]) -> None:
    keep(
        of(organization, 3, {"Feature": "chat"}, latency_ms=100),
        of(organization, 2, {"Feature": "chat"}, latency_ms=300, status=500, usage=None),
        of(organization, 2, {"Feature": "search"}, model="nobody-knows"),
        of(organization, 1, {}),
    )
    found = list_values(scope(organization), "Feature", sort="name")
    assert names(found) == ["chat", "search"]
    chat, search = (one for _, one in found.rows)
    assert (chat.requests, chat.cost_nanodollars, chat.failures, chat.latency_ms) == (2, COST, 1, 200)
    assert (search.requests, search.cost_nanodollars, search.unpriced) == (1, 0, 1)
    assert (found.all.requests, found.with_it.requests, found.without.requests) == (4, 3, 1)
    assert found.without.cost_nanodollars == COST


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("name", "a"), ("-name", "c"), ("-requests", "a"), ("requests", "b"), ("-latency", "b"),
        ("-failures", "c"), ("-error_rate", "c"), ("-cost", "a"), ("-cost_per_request", "a"),
    ],
)  # fmt: skip
def test_values_are_sorted(organization: Tenant, sort: str, first: str) -> None:
    store(
        *(of(organization, 1, {"Feature": "a"}) for _ in range(3)),
        of(organization, 1, {"Feature": "b"}, latency_ms=9_000, model="gpt-4o-mini"),
        *(of(organization, 1, {"Feature": "c"}, status=429, model="gpt-4o-mini") for _ in range(2)),
    )
    assert names(list_values(scope(organization), "Feature", sort=sort))[0] == first


def test_pages_of_values_follow_each_other(organization: Tenant) -> None:
    store(*(of(organization, 1, {"Document": f"d{n:03}"}) for n in range(ROWS + 3)))
    asked = scope(organization)
    first = list_values(asked, "Document", sort="name")
    second = list_values(asked, "Document", sort="name", cursor=first.next_cursor)
    assert [*names(first), *names(second)] == [f"d{n:03}" for n in range(ROWS + 3)]
    assert (first.previous_cursor, second.next_cursor, second.previous_cursor) == ("", "", "0")
    assert first.count == second.count == ROWS + 3


@pytest.mark.parametrize("cursor", ["x", "-1", "99999", "١"])
def test_a_cursor_that_is_none_of_ours_is_refused(organization: Tenant, cursor: str) -> None:
    with pytest.raises(BadCursor):
        list_values(scope(organization), "Feature", cursor=cursor)


def test_a_sorting_that_does_not_exist_is_refused(organization: Tenant) -> None:
    with pytest.raises(BadSort, match="error_rate"):
        list_values(scope(organization), "Feature", sort="beauty")


def test_values_are_found_by_a_part_in_any_case(organization: Tenant, keep: Callable[..., None]) -> None:
    keep(*(of(organization, 1, {"Team": team}) for team in ("Billing", "rebilling", "Support", "50%_off")))
    asked = scope(organization)
    assert names(list_values(asked, "Team", find="BILL", sort="name")) == ["Billing", "rebilling"]
    assert names(list_values(asked, "Team", find="%_")) == ["50%_off"]
    assert names(list_values(asked, "Team", find="\x00")) == []
    nothing = list_values(asked, "Team", find="nowhere")
    assert (nothing.rows, nothing.count, nothing.all.requests) == ([], 0, 4)


def test_a_filter_narrows_the_values(organization: Tenant, keep: Callable[..., None]) -> None:
    keep(
        of(organization, 1, {"Feature": "chat", "Tier": "free"}),
        of(organization, 1, {"Feature": "search", "Tier": "pro"}, user_id="ann"),
    )
    assert names(list_values(scope(organization, "property.Tier:pro"), "Feature")) == ["search"]
    assert names(list_values(scope(organization, "-user:ann"), "Feature")) == ["chat"]


def test_users_are_counted_by_value(organization: Tenant, keep: Callable[..., None]) -> None:
    keep(
        *(of(organization, 1, {"Feature": "chat"}, user_id=user) for user in ("ann", "ann", "bob")),
        of(organization, 1, {"Feature": "search"}),
    )
    for asked in (scope(organization), scope(organization, "cost>0")):
        users = users_by_value(asked, "Feature", ["chat", "search"])
        assert users is not None
        assert users.by_value.get("chat") == 2
        assert not users.by_value.get("search")


def test_requests_with_a_property_are_added_up(organization: Tenant, keep: Callable[..., None]) -> None:
    keep(
        of(organization, 1, {"Feature": "chat"}),
        of(organization, 1, {"Feature": ""}),
        of(organization, 1, {"Tier": "pro"}),
    )
    assert sums_with(scope(organization), "Feature").requests == 2
    assert [(one.name, one.values) for one in known_properties(organization.id)] == [
        ("Feature", 2),
        ("Tier", 1),
    ]


CROSSED = [
    ({"Feature": "chat", "Tier": "pro"}, 200), ({"Feature": "chat", "Tier": "pro"}, 500),
    ({"Feature": "chat", "Tier": "free"}, 200), ({"Feature": "search", "Tier": "free"}, 429),
    ({"Feature": "search"}, 200), ({"Tier": "free"}, 200), ({}, 200),
]  # fmt: skip


def cell(found: crossing.Crossing, row: str, column: str) -> Sums:
    places = [
        axis.values.index(value) + 1 if value else crossing.LACKING
        for axis, value in ((found.rows, row), (found.columns, column))
    ]
    return found.cells[places[0], places[1]]


def test_two_properties_crossed_add_up_to_all_requests(
    organization: Tenant, keep: Callable[..., None]
) -> None:
    keep(*(of(organization, 1, properties, status=status) for properties, status in CROSSED))
    asked = scope(organization)
    found = crossing.cross(asked, "Feature", "Tier", order="requests")
    assert (cell(found, "chat", "pro").requests, cell(found, "chat", "pro").failures) == (2, 1)
    assert cell(found, "search", "free").failures == 1
    assert cell(found, "search", "").requests == cell(found, "", "").requests == 1
    all = sums(asked.total())[0,]
    assert (found.all.requests, found.all.cost_nanodollars, found.all.failures) == (
        all.requests,
        all.cost_nanodollars,
        all.failures,
    )
    rows = [found.row(place).requests for place in found.rows.places]
    columns = [found.column(place).requests for place in found.columns.places]
    assert (rows, columns) == ([3, 2, 2], [3, 2, 2])


def test_what_is_not_among_the_largest_is_one_row(organization: Tenant) -> None:
    many = [of(organization, 1, {"Document": f"d{n}", "Tier": "pro"}) for n in range(crossing.ROWS + 5)]
    store(*many, of(organization, 1, {"Document": "d0", "Tier": "pro"}))
    found = crossing.cross(scope(organization), "Document", "Tier", order="requests")
    assert len(found.rows.values) == crossing.ROWS
    assert found.rows.values[0] == "d0"
    assert found.row(crossing.OTHER).requests == 5


def test_every_cell_leads_to_its_requests(organization: Tenant) -> None:
    store(*(of(organization, 1, properties, status=status) for properties, status in CROSSED))
    asked = scope(organization)
    found = crossing.cross(asked, "Feature", "Tier", order="requests")
    measure = crossing.MEASURES["requests"]
    shown = ShownCrossing(asked, found, measure, slug=organization.organization.slug)
    cells = [one for row in shown.rows for one in (*row.cells, row.total)] + shown.totals + [shown.all]
    for one in cells:
        if one.url:
            assert one.text == str(count_behind(organization, one.url))


def count_behind(organization: Tenant, url: str) -> int:
    filters = read_filters(url.partition("?")[2])
    return filters.narrow(requests_of(organization.id), organization_id=organization.id).count()


@pytest.mark.parametrize(
    ("value", "largest", "step"), [(None, 10, 0), (0, 10, 0), (0.1, 10, 1), (5, 10, 3), (10, 10, 5)]
)
def test_a_cell_is_as_dark_as_its_share_of_the_largest(
    value: float | None, largest: float, step: int
) -> None:
    assert crossing.step_of(value, largest) == step


def test_a_file_has_all_values_and_no_formulas(stack: Stack, organization: Tenant) -> None:
    store(
        of(organization, 1, {"Feature": "=HYPERLINK(1)"}),
        *(of(organization, 1, {"Feature": "chat"}, status=status) for status in (200, 500)),
    )
    client = WebClient(stack.url, organization.owner)
    file = client.get(address(organization, "property-values-csv", property="Feature", sort="-requests"))
    chat, formula = lines(file.text)
    assert (chat["Feature"], chat["requests"], chat["failures"], chat["error rate (percent)"]) == (
        "chat",
        "2",
        "1",
        "50.0",
    )
    assert chat["cost (USD)"] == f"{2 * COST / 10**9:.9f}"
    assert formula["Feature"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("values", [9, 103])
def test_the_chart_as_a_file_has_the_largest_values_and_all_others(
    stack: Stack, organization: Tenant, values: int
) -> None:
    store(
        *(of(organization, 1, {"Document": f"d{n}"}) for n in range(values)),
        of(organization, 1, {"Document": "d8"}),
        of(organization, 1, {}),
    )
    client = WebClient(stack.url, organization.owner)
    file = client.get(address(organization, "property-chart-csv", property="Document", show="requests"))
    found = lines(file.text)
    assert len(found[0]) == 2 + 8
    total = {name: sum(float(line[name]) for line in found) for name in list(found[0])[2:]}
    assert total["d8 (count)"] == 2
    assert total[f"other {values - 7} (count)"] == values - 7
    assert sum(total.values()) == values + 1


def test_a_long_value_leads_to_the_requests_that_begin_so(stack: Stack, organization: Tenant) -> None:
    long = "x" * (MAX_CHARACTERS + 30)
    store(of(organization, 1, {"Document": long}), of(organization, 1, {"Document": "short"}))
    page = WebClient(stack.url, organization.owner).get(address(organization, property="Document"))
    assert f"property.Document%3A{'x' * MAX_CHARACTERS}%2A" in page.text


def test_a_property_that_nobody_sent_is_said_to_be_unknown(stack: Stack, organization: Tenant) -> None:
    store(of(organization, 1, {"Feature": "chat"}))
    client = WebClient(stack.url, organization.owner)
    assert (
        "No request has had a property called Nothing."
        in client.get(address(organization, property="Nothing")).text
    )
    for name in ("property-numbers", "property-values-csv", "property-chart-csv"):
        assert client.get(address(organization, name, property="Nothing")).status == 404


def test_nothing_is_told_of_the_properties_of_others(
    stack: Stack, organization: Tenant, make_tenant: Callable[[], Tenant]
) -> None:
    other = make_tenant()
    store(of(organization, 1, {"Feature": "chat"}), chat_event(other.id, properties={"Secret": "plan"}))
    client = WebClient(stack.url, organization.owner)
    assert "Secret" not in client.get(address(organization)).text
    assert client.get(address(organization, "property-values-csv", property="Secret")).status == 404


def test_a_filter_that_cannot_be_asked_of_metrics_is_explained(stack: Stack, organization: Tenant) -> None:
    store(of(organization, 1, {"Feature": "chat"}))
    client = WebClient(stack.url, organization.owner)
    page = client.get(address(organization, property="Feature", q="some words"))
    assert "Metrics cannot be narrowed by words in bodies" in page.text


def test_the_page_asks_the_database_as_often_for_many_values_as_for_one(
    organization: Tenant, django_queries: Callable[[Callable[[], Any]], int]
) -> None:
    store(*(of(organization, 1, {"One": "a", "Many": f"m{n}"}) for n in range(30)))
    asked = scope(organization)
    few, many = (
        django_queries(lambda name=name: (list_values(asked, name), users_by_value(asked, name, ["a"])))
        for name in ("One", "Many")
    )
    assert few == many


@pytest.fixture
def django_queries() -> Callable[[Callable[[], Any]], int]:
    def count(ask: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            ask()
        return len(queries)

    return count
