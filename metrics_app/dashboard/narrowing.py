"""From a name in a chart or a list to the condition that its requests pass."""

from decimal import Decimal

from ingest_app.known_values import PROPERTY
from ingest_app.rollups import MAX_CHARACTERS
from requests_app.filter_language.tree import Comparison, Node, Not, Operator, Property, conjunction

BREAKDOWNS = {"model": "Model", "provider": "Provider", "user": "User", "status": "Status", "error": "Error"}


def node_of(field: str, value: str) -> Node:
    """Returns the condition that `field` ('model', 'user', 'properties.Feature' …) is `value`."""
    if field.startswith(PROPERTY):
        # Of a long value only the beginning is known.
        operator = Operator.EQUALS if len(value) < MAX_CHARACTERS else Operator.PREFIX
        return Property(field.removeprefix(PROPERTY), operator, value)
    if field == "status" and value == "failed":  # without an answer, and not since the client went
        return conjunction(
            [
                Comparison("status", Operator.LESS, Decimal(200)),
                Not(Comparison("status", Operator.EQUALS, "cancelled")),
            ]
        )
    if field == "status" and value.lstrip("-").isdigit():
        return Comparison("status", Operator.EQUALS, Decimal(value))
    return Comparison(field, Operator.EQUALS, value)


def label_of(field: str) -> str:
    """Returns what `field` is called."""
    return BREAKDOWNS.get(field) or field.removeprefix(PROPERTY)
