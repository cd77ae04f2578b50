"""The flow of a session: each message once, though every request carries the history. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ingest_app.events import SpanKind
from requests_app.conversation import Conversation, Message, Part, PartKind, Step
from requests_app.word_diff import Piece, word_diff
from sessions_app.histories import Change, Histories, Placed
from sessions_app.said import Saying, Thread, key_of, role_of, spoken_in


class TurnRow(NamedTuple):
    """One request of a session, as far as its conversation needs it."""

    created_at: datetime
    id: UUID
    session_path: str
    path: str
    kind: str  # an ingest_app.events.SpanKind
    span_name: str
    model: str
    provider: str
    status: int
    error: str
    latency_ms: int
    cost_nanodollars: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    request_bytes: int
    response_bytes: int

    @property
    def start_us(self) -> int:
        """Returns when it started, in microseconds since the epoch."""
        return round(self.created_at.timestamp() * 1_000_000)

    @property
    def end_us(self) -> int:
        """Returns when it ended, in microseconds since the epoch."""
        return self.start_us + self.latency_ms * 1000


@dataclass(slots=True, eq=False)
class ToldPart:
    """A part of a message; `key` names it in its request, `results` are what a tool gave back for it."""

    part: Part
    key: str
    row: TurnRow
    results: "list[ToldPart]" = field(default_factory=list)


@dataclass(slots=True)
class ToldMessage:
    """A message that was not said before; of changed instructions, `pieces` say what changed."""

    message: Message
    parts: list[ToldPart]
    pieces: list[Piece] = field(default_factory=list)


@dataclass(slots=True)
class Branch:
    """Which conversation of the session it is: by its path, and its number among those on that path."""

    path: str
    number: int


@dataclass(slots=True)
class Turn:
    """What one request brought: messages, or a step that is no call of a model.

    `repeated` counts the messages that it carried along and that were told before.
    """

    row: TurnRow
    branch: Branch | None = None
    change: Change | None = None
    repeated: int = 0
    messages: list[ToldMessage] = field(default_factory=list)
    step: Step | None = None

    @property
    def length(self) -> int:
        """Returns how much there is to read, in messages."""
        return max(1, len(self.messages))


class Teller:
    """Tells the requests of a session one after another, in the order of their start."""

    def __init__(self, threads: Iterable[Thread] = ()) -> None:
        """`threads` are the conversations that were begun before the first request to be told."""
        self._histories = Histories(list(threads))
        self._calls: defaultdict[object, list[ToldPart]] = defaultdict(list)

    @property
    def threads(self) -> list[Thread]:
        """The conversations that a later request may go on with."""
        return self._histories.threads

    def tell(self, row: TurnRow, conversation: Conversation) -> Turn:
        """Returns what the request brings that was not told before."""
        if conversation.step is not None or row.kind == SpanKind.AGENT:
            return Turn(row, step=conversation.step if row.kind != SpanKind.AGENT else None)
        spoken = spoken_in(conversation)
        placed = self._histories.place(
            spoken, path=row.session_path, start_us=row.start_us, end_us=row.end_us, request_id=row.id
        )
        thread = placed.thread
        turn = Turn(row, Branch(thread.path, thread.number), placed.change)
        pieces = _changed_system(placed)
        repeated = _repeated(placed)
        for index, message in enumerate(conversation.messages):
            told = self._told(row, conversation, index, repeated)
            if told is None:
                turn.repeated += 1
            elif told.parts or told.message.note or not message.parts:
                if pieces and role_of(message) == "system" and not message.is_answer:
                    told.pieces, pieces = pieces, []
                turn.messages.append(told)
        return turn

    def _told(
        self, row: TurnRow, conversation: Conversation, index: int, repeated: set[tuple[int, int]]
    ) -> ToldMessage | None:
        """Returns the message with what is new in it, results of tools put to their calls; None when nothing is."""
        message = conversation.messages[index]
        fresh = [place for place in range(len(message.parts)) if (index, place) not in repeated]
        is_known = len(fresh) < len(message.parts)
        if is_known and all(not _is_worth_telling(message.parts[place]) for place in fresh):
            return None
        told = ToldMessage(message, [])
        for place in fresh:
            part = message.parts[place]
            one = ToldPart(replace(part, number=0, partner=""), f"{index}-{place}", row)
            call = self._call_of(part, conversation) if part.kind is PartKind.TOOL_RESULT else None
            if call is not None:
                call.results.append(one)
                continue
            told.parts.append(one)
            if part.kind is PartKind.TOOL_CALL:
                self._calls[part.id or key_of(part, "")].append(one)
        return told

    def _call_of(self, result: Part, conversation: Conversation) -> ToldPart | None:
        """Returns the call that a result answers, if that was told here."""
        if result.id and result.id in self._calls:
            return self._calls[result.id][-1]
        if not result.partner:
            return None
        message, _, place = result.partner.partition("-")
        call = conversation.messages[int(message)].parts[int(place)]
        calls = self._calls.get(call.id or key_of(call, ""), [])
        return next((told for told in calls if not told.results), None)


def _is_worth_telling(part: Part) -> bool:
    """Returns whether a part of a message most of which was told is more than what was left out on its way."""
    return part.kind not in {PartKind.REASONING, PartKind.SOURCES} and bool(part.text.strip() or part.source)


def _repeated(placed: Placed) -> set[tuple[int, int]]:
    """Returns the message and part of all that was told before."""
    system: list[Saying] = []
    if placed.before is not None:
        known = {saying.key for saying in placed.before.system}
        system = [saying for saying in placed.thread.spoken.system if saying.key in known]
    return {(saying.message, saying.part) for saying in (*placed.repeated, *system)}


def _changed_system(placed: Placed) -> list[Piece]:
    """Returns what changed in the instructions, nothing when they are new or the same."""
    before, now = placed.before, placed.thread.spoken.system_text
    if before is None or not before.system_text or before.system_text == now:
        return []
    return word_diff(before.system_text, now)
