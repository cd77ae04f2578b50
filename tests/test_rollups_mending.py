"""Sums are made anew when somebody asks for it, and after rows were deleted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts_app.data import choose_plan, order_erasure
from accounts_app.models import ErasureKind, Plan
from ingest_app.retention import apply_retention
from ingest_app.rollups import backlog, fold_organization, mend_rollups
from metrics_app.reading import Question, spreads, sums
from metrics_app.reading.questions import source_of_sums
from requests_app.filter_language.text import parse
from tests.events import wait_until
from tests.live import Tenant
from tests.metric_rows import model_call, write_all
from tests.metric_sums import summed
from tests.rollup_rows import (
    DAY,
    END,
    TABLES,
    alone_with_sums,
    check,
    hourly_calls,
    progress,
    rows_of,
    total,
)


@pytest.fixture(autouse=True)
def alone(stack: object) -> Iterator[None]:
    with alone_with_sums():
        yield


def spoil(organization_id: int) -> None:
    """Make all sums wrong."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE rollup SET requests = requests + 1 WHERE organization_id = %s", [organization_id]
        )


def rebuilt(organization: Tenant | None, *options: str) -> list[str]:
    """Returns what the command says."""
    whose = [f"--organization={organization.organization.slug}"] if organization else []
    output = StringIO()
    call_command("rebuild_rollups", *whose, *options, stdout=output)
    return output.getvalue().splitlines()


def test_the_command_makes_wrong_sums_right(organization: Tenant) -> None:
    hourly_calls(organization.id)
    fold_organization(organization.id, END)
    spoil(organization.id)
    assert total(organization.id) == 125
    slug = organization.organization.slug
    assert rebuilt(organization, "--until=2025-06-04") == [
        f"{slug}: 2025-06-02, 1 of 2 days",
        f"{slug}: 2025-06-03, 2 of 2 days",
    ]
    assert total(organization.id) == 123
    assert rebuilt(organization, "--since=2025-06-04", "--until=2025-06-07")[-1] == (
        f"{slug}: 2025-06-06, 3 of 3 days"
    )
    check(organization.id)


def test_the_command_folds_in_what_never_was(organization: Tenant) -> None:
    yesterday = datetime.now(UTC) - DAY
    write_all([model_call(organization.id, yesterday)])
    assert len(rebuilt(organization)) == 2
    folded = progress(organization.id)
    assert folded is not None
    assert folded > yesterday
    assert backlog(datetime.now(UTC)).lag >= timedelta(0)


def test_the_command_says_when_there_is_nothing(organization: Tenant) -> None:
    assert rebuilt(organization) == [f"{organization.organization.slug}: no requests"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--organization=nobody-at-all",), "There is no organization 'nobody-at-all'."),
        (("--since=2025-06-04", "--until=2025-06-04"), "No day lies between 2025-06-04 and 2025-06-04."),
        (("--since=yesterday",), "invalid fromisoformat value: 'yesterday'"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(
    organization: Tenant, options: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        rebuilt(organization, *options)


def test_retention_takes_the_sums_with_the_rows(organization: Tenant) -> None:
    now = datetime.now(UTC)
    write_all([model_call(organization.id, now - age * DAY, user_id="ann") for age in range(20, 40)])
    fold_organization(organization.id, now - 10 * DAY)
    choose_plan(organization=organization.organization, plan=Plan.FREE, retention_days=None)
    wait_until(lambda: apply_retention(now), within_s=60)
    first_day = (now - 30 * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    assert [rows_of(table, organization.id, "bucket < %s", first_day) for table in TABLES] == [0, 0, 0]
    month = Question(organization.id, parse(""), [now - 60 * DAY, now], ("user",))
    assert sums(month) == summed(month)
    mend_rollups(organization.id)
    assert sums(month) == summed(month)
    assert sums(month)[0, "ann"].requests == 11  # of the last thirty days


def test_an_erased_user_leaves_no_trace_in_the_sums(organization: Tenant) -> None:
    now = datetime.now(UTC)
    for user_id in ("ann", "bob"):
        write_all(
            [
                model_call(
                    organization.id,
                    now - age * DAY,
                    user_id=user_id,
                    properties={"Feature": f"for {user_id}"},
                )
                for age in range(1, 5)
            ]
        )
    fold_organization(organization.id, now)
    week = Question(organization.id, parse(""), [now - 7 * DAY, now])
    assert spreads(week, has_seen=True)[0,].users == 2
    erasure = order_erasure(
        organization=organization.organization, kind=ErasureKind.USER, value="ann", actor=organization.owner
    )

    def is_finished() -> bool:
        erasure.refresh_from_db()
        return erasure.finished_at is not None

    wait_until(is_finished, within_s=20)
    for table in TABLES:
        assert rows_of(table, organization.id, "value LIKE '%%ann%%'") == 0
        assert rows_of(table, organization.id)
    assert spreads(week, has_seen=True)[0,].users == 1
    assert sums(week) == summed(week)
    assert source_of_sums(week).pieces.buckets  # these are no numbers of the rows alone
