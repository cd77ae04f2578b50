"""Everything that this app stores; each part has its own module."""

from alerts_app.rules.models import Aggregation, Alert, AlertStatus, Metric
from alerts_app.webhooks.models import Webhook

__all__ = ["Aggregation", "Alert", "AlertStatus", "Metric", "Webhook"]
