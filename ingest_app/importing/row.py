"""One record of an import: members by name, decoded when they are asked for; what nobody asked for is told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ingest_app.dialects import UNREADABLE, table

_page = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_IDS = frozenset(
    ("id", "request_id", "custom_id", "request", "choices")
)  # what a record has, and a page has not
_EMPTY: tuple[object, ...] = (None, "", (), [], {}, False, 0)


class Row:
    """A record. Members are `msgspec.Raw` where they come from JSON, and Python's values where from a table.

    Names are asked for in the order in which they are believed: the first that says anything stands.
    """

    def __init__(self, members: Mapping[str, Any], size_bytes: int = 0) -> None:
        self._members = members
        self.size_bytes = size_bytes  # about
        self.fetched: tuple[bytes, bytes] | None = None  # the bodies that it points to
        self._asked: set[str] = set()

    @property
    def is_of_table(self) -> bool:
        """Returns whether it comes from CSV or Parquet, where objects and bodies are texts."""
        return not isinstance(next(iter(self._members.values()), None), msgspec.Raw)

    @property
    def is_of_csv(self) -> bool:
        """Returns whether all of it is text."""
        return all(isinstance(member, str) for member in self._members.values())

    def with_members_of(self, name: str) -> "Row":
        """Returns the row with the members of the object in one of its own in the place of that."""
        more = self.object(name)
        if not more:
            return self
        others = {other: member for other, member in self._members.items() if other != name}
        return Row({**more, **others}, self.size_bytes)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def get(self, *names: str) -> Any:
        """Returns the first of the members that is neither missing, null nor an empty text, else None."""
        self._asked.update(names)
        for name in names:
            value = _value(self._members.get(name))
            if value is not None and value != "":
                return value
        return None

    def text(self, *names: str) -> str:
        """Returns the first as text; objects and lists as their JSON, "" for none."""
        return as_text(self.get(*names))

    def object(self, *names: str) -> dict[str, Any]:
        """Returns the first as an object, also one in a JSON text; empty for anything else."""
        return table(unwrapped(self.get(*names)))

    def list(self, *names: str) -> list[Any]:
        """Returns the first as a list, also one in a JSON text; empty for anything else."""
        found = unwrapped(self.get(*names))
        return found if isinstance(found, list) else []

    def json(self, *names: str) -> bytes:
        """Returns the first as the bytes of a body: JSON as it was written, a text without its quotes; b"" for none."""
        self._asked.update(names)
        for name in names:
            if body := _body(self._members.get(name)):
                return body
        return b""

    def page(self) -> "Sequence[Row] | None":
        """Returns the rows of an answer of an API that was saved as it came, None for what is none."""
        if "data" not in self._members or self._members.keys() & _IDS:
            return None
        member = self._members["data"]
        try:
            found = _page.decode(member) if isinstance(member, msgspec.Raw) else member
        except UNREADABLE:
            return None
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            return None
        return [Row(one, self.size_bytes // len(found)) for one in found]

    def everything(self) -> bytes:
        """Returns all of it as JSON: what it is known by where it has no id."""
        return msgspec.json.encode(self._members)

    def ignore(self, *names: str) -> None:
        """These say nothing that is not said elsewhere."""
        self._asked.update(names)

    def left(self) -> Iterator[str]:
        """Yields the names of members that say something and that nobody asked for."""
        for name, member in self._members.items():
            if name not in self._asked and _value(member) not in _EMPTY:
                yield name


def as_text(value: Any) -> str:
    """Returns a text as it is, nothing for null, and JSON for anything else."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return msgspec.json.encode(value).decode("utf-8", "replace")


def unwrapped(value: Any) -> Any:
    """Returns what the JSON in a text stands for, where `value` is an object or a list in one; else `value`."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return msgspec.json.decode(value)
        except UNREADABLE:
            return value
    return value


def _value(member: Any) -> Any:
    if isinstance(member, msgspec.Raw):
        try:
            return msgspec.json.decode(member)
        except UNREADABLE:
            return None
    return member


def _body(member: Any) -> bytes:
    if isinstance(member, msgspec.Raw):
        raw = bytes(member)
        if raw[:1] != b'"':
            return b"" if raw == b"null" else raw
        member = _value(member)
    if isinstance(member, bytes):
        return member
    return as_text(member).encode("utf-8", "replace")
