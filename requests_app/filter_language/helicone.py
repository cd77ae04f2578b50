"""Helicone's JSON filter tree: `"all"`, `{}`, a leaf `{table: {column: {operator: value}}}`, or
`{"left": …, "operator": "and" | "or", "right": …}`. Costs are in US dollars, durations in milliseconds.
"""

from collections.abc import Callable
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
from requests_app.filter_language.fields import FIELDS
from requests_app.filter_language.tree import (
    EVERYTHING,
    MAX_DEPTH,
    MAX_NODES,
    BodyPart,
    Comparison,
    Node,
    Operator,
    check_size,
    conjunction,
    disjunction,
    negation,
    too_deep,
    too_many_nodes,
)
from requests_app.filter_language.values import print_number

# Makes a node of an operator, as Helicone names it, and its value. Raises FilterError.
Column = Callable[[str, Any], Node]

_POSITIVE = {
    "equals": Operator.EQUALS,
    "like": Operator.LIKE,
    "ilike": Operator.ILIKE,
    "contains": Operator.CONTAINS,
    "gt": Operator.GREATER,
    "gte": Operator.GREATER_OR_EQUAL,
    "lt": Operator.LESS,
    "lte": Operator.LESS_OR_EQUAL,
}
_NEGATIVE = {"not-equals": "equals", "not-contains": "contains"}
_PROMPT_ID_PROPERTY = "Helicone-Prompt-Id"
_PROMPT_VERSION_PROPERTY = "Helicone-Prompt-Version"
_PROPERTIES_IN_COLUMNS = {
    "helicone-session-id": "session",
    "helicone-session-name": "session_name",
    "helicone-session-path": "session_path",
}
_TOO_LARGE = 10**20  # to be compared with anything, and so to be written out
_JOINED = {"and": conjunction, "or": disjunction}


def parse_tree(tree: Any) -> Node:
    """Returns the tree of Helicone's filter `tree`, as decoded from JSON. Raises FilterError."""
    node = _branch(tree, "filter", depth=1)
    check_size(node)
    return node


def _branch(tree: Any, path: str, *, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise too_deep()
    if not _is_branch(tree):
        return _leaf(tree, path)
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
            parts.append(_branch(one, at, depth=depth + 1))
    return _JOINED[operator](parts)


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


def _leaf(tree: Any, path: str) -> Node:
    if tree == "all" or tree == {}:
        return EVERYTHING
    return conjunction(
        _column(table, column, operators, at)
        for table, columns, table_path in _entries(tree, path)
        for column, operators, at in _entries(columns, table_path)
    )


def _column(table: str, name: str, operators: Any, path: str) -> Node:
    columns = _TABLES.get(table)
    if columns is None:
        known = ", ".join(_TABLES)
        raise FilterError(
            f"There is no table {table!r} to filter requests by, only: {known}.",
            path=path.rpartition(".")[0],
            offending=table,
        )
    if table == "properties":
        return _operators(_property(name), operators, path)
    if table == "values":
        raise FilterError("The inputs of prompts are not kept by name.", path=path, offending=name)
    column = columns.get(name)
    if column is None:
        reason = _WITHOUT_DATA.get((table, name)) or f"{table} has no column {name!r}."
        raise FilterError(reason, path=path, offending=name)
    if isinstance(column, _Nested):
        return conjunction(
            _operators(column.make(key), inner, at) for key, inner, at in _entries(operators, path)
        )
    return _operators(column, operators, path)


def _operators(column: Column, operators: Any, path: str) -> Node:
    return conjunction(_one(column, operator, value, at) for operator, value, at in _entries(operators, path))


def _one(column: Column, operator: str, value: Any, path: str) -> Node:
    if operator in _NEGATIVE:
        return negation(_one(column, _NEGATIVE[operator], value, path))
    try:
        if operator not in _POSITIVE:
            known = ", ".join([*_POSITIVE, *_NEGATIVE])
            raise FilterError(f"There is no operator {operator!r}, only: {known}.")
        return column(operator, value)
    except FilterError as error:
        raise error.at(path=path, offending=str(value)) from error


def _entries(tree: Any, path: str) -> list[tuple[str, Any, str]]:
    """Returns (key, value, path of the value). Raises FilterError for what is no object, or empty."""
    if not isinstance(tree, dict):
        raise FilterError(f"Here should be an object, not {tree!r}."[:200], path=path, offending=str(tree))
    if not tree:
        raise FilterError("Here is nothing.", path=path)
    return [(key, value, f"{path}.{key}") for key, value in tree.items()]


def _written(value: Any) -> str:
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


def _field(name: str) -> Column:
    def make(operator: str, value: Any) -> Node:
        written = _written(value)
        return field_condition(FIELDS[name], _POSITIVE[operator], written, bare_duration_is_ms=True)

    return make


def _provider(operator: str, value: Any) -> Node:
    return _field("provider")(operator, our_name(_written(value)))


def _property(name: str) -> Column:
    # What Helicone keeps as properties and we in columns.
    if field := _PROPERTIES_IN_COLUMNS.get(name.lower()):
        return _field(field)

    def make(operator: str, value: Any) -> Node:
        return property_condition(name, _POSITIVE[operator], _written(value))

    return make


def _property_key(operator: str, value: Any) -> Node:
    if operator != "equals":
        raise FilterError("Names of properties are compared by equals and not-equals only.")
    name = _written(value)
    if field := _PROPERTIES_IN_COLUMNS.get(name.lower()):
        return field_condition(FIELDS[field], Operator.EXISTS, None)
    return property_condition(name, Operator.EXISTS, None)


def _score(name: str) -> Column:
    def make(operator: str, value: Any) -> Node:
        return score_condition(name, _POSITIVE[operator], _written(value))

    return make


def _body(part: BodyPart) -> Column:
    """Bodies are searched for words in their order: that is what `contains`, or % around a pattern, asks for."""

    def make(operator: str, value: Any) -> Node:
        written = _written(value)
        if operator in {"like", "ilike"}:
            written = written.removeprefix("%").removesuffix("%")
            if "%" in written or "_" in written:
                raise FilterError(
                    "Bodies are searched for words: % may stand at the ends of the pattern only."
                )
        elif operator != "contains":
            raise FilterError("Bodies are searched for words: use contains or not-contains.")
        return text_condition(written, is_phrase=True, field=part)

    return make


def _thumb(operator: str, value: Any) -> Node:
    if operator != "equals" or not isinstance(value, bool):
        raise FilterError("Feedback is compared by equals and not-equals, with true or false.")
    return Comparison("feedback", Operator.EQUALS, "up" if value else "down")


class _Nested:
    """A column with names of its own below it."""

    def __init__(self, make: Callable[[str], Column]) -> None:
        self.make = make


_REQUESTS: dict[str, Column | _Nested] = {
    **{
        column: _field(field)
        for column, field in {
            "request_id": "request_id",
            "model": "model",
            "user_id": "user",
            "organization_id": "organization",
            "node_id": "node_id",
            "job_id": "job_id",
            "country_code": "country",
            "target_url": "url",
            "request_referrer": "referrer",
            "cache_reference_id": "cache_reference_id",
            "assets": "assets",
            "status": "status",
            "latency": "latency",
            "cost": "cost",
            "time_to_first_token": "ttft",
            "prompt_tokens": "prompt_tokens",
            "completion_tokens": "completion_tokens",
            "total_tokens": "tokens",
            "prompt_cache_read_tokens": "cache_read_tokens",
            "prompt_cache_write_tokens": "cache_write_tokens",
            "request_created_at": "time",
            "response_created_at": "answered",
            "threat": "threat",
            "cache_enabled": "cache_enabled",
            "cached": "cached",
            "is_passthrough_billing": "passthrough_billing",
        }.items()
    },
    "provider": _provider,
    "request_body": _body("request"),
    "response_body": _body("response"),
    "prompt_id": _property(_PROMPT_ID_PROPERTY),
    "prompt_version": _property(_PROMPT_VERSION_PROPERTY),
    "helicone-score-feedback": _thumb,
    "property_key": _property_key,
    "properties": _Nested(_property),
    "search_properties": _Nested(_property),
    "scores": _Nested(_score),
}
_TABLES: dict[str, dict[str, Column | _Nested]] = {
    "request_response_rmt": _REQUESTS,
    "request": {
        "id": _field("request_id"),
        "created_at": _field("time"),
        "user_id": _field("user"),
        "model": _field("model"),
        "modelOverride": _field("model"),
        "path": _field("path"),
        "prompt": _body("request"),
        "prompt_id": _property(_PROMPT_ID_PROPERTY),
        "country_code": _field("country"),
        "org_id": _field("organization"),
        "node_id": _field("node_id"),
    },
    "response": {
        "status": _field("status"),
        "model": _field("response_model"),
        "body_model": _field("response_model"),
        "body_tokens": _field("tokens"),
        "body_completion": _body("response"),
    },
    "sessions_request_response_rmt": {
        "session_session_id": _field("session"),
        "session_session_name": _field("session_name"),
    },
    "feedback": {"rating": _thumb, "response_id": _field("id")},
    "properties": {},
    "values": {},
}
_WITHOUT_DATA = {
    ("request", "auth_hash"): "The hash of the key is not kept with the request.",
    ("request_response_rmt", "scores_column"): "Scores are filtered by name, below 'scores'.",
    ("feedback", "id"): "Feedback has no id of its own: filter by response_id.",
    ("feedback", "created_at"): "When feedback was given is not kept.",
    **{
        ("sessions_request_response_rmt", f"session_{name}"): (
            "This is said of sessions, not of requests: filter sessions by it."
        )
        for name in (
            *("total_cost", "total_tokens", "prompt_tokens", "completion_tokens", "total_requests"),
            *("created_at", "latest_request_created_at", "tag"),
        )
    },
}
