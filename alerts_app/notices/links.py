"""Addresses as mails and messages need them: whole ones."""

from django.conf import settings

from alerts_app.notices.message import Message


def link(message: Message) -> str:
    """Returns the whole address of the page behind a message; empty where there is none."""
    return absolute(message.path) if message.path else ""


def absolute(path: str) -> str:
    """Returns the whole address of a page, such as `https://helicone.example.com/o/acme/reports/`."""
    return f"{settings.SITE_URL}{path}"
