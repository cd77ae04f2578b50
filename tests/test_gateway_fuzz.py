"""Nothing that a client or a provider sends trips one of the gateway's parsers.

HELICONE_FUZZ_EXAMPLES=5000 makes a long run of it, with other examples each time.
"""

import itertools
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_app import edits, headers
from gateway_app.catalog import CATALOG
from gateway_app.destination import ALLOWED_TARGETS, checked_target
from gateway_app.errors import GatewayError
from gateway_app.http1.call import encode_head
from gateway_app.model_names import choose
from gateway_app.providers import Speaks
from gateway_app.relay import EventStreamRelay
from gateway_app.routes import is_gateway_path, route
from tests.fuzzing import call_to, cut, fuzz

HELICONE_KEY = "sk-helicone-fuzzing-fuzzing-fuzzing-fuzzing"
HOP_BY_HOP = {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"host"}
KEY_HEADERS = {b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key"}
NAMES = st.sampled_from(
    b"host connection keep-alive te cookie set-cookie content-length content-encoding transfer-encoding upgrade"
    b" authorization x-api-key api-key x-goog-api-key helicone-auth helicone-user-id helicone-session-id"
    b" helicone-property-a helicone-property- helicone-target-url helicone-omit-request helicone-prompt-id"
    b" helicone- session_id user-agent anthropic-version aws-access-key x-team".split()
)
VALUES = st.one_of(
    st.binary(max_size=20).map(lambda value: value.translate(None, b"\r\n\0")),
    st.sampled_from(
        (
            b"Bearer sk-1",
            f"Bearer {HELICONE_KEY}".encode(),
            HELICONE_KEY.encode(),
            b"true",
            b"codex_cli",
            b"x-team",
        )
    ),
    st.lists(
        st.sampled_from(("Bearer sk-1", f"Bearer {HELICONE_KEY}", HELICONE_KEY, "", " ")), max_size=4
    ).map(lambda parts: ",".join(parts).encode()),
)


@fuzz
@given(st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_any_headers_are_read_and_what_is_not_the_providers_stays(sent: list[tuple[bytes, bytes]]) -> None:
    seen = headers.read(sent)

    named = {
        name.strip().lower() for key, value in sent if key == b"connection" for name in value.split(b",")
    }
    for name, value in seen.forwarded:
        assert not name.startswith(b"helicone-")
        assert name not in HOP_BY_HOP | {b"cookie", b"set-cookie", b"content-length"}
        assert name not in named or name in KEY_HEADERS
        assert HELICONE_KEY.encode() not in value or name not in KEY_HEADERS
    kept = [pair for pair in seen.forwarded if pair[0] in {b"x-team", b"user-agent", b"session_id"}]
    assert kept == [pair for pair in sent if pair[0] in {b"x-team", b"user-agent", b"session_id"} - named]


SEGMENTS = [
    "v1",
    "v1beta",
    "gateway",
    "oai",
    "jawn",
    "ai",
    "models",
    "chat",
    "completions",
    "",
    "..",
    "%2F",
    "%",
    HELICONE_KEY,
]
BEGINNINGS = [
    "",
    "/v1/gateway",
    "/v1/gateway/oai",
    "/jawn/v1/gateway/nobody",
    "/v1/models",
    f"/{HELICONE_KEY}",
    "/v1beta/models/a:b",
]
PATHS = st.builds(
    lambda start, parts: start + "/" + "/".join(parts),
    st.sampled_from(BEGINNINGS),
    st.lists(st.sampled_from(SEGMENTS) | st.text(max_size=8), max_size=5),
)


@fuzz
@given(st.text(max_size=30), PATHS, st.booleans(), st.booleans())
def test_any_path_has_a_route_or_is_not_the_gateways(
    host: str, path: str, anthropic: bool, google: bool
) -> None:
    if not is_gateway_path(host, path):
        return
    found = route(host, path, speaks_anthropic=anthropic, speaks_google=google)

    assert found.path.startswith("/")
    assert path.endswith(found.path) or found.path == "/"
    assert not found.key or found.key in path


URLS = st.one_of(
    st.text(max_size=40),
    st.builds(
        "{}{}{}{}{}{}".format,
        st.sampled_from(
            ("https://", "http://", "HTTPS://", "//", "", "file://", "gopher://", "https:/", "https:\\\\")
        ),
        st.sampled_from(("", "", "user@", "api.openai.com@", "a:b@", "api.openai.com\\@")),
        st.sampled_from(
            ("api.openai.com", "API.OpenAI.com", "api.openai.com.", "127.0.0.1", "[::1]", "2130706433")
        )
        | st.text(max_size=12),
        st.sampled_from(("", "", ":443", ":80", ":0", ":99999", ":x", ":")),
        st.sampled_from(("", "", "/v1", "/v1/", "/\r\nX: y", "/ü", "/a b", "//evil.test", "/.."))
        | st.text(max_size=9),
        st.sampled_from(("", "", "?a=b", "#f", "\0", "@evil.test")),
    ),
)


@fuzz
@given(URLS)
def test_any_target_leads_to_a_known_host_or_is_refused(url: str) -> None:
    try:
        target = checked_target(url)
    except GatewayError as refused:
        assert refused.status in {400, 403}
        return
    parts = urlsplit(target.origin)
    is_redirected = target.origin == target.provider.origin  # by the operator
    assert is_redirected or CATALOG.of_host(parts.hostname or "") or parts.netloc in ALLOWED_TARGETS
    # What it says is one request line and Host, whatever was in it.
    assert encode_head(call_to(target.origin, target.path + "/v1/models")).count(b"\r\n") == 3


MODELS = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            (
                "gpt-4o",
                "openai",
                "anthropic",
                "/",
                ",",
                "!",
                "claude-haiku-4-5",
                ":online",
                " ",
                "//",
                "!openai",
            )
        ),
        max_size=8,
    ).map("".join),
)


@fuzz
@given(MODELS, st.sampled_from(Speaks), st.booleans())
def test_any_model_is_somebodys_or_is_refused(names: str, dialect: Speaks, has_key: bool) -> None:
    openai = CATALOG.by_name["openai"]
    try:
        choice, path = choose(names, dialect, openai, lambda provider: has_key)
    except GatewayError as refused:
        assert refused.status in {400, 401}
        return
    assert has_key
    assert path.endswith(dialect)
    excluded = {
        entry.strip()[1:].strip().lower() for entry in names.split(",") if entry.strip().startswith("!")
    }
    assert not excluded & {choice.provider.name, *choice.provider.slugs}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(
    st.sampled_from(("model", "stream", "stream_options", "messages", "x", "é")), JSON, max_size=5
)
STREAMED = st.builds(
    lambda rest, options: rest | {"stream": True} | options,
    OBJECTS,
    st.sampled_from(({}, {"stream_options": None}, {"stream_options": {}}, {"stream_options": {"a": 1}})),
)


@fuzz
@given(STREAMED, st.sampled_from((None, 1, "\t")), st.booleans())
def test_usage_is_asked_for_and_nothing_else_is_changed(
    asked: dict[str, Any], indent: int | str | None, ascii_only: bool
) -> None:
    body = json.dumps(asked, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    changed = edits.with_usage_asked(body)

    options = asked.get("stream_options")
    if options is not None and (not isinstance(options, dict) or "include_usage" in options):
        assert changed is None
    else:
        assert changed is not None
        assert json.loads(changed) == asked | {"stream_options": {**(options or {}), "include_usage": True}}


@fuzz
@given(OBJECTS, st.text(max_size=12))
def test_a_model_is_replaced_and_nothing_else_is_changed(asked: dict[str, Any], model: str) -> None:
    body = json.dumps(asked, indent=1).encode()
    model = model.encode("utf-8", "replace").decode()

    assert json.loads(edits.with_model(body, model)) == asked | {"model": model}
    assert edits.model_of(body) == (asked["model"] if isinstance(asked.get("model"), str) else "")


@fuzz
@given(
    st.binary(max_size=60)
    | st.builds(
        lambda head, depth: head + b"[" * depth,
        st.sampled_from((b"", b'{"stream":')),
        st.integers(0, 100_000),
    )
    | st.builds(lambda value: b'{"model":' + value + b',"stream": true}', st.binary(max_size=12))
)
def test_no_body_trips_the_edits(body: bytes) -> None:
    for edit in (edits.with_usage_asked, edits.without_prompt_tags):
        edit(body)
    for edit in (edits.fields, edits.model_of, lambda body: edits.with_model(body, "m")):
        try:
            edit(body)
        except edits.NotAnObject:
            continue


LINE_ENDS = (b"\n", b"\r\n", b"\r")
LINES = st.sampled_from(
    [
        *(
            b"data: {}",
            b'data:{"a":1}',
            b": ping",
            b"event: x",
            b"id: 1",
            b"data",
            b"data: [DONE]",
            b"data: [DONE",
            b"",
        ),
        *(b'data: {"type":"message_stop"}', b"event: message_stop", b"event: response.completed", b"\xff\0"),
    ]
)
STREAMS = st.lists(st.tuples(LINES, st.sampled_from(LINE_ENDS)), max_size=12).map(
    lambda lines: b"".join(itertools.chain.from_iterable(lines))
)
CUTS = st.lists(st.integers(0, 400), max_size=12)


@fuzz
@given(STREAMS | st.binary(max_size=60), CUTS)
def test_however_a_stream_is_cut_its_bytes_and_its_events_stay_whole(stream: bytes, cuts: list[int]) -> None:
    sent, held = relayed(cut(stream, cuts), withhold_usage=False)

    assert b"".join(sent) + held == stream
    for piece in sent:
        assert re.search(rb"(\r\n|\n|\r)(\r\n|\n|\r)\Z", piece)


CHUNK_FIELDS: dict[str, Any] = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "gpt-4o"}
USAGE = {"prompt_tokens": 5, "completion_tokens": 3}


@fuzz
@given(
    st.lists(st.text(max_size=6), max_size=6),
    st.sampled_from((b"\n\n", b"\r\n\r\n", b"\r\r")),
    CUTS,
    st.booleans(),
)
def test_a_stream_without_the_usage_that_nobody_asked_for_is_what_it_would_have_been(
    words: list[str], blank: bytes, cuts: list[int], is_ended: bool
) -> None:
    def event(chunk: dict[str, Any]) -> bytes:
        return b"data: " + json.dumps(CHUNK_FIELDS | chunk, separators=(",", ":")).encode() + blank

    contents = [[{"index": 0, "delta": {"content": word}}] for word in words]
    end = b"data: [DONE]" + blank if is_ended else b""
    asked = b"".join(event({"choices": choices, "usage": None}) for choices in contents)
    asked += event({"choices": [], "usage": USAGE}) + end
    plain = b"".join(event({"choices": choices}) for choices in contents) + end

    sent, held = relayed(cut(asked, cuts), withhold_usage=True)
    assert b"".join(sent) + held == plain


def relayed(pieces: list[bytes], *, withhold_usage: bool) -> tuple[list[bytes], bytes]:
    """Returns what a relay sends of `pieces`, and what it holds at the end."""
    sent: list[bytes] = []

    async def send(piece: bytes) -> None:
        sent.append(piece)

    async def feed() -> bytes:
        relay = EventStreamRelay(send, withhold_usage=withhold_usage)
        for piece in pieces:
            await relay.feed(piece)
        return relay.rest()

    # It waits for nothing but `send`, so it needs no loop.
    running = feed()
    with pytest.raises(StopIteration) as ended:
        running.send(None)
    return sent, ended.value.value
