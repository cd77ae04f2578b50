"""Where notices go, below /o/<organization>/alerts/channels/."""

from django.urls import path

from alerts_app.notices import views

urlpatterns = [
    # /
    path("", views.channel_list, name="channels"),
    path("new/<slug:kind>/", views.channel_create, name="channel-create"),
    # <id>/
    path("<uuid:id>/", views.channel_edit, name="channel-edit"),
    path("<uuid:id>/key/", views.channel_key, name="channel-key"),
    path("<uuid:id>/test/", views.channel_test, name="channel-test"),
    path("<uuid:id>/delete/", views.channel_delete, name="channel-delete"),
]
