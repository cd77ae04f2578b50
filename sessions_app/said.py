"""What was said in a session: messages by their content, and the histories that requests carry along."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from requests_app.conversation import Conversation, Message, Part, PartKind

_ROLES = {"model": "assistant", "ai": "assistant", "chatbot": "assistant", "developer": "system"}
# An answer comes back to the model without them, as often as not.
_NOT_SENT_ON = {PartKind.REASONING, PartKind.SOURCES, PartKind.ERROR}
_TOOLS = {PartKind.TOOL_CALL, PartKind.TOOL_RESULT}


class Saying(NamedTuple):
    """One part of a message. Two sayings with one `key` say the same, whoever's dialect they are in."""

    key: int
    message: int
    part: int


@dataclass(slots=True)
class Spoken:
    """A request's conversation: its instructions, the dialog that it sent, and the answers to choose from."""

    system: list[Saying] = field(default_factory=list)
    dialog: list[Saying] = field(default_factory=list)
    answers: list[list[Saying]] = field(default_factory=list)
    system_text: str = ""


@dataclass(slots=True)
class Thread:
    """A history as its latest request carried it, and the answers to that: what the next one may repeat."""

    path: str
    number: int  # of the conversations on its path, from 1
    first_length: int  # of the dialog with which it began
    spoken: Spoken
    request_id: UUID  # the latest
    ended_us: int  # that one did


def spoken_in(conversation: Conversation) -> Spoken:
    """Returns what the conversation of one request says, by content."""
    spoken = Spoken()
    choices: dict[int | None, list[Saying]] = {}
    texts: list[str] = []
    is_leading = True
    for index, message in enumerate(conversation.messages):
        sayings = _sayings(message, index)
        role = role_of(message)
        is_leading = is_leading and role == "system"
        if message.is_answer:
            if role != "error":
                choices.setdefault(message.choice, []).extend(sayings)
        elif is_leading:
            spoken.system += sayings
            texts += [part.text for part in message.parts]
        else:
            spoken.dialog += sayings
    spoken.answers = [answer for answer in choices.values() if answer]
    spoken.system_text = "\n\n".join(texts)
    return spoken


def role_of(message: Message) -> str:
    """Returns who speaks, by one name in all dialects."""
    return _ROLES.get(message.role, message.role)


def key_of(part: Part, role: str) -> int:
    """Returns what is the same number for parts that say the same. Good within one process."""
    if part.kind in _TOOLS:
        # Dialects differ in who brings a result, and in the white space of arguments.
        return hash(
            (part.kind, part.name if part.kind is PartKind.TOOL_CALL else "", "".join(part.text.split()))
        )
    return hash((role, part.kind, part.text.strip(), part.source))


def _sayings(message: Message, index: int) -> list[Saying]:
    role = role_of(message)
    return [
        Saying(key_of(part, role), index, place)
        for place, part in enumerate(message.parts)
        if part.kind not in _NOT_SENT_ON and (part.text.strip() or part.source or part.name)
    ]


def common_length(one: Sequence[Saying], other: Sequence[Saying]) -> int:
    """Returns how many sayings both begin with."""
    length = 0
    for mine, yours in zip(one, other, strict=False):
        if mine.key != yours.key:
            break
        length += 1
    return length


def aligned(sayings: Sequence[Saying], before: Sequence[Saying]) -> list[tuple[int, int]]:
    """Returns what was said `before` in the same order: the places in `sayings`, and in `before`."""
    places: dict[int, list[int]] = {}
    for place, saying in enumerate(before):
        places.setdefault(saying.key, []).append(place)
    found: list[tuple[int, int]] = []
    for at, saying in enumerate(sayings):
        reached = found[-1][1] if found else -1
        later = next((place for place in places.get(saying.key, ()) if place > reached), None)
        if later is not None:
            found.append((at, later))
    return found
