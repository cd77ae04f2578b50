"""Which result belongs to which tool call: by its id, else by name and order (Gemini's calls have no ids)."""

from collections import defaultdict, deque

from requests_app.conversation.model import Message, Part, PartKind


def match_tools(messages: list[Message]) -> None:
    """Number the calls, and give every result its call's number and name, and both the place of the other."""
    by_id: dict[str, tuple[Part, str]] = {}
    by_name: dict[str, deque[tuple[Part, str]]] = defaultdict(deque)
    number = 0
    for key, part in _placed(messages):
        if part.kind is PartKind.TOOL_CALL:
            number += 1
            part.number = number
            if part.id:
                by_id[part.id] = part, key
            by_name[part.name].append((part, key))
        elif part.kind is PartKind.TOOL_RESULT:
            found = by_id.get(part.id) if part.id else _next(by_name, part.name)
            if found is not None:
                call, call_key = found
                part.number, part.partner, part.name = call.number, call_key, part.name or call.name
                call.partner = call.partner or key


def _placed(messages: list[Message]) -> list[tuple[str, Part]]:
    return [
        (f"{message_index}-{part_index}", part)
        for message_index, message in enumerate(messages)
        for part_index, part in enumerate(message.parts)
    ]


def _next(by_name: dict[str, deque[tuple[Part, str]]], name: str) -> tuple[Part, str] | None:
    """Returns the oldest call of that name that has no result."""
    waiting = by_name.get(name)
    while waiting:
        found = waiting.popleft()
        if not found[0].partner:
            return found
    return None
