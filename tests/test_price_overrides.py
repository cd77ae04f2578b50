"""Prices of an organization's own: which one applies to a request, and how soon."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from ingest_app import price_overrides
from ingest_app.events import Usage
from ingest_app.models import Price, PriceOverride
from ingest_app.own_prices import with_fallbacks, without_fallbacks
from ingest_app.price_overrides import (
    NoSuchPrice,
    TooManyPrices,
    own_prices,
    prices_of,
    refresh,
    remove_price,
    set_price,
)
from ingest_app.pricing import cost_nanodollars
from requests_app.models import Request
from tests.events import chat_event, log, wait_until
from tests.live import Tenant

NOW = datetime(2026, 6, 1, tzinfo=UTC)
Setter = Callable[..., PriceOverride]
Paid = Callable[..., Decimal | None]


@pytest.fixture
def put(organization: Tenant) -> Setter:
    """Returns a function that sets a price of so many dollars for a million prompt tokens."""

    def one(model: str, usd: int, *, provider: str = "", **changes: Any) -> PriceOverride:
        fields: dict[str, Any] = {"valid_from": None, "actor": organization.owner, **changes}
        prices = {"prompt": Decimal(usd), "completion": Decimal(usd)}
        return set_price(
            organization=organization.organization,
            provider=provider,
            model=model,
            usd_per_mtok=prices,
            **fields,
        )

    return one


@pytest.fixture
def paid(organization: Tenant) -> Paid:
    """Returns a function that returns what a million prompt tokens cost, None where there is no price of one's own."""

    def price(*models: str, provider: str = "openai", at: datetime = NOW) -> Decimal | None:
        refresh()
        found = own_prices(organization.id, provider=provider, models=models, at=at)
        return found.usd_per_mtok["prompt"] if found else None

    return price


def test_without_prices_of_its_own_an_organization_pays_the_list(paid: Paid) -> None:
    assert paid("gpt-4o") is None


def test_a_price_is_for_the_model_it_names(put: Setter, paid: Paid) -> None:
    put("house-7b", 3)
    assert (paid("house-7b"), paid("house-7b-chat"), paid("house")) == (3, None, None)


def test_a_star_stands_for_how_a_name_goes_on(put: Setter, paid: Paid) -> None:
    put("house-*", 3)
    assert (paid("house-7b"), paid("house-"), paid("house")) == (3, 3, None)


def test_a_price_may_be_for_all_models_of_a_provider(put: Setter, paid: Paid) -> None:
    put("*", 3, provider="vllm")
    assert (paid("whatever", provider="vllm"), paid("whatever", provider="openai")) == (3, None)


@pytest.mark.parametrize("in_order", [True, False])
def test_the_price_that_says_most_applies(put: Setter, paid: Paid, in_order: bool) -> None:
    wanted = [
        ("*", "openai", 1),
        ("gpt-*", "", 2),
        ("gpt-*", "openai", 3),
        ("gpt-4o*", "", 4),
        ("gpt-4o", "", 5),
        ("gpt-4o", "openai", 6),
    ]
    for model, provider, usd in wanted if in_order else reversed(wanted):
        put(model, usd, provider=provider)
    assert [
        paid("o3"),
        paid("gpt-5", provider="azure"),
        paid("gpt-5"),
        paid("gpt-4o-mini"),
        paid("gpt-4o", provider="azure"),
        paid("gpt-4o"),
    ] == [1, 2, 3, 4, 5, 6]


def test_the_model_that_answered_stands_before_the_one_that_was_asked_for(put: Setter, paid: Paid) -> None:
    put("house", 3)
    put("house-2026-05-01", 4)
    assert paid("house-2026-05-01", "house") == 4
    assert paid("house-2026-06-01", "house") == 3


def test_a_price_counts_from_its_time_on(put: Setter, paid: Paid) -> None:
    put("house", 3)
    put("house", 2, valid_from=NOW)
    assert paid("house", at=NOW - timedelta(microseconds=1)) == 3
    assert paid("house", at=NOW) == 2


def test_before_its_time_a_price_leaves_the_list_alone(put: Setter, paid: Paid) -> None:
    put("house", 2, valid_from=NOW)
    assert paid("house", at=NOW - timedelta(days=1)) is None


def test_prices_are_nobody_elses(
    put: Setter, organization: Tenant, make_tenant: Callable[[], Tenant]
) -> None:
    put("house", 3)
    refresh()
    assert own_prices(make_tenant().id, provider="openai", models=["house"], at=NOW) is None


def test_a_new_price_replaces_that_of_the_same_models_and_time(
    put: Setter, paid: Paid, organization: Tenant
) -> None:
    put("house", 3)
    put("house", 4)
    assert paid("house") == 4
    assert prices_of(organization.organization).count() == 1


def test_a_price_that_is_corrected_goes_with_the_name_that_was_wrong(
    put: Setter, paid: Paid, organization: Tenant
) -> None:
    wrong = put("hosue", 3)
    put("house", 3, replaces=wrong.pk)
    assert (paid("hosue"), paid("house")) == (None, 3)


def test_nobody_replaces_a_price_of_others(
    put: Setter, organization: Tenant, make_tenant: Callable[[], Tenant]
) -> None:
    other = make_tenant()
    theirs = set_price(
        organization=other.organization,
        provider="",
        model="house",
        usd_per_mtok={"prompt": Decimal(1)},
        valid_from=None,
        actor=None,
    )
    put("mine", 3, replaces=theirs.pk)
    with pytest.raises(NoSuchPrice):
        remove_price(organization=organization.organization, id=theirs.pk, actor=organization.owner)
    assert list(prices_of(other.organization)) == [theirs]


def test_what_was_set_and_removed_is_kept_with_who_did_it(
    put: Setter, paid: Paid, organization: Tenant
) -> None:
    price = put("house", 3)
    remove_price(organization=organization.organization, id=price.pk, actor=organization.owner)
    assert paid("house") is None
    price.refresh_from_db()
    assert (price.created_by, price.removed_by) == (organization.owner, organization.owner)
    assert price.removed_at is not None
    with pytest.raises(NoSuchPrice):
        remove_price(organization=organization.organization, id=price.pk, actor=organization.owner)


def test_there_is_an_end_to_how_many_prices_are_kept(put: Setter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_overrides, "MAX_PRICES", 1)
    put("house", 3)
    put("house", 4)
    with pytest.raises(TooManyPrices):
        put("another", 3)


def test_the_database_takes_one_price_for_the_same_models_and_time(put: Setter, organization: Tenant) -> None:
    price = put("house", 3)
    with pytest.raises(IntegrityError, match="price_override_once"):
        PriceOverride.objects.create(
            organization=organization.organization,
            provider="",
            model=price.model,
            usd_per_mtok={"prompt": "1"},
        )


def test_what_has_no_price_of_its_own_costs_what_the_whole_costs() -> None:
    given = {"prompt": Decimal(2), "cache_write": Decimal(3), "completion": Decimal(5)}
    assert with_fallbacks(given) == {
        **given,
        "cache_read": 2,
        "cache_write_1h": 3,
        "prompt_audio": 2,
        "completion_audio": 5,
    }


@given(
    st.dictionaries(
        st.sampled_from(
            ["prompt", "completion", "cache_read", "cache_write", "cache_write_1h", "prompt_audio"]
        ),
        st.integers(0, 2).map(Decimal),
    )
)
def test_nothing_is_lost_by_leaving_out_what_comes_back(given_prices: dict[str, Decimal]) -> None:
    full = with_fallbacks(given_prices)
    assert with_fallbacks(without_fallbacks(full)) == full


def test_cached_tokens_are_not_free_where_only_two_prices_are_set(put: Setter, organization: Tenant) -> None:
    put("house", 3)
    refresh()
    prices = own_prices(organization.id, provider="openai", models=["house"], at=NOW)
    assert prices is not None
    usage = Usage(prompt_tokens=1000, cache_read_tokens=800, cache_write_tokens=100, completion_tokens=10)
    assert cost_nanodollars(usage, prices) == 1010 * 3000


def test_the_worker_prices_by_a_new_price_within_seconds_and_says_so(
    put: Setter, organization: Tenant, wait_for_rows: Callable[..., list[Request]]
) -> None:
    log(chat_event(organization.id, model="house-7b"))
    assert wait_for_rows(organization.id)[0].cost_nanodollars is None
    put("house-7b", 3)
    time.sleep(price_overrides.REFRESH_S)
    log(chat_event(organization.id, model="house-7b"))
    row = wait_for_rows(organization.id, 2)[0]
    assert row.cost_nanodollars == 120 * 3000
    price = Price.objects.get(pk=row.price_id)
    assert (price.model, price.source) == ("house-7b", "your price")


def test_a_request_that_names_no_model_can_be_priced(put: Setter, organization: Tenant) -> None:
    put("unknown", 3)

    def logged_cost() -> bool:
        log(chat_event(organization.id, model=""))
        found = Request.objects.filter(organization_id=organization.id, cost_nanodollars=120 * 3000)
        return found.exists()

    wait_until(logged_cost)


def test_without_prices_of_their_own_events_wait_for_no_microsecond() -> None:
    refresh()
    rounds = 20_000
    started = time.perf_counter()
    for _ in range(rounds):
        own_prices(-1, provider="openai", models=("gpt-4o",), at=NOW)
    # A tenth of this on an idle machine.
    assert (time.perf_counter() - started) / rounds < 5e-6
