"""Helicone's REST API, below /v1/. Its addresses end without a slash."""

from django.urls import include, path

from helicone_app.datasets.api import CreateDatasetView
from helicone_app.evals.api import ScoresOverTimeView
from helicone_app.keys.api_keys import ApiKeysView
from helicone_app.metrics.api import ProvidersView
from helicone_app.model_registry.api import MultimodalModelsView
from helicone_app.prompts.api import CreateView as CreatePromptView
from helicone_app.rate_limits.api import RateLimitsView
from helicone_app.requests.annotations import OldFeedbackView
from helicone_app.webhooks.api import WebhooksView

app_name = "helicone"
urlpatterns = [
    path("v1/request/", include("helicone_app.requests.urls")),
    path("v1/session/", include("helicone_app.sessions.urls")),
    path("v1/user/", include("helicone_app.users.urls")),
    path("v1/property/", include("helicone_app.properties.urls")),
    path("v1/metrics/", include("helicone_app.metrics.urls")),
    path("v1/providers", ProvidersView.as_view(), name="providers"),
    path("v1/dashboard/scores/query", ScoresOverTimeView.as_view(), name="scores-over-time"),
    path("v1/evals/", include("helicone_app.evals.urls")),
    path("v1/feedback", OldFeedbackView.as_view(), name="old-feedback"),
    path("v1/prompt-2025", CreatePromptView.as_view(), name="prompt-create"),
    path("v1/prompt-2025/", include("helicone_app.prompts.urls")),
    path("v2/prompt-2025/", include("helicone_app.prompts.v2_urls")),
    path("v1/webhooks", WebhooksView.as_view(), name="webhooks"),
    path("v1/webhooks/", include("helicone_app.webhooks.urls")),
    path("v1/alert/", include("helicone_app.alerts.urls")),
    path("v1/rate-limits", RateLimitsView.as_view(), name="rate-limits"),
    path("v1/rate-limits/", include("helicone_app.rate_limits.urls")),
    path("v1/api-keys", ApiKeysView.as_view(), name="api-keys"),
    path("v1/api-keys/", include("helicone_app.keys.urls")),
    path("v1/vault/", include("helicone_app.keys.vault_urls")),
    path("v1/helicone-dataset", CreateDatasetView.as_view(), name="dataset-create"),
    path("v1/helicone-dataset/", include("helicone_app.datasets.urls")),
    path("v1/models/multimodal", MultimodalModelsView.as_view(), name="models-multimodal"),
    path("v1/public/", include("helicone_app.public_urls")),
]
