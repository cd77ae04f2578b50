"""When an organization gets its report, and which it got. Written by `actions` only."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts_app.models import Organization

MONDAY = 0


class Every(models.TextChoices):
    """How long the period of a report is."""

    DAY = "day", "Day"
    WEEK = "week", "Week"


class Weekday(models.IntegerChoices):
    """As Python numbers them."""

    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


class ReportPlan(models.Model):
    """When and to whom an organization's report is mailed. Until somebody changes it there is none: nobody is."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, primary_key=True, related_name="report_plan"
    )
    is_on = models.BooleanField(default=False)
    every = models.CharField(max_length=4, choices=Every.choices, default=Every.WEEK)
    weekday = models.PositiveSmallIntegerField(
        choices=Weekday.choices,
        default=Weekday.MONDAY,
        help_text="On which weeks begin, and the report comes.",
    )
    hour = models.PositiveSmallIntegerField(default=10, help_text="On the clock of `zone`.")
    zone = models.CharField(max_length=64, default="UTC")
    emails = ArrayField(models.TextField(), default=list)
    changed_at = models.DateTimeField(
        default=timezone.now, help_text="What was due before is not sent after the fact."
    )

    class Meta:
        db_table = "report_plan"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(every__in=Every.values), name="report_every_known"),
            models.CheckConstraint(condition=models.Q(weekday__range=(0, 6)), name="report_weekday"),
            models.CheckConstraint(condition=models.Q(hour__range=(0, 23)), name="report_hour"),
        ]

    def __str__(self) -> str:
        return f"report of {self.organization_id}, each {self.every}"


class SentReport(models.Model):
    """A report that was put on its way: of each period there is one."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="sent_reports", db_index=False
    )
    every = models.CharField(max_length=4, choices=Every.choices)
    first_date = models.DateField(help_text="The first day of the period.")
    receivers = models.PositiveIntegerField()
    sent_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "report_sent"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "every", "first_date"], name="report_sent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.every} of {self.first_date}"
