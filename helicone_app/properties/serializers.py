"""What is asked of properties, and how the schema describes the answers."""

from typing import Any

from rest_framework import serializers

from helicone_app.periods import MetricsPeriodSerializer, OverTimeAskedSerializer
from helicone_app.query_fields import MAX_TEXT


class PropertySearchSerializer(serializers.Serializer[Any]):
    """A piece of a value."""

    searchTerm = serializers.CharField(
        default="", allow_blank=True, trim_whitespace=False, max_length=MAX_TEXT, help_text="In any case."
    )


class PropertyPeriodSerializer(serializers.Serializer[Any]):
    """When."""

    timeFilter = MetricsPeriodSerializer()


class PropertyOverTimeSerializer(OverTimeAskedSerializer):
    """Which property, of which requests, in which bars."""

    propertyKey = serializers.CharField(max_length=MAX_TEXT, trim_whitespace=False)


class HeliconePropertySerializer(serializers.Serializer[Any]):
    """A custom property."""

    property = serializers.CharField()


class PropertyCostSerializer(serializers.Serializer[Any]):
    """A value of a property; `Other` at the end are all that are not among the ten."""

    value = serializers.CharField(allow_blank=True)
    cost = serializers.FloatField(help_text="US dollars.")


class PropertyRequestsSerializer(serializers.Serializer[Any]):
    """A value of a property; `Other` at the end are all that are not among the ten."""

    value = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()


class PropertyBarSerializer(serializers.Serializer[Any]):
    """A value of the property in a bar."""

    created_at_trunc = serializers.DateTimeField(help_text="Where the bar begins.")
    property = serializers.CharField(allow_blank=True)
    request_count = serializers.IntegerField()
    total_cost = serializers.FloatField(help_text="US dollars.")
