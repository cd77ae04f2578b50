"""Careful access to JSON whose shape was decided by somebody else."""

from typing import Any

from requests_app.json_text import pretty, pretty_value


def mapping(value: Any) -> dict[str, Any]:
    """Returns `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Returns `value` if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """Returns a string as it is, nothing for null, and pretty JSON for anything else."""
    if isinstance(value, str):
        return value
    return "" if value is None else pretty_value(value)


def word(value: Any) -> str:
    """Returns a string as it is and nothing for anything else: for names, ids and types."""
    return value if isinstance(value, str) else ""


def arguments(value: Any) -> str:
    """Returns a tool call's arguments, which arrive as an object or as JSON in a string, as pretty JSON."""
    if isinstance(value, str):
        return pretty(value.encode("utf-8", "replace")) or value
    return text(value)
