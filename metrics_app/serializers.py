"""What REST says of metrics, for the schema: the answers are made in `api`."""

from typing import Any

from rest_framework import serializers


class ValuesField(serializers.DictField):
    """A number for each metric that was asked for, null where there is none."""

    child = serializers.FloatField(allow_null=True)


class BucketSerializer(serializers.Serializer[Any]):
    """A stretch of time, half open; the first and the last one begin and end with the period."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    values = ValuesField()


class GroupSerializer(serializers.Serializer[Any]):
    """Requests that have something in common: `values`, or with `bucket` those of each bucket."""

    by = serializers.DictField(help_text="What they have in common; empty without `by`.")
    values = ValuesField(required=False)
    buckets = BucketSerializer(many=True, required=False)


class OtherSerializer(serializers.Serializer[Any]):
    """All other groups together, without percentiles, users and sessions."""

    groups = serializers.IntegerField(help_text="How many these are.", allow_null=True)
    values = ValuesField(required=False)
    buckets = BucketSerializer(many=True, required=False)


class PeriodSerializer(serializers.Serializer[Any]):
    """What the requests of a period add up to."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    groups = GroupSerializer(many=True)
    other = OtherSerializer(allow_null=True)


class MetricsSerializer(PeriodSerializer):
    """The answer to one question."""

    zone = serializers.CharField()
    bucket = serializers.CharField()
    previous = PeriodSerializer(required=False, help_text="With `compare=previous`: the same groups before.")
