"""Datasets over Helicone's REST API; and that what is removed is gone from them, too."""

import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from accounts_app import actions, secrets
from accounts_app.data import order_erasure
from accounts_app.models import ErasureKind
from datasets_app.models import Dataset, DatasetRow
from ingest_app.pace import Pace
from ingest_app.removal import Selection, remove_rows
from ingest_app.session_rows import mend, note_dropped_week
from requests_app.models import Request
from tests.api import Api
from tests.events import chat_event, log, wait_until
from tests.live import Stack, Tenant

Wait = Callable[..., list[Request]]


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


@pytest.fixture
def requests(organization: Tenant, wait_for_rows: Wait) -> list[Request]:
    """Three requests of the organization, newest first; clients called them r2, r1 and r0."""
    log(
        *(
            chat_event(organization.id, request_id=f"r{n}", text=f"Hello {n}", user_id=f"u{n}")
            for n in range(3)
        )
    )
    return wait_for_rows(organization.id, 3)


@pytest.fixture
def dataset(api: Api, requests: list[Request]) -> str:
    """The id of a dataset with all three of them."""
    return made(api, ["r0", "r1", str(requests[0].id)])


def made(api: Api, request_ids: list[str], **more: Any) -> str:
    answer = api.send(
        "POST", "/v1/helicone-dataset", {"datasetName": "Golden", "requestIds": request_ids, **more}
    )
    assert answer.status == 200, answer.json
    return answer.json["data"]["datasetId"]


def rows(api: Api, dataset: str, **page: int) -> list[dict[str, Any]]:
    answer = api.send("POST", f"/v1/helicone-dataset/{dataset}/query", {"offset": 0, "limit": 100, **page})
    assert (answer.status, answer.json["error"]) == (200, None)
    return answer.json["data"]


def names(api: Api, dataset: str) -> list[str]:
    return [row["origin_request_id"] for row in rows(api, dataset)]


def change(api: Api, dataset: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Any:
    said = {"addRequests": add, "removeRequests": remove}
    return api.send("POST", f"/v1/helicone-dataset/{dataset}/mutate", said)


def bodies(row: dict[str, Any]) -> Any:
    """Returns what the row's address answers to somebody without a key."""
    return Api("", None).get(row["signed_url"]["data"])


def test_a_dataset_is_listed_with_how_much_is_in_it(api: Api, organization: Tenant, dataset: str) -> None:
    empty = made(api, [], meta={"promptVersionId": "p"})
    listed = api.send("POST", "/v1/helicone-dataset/query", {}).json["data"]
    assert [(one["id"], one["requests_count"], one["meta"]) for one in listed] == [
        (empty, 0, {"promptVersionId": "p"}),
        (dataset, 3, None),
    ]
    assert {name: listed[1][name] for name in ("name", "dataset_type", "organization")} == {
        "name": "Golden",
        "dataset_type": "helicone",
        "organization": str(organization.id),
    }
    picked = api.send("POST", "/v1/helicone-dataset/query", {"datasetIds": [dataset]}).json["data"]
    assert picked == [listed[1]]


def test_its_rows_are_paged_and_counted(api: Api, dataset: str) -> None:
    assert names(api, dataset) == ["r2", "r1", "r0"]
    assert [row["origin_request_id"] for row in rows(api, dataset, offset=1, limit=1)] == ["r1"]
    assert api.send("POST", f"/v1/helicone-dataset/{dataset}/count").json == {"data": 3, "error": None}
    [first, *_] = rows(api, dataset)
    assert set(first) == {"id", "origin_request_id", "dataset_id", "created_at", "signed_url"}
    assert (first["dataset_id"], first["signed_url"]["error"]) == (dataset, None)


def test_a_rows_address_answers_its_bodies_without_a_key(api: Api, dataset: str) -> None:
    answer = bodies(rows(api, dataset)[0])
    assert answer.status == 200
    assert answer.json["request"]["messages"][0]["content"] == "Hello 2"
    assert answer.json["response"]["choices"][0]["message"]["content"] == "Hi"


def test_requests_are_added_once_and_removed_by_either_id(api: Api, requests: list[Request]) -> None:
    dataset = made(api, ["r0"])
    assert change(api, dataset, add=["r0", "r1", "r2"]).json == {"data": None, "error": None}
    assert sorted(names(api, dataset)) == ["r0", "r1", "r2"]
    by_name = {row["origin_request_id"]: row["id"] for row in rows(api, dataset)}
    assert change(api, dataset, remove=[by_name["r1"], "r2", "r9"]).status == 200
    assert names(api, dataset) == ["r0"]


def test_a_request_that_there_is_not_changes_nothing(api: Api, requests: list[Request]) -> None:
    dataset = made(api, ["r0"])
    assert change(api, dataset, add=["r1", "r9"], remove=["r0"]).status == 404
    assert names(api, dataset) == ["r0"]
    new = api.send("POST", "/v1/helicone-dataset", {"datasetName": "New", "requestIds": ["r9"]})
    assert new.status == 404
    assert not Dataset.objects.filter(organization=requests[0].organization_id, name="New").exists()


@pytest.mark.parametrize("by", ["id", "origin_request_id"])
def test_an_edit_is_read_in_the_dataset_and_nowhere_else(api: Api, dataset: str, by: str) -> None:
    [row, *others] = rows(api, dataset)
    edit = {"requestBody": {"messages": ["Better, ü"]}, "responseBody": 10**30}
    assert api.send("POST", f"/v1/helicone-dataset/{dataset}/request/{row[by]}", edit).status == 200
    assert bodies(row).json == {"request": edit["requestBody"], "response": 10**30}
    assert bodies(others[0]).json["request"]["messages"][0]["content"] == "Hello 1"
    logged = api.get("/v1/request/r2?includeBody=true").json["data"]
    assert logged["request_body"]["messages"][0]["content"] == "Hello 2"
    stored = bytes(DatasetRow.objects.get(id=row["id"]).edited_ciphertext or b"")
    assert b"Better" not in stored


def test_an_edit_outlives_a_change_of_the_secret_key(
    api: Api, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [row, *_] = rows(api, dataset)
    edit = {"requestBody": "Better", "responseBody": None}
    api.send("POST", f"/v1/helicone-dataset/{dataset}/request/{row['id']}", edit)
    stored = DatasetRow.objects.get(id=row["id"])
    now = settings.SECRET_KEY
    with monkeypatch.context() as before:
        before.setattr(settings, "SECRET_KEY", "the one before")
        text = secrets.decrypt(stored.edited_ciphertext or b"", previous=[now])
        DatasetRow.objects.filter(pk=stored.pk).update(edited_ciphertext=secrets.encrypt(text))
    assert bodies(row).status == 400
    # Of other tests there may be keys that nobody can read, so it may say that it is not all well.
    with suppress(CommandError):
        call_command("rotate_secret_key", "--from", "the one before", stdout=io.StringIO())
    assert bodies(row).json["request"] == "Better"


def test_a_deleted_dataset_is_gone_and_its_requests_stay(api: Api, dataset: str) -> None:
    [row, *_] = rows(api, dataset)
    assert api.send("POST", f"/v1/helicone-dataset/{dataset}/delete").json == {"data": None, "error": None}
    assert api.send("POST", f"/v1/helicone-dataset/{dataset}/delete").status == 404
    assert bodies(row).status == 404
    assert api.get("/v1/request/r2").status == 200


def test_what_is_erased_is_gone_from_datasets_with_what_was_edited(
    api: Api, organization: Tenant, dataset: str
) -> None:
    [row, *_] = rows(api, dataset)
    edit = {"requestBody": "Of u2", "responseBody": "Of u2"}
    api.send("POST", f"/v1/helicone-dataset/{dataset}/request/{row['id']}", edit)
    assert bodies(row).json["request"] == "Of u2"
    erasure = order_erasure(
        organization=organization.organization, kind=ErasureKind.USER, value="u2", actor=organization.owner
    )

    def is_finished() -> bool:
        erasure.refresh_from_db()
        return erasure.finished_at is not None

    wait_until(is_finished)
    assert bodies(row).status == 404
    assert names(api, dataset) == ["r1", "r0"]
    assert not DatasetRow.objects.filter(id=row["id"]).exists()


def test_requests_that_are_too_old_go_out_of_datasets(api: Api, organization: Tenant, dataset: str) -> None:
    remove_rows(Selection(organization.id, datetime.now(UTC) + timedelta(minutes=1), user_id="u1"), Pace())
    assert names(api, dataset) == ["r2", "r0"]
    assert api.send("POST", f"/v1/helicone-dataset/{dataset}/count").json["data"] == 2


def test_a_week_that_was_dropped_goes_out_of_datasets(api: Api, organization: Tenant, dataset: str) -> None:
    monday = datetime(1990, 1, 1, tzinfo=UTC)  # a week that no other test has
    old, edge = DatasetRow.objects.filter(dataset_id=dataset, request_id__in=["r0", "r1"]).order_by(
        "request_id"
    )
    DatasetRow.objects.filter(pk=old.pk).update(request_created_at=monday)
    DatasetRow.objects.filter(pk=edge.pk).update(request_created_at=monday + timedelta(weeks=1))
    with connection.cursor() as cursor:
        note_dropped_week(cursor, monday.date())
    mend(Pace(), organization.id)
    assert not DatasetRow.objects.filter(pk=old.pk).exists()
    assert DatasetRow.objects.filter(pk=edge.pk).exists()


def test_datasets_of_others_do_not_exist(
    api: Api, stack: Stack, make_tenant: Callable[[], Tenant], dataset: str
) -> None:
    other = Api(stack.url, make_tenant().api_key)
    edit = {"requestBody": 1, "responseBody": 1}
    answers = [
        other.send("POST", f"/v1/helicone-dataset/{dataset}/{rest}", said)
        for rest, said in (
            ("query", {}),
            ("count", {}),
            ("mutate", {"removeRequests": ["r0"]}),
            ("request/r0", edit),
            ("delete", {}),
        )
    ]
    assert [answer.status for answer in answers] == [404] * 5
    assert other.send("POST", "/v1/helicone-dataset/query", {"datasetIds": [dataset]}).json["data"] == []
    assert (
        other.send("POST", "/v1/helicone-dataset", {"datasetName": "A", "requestIds": ["r0"]}).status == 404
    )
    assert len(names(api, dataset)) == 3


def test_a_key_that_may_only_read_changes_nothing(api: Api, organization: Tenant, dataset: str) -> None:
    issued = actions.issue_api_key(organization=organization.organization, name="r", scope="r")
    reader = Api(api.url, issued.secret)
    answers = [
        reader.send("POST", "/v1/helicone-dataset", {"datasetName": "A", "requestIds": []}),
        change(reader, dataset, remove=["r0"]),
        reader.send(
            "POST", f"/v1/helicone-dataset/{dataset}/request/r0", {"requestBody": 1, "responseBody": 1}
        ),
        reader.send("POST", f"/v1/helicone-dataset/{dataset}/delete"),
    ]
    assert [answer.status for answer in answers] == [403] * 4
    assert len(names(reader, dataset)) == 3


@pytest.mark.parametrize("id", ["x", "17", "00000000-0000-0000-0000-000000000000"])
def test_an_id_that_is_none_is_not_found(api: Api, id: str) -> None:
    assert api.send("POST", f"/v1/helicone-dataset/{id}/query", {}).status == 404
    assert Api(api.url, None).get(f"/v1/public/dataset-bodies/{id}").status == 403


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", {"requestIds": []}),
        ("", {"datasetName": "a\u0000", "requestIds": []}),
        ("", {"datasetName": "a" * 201, "requestIds": []}),
        ("", {"datasetName": "a", "requestIds": "r0"}),
        ("", {"datasetName": "a", "requestIds": ["r"] * 1001}),
        ("", {"datasetName": "a", "requestIds": [], "meta": {"a": "\u0000"}}),
        ("", {"datasetName": "a", "requestIds": [], "meta": {"\ud800": 1}}),
        ("", {"datasetName": "a", "requestIds": [], "meta": 1e999}),
        ("/query", {"datasetIds": ["x"]}),
        ("/{}/query", {"limit": 1001}),
        ("/{}/query", {"offset": -1}),
        ("/{}/query", {"offset": 10**30}),
        ("/{}/mutate", {"addRequests": "r0"}),
        ("/{}/mutate", {"removeRequests": ["\u0000"]}),
        ("/{}/request/r0", {"requestBody": 1}),
        ("/{}/request/r0", {"requestBody": "\ud800", "responseBody": 1}),
        ("/{}/request/r0", {"requestBody": "a" * (2 << 20), "responseBody": 1}),
    ],
)
def test_what_cannot_be_stored_is_refused(api: Api, dataset: str, path: str, said: dict[str, Any]) -> None:
    answer = api.send("POST", f"/v1/helicone-dataset{path.format(dataset)}", said)
    assert (answer.status, answer.json["data"]) == (400, None)
    assert answer.json["error"]
