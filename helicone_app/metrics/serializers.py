"""What is asked of metrics, and how the schema describes the answers."""

from typing import Any

from rest_framework import serializers

from helicone_app.periods import MetricsAskedSerializer, OverTimeAskedSerializer
from helicone_app.query_fields import MAX_OFFSET
from helicone_app.requests.query import FilterField

MOST_ROWS = 10_000
QUANTILES = ("latency", "time_to_first_token", "prompt_tokens", "completion_tokens", "total_tokens")


class MetricsPageAskedSerializer(MetricsAskedSerializer):
    """Which requests, and which part of the rows."""

    offset = serializers.IntegerField(default=0, min_value=0, max_value=MAX_OFFSET)
    limit = serializers.IntegerField(default=10, min_value=1, max_value=MOST_ROWS)


class QuantilesAskedSerializer(OverTimeAskedSerializer):
    """Of what, of which requests, in which bars."""

    metric = serializers.ChoiceField(list(QUANTILES), default="latency")


class MetricsCountAskedSerializer(serializers.Serializer[Any]):
    """Which requests, of all times."""

    filter = FilterField(help_text='Helicone\'s filter tree; "all" or {} for all requests.')
    isCached = serializers.BooleanField(
        default=False, help_text="true: only answers from the cache, so none."
    )


class _BarSerializer(serializers.Serializer[Any]):
    time = serializers.DateTimeField(help_text="Where the bar begins.")


class CountBarSerializer(_BarSerializer):
    """A bar."""

    count = serializers.IntegerField()


class StatusBarSerializer(CountBarSerializer):
    """A status in a bar."""

    status = serializers.IntegerField(help_text="0 in a bar without requests.")


class CostBarSerializer(_BarSerializer):
    """A bar."""

    cost = serializers.FloatField(help_text="US dollars, of what has a known price.")


class TokensBarSerializer(_BarSerializer):
    """A bar."""

    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()


class DetailedTokensBarSerializer(TokensBarSerializer):
    """A bar."""

    reasoning_tokens = serializers.IntegerField()
    prompt_cache_read_tokens = serializers.IntegerField()
    prompt_cache_write_tokens = serializers.IntegerField()


class LatencyBarSerializer(_BarSerializer):
    """A bar."""

    duration = serializers.FloatField(help_text="Mean milliseconds, 0 without requests.")


class FirstTokenBarSerializer(_BarSerializer):
    """A bar."""

    ttft = serializers.FloatField(
        help_text="Mean milliseconds to the first token, 0 where none was measured."
    )


class ModelBarSerializer(_BarSerializer):
    """A model in a bar."""

    model = serializers.CharField()
    request_count = serializers.IntegerField()
    total_tokens = serializers.IntegerField()


class QuantilesBarSerializer(_BarSerializer):
    """A bar; 0 where nothing is known."""

    p75 = serializers.FloatField()
    p90 = serializers.FloatField()
    p95 = serializers.FloatField()
    p99 = serializers.FloatField()


class TokensPerRequestSerializer(serializers.Serializer[Any]):
    """Means."""

    average_prompt_tokens_per_response = serializers.FloatField()
    average_completion_tokens_per_response = serializers.FloatField()
    average_total_tokens_per_response = serializers.FloatField()


class ModelMetricSerializer(serializers.Serializer[Any]):
    """What the requests of a model add up to."""

    model = serializers.CharField()
    total_requests = serializers.IntegerField()
    total_prompt_token = serializers.IntegerField(help_text="Helicone's spelling.")
    total_completion_tokens = serializers.IntegerField()
    total_tokens = serializers.IntegerField()
    cost = serializers.FloatField(help_text="US dollars, of what has a known price.")


class CountryMetricSerializer(serializers.Serializer[Any]):
    """A country."""

    country = serializers.CharField()
    total_requests = serializers.IntegerField()


class ProviderMetricSerializer(serializers.Serializer[Any]):
    """A provider."""

    provider = serializers.CharField(help_text="In capitals, such as OPENAI.")
    total_requests = serializers.IntegerField()
