"""Records of JSON, one a line or in one list, and of CSV."""

import codecs
import csv
import io
import json
import re
import sys
from collections.abc import Iterator

from ingest_app.doors.manual.body import parts_of
from ingest_app.importing.records import Input, Place, Record
from ingest_app.importing.row import Row

MAX_RECORD_BYTES = 128 << 20
_READ_BYTES = 1 << 20
_BETWEEN = re.compile(r"[\s,\[\]]*")  # what may stand between two records of a list
_NEXT_START = re.compile(r"\n\s*\{")
_BOM = b"\xef\xbb\xbf"
_NO_OBJECT = "it is not a JSON object"
_TOO_LONG = f"it is longer than {MAX_RECORD_BYTES >> 20} MiB"
# The JSON decoder's word where a text has no end: then it may be in what was not read yet.
_OPEN_TEXT = "Unterminated string"
_OPEN_END = 16  # characters: a word or an escape may be cut by the end of what was read


def json_lines(source: Input, start: Place) -> Iterator[Record]:
    """Yields the records of a file with one JSON object a line."""
    source.skip(start.offset)
    number, offset = start
    while line := source.readline(MAX_RECORD_BYTES):
        number, offset = number + 1, offset + len(line)
        at = f"line {number}"
        if len(line) >= MAX_RECORD_BYTES:
            while line and not line.endswith(b"\n"):
                line = source.readline(MAX_RECORD_BYTES)
                offset += len(line)
            yield Record(None, Place(number, offset), at, _TOO_LONG)
            continue
        text = line.removeprefix(_BOM).strip()
        if text:
            yield _record(text, Place(number, offset), at)


def json_values(source: Input, start: Place) -> Iterator[Record]:
    """Yields the records of a JSON list, or of JSON objects that stand behind each other, however they are laid out.

    After a record that is none it goes on with the next line that begins one.
    """
    source.skip(start.offset)
    number, offset = start
    reading = _Buffer(source)
    while True:
        offset += reading.drop(_BETWEEN)
        if not reading.text:
            return
        number += 1
        text, fault = reading.value()
        size = len(text.encode("utf-8", "surrogateescape"))
        offset += size
        at = f"record {number}"
        if fault:
            yield Record(None, Place(number, offset), at, fault)
        else:
            yield _record(text.encode("utf-8", "surrogateescape"), Place(number, offset), at)


def csv_rows(source: Input, start: Place) -> Iterator[Record]:
    """Yields the records of a CSV file (RFC 4180) whose first line has the names."""
    csv.field_size_limit(sys.maxsize)
    lines = io.TextIOWrapper(io.BufferedReader(_Raw(source)), "utf-8-sig", errors="replace", newline="")
    cells_of = csv.reader(lines)
    names = next(cells_of, [])
    for number, cells in enumerate(cells_of, 1):
        if number <= start.number or not cells:
            continue
        at = f"line {cells_of.line_num}"
        if len(cells) != len(names):
            fault = f"it has {len(cells)} fields, and the first line names {len(names)}"
            yield Record(None, Place(number), at, fault)
        else:
            row = Row(dict(zip(names, cells, strict=True)), sum(map(len, cells)))
            yield Record(row, Place(number), at)


def _record(text: bytes, after: Place, at: str) -> Record:
    members = parts_of(text)
    if members is None:
        return Record(None, after, at, _NO_OBJECT)
    return Record(Row(members, len(text)), after, at)


class _Buffer:
    """Text that was read and not passed by yet."""

    def __init__(self, source: Input) -> None:
        self._source = source
        # What is no UTF-8 stays the bytes that it was.
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._text = ""
        self._at = 0
        self._is_whole = False
        self._decoder = json.JSONDecoder()
        self._more()

    @property
    def text(self) -> str:
        """Returns the character at hand, "" at the end."""
        while self._at >= len(self._text) and not self._is_whole:
            self._more()
        return self._text[self._at : self._at + 1]

    def drop(self, pattern: re.Pattern[str]) -> int:
        """Pass by what `pattern` matches. Returns how many bytes that was."""
        dropped = 0
        while self.text:
            found = pattern.match(self._text, self._at)
            end = found.end() if found else self._at
            dropped += len(self._text[self._at : end].encode("utf-8", "surrogateescape"))
            self._at = end
            if end < len(self._text):
                break
        return dropped

    def value(self) -> tuple[str, str]:
        """Pass by one value. Returns its text, and why it is none if it is none."""
        while True:
            try:
                _, end = self._decoder.raw_decode(self._text, self._at)
            except (json.JSONDecodeError, RecursionError) as error:
                fault = self._fault(error)
                if not fault:
                    self._more()
                    continue
                end = self._next_start()
            else:
                fault = ""
            text, self._at = self._text[self._at : end], end
            return text, fault

    def _fault(self, error: Exception) -> str:
        """Returns what is wrong, "" where more has to be read first."""
        if isinstance(error, json.JSONDecodeError):
            may_go_on = error.msg.startswith(_OPEN_TEXT) or error.pos >= len(self._text) - _OPEN_END
            if may_go_on and not self._is_whole:
                return _TOO_LONG if len(self._text) - self._at > MAX_RECORD_BYTES else ""
            return f"it is no JSON: {error.msg} (character {error.pos - self._at + 1})"
        return "it is nested too deeply"

    def _next_start(self) -> int:
        """Returns where the next record begins that stands on a line of its own."""
        while True:
            found = _NEXT_START.search(self._text, self._at + 1)
            if found:
                return found.end() - 1
            if self._is_whole:
                return len(self._text)
            self._more()

    def _more(self) -> None:
        piece = self._source.read(_READ_BYTES)
        self._is_whole = not piece
        self._text, self._at = self._text[self._at :] + self._decode(piece, self._is_whole), 0


class _Raw(io.RawIOBase):
    """An input as Python's text layer wants it."""

    def __init__(self, source: Input) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type] # what io hands over
        piece = self._source.read(len(view))
        view[: len(piece)] = piece
        return len(piece)
