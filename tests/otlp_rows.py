"""The fixture of tests that look at the rows of spans: `pytest_plugins = ("tests.otlp_rows",)`."""

from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from requests_app.models import Request
from tests.live import Stack, Tenant
from tests.otlp import export, post

Log = Callable[..., list[Request]]


@pytest.fixture
def log(stack: Stack, organization: Tenant, wait_for_rows: Callable[..., list[Request]]) -> Log:
    """Returns a function that posts spans and returns their rows, in the same order."""

    def do(*spans: Span, resource: dict[str, Any] | None = None) -> list[Request]:
        answer = post(f"{stack.url}/v1/traces", export(*spans, resource=resource), key=organization.api_key)
        assert (answer.status, answer.body) == (200, b"")
        rows = {row.span_id: row for row in wait_for_rows(organization.id, len(spans))}
        return [rows[sent.span_id.hex()] for sent in spans]

    return do
