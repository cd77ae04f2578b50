"""Pages of sessions, below /o/<organization>/."""

from django.urls import path

from sessions_app import compare_views, conversation_views, list_views, session_views

app_name = "sessions"
urlpatterns = [
    # sessions/
    path("sessions/", list_views.session_list, name="list"),
    path("sessions/rows/", list_views.session_rows, name="rows"),
    path("sessions/count/", list_views.session_count, name="count"),
    path("sessions/suggest/", list_views.filter_suggest, name="suggest"),
    path("sessions/names/", list_views.session_names, name="names"),
    # sessions/compare/
    path("sessions/compare/", compare_views.session_compare, name="compare"),
    path("sessions/compare/<uuid:id>/", compare_views.step_compare, name="compare-step"),
    # sessions/<session_id>/
    path("sessions/<session_id:session_id>/", session_views.session_detail, name="detail"),
    path("sessions/<session_id:session_id>/tree/", session_views.session_tree, name="tree"),
    path(
        "sessions/<session_id:session_id>/conversation/",
        conversation_views.session_conversation,
        name="conversation",
    ),
    path("sessions/<session_id:session_id>/export/", session_views.session_export, name="export"),
    path("sessions/<session_id:session_id>/tag/", list_views.tag_set, name="tag-set"),
    path("sessions/<session_id:session_id>/feedback/", list_views.feedback_set, name="feedback-set"),
]
