"""Bodies taken apart and put together: the same bytes, whatever they are, and little of them for each turn."""

import base64
import json
import random

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest_app.bodies.slices import MIN_BASE64_BYTES, spans
from ingest_app.bodies.template import compress, pack, unpack

TEXT = "The quick brown fox jumps over the lazy dog. " * 8
IMAGE = base64.b64encode(random.Random(7).randbytes(3000)).decode()

_strings = st.text(max_size=30) | st.sampled_from(
    [
        TEXT,
        IMAGE,
        "",
        "\ud800",
        'q"\\\n\t',
        "\u2028é🦉",
        '[{"role": "u"}, {"role": "a"}]',
        f'[{{"role":"{TEXT}"}}]',
    ]
)
_numbers = st.integers() | st.floats(allow_nan=False)
_keys = st.sampled_from(
    ["messages", "tools", "input", "contents", "choices", "output", "system", "content", "attributes", "a"]
)


def _spaced(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(["", "", "", " ", "\n  ", "\t\r\n"]))


@st.composite
def _json(draw: st.DrawFn, depth: int = 0) -> str:
    """JSON text with any white space, keys that come twice, and escapes that no encoder would choose."""
    kind = draw(st.integers(0, 2 if depth > 2 else 6))
    if kind == 0:
        return json.dumps(draw(_strings), ensure_ascii=draw(st.booleans()))
    if kind == 1:
        return json.dumps(draw(_numbers | st.none() | st.booleans()))
    if kind == 2:
        return '"' + "".join(f"\\u{ord(letter):04X}" for letter in draw(st.sampled_from([TEXT, "ab"]))) + '"'
    gap = _spaced(draw)
    values = draw(st.lists(_json(depth=depth + 1), max_size=5))
    if kind == 3:
        return f"[{gap}" + f"{gap},{gap}".join(values) + f"{gap}]"
    fields = (f"{json.dumps(draw(_keys))}{gap}:{gap}{value}" for value in values)
    return f"{gap}{{{gap}" + f"{gap},{gap}".join(fields) + f"{gap}}}"


@st.composite
def _bodies(draw: st.DrawFn) -> bytes:
    """JSON as it may come: as UTF-8 or not, cut off, with bytes that are wrong, repeated."""
    body = draw(_json()).encode("utf-8", "surrogatepass")
    if draw(st.booleans()):
        body = body[: draw(st.integers(0, len(body)))]
    if draw(st.booleans()):
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(st.binary(max_size=8)) + body[at:]
    return body * draw(st.sampled_from([1, 1, 1, 2, 9]))


def _again(body: bytes) -> bytes:
    packed = pack(body)
    return unpack(packed.template, iter([data for _, data in packed.slices]))


@settings(max_examples=200, deadline=None)
@given(_bodies() | st.binary(max_size=3000))
def test_any_bytes_come_back_as_they_were(body: bytes) -> None:
    assert _again(body) == body
    found = spans(body)
    assert [end for _, end in found[:-1]] <= [start for start, _ in found[1:]]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "%s", "a": [1], "messages": ["%s"]}' % (TEXT.encode(), TEXT.encode()),
        b'{"messages": [%s], "messages": []}' % json.dumps(TEXT * 3).encode(),
        b'{"messages": [], "b": 1, "messages": [%s   ,  1]}' % json.dumps(TEXT * 3).encode(),
        b'{"choices": [' + b'{"message": [' * 3000 + b"]}" * 3000 + b"]}",
        b"[" * 100_000,
        b'{"messages": ["' + b"\xff" * 500 + b'"]}',
        b'\xef\xbb\xbf{"messages": ["' + b"x" * 500 + b'"]}',
        '{"messages": ["é"]}'.encode("utf-16"),
        b"\x01",
        b"\x28\xb5\x2f\xfd",
        IMAGE.encode(),
        IMAGE.encode() + b"=" + IMAGE.encode() + b'"' + IMAGE.encode(),
    ],
)
def test_hostile_bodies_come_back_as_they_were(body: bytes) -> None:
    assert _again(body) == body


@pytest.mark.parametrize(
    "unit", [b'{"a":1},', b"0,", b'"x": {}, ', b"\xff", b"A", b'\\"', b'{"role":"user"},\n']
)
def test_twenty_megabytes_of_anything_come_back(unit: bytes) -> None:
    body = b'{"messages": [' + unit * (20_000_000 // len(unit)) + b"0]}"
    assert _again(body) == body


def _slices(body: bytes) -> list[bytes]:
    return [body[start:end] for start, end in spans(body)]


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_each_message_and_the_tools_are_slices(separators: tuple[str, str]) -> None:
    def dump(value: object) -> bytes:
        return json.dumps(value, separators=separators).encode()

    messages = [{"role": "user", "content": f"{n} {TEXT}"} for n in range(3)]
    tools = [{"type": "function", "function": {"name": f"f{n}", "description": TEXT}} for n in range(3)]
    body = dump(
        {"model": "gpt-4o", "messages": [*messages, {"role": "user", "content": "Hi"}], "tools": tools}
    )
    assert _slices(body) == [*map(dump, messages), dump(tools)]


def test_of_very_many_tools_each_is_a_slice() -> None:
    tools = [{"name": f"f{n}", "description": TEXT} for n in range(60)]
    assert _slices(json.dumps({"tools": tools}).encode()) == [json.dumps(tool).encode() for tool in tools]


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ({"system": [{"type": "text", "text": TEXT}], "messages": [{"content": TEXT}]}, 2),  # Anthropic
        ({"instructions": TEXT, "input": [{"role": "user", "content": TEXT}, {"type": "x", "id": TEXT}]}, 3),
        ({"system_instruction": {"parts": [{"text": TEXT}]}, "contents": [{"parts": [{"text": TEXT}]}]}, 2),
        ({"choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}}]}, 1),
        ({"candidates": [{"content": {"parts": [{"text": TEXT}]}, "index": 0}]}, 1),
        ({"output": [{"type": "message", "content": [{"text": TEXT}]}] * 2}, 2),
        ([{"content": TEXT}, {"content": TEXT}], 2),
    ],
)
def test_the_formats_of_all_providers_are_cut(body: object, parts: int) -> None:
    assert len(_slices(json.dumps(body, indent=2).encode())) == parts


def test_an_answer_is_the_same_slice_as_the_message_that_repeats_it() -> None:
    message = {"role": "assistant", "content": TEXT}
    answer = json.dumps({"id": "x", "choices": [{"index": 0, "message": message}]}).encode()
    request = json.dumps({"messages": [{"role": "user", "content": "Hi"}, message]}).encode()
    assert _slices(answer) == _slices(request)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": IMAGE}},
        {"type": "input_audio", "input_audio": {"data": IMAGE, "format": "wav"}},
        {"inline_data": {"mime_type": "image/png", "data": IMAGE}},
        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{IMAGE}"}},
    ],
)
def test_an_image_is_a_slice_of_its_own_wherever_it_is(part: object) -> None:
    content = [{"type": "text", "text": TEXT}, part, {"type": "text", "text": TEXT}]
    body = json.dumps({"messages": [{"role": "user", "content": content}]}).encode()
    before, image, after = _slices(body)
    assert image == IMAGE.encode()
    assert before.startswith(b'{"role"')
    assert after.endswith(b"}]}")


@pytest.mark.parametrize("offset", range(0, 1100, 97))
def test_base64_is_found_from_its_minimal_length_at_any_offset(offset: int) -> None:
    run = IMAGE[:MIN_BASE64_BYTES]
    body = b" " * offset + b'"' + run.encode() + b'"'
    assert _slices(body) == [run.encode()]
    assert _slices(body.replace(run.encode(), run[1:].encode())) == []


def test_bodies_of_before_slices_can_be_read() -> None:
    body = json.dumps({"messages": [{"role": "user", "content": TEXT}]}).encode()
    assert unpack(zstandard.ZstdCompressor(level=3).compress(body), iter([])) == body


def test_a_later_turn_adds_little() -> None:
    messages = [{"role": "user", "content": f"{n} {TEXT}"} for n in range(100)]
    body = json.dumps({"model": "gpt-4o", "messages": messages}).encode()
    earlier = {id for id, _ in pack(body).slices}
    messages.append({"role": "user", "content": "And now?"})
    packed = pack(json.dumps({"model": "gpt-4o", "messages": messages}).encode())
    assert {id for id, _ in packed.slices} == earlier
    assert len(packed.template) < 200
    assert len(compress(body)) > len(packed.template)


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_later_span_of_a_run_adds_little(separators: tuple[str, str]) -> None:
    """OpenTelemetry's spans have their messages as JSON in a string, or an attribute for each part of them."""

    def span(turns: int) -> bytes:
        messages = [
            {"role": "user", "parts": [{"type": "text", "content": f"{n} {TEXT}"}]} for n in range(turns)
        ]
        indexed = {f"gen_ai.prompt.{n}.content": f"{n} indexed {TEXT}" for n in range(turns)}
        written = json.dumps(messages, separators=separators)
        attributes = {"gen_ai.system_instructions": TEXT, "gen_ai.input.messages": written, **indexed}
        return json.dumps({"name": "chat", "attributes": attributes}).encode()

    earlier = {id for id, _ in pack(span(20)).slices}
    assert len(earlier) == 1 + 20 + 20
    assert len({id for id, _ in pack(span(21)).slices} - earlier) == 2
