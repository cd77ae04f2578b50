"""Pages of logged requests, below /o/<organization>/."""

from django.urls import include, path

from requests_app import detail_views, list_views, replay_views, views

app_name = "requests"
urlpatterns = [
    # requests/
    path("requests/", views.request_list, name="list"),
    path("requests/rows/", list_views.request_rows, name="rows"),
    path("requests/suggest/", list_views.filter_suggest, name="suggest"),
    path("requests/count/", list_views.request_count, name="count"),
    path("requests/count/at-once/", list_views.request_count_at_once, name="count-at-once"),
    path("requests/columns/", list_views.column_choices, name="columns"),
    path("requests/selected/property/", list_views.selected_property, name="selected-property"),
    # requests/views/
    path("requests/views/", list_views.view_save, name="view-save"),
    path("requests/views/<int:view_id>/", list_views.view_change, name="view-change"),
    path("requests/views/<int:view_id>/delete/", list_views.view_delete, name="view-delete"),
    # requests/<id>/
    path("requests/<uuid:id>/", views.request_detail, name="detail"),
    path("requests/<uuid:id>/code/", detail_views.request_code, name="code"),
    path("requests/<uuid:id>/media/", detail_views.request_media, name="media"),
    path("requests/<uuid:id>/properties/", detail_views.property_set, name="property-set"),
    path("requests/<uuid:id>/properties/delete/", detail_views.property_delete, name="property-delete"),
    path("requests/<uuid:id>/scores/", detail_views.score_set, name="score-set"),
    path("requests/<uuid:id>/feedback/", detail_views.feedback_set, name="feedback-set"),
    path("requests/<uuid:id>/replay/", replay_views.replay, name="replay"),
    path("requests/<uuid:id>/replay/send/", replay_views.replay_send, name="replay-send"),
    path("requests/<uuid:id>/<str:part>/", views.request_body, name="body"),
    # exports/
    path("exports/", include("requests_app.export.urls")),
]
