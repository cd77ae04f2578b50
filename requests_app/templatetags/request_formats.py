"""Template filters for logged requests."""

from typing import Any

from django import template

from gateway_app.catalog import CATALOG
from requests_app import statuses
from requests_app.columns import Column
from requests_app.queries import RequestRow

register = template.Library()

SHOWN_PROPERTIES = 1


@register.filter
def status_words(status: int) -> statuses.StatusWords:
    """Returns label, title and tone of a status."""
    return statuses.words(status)


@register.filter
def provider_class(provider: str) -> str:
    """Returns the CSS class of a provider's mark, empty for those that the gateway does not know: they are grey."""
    return f"provider-{provider}" if provider in CATALOG.by_name else ""


@register.filter
def first_properties(properties: dict[str, str]) -> list[tuple[str, str]]:
    """Returns the properties that a row of the list has room for."""
    return list(properties.items())[:SHOWN_PROPERTIES]


@register.filter
def hidden_properties(properties: dict[str, str]) -> list[tuple[str, str]]:
    """Returns the other properties."""
    return list(properties.items())[SHOWN_PROPERTIES:]


@register.filter
def lookup(mapping: dict[str, Any], key: str) -> Any:
    """Returns `mapping[key]`, or the key itself when there is none."""
    return mapping.get(key, key)


@register.filter
def spaced(name: str) -> str:
    """Returns `cache read` for `cache_read`."""
    return name.replace("_", " ")


@register.filter
def cell(row: RequestRow, column: Column) -> str:
    """Returns what a plain column shows of a row, empty for nothing."""
    return column.read(row) if column.read else ""
