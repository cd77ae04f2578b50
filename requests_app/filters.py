"""Which requests: the query string, checked and turned into one filter for the list, the counts and REST.

The parameters: `range` (1h, 24h, 7d, 30d, 90d) or `start` / `end`; `status`, `model`, `provider`, `user_id`,
`session_id`, `request_id`; and `property.<Name>=value`, as often as wanted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from requests_app.models import Request

PROPERTY_PREFIX = "property."
RANGES = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(hours=24)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
    "90d": ("Last 90 days", timedelta(days=90)),
}
DEFAULT_RANGE = "30d"
CUSTOM_RANGE = "custom"

# Logged statuses below zero are failures without an HTTP status.
_STATUS_CLASSES: dict[str, Q] = {
    "success": Q(status__gte=200, status__lt=400),
    "error": Q(status__gte=400) | Q(status__lt=0),
    "cancelled": Q(status=-3),
    **{f"{n}xx": Q(status__gte=n * 100, status__lt=n * 100 + 100) for n in range(1, 6)},
}


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open range of time; an end of None is now."""

    key: str
    label: str
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Chip:
    """One active filter as the filter bar shows it. `remove_query` is the query string without it."""

    field: str
    operator: str
    value: str
    remove_query: str


class StatusField(forms.CharField):
    """A status code, or a class of them: success, error, cancelled, 2xx … 5xx."""

    def clean(self, value: Any) -> str:
        cleaned: str = super().clean(value).strip().lower()
        if cleaned and cleaned not in _STATUS_CLASSES and not re.fullmatch(r"-?\d{1,3}", cleaned):
            known = ", ".join(_STATUS_CLASSES)
            raise forms.ValidationError(f"{cleaned!r} is not a status: give a number, or one of {known}.")
        return cleaned


class StatusFilter(django_filters.Filter):
    field_class = StatusField

    def filter(self, qs: QuerySet[Request], value: str) -> QuerySet[Request]:
        if not value:
            return qs
        return qs.filter(_STATUS_CLASSES.get(value) or Q(status=int(value)))


def _exact(label: str, **kwargs: Any) -> django_filters.CharFilter:
    return django_filters.CharFilter(lookup_expr="exact", label=label, strip=False, **kwargs)


class RequestFilter(django_filters.FilterSet):
    """The filter of one request for a list. Give it the query string; ask `is_valid()` first."""

    range = django_filters.ChoiceFilter(
        choices=[(key, label) for key, (label, _) in RANGES.items()],
        method="unfiltered",
        label="How far back; not together with start and end",
    )
    start = django_filters.IsoDateTimeFilter(
        field_name="created_at", lookup_expr="gte", label="Not before (ISO 8601)"
    )
    end = django_filters.IsoDateTimeFilter(
        field_name="created_at", lookup_expr="lt", label="Before (ISO 8601)"
    )
    status = StatusFilter(label="A status code, or success, error, cancelled, 2xx … 5xx")
    model = _exact("The model asked for")
    provider = _exact("The provider, such as openai")
    user_id = _exact("Helicone-User-Id")
    session_id = _exact("Helicone-Session-Id")
    request_id = _exact("Helicone-Request-Id")

    FIELDS: ClassVar = ("status", "model", "provider", "user_id", "session_id", "request_id")

    class Meta:
        model = Request
        fields: ClassVar[list[str]] = []

    def __init__(self, data: Mapping[str, Any] | None = None, queryset: Any = None, **kwargs: Any) -> None:
        self.now = timezone.now()
        super().__init__(data, Request.objects.none() if queryset is None else queryset, **kwargs)

    def is_valid(self) -> bool:
        """Returns whether every parameter can be read; `errors` says what is wrong with those that cannot."""
        return super().is_valid() and not self._property_errors

    @property
    def errors(self) -> dict[str, list[str]]:
        """Returns what is wrong, by parameter."""
        return {**super().errors, **self._property_errors}

    @property
    def _property_errors(self) -> dict[str, list[str]]:
        return {
            PROPERTY_PREFIX + name: ["Null characters are not allowed."]
            for name, value in self.properties
            if "\x00" in name + value
        }

    @property
    def properties(self) -> list[tuple[str, str]]:
        """Returns the wanted properties as (name, value)."""
        return [
            (name.removeprefix(PROPERTY_PREFIX), value)
            for name, values in _lists(self.data)
            if name.startswith(PROPERTY_PREFIX)
            for value in values
        ]

    @property
    def period(self) -> Period:
        """Returns the range of time that the query string asks for; `DEFAULT_RANGE` when it does not."""
        cleaned = self.form.cleaned_data if self.is_valid() else {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if start or end:
            return Period(CUSTOM_RANGE, "Custom", start, end)
        key = cleaned.get("range") or DEFAULT_RANGE
        label, length = RANGES[key]
        return Period(key, label, self.now - length, None)

    @property
    def chips(self) -> list[Chip]:
        """Returns the active filters besides the period."""
        pairs = [(name, value) for name in self.FIELDS for value in self._values(name) if value]
        pairs += [(PROPERTY_PREFIX + name, value) for name, value in self.properties]
        return [Chip(name, "=", value, self._query_without(name, value)) for name, value in pairs]

    def filter_queryset(self, queryset: QuerySet[Request]) -> QuerySet[Request]:
        """Returns the rows of `queryset` that match. The filter must be valid."""
        queryset = super().filter_queryset(queryset)
        period = self.period
        if period.key != CUSTOM_RANGE and period.start is not None:
            queryset = queryset.filter(created_at__gte=period.start)
        for name, value in self.properties:
            # Many clients send header names in lower case, so that is what a property may have been logged under.
            queryset = queryset.filter(
                Q(properties__contains={name: value}) | Q(properties__contains={name.lower(): value})
            )
        return queryset

    def unfiltered(self, queryset: QuerySet[Request], name: str, value: str) -> QuerySet[Request]:
        """The range is applied in `filter_queryset`, where the default is known."""
        return queryset

    def _values(self, name: str) -> list[str]:
        return [value for key, values in _lists(self.data) if key == name for value in values]

    def _query_without(self, name: str, value: str) -> str:
        kept = [
            (key, one)
            for key, values in _lists(self.data)
            for one in values
            if (key, one) != (name, value) and key not in {"cursor", "open"}
        ]
        return urlencode(kept)


def _lists(data: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    return list(data.lists()) if isinstance(data, QueryDict) else [(k, [str(v)]) for k, v in data.items()]
