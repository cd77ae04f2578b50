"""Fields of what queries ask: numbers, moments, and filter trees."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from helicone_app.fields import NumberField
from helicone_site.moments import read_moment
from requests_app import time_bars
from requests_app.filter_language.helicone import REQUEST_TABLES, Tables, parse_tree
from requests_app.filter_language.helicone.rows import without_bodies

MAX_TEXT = 2000
MAX_OFFSET = 1_000_000
# Of getTimezoneOffset: no clock is a whole day from UTC.
MAX_MINUTES = 24 * 60 - 1
# Beyond, no clock knows the moment.
_MAX_UNIX_MS = 10**15
_NO_WORDS = "What requests add up to cannot be narrowed by words in bodies: /v1/request/query can."
# For routes that say what requests add up to.
METRIC_TABLES = Tables("requests", without_bodies(REQUEST_TABLES.by_name, _NO_WORDS))


class MinutesField(NumberField):
    """Minutes from UTC, with the sign of JavaScript's getTimezoneOffset: west of Greenwich they are more than 0."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"default": 0, "min_value": -MAX_MINUTES, "max_value": MAX_MINUTES, **kwargs},
        )


class UnixMsField(NumberField):
    """A moment as milliseconds since 1970; its datetime, within what clocks know."""

    ms_per_unit = 1

    def __init__(self, **kwargs: Any) -> None:
        bound = _MAX_UNIX_MS // self.ms_per_unit
        super().__init__(**{"min_value": -bound, "max_value": bound, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        number = super().run_validation(data)
        return None if number is None else _moment(number * self.ms_per_unit)


class UnixSecondsField(UnixMsField):
    """The same in seconds."""

    ms_per_unit = 1000


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.CharField):
    """A moment in ISO 8601, UTC unless it says otherwise; its datetime."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        text = super().run_validation(data)
        try:
            return min(max(read_moment(text), time_bars.FIRST), time_bars.LAST)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class TreeField(serializers.JSONField):
    """Helicone's filter tree over some tables; the Node that it means, None when it is not given."""

    def __init__(self, tables: Tables = METRIC_TABLES, **kwargs: Any) -> None:
        self._tables = tables
        help_text = f'Helicone\'s filter tree over {", ".join(tables.by_name)}; "all" or {{}} for everything.'
        super().__init__(**{"required": False, "allow_null": True, "help_text": help_text, **kwargs})

    def to_internal_value(self, data: Any) -> Any:
        return parse_tree(data, self._tables)


def clock(minutes: float) -> timezone:
    """Returns the zone of clocks that are so many `minutes` behind UTC."""
    return timezone(timedelta(minutes=-minutes))


def _moment(unix_ms: float) -> datetime:
    first, last = time_bars.FIRST.timestamp() * 1000, time_bars.LAST.timestamp() * 1000
    return datetime.fromtimestamp(min(max(unix_ms, first), last) / 1000, UTC)
