"""Costs of logged requests worked out anew: what changes, what stays, and what follows."""

import json
from collections.abc import Callable

import pytest
from django.db import connection

from ingest_app.demo.traffic import traffic
from ingest_app.events import BY_HAND
from ingest_app.models import CostRecompute, Price, PriceOverride
from ingest_app.price_overrides import remove_price
from ingest_app.rollups import fold_organization
from requests_app.models import Request
from tests.live import Tenant
from tests.logged_days import asking, days_ago, rows, store
from tests.recomputing import GPT_4O_COST, HOUSE, HOUSE_COST, costs, events
from tests.session_sums import stored, summed

pytest_plugins = ("tests.recompute_fixtures",)


def rolled_up(organization: Tenant) -> tuple[int, int]:
    """Returns what the rollups say that all requests cost, and how many have no price."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(cost_nanodollars), 0)::bigint, coalesce(sum(unpriced), 0)::bigint FROM rollup"
            " WHERE organization_id = %s AND dimension = '' AND grain = 'd'",
            [organization.id],
        )
        cost, unpriced = cursor.fetchone()
        return cost, unpriced


def test_requests_without_a_price_get_the_one_that_was_set(
    organization: Tenant, own_price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    store(*events(organization, HOUSE, "gpt-4o", HOUSE))
    own_price()
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
    organization: Tenant, own_price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    store(*events(organization, HOUSE, "gpt-4o"))
    everything = own_price("*", provider="openai")
    anew()
    assert costs(organization) == [HOUSE_COST, HOUSE_COST]
    remove_price(organization=organization.organization, id=everything.pk, actor=organization.owner)
    anew()
    assert costs(organization) == [None, GPT_4O_COST]
    assert rows(organization.id)[0].price_id is None


def test_a_cost_that_the_provider_told_stays(
    organization: Tenant, own_price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "cost": 0.25}
    store(*events(organization, HOUSE, provider="openrouter", usage=usage))
    own_price()
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
    organization: Tenant, own_price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    body = json.dumps({"model": HOUSE, "choices": []}).encode()
    store(*events(organization, HOUSE, status=500, response_body=body, response_bytes=len(body)))
    own_price()
    assert rows(organization.id)[0].prompt_tokens is None
    anew()
    assert costs(organization) == [None]


def test_only_the_period_is_looked_at(
    organization: Tenant, own_price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    store(*(asking(organization.id, days_ago(days), model=HOUSE) for days in (40, 20, 10, 1)))
    own_price()
    done = anew(since=days_ago(30), until=days_ago(5))
    assert costs(organization) == [None, HOUSE_COST, HOUSE_COST, None]
    assert done.rows_done == 2


def test_a_price_of_a_later_time_leaves_earlier_requests_alone(
    organization: Tenant, own_price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    store(*(asking(organization.id, days_ago(days), model=HOUSE) for days in (20, 1)))
    own_price(valid_from=days_ago(10))
    anew()
    assert costs(organization) == [None, HOUSE_COST]


@pytest.mark.parametrize(
    ("provider", "model", "changed"),
    [("", "house-*", 2), ("", HOUSE, 1), ("vllm", "*", 1), ("vllm", HOUSE, 0), ("", "house-8b", 1)],
)
def test_only_requests_of_the_models_are_changed(
    organization: Tenant,
    own_price: Callable[..., PriceOverride],
    anew: Callable[..., CostRecompute],
    provider: str,
    model: str,
    changed: int,
) -> None:
    store(
        *events(organization, HOUSE, "other"),
        *events(organization, "house-8b", provider="vllm", target_url="http://localhost/v1/chat/completions"),
    )
    own_price("*")
    assert anew(provider=provider, model=model).rows_changed == changed


def test_the_model_that_answered_counts_as_well(
    organization: Tenant, own_price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    request = json.dumps({"model": "alias", "messages": []}).encode()
    store(*events(organization, HOUSE, request_body=request, request_bytes=len(request)))
    assert rows(organization.id)[0].model == "alias"
    own_price()
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
    organization: Tenant, own_price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
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
    own = own_price("claude-haiku-4-5")
    anew()
    assert costs(organization) == [1100 * 3_000]
    remove_price(organization=organization.organization, id=own.pk, actor=None)
    anew()
    assert costs(organization) == [half]


def test_sessions_add_up_afterwards(
    organization: Tenant, own_price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    store(
        *events(organization, HOUSE, "gpt-4o", session_id="one"),
        *events(organization, "gpt-4o", session_id="two"),
    )
    own_price()
    anew()
    sessions = stored(organization.id)
    assert sessions["one"]["cost_nanodollars"] == HOUSE_COST + GPT_4O_COST
    assert sessions["one"]["unpriced"] == 0
    assert sessions == summed(organization.id)


def test_the_rollups_of_the_days_follow(
    organization: Tenant, own_price: Callable[..., PriceOverride], anew: Callable[..., CostRecompute]
) -> None:
    store(*(asking(organization.id, days_ago(days), model=HOUSE) for days in (9, 2)))
    fold_organization(organization.id, days_ago(0))
    assert rolled_up(organization) == (0, 2)
    own_price()
    anew()
    assert rolled_up(organization) == (2 * HOUSE_COST, 0)
