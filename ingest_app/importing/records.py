"""What a file is read into: records one by one, each with the place to go on from after it."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from ingest_app.importing.row import Row


class Place(NamedTuple):
    """A place within a file: after so many records, and so many bytes of its unpacked text."""

    number: int = 0
    offset: int = 0


class Record(NamedTuple):
    """A record, or why it cannot be read. `at` says where it is to people, such as `line 3`."""

    row: Row | None
    after: Place
    at: str
    fault: str = ""


class Unusable(Exception):
    """An input cannot be read at all. `str()` of it says why."""


class Reader(Protocol):
    """Reads one form of file."""

    def __call__(self, source: "Input", start: Place) -> Iterator[Record]:
        """Yields what follows `start`. Raises Unusable, OSError."""


class Input(Protocol):
    """An opened file, unpacked."""

    path: str

    def read(self, size: int, /) -> bytes:
        """Returns the next bytes, at most `size`; none at the end."""

    def readline(self, size: int, /) -> bytes:
        """Returns the rest of the line, at most `size` bytes of it."""

    def skip(self, count: int) -> None:
        """Pass by so many bytes."""
