"""`/v1/request/`"""

from django.urls import path

from helicone_app.prompts.inputs_api import RequestInputsView
from helicone_app.requests.annotations import FeedbackView, PropertyView, ScoreView
from helicone_app.requests.api import ClickhouseQueryView, CountView, QueryIdsView, QueryView, RequestView
from helicone_app.requests.assets import AssetView

urlpatterns = [
    path("query-clickhouse", ClickhouseQueryView.as_view(), name="requests-clickhouse"),
    path("query", QueryView.as_view(), name="requests"),
    path("query-ids", QueryIdsView.as_view(), name="requests-by-id"),
    path("count/query", CountView.as_view(), name="request-count"),
    path("<str:request_id>", RequestView.as_view(), name="request"),
    path("<str:request_id>/inputs", RequestInputsView.as_view(), name="request-inputs"),
    path("<str:request_id>/feedback", FeedbackView.as_view(), name="request-feedback"),
    path("<str:request_id>/property", PropertyView.as_view(), name="request-property"),
    path("<str:request_id>/score", ScoreView.as_view(), name="request-score"),
    path("<str:request_id>/assets/<str:asset_id>", AssetView.as_view(), name="request-asset"),
]
