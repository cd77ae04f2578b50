"""All tasks of this app; each part has its own module."""

from alerts_app.budgets import tasks as budgets_tasks
from alerts_app.notices import tasks as notices_tasks
from alerts_app.reports import tasks as reports_tasks
from alerts_app.rules import tasks as rules_tasks
from alerts_app.webhooks import tasks as webhooks_tasks

__all__ = ["budgets_tasks", "notices_tasks", "reports_tasks", "rules_tasks", "webhooks_tasks"]
