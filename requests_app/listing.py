"""What the list page shows around its rows: heads that sort, chips, and what is wrong with a filter, where it is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

from requests_app.columns import Column
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import REQUESTS, Vocabulary
from requests_app.filter_language.text import parse
from requests_app.list_filter import RANGES, ListFilter
from requests_app.paging import DEFAULT_SORT
from requests_app.queries import RequestRow

_CONDITION = re.compile(
    r'(?P<field>-?(?:(?:property|score)\.)?(?:"(?:[^"\\]|\\.)*"|[^\s:=<>~!"()]+))'
    r"(?P<operator>>=|<=|>|<|!=|~~|~|:)(?P<value>.+)",
    re.DOTALL | re.IGNORECASE,
)
_SHOWN_OPERATORS = {":": "=", ">=": "≥", "<=": "≤", "~": "like", "~~": "like"}


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column. `sort` is the sorting that a click asks for, `direction` how the list is sorted by it."""

    column: Column
    sort: str = ""
    direction: str = ""  # ascending, descending, or empty


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition of the filter bar. `text` is it in the text form, `remove_query` the query string without it."""

    field: str
    operator: str
    value: str
    text: str
    remove_query: str

    @property
    def name(self) -> str:
        """Returns it as one reads it out."""
        return " ".join(filter(None, (self.field, self.operator, self.value)))


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the text of the filter bar cannot be read; `wrong` is the piece of it that is at fault."""

    message: str
    before: str
    wrong: str
    after: str


def heads(columns: list[Column], sort: str | None) -> list[Head]:
    """Returns the heads for a list sorted by `sort`: largest and newest first, and the other way at the next click."""
    return [_head(column, sort or DEFAULT_SORT) for column in columns]


def ranges() -> list[tuple[str, str]]:
    """Returns (key, label) of the periods to choose from."""
    return [(key, label) for key, (label, _) in RANGES.items()]


def field_labels(vocabulary: Vocabulary = REQUESTS) -> dict[str, str]:
    """Returns the readable names of the fields that chips may have, by every name of each."""
    fields = vocabulary.fields.values()
    return {name: field.label for field in fields for name in (field.name, *field.aliases)}


def fingerprint(rows: Iterable[RequestRow]) -> str:
    """Returns what is another text when other rows are shown, or the same ones in another order."""
    return f"{crc32(b''.join(row.id.bytes for row in rows)):08x}"


def chips(filters: ListFilter) -> list[Chip]:
    """Returns the active conditions, those of `q` and `filter` taken apart for reading."""
    return [
        _of_text(chip.value, chip.remove_query, filters.vocabulary)
        if not chip.field
        else Chip(chip.field, chip.operator, chip.value, "", chip.remove_query)
        for chip in filters.chips
    ]


def fault_in(text: str, vocabulary: Vocabulary = REQUESTS) -> Fault | None:
    """Returns what is wrong with a filter in its text form, or None."""
    try:
        parse(text, vocabulary)
    except FilterError as error:
        start = len(text) if error.position is None else error.position
        end = start + len(error.offending)
        return Fault(error.message, text[:start], text[start:end], text[end:])
    return None


def _of_text(text: str, remove_query: str, vocabulary: Vocabulary) -> Chip:
    found = _CONDITION.fullmatch(text)
    if found is None or not ("." in found["field"] or vocabulary.named(found["field"].lstrip("-"))):
        return Chip("", "", text, text, remove_query)
    field, operator = found["field"], found["operator"]
    if field.startswith("-") and operator == ":":
        return Chip(field[1:], "≠", found["value"], text, remove_query)
    return Chip(field, _SHOWN_OPERATORS.get(operator, operator), found["value"], text, remove_query)


def _head(column: Column, current: str) -> Head:
    if not column.sort:
        return Head(column)
    descending = f"-{column.sort}"
    is_descending, is_ascending = current == descending, current == column.sort
    return Head(
        column,
        sort=column.sort if is_descending else descending,
        direction="descending" if is_descending else "ascending" if is_ascending else "",
    )
