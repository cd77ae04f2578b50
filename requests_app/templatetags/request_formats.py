"""Template filters for logged requests."""

from typing import Any

from django import template

from gateway_app.catalog import CATALOG
from requests_app import statuses
from requests_app.cells import cells
from requests_app.kinds import kind_words

register = template.Library()


@register.filter
def status_words(status: int) -> statuses.StatusWords:
    """Returns label, title and tone of a status."""
    return statuses.words(status)


register.filter("kind_words", kind_words)


@register.filter
def provider_class(provider: str) -> str:
    """Returns the CSS class of a provider's mark, empty for those that the gateway does not know: they are grey."""
    return f"provider-{provider}" if provider in CATALOG.by_name else ""


@register.filter
def lookup(mapping: dict[str, Any], key: str) -> Any:
    """Returns `mapping[key]`, or the key itself when there is none."""
    return mapping.get(key, key)


@register.filter
def spaced(name: str) -> str:
    """Returns `cache read` for `cache_read`."""
    return name.replace("_", " ")


register.simple_tag(cells)
