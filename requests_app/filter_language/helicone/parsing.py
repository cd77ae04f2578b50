"""Helicone's filter trees, read."""

from typing import Any

from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.helicone.columns import NEGATIONS, OPERATORS, Column, Nested, Refused
from requests_app.filter_language.helicone.rows import gathered
from requests_app.filter_language.helicone.tables import REQUEST_TABLES, Tables
from requests_app.filter_language.tree import (
    EVERYTHING,
    MAX_DEPTH,
    MAX_NODES,
    Node,
    check_size,
    conjunction,
    disjunction,
    negation,
    too_deep,
    too_many_nodes,
)

_JOINED = {"and": conjunction, "or": disjunction}


def parse_tree(tree: Any, tables: Tables = REQUEST_TABLES) -> Node:
    """Returns the tree of Helicone's filter `tree`, as decoded from JSON, over `tables`. Raises FilterError."""
    node = gathered(_Parser(tables).branch(tree, "filter", depth=1))
    check_size(node)
    return node


class _Parser:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def branch(self, tree: Any, path: str, *, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise too_deep()
        if not _is_branch(tree):
            return self._leaf(tree, path)
        operator = _operator_of(tree, path)
        parts: list[Node] = []
        # Clients write ten conditions as a chain of nine branches: that is wide, not deep.
        waiting: list[tuple[Any, str]] = [(tree, path)]
        while waiting:
            one, at = waiting.pop()
            if len(parts) + len(waiting) > MAX_NODES:
                raise too_many_nodes()
            if _is_branch(one) and _operator_of(one, at) == operator:
                waiting += [(one.get("right"), f"{at}.right"), (one.get("left"), f"{at}.left")]
            else:
                parts.append(self.branch(one, at, depth=depth + 1))
        return _JOINED[operator](parts)

    def _leaf(self, tree: Any, path: str) -> Node:
        if tree == "all" or tree == {}:
            return EVERYTHING
        return conjunction(
            self._column(table, column, operators, at)
            for table, columns, table_path in _entries(tree, path)
            # Helicone's own samples name a table and say nothing of it.
            for column, operators, at in _entries(columns, table_path, may_be_empty=True)
        )

    def _column(self, table_name: str, name: str, operators: Any, path: str) -> Node:
        table = self._tables.by_name.get(table_name)
        if table is None:
            known = ", ".join(self._tables.by_name)
            raise FilterError(
                f"There is no table {table_name!r} to filter {self._tables.rows} by, only: {known}.",
                path=path.rpartition(".")[0],
                offending=table_name,
            )
        if isinstance(table, Nested):
            return _operators(_named(table, name, path), operators, path)
        column = table.get(name)
        match column:
            case None:
                raise FilterError(f"{table_name} has no column {name!r}.", path=path, offending=name)
            case Refused():
                raise FilterError(column.reason, path=path, offending=name)
            case Nested():
                return conjunction(
                    _operators(_named(column, key, at), inner, at)
                    for key, inner, at in _entries(operators, path, may_be_empty=True)
                )
        return _operators(column, operators, path)


def _is_branch(tree: Any) -> bool:
    return isinstance(tree, dict) and not tree.keys().isdisjoint({"left", "right", "operator"})


def _operator_of(branch: dict[str, Any], path: str) -> str:
    """Returns and / or. Raises FilterError when the branch is not whole."""
    for name in ("left", "operator", "right"):
        if name not in branch:
            raise FilterError(f"{name!r} is missing.", path=path)
    for name in branch.keys() - {"left", "operator", "right"}:
        raise FilterError("Beside left, operator and right stands nothing else.", path=f"{path}.{name}")
    operator = branch["operator"]
    if not isinstance(operator, str) or operator not in _JOINED:
        raise FilterError(
            f"{operator!r} is neither 'and' nor 'or'.", path=f"{path}.operator", offending=str(operator)
        )
    return operator


def _named(nested: Nested, name: str, path: str) -> Column:
    try:
        return nested.make(name)
    except FilterError as error:
        raise error.at(path=path, offending=name) from error


def _operators(column: Column, operators: Any, path: str) -> Node:
    return conjunction(_one(column, operator, value, at) for operator, value, at in _entries(operators, path))


def _one(column: Column, operator: str, value: Any, path: str) -> Node:
    if operator in NEGATIONS:
        return negation(_one(column, NEGATIONS[operator], value, path))
    try:
        if operator not in OPERATORS:
            known = ", ".join([*OPERATORS, *NEGATIONS])
            raise FilterError(f"There is no operator {operator!r}, only: {known}.")
        return column(operator, value)
    except FilterError as error:
        raise error.at(path=path, offending=str(value)) from error


def _entries(tree: Any, path: str, *, may_be_empty: bool = False) -> list[tuple[str, Any, str]]:
    """Returns (key, value, path of the value). Raises FilterError for what is no object, or empty."""
    if not isinstance(tree, dict):
        raise FilterError(f"Here should be an object, not {tree!r}."[:200], path=path, offending=str(tree))
    if not tree and not may_be_empty:
        raise FilterError("Here is nothing.", path=path)
    return [(key, value, f"{path}.{key}") for key, value in tree.items()]
