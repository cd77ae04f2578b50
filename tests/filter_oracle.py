"""Filters made up for tests: written in each form, and evaluated over rows in plain Python.

Independent of the product: rows are what REST says of them, and nothing of the filter language is imported.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Leaf:
    """A condition. `field` is a key of `FIELDS`, `property.<Name>` or `score.<name>`."""

    field: str
    operator: str
    value: Any


@dataclass(frozen=True)
class Node:
    """`kind` is and, or, not."""

    kind: str
    parts: tuple["Leaf | Node", ...]


Spec = Leaf | Node


@dataclass(frozen=True)
class Written:
    """The names of a field: in text, in the query string, as table and column of Helicone's tree; and its value."""

    text: str
    query: str
    table: str
    column: str
    value: Callable[[Row], Any]


def _same(name: str) -> Callable[[Row], Any]:
    return lambda row: row[name]


def _dollars(row: Row) -> Decimal | None:
    nano = row["cost_nanodollars"]
    return None if nano is None else Decimal(nano) / 10**9


RMT = "request_response_rmt"
TEXTS = {
    "model": Written("model", "model", RMT, "model", _same("model")),
    "provider": Written("provider", "provider", RMT, "provider", _same("provider")),
    "user": Written("user", "user_id", RMT, "user_id", _same("user_id")),
    "session": Written("session", "session_id", "", "", _same("session_id")),
    "url": Written("url", "target_url", RMT, "target_url", _same("target_url")),
    "path": Written("path", "path", "request", "path", _same("path")),
    "answered by": Written("response_model", "response_model", "response", "model", _same("response_model")),
}
NUMBERS = {
    "status": Written("status", "status", RMT, "status", _same("status")),
    "latency": Written("latency", "latency_ms", RMT, "latency", _same("latency_ms")),
    "ttft": Written(
        "ttft", "time_to_first_token_ms", RMT, "time_to_first_token", _same("time_to_first_token_ms")
    ),
    "cost": Written("cost", "cost", RMT, "cost", _dollars),
    "tokens": Written("tokens", "total_tokens", RMT, "total_tokens", _same("total_tokens")),
    "prompt": Written("prompt_tokens", "prompt_tokens", RMT, "prompt_tokens", _same("prompt_tokens")),
}
TIMES = {
    "time": Written(
        "time",
        "created_at",
        RMT,
        "request_created_at",
        lambda row: datetime.fromisoformat(row["created_at"]),
    )
}
FLAGS = {
    "streamed": Written("streamed", "streamed", "", "", _same("is_stream")),
    "estimated": Written("estimated", "estimated", "", "", _same("usage_is_estimated")),
    "cached": Written("cached", "cached", RMT, "cached", lambda row: False),
}
FIELDS = {**TEXTS, **NUMBERS, **TIMES, **FLAGS}
SIZES: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}
_LOOKUPS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "prefix": "startswith"}
_TREE_OPERATORS = {"=": "equals", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
STATUS_CLASSES: dict[str, Callable[[int], bool]] = {
    "success": lambda status: 200 <= status < 400,
    "error": lambda status: status >= 400 or status < 0,
    "cancelled": lambda status: status == -3,
    "4xx": lambda status: 400 <= status < 500,
}


# What matches


def matches(spec: Spec, row: Row) -> bool:
    """Returns whether `row` is one that `spec` asks for."""
    if isinstance(spec, Leaf):
        return any(_holds(spec.operator, value, spec.value) for value in _values(spec, row))
    results = [matches(part, row) for part in spec.parts]
    return {"and": all(results), "or": any(results), "not": not results[0]}[spec.kind]


def _values(leaf: Leaf, row: Row) -> list[Any]:
    """Returns what is there to compare with: nothing where nothing is known."""
    if leaf.field.startswith("property."):
        name = leaf.field.removeprefix("property.")
        return [row["properties"][one] for one in (name, name.lower()) if one in row["properties"]]
    if leaf.field.startswith("score."):
        name = leaf.field.removeprefix("score.")
        return [Decimal(str(row["scores"][name]))] if name in row["scores"] else []
    if leaf.field == "feedback":
        return [{1: "up", 0: "down", None: "none"}[row["feedback"]]]
    value = FIELDS[leaf.field].value(row)
    return [] if value is None else [value]


def _holds(operator: str, value: Any, wanted: Any) -> bool:
    if operator in SIZES:
        return SIZES[operator](value, wanted)
    match operator:
        case "=":
            return bool(value == wanted)
        case "prefix":
            return bool(value.startswith(wanted))
        case "contains":
            return lower(wanted) in lower(value)
        case "like":
            return re.fullmatch(like_as_regex(wanted), value, re.DOTALL) is not None
        case "ilike":
            return re.fullmatch(like_as_regex(lower(wanted)), lower(value), re.DOTALL) is not None
        case "class":
            return STATUS_CLASSES[wanted](value)
        case "exists":
            return True
    raise AssertionError(operator)


def lower(text: str) -> str:
    """Returns `text` in lower case, each character by itself as PostgreSQL does."""
    return "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def like_as_regex(pattern: str) -> str:
    """Returns the regular expression for a pattern of LIKE."""
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL)
    special = {"%": ".*", "_": "."}
    return "".join(special.get(piece) or re.escape(piece.removeprefix("\\")) for piece in pieces)


# The text form


def as_text(spec: Spec) -> str:
    """Returns `spec` as one would type it, brackets wherever they may stand."""
    if isinstance(spec, Leaf):
        return _leaf_text(spec)
    if spec.kind == "not":
        return f"-({as_text(spec.parts[0])})"
    joint = " " if spec.kind == "and" else " OR "
    return joint.join(f"({as_text(part)})" for part in spec.parts)


def _leaf_text(leaf: Leaf) -> str:
    name = _name(leaf.field)
    match leaf.operator:
        case "exists":
            return f"has:{name}"
        case "prefix":
            return f"{name}:{_quoted(leaf.value)}*"
        case "contains":
            return f"{name}:*{_quoted(leaf.value)}*"
        case "like":
            return f"{name}~{_quoted(leaf.value)}"
        case "ilike":
            return f"{name}~~{_quoted(leaf.value)}"
        case "=" | "class":
            return f"{name}:{_quoted(_plain(leaf))}"
    return f"{name}{leaf.operator}{_plain(leaf)}"


def _name(field: str) -> str:
    prefix, dot, name = field.partition(".")
    return f'{prefix}."{name}"' if dot else FIELDS[field].text if field in FIELDS else field


def _plain(leaf: Leaf) -> str:
    unit = "ms" if leaf.field in {"latency", "ttft"} else ""
    return _value(leaf.value) + unit


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _quoted(value: Any) -> str:
    return '"' + _value(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


# The query string


def as_query(conditions: list[Spec]) -> list[tuple[str, str]]:
    """Returns conditions that hold together, each of them a leaf or the negation of one, as parameters."""
    pairs = []
    for condition in conditions:
        is_negated = isinstance(condition, Node)
        leaf = condition.parts[0] if isinstance(condition, Node) else condition
        assert isinstance(leaf, Leaf)
        name = FIELDS[leaf.field].query if leaf.field in FIELDS else leaf.field
        if leaf.operator in {"=", "class"}:
            lookup = "__not" if is_negated else ""
        elif is_negated:
            lookup = {"contains": "__not_contains", "exists": "__exists"}[leaf.operator]
        else:
            lookup = "__" + _LOOKUPS.get(leaf.operator, leaf.operator)
        value = str(not is_negated).lower() if leaf.operator == "exists" else _value(leaf.value)
        pairs.append((name + lookup, value))
    return pairs


# Helicone's tree


def as_tree(spec: Spec) -> Any:
    """Returns `spec`, whose negations are of leaves that Helicone can negate, as Helicone's JSON."""
    if isinstance(spec, Leaf):
        return _leaf_tree(spec, is_negated=False)
    if spec.kind == "not":
        leaf = spec.parts[0]
        assert isinstance(leaf, Leaf)
        return _leaf_tree(leaf, is_negated=True)
    tree = as_tree(spec.parts[0])
    for part in spec.parts[1:]:
        tree = {"left": tree, "operator": spec.kind, "right": as_tree(part)}
    return tree


def _leaf_tree(leaf: Leaf, *, is_negated: bool) -> Any:
    operator, value = leaf.operator, leaf.value
    if operator == "prefix":
        operator, value = "like", re.sub(r"([%_\\])", r"\\\1", value) + "%"
    operator = ("not-" if is_negated else "") + _TREE_OPERATORS.get(operator, operator)
    if leaf.field == "feedback":
        return {"feedback": {"rating": {operator: value == "up"}}}
    condition = {operator: _json(value)}
    if leaf.field.startswith("property."):
        name = leaf.field.removeprefix("property.")
        if leaf.operator == "exists":
            return {RMT: {"property_key": {"not-equals" if is_negated else "equals": name}}}
        return {RMT: {"properties": {name: condition}}}
    if leaf.field.startswith("score."):
        return {RMT: {"scores": {leaf.field.removeprefix("score."): condition}}}
    written = FIELDS[leaf.field]
    return {written.table: {written.column: condition}}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def tree_text(spec: Spec) -> str:
    """Returns Helicone's JSON as the parameter `filter` holds it."""
    return json.dumps(as_tree(spec))
