"""A realtime session cut into turns: which of its events belong to which response, and what of them is logged.

A session has no requests. What comes nearest is a response, with all that was put in since the one before: items,
transcripts, and the settings in force. It is logged in the form of a Responses request, whose fields most of these
are. Audio is counted and not kept: an hour of it is some hundred megabytes, and its transcript says what was said.
Of more than LOGGED_BYTES the newest items are kept, and of a response its end.
"""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway_app.request_body import LOGGED_BYTES
from ingest_app.dialects import Json, rows, table
from ingest_app.dialects.openai_realtime import AUDIO_DELTAS, CONTENT_DELTAS, TOLD_BY
from ingest_app.events import now_us

# Of the session object: what is not a setting.
_NOT_SETTINGS = frozenset({"id", "object", "expires_at", "client_secret"})
_BUSY = "conversation_already_has_active_response"


class _Event(msgspec.Struct):
    """The fields by which an event is told; the rest of it is skipped unread."""

    type: str = ""
    event_id: str | None = None
    response_id: str | None = None
    audio: msgspec.Raw = msgspec.Raw(b'""')


_event = msgspec.json.Decoder(_Event)


@dataclass(slots=True)
class Asked:
    """A `response.create` that was not taken up yet."""

    event_id: str | None
    settings: Json
    at_s: float  # perf_counter


@dataclass(slots=True)
class Turn:
    """One response: what it was asked, and what it said. `status` and `error` are as in LogEvent."""

    began_s: float  # perf_counter
    request: Json = field(default_factory=dict)
    status: int = 200
    error: str = ""
    answer_bytes: int = 0  # of all its events
    latency_ms: int = 0
    _events: list[bytes] = field(default_factory=list)
    _kept_bytes: int = 0
    _first_content: tuple[int, int] | None = None  # number of the event, ms since the turn began

    @property
    def began_at_us(self) -> int:
        """Returns when the turn began, in microseconds since the epoch."""
        return now_us() - round((time.perf_counter() - self.began_s) * 1e6)

    def request_body(self) -> bytes:
        """Returns what was asked, as one JSON object."""
        return msgspec.json.encode(self.request)

    def answer(self) -> tuple[bytes, list[tuple[int, int]]]:
        """Returns the events as a stream for the log, and its arrivals (LogEvent)."""
        arrivals: list[tuple[int, int]] = []
        if self._first_content is not None:
            number, at_ms = self._first_content
            arrivals.append((sum(map(len, self._events[: number + 1])), at_ms))
        body = b"".join(self._events)
        return body, [*arrivals, (len(body), self.latency_ms)]

    def hear(self, kind: str, message: str) -> None:
        """Take one event of this response."""
        self.answer_bytes += len(message)
        is_first = kind in CONTENT_DELTAS and self._first_content is None
        if is_first:
            self._first_content = len(self._events), self._elapsed_ms()
        if kind in AUDIO_DELTAS:
            # The first one stays, empty, for its time.
            if is_first:
                self._events.append(_line(msgspec.json.encode({"type": kind})))
        elif kind in TOLD_BY and (is_first or self._kept_bytes + len(message) <= LOGGED_BYTES):
            self._events.append(_line(message.encode()))
            self._kept_bytes += len(message)

    def finish(self, message: str) -> None:
        """Take the last event, which says all that those before it said but when the first token came."""
        self.latency_ms = self._elapsed_ms()
        self.answer_bytes += len(message)
        if self._first_content is None:
            self._events = []
        else:
            number, at_ms = self._first_content
            self._events, self._first_content = [self._events[number]], (0, at_ms)
        self._events.append(_line(message.encode()))

    def break_off(self, status: int, error: str) -> None:
        """End the turn where it is."""
        self.latency_ms = self._elapsed_ms()
        self.status, self.error = status, error

    def _elapsed_ms(self) -> int:
        return round((time.perf_counter() - self.began_s) * 1000)


class Turns:
    """Follows the messages of one session. What is not understood is passed over: it is only missing in the log."""

    def __init__(self, model: str) -> None:
        self.session_id = ""
        self._settings: Json = {"model": model} if model else {}
        self._asked: deque[Asked] = deque(maxlen=100)
        self._spoken_s: float | None = None  # when the last speech ended that nobody answered yet
        self._inputs: dict[str, tuple[Json, int]] = {}  # by id, with size: what no response has taken up
        self._inputs_bytes = 0
        self._inputs_dropped = 0
        self._audio_bytes = 0
        self._active: dict[str, Turn] = {}  # by response id
        self._items: dict[str, Json] = {}  # by id: of `_inputs` and of active turns
        self._known: set[str] = set()  # ids of all items so far
        self._complaint = ""  # the last error event that no turn is about

    def settings(self) -> bytes:
        """Returns the session's settings in force, as one JSON object."""
        return msgspec.json.encode(self._settings)

    def client_said(self, message: str) -> None:
        """Take a message of the client."""
        try:
            event = _event.decode(message)
        except msgspec.DecodeError:
            return
        match event.type:
            case "response.create":
                settings = table(_decoded(message).get("response"))
                self._asked.append(Asked(event.event_id, _without_audio(settings), time.perf_counter()))
            case "input_audio_buffer.append":
                self._audio_bytes += _decoded_size(event.audio)
            case "input_audio_buffer.clear":
                self._audio_bytes = 0
            case "input_audio_buffer.commit":
                self._spoken_s = time.perf_counter()

    def provider_said(self, message: str) -> Turn | None:
        """Take a message of the provider. Returns the turn that it ends."""
        try:
            event = _event.decode(message)
        except msgspec.DecodeError:
            return None
        turn = self._active.get(event.response_id or "")
        if turn is not None:
            turn.hear(event.type, message)
        match event.type:
            case "session.created" | "session.updated":
                self._take_settings(table(_decoded(message).get("session")))
            case "input_audio_buffer.speech_stopped" | "input_audio_buffer.committed":
                self._spoken_s = self._spoken_s or time.perf_counter()
            case "conversation.item.created" | "conversation.item.added" | "conversation.item.done":
                self._take_item(table(_decoded(message).get("item")), len(message))
            case "conversation.item.input_audio_transcription.completed":
                self._take_transcript(_decoded(message), len(message))
            case "response.output_item.added":
                self._known.add(str(table(_decoded(message).get("item")).get("id")))
            case "response.created":
                self._begin(message)
            case "response.done":
                return self._end(message)
            case "error":
                return self._take_error(message)
        return None

    def break_off(self, status: int, error: str) -> list[Turn]:
        """Returns the turns that are unfinished, ended with `status` and `error` (as in LogEvent)."""
        unfinished = list(self._active.values())
        for turn in unfinished:
            turn.break_off(status, error)
        self._active = {}
        return unfinished

    def last_complaint(self) -> Turn | None:
        """Returns a turn for the error that the provider named before it ended the session, if it named one."""
        return self._refused(self._complaint) if self._complaint else None

    def _take_settings(self, session: Json) -> None:
        self.session_id = self.session_id or str(session.get("id") or "")
        settings = {name: value for name, value in session.items() if name not in _NOT_SETTINGS}
        self._settings = {**self._settings, **settings}

    def _take_item(self, item: Json, size: int) -> None:
        id = str(item.get("id"))
        if id in self._items:
            known = self._items[id]
            known.update(_with_transcripts(_without_audio(item), known))
        elif id not in self._known:
            self._put_in(id, _without_audio(item), size)

    def _take_transcript(self, data: Json, size: int) -> None:
        """A transcript may come after its speech was answered: then it is the first thing of the next turn."""
        id = str(data.get("item_id"))
        index = data.get("content_index") or 0
        parts = rows(self._items.get(id, {}).get("content"))
        if isinstance(index, int) and 0 <= index < len(parts):
            parts[index]["transcript"] = data.get("transcript")
            return
        part = {"type": "input_audio", "transcript": data.get("transcript")}
        self._put_in(id, {"id": id, "type": "message", "role": "user", "content": [part]}, size)

    def _put_in(self, id: str, item: Json, size: int) -> None:
        self._known.add(id)
        self._items[id] = item
        self._inputs[id] = item, size
        self._inputs_bytes += size
        while self._inputs_bytes > LOGGED_BYTES and len(self._inputs) > 1:
            oldest = next(iter(self._inputs))
            self._inputs_bytes -= self._inputs.pop(oldest)[1]
            self._items.pop(oldest, None)
            self._inputs_dropped += 1

    def _begin(self, message: str) -> None:
        response = table(_decoded(message).get("response"))
        turn = self._active[str(response.get("id"))] = self._new_turn()
        turn.hear("response.created", message)

    def _new_turn(self) -> Turn:
        asked = self._asked.popleft() if self._asked else None
        began_s = asked.at_s if asked else self._spoken_s or time.perf_counter()
        self._complaint = ""
        turn = Turn(began_s, self._request(asked))
        if not _brings_input(asked):
            self._inputs, self._inputs_bytes, self._inputs_dropped = {}, 0, 0
            self._audio_bytes, self._spoken_s = 0, None
        return turn

    def _request(self, asked: Asked | None) -> Json:
        """Returns the settings in force, those of this response before those of the session, and the input."""
        request = {**self._settings, **(asked.settings if asked else {})}
        if _brings_input(asked):
            return request
        request["input"] = [item for item, _ in self._inputs.values()]
        if self._audio_bytes:
            request["input_audio_bytes"] = self._audio_bytes
        if self._inputs_dropped:
            request["input_items_dropped"] = self._inputs_dropped
        return request

    def _end(self, message: str) -> Turn:
        response = table(_decoded(message).get("response"))
        turn = self._active.pop(str(response.get("id")), None) or self._new_turn()
        turn.finish(message)
        if response.get("status") == "cancelled":
            reason = table(response.get("status_details")).get("reason")
            turn.status, turn.error = -3, str(reason or "cancelled")
        if not self._active:
            self._items = {id: item for id, (item, _) in self._inputs.items()}
        return turn

    def _take_error(self, message: str) -> Turn | None:
        """Returns a turn when the error says that there will be no response where one was asked for."""
        error = table(_decoded(message).get("error"))
        about = error.get("event_id")
        for asked in self._asked:
            # Few clients name their events. Then an error while one is waited for is most likely about that.
            if asked.event_id == about if about else not self._active or error.get("code") == _BUSY:
                self._asked.remove(asked)
                return self._refused(message, asked)
        self._complaint = message
        return None

    def _refused(self, message: str, asked: Asked | None = None) -> Turn:
        """Returns a turn that did not come about: what waits goes on waiting."""
        turn = Turn(asked.at_s if asked else time.perf_counter(), self._request(asked))
        turn.finish(message)
        return turn


def _brings_input(asked: Asked | None) -> bool:
    """Returns whether a response has its own input, apart from the conversation's."""
    return asked is not None and "input" in asked.settings


def _line(event: bytes) -> bytes:
    if b"\n" in event or b"\r" in event:
        event = msgspec.json.format(event, indent=-1)
    return b"data: " + event + b"\n\n"


def _decoded(message: str) -> Any:
    return msgspec.json.decode(message)


def _decoded_size(base64: msgspec.Raw) -> int:
    """Returns the number of bytes that a JSON string of base64 stands for."""
    text = bytes(base64).strip(b'"')
    return len(text) * 3 // 4 - text[-2:].count(b"=")


def _without_audio(value: Any) -> Any:
    """Returns `value`, an item or settings with items, without the audio in its content parts."""
    if isinstance(value, list):
        return [_without_audio(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _without_audio(entry) for name, entry in value.items()}
    if str(kept.get("type")).endswith("audio") and isinstance(kept.get("audio"), str):
        kept["audio_bytes"] = len(kept.pop("audio")) * 3 // 4
    return kept


def _with_transcripts(item: Json, known: Json) -> Json:
    """Returns `item` with the transcripts of an older version, which the provider does not repeat."""
    for part, before in zip(rows(item.get("content")), rows(known.get("content")), strict=False):
        if before.get("transcript") and not part.get("transcript"):
            part["transcript"] = before["transcript"]
    return item
