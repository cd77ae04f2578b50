"""What a dialect has to tell: how its stream becomes one answer, and what the answer says."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from ingest_app.events import Usage

Json = dict[str, Any]
"""A decoded JSON object from a provider: any value may be missing or of another type than documented."""
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding JSON of anybody's making may raise; the last where values lie too deep inside each other."""


class Fold(ABC):
    """Takes the events of one stream, and becomes the answer it would have been unstreamed."""

    # False while the stream has only told a first count of its output tokens, to be replaced by the last.
    usage_is_final = True

    @abstractmethod
    def add(self, event_type: str, data: Json) -> bool:
        """Take one event. Returns whether it carried generated content (text, reasoning, arguments, audio)."""

    @abstractmethod
    def answer(self) -> Json | None:
        """Returns the folded answer, or None when the events held none."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One wire format of requests and answers."""

    name: str
    new_fold: Callable[[], Fold] | None  # None: never streamed
    usage: Callable[[Json], Usage | None]  # of an answer, in the one meaning that `Usage` states
    is_text: bool = True  # tokens can be estimated from the text; else they are pictures or sound


def integer(value: object) -> int:
    """Returns a non-negative token count, 0 for anything else (null, floats with a fraction, text, true)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or value > 2**31 - 1:
        return 0
    return int(value)


def table(value: object) -> Json:
    """Returns `value` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Json]:
    """Returns the objects in `value` when it is an array, else nothing."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text_of(value: object) -> str:
    """Returns `value` when it is text, else nothing."""
    return value if isinstance(value, str) else ""


def append_text(target: Json, key: str, piece: object) -> None:
    """Append a fragment of text to `target[key]`. Text that never comes stays null, as in an unstreamed answer."""
    target.setdefault(key, None)
    if isinstance(piece, str):
        target[key] = text_of(target[key]) + piece
