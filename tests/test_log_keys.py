"""Keys that clients put into what they log: they are stored nowhere."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from helicone_site.redis_client import sync_client
from ingest_app.bodies import Bodies
from ingest_app.stream import STREAM
from requests_app.models import Request
from tests.live import Stack, Tenant
from tests.manual_logs import ANSWER, CHAT, manual_log, post_log

PROVIDER_KEY = "sk-proj-live-0123456789abcdef"


def everything_stored(row: Request, bodies: Bodies) -> bytes:
    """Returns all that a row's tables and the stream hold of it."""
    columns = {field.name: getattr(row, field.attname) for field in row._meta.fields}
    return b"\n".join([repr(columns).encode(), repr(bodies).encode(), *_stream(), *_tables(row)])


def _stream() -> list[bytes]:
    return [repr(entry).encode() for entry in sync_client().xrange(STREAM)]


def _tables(row: Request) -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM body t WHERE organization_id = %s", [row.organization_id])
        return [text.encode() for (text,) in cursor.fetchall()]


@pytest.fixture
def log(
    stack: Stack,
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[[Request], Bodies],
) -> Callable[[Any], tuple[Request, Bodies]]:
    def do(body: Any) -> tuple[Request, Bodies]:
        assert post_log(f"{stack.url}/oai/v1/log", body, key=organization.api_key).status == 200
        (row,) = wait_for_rows(organization.id)
        return row, bodies_of(row)

    return do


def test_the_key_that_litellms_callback_puts_into_meta_is_stored_nowhere(
    log: Callable[[Any], tuple[Request, Bodies]], organization: Tenant
) -> None:
    key = organization.api_key
    meta = {
        "Helicone-Auth": f"Bearer {key}",
        "Authorization": f"Bearer {key}",
        "Helicone-Property-Call": {"headers": {"helicone-auth": f"Bearer {key}"}},
        "Helicone-Property-Key": key,
        "litellm_params": {"metadata": {"headers": [key]}},
    }
    row, bodies = log(manual_log(meta=meta))

    assert key.encode() not in everything_stored(row, bodies)
    assert row.properties["Key"] == "[removed]"


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "Authorization",
        "x-api-key",
        "api-key",
        "api_key",
        "X-Goog-Api-Key",
        "Helicone-Auth",
        "openai_api_key",
    ],
)
def test_a_header_with_a_key_within_a_body_is_stored_without_it(
    log: Callable[[Any], tuple[Request, Bodies]], name: str
) -> None:
    request = {**CHAT, "extra_headers": {name: f"Bearer {PROVIDER_KEY}", "x-other": "kept"}}
    answer = {**ANSWER, "_hidden": json.dumps({"headers": {name: PROVIDER_KEY}})}
    row, bodies = log(manual_log(request, answer))

    assert PROVIDER_KEY.encode() not in everything_stored(row, bodies)
    assert json.loads(bodies.request or b"")["extra_headers"] == {name: "[removed]", "x-other": "kept"}
    assert json.loads(json.loads(bodies.response or b"")["_hidden"]) == {"headers": {name: "[removed]"}}


def test_a_key_in_the_logged_url_is_not_stored(log: Callable[[Any], tuple[Request, Bodies]]) -> None:
    url = f"https://me:{PROVIDER_KEY}@example.com/v1/chat/completions?key={PROVIDER_KEY}"
    row, bodies = log(manual_log(url=url))

    assert PROVIDER_KEY.encode() not in everything_stored(row, bodies)
    assert row.target_url == "https://example.com/v1/chat/completions"


def test_text_that_only_speaks_of_keys_is_left_alone(log: Callable[[Any], tuple[Request, Bodies]]) -> None:
    request = {
        "messages": [{"role": "user", "content": "Where does my authorization: Bearer token go?"}],
        "tools": [{"parameters": {"properties": {"api_key": {"type": "string"}}}}],
    }
    _, bodies = log(manual_log(request))

    assert json.loads(bodies.request or b"") == request
