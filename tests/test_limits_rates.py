"""Rate limits in the gateway: the policy of a request, and those that an organization stores."""

import json
from collections.abc import Callable

import openai
import pytest

from accounts_app import actions
from requests_app.models import Request
from tests.events import wait_until
from tests.limits import Post, make_rate
from tests.live import Tenant

pytest_plugins = ("tests.limit_fixtures",)

LEFT = "helicone-ratelimit-remaining"
Rows = Callable[..., list[Request]]


def test_a_policy_lets_so_many_requests_pass(
    openai_client: openai.OpenAI, organization: Tenant, wait_for_rows: Rows
) -> None:
    def ask() -> openai.types.chat.ChatCompletion:
        return openai_client.chat.completions.create(
            model="gpt-4o",
            messages=[{"role": "user", "content": "Hi"}],
            extra_headers={"Helicone-RateLimit-Policy": "2;w=60"},
        )

    ask()
    ask()
    with pytest.raises(openai.RateLimitError) as refused:
        ask()

    headers = refused.value.response.headers
    assert headers["content-type"] == "application/json;charset=UTF-8"
    assert refused.value.response.json()["message"].startswith("Rate limit reached: 2;w=60.")
    assert (headers["Helicone-RateLimit-Limit"], headers["Helicone-RateLimit-Remaining"]) == ("2", "0")
    assert headers["Helicone-RateLimit-Policy"] == "2;w=60"
    assert 55 <= int(headers["Helicone-RateLimit-Reset"]) <= 61
    assert headers["Retry-After"] == headers["Helicone-RateLimit-Reset"]
    row = wait_for_rows(organization.id, 3)[0]
    assert (row.status, row.error, row.cost_nanodollars) == (429, "rate_limited", None)
    assert row.properties["Helicone-Rate-Limit-Status"] == "bucket_rate_limited"


def test_an_allowed_answer_says_what_is_left(post: Post) -> None:
    answer = post(
        headers={"Helicone-RateLimit-Policy": "5;W=120;U=Request;S=User", "Helicone-User-Id": "ada"}
    )

    assert answer.status == 200
    assert answer.header("helicone-ratelimit-limit") == "5"
    assert answer.header("helicone-ratelimit-remaining") == "4"
    assert answer.header("helicone-ratelimit-policy") == "5;w=120;s=user"
    assert answer.header("helicone-ratelimit-reset") is not None


def test_users_have_a_quota_each(post: Post) -> None:
    def ask(user: str) -> int:
        return post(headers={"Helicone-RateLimit-Policy": "1;w=60;s=user", "Helicone-User-Id": user}).status

    assert [ask("ada"), ask("ada"), ask("bob"), ask("bob")] == [200, 429, 200, 429]


def test_values_of_a_property_have_a_quota_each(post: Post) -> None:
    def ask(plan: str) -> int:
        return post(
            headers={"Helicone-RateLimit-Policy": "1;w=60;s=PLAN", "Helicone-Property-Plan": plan}
        ).status

    assert [ask("free"), ask("free"), ask("paid")] == [200, 429, 200]


@pytest.mark.parametrize("policy", ["1;w=60;s=user", "1;w=60;s=Team", "as much as you like", "1;w=59"])
def test_a_policy_that_says_nothing_of_a_request_limits_nothing(post: Post, policy: str) -> None:
    answers = [post(headers={"Helicone-RateLimit-Policy": policy}) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].header("helicone-ratelimit-limit") is None


def test_cents_are_taken_when_the_answer_is_there(post: Post) -> None:
    policy = {"Helicone-RateLimit-Policy": "2;w=60;u=cents"}

    first = post(words=1900, headers=policy)  # a cent is 1,000 words
    second = wait_until(lambda: (answer := post(headers=policy)).header(LEFT) == "0" and answer, within_s=5)
    post(words=200, headers=policy)
    third = wait_until(lambda: (answer := post(words=1, headers=policy)).status == 429 and answer, within_s=5)

    assert (first.status, first.header(LEFT)) == (200, "2")
    assert second.status == 200
    assert third.header("helicone-ratelimit-policy") == "2;w=60;u=cents"


def test_stored_limits_all_apply_and_the_tightest_speaks(
    post: Post, organization: Tenant, knows_limits: Callable[[], None]
) -> None:
    make_rate(organization, "100;w=60")
    make_rate(organization, "2;w=3600")
    knows_limits()

    answers = [post() for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.header("helicone-ratelimit-policy") for answer in answers] == ["2;w=3600"] * 3
    # What was denied took nothing from the other limit, either.
    assert post(headers={"Helicone-RateLimit-Policy": "9;w=60"}).status == 200


def test_a_request_with_a_policy_has_no_other(
    post: Post, organization: Tenant, knows_limits: Callable[[], None]
) -> None:
    make_rate(organization, "1;w=60")
    knows_limits()
    post()

    answer = post(headers={"Helicone-RateLimit-Policy": "10;w=60"})

    assert (answer.status, answer.header("helicone-ratelimit-limit")) == (200, "10")


def test_the_ai_gateway_answers_with_its_envelope(
    post: Post, organization: Tenant, gateway_knows: Callable[..., None]
) -> None:
    actions.store_provider_key(
        organization=organization.organization, provider="openai", secret="sk-fake-stored"
    )
    gateway_knows()
    headers = {"Authorization": f"Bearer {organization.api_key}", "Helicone-RateLimit-Policy": "1;w=60"}
    post(headers=headers)

    answer = post(headers=headers)

    assert answer.status == 429
    error = json.loads(answer.body)["error"]
    assert (error["code"], error["details"][0]["type"]) == ("rate_limited", "rate_limited")
