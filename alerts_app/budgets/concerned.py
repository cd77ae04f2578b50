"""Which requests a budget is about, as filters and sums know them."""

from decimal import Decimal

from django.db import connection

from ingest_app.known_values import PROPERTY
from limits_app.rules import Budget, Subject
from requests_app.filter_language.tree import (
    EVERYTHING,
    Comparison,
    Node,
    Operator,
    Property,
    disjunction,
)

# How filters and sums call the subjects that are neither all requests nor a property.
FIELDS = {Subject.API_KEY: "api_key", Subject.USER: "user", Subject.MODEL: "model"}


def concerned(rule: Budget, value: str | None = None) -> Node:
    """Returns the condition on requests that `rule` is about; those of one `value` where each has its own amount."""
    value = rule.value if value is None else value
    if rule.subject is Subject.ORGANIZATION:
        return EVERYTHING
    if rule.subject is Subject.PROPERTY:
        operator = Operator.EXISTS if value is None else Operator.EQUALS
        names = property_names(rule) or [rule.property_name]
        return disjunction(Property(name, operator, value) for name in names)
    field = FIELDS[rule.subject]
    if value is None:
        return Comparison(field, Operator.EXISTS, None)
    return Comparison(field, Operator.EQUALS, Decimal(value) if field == "api_key" else value)


def property_names(rule: Budget) -> list[str]:
    """Returns how requests have spelled the property that `rule` is about: the case of its letters does not matter."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT field FROM known_field WHERE organization_id = %s AND lower(field) = %s ORDER BY field",
            [rule.organization_id, PROPERTY + rule.property_name.lower()],
        )
        return [field.removeprefix(PROPERTY) for (field,) in cursor.fetchall()]
