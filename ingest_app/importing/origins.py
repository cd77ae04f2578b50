"""Where records come from, and what makes events of them: what every source of an import has to offer."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ingest_app.events import LogEvent
from ingest_app.importing.files import STDIN, File
from ingest_app.importing.records import Place, Unusable
from ingest_app.importing.report import Report
from ingest_app.importing.row import Row

Position = dict[str, Any]
"""A place to go on from, as JSON."""


class Found(NamedTuple):
    """A record, or why there is none, and the place to go on from after it."""

    row: Row | None
    at: str  # for people
    position: Position
    fault: str = ""


class Origin(Protocol):
    """Files, or an API."""

    def found(self, start: Position | None) -> Iterator[Found]:
        """Yields all records after `start`, always in the same order. Raises Unusable, OSError."""

    def share(self) -> float:
        """Returns how much of it was found, from 0 to 1, about."""

    def done(self) -> None:
        """All of it is written: what was kept to go on with can go."""


class Translator(Protocol):
    """Makes events of the records of one product."""

    def prepare(self, rows: Sequence[Row]) -> None:
        """Fetch what the rows only point to."""

    def events(self, row: Row, at: str) -> Iterable[LogEvent]:
        """Returns the events of a record. Raises Skipped."""


@dataclass(frozen=True, slots=True)
class Context:
    """What translators are told."""

    organization_id: int
    report: Report
    now_us: int
    provider: str = ""  # of records that do not say it


def _size_bytes(path: str) -> int:
    """Returns the size of a file, 0 of standard input. Raises Unusable: before anything is brought in."""
    try:
        return 0 if path == STDIN else Path(path).stat().st_size
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror or error}") from error


def _position(file: int, place: Place) -> Position:
    return {"file": file, "number": place.number, "offset": place.offset}


class Files:
    """Files one after the other."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._read_bytes = 0
        self._file: File | None = None
        self._size = 0

    def found(self, start: Position | None) -> Iterator[Found]:
        at = start or {}
        first = int(at.get("file", 0))
        sizes = [_size_bytes(path) for path in self._paths]
        self._size, self._read_bytes = sum(sizes), sum(sizes[:first])
        for number in range(first, len(self._paths)):
            begin = Place(int(at.get("number", 0)), int(at.get("offset", 0))) if number == first else Place()
            with File(self._paths[number]) as file:
                self._file = file
                try:
                    yield from self._of(file, number, begin)
                finally:
                    self._file = None
            self._read_bytes += sizes[number]

    def share(self) -> float:
        now = self._file.share() * self._file.size_bytes if self._file is not None else 0
        return min((self._read_bytes + now) / self._size, 1.0) if self._size else 0.0

    def done(self) -> None:
        """Files stay."""

    def _of(self, file: File, number: int, begin: Place) -> Iterator[Found]:
        name = f"{file.path}, " if len(self._paths) > 1 else ""
        before = _position(number, begin)
        for record in file.records(begin):
            after = _position(number, record.after)
            at = name + record.at
            page = record.row.page() if record.row is not None else None
            if page is None:
                yield Found(record.row, at, after, record.fault)
            else:
                # A page counts as passed with its last row.
                for place, row in enumerate(page, 1):
                    yield Found(row, f"{at}, row {place}", after if place == len(page) else before)
            before = after
