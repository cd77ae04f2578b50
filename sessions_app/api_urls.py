"""REST of sessions, below /api/. Callers show an API key, or the session of a member."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from sessions_app.api import FeedbackView, SessionViewSet, TagView
from sessions_app.session_api import SessionExportViewSet, SessionTreeViewSet

# Pages' log-in is not for programs: REST's own permission looks at the caller.
_sessions = SessionViewSet.as_view

urlpatterns = [
    # sessions/
    path("sessions/", login_not_required(_sessions({"get": "list"})), name="api-sessions"),
    path("sessions/names/", login_not_required(_sessions({"get": "names"})), name="api-session-names"),
    # sessions/<session_id>/
    path(
        "sessions/<session_id:session_id>/",
        login_not_required(_sessions({"get": "retrieve"})),
        name="api-session",
    ),
    path(
        "sessions/<session_id:session_id>/tag/",
        login_not_required(TagView.as_view()),
        name="api-session-tag",
    ),
    path(
        "sessions/<session_id:session_id>/feedback/",
        login_not_required(FeedbackView.as_view()),
        name="api-session-feedback",
    ),
    path(
        "sessions/<session_id:session_id>/tree/",
        login_not_required(SessionTreeViewSet.as_view({"get": "retrieve"})),
        name="api-session-tree",
    ),
    path(
        "sessions/<session_id:session_id>/export/",
        login_not_required(SessionExportViewSet.as_view({"get": "retrieve"})),
        name="api-session-export",
    ),
]
