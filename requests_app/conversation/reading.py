"""Careful access to JSON whose shape was decided by somebody else."""

from typing import Any

from requests_app.json_text import decoded, pretty, pretty_value


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


def first(item: dict[str, Any], *names: str) -> Any:
    """Returns the value of the first of `names` that `item` has, None when it has none of them."""
    return next((item[name] for name in names if item.get(name) is not None), None)


def arguments(value: Any) -> str:
    """Returns a tool call's arguments, which arrive as an object or as JSON in a string, as pretty JSON."""
    if isinstance(value, str):
        return pretty(value.encode("utf-8", "replace")) or value
    return text(value)


def unwrapped(value: Any) -> Any:
    """Returns what the JSON in a string stands for, where `value` is one; anything else as it is."""
    if not isinstance(value, str) or value[:64].lstrip()[:1] not in {"{", "["}:
        return value
    try:
        return decoded(value.encode("utf-8", "replace"))
    except ValueError:
        return value


def data_url(media_type: str, data: Any) -> str:
    """Returns the data: URL of base64 `data`, "" when there is none. What is a URL already stays as it is."""
    given = word(data)
    if not given or given.startswith(("data:", "http://", "https://")):
        return given
    return f"data:{media_type};base64,{given}"
