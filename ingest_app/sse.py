"""Server-sent events as the log reads them (WHATWG HTML, 9.2.6)."""

import re
from collections.abc import Iterator
from typing import NamedTuple

BLANK_LINE = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n|\r\n\n")
_LINE_END = re.compile(rb"\r\n|\n|\r")


class ServerSentEvent(NamedTuple):
    """One event with data; `end` is the offset in the stream just after it."""

    type: str
    data: bytes
    end: int


def events(stream: bytes) -> Iterator[ServerSentEvent]:
    """Yields the events of `stream` in order; comments and events without data are left out.

    A last event whose blank line is missing is yielded too: a stream that broke off still said it.
    """
    start = 0
    while start < len(stream):
        blank = BLANK_LINE.search(stream, start)
        end = blank.end() if blank else len(stream)
        event_type, data = "message", []
        for line in _LINE_END.split(stream[start:end]):
            name, _, value = line.partition(b":")
            if name == b"data":
                data.append(value.removeprefix(b" "))
            elif name == b"event":
                event_type = value.removeprefix(b" ").decode("utf-8", "replace")
        if data:
            yield ServerSentEvent(event_type, data[0] if len(data) == 1 else b"\n".join(data), end)
        start = end
