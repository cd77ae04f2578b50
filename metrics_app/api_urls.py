"""REST of metrics, below /api/. Callers show an API key, or the session of a member."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from metrics_app.api import MetricsView
from metrics_app.lists_api import PropertyValueListView, UsedModelListView, UserListView

# Pages' log-in is not for programs: REST's own permission looks at the caller.
urlpatterns = [
    # metrics/
    path("metrics/", login_not_required(MetricsView.as_view()), name="api-metrics"),
    # users/
    path("users/", login_not_required(UserListView.as_view()), name="api-users"),
    # models/
    path("models/", login_not_required(UsedModelListView.as_view()), name="api-models"),
    # properties/<name>/
    path(
        "properties/<path:name>/",
        login_not_required(PropertyValueListView.as_view()),
        name="api-property-values",
    ),
]
