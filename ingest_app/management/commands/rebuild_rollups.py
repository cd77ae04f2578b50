"""`manage.py rebuild_rollups`: makes the sums behind the dashboards anew from the requests."""

from argparse import ArgumentParser
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from accounts_app.models import Organization
from ingest_app.rollups import fold_organization, rebuild
from ingest_app.rollups.folding import LAG


class Command(BaseCommand):
    """May be stopped anywhere and begun again; the instance may run meanwhile."""

    help = "Make the hourly and daily sums behind the dashboards anew from the requests themselves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="whose (default: everybody's)")
        parser.add_argument(
            "--since", type=date.fromisoformat, help="first day, UTC (default: the first there is)"
        )
        parser.add_argument(
            "--until", type=date.fromisoformat, help="day after the last, UTC (default: tomorrow)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        slug, since, until = options["organization"], options["since"], options["until"]
        organizations = (
            Organization.objects.filter(slug=slug) if slug else Organization.objects.order_by("id")
        )
        if slug and not organizations:
            raise CommandError(f"There is no organization {slug!r}.")
        for organization in organizations:
            first = since or _first_day(organization.pk)
            if first is None:
                self.stdout.write(f"{organization.slug}: no requests")
                continue
            last = until or timezone.now().astimezone(UTC).date() + timedelta(days=1)
            if first >= last:
                raise CommandError(f"No day lies between {first} and {last}.")
            self._rebuild(organization, first, last)

    def _rebuild(self, organization: Organization, first: date, last: date) -> None:
        days = (last - first).days

        def note(day: date) -> None:
            self.stdout.write(f"{organization.slug}: {day}, {(day - first).days + 1:,} of {days:,} days")

        rebuild(organization.pk, first, last, note)
        fold_organization(organization.pk, timezone.now() - LAG)


def _first_day(organization_id: int) -> date | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(created_at) FROM request WHERE organization_id = %s", [organization_id])
        first: datetime | None = cursor.fetchone()[0]
    return first.astimezone(UTC).date() if first else None
