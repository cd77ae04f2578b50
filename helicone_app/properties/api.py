"""`/v1/property/`: custom properties, their values, and what requests of each add up to."""

from abc import abstractmethod
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.periods import bars_of_body, scope_of_body
from helicone_app.properties.serializers import (
    HeliconePropertySerializer,
    PropertyBarSerializer,
    PropertyCostSerializer,
    PropertyOverTimeSerializer,
    PropertyPeriodSerializer,
    PropertyRequestsSerializer,
    PropertySearchSerializer,
)
from helicone_app.view import HeliconeView, asked, ok, result
from helicone_site.formats import usd
from ingest_app.known_values import PROPERTY
from metrics_app.properties.known import known_properties
from metrics_app.properties.values import top_values
from metrics_app.reading import Sums, sums
from metrics_app.reading.questions import known_names
from requests_app.api_parameters import organization_id
from requests_app.filter_language.known_values import KnownValues

MOST_VALUES = 25
TOP = 10
# Over time, where there are more.
MOST_OVER_TIME = 100
OTHER = "Other"
_KEY = OpenApiParameter(
    "property_key", OpenApiTypes.STR, OpenApiParameter.PATH, description="The property's name."
)


class PropertyQueryView(HeliconeView):
    """The properties there are."""

    @extend_schema(
        operation_id="helicone_property_query",
        request=None,
        responses=result("HeliconeProperties", HeliconePropertySerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """All that any request has had, by name. What a session is called and its path are none here."""
        names = [known.name for known in known_properties(organization_id(request))]
        return ok([{"property": name} for name in names])


class PropertySearchView(HeliconeView):
    """Values of a property."""

    @extend_schema(
        operation_id="helicone_property_search",
        parameters=[_KEY],
        request=PropertySearchSerializer,
        responses=result("HeliconePropertyValues", serializers.ListField(child=serializers.CharField())),
    )
    def post(self, request: ApiRequest, property_key: str) -> Response:
        """At most 25 that have the term in them, in order."""
        term = asked(PropertySearchSerializer, request)["searchTerm"]
        organization = organization_id(request)
        name = stored_name(organization, property_key)
        if name is None:
            return ok([])
        return ok(KnownValues(organization).offered(PROPERTY + name, term, MOST_VALUES))


class _TopView(HeliconeView):
    """The ten values with most of something, and all others together."""

    order: ClassVar[str]
    name: ClassVar[str]

    def answer(self, request: ApiRequest, key: str) -> Response:
        said = asked(PropertyPeriodSerializer, request)
        organization = organization_id(request)
        name = stored_name(organization, key)
        if name is None:
            return ok([])
        found = top_values(scope_of_body(organization, said), name, order=self.order, at_most=TOP)
        shown = [(value, self.number(one)) for value, one in found.rows]
        rest = self.number(found.all - sum((one for _, one in found.rows), Sums()))
        if rest > 0:
            shown.append((OTHER, rest))
        return ok([{"value": value, self.name: number} for value, number in shown])

    @abstractmethod
    def number(self, sums: Sums) -> float:
        """Returns what is told of `sums`."""


class TopCostsView(_TopView):
    """By cost."""

    order, name = "cost", "cost"

    @extend_schema(
        operation_id="helicone_property_top_costs",
        parameters=[_KEY],
        request=PropertyPeriodSerializer,
        responses=result("HeliconePropertyCosts", PropertyCostSerializer(many=True)),
    )
    def post(self, request: ApiRequest, property_key: str) -> Response:
        """The ten values that cost most."""
        return self.answer(request, property_key)

    def number(self, sums: Sums) -> float:
        return usd(sums.cost_nanodollars)


class TopRequestsView(_TopView):
    """By requests."""

    order, name = "requests", "count"

    @extend_schema(
        operation_id="helicone_property_top_requests",
        parameters=[_KEY],
        request=PropertyPeriodSerializer,
        responses=result("HeliconePropertyRequests", PropertyRequestsSerializer(many=True)),
    )
    def post(self, request: ApiRequest, property_key: str) -> Response:
        """The ten values with most requests."""
        return self.answer(request, property_key)

    def number(self, sums: Sums) -> float:
        return sums.requests


class PropertyOverTimeView(HeliconeView):
    """A property over time."""

    @extend_schema(
        operation_id="helicone_property_over_time",
        request=PropertyOverTimeSerializer,
        responses=result("HeliconePropertyBars", PropertyBarSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """Each value in each bar that has requests; of the hundred values with most requests, where there are more."""
        said = asked(PropertyOverTimeSerializer, request)
        organization = organization_id(request)
        bars = bars_of_body(organization, said)
        name = stored_name(organization, said["propertyKey"])
        if name is None:
            return ok([])
        largest = top_values(bars.scope, name, order="requests", at_most=MOST_OVER_TIME)
        values = [value for value, _ in largest.rows]
        found = sums(bars.question(PROPERTY + name), ("requests", "cost_nanodollars"), only=values)
        times = bars.times
        rows: list[dict[str, Any]] = [
            {
                "created_at_trunc": times[bar],
                "property": value,
                "request_count": one.requests,
                "total_cost": usd(one.cost_nanodollars),
            }
            for (bar, value), one in sorted(found.items(), key=lambda item: item[0])
        ]
        return ok(rows)


def stored_name(organization_id: int, key: str) -> str | None:
    """Returns the name of the property as filters find it: as given, or in lower case; None when there is none."""
    if "\x00" in key:
        return None
    known = known_names(organization_id, {PROPERTY + key, PROPERTY + key.lower()})
    found = PROPERTY + key if PROPERTY + key in known else next(iter(known), None)
    return found and found.removeprefix(PROPERTY)
