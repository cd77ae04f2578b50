"""A report as a mail: its title, its plain text, its HTML."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from accounts_app.models import Organization
from alerts_app.notices.links import absolute
from alerts_app.reports.content import Report
from alerts_app.reports.models import Every
from alerts_app.reports.queries import page_path
from helicone_site import formats


def title_of(organization: Organization, report: Report) -> str:
    """Returns the subject: whose, of when, and what was spent."""
    spent = "no requests" if report.is_empty else f"{formats.money(report.total.cost_nanodollars)} spent"
    if report.spent_change is not None and not report.is_empty:
        spent += f" ({report.spent_change.text})"
    return f"{organization.name}, {report.period.label}: {spent}"


def text_of(organization: Organization, report: Report) -> str:
    """Returns the report as plain text; its page's address comes with the mail."""
    return render_to_string("alerts_app/reports/mail.txt", _context(organization, report)).strip()


def html_of(organization: Organization, report: Report) -> str:
    """Returns the whole mail as HTML."""
    return render_to_string("alerts_app/reports/mail.html", _context(organization, report))


def _context(organization: Organization, report: Report) -> dict[str, object]:
    return {
        "organization": organization,
        "report": _with_whole_addresses(report),
        "before": "the day before" if report.period.every is Every.DAY else "the week before",
        "title": title_of(organization, report),
        "page_url": absolute(page_path(organization, report.period)),
        "site_url": settings.SITE_URL,
    }


def _with_whole_addresses(report: Report) -> Report:
    """A page links by paths; whoever reads a mail is not on the site."""
    lists = ("cards", "risen", "fallen", "models", "users", "new_errors", "budgets", "suggestions")
    changed: dict[str, Any] = {
        name: [replace(one, url=absolute(one.url)) for one in getattr(report, name)] for name in lists
    }
    return replace(report, **changed)
