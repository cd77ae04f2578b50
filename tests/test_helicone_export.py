"""`helicone-export`: what it asks for, and what is in its files."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from helicone_export.api import is_helicone
from tests.exporter import FORMATS, PERIOD, Exporter
from tests.fake_helicone import START, FakeHelicone

pytest_plugins = ("tests.exporter_fixtures",)

SMALL = ("--batch-size", "20")
CSV_HEAD = (
    "response_id,response_created_at,response_status,request_created_at,request_body,request_properties,"
    "request_user_id,model,prompt_tokens,completion_tokens,latency,cost"
)


@pytest.mark.parametrize("form", FORMATS)
def test_every_request_is_in_the_file_once_and_the_newest_first(
    ours: FakeHelicone, exporter: Exporter, form: str
) -> None:
    ours.fill(700)
    exporter.export("--format", form, *SMALL)
    assert exporter.ids(form) == ours.newest_first()
    assert max(asked["limit"] for asked in ours.queries()) == 20
    assert max(asked["offset"] for asked in ours.queries()) == 0


def test_a_row_of_jsonl_is_what_the_server_gave(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.fill(1)
    exporter.export()
    [row] = exporter.rows()
    assert row == ours.row(ours.stored[0]) | {"signed_body_url": row["signed_body_url"]}


def test_csv_has_the_columns_of_helicones_tool(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.fill(1)
    ours.stored[0].user = "=cmd()"
    exporter.export("--format", "csv", "--include-body")
    assert (exporter.folder / "output.csv").read_text().splitlines()[0] == CSV_HEAD
    [row] = exporter.rows("csv")
    assert json.loads(row["request_body"]) == ours.stored[0].request
    assert json.loads(row["request_properties"]) == ours.stored[0].properties
    assert (row["latency"], row["cost"], row["completion_tokens"]) == ("1000", "0.00012", "")
    assert row["request_user_id"] == "'=cmd()"


def test_parquet_has_a_column_for_each_field_and_one_for_all_others(
    ours: FakeHelicone, exporter: Exporter
) -> None:
    ours.fill(1)
    exporter.export("--format", "parquet", "--include-body")
    [row] = exporter.rows("parquet")
    assert row["request_created_at"] == START
    assert (row["delay_ms"], row["cost"], row["request_user_id"]) == (1000, 0.00012, "user-0")
    assert json.loads(row["request_body"]) == ours.stored[0].request
    assert json.loads(row["properties"]) == ours.stored[0].properties
    assert json.loads(row["more"]) == {"key_name": "Tests"}


def test_an_export_of_nothing_is_a_whole_file(ours: FakeHelicone, exporter: Exporter) -> None:
    for form in FORMATS:
        exporter.export("--format", form)
        assert exporter.rows(form) == []


def test_many_requests_of_one_millisecond_all_come(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.fill(30)
    ours.fill(130, start=START + timedelta(seconds=40), step=timedelta(0))
    ours.fill(30, start=START + timedelta(seconds=60))
    exporter.export("--batch-size", "25")
    assert exporter.ids() == ours.newest_first()


def test_a_server_that_cannot_count_is_read_day_by_day(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.can_count = False
    ours.fill(200, step=timedelta(hours=1))
    exporter.export(*SMALL)
    assert exporter.ids() == ours.newest_first()


def test_helicones_cloud_gives_all_though_it_shortens_pages_and_shuffles_equal_times(
    cloud: FakeHelicone, cloud_exporter: Exporter
) -> None:
    cloud.fill(300, step=timedelta(microseconds=400))
    for one in cloud.stored[::3]:
        one.copies = 2
    cloud_exporter.export(*SMALL, "--base-url", cloud_exporter.base_url)
    assert sorted(cloud_exporter.ids()) == sorted(cloud.newest_first())
    times = [row["request_created_at"] for row in cloud_exporter.rows()]
    assert times == sorted(times, reverse=True)


def test_helicones_cloud_is_asked_as_its_own_tool_asks(cloud: FakeHelicone, cloud_exporter: Exporter) -> None:
    cloud.fill(3)
    cloud_exporter.export("--include-body", "--unscored-only")
    assert cloud_exporter.ids() == ["request-00002", "request-00001"]
    asked = cloud.queries()[0]
    assert set(asked) == {"filter", "limit", "offset", "sort", "isScored"}
    assert (asked["sort"], asked["isScored"]) == ({"created_at": "desc"}, False)
    bodies = [call for call in cloud.seen if call.path.startswith("/signed/")]
    assert [call.key for call in bodies] == [None, None]
    assert [row["request_body"] for row in cloud_exporter.rows()] == [
        one.request for one in cloud.stored[:0:-1]
    ]


def test_hosts_of_helicone_are_known_and_no_others() -> None:
    assert all(is_helicone(f"https://{host}") for host in ("api.helicone.ai", "eu.api.helicone.ai"))
    assert not any(is_helicone(f"https://{host}") for host in ("localhost:8585", "helicone.ai.example.com"))


def test_scored_requests_are_not_left_out_by_themselves(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.fill(20)
    exporter.export()
    assert len(exporter.ids()) == 20
    exporter.export("--unscored-only", "--overwrite")
    assert len(exporter.ids()) == 18


def test_bodies_come_with_the_rows_and_from_their_address_where_they_did_not_fit(
    ours: FakeHelicone, exporter: Exporter
) -> None:
    ours.fill(40)
    ours.fitting_bodies = 12
    exporter.export("--include-body", *SMALL)
    rows = exporter.rows()
    assert [row["request_body"] for row in rows] == [one.request for one in reversed(ours.stored)]
    assert [row["response_body"] for row in rows] == [one.response for one in reversed(ours.stored)]
    assert any(call.path.startswith("/signed/") for call in ours.seen)


def test_properties_a_filter_and_a_period_are_all_asked_for(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.fill(300)
    (exporter.folder / "filter.json").write_text(
        json.dumps({"request_response_rmt": {"user_id": {"equals": "user-3"}}})
    )
    first, last = START + timedelta(seconds=50), START + timedelta(seconds=250)
    dates = ("--start-date", first.isoformat(), "--end-date", last.isoformat())
    named = ("-p", "Environment=staging", "-p", "N=87", "--filter", "@filter.json")
    status, said = exporter.run(*dates, *named[:2], *named[4:])
    assert status == 0, said
    wanted = [f"request-{n:05}" for n in range(250, 49, -1) if n % 3 == 0 and n % 7 == 3]
    assert exporter.ids() == wanted
    exporter.export(*named, "--overwrite")
    assert exporter.ids() == ["request-00087"]


def test_a_limit_takes_the_newest(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.fill(200)
    exporter.export("--limit", "70", *SMALL)
    assert exporter.ids() == ours.newest_first()[:70]
    exporter.export("--limit", "7", "--overwrite")
    assert exporter.ids() == ours.newest_first()[:7]
    assert ours.queries()[-1]["limit"] == 7


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_dash_is_stdout(ours: FakeHelicone, exporter: Exporter, form: str) -> None:
    ours.fill(50)
    process = exporter.start(*PERIOD, "-o", "-", "--format", form, "--log-level", "quiet")
    out, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, b"")
    assert list(exporter.folder.iterdir()) == []
    Path(exporter.folder / f"output.{form}").write_bytes(out)
    assert exporter.ids(form) == ours.newest_first()


def test_progress_ends_with_how_many_came(ours: FakeHelicone, exporter: Exporter) -> None:
    ours.fill(1200)
    _, said = exporter.run(*PERIOD)
    assert said.startswith("1,200 requests in ")
    assert f"/s: {exporter.folder / 'output.jsonl'}" in said


def test_it_loads_nothing_of_the_server() -> None:
    loaded = {name.partition(".")[0] for name in _modules_of("helicone_export.main")}
    assert not loaded & {"django", "helicone_site", "accounts_app", "ingest_app", "requests_app"}


def _modules_of(name: str) -> list[str]:
    import subprocess

    code = f"import {name}, sys; print(*sys.modules)"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
