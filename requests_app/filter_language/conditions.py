"""Single conditions from a name, an operator and a value: what the text form and the query string share."""

from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import REQUESTS, Field, Kind, Vocabulary, check_operator
from requests_app.filter_language.tree import (
    EVERYTHING,
    ORDER,
    PATTERNS,
    AnyRequest,
    BodyPart,
    Comparison,
    Node,
    Operator,
    Property,
    Score,
    Text,
)
from requests_app.filter_language.values import checked_pattern, checked_text, read_number, read_value

PROPERTY_PREFIX = "property."
SCORE_PREFIX = "score."
# Names that stand for words in the bodies.
BODY_PARTS: dict[str, BodyPart] = {"text": "any", "body": "any", "request": "request", "response": "response"}


def condition(
    name: str,
    operator: Operator,
    value: str | None,
    *,
    vocabulary: Vocabulary = REQUESTS,
    bare_duration_is_ms: bool = False,
) -> Node:
    """Returns the condition on the field, property or score `name`. Raises FilterError.

    `value` is as it was written; None with EXISTS.
    """
    if vocabulary.of_requests is not None and name.lower().startswith((PROPERTY_PREFIX, SCORE_PREFIX)):
        return AnyRequest(condition(name, operator, value, vocabulary=vocabulary.of_requests))
    if name.lower().startswith(PROPERTY_PREFIX):
        return property_condition(name[len(PROPERTY_PREFIX) :], operator, value)
    if name.lower().startswith(SCORE_PREFIX):
        return score_condition(name[len(SCORE_PREFIX) :], operator, value)
    field = vocabulary.named(name)
    if field is None:
        raise vocabulary.no_such_field(name, (PROPERTY_PREFIX, SCORE_PREFIX, *BODY_PARTS))
    return field_condition(field, operator, value, bare_duration_is_ms=bare_duration_is_ms)


def field_condition(
    field: Field, operator: Operator, value: str | None, *, bare_duration_is_ms: bool = False
) -> Node:
    """Returns the condition on a field. Raises FilterError."""
    check_operator(field, operator)
    if operator is Operator.EXISTS or value is None:
        return Comparison(field.name, Operator.EXISTS, None)
    if operator in PATTERNS:
        return (
            Comparison(field.name, operator, _checked(operator, value))
            if value
            else _of_nothing(field, operator)
        )
    read = read_value(field.kind, value, bare_duration_is_ms=bare_duration_is_ms)
    if field.kind is Kind.STATUS and isinstance(read, str) and operator is not Operator.EQUALS:
        raise FilterError(f"{read} is a class of statuses, which cannot be compared by {operator.value}.")
    return Comparison(field.name, operator, read)


def property_condition(name: str, operator: Operator, value: str | None) -> Property:
    """Returns the condition on a custom property. Raises FilterError."""
    if not name:
        raise FilterError("The property's name is missing.")
    checked_text(name)
    if operator is Operator.EXISTS or value is None:
        return Property(name, Operator.EXISTS, None)
    if operator in ORDER:
        raise FilterError("Properties are text, which cannot be compared by size.")
    if not value and operator in {Operator.PREFIX, Operator.CONTAINS}:
        return Property(name, Operator.EXISTS, None)
    return Property(name, operator, _checked(operator, value))


def score_condition(name: str, operator: Operator, value: str | None) -> Score:
    """Returns the condition on a score. Raises FilterError."""
    if not name:
        raise FilterError("The score's name is missing.")
    checked_text(name)
    if operator is Operator.EXISTS or value is None:
        return Score(name, Operator.EXISTS, None)
    if operator in PATTERNS:
        raise FilterError("Scores are numbers, which cannot be searched for text.")
    return Score(name, operator, read_number(value))


def text_condition(text: str, *, is_phrase: bool, field: BodyPart) -> Text:
    """Returns the search for `text` in the bodies. Raises FilterError."""
    if not text.strip():
        raise FilterError("There are no words to search for.")
    return Text(checked_text(text), is_phrase, field)


def _of_nothing(field: Field, operator: Operator) -> Node:
    """Every text begins with and contains nothing; only the empty text is like nothing."""
    if operator in {Operator.PREFIX, Operator.CONTAINS}:
        return EVERYTHING
    return Comparison(field.name, operator, "")


def _checked(operator: Operator, value: str) -> str:
    if operator in {Operator.LIKE, Operator.ILIKE}:
        return checked_pattern(value)
    return checked_text(value)
