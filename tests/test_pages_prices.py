"""The Prices pages in a browser: models without a price, prices of one's own, the list, and working costs out anew."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts_app.models import Role
from ingest_app.models import CostRecompute, PriceOverride
from ingest_app.price_overrides import prices_of, set_price
from ingest_app.recompute import order_recompute
from metrics_app.prices import queries
from tests.cast import Cast, make_cast
from tests.events import chat_event
from tests.live import Stack
from tests.logged_days import rows, store
from tests.web_client import Page as Answer
from tests.web_client import WebClient

pytest_plugins = ("tests.browser",)

TUNED = "acme-gpt-4o-tuned"


@pytest.fixture
def cast(stack: Stack) -> Cast:
    return make_cast()


@pytest.fixture
def seen(new_page: Callable[..., Page], cast: Cast) -> Callable[..., Page]:
    """Returns a function that opens one of the pages as the person with a role."""

    def see(name: str = "prices", role: Role = Role.ADMIN, query: str = "", **options: Any) -> Page:
        page = new_page(cast.people[role], **options)
        page.goto(reverse(f"metrics:{name}", args=[cast.organization.slug]) + query)
        return page

    return see


@pytest.fixture
def sent(stack: Stack, cast: Cast) -> Callable[..., Answer]:
    """Returns a function that sends a form as the person with a role."""

    def send(name: str, data: dict[str, Any], role: Role = Role.ADMIN) -> Answer:
        path = reverse(f"metrics:{name}", args=[cast.organization.slug])
        return WebClient(stack.url, cast.people[role]).post(path, data)

    return send


@pytest.fixture
def fetched(stack: Stack, cast: Cast) -> Callable[..., Answer]:
    """Returns a function that fetches one of the pages as the person with a role."""

    def fetch(name: str, query: str = "", role: Role = Role.ADMIN) -> Answer:
        path = reverse(f"metrics:{name}", args=[cast.organization.slug])
        return WebClient(stack.url, cast.people[role]).get(path + query)

    return fetch


@pytest.fixture
def own(cast: Cast) -> Callable[..., PriceOverride]:
    """Returns a function that sets a price of the organization's own."""

    def make(model: str, usd: str = "3", **changes: Any) -> PriceOverride:
        prices = changes.pop("prices", {"prompt": Decimal(usd), "completion": Decimal(usd)})
        fields = {"provider": "", "valid_from": None, "actor": cast.people[Role.ADMIN], **changes}
        return set_price(organization=cast.organization, model=model, usd_per_mtok=prices, **fields)

    return make


def log_calls(cast: Cast, *models: str, **changes: Any) -> None:
    store(*(chat_event(cast.organization.pk, model=model, **changes) for model in models))


def row(page: Page, table: str, text: str) -> Locator:
    return page.get_by_role("region", name=table).get_by_role("row").filter(has_text=text)


# Models without a price


def test_a_model_without_a_price_is_priced_and_its_requests_are_charged(
    seen: Callable[..., Page], cast: Cast
) -> None:
    log_calls(cast, TUNED, "gpt-4o", TUNED)
    page = seen()
    unknown = row(page, "Table of models without a price", TUNED)
    expect(unknown.get_by_role("cell").nth(1)).to_have_text("2")
    expect(unknown.get_by_role("cell").nth(2)).to_have_text("240")
    unknown.get_by_role("link", name="Price it").click()
    expect(page.get_by_label("Model")).to_have_value(TUNED)
    expect(page.get_by_label("Provider")).to_have_value("openai")
    page.get_by_label("Input", exact=True).fill("3")
    page.get_by_label("Output", exact=True).fill("3.5")
    page.get_by_role("button", name="Save price").click()
    expect(page.get_by_text(f"The price of {TUNED} at openai is saved")).to_be_visible()
    expect(page.get_by_text("2 requests with tokens")).to_be_visible()
    page.get_by_role("button", name="Recompute costs").click()
    # Without a reload: the list asks for itself.
    expect(row(page, "Table of recomputes", TUNED)).to_contain_text("done")
    assert [one.cost_nanodollars for one in rows(cast.organization.pk) if one.model == TUNED] == [
        100 * 3000 + 20 * 3500
    ] * 2
    page.reload()
    expect(page.get_by_text("has a cost")).to_be_visible()
    expect(row(page, "Table of prices in use", TUNED)).to_contain_text("your price")


def test_the_prices_of_a_similar_model_are_taken_by_one_click(seen: Callable[..., Page], cast: Cast) -> None:
    log_calls(cast, TUNED)
    page = seen()
    page.get_by_role("link", name="as gpt-4o", exact=True).click()
    expect(page.get_by_label("Model")).to_have_value(TUNED)
    expect(page.get_by_label("Input", exact=True)).to_have_value("2.5")
    expect(page.get_by_label("Cache read optional", exact=True)).to_have_value("1.25")
    page.get_by_role("button", name="Save price").click()
    expect(page.get_by_text("is saved")).to_be_visible()
    price = prices_of(cast.organization).get()
    assert {kind: Decimal(usd) for kind, usd in price.usd_per_mtok.items()}["completion"] == 10


def test_the_name_leads_to_the_requests(seen: Callable[..., Page], cast: Cast) -> None:
    log_calls(cast, TUNED, "gpt-4o")
    page = seen()
    page.get_by_role("link", name=TUNED, exact=True).click()
    expect(page.get_by_role("heading", name="Requests")).to_be_visible()
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["model"], asked["provider"], asked["range"]) == ([TUNED], ["openai"], ["30d"])
    expect(page.locator(".row-link")).to_have_count(1)


def test_only_so_many_requests_are_looked_at(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    log_calls(cast, *[TUNED] * 3)
    monkeypatch.setattr(queries, "MOST_UNKNOWN", 2)
    found = queries.unknown_models(cast.organization.pk, now=timezone.now())
    assert (found.requests, found.is_whole) == (2, False)


# Prices of one's own


@pytest.mark.parametrize("role", Role, ids=lambda role: role.label)
def test_an_admin_sets_a_price(sent: Callable[..., Answer], cast: Cast, role: Role) -> None:
    answer = sent("own-price", {"model": "house-*", "prompt": "0.5", "completion": "0"}, role)
    found = [(one.model, one.usd_per_mtok, one.created_by) for one in prices_of(cast.organization)]
    if role >= Role.ADMIN:
        assert answer.status == 302
        assert found == [("house-*", {"prompt": "0.5", "completion": "0"}, cast.people[role])]
    else:
        assert (answer.status, found) == (403, [])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"model": ""}, "This field is required"),
        ({"prompt": ""}, "This field is required"),
        ({"prompt": "-1"}, "greater than or equal to 0"),
        ({"prompt": "1000001"}, "less than or equal to 100000"),
        ({"prompt": "0.0000001"}, "no more than 6 decimal places"),
        ({"model": "a*b"}, "can stand only at the end"),
        ({"model": "*"}, "Say whose models these are"),
        ({"valid_from": "soon"}, "Enter a valid date/time"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused_on_the_page(
    sent: Callable[..., Answer], cast: Cast, data: dict[str, str], said: str
) -> None:
    answer = sent("own-price", {"model": "house", "prompt": "1", "completion": "1", **data})
    assert answer.status == 422
    assert said in answer.text
    assert not prices_of(cast.organization).exists()


def test_sound_is_priced_by_the_hour_and_calls_by_the_thousand(
    sent: Callable[..., Answer], seen: Callable[..., Page], cast: Cast
) -> None:
    sent(
        "own-price",
        {"model": "house-ear", "prompt": "0", "completion": "0", "audio_seconds": "0.36", "requests": "2"},
    )
    kept = prices_of(cast.organization).get().usd_per_mtok
    # An hour has 3,600 seconds; a million calls are a thousand thousands.
    assert (round(Decimal(kept["audio_seconds"]), 6), Decimal(kept["requests"])) == (100, 2000)
    page = seen()
    shown = row(page, "Table of your prices", "house-ear")
    expect(shown).to_contain_text("Audio $0.36 per hour, Requests $2.00 per 1,000")
    shown.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Audio optional", exact=True)).to_have_value("0.36")


def test_a_price_is_edited(seen: Callable[..., Page], own: Callable[..., PriceOverride], cast: Cast) -> None:
    own("hosue", valid_from=timezone.now().replace(microsecond=0) - timedelta(days=3))
    page = seen()
    page.get_by_role("link", name="Edit the price of hosue").click()
    expect(page.get_by_label("Input", exact=True)).to_have_value("3")
    page.get_by_label("Model").fill("house")
    page.get_by_label("Input", exact=True).fill("4")
    page.get_by_role("button", name="Save price").click()
    expect(page.get_by_text("The price of house is saved")).to_be_visible()
    (price,) = prices_of(cast.organization)
    assert (price.model, price.usd_per_mtok) == ("house", {"prompt": "4", "completion": "3"})
    assert price.valid_from is not None


def test_a_price_is_removed_after_a_question_and_the_page_remembers_it(
    seen: Callable[..., Page], own: Callable[..., PriceOverride], cast: Cast
) -> None:
    own("house")
    page = seen()
    page.get_by_role("button", name="Remove the price of house").click()
    page.get_by_role("button", name="Remove price").click()
    expect(page.get_by_text("The price of house is removed")).to_be_visible()
    page.get_by_role("link", name="Not now").click()
    expect(page.get_by_text("all costs follow the price list")).to_be_visible()
    page.get_by_text("Who set and removed prices").click()
    who = cast.people[Role.ADMIN].email
    expect(page.get_by_text(f"{who} removed the price of house")).to_be_visible()
    expect(page.get_by_text(f"{who} set the price of house")).to_be_visible()


def test_a_price_that_is_gone_is_no_trouble(
    sent: Callable[..., Answer], fetched: Callable[..., Answer]
) -> None:
    assert sent("own-price-remove", {"price": "1"}).status == 302
    assert fetched("own-price", "?price=1").status == 404
    assert fetched("own-price", "?price=x").status == 404


def test_prices_of_others_are_not_found(stack: Stack, own: Callable[..., PriceOverride], cast: Cast) -> None:
    price = own("house")
    other = cast.stranger.organizations.get()
    stranger = WebClient(stack.url, cast.stranger)
    edit = reverse("metrics:own-price", args=[other.slug])
    assert stranger.get(f"{edit}?price={price.pk}").status == 404
    stranger.post(reverse("metrics:own-price-remove", args=[other.slug]), {"price": price.pk})
    stranger.post(edit, {"model": "x", "prompt": "1", "completion": "1", "replaces": price.pk})
    assert list(prices_of(cast.organization)) == [price]


# The list


def test_the_list_is_searched_as_one_types(seen: Callable[..., Page]) -> None:
    page = seen("price-list", Role.VIEWER)
    page.get_by_role("searchbox", name="Search the price list").fill("anthropic haiku-4-5")
    shown = row(page, "Table of listed prices", "claude-haiku-4-5").first
    expect(shown).to_contain_text("$1.00")
    expect(page.get_by_role("row").filter(has_text="gpt-4o")).to_have_count(0)
    assert parse_qs(urlsplit(page.url).query) == {"q": ["anthropic haiku-4-5"]}
    page.get_by_role("searchbox").fill("nobody made this")
    expect(page.get_by_text("No model or provider in the list is called nobody made this.")).to_be_visible()


def test_the_list_works_without_javascript(fetched: Callable[..., Answer]) -> None:
    answer = fetched("price-list", "?q=whisper-1+openai", Role.VIEWER)
    assert answer.status == 200
    assert "whisper-1" in answer.text
    assert "Audio $0.36 per hour" in answer.text
    assert "claude" not in answer.text


def test_another_price_for_a_listed_model_begins_with_its_own(seen: Callable[..., Page]) -> None:
    page = seen("price-list", query="?q=openai/gpt-4o-mini")
    page.get_by_role("link", name="Set another price for gpt-4o-mini at OpenAI", exact=True).click()
    expect(page.get_by_label("Model")).to_have_value("gpt-4o-mini")
    expect(page.get_by_label("Provider")).to_have_value("openai")
    expect(page.get_by_label("Input", exact=True)).to_have_value("0.15")


# Working out anew


@pytest.mark.parametrize("role", Role, ids=lambda role: role.label)
def test_an_admin_orders_costs_to_be_worked_out_anew(
    sent: Callable[..., Answer], cast: Cast, role: Role
) -> None:
    answer = sent("recompute", {"model": "house", "since": "2026-11-01T00:00:00"}, role)
    found = [
        (one.model, one.provider, one.since and one.since.day, one.requested_by)
        for one in CostRecompute.objects.filter(organization=cast.organization)
    ]
    if role >= Role.ADMIN:
        assert (answer.status, found) == (302, [("house", "", 1, cast.people[role])])
    else:
        assert (answer.status, found) == (403, [])


def test_a_period_that_ends_before_it_begins_is_refused(sent: Callable[..., Answer], cast: Cast) -> None:
    answer = sent("recompute", {"since": "2026-11-02T00:00", "until": "2026-11-01T00:00"})
    assert answer.status == 422
    assert "not after the beginning" in answer.text
    assert not CostRecompute.objects.filter(organization=cast.organization).exists()


def test_a_recompute_is_cancelled(seen: Callable[..., Page], cast: Cast) -> None:
    made = order_recompute(organization=cast.organization, actor=cast.people[Role.ADMIN])
    page = seen()
    page.get_by_role("button", name="Cancel all models").click()
    expect(row(page, "Table of recomputes", "all models")).to_contain_text("cancelled")
    made.refresh_from_db()
    assert made.state == "cancelled"


def test_nobody_cancels_what_others_ordered(stack: Stack, cast: Cast) -> None:
    made = order_recompute(organization=cast.organization, actor=None)
    path = reverse("metrics:recompute-cancel", args=[cast.stranger.organizations.get().slug])
    answer = WebClient(stack.url, cast.stranger).post(path, {"recompute": made.pk})
    made.refresh_from_db()
    assert (answer.status, made.state) == (404, "queued")


# The pages


def test_a_viewer_sees_all_prices_and_no_buttons(
    seen: Callable[..., Page], own: Callable[..., PriceOverride], cast: Cast
) -> None:
    log_calls(cast, TUNED)
    own("house")
    page = seen(role=Role.VIEWER)
    expect(row(page, "Table of models without a price", TUNED)).to_contain_text("gpt-4o")
    expect(row(page, "Table of your prices", "house")).to_contain_text("$3.00")
    main = page.get_by_role("main")
    for name in ("Price it", "Add a price", "Edit", "Recompute costs", "as gpt-4o"):
        expect(main.get_by_role("link", name=name)).to_have_count(0)
    expect(main.get_by_role("button", name="Remove")).to_have_count(0)


def test_an_organization_without_requests_is_told_what_will_be_here(seen: Callable[..., Page]) -> None:
    page = seen()
    expect(page.get_by_text("No request has been charged by a price yet.")).to_be_visible()
    expect(page.get_by_text("all costs follow the price list")).to_be_visible()


def test_the_pages_keep_nobody_out_and_fit_a_phone(
    seen: Callable[..., Page],
    own: Callable[..., PriceOverride],
    cast: Cast,
    barriers_in_both_themes: Callable[[Page], list[str]],
) -> None:
    log_calls(cast, TUNED, "gpt-4o", "a-model-with-a-name-" + "that-goes-on-" * 8)
    own("house", valid_from=timezone.now())
    order_recompute(organization=cast.organization, actor=None, since=timezone.now() - timedelta(days=3))
    page = seen()
    names = {
        "prices": "",
        "price-list": "?q=sonnet",
        "own-price": f"?model={TUNED}",
        "recompute": "?model=house",
    }
    for name, query in names.items():
        path = reverse(f"metrics:{name}", args=[cast.organization.slug]) + query
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(path)
        assert barriers_in_both_themes(page) == []
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert barriers_in_both_themes(page) == []
