"""Which custom properties there are, and what they say."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from requests_app.filters import RequestFilter
from requests_app.queries import requests_of

NEWEST_ROWS = 10_000
MAX_VALUES = 100


@dataclass(frozen=True, slots=True)
class PropertyValues:
    """A property, in how many of the rows looked at it is, and its most frequent values there."""

    name: str
    count: int
    values: list[str]


def property_values(*, organization_id: int, filters: RequestFilter) -> list[PropertyValues]:
    """Returns the properties in the newest `NEWEST_ROWS` rows that match, most frequent first.

    `filters` must be valid. Raises FilterError.
    """
    rows = filters.narrow(requests_of(organization_id), organization_id=organization_id)
    newest = rows.exclude(properties={}).order_by("-created_at", "-id")
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for properties in newest.values_list("properties", flat=True)[:NEWEST_ROWS]:
        for name, value in properties.items():
            found[name][value] += 1
    listed = [
        PropertyValues(name, values.total(), [value for value, _ in values.most_common(MAX_VALUES)])
        for name, values in found.items()
    ]
    return sorted(listed, key=lambda each: (-each.count, each.name))
