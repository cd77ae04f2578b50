"""What a request says that the one before it did not: settings, messages, and words within them."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from requests_app.conversation import Conversation, Message, Part, PartKind
from requests_app.json_text import decoded, pretty_value
from requests_app.word_diff import Change, Piece, word_diff

# Of a message that came or went; it is read in full in the conversation.
SHOWN_CHARACTERS = 4_000
SHOWN_SETTING_CHARACTERS = 400
MAX_MESSAGES = 1_000
# Fields that hold the messages, which are compared as such.
_CONTENT = {"messages", "input", "prompt", "contents", "system", "systemInstruction", "system_instruction"}
_CONTENT |= {"instructions", "chat_history", "message"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of the request beside its messages. Empty: not there."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class MessageChange:
    """A message that came, went or changed; or a run of `count` that stayed. `number` is its place, from 1."""

    change: Change
    role: str = ""
    number: int = 0
    pieces: tuple[Piece, ...] = ()
    count: int = 1
    was_answered: bool = False  # the answer to the request before, sent along


@dataclass(frozen=True, slots=True)
class RequestDiff:
    """`answers` is compared only where both requests said the same."""

    settings: list[Setting]
    messages: list[MessageChange]
    answers: list[MessageChange]

    @property
    def says_the_same(self) -> bool:
        return not self.settings and all(entry.change is Change.SAME for entry in self.messages)


def request_diff(
    before: Conversation, after: Conversation, *, before_body: bytes | None, after_body: bytes | None
) -> RequestDiff:
    """Returns what changed from one request to the next."""
    old, new = _asked(before), _asked(after)
    answers = {_fingerprint(message)[1] for message in before.messages if message.is_answer}
    settings = _settings(_fields(before_body), _fields(after_body))
    found = RequestDiff(settings, _changes(old, new, answers), [])
    if not found.says_the_same:
        return found
    return RequestDiff([], found.messages, _changes(_answered(before), _answered(after), set()))


def _asked(conversation: Conversation) -> list[Message]:
    return [message for message in conversation.messages if not message.is_answer][:MAX_MESSAGES]


def _answered(conversation: Conversation) -> list[Message]:
    return [message for message in conversation.messages if message.is_answer][:MAX_MESSAGES]


def _changes(old: list[Message], new: list[Message], answers: set[str]) -> list[MessageChange]:
    changes: list[MessageChange] = []
    matcher = SequenceMatcher(None, [_fingerprint(m) for m in old], [_fingerprint(m) for m in new], False)
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            changes.append(MessageChange(Change.SAME, count=old_end - old_start, number=new_start + 1))
            continue
        pairs = zip_longest(old[old_start:old_end], range(new_start, new_end))
        for gone, at in pairs:
            came = new[at] if at is not None else None
            changes += _replaced(gone, came, (at or 0) + 1, answers)
    return changes


def _replaced(
    gone: Message | None, came: Message | None, number: int, answers: set[str]
) -> list[MessageChange]:
    if gone is not None and came is not None and gone.role == came.role:
        pieces = tuple(word_diff(_text(gone), _text(came)))
        if any(piece.change is Change.SAME and piece.text.strip() for piece in pieces):
            return [MessageChange(Change.CHANGED, came.role, number, pieces)]
    changes = []
    if gone is not None:
        changes.append(MessageChange(Change.REMOVED, gone.role, 0, (_whole(Change.REMOVED, gone),)))
    if came is not None:
        was_answered = _fingerprint(came)[1] in answers
        pieces = (_whole(Change.ADDED, came),)
        changes.append(MessageChange(Change.ADDED, came.role, number, pieces, was_answered=was_answered))
    return changes


def _whole(change: Change, message: Message) -> Piece:
    words = _text(message)
    return Piece(change, words[:SHOWN_CHARACTERS], max(0, len(words) - SHOWN_CHARACTERS))


def _fingerprint(message: Message) -> tuple[str, str]:
    return message.role, _text(message)


def _text(message: Message) -> str:
    return "\n\n".join(filter(None, map(_part_text, message.parts)))


def _part_text(part: Part) -> str:
    if part.kind is PartKind.TOOL_CALL:
        return f"→ {part.name}\n{part.text}"
    if part.kind is PartKind.TOOL_RESULT:
        return f"← {part.name}\n{part.text}"
    if part.source:
        return f"({part.kind}, {len(part.source):,} characters, ends in {part.source[-12:]}) {part.text}"
    return part.text


def _fields(body: bytes | None) -> dict[str, Any]:
    try:
        value = decoded(body or b"")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _settings(old: dict[str, Any], new: dict[str, Any]) -> list[Setting]:
    names = [name for name in dict.fromkeys([*old, *new]) if name not in _CONTENT]
    return [
        Setting(name, _shown(old, name), _shown(new, name))
        for name in names
        if old.get(name) != new.get(name)
    ]


def _shown(fields: dict[str, Any], name: str) -> str:
    if name not in fields:
        return ""
    words = pretty_value(fields[name])
    return words if len(words) <= SHOWN_SETTING_CHARACTERS else f"{words[:SHOWN_SETTING_CHARACTERS]} …"
