"""How a look goes through the calls: what it covers, what it leaves out and says so, what stays from look to look."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest

from accounts_app.models import Organization
from ingest_app.encryption import seal_bodies
from metrics_app.suggestions import actions, work
from metrics_app.suggestions.models import Look, LookState, Suggestion
from metrics_app.suggestions.queries import organizations_with_requests
from tests.events import log, wait_until
from tests.live import Tenant
from tests.made_calls import at, call, called, claude, failure, filled, said

pytest_plugins = ("tests.looks",)

LookAt = Callable[..., dict[str, Suggestion]]
ASKED = {"messages": [said("What is the capital of France?")]}


def test_a_look_says_what_it_went_through(organization: Tenant, look_at: LookAt) -> None:
    look_at(
        [
            call(organization.id, at(), ASKED),
            call(organization.id, at(hours=1), ASKED, kind="tool", span_name="no call of a model"),
            call(organization.id, at(days=-31), ASKED),
        ]
    )
    look = Look.objects.get(organization=organization.organization)
    assert (look.requests, look.cost_nanodollars, look.limits) == (1, 450_000, [])
    assert look.since is not None
    assert look.until is not None
    assert (look.until - look.since).days == 30


def test_only_the_newest_calls_are_looked_at_where_there_are_too_many_and_that_is_said(
    organization: Tenant, look_at: LookAt
) -> None:
    events = [call(organization.id, at(hours=n), ASKED) for n in range(6)]
    assert look_at(events)["repeated"].requests == 5
    look = Look.objects.get(organization=organization.organization)

    def bounded() -> Look | None:
        # A worker of this run may take it, too, and looks at all.
        Look.objects.filter(pk=look.pk).update(state=LookState.QUEUED, attempts=0)
        work.carry_out(look, most_calls=4)
        look.refresh_from_db()
        return look if look.limits else None

    wait_until(bounded)
    assert look.limits == ["Only the newest 4 of 6 calls were looked at."]
    assert Suggestion.objects.get(organization=organization.organization).requests == 3


def test_calls_whose_request_is_not_kept_are_told(organization: Tenant, look_at: LookAt) -> None:
    assert look_at([call(organization.id, at(hours=n), ASKED, omit_request=True) for n in range(4)]) == {}
    look = Look.objects.get(organization=organization.organization)
    assert look.limits == ["Of 4 calls the request is not kept whole: little can be said of them."]


def test_what_is_no_longer_so_is_gone_after_the_next_look(organization: Tenant, look_at: LookAt) -> None:
    look_at([call(organization.id, at(hours=n), ASKED) for n in range(4)])
    Suggestion.objects.create(
        id=UUID(int=organization.id),
        organization=organization.organization,
        kind="retries",
        provider="openai",
        model="gpt-4o",
        requests=1,
        unpriced=0,
        saving_nanodollars=1,
        waited_ms=0,
        facts={"statuses": [], "retries": 3},
        evidence=[],
    )
    assert set(look_at()) == {"repeated"}


def test_a_look_finds_the_same_under_the_same_id_again(organization: Tenant, look_at: LookAt) -> None:
    first = look_at([call(organization.id, at(hours=n), ASKED) for n in range(4)])["repeated"]
    again = look_at()["repeated"]
    assert (again.id, again.evidence) == (first.id, first.evidence)


def test_a_look_whose_worker_died_three_times_is_given_up(organization: Tenant) -> None:
    look = Look.objects.create(organization=organization.organization, attempts=work.MAX_ATTEMPTS)
    work.carry_out(look)
    look.refresh_from_db()
    assert (look.state, look.error) == (LookState.FAILED, work.DIED)


def test_a_look_is_not_ordered_twice(organization: Tenant) -> None:
    look = Look.objects.create(organization=organization.organization, state=LookState.RUNNING, done=5)
    actions.order_look(organization.organization)
    look.refresh_from_db()
    assert (look.state, look.done) == (LookState.RUNNING, 5)


def test_each_night_those_are_looked_at_that_have_calls(
    organization: Tenant, make_tenant: Callable[[], Tenant], look_at: LookAt
) -> None:
    without = make_tenant()
    look_at([call(organization.id, at(), ASKED)])
    looked_at = organizations_with_requests(since=datetime.now(UTC) - actions.LOOKED_BACK)
    assert organization.organization in looked_at
    assert without.organization not in looked_at


def test_suggestions_never_save_more_than_was_spent(
    organization: Tenant,
    wait_for_rows: Callable[..., Any],
    have_looked: Callable[[Organization], Look],
) -> None:
    """Calls in which everything comes at once: what one kind counts, no other may count."""
    random = Random(8)
    texts = [filled("system", 3_000, f"Today is 2026-11-0{n}. ") for n in range(3)]
    tools = [
        {"type": "function", "function": {"name": name, "description": "d" * 400, "parameters": {}}}
        for name in ("search", "weather")
    ]
    events = []
    for n in range(150):
        asked: dict[str, Any] = {"messages": [random.choice(texts), said(f"Question {random.randrange(4)}")]}
        if random.random() < 0.7:
            asked["tools"] = tools
        make = random.choice((call, call, claude, failure))
        more: dict[str, Any] = {}
        if make is call and random.random() < 0.4:
            more = {"said_back": called("search", {"q": "x"}), "session_id": f"run-{n % 3}"}
        if make is not failure:
            more |= {
                "tokens": (random.randrange(1, 3_000), random.randrange(1, 400)),
                "status": random.choice((200, 200, 200, -3)),
            }
        events.append(make(organization.id, at(seconds=20 * n), asked, **more))
    log(*events)
    wait_for_rows(organization.id, len(events))
    look = have_looked(organization.organization)
    saved = sum(one.saving_nanodollars for one in Suggestion.objects.filter(organization_id=organization.id))
    assert look.cost_nanodollars is not None
    assert 0 < saved <= look.cost_nanodollars


def test_a_look_finds_the_same_in_encrypted_bodies(organization: Tenant, look_at: LookAt) -> None:
    events = [call(organization.id, at(hours=n), ASKED) for n in range(4)]
    plain = look_at(events)["repeated"]
    assert seal_bodies(organization.id) == len(events)
    sealed = look_at()["repeated"]
    assert (sealed.saving_nanodollars, sealed.evidence) == (plain.saving_nanodollars, plain.evidence)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b"[1, 2]",
        b"\xff\x00",
        b'{"messages": ' + b"[" * 2_000 + b"]" * 2_000 + b"}",
        b'{"tools": {"a": 1}, "functions": 7, "messages": "x", "system": [null, 3]}',
        b'{"tools": [null, 1, [], {"function": {"name": 3, "description": "d"}}], "messages": [null]}',
        b'{"tools": [{"type": "function", "function": {"name": "\\u0000\\ud800", "description": "d"}}]}',
    ],
)
def test_a_look_gets_past_bodies_that_make_no_sense(
    organization: Tenant, look_at: LookAt, body: bytes
) -> None:
    calls = [
        call(organization.id, at(minutes=n), {}, request_body=body, response_body=body, session_id="s")
        for n in range(25)
    ]
    look_at(calls)
    assert Look.objects.get(organization=organization.organization).requests == 25
