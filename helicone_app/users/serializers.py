"""How the schema describes the answers about users."""

from typing import Any

from rest_framework import serializers

from helicone_app.histograms import HistogramRowSerializer


class HeliconeUserSumsSerializer(serializers.Serializer[Any]):
    """What the requests of a user add up to."""

    user_id = serializers.CharField()
    count = serializers.IntegerField(help_text="Requests.")
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    cost = serializers.FloatField(help_text="US dollars, of what has a known price.")
    cost_usd = serializers.FloatField(help_text="The same, for older clients.")


class HeliconeUserSerializer(serializers.Serializer[Any]):
    """A user in the period; times are those of the clock that is `timeZoneDifferenceMinutes` behind UTC."""

    id = serializers.CharField(help_text="As user_id.")
    user_id = serializers.CharField()
    active_for = serializers.IntegerField(help_text="Days (UTC) with a request.")
    first_active = serializers.DateTimeField(
        allow_null=True,
        help_text="null where looking it up took too long, or the requests are no longer kept.",
    )
    last_active = serializers.DateTimeField(allow_null=True)
    total_requests = serializers.IntegerField()
    average_requests_per_day_active = serializers.FloatField()
    average_tokens_per_request = serializers.FloatField()
    total_prompt_tokens = serializers.IntegerField()
    total_completion_tokens = serializers.IntegerField()
    cost = serializers.FloatField(help_text="US dollars, of what has a known price.")


class HeliconeUserPageSerializer(serializers.Serializer[Any]):
    """A page of users."""

    users = HeliconeUserSerializer(many=True)
    count = serializers.IntegerField(help_text="All that match.")
    hasUsers = serializers.BooleanField(help_text="Whether any request says whose it is.")


class HeliconeUserOverviewSerializer(serializers.Serializer[Any]):
    """How requests and US dollars of users spread."""

    request_count = HistogramRowSerializer(many=True)
    user_cost = HistogramRowSerializer(many=True)
