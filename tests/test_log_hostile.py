"""Manual logs that nobody should send: each is refused or stored, and none does harm."""

import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest_app.bodies import Bodies
from requests_app.models import Request
from tests.fake_provider.process import ProviderHandle
from tests.gateways import GatewayProcess
from tests.live import Stack, Tenant
from tests.manual_logs import CHAT, manual_log, post_log
from tests.raw_http import RawAnswer

Post = Callable[..., RawAnswer]
LIMIT = 10 << 20
DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.fixture
def post(stack: Stack, organization: Tenant) -> Post:
    """Returns a function that posts a body to the door of custom logs."""

    def do(body: Any, headers: dict[str, str | bytes] | None = None) -> RawAnswer:
        return post_log(f"{stack.url}/custom/v1/log", body, key=organization.api_key, headers=headers)

    return do


def with_raw(raw: bytes, body: dict[str, Any] | None = None) -> bytes:
    """Returns the log with `raw` in the place of the string HERE."""
    sent = json.dumps(body or manual_log({"model": "m", "odd": "HERE"})).encode()
    assert sent.count(b'"HERE"') == 1
    return sent.replace(b'"HERE"', raw)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\x00",
        b"null",
        b'"text"',
        b"\xff\xfe{}",
        DEEP,
        b'{"providerRequest":' + DEEP + b"}",
        b"[]" * 1000,
    ],
    ids=["empty", "half", "nul", "null", "text", "utf-16", "deep", "deep member", "two"],
)
def test_what_is_no_log_is_refused(post: Post, body: bytes) -> None:
    answer = post(body)

    assert answer.status == 400
    assert json.loads(answer.body)["error"]


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 900 + b"]" * 900,
        b'"a\\u0000b"',
        b"1e300",
        b"9" * 400,
        b'"' + b"x" * 1_000_000 + b'"',
        b'{"":{"":""}}',
        b'"\xe2\x80\xa8"',
    ],
    ids=["deep", "nul", "huge", "digits", "long", "no names", "line separator"],
)
def test_odd_json_in_the_request_is_stored_as_it_came(
    post: Post,
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[[Request], Bodies],
    raw: bytes,
) -> None:
    assert post(with_raw(raw)).status == 200

    (row,) = wait_for_rows(organization.id)
    assert raw in (bodies_of(row).request or b"")
    assert row.model == "m"


@pytest.mark.parametrize(
    ("raw", "stored"), [(b'"a\\ud83e"', b'"a?"'), (b"NaN", b"null"), (b"-Infinity", b"null")]
)
def test_what_other_writers_of_json_let_pass_is_stored_as_json(
    post: Post,
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[[Request], Bodies],
    raw: bytes,
    stored: bytes,
) -> None:
    assert post(with_raw(raw)).status == 200

    (row,) = wait_for_rows(organization.id)
    assert bodies_of(row).request == b'{"model":"m","odd":' + stored + b"}"


def test_nul_characters_in_labels_and_names_are_stored_without_them(
    post: Post, organization: Tenant, wait_for_rows: Callable[..., list[Request]]
) -> None:
    meta = {"Helicone-User-Id": "a\0b", "Helicone-Property-A\0": "c\0", "\0": "\0"}
    assert post(manual_log({"_type": "tool", "toolName": "x\0y"}, {}, meta=meta, url="\0")).status == 200

    (row,) = wait_for_rows(organization.id)
    stored = (row.user_id, row.span_name, row.model, row.path, *row.properties, *row.properties.values())
    assert not any("\0" in text for text in stored)


@pytest.mark.parametrize("seconds", [0, 253_402_300_000])
def test_times_of_another_age_are_brought_into_this_one(
    post: Post, organization: Tenant, wait_for_rows: Callable[..., list[Request]], seconds: int
) -> None:
    assert post(manual_log(started_s=seconds, latency_ms=0)).status == 200

    (row,) = wait_for_rows(organization.id)
    assert row.properties["Helicone-Clock-Corrected"] == str(seconds * 1_000_000)


def test_a_body_over_the_limit_is_refused_as_the_contract_says(post: Post) -> None:
    answer = post(b'"' + b"x" * LIMIT)

    assert (answer.status, answer.body) == (400, b"Payload too large")


def test_a_body_just_within_the_limit_is_taken(
    post: Post, organization: Tenant, wait_for_rows: Callable[..., list[Request]]
) -> None:
    body = manual_log({"model": "m", "odd": "HERE"})
    room = LIMIT - len(with_raw(b'""', body))
    assert post(with_raw(b'"' + b"x" * room + b'"', body)).status == 200

    (row,) = wait_for_rows(organization.id)
    assert row.request_bytes > LIMIT - 2000


def test_a_bomb_is_not_unpacked(post: Post) -> None:
    answer = post(gzip.compress(b"\0" * (LIMIT + 1)), {"Content-Encoding": "gzip"})

    assert (answer.status, answer.body) == (400, b"Payload too large")


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "lzma", "gzip, br"])
def test_a_body_that_is_not_what_its_encoding_says_is_refused(post: Post, encoding: str) -> None:
    answer = post(b"\x01 not packed", {"Content-Encoding": encoding})

    assert answer.status == 400
    assert "unpacked" in json.loads(answer.body)["error"]


def test_a_body_that_is_cut_off_while_packed_is_refused(post: Post) -> None:
    packed = zlib.compress(json.dumps(manual_log()).encode())

    assert post(packed[: len(packed) // 2], {"Content-Encoding": "deflate"}).status == 400


def test_a_log_waits_on_the_disk_while_redis_is_away(
    tmp_path: Path,
    provider: ProviderHandle,
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
) -> None:
    with GatewayProcess(provider.url, env={"REDIS_URL": f"unix://{tmp_path}/nobody.sock"}) as gateway:
        answer = post_log(f"{gateway.url}/custom/v1/log", manual_log(CHAT), key=organization.api_key)
        assert (answer.status, answer.body) == (200, b"ok")
        gateway.kill()

    # The run's own gateway replays what a dead one left.
    (row,) = wait_for_rows(organization.id)
    assert str(row.id) == answer.header("helicone-id")
