"""`manage.py demo`: fills a running instance with weeks of realistic traffic, through the real ingest path."""

import os
import time
from argparse import ArgumentParser
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone
from redis.exceptions import RedisError

from accounts_app.models import Organization
from helicone_site.redis_client import sync_client
from ingest_app.demo.feed import NotDrained, feed
from ingest_app.demo.traffic import traffic

NOT_RUNNING = "no running instance found ({what} does not answer): start one with `make run`, then try again"
CONNECT_TIMEOUT_S = 3
# A line that rewrites itself suits a terminal; a log gets one every so often.
TERMINAL_EVERY_S, LOG_EVERY_S = 0.2, 5.0


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
        _require_instance()
        try:
            organization = _organization(options["organization"])
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
        progress = _Progress(self, requests)
        try:
            feed(sync_client(), events, note=progress.note)
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


class _Progress:
    """The line that says how far it is."""

    def __init__(self, command: BaseCommand, total: int) -> None:
        self._out = command.stdout
        self._total = total
        self._started = self._shown_at = time.monotonic()
        self._on_terminal = command.stdout.isatty()

    def note(self, written: int) -> None:
        """Say how many are written, unless that was said a moment ago."""
        now = time.monotonic()
        if written < self._total and now - self._shown_at < (
            TERMINAL_EVERY_S if self._on_terminal else LOG_EVERY_S
        ):
            return
        self._shown_at = now
        rate = written / max(now - self._started, 0.001)
        line = f"{written * 100 // self._total:3d} %  {written:,} of {self._total:,}  {rate:,.0f}/s"
        if self._on_terminal:
            self._out.write(f"\r{line:<50}", ending="")
            self._out.flush()
        else:
            self._out.write(line)

    def end(self) -> None:
        """Leave the line."""
        if self._on_terminal:
            self._out.write("")


def _require_instance() -> None:
    """Raises CommandError unless Redis and the database answer.

    The database is asked without Django's pool, which would go on trying, and complaining, for ten seconds.
    """
    try:
        sync_client().ping()
    except (RedisError, OSError) as error:
        raise CommandError(NOT_RUNNING.format(what="Redis")) from error
    try:
        psycopg.connect(settings.DATABASE_URL, connect_timeout=CONNECT_TIMEOUT_S).close()
    except psycopg.Error as error:
        raise CommandError(NOT_RUNNING.format(what="the database")) from error


def _organization(slug: str | None) -> Organization:
    found = Organization.objects.order_by("id")
    organization = (found.filter(slug=slug) if slug else found).first()
    if organization is None:
        raise CommandError(f"there is no organization {slug}" if slug else "there is no organization yet")
    return organization


def _origin() -> str:
    host = os.environ.get("HOST", "")
    shown = "localhost" if host in {"", "0.0.0.0", "127.0.0.1", "::"} else host  # noqa: S104 - compared, not bound
    return f"http://{shown}:{os.environ.get('PORT') or '8585'}"
