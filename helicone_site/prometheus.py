"""`/-/metrics`: how this installation is, for Prometheus; and by choice what each organization has used today.

Counters begin at midnight (UTC), which `rate()` and `increase()` take for a restart: so deleting old requests, as
retention does, never looks like new ones.
"""

import platform
import resource
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from redis.exceptions import RedisError

from accounts_app.models import Organization
from helicone_site.exposition import CONTENT_TYPE, Family, exposition
from helicone_site.health import parts_that_answer
from helicone_site.redis_client import sync_client
from helicone_site.time_limit import TooSlow
from ingest_app import dead_letters, stream
from ingest_app.account import HourBalance, all_balances, total
from ingest_app.rollups import backlog, day_of, start_of
from ingest_app.spool import Spool
from metrics_app.reading import Question, Sums, sums
from metrics_app.reading.questions import MODEL_CALLS

log = structlog.get_logger(__name__)

JUDGED_HOURS = 24
_STARTED_S = time.time()
_PROC = Path("/proc/self")
_REFUSAL = "Send HELICONE_METRICS_TOKEN as a bearer token.\n"


@login_not_required
@require_GET
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answers what can be found out: with 200 also while the database or Redis is away."""
    if not settings.METRICS_TOKEN:
        if not _is_from_this_machine(request):
            raise Http404
    elif not constant_time_compare(
        request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
    ):
        asked = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return HttpResponse(_REFUSAL, status=401, content_type="text/plain", headers=asked)
    return HttpResponse(exposition(_families(timezone.now())), content_type=CONTENT_TYPE)


def _is_from_this_machine(request: HttpRequest) -> bool:
    """A proxy is on this machine, too, while those whom it speaks for are not."""
    if "Forwarded" in request.headers or "X-Forwarded-For" in request.headers:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _families(now: datetime) -> Iterator[Family]:
    answers = parts_that_answer()
    yield Family(
        "helicone_up", "gauge", "Whether a part answers.", [({"part": n}, int(is_up)) for n, is_up in answers.items()]
    )
    yield from _process()
    yield from _spool()
    try:
        if answers["redis"]:
            yield from _stream(now)
        if answers["database"]:
            yield from _database(now)
        if answers["redis"] and answers["database"]:
            yield from _events(now)
    except (DatabaseError, RedisError, OSError) as error:
        log.warning("not all metrics are known", error=str(error))


def _spool() -> Iterator[Family]:
    spool = Spool(settings.DATA_DIR / "spool").size()
    yield Family.of("helicone_spool_bytes", "gauge", "Events on this machine's disk, to be replayed.", spool.bytes)
    yield Family.of("helicone_spool_files", "gauge", "Files that hold them.", spool.files)


def _stream(now: datetime) -> Iterator[Family]:
    redis = sync_client()
    oldest = stream.oldest_at(redis)
    age_s = max((now - oldest).total_seconds(), 0) if oldest else 0
    yield Family.of("helicone_stream_entries", "gauge", "Entries that wait to be stored.", stream.length(redis))
    yield Family.of("helicone_stream_bytes", "gauge", "The size of their events.", stream.size_bytes(redis))
    yield Family.of(
        "helicone_stream_max_bytes", "gauge", "Beyond this events go to the spool.", settings.STREAM_MAX_BYTES
    )
    yield Family.of("helicone_stream_oldest_seconds", "gauge", "How long the oldest entry has waited.", age_s)


def _database(now: datetime) -> Iterator[Family]:
    behind = backlog(now)
    yield Family.of("helicone_dead_letters", "gauge", "Events that could not be stored.", dead_letters.count())
    yield Family.of(
        "helicone_rollup_lag_seconds",
        "gauge",
        "How far sums are behind the requests, of the organization that is the furthest behind.",
        behind.lag.total_seconds(),
    )
    yield Family.of(
        "helicone_rollup_stale_days", "gauge", "Days whose sums are to be made anew.", behind.stale_days
    )


def _events(now: datetime) -> Iterator[Family]:
    midnight = start_of(day_of(now))
    accounts = all_balances(sync_client(), now=now, hours=JUDGED_HOURS)
    hours = [hour for of_one in accounts.values() for hour in of_one]
    today = total((hour for hour in hours if hour.hour >= midnight), at=midnight)
    judged = total(hours, at=now)
    yield Family(
        "helicone_events_total",
        "counter",
        "Events of today (UTC): received, and what became of them.",
        [
            ({"outcome": "received"}, today.received),
            ({"outcome": "stored"}, today.stored),
            ({"outcome": "duplicate"}, today.duplicates),
            ({"outcome": "dropped"}, today.dropped),
        ],
    )
    yield Family.of("helicone_events_waiting", "gauge", "Events that wait to be stored.", judged.waiting)
    yield Family.of(
        "helicone_events_missing",
        "gauge",
        "Events of the last 24 hours that are in no account; 0 where all is well.",
        sum(abs(hour.missing) for hour in hours),
    )
    if settings.METRICS_ORGANIZATIONS:
        yield from _organizations({id for id, of_one in accounts.items() if _is_of_today(of_one, midnight)}, now)
