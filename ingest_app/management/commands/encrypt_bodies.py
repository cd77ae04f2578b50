"""`manage.py encrypt_bodies`: encrypts what was stored before bodies were encrypted."""

import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts_app.models import Organization
from accounts_app.secrets import UndecryptableSecret
from ingest_app.dead_letters import seal_letters
from ingest_app.encryption import UnderWay, seal_bodies

EVERY_S = 2.0


class Command(BaseCommand):
    help = "Encrypt stored bodies that are not. May run beside everything else, be stopped, and be run again."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="whose (default: all)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.ENCRYPT_BODIES:
            raise CommandError("HELICONE_ENCRYPT_BODIES is not set: new bodies would not be encrypted")
        organizations = Organization.objects.order_by("id")
        if slug := options["organization"]:
            organizations = organizations.filter(slug=slug)
            if not organizations:
                raise CommandError(f"there is no organization {slug}")
        for organization in organizations:
            self._encrypt(organization)

    def _encrypt(self, organization: Organization) -> None:
        shown_at = time.monotonic()

        def note(bodies: int, until: datetime) -> None:
            nonlocal shown_at
            if time.monotonic() - shown_at >= EVERY_S:
                shown_at = time.monotonic()
                self.stdout.write(f"{organization.slug}: {bodies:,} bodies, up to {until:%Y-%m-%d %H:%M} UTC")

        try:
            bodies = seal_bodies(organization.pk, note=note)
            letters = seal_letters(organization.pk)
        except UnderWay as error:
            raise CommandError(f"{organization.slug}: another process is at it") from error
        except UndecryptableSecret as error:
            raise CommandError(f"{organization.slug}: {error}; see manage.py rotate_secret_key") from error
        self.stdout.write(f"{organization.slug}: {bodies:,} bodies and {letters:,} dead letters encrypted")
