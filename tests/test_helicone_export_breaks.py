"""`helicone-export` where something goes wrong: nothing is lost, nothing is doubled, and it says what to do."""

import signal
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.events import wait_until
from tests.exporter import FORMATS, PERIOD, STATE_FILE, Exporter, kill_after_some
from tests.fake_helicone import START, FakeHelicone, Stored

pytest_plugins = ("tests.exporter_fixtures",)

SMALL = ("--batch-size", "20", "--parallel", "2")
SLOW_S = 0.06  # of a query, where a test needs the time to kill the export


def test_queries_that_fail_are_sent_again(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.fill(300)
    ours.faults.extend(["500", "broken", "429", "broken", "", "500", "broken"])
    exporter.export(*SMALL)
    assert exporter.ids() == ours.newest_first()


def test_requests_that_arrive_meanwhile_move_none_of_the_others(
    ours: FakeHelicone, exporter: Exporter
) -> None:
    ours.fill(300)
    before = ours.newest_first()

    def arrive() -> None:
        for n in (0, 150, 299, 400):
            moment = START + timedelta(seconds=n, microseconds=len(ours.stored))
            ours.stored.append(Stored(f"late-{len(ours.stored)}", moment))

    ours.before_query = arrive
    exporter.export("--batch-size", "20", "--parallel", "3")
    ids = exporter.ids()
    assert [id for id in ids if not id.startswith("late")] == before
    assert len(set(ids)) == len(ids)


def test_requests_that_go_meanwhile_take_no_others_along(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.fill(300)
    gone = {f"request-{n:05}" for n in range(100, 300, 2)}
    kept = [id for id in ours.newest_first() if id not in gone]
    doomed = [one for one in ours.stored if one.id in gone]
    ours.before_query = lambda: ours.stored.remove(doomed.pop()) if doomed else None
    exporter.export("--batch-size", "50", "--parallel", "1")
    assert [id for id in exporter.ids() if id not in gone] == kept


def test_bodies_at_an_address_that_expired_are_read_from_a_new_one(
    cloud: FakeHelicone, cloud_exporter: Exporter
) -> None:
    cloud.fill(30)
    cloud.body_faults.extend(["expired", "broken", "", "expired"])
    cloud_exporter.export("--include-body")
    assert [row["response_body"] for row in cloud_exporter.rows()] == [
        one.response for one in reversed(cloud.stored)
    ]


def test_bodies_that_are_nowhere_are_counted_and_told(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.fill(5)
    ours.fitting_bodies = 4
    ours.body_faults.extend(["expired", "garbage", "garbage"])
    status, said = exporter.run(*PERIOD, "--include-body", "--max-retries", "1")
    assert status == 3
    assert "The bodies of 1 requests are kept nowhere any more." in said
    assert len(exporter.ids()) == 5


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_an_export_that_was_killed_goes_on_to_the_same_file(
    ours: FakeHelicone, exporter: Exporter, form: str
) -> None:
    ours.fill(900)
    ours.signatures.clear()
    bodies = ("--format", form, "--include-body")
    exporter.export(*bodies)
    output = exporter.folder / f"output.{form}"
    whole = output.read_bytes()
    output.unlink()
    ours.delay_s = SLOW_S
    kill_after_some(exporter, exporter.start(*PERIOD, *bodies, *SMALL), signal.SIGKILL)
    done = exporter.state()["rows"]
    assert 0 < done < 900
    with output.open("ab") as file:
        file.write(b'{"half a r')  # what a dying machine may leave
    ours.delay_s = 0
    status, said = exporter.run("--resume", *SMALL)
    assert status == 0, said
    assert said.startswith(f"Going on after {done:,} requests")
    assert output.read_bytes() == whole


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_that_was_stopped_goes_on(ours: FakeHelicone, exporter: Exporter, form: str) -> None:
    ours.fill(300)
    ours.delay_s = SLOW_S
    process = exporter.start(*PERIOD, "--format", form, *SMALL)
    wait_until(lambda: ours.rows_given > 120)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=10)[1].decode()
    assert process.returncode == 130
    done = exporter.state()["rows"]
    assert f"Stopped after {done:,} requests. --resume goes on from here." in said
    assert 0 < done < 300
    ours.delay_s = 0
    assert exporter.run("--resume")[0] == 0
    assert exporter.ids(form) == ours.newest_first()
    assert [path.name for path in exporter.folder.iterdir()] == [f"output.{form}"]


def test_a_server_that_stays_away_ends_it_and_it_goes_on_later(
    ours: FakeHelicone, exporter: Exporter
) -> None:
    ours.fill(300)
    ours.gives_rows = 120
    status, said = exporter.run(*PERIOD, *SMALL, "--max-retries", "2")
    assert status == 1
    assert "No good answer after 3 attempts" in said
    assert "a replica is away" in said
    ours.gives_rows = 1_000_000
    assert exporter.run("--resume")[0] == 0
    assert exporter.ids() == ours.newest_first()


@pytest.fixture
def broken_off(ours: FakeHelicone, exporter: Exporter) -> Exporter:
    """The tool, after an export that was broken off."""
    ours.fill(100)
    ours.gives_rows = 60
    assert exporter.run(*PERIOD, *SMALL, "--max-retries", "0")[0] == 1
    ours.gives_rows = 1_000_000
    return exporter


def test_what_was_broken_off_is_neither_forgotten_nor_mixed_with_another(
    ours: FakeHelicone, broken_off: Exporter
) -> None:
    status, said = broken_off.run(*PERIOD)
    assert (status, "--resume goes on with it, --clean-state starts anew." in said) == (2, True)
    status, said = broken_off.run("--resume", "--format", "csv")
    assert (status, "has another --format: 'jsonl', not 'csv'" in said) == (2, True)
    (broken_off.folder / "output.jsonl").write_bytes(b"")
    status, said = broken_off.run("--resume")
    assert (status, "is shorter than it was" in said) == (2, True)
    broken_off.export("--clean-state")
    assert broken_off.ids() == ours.newest_first()


def test_the_state_of_helicones_own_tool_is_told_from_ours(ours: FakeHelicone, exporter: Exporter) -> None:
    (exporter.folder / STATE_FILE).write_text('{"offset": 2000, "totalRecords": 2000}')
    status, said = exporter.run(*PERIOD, "--resume")
    assert (status, "is not of this tool" in said) == (2, True)


def test_a_file_that_is_there_is_not_replaced_unasked(ours: FakeHelicone, exporter: Exporter) -> None:
    exporter.export()
    for more in ([], ["--clean-state"], ["--resume"]):
        status, said = exporter.run(*PERIOD, *more)
        assert (status, "is there already: --overwrite replaces it" in said) == (2, True)
    exporter.export("--overwrite")


def test_a_full_disk_is_told_and_can_be_gone_on_from(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.fill(300)

    status, said = exporter.run(*PERIOD, *SMALL, preexec_fn=_files_up_to(20_000))
    assert status == 1
    assert "can't write: File too large. --resume goes on from here." in said
    assert exporter.run("--resume")[0] == 0
    assert exporter.ids() == ours.newest_first()


def _files_up_to(size: int) -> Callable[[], None]:
    import resource

    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_key_that_is_not_accepted_is_told_at_once(ours: FakeHelicone, exporter: Exporter) -> None:
    exporter.env["HELICONE_API_KEY"] = "sk-helicone-wrong"
    status, said = exporter.run(*PERIOD)
    assert (status, "does not accept the key (401: bad key)" in said) == (1, True)
    assert list(exporter.folder.iterdir()) == []


def test_a_wrong_filter_is_told_in_the_servers_words(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.faults.append("400")
    status, said = exporter.run(*PERIOD, "--filter", '{"request_response_rmt": {"user_id": {"equals": "a"}}}')
    assert (status, "400: filter.left: there is no column 'modle'" in said) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--start-date", "yesterday"], "'yesterday' is neither YYYY-MM-DD nor ISO 8601"),
        (["--batch-size", "5000"], "'5000' is no number from 1 to 1000"),
        (["--property", "Environment"], "'Environment' is not KEY=VALUE"),
        (["--filter", "{"], "this is no JSON"),
        (["--filter", "@nowhere.json"], "nowhere.json: No such file or directory"),
        (["--start-date", "1066-10-14"], "'1066-10-14' is of another age"),
        (["--output", "nowhere/output.csv"], "There is no folder"),
        (["--base-url", "localhost:8585"], "localhost:8585 is no base URL"),
        (["--resume", "-o", "-"], "What went to stdout can't be resumed"),
    ],
)
def test_arguments_without_sense_are_told(exporter: Exporter, arguments: list[str], told: str) -> None:
    status, said = exporter.run(*arguments)
    assert (status, told in said) == (2, True), said


def test_without_a_key_it_says_where_to_put_it(exporter: Exporter) -> None:
    del exporter.env["HELICONE_API_KEY"]
    assert exporter.run() == (2, "helicone-export: Set HELICONE_API_KEY to your Helicone key.\n")


def test_a_reader_of_stdout_that_goes_away_ends_it(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.fill(2000)
    process = exporter.start(*PERIOD, "-o", "-", *SMALL)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(timeout=20) == 1
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
