"""Addresses of webhooks, below /o/<organization>/webhooks/."""

from django.urls import path

from alerts_app.webhooks import views

urlpatterns = [
    path("", views.webhook_list, name="webhooks"),
    path("new/", views.webhook_create, name="webhook-create"),
    # <id>/
    path("<uuid:id>/", views.webhook_detail, name="webhook"),
    path("<uuid:id>/edit/", views.webhook_edit, name="webhook-edit"),
    path("<uuid:id>/test/", views.webhook_test, name="webhook-test"),
    path("<uuid:id>/key/", views.webhook_key, name="webhook-key"),
    path("<uuid:id>/rotate/", views.webhook_rotate, name="webhook-rotate"),
    path("<uuid:id>/pause/", views.webhook_pause, name="webhook-pause"),
    path("<uuid:id>/resume/", views.webhook_resume, name="webhook-resume"),
    path("<uuid:id>/send-failed/", views.webhook_send_failed, name="webhook-send-failed"),
    path("<uuid:id>/delete/", views.webhook_delete, name="webhook-delete"),
    # <id>/deliveries/<delivery_id>/
    path("<uuid:id>/deliveries/<uuid:delivery_id>/", views.webhook_delivery, name="webhook-delivery"),
    path(
        "<uuid:id>/deliveries/<uuid:delivery_id>/send/",
        views.webhook_delivery_send,
        name="webhook-delivery-send",
    ),
]
