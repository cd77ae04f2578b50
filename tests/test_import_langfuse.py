"""`manage.py import langfuse`: its exports to blob storage, and its public API."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ingest_app.events import SpanKind
from tests.conftest import Stack, Tenant
from tests.imports import CASES, by_request_id, rows_of, run_import
from tests.json_server import JsonServer

FILES = [CASES / f"langfuse_{name}.jsonl" for name in ("observations", "scores", "traces")]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def lines_of(name: str) -> list[dict]:
    """Returns the rows of one of the three files."""
    return [json.loads(line) for line in (CASES / f"langfuse_{name}.jsonl").read_text().splitlines()]


@pytest.fixture
def imported(stack: Stack, organization: Tenant) -> Tenant:
    """An organization with the trace of the example, and the one that has nothing in it."""
    ran = run_import("langfuse", *FILES, organization=organization)
    assert (ran.code, ran.output.splitlines()[0]) == (0, "7 imported"), ran
    return organization


def test_a_generation_is_a_call_with_its_tokens_cost_and_first_token(imported, bodies_of):
    row = by_request_id(imported)["gen-1"]
    assert row.created_at == datetime(2025, 5, 29, 13, 46, 19, 963_000, UTC)
    assert (row.kind, row.provider, row.model) == (SpanKind.MODEL, "openai", "gpt-4o-2024-08-06")
    assert (row.prompt_tokens, row.cache_read_tokens) == (1000, 300)
    assert (row.completion_tokens, row.reasoning_tokens) == (50, 10)
    assert (row.cost_nanodollars, row.price_id) == (2_625_000, None)
    assert (row.latency_ms, row.time_to_first_token_ms, row.is_stream) == (3500, 500, True)
    stored = bodies_of(row)
    assert json.loads(stored.request) == {
        "model": "gpt-4o-2024-08-06",
        "temperature": 0.2,
        "messages": [
            {"role": "system", "content": "Use the manual."},
            {"role": "user", "content": "How long is the warranty?"},
        ],
    }
    assert json.loads(stored.response)["choices"][0]["message"] == {
        "role": "assistant",
        "content": "Two years.",
    }
    assert stored.preview == "How long is the warranty?"


def test_all_that_is_in_a_trace_has_its_user_session_and_labels(imported):
    rows = [row for row in rows_of(imported) if row.trace_id == TRACE]
    assert {(row.user_id, row.session_id, row.session_name) for row in rows} == {
        ("carol", "chat-9", "answer-question")
    }
    assert by_request_id(imported)["gen-1"].properties == {
        "Environment": "production",
        "Release": "v1.4",
        "Tags": "beta, eu",
        "plan": "pro",
        "attempt": "1",
        "Helicone-Prompt-Id": "warranty",
        "Helicone-Prompt-Version": "7",
        "Score-tone": "friendly",
    }


def test_observations_are_steps_of_a_tree(imported):
    rows = by_request_id(imported)
    assert {id: (row.kind, row.parent_span_id) for id, row in rows.items() if row.trace_id == TRACE} == {
        "root": (SpanKind.AGENT, ""),
        "search": (SpanKind.VECTOR_SEARCH, "root"),
        "gen-1": (SpanKind.MODEL, "root"),
        "tool-1": (SpanKind.TOOL, "root"),
        "gen-2": (SpanKind.MODEL, "root"),
        "event-1": (SpanKind.DATA, "root"),
    }
    assert (rows["tool-1"].model, rows["tool-1"].span_name) == ("tool:send_mail", "send_mail")


def test_a_failed_generation_has_its_message(imported):
    row = by_request_id(imported)["gen-2"]
    assert (row.status, row.error, row.provider) == (500, "Overloaded", "anthropic")
    assert (row.cost_nanodollars, row.prompt_tokens) == (None, None)


def test_scores_are_on_what_they_rate_and_those_of_a_trace_on_its_root(imported):
    rows = by_request_id(imported)
    assert rows["gen-1"].scores == {"correctness": 0.9}
    assert rows["root"].scores == {"helpful": 1}
    assert [row.scores for id, row in rows.items() if id not in {"gen-1", "root"}] == [{}] * 5


def test_a_trace_without_observations_is_a_step_of_its_own(imported, bodies_of):
    row = by_request_id(imported)["lonely-trace"]
    assert (row.kind, row.span_name, row.session_id) == (SpanKind.AGENT, "nightly-report", "lonely-trace")
    assert json.loads(bodies_of(row).response)["output"] == "done"


def test_a_second_run_adds_nothing(imported):
    ran = run_import("langfuse", *FILES, organization=imported)
    assert ran.output.splitlines()[:2] == ["0 imported", "7 already there"]
    assert len(rows_of(imported)) == 7


def test_the_report_tells_what_has_no_place_here(organization):
    ran = run_import("langfuse", *FILES, organization=organization)
    lines = [line.strip() for line in ran.output.splitlines()]
    assert "1: comments on scores" in lines
    assert "1: metadata of OpenTelemetry's instrumentation" in lines


def test_a_folder_with_enriched_observations_needs_no_traces(organization, tmp_path):
    trace = lines_of("traces")[0]
    said = {
        name: trace[name] for name in ("user_id", "session_id", "tags", "release", "public", "bookmarked")
    }
    for folder, rows in (
        (
            "observations_v2",
            [{**row, **said, "trace_name": trace["name"]} for row in lines_of("observations")],
        ),
        ("scores", lines_of("scores")),
        ("manifests", [{"files": []}]),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "2025-05-29.json").write_text(json.dumps(rows))
    ran = run_import("langfuse", tmp_path, organization=organization)
    assert (ran.code, ran.output.splitlines()[0]) == (0, "6 imported"), ran
    row = by_request_id(organization)["gen-1"]
    assert (row.user_id, row.session_id, row.properties["Tags"]) == ("carol", "chat-9", "beta, eu")


def camel(row: dict) -> dict:
    """Returns a row with the names of the API."""
    names = {"provided_model_name": "model"}
    return {
        names.get(name) or name.split("_")[0] + "".join(part.title() for part in name.split("_")[1:]): value
        for name, value in row.items()
    }


def listed(name: str) -> list[dict]:
    """Returns the rows of one list of the API, with ISO times and decoded bodies."""
    rows = []
    for row in map(camel, lines_of(name)):
        for member in ("timestamp", "startTime", "endTime", "completionStartTime"):
            if row.get(member):
                row[member] = row[member].replace(" ", "T")[:-3] + "Z"
        for member in ("input", "output", "modelParameters"):
            if str(row.get(member)).startswith(("[", "{")):
                row[member] = json.loads(row[member])
        rows.append(row)
    return rows


def test_the_api_brings_in_the_same_whatever_of_it_is_offered(
    stack: Stack, make_tenant: Callable[[], Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk-lf-1")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-lf-1")
    lists = {name: listed(name) for name in ("traces", "scores", "observations")}

    def of_v3(call):
        """Pages of two, by number; no newer routes."""
        name = call.path.rpartition("/")[2]
        if call.path in {"/api/public/v2/observations", "/api/public/v3/scores"}:
            return 404, {"message": "not found"}
        page, rows = int(call.query["page"]), lists[name]
        return 200, {
            "data": rows[2 * page - 2 : 2 * page],
            "meta": {"page": page, "totalPages": -(-len(rows) // 2)},
        }

    def of_v4(call):
        """Pages of two, by a cursor; no traces any more."""
        name = call.path.rpartition("/")[2]
        if name == "traces" or ("/v3/" not in call.path and "/v2/" not in call.path):
            return 410, {"message": "gone"}
        start = int(call.query.get("cursor", 0))
        trace = lists["traces"][0]
        of_trace = {"userId": trace["userId"], "sessionId": trace["sessionId"], "traceName": trace["name"]}
        rows = [{**row, **of_trace} if name == "observations" else row for row in lists[name]]
        meta = {"cursor": str(start + 2)} if start + 2 < len(rows) else {}
        return 200, {"data": rows[start : start + 2], "meta": meta}

    from_files, from_v3, from_v4 = make_tenant(), make_tenant(), make_tenant()
    run_import("langfuse", *FILES, organization=from_files)
    for tenant, answer in ((from_v3, of_v3), (from_v4, of_v4)):
        with JsonServer(answer) as server:
            ran = run_import("langfuse", organization=tenant, api=True, base_url=server.url)
        assert ran.code == 0, ran
        assert server.calls[0].headers["authorization"].startswith("Basic ")
    names = (
        "request_id",
        "created_at",
        "kind",
        "cost_nanodollars",
        "prompt_tokens",
        "user_id",
        "session_id",
        "scores",
    )
    told = [
        [[getattr(row, name) for name in names] for row in rows_of(tenant) if row.trace_id == TRACE]
        for tenant in (from_files, from_v3, from_v4)
    ]
    assert told[0] == told[1] == told[2]
    assert len(rows_of(from_v3)) == 7


def test_lists_that_an_api_breaks_off_are_fetched_on_from_there(
    stack: Stack, organization: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk-lf-1")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-lf-1")
    lists = {name: listed(name) for name in ("traces", "scores", "observations")}
    refused = []

    def answer(call):
        name = call.path.rpartition("/")[2]
        page, rows = int(call.query.get("page", 1)), lists[name]
        if name == "observations" and ("/v2/" in call.path):
            return 404, {}
        if name == "observations" and page == 2 and not refused:
            refused.append(page)
            return 403, {"message": "no longer"}
        return 200, {
            "data": rows[2 * page - 2 : 2 * page],
            "meta": {"page": page, "totalPages": -(-len(rows) // 2)},
        }

    with JsonServer(answer) as server:
        first = run_import("langfuse", organization=organization, api=True, base_url=server.url)
        assert first.code == 1
        asked = len(server.calls)
        again = run_import("langfuse", organization=organization, api=True, base_url=server.url)
    assert (again.code, again.output.splitlines()[0]) == (0, "7 imported"), again
    assert [call.query["page"] for call in server.calls[asked:]] == ["2", "3"]


def test_a_broken_row_of_a_page_of_the_api_costs_only_itself(
    stack: Stack, organization: Tenant, tmp_path
) -> None:
    observations = listed("observations")
    observations[1]["startTime"] = "soon"
    file = tmp_path / "page.json"
    file.write_text(json.dumps({"data": observations, "meta": {"page": 1}}))
    ran = run_import("langfuse", file, organization=organization)
    assert ran.code == 2
    assert "  line 1, row 2: its id or its start is missing, or no time of a call" in ran.output.splitlines()
    assert len(rows_of(organization)) == 5
