"""What is left of requests that are deleted by age: nothing, or what they add up to, as the organization wants it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from accounts_app.data import choose_plan
from accounts_app.models import Plan
from ingest_app.retention import apply_retention
from ingest_app.rollups import fold_organization, mend_rollups, note_stale_days, rebuild
from metrics_app.reading import Question, sums
from requests_app.filter_language.tree import EVERYTHING
from tests.events import wait_until
from tests.live import Tenant
from tests.logged_days import asking, days_ago, store


def counted(organization_id: int, *by: str) -> int:
    """Returns how many requests metrics know of the last hundred days."""
    edges = [days_ago(100), datetime.now(UTC)]
    return sum(
        one.requests for one in sums(Question(organization_id, EVERYTHING, edges, by), ["requests"]).values()
    )


def age(tenant: Tenant, *, keeps_totals: bool) -> None:
    """Log three requests, of which two are older than the plan, and let retention run."""
    choose_plan(
        organization=tenant.organization, plan=Plan.FREE, retention_days=None, keeps_totals=keeps_totals
    )
    moments = (days_ago(45), days_ago(40), days_ago(2))
    store(*(asking(tenant.id, moment, "Hello", user_id="ann") for moment in moments))
    fold_organization(tenant.id, datetime.now(UTC))
    assert counted(tenant.id) == 3
    wait_until(lambda: apply_retention(datetime.now(UTC)), within_s=60)


def test_totals_go_with_the_requests(organization: Tenant) -> None:
    age(organization, keeps_totals=False)
    assert counted(organization.id) == 1


def test_totals_stay_where_they_are_wanted(organization: Tenant) -> None:
    age(organization, keeps_totals=True)
    assert counted(organization.id) == 3
    assert counted(organization.id, "model") == 3


def test_nothing_of_users_outlives_their_requests(organization: Tenant) -> None:
    age(organization, keeps_totals=True)
    assert counted(organization.id, "user") == 1


@pytest.mark.parametrize("is_ordered", [True, False])
def test_totals_without_requests_are_not_made_anew_of_nothing(organization: Tenant, is_ordered: bool) -> None:
    age(organization, keeps_totals=True)
    day = days_ago(45).date()
    if is_ordered:
        rebuild(organization.id, day, day + timedelta(days=1))
    else:
        with connection.cursor() as cursor:
            note_stale_days(cursor, organization.id, [day])
        mend_rollups(organization.id)
    assert counted(organization.id) == 3
