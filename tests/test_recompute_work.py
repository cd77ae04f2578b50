"""Working costs out anew breaks off, fails, is cancelled, waits its turn: nothing is lost, and nothing done twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ingest_app import recompute
from ingest_app.models import CostRecompute, PriceOverride
from ingest_app.pace import Pace
from ingest_app.recompute import TooManyRecomputes, cancel_recompute, carry_out, run_unfinished
from ingest_app.removal import Selection, remove_rows
from requests_app.models import Request
from tests.live import Tenant
from tests.logged_days import asking, days_ago, store
from tests.recomputing import GPT_4O_COST, HOUSE, HOUSE_COST, costs, events

pytest_plugins = ("tests.recompute_fixtures",)


def test_work_that_breaks_off_goes_on_where_it_was(
    organization: Tenant, own_price: Callable[..., PriceOverride], order_anew: Callable[..., CostRecompute]
) -> None:
    store(*(asking(organization.id, days_ago(days), model=HOUSE) for days in (30, 20, 10, 1)))
    own_price()
    made = order_anew()
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
    own_price: Callable[..., PriceOverride],
    order_anew: Callable[..., CostRecompute],
) -> None:
    store(*events(organization, HOUSE, "gpt-4o"))
    own_price()
    # A cost that no column holds.
    Request.objects.filter(organization_id=organization.id, model=HOUSE).update(prompt_tokens=2**31 - 1)
    PriceOverride.objects.filter(organization=organization.organization).update(
        usd_per_mtok={"prompt": "1e9"}
    )
    own_price("gpt-4o")
    made = order_anew()
    assert carry_out(made)
    made.refresh_from_db()
    assert (made.state, made.error, made.rows_changed) == ("failed", recompute.FAILED, 0)
    assert costs(organization) == [None, GPT_4O_COST]


def test_a_cancelled_order_changes_nothing_more(
    organization: Tenant, own_price: Callable[..., PriceOverride], order_anew: Callable[..., CostRecompute]
) -> None:
    store(*(asking(organization.id, days_ago(days), model=HOUSE) for days in (20, 10, 1)))
    own_price()
    made = order_anew()

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
    organization: Tenant, own_price: Callable[..., PriceOverride], order_anew: Callable[..., CostRecompute]
) -> None:
    store(*(asking(organization.id, days_ago(days), model=HOUSE) for days in (20, 10, 1)))
    own_price()
    made = order_anew()

    def all_but_the_newest_are_removed() -> bool:
        remove_rows(Selection(organization.id, before=days_ago(5)), Pace())
        return True

    assert carry_out(made, go_on=all_but_the_newest_are_removed)
    made.refresh_from_db()
    assert (made.state, made.rows_about, made.rows_done) == ("done", 3, 2)
    assert costs(organization) == [HOUSE_COST]


def test_a_worker_begins_when_all_know_the_new_price(
    organization: Tenant, own_price: Callable[..., PriceOverride], order_anew: Callable[..., CostRecompute]
) -> None:
    store(*events(organization, HOUSE))
    own_price()
    made = order_anew()
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
    order_anew: Callable[..., CostRecompute], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recompute, "MAX_UNFINISHED", 1)
    first = order_anew()
    with pytest.raises(TooManyRecomputes):
        order_anew()
    cancel_recompute(first)
    order_anew()


def test_the_command_does_it_and_says_how_much(
    organization: Tenant, own_price: Callable[..., PriceOverride]
) -> None:
    store(*events(organization, HOUSE, "gpt-4o"))
    own_price()
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
