"""The query string's form of conditions: `cost__gt=0.01`, `model__contains=mini`, `property.Environment__not=test`."""

from dataclasses import dataclass

from requests_app.filter_language.conditions import PROPERTY_PREFIX, SCORE_PREFIX, condition
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import REQUESTS, Vocabulary
from requests_app.filter_language.tree import Node, Operator, negation

SEPARATOR = "__"


@dataclass(frozen=True, slots=True)
class Lookup:
    """What stands behind the two underscores. `sign` is how a chip shows it."""

    operator: Operator
    sign: str
    is_negated: bool = False


EXACT = Lookup(Operator.EQUALS, "=")
LOOKUPS = {
    "not": Lookup(Operator.EQUALS, "≠", is_negated=True),
    "gt": Lookup(Operator.GREATER, ">"),
    "gte": Lookup(Operator.GREATER_OR_EQUAL, "≥"),
    "lt": Lookup(Operator.LESS, "<"),
    "lte": Lookup(Operator.LESS_OR_EQUAL, "≤"),
    "startswith": Lookup(Operator.PREFIX, "begins with"),
    "contains": Lookup(Operator.CONTAINS, "contains"),
    "not_contains": Lookup(Operator.CONTAINS, "does not contain", is_negated=True),
    "like": Lookup(Operator.LIKE, "like"),
    "ilike": Lookup(Operator.ILIKE, "like, in any case"),
    "exists": Lookup(Operator.EXISTS, "exists"),
}
PROPERTY_LOOKUPS = tuple(name for name in LOOKUPS if name not in {"gt", "gte", "lt", "lte"})
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Parameter:
    """The name of a parameter: a field, property or score, and how it is compared."""

    field: str
    lookup: Lookup
    vocabulary: Vocabulary = REQUESTS

    def node(self, value: str) -> Node:
        """Returns the condition. Raises FilterError. Durations without a unit are milliseconds."""
        operator, is_negated = self.lookup.operator, self.lookup.is_negated
        if operator is Operator.EXISTS:
            if value.lower() not in _TRUTH:
                raise FilterError(f"{value!r} is neither true nor false.")
            is_negated = not _TRUTH[value.lower()]
            made = condition(self.field, operator, None, vocabulary=self.vocabulary)
        else:
            made = condition(
                self.field, operator, value, vocabulary=self.vocabulary, bare_duration_is_ms=True
            )
        return negation(made) if is_negated else made


def parameter_named(name: str, vocabulary: Vocabulary = REQUESTS) -> Parameter | None:
    """Returns what the parameter `name` of a query string filters by, or None when it is not for filtering.

    Raises FilterError for one that looks like a lookup and is none.
    """
    head, separator, tail = name.rpartition(SEPARATOR)
    is_named = name.startswith((PROPERTY_PREFIX, SCORE_PREFIX))
    if separator and tail in LOOKUPS:
        if not head.startswith((PROPERTY_PREFIX, SCORE_PREFIX)) and vocabulary.named(head) is None:
            raise vocabulary.no_such_field(head, (PROPERTY_PREFIX, SCORE_PREFIX))
        return Parameter(head, LOOKUPS[tail], vocabulary)
    # A property's own name may have two underscores in it.
    if is_named or vocabulary.named(name) is not None:
        return Parameter(name, EXACT, vocabulary)
    if separator:
        known = ", ".join(LOOKUPS)
        raise FilterError(f"There is no lookup {tail!r}, only: {known}.")
    return None
