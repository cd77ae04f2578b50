"""REST of what webhooks told, below /api/."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from alerts_app.webhooks.api import WebhookDeliveryViewSet

# Pages' log-in is not for programs: REST's own permission looks at the caller.
urlpatterns = [
    # webhooks/<id>/deliveries/
    path(
        "webhooks/<uuid:id>/deliveries/",
        login_not_required(WebhookDeliveryViewSet.as_view({"get": "list"})),
        name="api-webhook-deliveries",
    ),
    path(
        "webhooks/<uuid:id>/deliveries/<uuid:delivery_id>/send/",
        login_not_required(WebhookDeliveryViewSet.as_view({"post": "send"})),
        name="api-webhook-delivery-send",
    ),
]
