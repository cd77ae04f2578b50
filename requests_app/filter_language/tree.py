"""The filter as a tree: what every way of writing one becomes, and what is compiled, printed and saved.

A condition is true or false of a row, never unknown: a comparison with something that the row does not have (a cost
of unknown price, a property it lacks) is false, and its negation is true.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from requests_app.filter_language.errors import FilterError

MAX_DEPTH = 50
MAX_NODES = 200

Value = str | bool | Decimal | datetime | None
BodyPart = Literal["any", "request", "response"]


class Operator(StrEnum):
    """How a value is compared. What is not here is the negation of what is."""

    EQUALS = "="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    PREFIX = "begins with"
    CONTAINS = "contains"  # whatever the case
    LIKE = "like"  # SQL's pattern: % any run of characters, _ any one, \ takes the next as it is
    ILIKE = "ilike"  # the same, whatever the case
    EXISTS = "exists"  # neither empty nor unknown; of a property, that the row has it. The value is None


ORDER = (Operator.GREATER, Operator.GREATER_OR_EQUAL, Operator.LESS, Operator.LESS_OR_EQUAL)
PATTERNS = (Operator.PREFIX, Operator.CONTAINS, Operator.LIKE, Operator.ILIKE)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field of the row, by its name in `fields.FIELDS`. What the value may be depends on the field's kind."""

    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Property:
    """A custom property: EQUALS, EXISTS or one of `PATTERNS`. Found by `name` as given and in lower case."""

    name: str
    operator: Operator
    value: str | None


@dataclass(frozen=True, slots=True)
class Score:
    """A score by name: EQUALS, EXISTS or one of `ORDER`."""

    name: str
    operator: Operator
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Text:
    """Words to be found in the bodies: all of them, or one after the other when it is a phrase.

    Of a session, text that is in its name or its id.
    """

    text: str
    is_phrase: bool
    field: BodyPart = "any"


@dataclass(frozen=True, slots=True)
class AnyRequest:
    """Of a session: `part`, in the language of requests, holds of at least one request of it."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold. Make it by `conjunction`; without parts it is every row."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more parts holds. Make it by `disjunction`."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold. Make it by `negation`."""

    part: "Node"


Node = And | Or | Not | Comparison | Property | Score | Text | AnyRequest
EVERYTHING = And(())


def conjunction(parts: Iterable[Node]) -> Node:
    """Returns the node that holds where all of `parts` hold, without And inside And."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And) else [part])
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def disjunction(parts: Iterable[Node]) -> Node:
    """Returns the node that holds where one of `parts` (at least one) holds, without Or inside Or."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Or) else [part])
    if EVERYTHING in flat:
        return EVERYTHING
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def negation(part: Node) -> Node:
    """Returns the node that holds where `part` does not, without Not inside Not."""
    return part.part if isinstance(part, Not) else Not(part)


def top_parts(node: Node) -> tuple[Node, ...]:
    """Returns what must hold all together: the chips of a filter bar."""
    return node.parts if isinstance(node, And) else (node,)


def check_size(node: Node) -> None:
    """Raises FilterError when the tree has more than `MAX_NODES` nodes or is deeper than `MAX_DEPTH`."""
    level, depth, nodes = [node], 0, 0
    while level:
        depth += 1
        nodes += len(level)
        if depth > MAX_DEPTH:
            raise too_deep()
        if nodes > MAX_NODES:
            raise too_many_nodes()
        level = [child for parent in level for child in _children(parent)]


def too_deep() -> FilterError:
    """Returns the error for a filter that nests too deep."""
    return FilterError(f"The filter is nested more than {MAX_DEPTH} deep.")


def too_many_nodes() -> FilterError:
    """Returns the error for a filter of too many conditions."""
    return FilterError(f"The filter has more than {MAX_NODES} conditions.")


def _children(node: Node) -> tuple[Node, ...]:
    if isinstance(node, And | Or):
        return node.parts
    return (node.part,) if isinstance(node, Not | AnyRequest) else ()
