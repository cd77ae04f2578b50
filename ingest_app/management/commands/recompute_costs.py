"""`manage.py recompute_costs`: works out anew what logged requests cost."""

import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts_app.models import Organization
from helicone_site.moments import read_moment
from ingest_app.models import CostRecompute, RecomputeState
from ingest_app.own_prices import ANY
from ingest_app.recompute import TooManyRecomputes, cancel_recompute, carry_out, order_recompute

EVERY_S = 2.0
RETRY_S = 1.0


class Command(BaseCommand):
    """Exits with status 1 and one line on stderr for what cannot be read, or does not come to its end."""

    help = (
        "Work out anew what logged requests cost, by the prices of their time as they are known now. May run beside"
        " everything else. Costs that providers told stay. Ctrl-C cancels it; where it is killed a worker goes on."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="whose (default: all)")
        parser.add_argument("--since", metavar="TIME", help="requests that came then or later (ISO 8601)")
        parser.add_argument("--until", metavar="TIME", help="requests that came before that (default: now)")
        parser.add_argument(
            "--model", default=ANY, help="one model, or how names begin and * (default: all models)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since, until = _time(options["since"]), _time(options["until"])
        organizations = Organization.objects.order_by("id")
        if options["organization"]:
            organizations = organizations.filter(slug=options["organization"])
            if not organizations:
                raise CommandError(f"There is no organization {options['organization']}.")
        for organization in organizations:
            try:
                recompute = order_recompute(
                    organization=organization, model=options["model"], since=since, until=until, actor=None
                )
            except TooManyRecomputes as error:
                raise CommandError(f"{organization.slug}: {error}") from error
            self._carry_out(organization, recompute)

    def _carry_out(self, organization: Organization, recompute: CostRecompute) -> None:
        shown_at = time.monotonic()

        def go_on() -> bool:
            nonlocal shown_at
            if time.monotonic() - shown_at >= EVERY_S:
                shown_at = time.monotonic()
                recompute.refresh_from_db()
                self.stdout.write(
                    f"{organization.slug}: {recompute.percent:3d} %  {recompute.rows_done:,} of"
                    f" {recompute.rows_about or 0:,} requests, {recompute.rows_changed:,} changed"
                )
            return True

        try:
            while recompute.is_unfinished:
                if not carry_out(recompute, go_on):
                    time.sleep(RETRY_S)  # a worker is at another order of the organization
                recompute.refresh_from_db()
        except KeyboardInterrupt:
            cancel_recompute(recompute)
            raise
        if recompute.state != RecomputeState.DONE:
            raise CommandError(f"{organization.slug}: {recompute.state} {recompute.error}".rstrip())
        self.stdout.write(
            f"{organization.slug}: {recompute.rows_done:,} requests looked at, {recompute.rows_changed:,} changed"
        )


def _time(text: str | None) -> datetime | None:
    """Returns the moment, None when none was given. Raises CommandError."""
    try:
        return read_moment(text) if text else None
    except ValueError as error:
        raise CommandError(str(error)) from error
