"""An answer that comes in piece by piece, in any dialect, as the text it has so far."""

from dataclasses import dataclass

import msgspec

from ingest_app.dialects import UNREADABLE, Fold, dialect_of, frames, is_framed_without_sse, table
from ingest_app.sse import BLANK_LINE
from requests_app.conversation import PartKind, conversation

_SHOWN_KINDS = {PartKind.TEXT, PartKind.REASONING, PartKind.TOOL_CALL, PartKind.REFUSAL}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The answer so far: as the body that would be logged, and as plain text."""

    body: bytes
    text: str


class StreamedAnswer:
    """Takes the bytes of one answer. What is no stream is only read when it is whole."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._bytes = bytearray()
        self._read = 0
        self._error: dict[str, object] = {}
        dialect = dialect_of(path)
        self._fold: Fold | None = dialect.new_fold() if dialect and dialect.new_fold else None

    @property
    def size(self) -> int:
        return len(self._bytes)

    def add(self, piece: bytes) -> bool:
        """Take a piece. Returns whether there is new text in it."""
        self._bytes += piece
        return self._take(bytes(self._bytes[self._read : self._complete_until()]))

    def so_far(self) -> Snapshot:
        """Returns what has come."""
        answer = self._fold.answer() if self._fold is not None else None
        return self._snapshot(msgspec.json.encode(answer) if answer is not None else b"")

    def whole(self) -> Snapshot:
        """Returns the whole answer, put together where it was a stream."""
        body = bytes(self._bytes)
        if self._fold is None or not (self._read or self._is_array_of_events()):
            return self._snapshot(body)
        self._take(body[self._read :])
        answer = self._fold.answer() or {}
        if self._error:
            answer = {**answer, "error": self._error}
        return self._snapshot(msgspec.json.encode(answer) if answer else body)

    def _take(self, events: bytes) -> bool:
        if self._fold is None or not events:
            return False
        self._read += len(events)
        has_text = False
        for event in frames(events):
            try:
                data = msgspec.json.decode(event.data)
            except UNREADABLE:
                continue  # [DONE]
            if event.type == "error" or table(table(data).get("error")):
                self._error = table(table(data).get("error")) or table(data)
            elif isinstance(data, dict):
                has_text |= self._fold.add(event.type, data)
        return has_text

    def _complete_until(self) -> int:
        """Returns where the last complete event ends. Of a JSON array and of plain JSON none does before the end."""
        rest = bytes(self._bytes[self._read :])
        start = bytes(self._bytes[:16]).lstrip()[:1]
        if start == b"\x00":
            return self._read + max((event.end for event in frames(rest)), default=0)
        if start == b"{":  # lines of JSON; a plain answer may be laid out over lines, too
            is_lines = is_framed_without_sse(bytes(self._bytes[: 1 << 20]))
            return self._read + rest.rfind(b"\n") + 1 if is_lines else self._read
        if start == b"[":
            return self._read
        ends = [blank.end() for blank in BLANK_LINE.finditer(rest)]
        return self._read + (ends[-1] if ends else 0)

    def _is_array_of_events(self) -> bool:
        return bytes(self._bytes[:16]).lstrip()[:1] == b"["

    def _snapshot(self, body: bytes) -> Snapshot:
        parts = [part for message in conversation(None, body, self._path).messages for part in message.parts]
        return Snapshot(body, "\n\n".join(part.text for part in parts if part.kind in _SHOWN_KINDS))
