"""`/v1/evals/` and `/v1/dashboard/scores/query`: scores of requests."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.evals.scores import ScoreBar, score_bars, score_histograms, score_names
from helicone_app.evals.serializers import (
    EvalSaidSerializer,
    EvalsAskedSerializer,
    EvalSerializer,
    ScoreBarSerializer,
    ScoreDistributionSerializer,
    ScoresOverTimeAskedSerializer,
)
from helicone_app.periods import STEPS, scope_of_body
from helicone_app.requests.annotations import NOTHING, awaited_id, set_score
from helicone_app.scopes import scope_asked
from helicone_app.times import iso
from helicone_app.view import CREATED, HeliconeView, WritingView, asked, ok, result
from requests_app.api_parameters import organization_id


class EvalsView(HeliconeView):
    """Scores by name."""

    @extend_schema(
        operation_id="helicone_evals_query",
        request=EvalsAskedSerializer,
        responses=result("HeliconeEvals", EvalSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """What they are, in all and hour by hour, in the order of their names."""
        said = asked(EvalsAskedSerializer, request)
        scope = scope_of_body(organization_id(request), said)
        by_name: dict[str, list[ScoreBar]] = {}
        for bar in score_bars(scope, step="hour", minutes=said["timeZoneDifference"]):
            by_name.setdefault(bar.name, []).append(bar)
        first = said["offset"]
        names = sorted(by_name)[first : first + said["limit"]]
        return ok([_eval(name, by_name[name]) for name in names])


class ScoreNamesView(HeliconeView):
    """Names of scores."""

    @extend_schema(
        operation_id="helicone_evals_scores",
        responses=result("HeliconeScoreNames", serializers.ListField(child=serializers.CharField())),
    )
    def get(self, request: ApiRequest) -> Response:
        """All that any request has, in order."""
        return ok(score_names(scope_asked(organization_id(request))))


class ScoreDistributionsView(HeliconeView):
    """How scores spread."""

    @extend_schema(
        operation_id="helicone_evals_score_distributions",
        request=EvalsAskedSerializer,
        responses=result("HeliconeScoreDistributions", ScoreDistributionSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """In at most ten bins, none of them empty, by name."""
        said = asked(EvalsAskedSerializer, request)
        found = sorted(score_histograms(scope_of_body(organization_id(request), said)).items())
        first = said["offset"]
        return ok(
            [
                {
                    "name": name,
                    "distribution": [
                        {"lower": one.lower, "upper": one.upper, "value": one.values}
                        for one in histogram.bins
                    ],
                }
                for name, histogram in found[first : first + said["limit"]]
            ]
        )


class EvalView(WritingView):
    """A score of one request."""

    @extend_schema(
        operation_id="helicone_evals_add",
        parameters=[OpenApiParameter("request_id", OpenApiTypes.STR, OpenApiParameter.PATH)],
        request=EvalSaidSerializer,
        responses={CREATED: NOTHING},
    )
    def post(self, request: ApiRequest, request_id: str) -> Response:
        """Set it; true and false are 1 and 0, under a name that says so."""
        said, organization = asked(EvalSaidSerializer, request), organization_id(request)
        id = awaited_id(organization, request_id)
        with transaction.atomic():
            set_score(organization, id, said["name"], said["score"])
        return ok(status=CREATED)


class ScoresOverTimeView(HeliconeView):
    """Scores over time."""

    @extend_schema(
        operation_id="helicone_dashboard_scores",
        request=ScoresOverTimeAskedSerializer,
        responses=result("HeliconeScoresOverTime", ScoreBarSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """The mean of each name in each bar that has some."""
        said = asked(ScoresOverTimeAskedSerializer, request)
        bars = score_bars(
            scope_of_body(organization_id(request), said),
            step=STEPS[said["dbIncrement"]],
            minutes=said["timeZoneDifference"],
        )
        return ok(
            [
                {"created_at_trunc": iso(bar.begins_at), "score_key": bar.name, "score_sum": bar.average}
                for bar in bars
            ]
        )


def _eval(name: str, bars: Sequence[ScoreBar]) -> dict[str, Any]:
    count = sum(bar.count for bar in bars)
    return {
        "name": name,
        "averageScore": sum(bar.average * bar.count for bar in bars) / count,
        "minScore": min(bar.smallest for bar in bars),
        "maxScore": max(bar.largest for bar in bars),
        "count": count,
        "overTime": [{"date": iso(bar.begins_at), "count": bar.count} for bar in bars],
        "averageOverTime": [{"date": iso(bar.begins_at), "value": bar.average} for bar in bars],
    }
