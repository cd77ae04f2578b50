"""`/v1/evals/`"""

from django.urls import path

from helicone_app.evals.api import EvalsView, EvalView, ScoreDistributionsView, ScoreNamesView

urlpatterns = [
    path("query", EvalsView.as_view(), name="evals"),
    path("scores", ScoreNamesView.as_view(), name="score-names"),
    path("score-distributions/query", ScoreDistributionsView.as_view(), name="score-distributions"),
    path("<str:request_id>", EvalView.as_view(), name="eval"),
]
