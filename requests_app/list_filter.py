"""Which rows of a list: what the filters of requests and of sessions have in common.

The parameters: `range` (1h, 24h, 7d, 30d, 90d) or `start` / `end`; `q`, a filter in its text form; and any field by its
name, with a lookup (`cost__gt=0.01`) or without. All hold together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from requests_app.filter_language.conditions import PROPERTY_PREFIX
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import REQUESTS, Vocabulary
from requests_app.filter_language.lookups import Parameter, parameter_named
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.text import parse
from requests_app.filter_language.tree import Comparison, Node, Operator, check_size, conjunction, top_parts

RANGES = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(hours=24)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
    "90d": ("Last 90 days", timedelta(days=90)),
}
DEFAULT_RANGE = "30d"
CUSTOM_RANGE = "custom"
# Say where in the list one is, and lead nowhere in another list.
_OF_ONE_VIEW = {"cursor", "open", "tab"}


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open range of time; an end of None is now."""

    key: str
    label: str
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Chip:
    """One active filter as the filter bar shows it. `remove_query` is the query string without it.

    A condition of `q` or `filter` has no field and operator of its own: its value is all of its text.
    """

    field: str
    operator: str
    value: str
    remove_query: str


class TextFormField(forms.CharField):
    """A filter in its text form; cleaned, its tree."""

    def __init__(self, *args: Any, vocabulary: Vocabulary, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.vocabulary = vocabulary

    def clean(self, value: Any) -> Node:
        text: str = super().clean(value)
        try:
            return parse(text, self.vocabulary)
        except FilterError as error:
            raise forms.ValidationError(str(error)) from error


class TextFormFilter(django_filters.Filter):
    field_class = TextFormField


class ListFilter(django_filters.FilterSet):
    """The filter of one request for a list. Give it the query string; ask `is_valid()` first.

    Subclasses say the `vocabulary`, give the rows' `model` in Meta, and have a `q` of that vocabulary.
    """

    range = django_filters.ChoiceFilter(
        choices=[(key, label) for key, (label, _) in RANGES.items()],
        label="How far back; not together with start and end",
    )
    start = django_filters.IsoDateTimeFilter(label="Not before (ISO 8601)")
    end = django_filters.IsoDateTimeFilter(label="Before (ISO 8601)")

    vocabulary: ClassVar[Vocabulary] = REQUESTS
    # Parameters that are declared for the documentation, and mean what the vocabulary says.
    FIELDS: ClassVar[tuple[str, ...]] = ()
    # The field whose bounds in the text are the period, when no parameter says it.
    TIME: ClassVar = "time"

    def __init__(self, data: Mapping[str, Any] | None = None, queryset: Any = None, **kwargs: Any) -> None:
        self.now = timezone.now()
        nothing: QuerySet[Any] = self._meta.model.objects.none()
        super().__init__(data, nothing if queryset is None else queryset, **kwargs)

    def is_valid(self) -> bool:
        """Returns whether every parameter can be read; `errors` says what is wrong with those that cannot."""
        return super().is_valid() and not self._conditions.errors

    @property
    def errors(self) -> dict[str, list[str]]:
        """Returns what is wrong, by parameter."""
        return {**super().errors, **self._conditions.errors}

    @cached_property
    def tree(self) -> Node:
        """Returns all that is asked for but the period. The filter must be valid."""
        return conjunction([self.form.cleaned_data["q"], *self._conditions.nodes])

    @cached_property
    def period(self) -> Period:
        """Returns the range of time that the query string asks for; `DEFAULT_RANGE` when it does not."""
        cleaned = self.form.cleaned_data if self.is_valid() else {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if not (start or end or cleaned.get("range")) and cleaned:
            # Who writes `after:` is not asking for the last thirty days of it.
            start, end = _bounds(self.tree, self.TIME)
        if start or end:
            return Period(CUSTOM_RANGE, "Custom", start, end)
        key = cleaned.get("range") or DEFAULT_RANGE
        label, length = RANGES[key]
        return Period(key, label, self.now - length, None)

    @property
    def chips(self) -> list[Chip]:
        """Returns the active filters besides the period."""
        return [*self._parameter_chips(), *self._text_chips()]

    @cached_property
    def _conditions(self) -> "_Conditions":
        return _Conditions(self.data, set(self.base_filters) - set(self.FIELDS), self.vocabulary)

    def _parameter_chips(self) -> Iterator[Chip]:
        for name, parameter, value in self._conditions.given:
            yield Chip(parameter.field, parameter.lookup.sign, value, self._query({name: value}, instead={}))

    def _text_chips(self) -> Iterator[Chip]:
        text = self._last("q")
        try:
            parts = top_parts(parse(text, self.vocabulary))
        except FilterError:
            return
        for part in parts:
            rest = self._printed(conjunction(other for other in parts if other is not part))
            yield Chip("", "", self._printed(part), self._query({"q": text}, instead={"q": rest}))

    def _last(self, name: str) -> str:
        return str(self.data.get(name) or "")

    def _query(self, removed: Mapping[str, str], *, instead: Mapping[str, str]) -> str:
        kept = [
            (key, one)
            for key, values in _lists(self.data)
            for one in values
            if removed.get(key) != one and key not in _OF_ONE_VIEW
        ]
        return urlencode([*kept, *((name, value) for name, value in instead.items() if value)])

    def _printed(self, node: Node) -> str:
        return print_filter(node, self.vocabulary)


class _Conditions:
    """The parameters that are conditions on fields, properties and scores."""

    def __init__(self, data: Mapping[str, Any], others: set[str], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.given: list[tuple[str, Parameter, str]] = []
        self.nodes: list[Node] = []
        self.errors: dict[str, list[str]] = {}
        for name, values in _lists(data):
            if name in others:
                continue
            try:
                self._read(name, values)
            except FilterError as error:
                self.errors[name] = [str(error)]
        try:
            check_size(conjunction(self.nodes))
        except FilterError as error:
            self.errors["q"] = [str(error)]

    def _read(self, name: str, values: list[str]) -> None:
        parameter = parameter_named(name, self._vocabulary)
        if parameter is None:
            return
        for value in values:
            # An empty field of a form asks for nothing.
            if value or name.startswith(PROPERTY_PREFIX):
                self.nodes.append(parameter.node(value))
                self.given.append((name, parameter, value))


def _bounds(node: Node, time: str) -> tuple[datetime | None, datetime | None]:
    """Returns the first moment that `node` lets `time` be, and the first after those; None without such a bound."""
    starts: list[datetime] = []
    ends: list[datetime] = []
    for part in top_parts(node):
        if isinstance(part, Comparison) and part.field == time and isinstance(part.value, datetime):
            if part.operator in {Operator.GREATER, Operator.GREATER_OR_EQUAL, Operator.EQUALS}:
                starts.append(part.value)
            if part.operator in {Operator.LESS, Operator.LESS_OR_EQUAL, Operator.EQUALS}:
                is_open = part.operator is Operator.LESS
                ends.append(part.value if is_open else part.value + timedelta(microseconds=1))
    return max(starts, default=None), min(ends, default=None)


def _lists(data: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    return list(data.lists()) if isinstance(data, QueryDict) else [(k, [str(v)]) for k, v in data.items()]
