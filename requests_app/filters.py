"""Which requests: the query string, checked and turned into one filter for the list, the counts and REST.

Beside the parameters of any list: `filter`, a filter in Helicone's JSON; and `property.<Name>=value`, as often as
wanted.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

import django_filters
import msgspec
from django import forms
from django.db.models import Q, QuerySet

from requests_app.filter_language.compiling import compile_filter
from requests_app.filter_language.conditions import PROPERTY_PREFIX
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import REQUESTS
from requests_app.filter_language.helicone import parse_tree
from requests_app.filter_language.tree import EVERYTHING, Node, Text, conjunction
from requests_app.list_filter import RANGES, Chip, ListFilter, Period, TextFormFilter
from requests_app.models import Request
from requests_app.search import Candidates, candidates, has_search, split

__all__ = ["PROPERTY_PREFIX", "RANGES", "Chip", "FilterError", "Period", "RequestFilter"]


class TreeFormField(forms.CharField):
    """A filter in Helicone's JSON; cleaned, its tree."""

    def clean(self, value: Any) -> Node:
        text: str = super().clean(value)
        if not text:
            return EVERYTHING
        try:
            return parse_tree(msgspec.json.decode(text))
        except FilterError as error:
            raise forms.ValidationError(str(error)) from error
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise forms.ValidationError(f"This is not JSON: {error}") from error


class TreeFilter(django_filters.Filter):
    field_class = TreeFormField


class RequestFilter(ListFilter):
    """The filter of one request for a list of requests."""

    q = TextFormFilter(
        label="A filter in text form, such as `model:gpt-4o* cost>0.01 -status:200`",
        strip=False,
        vocabulary=REQUESTS,
    )
    filter = TreeFilter(label="A filter as Helicone's JSON tree", strip=False)
    status = django_filters.CharFilter(label="A status code, or success, error, cancelled, 2xx … 5xx")
    model = django_filters.CharFilter(label="The model asked for", strip=False)
    provider = django_filters.CharFilter(label="The provider, such as openai", strip=False)
    user_id = django_filters.CharFilter(label="Helicone-User-Id", strip=False)
    session_id = django_filters.CharFilter(label="Helicone-Session-Id", strip=False)
    request_id = django_filters.CharFilter(label="Helicone-Request-Id", strip=False)

    FIELDS: ClassVar = ("status", "model", "provider", "user_id", "session_id", "request_id")

    class Meta:
        model = Request
        fields: ClassVar[list[str]] = []

    def __init__(self, data: Mapping[str, Any] | None = None, queryset: Any = None, **kwargs: Any) -> None:
        self._compiled: dict[int, Q] = {}
        self._candidates: dict[int, Candidates] = {}
        super().__init__(data, queryset, **kwargs)

    @cached_property
    def tree(self) -> Node:
        """Returns all that is asked for but the period. The filter must be valid."""
        return conjunction([super().tree, self.form.cleaned_data["filter"]])

    @property
    def chips(self) -> list[Chip]:
        """Returns the active filters besides the period."""
        return [*super().chips, *self._tree_chips()]

    def narrow(self, queryset: QuerySet[Request], *, organization_id: int) -> QuerySet[Request]:
        """Returns the rows of `queryset`, all of one organization, that match. The filter must be valid.

        Of `searches` these are the candidates, which `search.pages` verifies. Raises FilterError for a search of
        bodies that cannot be done where it stands.
        """
        queryset = self.narrow_but_searches(queryset, organization_id=organization_id)
        return queryset.filter(self.candidates(organization_id).condition) if self.searches else queryset

    def candidates(self, organization_id: int) -> Candidates:
        """Returns what may hold all of `searches`; looked up once for the list and its count. Raises FilterError."""
        if organization_id not in self._candidates:
            since, until = self.period.start, self.period.end
            self._candidates[organization_id] = candidates(
                organization_id, self.searches, since=since, until=until
            )
        return self._candidates[organization_id]

    @property
    def searches(self) -> list[Text]:
        """Returns the searches of bodies that must hold beside all other conditions. The filter must be valid."""
        return split(self.tree)[0]

    @property
    def can_be_watched(self) -> bool:
        """Returns whether it can be told of a row as it comes; bodies are searched only where they lie."""
        return not has_search(self.tree)

    def narrow_but_searches(self, queryset: QuerySet[Request], *, organization_id: int) -> QuerySet[Request]:
        """Returns the rows of `queryset` that match all but `searches`. Raises FilterError as `narrow` does."""
        period = self.period
        if period.start is not None:
            queryset = queryset.filter(created_at__gte=period.start)
        if period.end is not None:
            queryset = queryset.filter(created_at__lt=period.end)
        return queryset.filter(self._condition(organization_id))

    def _condition(self, organization_id: int) -> Q:
        """Made once for the list and its count."""
        if organization_id not in self._compiled:
            self._compiled[organization_id] = compile_filter(
                split(self.tree)[1], organization_id=organization_id
            )
        return self._compiled[organization_id]

    def _tree_chips(self) -> Iterator[Chip]:
        written = self._last("filter")
        if not written or not self.is_valid():
            return
        node = self.form.cleaned_data["filter"]
        if node != EVERYTHING:
            yield Chip("", "", self._printed(node), self._query({"filter": written}, instead={}))
