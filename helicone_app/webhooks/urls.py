"""`/v1/webhooks/`"""

from django.urls import path

from helicone_app.webhooks.api import WebhookTestView, WebhookView

urlpatterns = [
    path("<str:webhook_id>", WebhookView.as_view(), name="webhook"),
    path("<str:webhook_id>/test", WebhookTestView.as_view(), name="webhook-test"),
]
