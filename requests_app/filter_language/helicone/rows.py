"""Trees over rows that stand for requests, sessions say: what is said of the requests becomes `AnyRequest`.

What Helicone's tables say of requests narrows the requests that a session is made of, so conditions that hold together
hold of one request.
"""

from collections.abc import Callable, Mapping

from requests_app.filter_language.helicone.columns import Body, Column, Entry, Nested, Refused, Table
from requests_app.filter_language.tree import And, AnyRequest, Node, Not, Or, conjunction, disjunction

Changed = Callable[[Entry], Entry]


def of_any_request(tables: Mapping[str, Table]) -> dict[str, Table]:
    """Returns tables of requests whose conditions become those of `AnyRequest`."""
    return _changed(tables, _of_any_request)


def without_bodies(tables: Mapping[str, Table], reason: str) -> dict[str, Table]:
    """Returns the tables with bodies refused for `reason`."""
    return _changed(tables, lambda entry: Refused(reason) if isinstance(entry, Body) else entry)


def gathered(node: Node) -> Node:
    """Returns the tree with all that is said of one request in one `AnyRequest`."""
    match node:
        case Not():
            part = gathered(node.part)
            # Who asks for another model asks for a request of another model.
            return AnyRequest(Not(part.part)) if isinstance(part, AnyRequest) else Not(part)
        case And():
            return _joined(node.parts, conjunction)
        case Or():
            return _joined(node.parts, disjunction)
    return node


def _joined(parts: tuple[Node, ...], join: Callable[[list[Node]], Node]) -> Node:
    found = [gathered(part) for part in parts]
    of_requests = [part.part for part in found if isinstance(part, AnyRequest)]
    others: list[Node] = [part for part in found if not isinstance(part, AnyRequest)]
    return join([*others, AnyRequest(join(of_requests))]) if of_requests else join(others)


def _changed(tables: Mapping[str, Table], change: Changed) -> dict[str, Table]:
    found: dict[str, Table] = {}
    for name, table in tables.items():
        if isinstance(table, Nested):
            changed = change(table)
            assert isinstance(changed, Nested)  # noqa: S101 - as both of the above do
            found[name] = changed
        else:
            found[name] = {column: change(entry) for column, entry in table.items()}
    return found


def _of_any_request(entry: Entry) -> Entry:
    if isinstance(entry, Refused):
        return entry
    if isinstance(entry, Nested):
        make = entry.make
        return Nested(lambda name: _column_of_any_request(make(name)))
    return _column_of_any_request(entry)


def _column_of_any_request(column: Column) -> Column:
    return lambda operator, value: AnyRequest(column(operator, value))
