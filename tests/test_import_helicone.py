"""`manage.py import helicone` of files: what `npx @helicone/export` writes, in every form, and our own exports."""

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard

from ingest_app.bodies import Bodies
from ingest_app.events import SpanKind
from requests_app.models import Request
from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import chat_event, log
from tests.exports import fetch
from tests.imports import CASES, by_request_id, rows_of, run_import

PROJECT = Path(__file__).resolve().parent.parent
EXPORT = CASES / "helicone_export.jsonl"
ID = "2a1f0f6e-6a0b-4a53-9d3c-0c8f4f6f0a0"
_NEW = {"pk", "organization_id", "id", "price_id", "api_key_id"}  # what an import gives a row anew
_NOT_TOLD = {"request_bytes", "response_bytes"}  # in Helicone's rows
NAMES = (
    "request_id",
    "created_at",
    "model",
    "status",
    "cost_nanodollars",
    "prompt_tokens",
    "properties",
    "scores",
)


@pytest.fixture
def imported(stack: Stack, organization: Tenant) -> Tenant:
    """An organization with the six rows of the example."""
    ran = run_import("helicone", EXPORT, organization=organization)
    assert (ran.code, ran.output.splitlines()[0]) == (0, "6 imported"), ran
    return organization


def test_a_call_keeps_its_time_cost_tokens_user_session_and_ratings(imported, bodies_of):
    row = by_request_id(imported)[f"{ID}1"]
    assert row.created_at == datetime(2025, 3, 10, 1, 25, 51, 84_000, UTC)
    assert (row.cost_nanodollars, row.price_id) == (63_300, None)
    assert (row.prompt_tokens, row.completion_tokens, row.cache_read_tokens) == (310, 28, 128)
    assert (row.latency_ms, row.time_to_first_token_ms, row.is_stream) == (1240, 310, True)
    assert (row.provider, row.request_model, row.response_model, row.path) == (
        "openai",
        "gpt-4o-mini",
        "gpt-4o-mini-2024-07-18",
        "/v1/chat/completions",
    )
    assert (row.user_id, row.session_id, row.session_path, row.session_name) == (
        "alice@example.com",
        "returns-17",
        "/support/answer",
        "Returns",
    )
    assert row.properties == {
        "Environment": "production",
        "Helicone-Prompt-Id": "returns",
        "Helicone-Prompt-Version": "3",
    }
    assert (row.feedback, row.scores) == (1, {"accuracy": 92, "is_polite-hcone-bool": 1})
    assert row.referrer == "import"
    sent = json.loads(EXPORT.read_text().splitlines()[0])
    stored = bodies_of(row)
    assert json.loads(stored.request) == sent["request_body"]
    assert json.loads(stored.response) == sent["response_body"]
    assert stored.preview == "When can I send it back?"


def test_a_logged_tool_is_a_step(imported):
    row = by_request_id(imported)[f"{ID}2"]
    assert (row.kind, row.span_name, row.model) == (SpanKind.TOOL, "find_order", "tool:find_order")
    assert (row.session_path, row.prompt_tokens, row.cost_nanodollars) == ("/support/find", None, None)


def test_tokens_that_anthropic_counts_beside_the_input_are_in_it(imported):
    row = by_request_id(imported)[f"{ID}3"]
    assert (row.prompt_tokens, row.cache_read_tokens, row.cache_write_tokens) == (2540, 2000, 500)
    assert (row.cost_nanodollars, row.provider) == (2_775_000, "anthropic")


def test_a_failure_keeps_its_status_and_door(imported):
    row = by_request_id(imported)[f"{ID}4"]
    assert (row.status, row.error, row.referrer) == (429, "rate_limit_exceeded", "ai-gateway")


def test_an_answer_from_the_cache_costs_nothing(imported):
    row = by_request_id(imported)[f"{ID}5"]
    assert (row.cost_nanodollars, row.prompt_tokens) == (0, 310)
    assert row.properties == {"Helicone-Cache-Reference-Id": f"{ID}1"}


def test_a_cost_that_was_not_kept_is_computed(imported):
    row = by_request_id(imported)[f"{ID}6"]
    assert row.price_id is not None
    assert row.cost_nanodollars == 1000 * 2500 + 100 * 10_000


def test_a_second_run_adds_nothing(imported):
    ran = run_import("helicone", EXPORT, organization=imported)
    assert ran.output.splitlines()[:2] == ["0 imported", "6 already there"]
    assert len(rows_of(imported)) == 6


def test_the_report_tells_what_has_no_place_here(organization):
    lines = run_import("helicone", EXPORT, organization=organization).output.splitlines()
    assert "  1: country_code" in lines
    assert "  1: assets: pictures that Helicone keeps beside the bodies" in lines


def test_a_dry_run_says_the_same_and_adds_nothing(organization):
    ran = run_import("helicone", EXPORT, organization=organization, dry_run=True)
    assert ran.output.splitlines()[0] == "6 would be imported"
    assert rows_of(organization) == []


def test_a_limit_is_kept(organization):
    run_import("helicone", EXPORT, organization=organization, limit=2)
    assert len(rows_of(organization)) == 2


def test_a_broken_line_is_told_with_its_place_and_costs_only_itself(organization, tmp_path):
    lines = EXPORT.read_text().splitlines()
    lines[1] = lines[1][:80]
    lines[3] = json.dumps({"request_id": "x", "request_created_at": "yesterday"})
    file = tmp_path / "broken.jsonl"
    file.write_text("\n".join(lines))
    ran = run_import("helicone", file, organization=organization)
    assert ran.code == 2
    assert "  line 2: it is not a JSON object" in ran.output.splitlines()
    assert "  line 4: request_created_at is missing, or no time of a request" in ran.output.splitlines()
    assert len(rows_of(organization)) == 4


def _plain(lines: list[dict]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def _parquet(lines: list[dict]) -> bytes:
    from arro3.core import Array, DataType, RecordBatch
    from arro3.io import write_parquet

    columns = {}
    for name in lines[0]:
        values = [line[name] for line in lines]
        if any(isinstance(value, dict | list | bool) for value in values):
            columns[name] = Array([json.dumps(value) for value in values], DataType.utf8())
        elif any(isinstance(value, str) for value in values):
            columns[name] = Array(values, DataType.utf8())
        else:
            columns[name] = Array([value and float(value) for value in values], DataType.float64())
    file = io.BytesIO()
    write_parquet(RecordBatch.from_pydict(columns), file)
    return file.getvalue()


def _csv(lines: list[dict]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]))
    writer.writeheader()
    for line in lines:
        cells = {n: json.dumps(v) if isinstance(v, dict | list | bool) else v for n, v in line.items()}
        writer.writerow(cells)
    return text.getvalue().encode()


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda lines: gzip.compress(_plain(lines)), id="gzip"),
        pytest.param(lambda lines: zstandard.compress(_plain(lines)), id="zstd"),
        pytest.param(lambda lines: json.dumps(lines).encode(), id="list"),
        pytest.param(lambda lines: json.dumps(lines, indent=2, ensure_ascii=False).encode(), id="laid out"),
        pytest.param(lambda lines: json.dumps({"data": lines, "error": None}).encode(), id="page of the API"),
        pytest.param(_csv, id="csv"),
        pytest.param(_parquet, id="parquet"),
    ],
)
def test_every_form_of_file_brings_in_the_same(
    stack: Stack, make_tenant: Callable[[], Tenant], tmp_path: Path, form: Callable[[list[dict]], bytes]
) -> None:
    lines = [json.loads(line) for line in EXPORT.read_text().splitlines()]
    lines[0]["request_body"]["messages"][1]["content"] = 'Wann? – “ü” \U0001f600 \\ " [ { , \n'
    files = [tmp_path / "plain", tmp_path / "other"]
    files[0].write_bytes(_plain(lines))
    files[1].write_bytes(form(lines))
    tenants = make_tenant(), make_tenant()
    for file, tenant in zip(files, tenants, strict=True):
        ran = run_import("helicone", file, organization=tenant)
        assert (ran.code, ran.output.splitlines()[0]) == (0, "6 imported"), ran
    one, other = ([[getattr(row, name) for name in NAMES] for row in rows_of(tenant)] for tenant in tenants)
    assert one == other


def test_a_broken_record_of_a_list_costs_only_itself(organization, tmp_path):
    lines = EXPORT.read_text().splitlines()
    lines[2] = lines[2].replace('"request_id":', '"request_id"', 1)
    file = tmp_path / "list.json"
    file.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    ran = run_import("helicone", file, organization=organization)
    assert ran.code == 2
    assert any(line.startswith("  record 3: it is no JSON") for line in ran.output.splitlines())
    assert len(rows_of(organization)) == 5


def test_the_csv_of_helicones_own_tool_has_no_request_ids_and_comes_in_by_the_answers(organization):
    ran = run_import("helicone", CASES / "helicone_export.csv", organization=organization)
    assert ran.code == 0, ran
    row = by_request_id(organization)["7b0f0f6e-6a0b-4a53-9d3c-0c8f4f6f0a01"]
    assert (row.provider, row.model, row.cost_nanodollars) == ("openai", "gpt-4o-mini", 63_300)
    assert (row.latency_ms, row.session_id) == (1240, "returns-17")


def _decoded(bodies: Bodies) -> list[object]:
    both = (bodies.request, bodies.response)
    return [json.loads(body) if body is not None and body[:1] == b"{" else body for body in both]


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_an_export_of_ours_comes_in_as_it_was(
    stack: Stack, make_tenant: Callable[[], Tenant], wait_for_rows, bodies_of, tmp_path: Path, form: str
) -> None:
    here, there = make_tenant(), make_tenant()
    at_us = int(datetime(2026, 2, 3, 4, 5, 6, 789_012, UTC).timestamp() * 1e6)
    log(
        chat_event(here.id, at_us=at_us, text="=1+1", request_id="mine", properties={"A": "é", "B": "2"}),
        chat_event(here.id, at_us=at_us + 1, kind=SpanKind.TOOL, span_name="look", trace_id="t", span_id="s"),
        chat_event(here.id, at_us=at_us + 2, status=503, scores={"good": 0.5}, feedback=0, user_id="-u"),
    )
    wait_for_rows(here.id, 3)
    file = tmp_path / "export"
    file.write_bytes(
        fetch(
            Api(stack.url, here.api_key), "/api/requests/export/", format=form, bodies=1, start="2026-01-01"
        )
    )
    ran = run_import("helicone", file, organization=there)
    assert (ran.code, ran.output.splitlines()[0]) == (0, "3 imported"), ran
    assert "could not be carried over:" not in ran.output
    same = [field.name for field in Request._meta.fields if field.name not in _NEW]
    for old, new in zip(rows_of(here), rows_of(there), strict=True):
        assert {name: getattr(new, name) for name in same} == {name: getattr(old, name) for name in same}
        assert _decoded(bodies_of(new)) == _decoded(bodies_of(old))


@pytest.mark.parametrize("form", ["jsonl", "json", "parquet"])
def test_what_helicone_export_writes_comes_in_as_it_was(
    stack: Stack, make_tenant: Callable[[], Tenant], wait_for_rows, bodies_of, tmp_path: Path, form: str
) -> None:
    here, there = make_tenant(), make_tenant()
    at_us = int(datetime(2026, 2, 3, 4, 5, 6, 789_012, UTC).timestamp() * 1e6)
    log(
        chat_event(
            here.id, at_us=at_us, text="=1+1", request_id="mine", properties={"A": "é"}, session_id="s"
        ),
        chat_event(here.id, at_us=at_us + 1, response_body=b"no JSON", status=502, feedback=1),
        chat_event(
            here.id, at_us=at_us + 2, scores={"good": 0.5}, user_id="-u", session_name="n", session_id="t"
        ),
        chat_event(here.id, at_us=at_us + 3, kind=SpanKind.TOOL, span_name="look", trace_id="t", span_id="s"),
        chat_event(here.id, at_us=at_us + 4, omit_request=True, is_stream=True),
    )
    wait_for_rows(here.id, 5)
    file = tmp_path / "export"
    subprocess.run(
        [
            *(sys.executable, "-m", "helicone_export", "--base-url", stack.url, "--start-date", "2026-01-01"),
            *("--include-body", "--format", form, "-o", str(file), "--log-level", "quiet"),
        ],
        cwd=PROJECT,
        env=os.environ | {"HELICONE_API_KEY": here.api_key},
        check=True,
        timeout=60,
    )
    ran = run_import("helicone", file, organization=there)
    assert (ran.code, ran.output.splitlines()[0]) == (0, "5 imported"), ran
    same = [field.name for field in Request._meta.fields if field.name not in {*_NEW, *_NOT_TOLD}]
    for old, new in zip(rows_of(here), rows_of(there), strict=True):
        assert {name: getattr(new, name) for name in same} == {name: getattr(old, name) for name in same}
        assert _decoded(bodies_of(new)) == _decoded(bodies_of(old))


def many_lines(count: int) -> list[str]:
    """Returns lines that do not pack well."""
    example = json.loads(EXPORT.read_text().splitlines()[0])
    start = datetime(2025, 4, 1, tzinfo=UTC)
    return [
        json.dumps(
            example
            | {
                "request_id": f"many-{number}",
                "request_created_at": (start + timedelta(seconds=number)).isoformat(),
                "cost": number / 1e6,
                "request_body": {
                    "model": "gpt-4o",
                    "messages": [{"role": "user", "content": os.urandom(600).hex()}],
                },
            }
        )
        for number in range(count)
    ]


def test_what_was_broken_off_goes_on_where_it_was(organization, tmp_path):
    lines = many_lines(800)
    packed = gzip.compress("\n".join(lines).encode())
    file, state = tmp_path / "rows.jsonl.gz", tmp_path / "state.json"
    file.write_bytes(packed[: len(packed) * 2 // 3])
    ran = run_import("helicone", file, organization=organization, state=state)
    assert ran.code == 1
    assert "cannot be unpacked to its end" in ran.error
    first = len(rows_of(organization))
    assert 0 < first < 800

    file.write_bytes(packed)
    ran = run_import("helicone", file, organization=organization, state=state)
    assert ran.code == 0, ran
    assert ran.output.startswith(f"going on after {first} requests")
    assert "800 imported" in ran.output
    rows = rows_of(organization)
    assert [row.cost_nanodollars for row in rows] == [number * 1000 for number in range(800)]
    assert not state.exists()


def _command(file: Path, tenant: Tenant, state: Path) -> list[str]:
    options = ["--quiet", "--organization", tenant.organization.slug, "--state", str(state)]
    return [sys.executable, "manage.py", "import", "helicone", str(file), *options]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_or_stopped_import_loses_and_doubles_nothing(organization, tmp_path, number):
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(many_lines(1500)))
    command = _command(file, organization, tmp_path / "state.json")
    process = subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not rows_of(organization) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    if number == signal.SIGINT and process.returncode:  # else it was through already
        assert process.returncode == 130
        assert "Run the same command again to go on." in error

    again = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert again.returncode == 0, again.stderr
    rows = rows_of(organization)
    assert [row.cost_nanodollars for row in rows] == [number * 1000 for number in range(1500)]


def test_standard_input_is_read_also_where_it_is_packed(organization, tmp_path):
    command = _command(Path("-"), organization, tmp_path / "state.json")
    packed = zstandard.compress(EXPORT.read_bytes())
    ran = subprocess.run(command, cwd=PROJECT, input=packed, capture_output=True, timeout=60)
    assert (ran.returncode, ran.stdout.splitlines()[0]) == (0, b"6 imported"), ran.stderr


def test_without_a_file_or_with_one_that_is_missing_it_says_so(organization):
    assert run_import("helicone", organization=organization).error.startswith("name files, or ask")
    missing = run_import("helicone", "/nowhere/rows.jsonl", organization=organization)
    assert missing.error.startswith("/nowhere/rows.jsonl: No such file")
