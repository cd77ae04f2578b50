"""`/api/requests/export/`: rows as CSV, JSONL and Parquet."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import chat_event, log
from tests.exports import csv_rows, fetch, json_lines, parquet_columns

Wait = Callable[..., list]
EXPORT = "/api/requests/export/"


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


@pytest.fixture
def three(organization: Tenant, wait_for_rows: Wait) -> list:
    log(
        chat_event(organization.id, text="first", user_id="ada", properties={"Env": "prod"}),
        chat_event(organization.id, text="second, “quoted” ü", model="our-own", status=500),
        chat_event(organization.id, text="third", user_id="ada", response_body=b"<h1>no JSON</h1>\xff"),
    )
    return wait_for_rows(organization.id, 3)


@pytest.mark.usefixtures("three")
def test_csv_has_a_line_of_names_and_the_rows_oldest_first(api: Api) -> None:
    rows = csv_rows(fetch(api, EXPORT, format="csv"))
    assert [row["preview"] for row in rows] == ["first", "second, “quoted” ü", "third"]
    assert list(rows[0])[:4] == ["id", "request_id", "created_at", "provider"]
    assert (rows[0]["properties"], rows[0]["cost_usd"], rows[0]["is_stream"]) == (
        '{"Env":"prod"}',
        "0.00045",
        "false",
    )
    assert rows[1]["cost_usd"] == ""  # unknown


@pytest.mark.usefixtures("three")
def test_jsonl_says_what_the_list_says(api: Api) -> None:
    listed = api.rows(sort="created_at")
    assert json_lines(fetch(api, EXPORT, format="jsonl")) == listed


def test_parquet_has_types(api: Api, three: list) -> None:
    columns = parquet_columns(fetch(api, EXPORT, format="parquet"))
    assert columns["preview"] == ["first", "second, “quoted” ü", "third"]
    assert columns["created_at"] == [row.created_at for row in reversed(three)]
    assert columns["cost_usd"][:2] == [0.00045, None]
    assert columns["prompt_tokens"] == [100, 100, None]
    assert columns["is_stream"] == [False] * 3
    assert [json.loads(text) for text in columns["properties"]] == [{"Env": "prod"}, {}, {}]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_bodies_come_when_asked_for(api: Api, format: str) -> None:
    data = fetch(api, EXPORT, format=format, bodies=1)
    if format == "parquet":
        columns = parquet_columns(data)
        requests, responses = columns["request_body"], columns["response_body"]
    else:
        rows = csv_rows(data) if format == "csv" else json_lines(data)
        requests = [row["request_body"] for row in rows]
        responses = [row["response_body"] for row in rows]
    asked = requests[0] if format == "jsonl" else json.loads(requests[0])
    assert asked["messages"] == [{"role": "user", "content": "first"}]
    assert responses[2] == "<h1>no JSON</h1>\N{REPLACEMENT CHARACTER}"


@pytest.mark.usefixtures("three")
def test_filters_choose_the_rows(api: Api) -> None:
    assert [
        row["preview"] for row in csv_rows(fetch(api, EXPORT, format="csv", user_id="ada", q="-model:our*"))
    ] == ["first", "third"]


@pytest.mark.usefixtures("three")
def test_fields_choose_the_columns_and_a_property_can_be_one(api: Api) -> None:
    data = fetch(api, EXPORT, format="csv", fields="preview,property.Env")
    assert data.decode().splitlines()[:2] == ["preview,property.Env", "first,prod"]


@pytest.mark.usefixtures("three")
def test_csv_for_excel_begins_with_a_byte_order_mark(api: Api) -> None:
    data = fetch(api, EXPORT, format="excel", fields="preview")
    assert csv_rows(data, "utf-8-sig")[1] == {"preview": "second, “quoted” ü"}
    assert data.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_shown_as_text_by_spreadsheets_and_kept_as_it_was_elsewhere(
    api: Api, organization: Tenant, wait_for_rows: Wait, text: str
) -> None:
    log(chat_event(organization.id, user_id="u", session_name=text, session_id="s"))
    wait_for_rows(organization.id)
    (cell,) = (row["session_name"] for row in csv_rows(fetch(api, EXPORT, format="csv")))
    (kept,) = (row["session_name"] for row in json_lines(fetch(api, EXPORT, format="jsonl")))
    assert cell == ("'" + kept if kept[0] in "=+-@\t\r" else kept)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_hostile_bodies_go_into_every_format(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    bodies = [
        b'{"a": "\\u0000 \\ud800"}',
        b"\x00\xff\n\r\n,\"'",
        b"[" * 5000 + b"]" * 5000,
        b'{\n "pretty": [1,\n 2]}',
        b"",
        *(b'{"a":' * n + b"1" + b"}" * n for n in (900, 980, 990, 995, 999, 1000)),
    ]
    log(*(chat_event(organization.id, request_body=body, request_bytes=len(body)) for body in bodies))
    wait_for_rows(organization.id, len(bodies))
    texts = [body.decode("utf-8", "replace") for body in bodies]
    rows = csv_rows(fetch(api, EXPORT, format="csv", bodies=1))
    assert [row["request_body"] for row in rows] == texts
    assert parquet_columns(fetch(api, EXPORT, format="parquet", bodies=1))["request_body"] == texts
    lines = fetch(api, EXPORT, format="jsonl", bodies=1).splitlines()
    assert len(lines) == len(bodies)
    assert json.loads(lines[3])["request_body"] == {"pretty": [1, 2]}


def test_more_rows_than_a_page_come_once_each(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    now = int(datetime.now(UTC).timestamp()) * 1_000_000
    log(*(chat_event(organization.id, at_us=now - 5_000 + n // 4, text=str(n)) for n in range(2_500)))
    wait_for_rows(organization.id, 2_500, timeout=30)
    previews = [row["preview"] for row in csv_rows(fetch(api, EXPORT, format="csv"))]
    assert sorted(previews, key=int) == [str(n) for n in range(2_500)]
    times = parquet_columns(fetch(api, EXPORT, format="parquet", fields="created_at"))["created_at"]
    assert len(times) == 2_500
    assert times == sorted(times)


def test_an_empty_export_is_a_file_all_the_same(api: Api) -> None:
    assert list(csv.reader(io.StringIO(fetch(api, EXPORT, format="csv", fields="id").decode()))) == [["id"]]
    assert fetch(api, EXPORT, format="jsonl") == b""
    assert parquet_columns(fetch(api, EXPORT, format="parquet", fields="id")) == {"id": []}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "format"),
        ({"format": "xlsx"}, "format"),
        ({"format": "csv", "fields": "id,beauty"}, "fields"),
        ({"format": "csv", "status": "teapot"}, "status"),
        ({"format": "csv", "bodies": "perhaps"}, "bodies"),
    ],
)
def test_a_wrong_parameter_is_named(api: Api, query: dict[str, str], field: str) -> None:
    answer = api.get(EXPORT, **query)
    assert (answer.status, list(answer.json)) == (400, [field])


def test_another_organization_gets_none_of_it(
    stack: Stack, organization: Tenant, make_tenant: Callable[[], Tenant], wait_for_rows: Wait
) -> None:
    log(chat_event(organization.id))
    wait_for_rows(organization.id)
    assert fetch(Api(stack.url, make_tenant().api_key), EXPORT, format="jsonl") == b""


def test_it_needs_a_key_that_may_read(stack: Stack) -> None:
    assert Api(stack.url, None).get(EXPORT, format="csv").status == 401
