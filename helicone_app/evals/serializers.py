"""What is asked of scores, and how the schema describes the answers."""

from typing import Any

from rest_framework import serializers

from helicone_app.periods import MetricsAskedSerializer, OverTimeAskedSerializer
from helicone_app.query_fields import MAX_OFFSET, MinutesField
from helicone_app.requests.annotations import ScoreField
from requests_app.actions import MAX_NAME_CHARACTERS
from requests_app.queries import MAX_LIMIT


class EvalsAskedSerializer(MetricsAskedSerializer):
    """Of which requests, and which part of the names."""

    offset = serializers.IntegerField(default=0, min_value=0, max_value=MAX_OFFSET)
    limit = serializers.IntegerField(default=MAX_LIMIT, min_value=1, max_value=MAX_LIMIT)
    timeZoneDifference = MinutesField()


class ScoresOverTimeAskedSerializer(OverTimeAskedSerializer):
    """Of which requests, in which bars."""


class EvalSaidSerializer(serializers.Serializer[Any]):
    """A score."""

    name = serializers.CharField(max_length=MAX_NAME_CHARACTERS)
    score = ScoreField()


class EvalCountSerializer(serializers.Serializer[Any]):
    """An hour."""

    date = serializers.DateTimeField()
    count = serializers.IntegerField()


class EvalAverageSerializer(serializers.Serializer[Any]):
    """An hour."""

    date = serializers.DateTimeField()
    value = serializers.FloatField()


class EvalSerializer(serializers.Serializer[Any]):
    """The scores of one name; hours without any are left out."""

    name = serializers.CharField()
    averageScore = serializers.FloatField()
    minScore = serializers.FloatField()
    maxScore = serializers.FloatField()
    count = serializers.IntegerField()
    overTime = EvalCountSerializer(many=True)
    averageOverTime = EvalAverageSerializer(many=True)


class ScoreBinSerializer(serializers.Serializer[Any]):
    """A bin."""

    lower = serializers.FloatField()
    upper = serializers.FloatField()
    value = serializers.IntegerField(help_text="How many scores there are in it.")


class ScoreDistributionSerializer(serializers.Serializer[Any]):
    """How the scores of one name spread."""

    name = serializers.CharField()
    distribution = ScoreBinSerializer(many=True)


class ScoreBarSerializer(serializers.Serializer[Any]):
    """The scores of one name in a bar; bars without any are left out."""

    created_at_trunc = serializers.DateTimeField(help_text="Where the bar begins.")
    score_key = serializers.CharField()
    score_sum = serializers.FloatField(help_text="The mean, whatever its name says.")
