"""What people are told when a share of a budget is used."""

from datetime import datetime

from django.urls import reverse
from django.utils.http import urlencode

from alerts_app.budgets import words
from alerts_app.budgets.queries import api_key_names, as_written
from alerts_app.notices.message import Kind, Message
from helicone_site import formats
from limits_app.models import Budget

USED_UP = 100


def message(
    budget: Budget, subject: str, *, percent: int, spent_nanodollars: int, start: datetime
) -> Message:
    """Returns what is told when `subject` has used `percent` of a budget in the period that began at `start`."""
    rule, names = as_written(budget), api_key_names(budget.organization_id)
    is_each = words.is_each(rule)
    whose = words.value_in_words(rule, subject, names) if is_each else words.whose(rule, names)
    amount, spent = formats.money(rule.amount_nanodollars), formats.money(spent_nanodollars)
    of_whom = f" for {whose}" if is_each else ""
    used = f"is {percent} % used"
    if percent == USED_UP:
        used = "is used up" if spent_nanodollars >= rule.amount_nanodollars else "blocks requests"
    query = f"?{urlencode({'of': subject})}" if is_each else ""
    so_far = f"{spent} of {amount} were spent{of_whom} in {words.this_period(rule, start)}."
    return Message(
        kind=Kind.INFO,
        title=f"Budget “{budget.name}” {used}{of_whom}",
        text=f"{so_far} {words.then_in_words(rule)}",
        path=reverse("alerts:budget", args=[budget.organization.slug, budget.pk]) + query,
        facts=(
            ("Budget", budget.name),
            ("Whose", whose),
            ("Spent", spent),
            ("Amount", f"{amount} {words.per_period(rule)}"),
        ),
    )
