"""REST of metrics, below /api/. Callers show an API key, or the session of a member."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from metrics_app.api import MetricsView

# Pages' log-in is not for programs: REST's own permission looks at the caller.
urlpatterns = [
    # metrics/
    path("metrics/", login_not_required(MetricsView.as_view()), name="api-metrics"),
]
