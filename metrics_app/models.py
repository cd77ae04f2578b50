"""What people keep of their dashboards, and what could be saved (`suggestions`)."""

from typing import ClassVar

from django.db import models

from accounts_app.models import Organization, User
from metrics_app.suggestions.models import Dismissal, Look, Suggestion

__all__ = ["Dismissal", "Layout", "Look", "Suggestion"]


class Layout(models.Model):
    """The panels of a dashboard as one member of an organization wants them. Written by `layouts`."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    dashboard = models.CharField(max_length=40)
    panels = models.JSONField(
        help_text="Name, width in columns and height (s, m, l) of each, in their order."
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "owner", "dashboard"], name="layout_once"),
        ]

    def __str__(self) -> str:
        return f"{self.dashboard} of {self.owner}"
