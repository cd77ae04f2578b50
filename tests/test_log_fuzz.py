"""Whatever is posted as a manual log is refused in words, or becomes an event that the writer can read."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingest_app.digest import digest
from ingest_app.doors.keys import without_keys
from ingest_app.doors.manual import Invalid, faults, log_event, read
from ingest_app.events import decode, encode
from tests.fuzzing import fuzz
from tests.manual_logs import manual_log
from tests.test_log_streams import ANTHROPIC, CHUNKS, FORMS, GEMINI, RESPONSES

_odd: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_names = st.sampled_from(
    ["_type", "toolName", "name", "model", "usage", "choices", "data", "type", "error", "object"]
)
_json = st.dictionaries(_names, _odd, max_size=5)
_streams = st.sampled_from([CHUNKS, ANTHROPIC, GEMINI, RESPONSES])
_texts = st.text(max_size=60) | st.builds(
    lambda form, chunks: form(chunks), st.sampled_from(list(FORMS.values())), _streams
)
_places = st.sampled_from(
    [
        ("providerRequest",),
        ("providerRequest", "url"),
        ("providerRequest", "meta"),
        ("providerResponse", "status"),
        ("providerResponse", "headers"),
        ("timing",),
        ("timing", "startTime"),
        ("timing", "endTime", "seconds"),
        ("timing", "timeToFirstToken"),
        ("provider",),
    ]
)


@fuzz
@given(_json, _json, _texts, st.none() | _places, _odd, st.booleans())
def test_every_body_is_refused_or_becomes_an_event(
    request: Any, response: Any, text: str, place: tuple[str, ...] | None, odd: Any, is_lenient: bool
) -> None:
    body = manual_log(request, response, text=text)
    if place is not None:
        part: Any = body
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] = odd
    sent = json.dumps(body).encode("utf-8", "replace")

    faults(sent)
    try:
        posted = read(sent, is_lenient=is_lenient, arrived_at_us=1)
    except Invalid as error:
        assert str(error)
        return
    event = log_event(posted, provider="custom", organization_id=1, api_key_id=1)
    assert decode(encode([event])) == [event]
    digest(event)


@fuzz
@given(st.binary(max_size=200), st.booleans())
def test_bytes_are_refused_in_words(sent: bytes, is_lenient: bool) -> None:
    faults(sent)
    try:
        read(sent, is_lenient=is_lenient, arrived_at_us=1)
    except Invalid as error:
        assert str(error)


@fuzz
@given(_json, st.text(alphabet='"\\:[ abc', max_size=30), st.sampled_from(["authorization", "X-Api-Key"]))
def test_json_without_keys_is_json(request: Any, secret: str, name: str) -> None:
    within = json.dumps({name: secret, "kept": request})
    cleaned = json.loads(
        without_keys(json.dumps({name: secret, "within": within, "kept": request}).encode(), "")
    )

    assert (cleaned[name], repr(cleaned["kept"])) == ("[removed]", repr(request))
    assert name in cleaned["within"]
