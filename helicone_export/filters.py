"""Helicone's filter trees."""

from collections.abc import Iterable
from typing import Any

from helicone_export.times import iso

Filter = dict[str, Any]
TABLE = "request_response_rmt"


def both(trees: Iterable[Filter]) -> Filter | str:
    """Returns the tree that asks for all of `trees`; "all" when there are none."""
    joined: Filter | str = "all"
    for tree in trees:
        joined = tree if joined == "all" else {"left": joined, "operator": "and", "right": tree}
    return joined


def between(start_ms: int, before_ms: int) -> list[Filter]:
    """Returns what asks for requests from `start_ms` on, and before `before_ms`."""
    return [_created_at("gte", start_ms), _created_at("lt", before_ms)]


def property_is(name: str, value: str) -> Filter:
    """Returns what asks for a property of exactly this value."""
    return {TABLE: {"properties": {name: {"equals": value}}}}


def _created_at(operator: str, ms: int) -> Filter:
    return {TABLE: {"request_created_at": {operator: iso(ms)}}}
