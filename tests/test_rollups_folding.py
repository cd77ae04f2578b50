"""Sums are made of rows by and by, while rows come, change and go: none is lost, and none is counted twice."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts_app.data import choose_plan, order_erasure
from accounts_app.models import ErasureKind, Plan
from ingest_app.retention import apply_retention
from ingest_app.rollups import backlog, fold_organization, folded_until, folding, mend_rollups, rebuild
from ingest_app.rollups.adding import MANY_LATE
from ingest_app.rollups.folding import NARROW_VALUES, widen_dimensions
from ingest_app.short_locks import one_at_a_time
from metrics_app.reading import Question, spreads, sums
from metrics_app.reading.questions import source_of_sums
from requests_app.filter_language.text import parse
from tests.events import wait_until
from tests.live import Tenant
from tests.metric_rows import model_call, write_all
from tests.metric_sums import summed

START = datetime(2025, 6, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END = START + 5 * DAY
TABLES = ("rollup", "rollup_value", "rollup_spread")
FEATURE = "properties.Feature"


@pytest.fixture(autouse=True)
def alone(stack: object) -> Iterator[None]:
    """The running product folds and mends each minute; not while one of these tests does."""
    is_over = False
    while not is_over:
        with one_at_a_time("rollups") as is_alone:
            if is_alone:
                yield
                is_over = True
        if not is_over:
            threading.Event().wait(0.05)


def question(organization_id: int, *by: str, text: str = "", step: timedelta = DAY) -> Question:
    """Returns the question for the five days from `START`, in bars of `step`."""
    edges = [START + number * step for number in range((END - START) // step + 1)]
    return Question(organization_id, parse(text), edges, by)


def check(organization_id: int) -> None:
    """Check what sums say against the rows."""
    for one in (
        question(organization_id),
        question(organization_id, "model", "status", step=HOUR),
        question(organization_id, "user"),
        question(organization_id, FEATURE),
        question(organization_id, text="property.Feature:f7"),
    ):
        assert sums(one) == summed(one)


def rows_of(table: str, organization_id: int, condition: str = "true", *parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {table} WHERE organization_id = %s AND {condition}",  # noqa: S608 - of this file
            [organization_id, *parameters],
        )
        return int(cursor.fetchone()[0])


def progress(organization_id: int) -> datetime | None:
    with connection.cursor() as cursor:
        return folded_until(cursor, [organization_id]).get(organization_id)


def stale_days(organization_id: int) -> list[date]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day FROM rollup_stale WHERE organization_id = %s ORDER BY day", [organization_id]
        )
        return [day for (day,) in cursor.fetchall()]


def spoil(organization_id: int) -> None:
    """Make all sums wrong."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE rollup SET requests = requests + 1 WHERE organization_id = %s", [organization_id]
        )


def total(organization_id: int) -> int:
    return sum(one.requests for one in sums(question(organization_id)).values())


def hourly_calls(organization_id: int, days: int = 5, **changes: Any) -> None:
    """Store a call at half past each hour of so many days from `START`."""
    moments = [START + number * HOUR + HOUR / 2 for number in range(24 * days)]
    write_all([model_call(organization_id, moment, **changes) for moment in moments])


def test_years_of_few_rows_are_folded_in_by_long_stretches(organization: Tenant) -> None:
    hourly_calls(organization.id, days=3)
    assert progress(organization.id) is None
    assert fold_organization(organization.id, START + 365 * DAY) == 14
    assert progress(organization.id) == START + 365 * DAY
    assert fold_organization(organization.id, START + 365 * DAY) == 0
    assert rows_of("rollup", organization.id, "dimension = '' AND grain = 'd'") == 3
    check(organization.id)


def test_days_of_many_rows_are_folded_in_by_shorter_stretches(
    organization: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "STRETCH_ROWS", 10)
    hourly_calls(organization.id, days=1)
    # More than a stretch holds, in one second: those stay together.
    write_all([model_call(organization.id, START + HOUR + n * HOUR / 36_000_000) for n in range(25)])
    ends = []
    while folding._fold_stretch(organization.id, START + DAY):
        ends.append(progress(organization.id))
        check(organization.id)
    assert len(ends) == 4
    assert ends[-1] == START + DAY


def test_folding_goes_on_where_it_was_stopped(organization: Tenant) -> None:
    hourly_calls(organization.id)
    moments = [START + 7.5 * HOUR, START + DAY + HOUR / 2, START + 3 * DAY, END]
    for moment in moments:
        fold_organization(organization.id, moment)
        assert progress(organization.id) == moment
        check(organization.id)


def test_rows_from_before_there_were_sums_are_folded_in(organization: Tenant) -> None:
    # As an older release left them: no table of sums knows of the organization.
    hourly_calls(organization.id, user_id="ann", properties={"Feature": "f7"})
    assert [rows_of(table, organization.id) for table in TABLES] == [0, 0, 0]
    check(organization.id)
    fold_organization(organization.id, END)
    assert all(rows_of(table, organization.id) for table in TABLES)
    check(organization.id)


def test_an_organization_without_requests_has_no_sums(organization: Tenant) -> None:
    assert fold_organization(organization.id, END) == 0
    assert progress(organization.id) is None
    check(organization.id)


@pytest.mark.parametrize("late", [1, MANY_LATE])
def test_late_rows_are_in_the_sums_at_once(organization: Tenant, late: int) -> None:
    hourly_calls(organization.id)
    fold_organization(organization.id, START + 3 * DAY)
    write_all(
        [
            model_call(
                organization.id, START + n * HOUR / 2, user_id="bob", properties={"Feature": f"f{n % 9}"}
            )
            for n in range(late)
        ]
    )
    assert stale_days(organization.id) == []
    assert total(organization.id) == 120 + late
    check(organization.id)


def test_the_days_of_many_late_rows_are_made_anew(organization: Tenant) -> None:
    hourly_calls(organization.id)
    fold_organization(organization.id, END)
    late = MANY_LATE + 1
    write_all([model_call(organization.id, START + DAY + n * HOUR / 10, user_id="bob") for n in range(late)])
    assert stale_days(organization.id) == [(START + DAY).date()]
    check(organization.id)
    assert mend_rollups(organization.id) == 1
    assert stale_days(organization.id) == []
    check(organization.id)


def test_history_that_is_brought_in_is_counted_years_back(organization: Tenant) -> None:
    hourly_calls(organization.id)
    fold_organization(organization.id, END)
    long_ago = START - 6 * 365 * DAY
    write_all([model_call(organization.id, long_ago + n * HOUR) for n in range(150)])
    history = Question(organization.id, parse(""), [long_ago - DAY, long_ago + 3 * DAY, END], ("model",))
    assert sums(history) == summed(history)
    assert mend_rollups(organization.id) == 7
    assert sums(history) == summed(history)
    assert source_of_sums(history).pieces.stretches == []


def test_what_comes_again_is_counted_once(organization: Tenant) -> None:
    events = [model_call(organization.id, START + n * HOUR) for n in range(30)]
    write_all(events[:20])
    fold_organization(organization.id, START + DAY)
    write_all([*events, *events])
    assert total(organization.id) == 30
    check(organization.id)


def test_a_dimension_that_gets_many_values_keeps_its_sums(organization: Tenant) -> None:
    def store(first: int, last: int) -> None:
        write_all(
            [
                model_call(
                    organization.id, START + n * HOUR / 4, user_id="ann", properties={"Feature": f"f{n}"}
                )
                for n in range(first, last)
            ]
        )

    store(0, NARROW_VALUES)
    fold_organization(organization.id, START + 12 * HOUR)
    widen_dimensions()
    assert rows_of("rollup", organization.id, "dimension = %s", FEATURE)
    store(NARROW_VALUES, NARROW_VALUES + 50)
    check(organization.id)
    before = spreads(question(organization.id, FEATURE))
    assert widen_dimensions() >= 1
    assert rows_of("rollup", organization.id, "dimension = %s", FEATURE) == 0
    assert rows_of("rollup_spread", organization.id, "dimension = %s", FEATURE) == 0
    assert rows_of("rollup_value", organization.id, "dimension = %s", FEATURE)
    check(organization.id)
    after = spreads(question(organization.id, FEATURE))
    assert {key: one.latency for key, one in after.items()} == {
        key: one.latency for key, one in before.items()
    }
    # What comes from now on goes there, too: late, folded in, and made anew.
    store(0, 3)
    fold_organization(organization.id, END)
    check(organization.id)
    rebuild(organization.id, START.date(), END.date())
    check(organization.id)
    assert rows_of("rollup", organization.id, "dimension = %s", FEATURE) == 0


def test_writers_and_the_folder_lose_nothing_and_count_nothing_twice(organization: Tenant) -> None:
    are_writing = threading.Event()
    are_writing.set()

    def in_thread(work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            connection.close()

    def write_on(seed: int) -> None:
        random = Random(seed)
        events = []
        for _ in range(25):
            size = random.choice((1, 5, 20))
            new = [
                model_call(
                    organization.id,
                    START + random.random() * 2 * DAY,
                    user_id=random.choice(("", "ann", "bob")),
                    properties={"Feature": f"f{random.randrange(9)}"},
                )
                for _ in range(size)
            ]
            write_all([*new, *random.sample(events, min(len(events), 3))])  # some come again
            events += new

    def fold_on() -> None:
        until = START
        while are_writing.is_set():
            fold_organization(organization.id, until)
            until = min(until + HOUR, START + 2 * DAY)
            mend_rollups(organization.id)

    write_all([model_call(organization.id, START)])
    with ThreadPoolExecutor(3) as pool:
        folder = pool.submit(in_thread, fold_on)
        writers = [pool.submit(in_thread, lambda seed=seed: write_on(seed)) for seed in (1, 2)]
        try:
            for writer in writers:
                writer.result(timeout=60)
        finally:
            are_writing.clear()
        folder.result(timeout=60)
    check(organization.id)
    fold_organization(organization.id, END)
    check(organization.id)


def test_whoever_reads_while_rows_are_folded_in_counts_each_once(organization: Tenant) -> None:
    write_all([model_call(organization.id, START + n * HOUR / 60) for n in range(240)])
    fold_organization(organization.id, START + timedelta(minutes=1))

    def fold_on() -> None:
        try:
            for minutes in range(2, 241):
                fold_organization(organization.id, START + timedelta(minutes=minutes))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        folder = pool.submit(fold_on)
        found = set()
        while not folder.done():
            found.add(total(organization.id))
        folder.result()
    assert found == {240}


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
