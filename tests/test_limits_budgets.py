"""Budgets in the gateway: what passes, what is refused, what goes to a cheaper model, and what counts."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openai
import pytest

from accounts_app import actions as accounts
from ingest_app.own_prices import ANY
from ingest_app.price_overrides import set_price
from limits_app.rules import Period, Subject, Then
from requests_app.models import Request
from tests.events import chat_event, log, wait_until
from tests.fake_provider.process import ProviderHandle
from tests.limits import CENT, WORD_NANODOLLARS, Post, make_budget, spent_of
from tests.live import Stack, Tenant
from tests.raw_http import send

pytest_plugins = ("tests.limit_fixtures",)

Rows = Callable[..., list[Request]]
Know = Callable[[], None]


def test_a_used_up_budget_refuses_and_says_until_when(
    openai_client: openai.OpenAI, post: Post, organization: Tenant, knows_limits: Know, wait_for_rows: Rows
) -> None:
    budget = make_budget(organization, 2 * CENT, name="All of us")
    knows_limits()
    assert post(words=1900).status == 200
    wait_until(lambda: spent_of(budget).reserved_nanodollars == 0)

    with pytest.raises(openai.RateLimitError) as refused:
        openai_client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], max_tokens=500
        )

    answer = refused.value.response
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert "the budget “All of us” of $0.02 a day until" in answer.json()["message"]
    assert answer.headers["x-should-retry"] == "false"
    assert 0 < int(answer.headers["Retry-After"]) <= 86_400
    row = wait_for_rows(organization.id, 2)[0]
    assert (row.status, row.error, row.cost_nanodollars) == (429, "budget_exceeded", None)


def test_the_real_cost_stands_in_place_of_the_worst_case(
    post: Post, organization: Tenant, knows_limits: Know, wait_for_rows: Rows
) -> None:
    budget = make_budget(organization, 100 * CENT)
    knows_limits()

    post(words=20, max_tokens=5000)

    row = wait_for_rows(organization.id)[0]
    wait_until(lambda: spent_of(budget).spent_nanodollars == row.cost_nanodollars)
    assert spent_of(budget).reserved_nanodollars == 0
    assert row.cost_nanodollars is not None
    assert row.cost_nanodollars > 20 * WORD_NANODOLLARS


def test_a_failed_request_gives_its_reservation_back(
    post: Post, organization: Tenant, knows_limits: Know
) -> None:
    budget = make_budget(organization, 2 * CENT)
    knows_limits()

    answers = [post(words=1900, said=said) for said in ({"status": 500}, {"close": True}, {"status": 429})]

    assert [answer.status for answer in answers] == [500, 502, 429]
    assert "error" in json.loads(answers[2].body)  # the provider's own
    wait_until(lambda: spent_of(budget).reserved_nanodollars == 0)
    assert spent_of(budget).spent_nanodollars == 0
    assert post(words=1900).status == 200


@pytest.mark.parametrize(
    ("terms", "about", "other"),
    [
        (
            {"subject": Subject.USER, "value": "ada"},
            {"headers": {"Helicone-User-Id": "ada"}},
            {"headers": {"Helicone-User-Id": "bob"}},
        ),
        (
            {"subject": Subject.PROPERTY, "property_name": "Team", "value": "red"},
            {"headers": {"Helicone-Property-TEAM": "red"}},
            {"headers": {"Helicone-Property-Team": "blue"}},
        ),
        ({"subject": Subject.MODEL, "value": "gpt-4o"}, {}, {"model": "gpt-4.1"}),
    ],
    ids=["user", "property", "model"],
)
def test_a_budget_is_about_its_subject_only(
    post: Post,
    organization: Tenant,
    knows_limits: Know,
    terms: dict[str, Any],
    about: dict[str, Any],
    other: dict[str, Any],
) -> None:
    make_budget(organization, CENT, **terms)
    knows_limits()

    assert post(words=1500, **about).status == 429
    assert post(words=1500, **other).status == 200
    assert post(words=500, **about).status == 200


def test_each_user_has_a_budget(post: Post, organization: Tenant, knows_limits: Know) -> None:
    budget = make_budget(organization, CENT, subject=Subject.USER)
    knows_limits()

    assert post(words=900, user="ada").status == 200  # the body's user, as the row has it
    wait_until(lambda: spent_of(budget, "ada").reserved_nanodollars == 0)

    assert post(words=900, headers={"Helicone-User-Id": "ada"}).status == 429
    assert post(words=900, headers={"Helicone-User-Id": "bob"}).status == 200
    assert post(words=900).status == 200


def test_a_key_has_a_budget_of_its_own(post: Post, organization: Tenant, knows_limits: Know) -> None:
    other = accounts.issue_api_key(
        organization=organization.organization, name="Other", actor=organization.owner
    )
    make_budget(organization, CENT, subject=Subject.API_KEY, value=str(other.api_key.pk))
    knows_limits()

    assert post(words=1500, key=other.secret).status == 429
    assert post(words=1500).status == 200


def test_over_its_budget_a_request_goes_to_a_cheaper_model(
    post: Post,
    organization: Tenant,
    knows_limits: Know,
    wait_for_rows: Rows,
    provider: ProviderHandle,
    marker: str,
) -> None:
    budget = make_budget(organization, CENT, then=Then.CHEAPER, cheaper_model="gpt-4o-mini")
    knows_limits()

    answer = post(words=1500)

    assert (answer.status, answer.header("helicone-budget-model")) == (200, "gpt-4o-mini")
    assert json.loads(provider.call(marker).body)["model"] == "gpt-4o-mini"
    row = wait_for_rows(organization.id)[0]
    assert (row.model, row.request_model) == ("gpt-4o-mini", "gpt-4o")
    wait_until(lambda: spent_of(budget).spent_nanodollars == row.cost_nanodollars)


def test_another_budget_blocks_what_would_go_to_a_cheaper_model(
    post: Post, organization: Tenant, knows_limits: Know
) -> None:
    make_budget(organization, CENT, then=Then.CHEAPER, cheaper_model="gpt-4o-mini")
    make_budget(organization, CENT // 100, subject=Subject.MODEL, value="gpt-4o-mini", name="Mini")
    knows_limits()

    answer = post(words=1500)

    assert answer.status == 429
    assert "“Mini”" in json.loads(answer.body)["message"]


def test_geminis_model_is_replaced_in_the_path(
    stack: Stack,
    organization: Tenant,
    knows_limits: Know,
    provider: ProviderHandle,
    scenario: Callable[..., dict[str, str]],
    marker: str,
) -> None:
    make_budget(organization, CENT // 10, then=Then.CHEAPER, cheaper_model="gemini-2.5-flash-lite")
    knows_limits()

    answer = send(
        f"{stack.url}/v1beta/models/gemini-2.5-pro:generateContent",
        body=b'{"contents":[{"parts":[{"text":"Hi"}]}],"generationConfig":{"maxOutputTokens":5000}}',
        headers={
            "x-goog-api-key": "AIzaFake-mine",
            "Helicone-Auth": f"Bearer {organization.api_key}",
            **scenario(),
        },
    )

    assert (answer.status, answer.header("helicone-budget-model")) == (200, "gemini-2.5-flash-lite")
    assert provider.call(marker).path.startswith("/v1beta/models/gemini-2.5-flash-lite:generateContent")


def test_a_warning_budget_lets_pass_and_counts(post: Post, organization: Tenant, knows_limits: Know) -> None:
    budget = make_budget(organization, CENT // 100, then=Then.WARN)
    knows_limits()

    assert post(words=100).status == 200

    wait_until(lambda: spent_of(budget).spent_nanodollars > CENT // 100)


def test_own_prices_count(post: Post, organization: Tenant, knows_limits: Know) -> None:
    set_price(
        organization=organization.organization,
        provider="openai",
        model=ANY,
        usd_per_mtok={"prompt": Decimal(0), "completion": Decimal(1000)},
        valid_from=None,
        actor=None,
    )
    make_budget(organization, 50 * CENT)
    knows_limits()

    assert (post(words=501).status, post(words=100).status) == (429, 200)


def test_manual_logs_count_and_a_redelivered_event_counts_once(organization: Tenant) -> None:
    budget = make_budget(organization, 100 * CENT, period=Period.ROLLING, window_s=3600)
    event = chat_event(organization.id, keeps_time=False)

    log(event)
    wait_until(lambda: spent_of(budget).spent_nanodollars > 0)
    once = spent_of(budget).spent_nanodollars
    log(event)
    log(chat_event(organization.id, keeps_time=False))

    wait_until(lambda: spent_of(budget).spent_nanodollars > once)
    assert spent_of(budget).spent_nanodollars == 2 * once


def test_one_limited_organization_is_nothing_to_another(
    post: Post, make_tenant: Callable[[], Tenant], knows_limits: Know
) -> None:
    make_budget(make_tenant(), 1)
    knows_limits()

    assert post().status == 200
