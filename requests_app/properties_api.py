"""`/api/properties/`: the names and values of custom properties."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from requests_app.api_parameters import FILTERS, filters_of, organization_id, refusals
from requests_app.property_values import MAX_VALUES, NEWEST_ROWS, property_values


class PropertySerializer(serializers.Serializer[Any]):
    """One property."""

    name = serializers.CharField()
    count = serializers.IntegerField(help_text=f"How many of the newest {NEWEST_ROWS:,} rows have it.")
    values = serializers.ListField(
        child=serializers.CharField(), help_text=f"At most {MAX_VALUES}, most frequent first."
    )


class PropertyListView(APIView):
    """Custom properties of the caller's organization."""

    @extend_schema(
        operation_id="properties_list", parameters=FILTERS, responses=PropertySerializer(many=True)
    )
    def get(self, request: ApiRequest) -> Response:
        """Names and values in the newest rows that match, most frequent first."""
        with refusals():
            found = property_values(organization_id=organization_id(request), filters=filters_of(request))
        return Response(PropertySerializer(found, many=True).data)
