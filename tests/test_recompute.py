"""Costs of logged requests worked out anew: what changes, what stays, and that nothing is lost when work breaks off."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ingest_app import recompute
from ingest_app.demo.traffic import traffic
from ingest_app.events import BY_HAND, LogEvent
from ingest_app.models import CostRecompute, Price, PriceOverride
from ingest_app.pace import Pace
from ingest_app.price_overrides import remove_price, set_price
from ingest_app.recompute import (
    TooManyRecomputes,
    cancel_recompute,
    carry_out,
    order_recompute,
    run_unfinished,
)
from ingest_app.removal import Selection, remove_rows
from ingest_app.rollups import fold_organization
from requests_app.models import Request
from tests.events import chat_event
from tests.live import Tenant
from tests.logged_days import asking, days_ago, rows, store
from tests.session_sums import stored, summed

HOUSE = "house-7b"
GPT_4O_COST = 100 * 2_500 + 20 * 10_000  # chat_event's tokens
HOUSE_COST = 120 * 3_000


@pytest.fixture
def price(organization: Tenant) -> Callable[..., PriceOverride]:
    """Returns a function that sets a price of three dollars for a million tokens of any kind."""

    def one(model: str = HOUSE, **changes: Any) -> PriceOverride:
        prices = {"prompt": Decimal(3), "completion": Decimal(3)}
        fields: dict[str, Any] = {"provider": "", "valid_from": None, "actor": organization.owner, **changes}
        return set_price(organization=organization.organization, model=model, usd_per_mtok=prices, **fields)

    return one


@pytest.fixture
def order(organization: Tenant) -> Callable[..., CostRecompute]:
    """Returns a function that orders to work costs out anew."""

    def one(**changes: Any) -> CostRecompute:
        return order_recompute(organization=organization.organization, actor=organization.owner, **changes)

    return one


@pytest.fixture
def anew(order: Callable[..., CostRecompute]) -> Callable[..., CostRecompute]:
    """Returns a function that orders and does it."""

    def one(**changes: Any) -> CostRecompute:
        made = order(**changes)
        assert carry_out(made)
        made.refresh_from_db()
        return made

    return one


def costs(organization: Tenant) -> list[int | None]:
    """Returns what the organization's requests cost, oldest first."""
    return [row.cost_nanodollars for row in rows(organization.id)]


def rolled_up(organization: Tenant) -> tuple[int, int]:
    """Returns what the rollups say that all requests cost, and how many have no price."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(cost_nanodollars)::bigint, sum(unpriced)::bigint FROM rollup"
            " WHERE organization_id = %s AND dimension = '' AND grain = 'd'",
            [organization.id],
        )
        cost, unpriced = cursor.fetchone()
        return cost, unpriced


def events(organization: Tenant, *models: str, **changes: Any) -> list[LogEvent]:
    return [chat_event(organization.id, model=model, **changes) for model in models]


def test_requests_without_a_price_get_the_one_that_was_set(
    organization: Tenant, price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    store(*events(organization, HOUSE, "gpt-4o", HOUSE))
    price()
    done = anew(model=HOUSE)
    assert costs(organization) == [HOUSE_COST, GPT_4O_COST, HOUSE_COST]
    assert (done.state, done.percent, done.rows_about, done.rows_done, done.rows_changed) == (
        "done",
        100,
        3,
        3,
        2,
    )
    used = Price.objects.get(pk=rows(organization.id)[0].price_id)
    assert (used.model, used.source) == (HOUSE, "your price")


def test_what_costs_the_same_is_left_alone(organization: Tenant, anew: Callable[..., CostRecompute]) -> None:
    store(*events(organization, HOUSE, "gpt-4o"))
    before = rows(organization.id)
    done = anew()
    assert (done.rows_done, done.rows_changed) == (2, 0)
    assert [(row.cost_nanodollars, row.price_id) for row in rows(organization.id)] == [
        (row.cost_nanodollars, row.price_id) for row in before
    ]


def test_what_the_writer_charged_is_charged_again(
    organization: Tenant, anew: Callable[..., CostRecompute]
) -> None:
    store(
        *traffic(
            organization_id=organization.id, api_key_ids=[], requests=300, days=20, now=days_ago(0), seed=7
        )
    )
    before = {row.id: (row.cost_nanodollars, row.price_id) for row in rows(organization.id)}
    # As if each had been charged wrongly, but for costs that were told and models without a price.
    charged = Request.objects.filter(organization_id=organization.id, price_id__isnull=False)
    number = charged.update(cost_nanodollars=1)
    assert anew().rows_changed == number > 200
    assert {row.id: (row.cost_nanodollars, row.price_id) for row in rows(organization.id)} == before


def test_a_price_that_is_taken_back_leaves_the_list_price_or_none(
    organization: Tenant, price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    store(*events(organization, HOUSE, "gpt-4o"))
    everything = price("*", provider="openai")
    anew()
    assert costs(organization) == [HOUSE_COST, HOUSE_COST]
    remove_price(organization=organization.organization, id=everything.pk, actor=organization.owner)
    anew()
    assert costs(organization) == [None, GPT_4O_COST]
    assert rows(organization.id)[0].price_id is None


def test_a_cost_that_the_provider_told_stays(
    organization: Tenant, price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "cost": 0.25}
    store(*events(organization, HOUSE, provider="openrouter", usage=usage))
    price()
    assert anew().rows_changed == 0
    assert costs(organization) == [250_000_000]


def test_a_price_that_the_list_has_forgotten_is_remembered_by_the_rows(
    organization: Tenant, anew: Callable[..., CostRecompute]
) -> None:
    store(*events(organization, "gpt-4o"))
    # As if the list had known it under a name that it has no more.
    Request.objects.filter(organization_id=organization.id).update(
        model="forgotten", request_model="forgotten", response_model="forgotten"
    )
    assert anew().rows_changed == 0
    assert costs(organization) == [GPT_4O_COST]


def test_requests_without_tokens_stay_without_cost(
    organization: Tenant, price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    body = json.dumps({"model": HOUSE, "choices": []}).encode()
    store(*events(organization, HOUSE, status=500, response_body=body, response_bytes=len(body)))
    price()
    assert rows(organization.id)[0].prompt_tokens is None
    anew()
    assert costs(organization) == [None]


def test_only_the_period_is_looked_at(
    organization: Tenant, price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    store(*(asking(organization.id, days_ago(days), model=HOUSE) for days in (40, 20, 10, 1)))
    price()
    done = anew(since=days_ago(30), until=days_ago(5))
    assert costs(organization) == [None, HOUSE_COST, HOUSE_COST, None]
    assert done.rows_done == 2


def test_a_price_of_a_later_time_leaves_earlier_requests_alone(
    organization: Tenant, price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    store(*(asking(organization.id, days_ago(days), model=HOUSE) for days in (20, 1)))
    price(valid_from=days_ago(10))
    anew()
    assert costs(organization) == [None, HOUSE_COST]


@pytest.mark.parametrize(
    ("provider", "model", "changed"),
    [("", "house-*", 2), ("", HOUSE, 1), ("vllm", "*", 1), ("vllm", HOUSE, 0), ("", "house-8b", 1)],
)
def test_only_requests_of_the_models_are_changed(
    organization: Tenant,
    price: Callable[..., PriceOverride],
    anew: Callable[..., CostRecompute],
    provider: str,
    model: str,
    changed: int,
) -> None:
    store(
        *events(organization, HOUSE, "other"),
        *events(organization, "house-8b", provider="vllm", target_url="http://localhost/v1/chat/completions"),
    )
    price("*")
    assert anew(provider=provider, model=model).rows_changed == changed


def test_the_model_that_answered_counts_as_well(
    organization: Tenant, price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    request = json.dumps({"model": "alias", "messages": []}).encode()
    store(*events(organization, HOUSE, request_body=request, request_bytes=len(request)))
    assert rows(organization.id)[0].model == "alias"
    price()
    assert anew(model=HOUSE).rows_changed == 1
    assert costs(organization) == [HOUSE_COST]


def test_a_log_that_names_no_provider_is_priced_as_when_it_came(
    organization: Tenant, anew: Callable[..., CostRecompute]
) -> None:
    by_hand = {"provider": "custom", "target_url": "", "referrer": BY_HAND, "priced_as": "openai"}
    store(*events(organization, "gpt-4o", **by_hand))
    Request.objects.filter(organization_id=organization.id).update(cost_nanodollars=1)
    anew()
    assert costs(organization) == [GPT_4O_COST]


def test_a_batch_price_stays_one(
    organization: Tenant, price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    answer = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5",
        "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 1000, "output_tokens": 100, "service_tier": "batch"},
    }  # fmt: skip
    body = json.dumps(answer).encode()
    store(
        *events(
            organization,
            "claude-haiku-4-5",
            provider="anthropic",
            path="/v1/messages",
            response_body=body,
            response_bytes=len(body),
        )
    )
    half = (1000 * 1_000 + 100 * 5_000) // 2
    assert costs(organization) == [half]
    own = price("claude-haiku-4-5")
    anew()
    assert costs(organization) == [1100 * 3_000]
    remove_price(organization=organization.organization, id=own.pk, actor=None)
    anew()
    assert costs(organization) == [half]


def test_sessions_add_up_afterwards(
    organization: Tenant, price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    store(
        *events(organization, HOUSE, "gpt-4o", session_id="one"),
        *events(organization, "gpt-4o", session_id="two"),
    )
    price()
    anew()
    sessions = stored(organization.id)
    assert sessions["one"]["cost_nanodollars"] == HOUSE_COST + GPT_4O_COST
    assert sessions["one"]["unpriced"] == 0
    assert sessions == summed(organization.id)


def test_the_rollups_of_the_days_follow(
    organization: Tenant, price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    store(*(asking(organization.id, days_ago(days), model=HOUSE) for days in (9, 2)))
    fold_organization(organization.id, days_ago(0))
    assert rolled_up(organization) == (0, 2)
    price()
    anew()
    assert rolled_up(organization) == (2 * HOUSE_COST, 0)


def test_work_that_breaks_off_goes_on_where_it_was(
    organization: Tenant, price: Callable[..., PriceOverride], order: Callable[..., CostRecompute]
) -> None:
    store(*(asking(organization.id, days_ago(days), model=HOUSE) for days in (30, 20, 10, 1)))
    price()
    made = order()
    assert carry_out(made, go_on=lambda: False)
    made.refresh_from_db()
    assert (made.state, made.rows_done, made.percent) == ("running", 1, 25)
    assert costs(organization) == [HOUSE_COST, None, None, None]
    assert carry_out(made)
    made.refresh_from_db()
    assert (made.state, made.rows_done, made.rows_changed) == ("done", 4, 4)
    assert costs(organization) == [HOUSE_COST] * 4


def test_a_batch_that_fails_changes_nothing_and_says_so(
    organization: Tenant,
    price: Callable[..., PriceOverride],
    order: Callable[..., CostRecompute],
) -> None:
    store(*events(organization, HOUSE, "gpt-4o"))
    price()
    # A cost that no column holds.
    Request.objects.filter(organization_id=organization.id, model=HOUSE).update(prompt_tokens=2**31 - 1)
    PriceOverride.objects.filter(organization=organization.organization).update(
        usd_per_mtok={"prompt": "1e9"}
    )
    price("gpt-4o")
    made = order()
    assert carry_out(made)
    made.refresh_from_db()
    assert (made.state, made.error, made.rows_changed) == ("failed", recompute.FAILED, 0)
    assert costs(organization) == [None, GPT_4O_COST]


def test_a_cancelled_order_changes_nothing_more(
    organization: Tenant, price: Callable[..., PriceOverride], order: Callable[..., CostRecompute]
) -> None:
    store(*(asking(organization.id, days_ago(days), model=HOUSE) for days in (20, 10, 1)))
    price()
    made = order()

    def cancelled() -> bool:
        cancel_recompute(made)
        return True

    assert carry_out(made, go_on=cancelled)
    made.refresh_from_db()
    assert (made.state, made.rows_done) == ("cancelled", 1)
    assert costs(organization) == [HOUSE_COST, None, None]
    assert carry_out(made)
    assert costs(organization) == [HOUSE_COST, None, None]


def test_requests_that_go_meanwhile_are_no_trouble(
    organization: Tenant, price: Callable[..., PriceOverride], order: Callable[..., CostRecompute]
) -> None:
    store(*(asking(organization.id, days_ago(days), model=HOUSE) for days in (20, 10, 1)))
    price()
    made = order()

    def all_but_the_newest_are_removed() -> bool:
        remove_rows(Selection(organization.id, before=days_ago(5)), Pace())
        return True

    assert carry_out(made, go_on=all_but_the_newest_are_removed)
    made.refresh_from_db()
    assert (made.state, made.rows_about, made.rows_done) == ("done", 3, 2)
    assert costs(organization) == [HOUSE_COST]


def test_a_worker_begins_when_all_know_the_new_price(
    organization: Tenant, price: Callable[..., PriceOverride], order: Callable[..., CostRecompute]
) -> None:
    store(*events(organization, HOUSE))
    price()
    made = order()
    run_unfinished()
    made.refresh_from_db()
    assert made.state == "queued"
    CostRecompute.objects.filter(pk=made.pk).update(
        created_at=datetime.now(UTC) - timedelta(seconds=recompute.SETTLE_S)
    )
    run_unfinished()
    made.refresh_from_db()
    assert made.state == "done"
    assert costs(organization) == [HOUSE_COST]


def test_there_is_an_end_to_how_much_waits(
    order: Callable[..., CostRecompute], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recompute, "MAX_UNFINISHED", 1)
    first = order()
    with pytest.raises(TooManyRecomputes):
        order()
    cancel_recompute(first)
    order()


def test_the_command_does_it_and_says_how_much(
    organization: Tenant, price: Callable[..., PriceOverride]
) -> None:
    store(*events(organization, HOUSE, "gpt-4o"))
    price()
    said = StringIO()
    slug = organization.organization.slug
    call_command("recompute_costs", organization=slug, model=HOUSE, stdout=said)
    assert said.getvalue() == f"{slug}: 2 requests looked at, 1 changed\n"
    assert costs(organization) == [HOUSE_COST, GPT_4O_COST]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"organization": "nobody-here"}, "There is no organization nobody-here."),
        ({"since": "yesterday"}, "'yesterday' is not a time such as 2026-11-01"),
    ],
)
def test_the_command_refuses_what_it_cannot_read(options: dict[str, str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("recompute_costs", **options)
