"""`helicone-export` against this product."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts_app import actions
from ingest_app.events import now_us
from tests.events import chat_event, log
from tests.exporter import Exporter, exporter_of
from tests.live import Stack, Tenant

CALLS = 60


@pytest.fixture
def filled(organization: Tenant, wait_for_rows: Callable[..., list[Any]]) -> list[Any]:
    """Rows, the newest first: some of one moment, some with the id of another."""
    began = now_us()
    log(
        *(
            chat_event(
                organization.id,
                at_us=began + n // 4 * 400,
                text=f"Grüße {n}",
                request_id=f"call-{n // 2}",
                properties={"Environment": "production" if n % 3 else "staging"},
            )
            for n in range(CALLS)
        )
    )
    return wait_for_rows(organization.id, CALLS)


@pytest.fixture
def tool(stack: Stack, organization: Tenant, tmp_path: Path) -> Exporter:
    """The tool, with a key that may only read."""
    issued = actions.issue_api_key(organization=organization.organization, name="Export", scope="r")
    return exporter_of(tmp_path, stack.url, issued.secret)


def test_everything_comes_out_as_it_was_logged(
    tool: Exporter, filled: list[Any], bodies_of: Callable[[Any], Any]
) -> None:
    status, said = tool.run("--include-body", "--batch-size", "7")
    assert status == 0, said
    rows = tool.rows()
    assert [row["helicone_id"] for row in rows] == [str(row.id) for row in filled]
    assert [row["cost"] for row in rows] == [row.cost_nanodollars / 1e9 for row in filled]
    bodies = [bodies_of(row) for row in filled]
    assert [row["request_body"] for row in rows] == [json.loads(one.request) for one in bodies]
    assert [row["response_body"] for row in rows] == [json.loads(one.response) for one in bodies]


def test_a_property_picks_some(tool: Exporter, filled: list[Any]) -> None:
    status, said = tool.run("-p", "Environment=staging", "--format", "parquet")
    assert status == 0, said
    assert [row["helicone_id"] for row in tool.rows("parquet")] == [
        str(row.id) for row in filled if row.properties["Environment"] == "staging"
    ]


def test_a_wrong_filter_is_told_with_its_place(tool: Exporter) -> None:
    status, said = tool.run("--filter", '{"request_response_rmt": {"modle": {"equals": "gpt-4o"}}}')
    assert status == 1
    assert "modle" in said
