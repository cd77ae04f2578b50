"""The answer of a manual log: JSON, or the text of a stream that is one of the known dialects, or some text.

Clients send what they read of a stream in every form: server-sent events, JSON lines, a JSON array, or one JSON
string for each piece (Python's helper). All become server-sent events, which the writer folds.
"""

from typing import NamedTuple

import msgspec

from ingest_app.dialects import UNREADABLE, Dialect, Json, dialect_of
from ingest_app.dialects.shapes import dialect_by_shape, is_piece

_SSE_STARTS = ("data:", "event:", "id:", "retry:", ":")


class Answer(NamedTuple):
    """The body to log and what it is."""

    body: bytes
    dialect: str = ""  # its name, "" for none that is known
    is_stream: bool = False


def answer_of(*, json: bytes, text: str, path: str) -> Answer:
    """Returns what was answered at `path`: what `text` says, if anything, else `json`."""
    known = dialect_of(path)
    if not text:
        return Answer(json, _name(_object(json), known))
    return _streamed(text, known) or _whole(text, known)


def _streamed(text: str, known: Dialect | None) -> Answer | None:
    """Returns the stream in `text`, None when it is none whose dialect is known."""
    events = _events(text)
    sample = next(filter(None, map(_object, events)), None)
    if sample is None or not (len(events) > 1 or is_piece(sample)):
        return None
    dialect = _dialect(sample, known)
    if dialect is None or dialect.new_fold is None:
        return None
    return Answer(b"".join(b"data: %b\n\n" % event for event in events), dialect.name, is_stream=True)


def _whole(text: str, known: Dialect | None) -> Answer:
    """Returns `text` as it is; the pieces of a text put together."""
    pieces = _pieces(text)
    body = ("".join(pieces) if pieces else text).encode("utf-8", "replace")
    return Answer(body, _name(_object(body), known), is_stream=bool(pieces))


def _events(text: str) -> list[bytes]:
    """Returns the events of a stream, one JSON text each, as far as `text` looks like one."""
    text = "\n".join(_pieces(text)) or text
    start = text[:100].lstrip()
    if start.startswith(_SSE_STARTS):
        # Whoever joined the lines may have left the empty ones out. Nobody's event has two lines of data.
        lines = (line.strip() for line in text.split("\n"))
        return [line[5:].strip().encode() for line in lines if line.startswith("data:")]
    if start.startswith("{"):
        return [line.strip().encode() for line in text.split("\n") if line.strip()]
    if start.startswith("["):
        try:
            return [bytes(item) for item in msgspec.json.decode(text, type=list[msgspec.Raw])]
        except UNREADABLE:
            return []
    return []


def _pieces(text: str) -> list[str]:
    """Returns what the lines say when each is a JSON string, else nothing."""
    if not text[:100].lstrip().startswith('"'):
        return []
    try:
        return [msgspec.json.decode(line, type=str) for line in text.split("\n") if line.strip()]
    except UNREADABLE:
        return []


def _name(answer: Json | None, known: Dialect | None) -> str:
    dialect = _dialect(answer, known) if answer is not None else None
    return dialect.name if dialect else ""


def _dialect(answer: Json, known: Dialect | None) -> Dialect | None:
    """Returns what `answer` looks like. Of pictures and sound the path knows more, of text the looks do.

    LiteLLM's callback, for one, logs OpenAI's usage in answers at Anthropic's path.
    """
    if known is not None and not known.is_text:
        return known
    return dialect_by_shape(answer) or known


def _object(body: bytes) -> Json | None:
    try:
        found = msgspec.json.decode(body)
    except UNREADABLE:
        return None
    return found if isinstance(found, dict) else None
