"""`manage.py prepare`: what must be done once before the processes start, and is quick when it is done already."""

import hashlib
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts_app import actions
from accounts_app.models import User
from helicone_site.redis_client import sync_client
from ingest_app.partitions import ensure_coming_weeks
from ingest_app.stream import ensure_group

DEFAULT_EMAIL = "admin@example.com"
DEFAULT_ORGANIZATION = "My organization"
# Of django-htmx only the one file is used (its extensions import names that no file here has), and of the
# sidecar only Swagger UI.
UNUSED_STATIC = ["ext", "htmax-4*", "htmx-4*", "redoc", "*.js.map"]
# Two instances that start at once on one database take turns.
_ADVISORY_LOCK = 0x50524550


class Command(BaseCommand):
    help = "Migrate the database, collect static files, and make the first organization, user and API key."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
        try:
            self._migrate()
            self._collect_static()
            ensure_coming_weeks(timezone.now())
            ensure_group(sync_client())
            self._first_account()
        finally:
            connection.close()

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=1, skip_checks=True)

    def _collect_static(self) -> None:
        """Collecting and compressing takes seconds, so it is skipped while no file has changed."""
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        state = _static_state()
        if not stamp.exists() or stamp.read_text() != state:
            call_command(
                "collectstatic",
                interactive=False,
                verbosity=0,
                clear=True,
                ignore_patterns=UNUSED_STATIC,
                skip_checks=True,
            )
            stamp.write_text(state)

    @transaction.atomic
    def _first_account(self) -> None:
        if User.objects.exists():
            return
        email = os.environ.get("HELICONE_INIT_EMAIL") or DEFAULT_EMAIL
        given_password = os.environ.get("HELICONE_INIT_PASSWORD")
        given_key = os.environ.get("HELICONE_INIT_API_KEY")
        password = given_password or secrets.token_urlsafe(12)
        user = actions.create_user(email=email, password=password)
        organization = actions.create_organization(
            name=os.environ.get("HELICONE_INIT_ORG") or DEFAULT_ORGANIZATION, owner=user
        )
        try:
            issued = actions.issue_api_key(
                organization=organization, name="First key", actor=user, secret=given_key or None
            )
        except actions.MalformedApiKey as error:
            raise CommandError(f"HELICONE_INIT_API_KEY: {error}") from error
        self.stdout.write("First start: this is shown once.")
        self.stdout.write(f"  e-mail    {email}")
        self.stdout.write(f"  password  {'as given' if given_password else password}")
        self.stdout.write(f"  API key   {'as given' if given_key else issued.secret}")


def _static_state() -> str:
    """Returns a digest of the names, sizes and times of all static files."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(None):
            stat = os.stat(storage.path(path))
            digest.update(f"{path}:{stat.st_size}:{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
