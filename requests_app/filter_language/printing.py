"""A filter in its text form, in the one spelling that chips, links and saved views use."""

import re
from typing import assert_never

from requests_app.filter_language.conditions import PROPERTY_PREFIX, SCORE_PREFIX
from requests_app.filter_language.fields import REQUESTS, Kind, Vocabulary
from requests_app.filter_language.tree import (
    And,
    AnyRequest,
    Comparison,
    Node,
    Not,
    Operator,
    Or,
    Property,
    Score,
    Text,
)
from requests_app.filter_language.values import print_number, print_value

_BARE_VALUE = re.compile(r"(?![<>=~])[\w./@+,;#$%&?|'^{}\[\]!:=~-]+")
_BARE_NAME = re.compile(r"[\w./@+,;#$%&?|'^{}\[\]-]+")
_KEYWORDS = ("AND", "OR", "NOT")


def print_filter(node: Node, vocabulary: Vocabulary = REQUESTS) -> str:
    """Returns the text from which `text.parse` makes `node` again."""
    if isinstance(node, And):
        return " ".join(_inside(part, vocabulary) for part in node.parts)
    if isinstance(node, Or):
        return " OR ".join(_inside(part, vocabulary) for part in node.parts)
    if isinstance(node, Not):
        return "-" + _inside(node.part, vocabulary)
    if isinstance(node, AnyRequest):
        return "request:" + _inside(node.part, vocabulary.of_requests or vocabulary)
    if isinstance(node, Text):
        return _text(node)
    if isinstance(node, Comparison):
        return _comparison(node, vocabulary)
    if isinstance(node, Property):
        return _named(PROPERTY_PREFIX + _name(node.name), node.operator, node.value)
    if isinstance(node, Score):
        value = None if node.value is None else print_number(node.value)
        return _named(SCORE_PREFIX + _name(node.name), node.operator, value)
    assert_never(node)


def _inside(node: Node, vocabulary: Vocabulary) -> str:
    text = print_filter(node, vocabulary)
    return f"({text})" if isinstance(node, And | Or) else text


def _comparison(node: Comparison, vocabulary: Vocabulary) -> str:
    field = vocabulary.fields[node.field]
    if node.value is True:
        return f"is:{field.name}"
    value = None if node.value is None else print_value(field.kind, node.value)
    if field.kind is Kind.TIME and field.name == "time":
        if node.operator is Operator.GREATER_OR_EQUAL:
            return f"after:{value}"
        if node.operator is Operator.LESS:
            return f"before:{value}"
    return _named(field.name, node.operator, value)


def _named(name: str, operator: Operator, value: str | None) -> str:
    if value is None:
        return f"has:{name}"
    match operator:
        case Operator.EQUALS:
            return f"{name}:{_quoted(value)}"
        case Operator.PREFIX:
            return f"{name}:{_quoted(value)}*"
        case Operator.CONTAINS:
            return f"{name}:*{_quoted(value)}*"
        case Operator.LIKE:
            return f"{name}~{_quoted(value)}"
        case Operator.ILIKE:
            return f"{name}~~{_quoted(value)}"
    return f"{name}{operator.value}{value}"


def _text(node: Text) -> str:
    text = _in_quotes(node.text) if node.is_phrase else _bare_words(node.text)
    return text if node.field == "any" else f"{node.field}:{text}"


def _bare_words(text: str) -> str:
    """Unquoted, since quotes would make it a phrase."""
    if text in _KEYWORDS:
        return "\\" + text
    return re.sub(r"[^\w]", lambda found: "\\" + found.group(), text)


def _name(name: str) -> str:
    return name if _BARE_NAME.fullmatch(name) else _in_quotes(name)


def _quoted(value: str) -> str:
    return value if _BARE_VALUE.fullmatch(value) else _in_quotes(value)


def _in_quotes(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
