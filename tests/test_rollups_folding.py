"""Sums are made of rows by and by, while rows come and change: none is lost, and none is counted twice."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest
from django.db import connection

from ingest_app.rollups import fold_organization, folding, mend_rollups, rebuild
from ingest_app.rollups.adding import MANY_LATE
from ingest_app.rollups.folding import NARROW_VALUES, widen_dimensions
from metrics_app.reading import Question, spreads, sums
from metrics_app.reading.questions import source_of_sums
from requests_app.actions import delete_property, set_property
from requests_app.filter_language.text import parse
from tests.live import Tenant
from tests.metric_rows import model_call, write_all
from tests.metric_sums import summed
from tests.rollup_rows import (
    DAY,
    END,
    FEATURE,
    HOUR,
    START,
    TABLES,
    alone_with_sums,
    check,
    hourly_calls,
    progress,
    question,
    rows_of,
    stale_days,
    total,
)


@pytest.fixture(autouse=True)
def alone(stack: object) -> Iterator[None]:
    with alone_with_sums():
        yield


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


@pytest.mark.parametrize("value", ["f7", None])
def test_a_property_that_changes_afterwards_changes_the_sums(organization: Tenant, value: str | None) -> None:
    event = model_call(organization.id, START + HOUR, properties={"Feature": "f1"})
    write_all([event, model_call(organization.id, START + HOUR, properties={"Feature": "f1"})])
    fold_organization(organization.id, END)
    if value is None:
        delete_property(organization_id=organization.id, id=event.id, name="Feature")
    else:
        set_property(organization_id=organization.id, id=event.id, name="Feature", value=value)
    found = sums(Question(organization.id, parse(""), [START, END], (FEATURE,)))
    assert {key[1]: one.requests for key, one in found.items()} == {"f1": 1} | ({value: 1} if value else {})
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
    write_all([model_call(organization.id, START + n * HOUR / 60) for n in range(120)])
    fold_organization(organization.id, START + timedelta(minutes=1))

    def fold_on() -> None:
        try:
            for minutes in range(2, 121):
                fold_organization(organization.id, START + timedelta(minutes=minutes))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        folder = pool.submit(fold_on)
        found = set()
        while not folder.done():
            found.add(total(organization.id))
        folder.result()
    assert found == {120}
