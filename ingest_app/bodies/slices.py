"""Where bodies are cut. An agent sends its whole history with every request: cut at its messages, all but the last
are bytes that were stored before.

A cut is a pair of offsets, so the pieces are the body whatever the offsets are. What is not understood is cut
badly or not at all, which costs space and never a byte.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

import msgspec

MIN_SLICE_BYTES = 128  # a stored slice costs about 100 bytes beside its own
MIN_BASE64_BYTES = 1024

Span = tuple[int, int]

# The same tools come with each request of an agent, so one reference does for all. When they are so many that
# another set would cost much, each tool is a slice.
_TOOLS = frozenset({"tools", "functions"})
_LARGE_TOOLS_BYTES = 16_384
# Arrays of answers: what a later request repeats is inside their items.
_ANSWERS = frozenset({"choices", "candidates"})
# A span of OpenTelemetry: each of its attributes may come again in the next span of a run.
_ATTRIBUTES = "attributes"
# Messages as JSON within a string, which is how spans have them: where the list begins, and what is between two.
_list_in_text = re.compile(rb'"\[(?=\{\\"(?:role|kind)\\")')
_between_messages = re.compile(rb'\},\s?(?=\{\\"(?:role|kind)\\")')
# An array this large may be millions of numbers; cutting it takes 60 bytes of memory an item.
_LARGE_ARRAY_BYTES = 1 << 20
_MIN_BYTES_PER_COMMA = 8

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])
_before_value = re.compile(rb'\s*[{,]\s*"(?:[^"\\]|\\.)*+"\s*:\s*')
_before_item = re.compile(rb"\s*[\[,]\s*")
_opening = re.compile(rb"\s*([{\[])")

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"
_WINDOW_BYTES = MIN_BASE64_BYTES // 2  # every run that is long enough fills a window
_window = re.compile(rb"[A-Za-z0-9+/=_-]{%d}" % _WINDOW_BYTES)
_run = re.compile(rb"[A-Za-z0-9+/=_-]*")


def spans(body: bytes) -> list[Span]:
    """Returns (start, end) of the parts of `body` that may come again, in order and apart.

    These are the items of the arrays of a JSON object (messages, input items, contents, output), its other large
    values (a system prompt, tools), and long runs of base64 anywhere (images, audio, files), which are cut out of
    the items they are in.
    """
    values = _values(body)
    runs = list(_base64_runs(body))
    kept = []
    position = 0
    for span in _apart(values, runs) if runs else values:
        start, end = span
        # A walk that lost its way (a key that comes twice) may point behind the end, or back.
        if position <= start and end - start >= MIN_SLICE_BYTES and end <= len(body):
            kept.append(span)
            position = end
    return kept


def _values(body: bytes) -> list[Span]:
    found: list[Span] = []
    opening = _opening.match(body)
    if opening is not None:
        add = _add_object if opening[1] == b"{" else _add_array
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            add(found, body, body, 0)
    return found


def _add_object(found: list[Span], body: bytes, raw: bytes | msgspec.Raw, position: int) -> None:
    """Add the parts of the object `raw`, which begins at `position`.

    The fields are walked in their order, each by the length of its value. A key that comes twice is once in the
    decoded fields: then what follows is not where it is looked for, and the walk ends there or goes astray.
    """
    for name, value in _fields.decode(raw).items():
        before = _before_value.match(body, position)
        if before is None:
            return
        start = before.end()
        position = start + len(value)
        if len(value) < MIN_SLICE_BYTES:
            continue
        if name == _ATTRIBUTES and body[start : start + 1] == b"{":
            _add_object(found, body, value, start)
        elif _list_in_text.match(body, start):
            _add_messages_in_text(found, body, start, position)
        elif body[start : start + 1] != b"[" or (name in _TOOLS and len(value) < _LARGE_TOOLS_BYTES):
            found.append((start, position))
        elif name in _ANSWERS:
            _add_answers(found, body, value, start)
        else:
            _add_array(found, body, value, start)


def _add_array(found: list[Span], body: bytes, raw: bytes | msgspec.Raw, position: int) -> None:
    if _is_of_tiny_items(body, position, position + len(raw)):
        found.append((position, position + len(raw)))
        return
    for item in _items.decode(raw):
        before = _before_item.match(body, position)
        if before is None:
            return
        start = before.end()
        position = start + len(item)
        if position - start >= MIN_SLICE_BYTES:
            found.append((start, position))


def _add_messages_in_text(found: list[Span], body: bytes, start: int, end: int) -> None:
    start += len(b'"[')
    for border in _between_messages.finditer(body, start, end):
        if border.start() + 1 - start >= MIN_SLICE_BYTES:
            found.append((start, border.start() + 1))
        start = border.end()
    end -= len(b']"')
    if end - start >= MIN_SLICE_BYTES:
        found.append((start, end))


def _add_answers(found: list[Span], body: bytes, raw: msgspec.Raw, position: int) -> None:
    items: list[Span] = []
    _add_array(items, body, raw, position)
    for start, end in items:
        if body[start : start + 1] == b"{":
            _add_object(found, body, body[start:end], start)


def _is_of_tiny_items(body: bytes, start: int, end: int) -> bool:
    size = end - start
    return size > _LARGE_ARRAY_BYTES and body.count(b",", start, end) * _MIN_BYTES_PER_COMMA > size


def _base64_runs(body: bytes) -> Iterator[Span]:
    """Yields the long runs of base64, looking only at every `_WINDOW_BYTES`th byte of what is none."""
    position = floor = 0
    while position + _WINDOW_BYTES <= len(body):
        if _window.match(body, position) is None:
            position += _WINDOW_BYTES
            continue
        # The window before this one was not full, or was part of the run before: so the start is not far.
        behind = max(floor, position - _WINDOW_BYTES)
        start = behind + len(body[behind:position].rstrip(_BASE64))
        found = _run.match(body, position)
        end = found.end() if found else position
        if end - start >= MIN_BASE64_BYTES:
            yield start, end
        position = floor = end + 1


def _apart(values: list[Span], runs: list[Span]) -> Iterator[Span]:
    """Yields the runs, and of the values what the runs leave of them."""
    waiting = iter(values)
    value = next(waiting, None)
    for start, end in runs:
        while value is not None and value[1] <= start:
            yield value
            value = next(waiting, None)
        if value is not None and value[0] < start:
            yield value[0], start
        yield start, end
        while value is not None and value[1] <= end:
            value = next(waiting, None)
        if value is not None and value[0] < end:
            value = (end, value[1])
    if value is not None:
        yield value
    yield from waiting
