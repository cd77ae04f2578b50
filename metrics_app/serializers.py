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


class TotalsSerializer(serializers.Serializer[Any]):
    """What the requests of a row add up to: metrics of `/api/metrics/` by their names."""

    requests = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # the metaclass takes it out of the class
    error_rate = serializers.FloatField(help_text="From 0 to 1.")
    cost_nanodollars = serializers.IntegerField(
        allow_null=True, help_text="Of the requests whose price is known; null: of none."
    )
    cost_usd = serializers.FloatField(allow_null=True)
    unpriced_requests = serializers.IntegerField(
        help_text="Those with tokens whose price is unknown: they are not in the cost."
    )
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    total_tokens = serializers.IntegerField()
    latency_ms_avg = serializers.FloatField()


class UserSerializer(TotalsSerializer):
    """One user in the period."""

    user_id = serializers.CharField(help_text="Helicone-User-Id; of a longer one the first 120 characters.")
    active_days = serializers.IntegerField(help_text="Days (UTC) with a request.")
    sessions = serializers.IntegerField(allow_null=True, help_text="Null: not counted in time.")
    first_seen_at = serializers.DateTimeField(allow_null=True, help_text="The first request of all times.")
    last_seen_at = serializers.DateTimeField(allow_null=True, help_text="The last request of the period.")


class PropertyValueSerializer(TotalsSerializer):
    """One value of a property."""

    value = serializers.CharField(help_text="Of a longer one the first 120 characters.")


class UsedModelSerializer(TotalsSerializer):
    """One model, with the providers that served it; or with `by=provider` one provider with its models."""

    model = serializers.CharField(required=False)
    providers = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Those with most requests first, at most 50."
    )
    provider = serializers.CharField(required=False)
    models = serializers.ListField(child=serializers.CharField(), required=False, help_text="Likewise.")
    share = serializers.FloatField(help_text="Of all requests, from 0 to 1.")
    cost_usd_per_mtok = serializers.FloatField(
        allow_null=True,
        help_text="What a million tokens, in and out, really cost; null where a price is unknown.",
    )
    cache_hit_rate = serializers.FloatField(help_text="From 0 to 1.")
    tokens_per_s = serializers.FloatField(allow_null=True, help_text="Of streams, behind their first token.")
    latency_ms_p50 = serializers.FloatField(allow_null=True)
    latency_ms_p95 = serializers.FloatField(allow_null=True)
    latency_ms_p99 = serializers.FloatField(allow_null=True)
    time_to_first_token_ms_p50 = serializers.FloatField(allow_null=True)


class _PageSerializer(serializers.Serializer[Any]):
    """A page: follow `next`, which keeps the period, until it is null."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)
    previous_cursor = serializers.CharField(allow_null=True)
    count = serializers.IntegerField(help_text="How many rows all pages have.")


class UserPageSerializer(_PageSerializer):
    """A page of users."""

    results = UserSerializer(many=True)


class PropertyValuePageSerializer(_PageSerializer):
    """A page of values."""

    results = PropertyValueSerializer(many=True)


class UsedModelPageSerializer(_PageSerializer):
    """A page of models, or of providers."""

    results = UsedModelSerializer(many=True)
