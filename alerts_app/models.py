"""Everything that this app stores; each part has its own module."""

from alerts_app.budgets.models import BudgetReceivers, BudgetWarning
from alerts_app.notices.models import Channel, ChannelKind, Notice, NoticeKind, NoticeState
from alerts_app.reports.models import ReportPlan, SentReport
from alerts_app.rules.models import Aggregation, Alert, AlertStatus, Incident, Metric
from alerts_app.webhooks.models import Attempt, Delivery, DeliveryState, Webhook, WebhookHour

__all__ = [
    "Aggregation",
    "Alert",
    "AlertStatus",
    "Attempt",
    "BudgetReceivers",
    "BudgetWarning",
    "Channel",
    "ChannelKind",
    "Delivery",
    "DeliveryState",
    "Incident",
    "Metric",
    "Notice",
    "NoticeKind",
    "NoticeState",
    "ReportPlan",
    "SentReport",
    "Webhook",
    "WebhookHour",
]
