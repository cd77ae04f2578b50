"""`manage.py rebuild_sessions`: sums sessions anew from their requests."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts_app.models import Organization
from ingest_app.pace import Pace
from ingest_app.session_rows import mend, note_stale
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.values import read_time


class Command(BaseCommand):
    """Exits with status 1 and one line on stderr for what cannot be read."""

    help = (
        "Sum sessions anew from their requests, while the product runs. Needed only after rows were written past it, as"
        " by a worker of an older release. Tags and feedback stay."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="whose (default: all)")
        parser.add_argument("--since", metavar="TIME", help="of sessions at work then or later (ISO 8601)")
        parser.add_argument("--until", metavar="TIME", help="of sessions at work before that")

    def handle(self, *args: Any, **options: Any) -> None:
        since, until = _time(options["since"]), _time(options["until"])
        organizations = Organization.objects.order_by("id")
        if options["organization"]:
            organizations = organizations.filter(slug=options["organization"])
            if not organizations:
                raise CommandError(f"There is no organization {options['organization']}.")
        for organization in organizations:
            number = note_stale(organization.pk, since, until)
            mend(Pace(), organization.pk)
            if options["verbosity"]:
                self.stdout.write(f"{organization.name}: {number:,} sessions")


def _time(text: str | None) -> datetime | None:
    """Returns the moment, None when none was given. Raises CommandError."""
    try:
        return read_time(text) if text else None
    except FilterError as error:
        raise CommandError(str(error)) from error
