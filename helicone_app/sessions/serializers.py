"""How the schema describes the answers about sessions, and what people say of one."""

from typing import Any

from rest_framework import serializers

from helicone_app.histograms import HistogramRowSerializer


class HeliconeSessionSerializer(serializers.Serializer[Any]):
    """A session. Both times are shifted by `timezoneDifference` minutes."""

    session_id = serializers.CharField()
    session = serializers.CharField(help_text="The same, for older clients.")
    session_name = serializers.CharField(allow_blank=True, help_text="The latest that a request said.")
    created_at = serializers.DateTimeField(help_text="When the first request came.")
    latest_request_created_at = serializers.DateTimeField()
    total_cost = serializers.FloatField(help_text="US dollars, of what has a known price.")
    total_requests = serializers.IntegerField()
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    total_tokens = serializers.IntegerField()
    avg_latency = serializers.FloatField(help_text="Milliseconds a request.")
    user_ids = serializers.ListField(child=serializers.CharField(), help_text="The first 50, in order.")


class HeliconeSessionCountSerializer(serializers.Serializer[Any]):
    """What sessions add up to; averages are per session."""

    count = serializers.IntegerField()
    total_cost = serializers.FloatField(help_text="US dollars.")
    avg_cost = serializers.FloatField()
    avg_latency = serializers.FloatField(help_text="Milliseconds: the mean of the sessions' own means.")
    avg_requests = serializers.FloatField()


class HeliconeSessionNameSerializer(serializers.Serializer[Any]):
    """The sessions of one name; times are those of the clock that is `timezoneDifference` minutes behind UTC."""

    name = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField(help_text="As first_used.")
    first_used = serializers.DateTimeField()
    last_used = serializers.DateTimeField()
    session_count = serializers.IntegerField()
    total_cost = serializers.FloatField(help_text="US dollars.")
    avg_latency = serializers.FloatField(help_text="Milliseconds a request.")


class AverageRowSerializer(serializers.Serializer[Any]):
    """One number."""

    average = serializers.FloatField()


class SessionAveragesSerializer(serializers.Serializer[Any]):
    """One row each: of all sessions, also of those that histograms leave out."""

    session_count = AverageRowSerializer(many=True)
    session_duration = AverageRowSerializer(many=True)
    session_cost = AverageRowSerializer(many=True)


class HeliconeSessionMetricsSerializer(serializers.Serializer[Any]):
    """How requests, seconds from the first to the last request, and US dollars of sessions spread."""

    session_count = HistogramRowSerializer(many=True)
    session_duration = HistogramRowSerializer(many=True)
    session_cost = HistogramRowSerializer(many=True)
    average = SessionAveragesSerializer()


class SessionTagSaidSerializer(serializers.Serializer[Any]):
    tag = serializers.CharField(allow_blank=True, help_text="An empty one takes the tag off.")
