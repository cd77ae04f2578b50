"""`/api/exports/`: files made by a worker and fetched later."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from ingest_app.short_locks import one_at_a_time
from requests_app.export import store, work
from requests_app.export.models import Export, ExportState, directory
from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import chat_event, log
from tests.exports import csv_rows, fetch, finished, json_lines, order, parquet_columns, unpacked

Wait = Callable[..., list]


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


@pytest.fixture(autouse=True)
def three(organization: Tenant, wait_for_rows: Wait) -> None:
    log(*(chat_event(organization.id, text=text, user_id=text[0]) for text in ("ada", "bob", "cleo")))
    wait_for_rows(organization.id, 3)


@pytest.fixture
def left_to_us(organization: Tenant) -> Iterator[Export]:
    """An export that no worker of the running product takes, since we are at one of the organization's."""
    with one_at_a_time(f"exports of {organization.id}"):
        yield Export.objects.create(
            organization=organization.organization, format="jsonl", query="range=24h", with_bodies=True
        )


def files_of(export: Export) -> list[Path]:
    return list(directory().glob(f"{export.id}*"))


def download(api: Api, export: dict[str, Any]) -> bytes:
    return fetch(api, f"/api/exports/{export['id']}/download/")


def test_it_is_made_and_can_be_fetched(api: Api) -> None:
    export = finished(api, order(api, format="jsonl", bodies=True, filters={"q": "user:a OR user:c"}))
    assert (export["state"], export["rows_done"], export["rows_about"]) == ("done", 2, 2)
    data = download(api, export)
    assert len(data) == export["bytes"]
    assert [row["preview"] for row in json_lines(unpacked(data))] == ["ada", "cleo"]
    assert json_lines(unpacked(data))[0]["request_body"]["model"] == "gpt-4o"


def test_csv_and_parquet_are_made_too(api: Api) -> None:
    csv, parquet = (order(api, format=format, fields="preview") for format in ("csv", "parquet"))
    expected = ["ada", "bob", "cleo"]
    assert [row["preview"] for row in csv_rows(unpacked(download(api, finished(api, csv))))] == expected
    assert parquet_columns(download(api, finished(api, parquet))) == {"preview": expected}


def test_only_we_can_read_the_file(api: Api) -> None:
    export = Export.objects.get(pk=finished(api, order(api, format="csv"))["id"])
    assert [path.stat().st_mode & 0o777 for path in files_of(export)] == [0o600]
    assert directory().stat().st_mode & 0o777 == 0o700


def test_the_period_is_fixed_when_it_is_ordered(api: Api) -> None:
    ordered = order(api, format="csv", filters={"range": "24h"})
    assert "range" not in ordered["query"]
    assert "start=" in ordered["query"]
    assert "end=" in ordered["query"]


def test_the_list_shows_the_newest_first(api: Api) -> None:
    first, second = (order(api, format=format)["id"] for format in ("csv", "jsonl"))
    assert [export["id"] for export in api.get("/api/exports/").json] == [second, first]


def test_another_organizations_export_is_not_there(
    stack: Stack, api: Api, make_tenant: Callable[[], Tenant]
) -> None:
    export = finished(api, order(api, format="csv"))
    stranger = Api(stack.url, make_tenant().api_key)
    assert stranger.get("/api/exports/").json == []
    for path in (f"/api/exports/{export['id']}/", f"/api/exports/{export['id']}/download/"):
        assert stranger.get(path).status == 404
    assert stranger.send("DELETE", f"/api/exports/{export['id']}/").status == 404


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "format"),
        ({"format": "xlsx"}, "format"),
        ({"format": "csv", "fields": "beauty"}, "fields"),
        ({"format": "csv", "filters": {"status": "teapot"}}, "status"),
        ({"format": "csv", "filters": "status"}, "filters"),
    ],
)
def test_a_wrong_order_is_refused(api: Api, asked: dict[str, Any], field: str) -> None:
    answer = api.send("POST", "/api/exports/", asked)
    assert (answer.status, list(answer.json)) == (400, [field])


def test_one_that_is_not_done_offers_no_file(api: Api, organization: Tenant) -> None:
    export = Export.objects.create(
        organization=organization.organization, format="csv", with_bodies=False, state=ExportState.FAILED
    )
    assert api.get(f"/api/exports/{export.pk}/download/").status == 404


# What may go wrong: in this process, on the same database


def test_a_cancelled_one_leaves_no_file(organization: Tenant, api: Api, left_to_us: Export) -> None:
    def cancel() -> None:
        assert api.send("DELETE", f"/api/exports/{left_to_us.pk}/").json["state"] == "cancelled"

    assert not work.carry_out(left_to_us, pause=cancel)
    left_to_us.refresh_from_db()
    assert left_to_us.state == ExportState.CANCELLED
    assert files_of(left_to_us) == []


def test_a_full_disk_is_said_and_leaves_no_file(left_to_us: Export) -> None:
    assert not work.carry_out(left_to_us, reserve_bytes=1 << 60)
    left_to_us.refresh_from_db()
    assert (left_to_us.state, left_to_us.error) == (ExportState.FAILED, work.DISK_FULL)
    assert files_of(left_to_us) == []


def test_it_is_made_again_from_the_first_row_when_a_worker_died(left_to_us: Export) -> None:
    directory().mkdir(mode=0o700, exist_ok=True)
    left_to_us.part_path.write_bytes(b"half of a much longer file" * 1_000)
    Export.objects.filter(pk=left_to_us.pk).update(state=ExportState.RUNNING, attempts=1, rows_done=2)
    left_to_us.refresh_from_db()
    assert work.carry_out(left_to_us)
    assert len(json_lines(unpacked(left_to_us.path.read_bytes()))) == 3
    assert files_of(left_to_us) == [left_to_us.path]


def test_a_worker_that_is_to_stop_leaves_it_to_the_next(left_to_us: Export) -> None:
    def interrupt() -> None:
        raise work.Interrupted

    assert not work.carry_out(left_to_us, pause=interrupt)
    left_to_us.refresh_from_db()
    assert (left_to_us.state, left_to_us.attempts) == (ExportState.QUEUED, 0)
    assert files_of(left_to_us) == []


def test_one_that_kills_its_worker_each_time_is_given_up(left_to_us: Export) -> None:
    Export.objects.filter(pk=left_to_us.pk).update(state=ExportState.RUNNING, attempts=work.MAX_ATTEMPTS)
    left_to_us.refresh_from_db()
    assert not work.carry_out(left_to_us)
    left_to_us.refresh_from_db()
    assert (left_to_us.state, left_to_us.error) == (ExportState.FAILED, work.DIED)


def test_its_file_is_deleted_after_a_week(api: Api) -> None:
    old, new = (
        Export.objects.get(pk=finished(api, order(api, format=format))["id"]) for format in ("csv", "jsonl")
    )
    assert timedelta(days=6.9) < old.expires_at - timezone.now() <= timedelta(days=7)
    Export.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    stray = directory() / f"{uuid.uuid4()}.csv.gz"  # of an organization that is gone
    stray.touch()
    work.clear_files()
    assert files_of(old) == []
    assert len(files_of(new)) == 1
    assert not stray.exists()
    assert api.get(f"/api/exports/{old.pk}/").json["state"] == "expired"


def test_too_many_at_once_are_refused(api: Api, organization: Tenant) -> None:
    Export.objects.bulk_create(
        Export(
            organization=organization.organization,
            format="csv",
            query="user_id=nobody",
            with_bodies=False,
            # Nobody makes them: they come after this test.
            state=ExportState.QUEUED,
            created_at=timezone.now() + timedelta(days=1),
        )
        for _ in range(store.MAX_UNFINISHED)
    )
    with pytest.raises(store.TooManyExports):
        store.order_export(
            organization=organization.organization, actor=None, format="csv", filters=QueryDict("")
        )
