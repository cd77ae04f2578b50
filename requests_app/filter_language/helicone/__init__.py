"""Helicone's JSON filter tree: `"all"`, `{}`, a leaf `{table: {column: {operator: value}}}`, or
`{"left": …, "operator": "and" | "or", "right": …}`. Costs are in US dollars, durations in milliseconds.

`tables` says what there is to filter requests by; whoever lists other rows brings tables of their own.
"""

from requests_app.filter_language.helicone.parsing import parse_tree
from requests_app.filter_language.helicone.tables import REQUEST_TABLES, Tables

__all__ = ["REQUEST_TABLES", "Tables", "parse_tree"]
