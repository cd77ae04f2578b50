"""Files as records, in whatever pieces they come, from any place; and values as others write them."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest_app.importing.records import Place, Reader
from ingest_app.importing.text_records import csv_rows, json_lines, json_values
from ingest_app.importing.values import time_us

NOW_US = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1e6)
rows = st.lists(
    st.dictionaries(
        st.text(min_size=1, max_size=3),
        st.text(max_size=12) | st.integers() | st.none() | st.lists(st.text(max_size=3)),
        min_size=1,
        max_size=3,
    ),
    max_size=6,
)


class Pieces:
    """A file that gives a few bytes at a time."""

    path = "pieces"

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self._size = size

    def read(self, size: int, /) -> bytes:
        piece = self._data[: min(size, self._size)]
        self._data = self._data[len(piece) :]
        return piece

    def readline(self, size: int, /) -> bytes:
        line, end, rest = self._data.partition(b"\n")
        self._data = rest
        return line + end

    def skip(self, count: int) -> None:
        self._data = self._data[count:]


def read(reader: Reader, data: bytes, size: int, start: Place = Place()) -> list[tuple[dict, Place]]:  # noqa: B008
    """Returns the records and the places after them. None may be broken."""
    found = list(reader(Pieces(data, size), start))
    assert not [record.fault for record in found if record.row is None]
    return [(json.loads(record.row.everything()), record.after) for record in found if record.row is not None]


@settings(max_examples=150, deadline=None)
@given(rows=rows, size=st.integers(1, 40), indent=st.sampled_from([None, 0, 2]), is_ascii=st.booleans())
def test_a_list_is_read_in_any_pieces_and_from_any_place(rows, size, indent, is_ascii):
    data = json.dumps(rows, indent=indent, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")
    found = read(json_values, data, size)
    assert [row for row, _ in found] == rows
    for number, (_, after) in enumerate(found, 1):
        assert [row for row, _ in read(json_values, data, size, after)] == rows[number:]


@settings(max_examples=50, deadline=None)
@given(rows=rows)
def test_lines_are_read_from_any_place(rows):
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    found = read(json_lines, data, 100)
    assert [row for row, _ in found] == rows
    for number, (_, after) in enumerate(found, 1):
        assert [row for row, _ in read(json_lines, data, 100, after)] == rows[number:]


def test_objects_behind_each_other_need_no_list():
    data = b'{"a": 1}\n{\n "a": 2\n}{"a": 3}'
    assert [row for row, _ in read(json_values, data, 3)] == [{"a": 1}, {"a": 2}, {"a": 3}]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_after_a_broken_record_it_goes_on_with_the_next_line_that_begins_one(size):
    data = b'[\n{"a": 1},\n{"a": tru, "b": "x"},\n{"a": 3},\n{"a": "x\ny"},\n{"a": 5}\n]'
    found = list(json_values(Pieces(data, size), Place()))
    assert [record.at for record in found if record.row is None] == ["record 2", "record 4"]
    assert [json.loads(record.row.everything())["a"] for record in found if record.row] == [1, 3, 5]


def test_a_list_that_ends_too_early_is_told():
    *whole, last = json_values(Pieces(b'[{"a": 1}, {"a": "b', 4), Place())
    assert [record.fault for record in whole] == [""]
    assert last.fault.startswith("it is no JSON: Unterminated string")


def test_a_line_of_a_csv_with_other_fields_than_the_first_is_told():
    found = list(csv_rows(Pieces(b'\xef\xbb\xbfa,b\n1,"x\ny"\n2\n3,4\n', 5), Place()))
    assert [record.at for record in found] == ["line 3", "line 4", "line 5"]
    assert found[1].fault == "it has 1 fields, and the first line names 2"
    assert [record.row.get("a") for record in found if record.row] == ["1", "3"]


@pytest.mark.parametrize(
    "given",
    [
        "2025-06-15T15:06:40.250Z",
        "2025-06-15T15:06:40.250000+00:00",
        "2025-06-15 15:06:40.25",
        "2025-06-15 15:06:40.25+00",
        "2025-06-15T17:06:40.25+02:00",
        1750000000.25,
        1750000000250,
        "1750000000250",
        datetime(2025, 6, 15, 15, 6, 40, 250_000, UTC),
    ],
)
def test_a_time_is_read_as_everybody_writes_it(given):
    assert time_us(given, now_us=NOW_US) == 1_750_000_000_250_000


@pytest.mark.parametrize(
    "given", ["", None, "soon", True, "1999-01-01", "2031-01-01", 0, -5, float("nan"), float("inf")]
)
def test_what_cannot_be_the_time_of_a_call_is_none(given):
    assert time_us(given, now_us=NOW_US) is None
