"""What commands need that work with a running instance."""

import psycopg
from django.conf import settings
from django.core.management.base import CommandError
from redis.exceptions import RedisError

from accounts_app.models import Organization
from helicone_site.redis_client import sync_client

NOT_RUNNING = "no running instance found ({what} does not answer): start one with `make run`, then try again"
CONNECT_TIMEOUT_S = 3


def require_instance() -> None:
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


def organization_named(slug: str | None) -> Organization:
    """Returns the organization with this slug, the first one for None. Raises CommandError."""
    found = Organization.objects.order_by("id")
    organization = (found.filter(slug=slug) if slug else found).first()
    if organization is None:
        raise CommandError(f"there is no organization {slug}" if slug else "there is no organization yet")
    return organization
