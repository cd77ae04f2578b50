"""`manage.py demo`: fills a running instance with weeks of realistic traffic, through the real ingest path."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone
from redis.exceptions import RedisError

from helicone_site.redis_client import sync_client
from ingest_app.demo.traffic import traffic
from ingest_app.feeding import NotDrained, feed
from ingest_app.management.instance import NOT_RUNNING, organization_named, require_instance
from ingest_app.management.progress import Progress


class Command(BaseCommand):
    """Exits with status 1 and one line on stderr when there is no instance, or when it does not write."""

    help = "Fill a running instance with weeks of realistic, invented traffic. Run again to add more."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--requests", type=int, default=20_000, help="how many (default: 20000)")
        parser.add_argument(
            "--days", type=int, default=28, help="spread over how many days until now (default: 28)"
        )
        parser.add_argument(
            "--seed", type=int, help="the same number makes the same traffic (default: other each time)"
        )
        parser.add_argument(
            "--organization", metavar="SLUG", help="whose traffic it is (default: the first one's)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        requests, days = options["requests"], options["days"]
        if requests < 1 or days < 1:
            raise CommandError("--requests and --days must be at least 1")
        require_instance()
        try:
            organization = organization_named(options["organization"])
            api_key_ids = list(organization.api_keys.active().order_by("id").values_list("id", flat=True))
        except Error as error:
            raise CommandError(NOT_RUNNING.format(what="the database")) from error
        events = traffic(
            organization_id=organization.pk,
            api_key_ids=api_key_ids,
            requests=requests,
            days=days,
            now=timezone.now(),
            seed=options["seed"],
        )
        progress = Progress(self.stdout)

        def note(written: int) -> None:
            progress.note(written, written / requests, of=f" of {requests:,}")

        try:
            feed(sync_client(), events, note=note)
        except NotDrained as error:
            progress.end()
            raise CommandError(
                f"about {error.waiting} events wait in the stream and nobody writes them: does the worker run? "
                "They are not lost; it will write them when it does."
            ) from error
        except RedisError as error:
            progress.end()
            raise CommandError(f"Redis went away in between: {error}") from error
        progress.end()
        self.stdout.write(f"{requests:,} requests of the last {days} days are in {organization.name}:")
        self.stdout.write(f"  {_origin()}/o/{organization.slug}/requests/")


def _origin() -> str:
    host = os.environ.get("HOST", "")
    shown = "localhost" if host in {"", "0.0.0.0", "127.0.0.1", "::"} else host  # noqa: S104 - compared, not bound
    return f"http://{shown}:{os.environ.get('PORT') or '8585'}"
