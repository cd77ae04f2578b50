"""Messages as mails: plain text and HTML, in one thread for what belongs together."""

import hashlib
from collections.abc import Sequence
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from alerts_app.notices.links import link
from alerts_app.notices.message import Kind, Message, Outcome

_MARKS = {Kind.FIRING: "Firing: ", Kind.RESOLVED: "Resolved: ", Kind.INFO: "", Kind.TEST: "Test: "}
_LONGEST_SUBJECT = 200


def send(emails: Sequence[str], message: Message, *, id: UUID, html: str = "") -> Outcome:
    """Returns what came of one mail to all of `emails`."""
    context = {"message": message, "link": link(message), "site_url": settings.SITE_URL}
    mail = EmailMultiAlternatives(
        subject=_subject(message),
        body=render_to_string("alerts_app/notices/mail.txt", context),
        to=list(emails),
        headers=_headers(message, id),
    )
    mail.attach_alternative(html or render_to_string("alerts_app/notices/mail.html", context), "text/html")
    try:
        mail.send()
    except SMTPRecipientsRefused as error:
        return Outcome(False, f"The mail server refuses {', '.join(sorted(error.recipients))}.")
    except SMTPResponseException as error:
        return Outcome(False, f"The mail server answered {error.smtp_code}.")
    except (SMTPException, OSError) as error:
        return Outcome(False, f"The mail server cannot be reached: {type(error).__name__}.")
    if not settings.EMAIL_HOST:
        return Outcome(True, "Printed in the log only, since no mail server is set up (EMAIL_HOST).")
    return Outcome(True, f"The mail server took it for {', '.join(emails)}.")


def _subject(message: Message) -> str:
    title = " ".join(f"{_MARKS[message.kind]}{message.title}".split())  # a line break would end the header
    return f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{title}"[:_LONGEST_SUBJECT]


def _headers(message: Message, id: UUID) -> dict[str, str]:
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    headers = {
        # The same in each attempt, so that mail programs can drop what came twice.
        "Message-ID": f"<{id}@{host}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if message.thread_key:
        root = hashlib.sha256(message.thread_key.encode()).hexdigest()[:32]
        headers |= {"In-Reply-To": f"<{root}@{host}>", "References": f"<{root}@{host}>"}
    return headers
