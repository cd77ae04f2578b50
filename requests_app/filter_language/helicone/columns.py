"""Columns of Helicone's filter trees: what each makes of an operator and a value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ingest_app.provider_names import our_name
from requests_app.filter_language.conditions import (
    field_condition,
    property_condition,
    score_condition,
    text_condition,
)
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import FIELDS, Field
from requests_app.filter_language.tree import BodyPart, Comparison, Node, Operator
from requests_app.filter_language.values import print_number

# Makes a node of an operator, one of `OPERATORS`, and its value. Raises FilterError.
Column = Callable[[str, Any], Node]

OPERATORS = {
    "equals": Operator.EQUALS,
    "like": Operator.LIKE,
    "ilike": Operator.ILIKE,
    "contains": Operator.CONTAINS,
    "gt": Operator.GREATER,
    "gte": Operator.GREATER_OR_EQUAL,
    "lt": Operator.LESS,
    "lte": Operator.LESS_OR_EQUAL,
}
# What says the contrary of another operator.
NEGATIONS = {"not-equals": "equals", "not-contains": "contains"}
_PROPERTIES_IN_COLUMNS = {
    "helicone-session-id": "session",
    "helicone-session-name": "session_name",
    "helicone-session-path": "session_path",
}
_TOO_LARGE = 10**20  # to be compared with anything, and so to be written out


@dataclass(frozen=True)
class Nested:
    """A column, or a whole table, with names of its own below it."""

    make: Callable[[str], Column]


@dataclass(frozen=True)
class Refused:
    """A column of Helicone's that cannot be filtered by here. `reason` is a sentence."""

    reason: str


Entry = Column | Nested | Refused
Table = Mapping[str, Entry] | Nested


@dataclass(frozen=True)
class Body:
    """A body. They are searched for words in their order: what `contains`, or % around a pattern, asks for."""

    part: BodyPart

    def __call__(self, operator: str, value: Any) -> Node:
        text = written(value)
        if operator in {"like", "ilike"}:
            text = text.removeprefix("%").removesuffix("%")
            if "%" in text or "_" in text:
                raise FilterError(
                    "Bodies are searched for words: % may stand at the ends of the pattern only."
                )
        elif operator != "contains":
            raise FilterError("Bodies are searched for words: use contains or not-contains.")
        return text_condition(text, is_phrase=True, field=self.part)


def written(value: Any) -> str:
    """Returns a value of JSON as the text form would have it. Raises FilterError."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{value}" if abs(value) < _TOO_LARGE else "inf"
        case Decimal():
            return print_number(value)
    raise FilterError(f"A value is text, a number, true or false, not {value!r}."[:200])


def field(of: str | Field) -> Column:
    """Returns the column that is a field: one of requests by its name, or any."""
    compared = FIELDS[of] if isinstance(of, str) else of

    def make(operator: str, value: Any) -> Node:
        return field_condition(compared, OPERATORS[operator], written(value), bare_duration_is_ms=True)

    return make


def provider(operator: str, value: Any) -> Node:
    """The provider, in either of Helicone's spellings."""
    return field("provider")(operator, our_name(written(value)))


def property_column(name: str) -> Column:
    """Returns the column that is a custom property, or what Helicone keeps as one and we in columns."""
    if column := _PROPERTIES_IN_COLUMNS.get(name.lower()):
        return field(column)

    def make(operator: str, value: Any) -> Node:
        return property_condition(name, OPERATORS[operator], written(value))

    return make


def property_key(operator: str, value: Any) -> Node:
    """The name of a property that the request has."""
    if operator != "equals":
        raise FilterError("Names of properties are compared by equals and not-equals only.")
    name = written(value)
    if column := _PROPERTIES_IN_COLUMNS.get(name.lower()):
        return field_condition(FIELDS[column], Operator.EXISTS, None)
    return property_condition(name, Operator.EXISTS, None)


def score(name: str) -> Column:
    """Returns the column that is a score."""

    def make(operator: str, value: Any) -> Node:
        return score_condition(name, OPERATORS[operator], written(value))

    return make


def thumb(operator: str, value: Any) -> Node:
    """The thumb: true is up."""
    if operator != "equals" or not isinstance(value, bool):
        raise FilterError("Feedback is compared by equals and not-equals, with true or false.")
    return Comparison("feedback", Operator.EQUALS, "up" if value else "down")


def no_input(name: str) -> Column:
    """Raises FilterError: inputs of prompts are no column."""
    raise FilterError("The inputs of prompts are not kept by name.")
