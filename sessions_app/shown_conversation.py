"""A session's conversation as its page shows it."""

from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

from helicone_site import formats
from ingest_app.events import SpanKind
from requests_app.conversation import Message
from requests_app.shown import PAIR_COLOURS, ShownPart, shown_part
from requests_app.shown_step import ShownStep
from requests_app.word_diff import Piece
from sessions_app.conversation import ToldMessage, ToldPart, Turn, TurnRow
from sessions_app.histories import Change, ChangeKind

# Results of tools beyond this are folded: an agent reads whole files, and its reader the flow.
FOLDED_CHARACTERS = 600
LINE_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class ShownTold:
    """A part of a message with the results that a tool gave for it. `row` is the request that brought it."""

    shown: ShownPart
    row: TurnRow
    results: "list[ShownTold]"

    @property
    def is_open(self) -> bool:
        """Whether a tool's result is read without a click: short ones, and errors."""
        return self.shown.characters <= FOLDED_CHARACTERS or self.shown.part.is_error

    @property
    def line(self) -> str:
        """The beginning of a tool's result, on one line."""
        return " ".join(self.shown.part.text[: 2 * LINE_CHARACTERS].split())[:LINE_CHARACTERS]

    @property
    def prefix(self) -> str:
        """What keeps the part's id apart from those of other requests."""
        return f"{self.row.id}-"


@dataclass(frozen=True, slots=True)
class ShownMessage:
    message: Message
    parts: list[ShownTold]
    pieces: list[Piece]


class ShownTurn:
    """What one request brought. `session_start_us` is when the session began."""

    def __init__(self, turn: Turn, *, session_start_us: int) -> None:
        self.turn = turn
        self.row = turn.row
        self._session_start_us = session_start_us

    @property
    def after(self) -> str:
        """How long after the session's start it began."""
        return f"+{formats.duration(max(0, self.row.start_us - self._session_start_us) / 1000)}"

    @property
    def is_model_call(self) -> bool:
        return self.row.kind == SpanKind.MODEL

    @property
    def is_error(self) -> bool:
        return not 200 <= self.row.status < 400

    @property
    def branch(self) -> str:
        """The path, and which conversation on it when there are several."""
        branch = self.turn.branch
        path = self.row.session_path if branch is None else branch.path
        return f"{path} · {branch.number}" if branch is not None and branch.number > 1 else path

    @property
    def colour(self) -> int:
        """One of the colours of branches."""
        return 1 + crc32(self.branch.encode()) % PAIR_COLOURS

    @property
    def change(self) -> str:
        """What it did to its history, in words; "" when it went on with it."""
        return change_words(self.turn.change) if self.turn.change is not None else ""

    @cached_property
    def messages(self) -> list[ShownMessage]:
        return [_shown_message(told) for told in self.turn.messages]

    @cached_property
    def step(self) -> ShownStep | None:
        return ShownStep(self.turn.step) if self.turn.step is not None else None


def change_words(change: Change) -> str:
    """Returns in words what a request did to its history."""
    match change.kind:
        case ChangeKind.AGAIN:
            return "Asked again: the same messages as before"
        case ChangeKind.ANSWER:
            return "The answer before was changed or left out"
        case ChangeKind.PARALLEL:
            return "Goes another way at the same time"
        case ChangeKind.LEFT_OUT:
            return f"{_messages(change.gone)} before left out of the history"
        case ChangeKind.REWRITTEN:
            return f"History rewritten: {_messages(change.gone)} before replaced by {change.instead:,}"


def _messages(number: int) -> str:
    return f"{number:,} message{'' if number == 1 else 's'}"


def _shown_message(told: ToldMessage) -> ShownMessage:
    return ShownMessage(told.message, [_shown_told(part) for part in told.parts], told.pieces)


def _shown_told(told: ToldPart) -> ShownTold:
    return ShownTold(shown_part(told.part, told.key), told.row, [_shown_told(one) for one in told.results])
