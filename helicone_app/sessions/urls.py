"""`/v1/session/`"""

from django.urls import path

from helicone_app.sessions.api import (
    SessionCountView,
    SessionFeedbackView,
    SessionMetricsView,
    SessionNameQueryView,
    SessionQueryView,
    SessionTagView,
)

urlpatterns = [
    path("query", SessionQueryView.as_view(), name="sessions"),
    path("count", SessionCountView.as_view(), name="session-count"),
    path("name/query", SessionNameQueryView.as_view(), name="session-names"),
    path("metrics/query", SessionMetricsView.as_view(), name="session-metrics"),
    # Ids may have slashes in them.
    path("<path:session_id>/feedback", SessionFeedbackView.as_view(), name="session-feedback"),
    path("<path:session_id>/tag", SessionTagView.as_view(), name="session-tag"),
]
