"""`/-/metrics`: how this installation is, for Prometheus; and by choice what each organization has used today.

Counters begin at midnight (UTC), which `rate()` and `increase()` take for a restart: so deleting old requests, as
retention does, never looks like new ones.
"""

import platform
import resource
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
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
from helicone_site.exposition import CONTENT_TYPE, Family, Labels, counter, exposition, gauge
from helicone_site.formats import usd
from helicone_site.health import parts_that_answer
from helicone_site.redis_client import sync_client
from helicone_site.time_limit import TooSlow
from ingest_app import dead_letters, stream
from ingest_app.account import all_balances, total
from ingest_app.rollups import backlog, day_of, start_of
from ingest_app.spool import Spool
from metrics_app.reading import Question, Sums, sums
from metrics_app.reading.questions import MODEL_CALLS
from metrics_app.reading.sums import NOTHING

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
    up: list[tuple[Labels, float]] = [({"part": part}, int(is_up)) for part, is_up in answers.items()]
    yield Family("helicone_up", "gauge", "Whether a part answers.", up)
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


def _process() -> Iterator[Family]:
    """Of the web process that answers."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    python = {"version": platform.python_version()}
    yield Family("helicone_python_info", "gauge", "The interpreter.", [(python, 1)])
    yield gauge("process_start_time_seconds", "When it started, since the epoch.", _STARTED_S)
    yield counter("process_cpu_seconds_total", "Time on the processor.", used.ru_utime + used.ru_stime)
    if _PROC.exists():
        pages = int((_PROC / "statm").read_text().split()[1])
        yield gauge("process_resident_memory_bytes", "Memory in use.", pages * resource.getpagesize())
        yield gauge("process_open_fds", "Open files and connections.", len(list((_PROC / "fd").iterdir())))


def _spool() -> Iterator[Family]:
    spool = Spool(settings.DATA_DIR / "spool").size()
    yield gauge("helicone_spool_bytes", "Events on this machine's disk, to be replayed.", spool.bytes)
    yield gauge("helicone_spool_files", "Files that hold them.", spool.files)


def _stream(now: datetime) -> Iterator[Family]:
    redis = sync_client()
    oldest = stream.oldest_at(redis)
    age_s = max((now - oldest).total_seconds(), 0) if oldest else 0
    yield gauge("helicone_stream_entries", "Entries that wait to be stored.", stream.length(redis))
    yield gauge("helicone_stream_bytes", "The size of their events.", stream.size_bytes(redis))
    yield gauge("helicone_stream_max_bytes", "Beyond this events go to the spool.", settings.STREAM_MAX_BYTES)
    yield gauge("helicone_stream_oldest_seconds", "How long the oldest entry has waited.", age_s)


def _database(now: datetime) -> Iterator[Family]:
    behind = backlog(now)
    lag = "How far sums are behind the requests, of the organization that is the furthest behind."
    yield gauge("helicone_dead_letters", "Events that could not be stored.", dead_letters.count())
    yield gauge("helicone_rollup_lag_seconds", lag, behind.lag.total_seconds())
    yield gauge("helicone_rollup_stale_days", "Days whose sums are to be made anew.", behind.stale_days)


def _events(now: datetime) -> Iterator[Family]:
    midnight = start_of(day_of(now))
    accounts = all_balances(sync_client(), now=now, hours=JUDGED_HOURS)
    hours = [hour for of_one in accounts.values() for hour in of_one]
    today = total((hour for hour in hours if hour.hour >= midnight), at=midnight)
    outcomes = {
        "received": today.received,
        "stored": today.stored,
        "duplicate": today.duplicates,
        "dropped": today.dropped,
    }
    by_outcome: list[tuple[Labels, float]] = [({"outcome": name}, n) for name, n in outcomes.items()]
    help = "Events of today (UTC): those received, and what became of them."
    missing = "Events of the last 24 hours that are in no account: 0 where all is well."
    yield Family("helicone_events_total", "counter", help, by_outcome)
    yield gauge("helicone_events_waiting", "Events that wait to be stored.", total(hours, at=now).waiting)
    yield gauge("helicone_events_missing", missing, sum(abs(hour.missing) for hour in hours))
    if settings.METRICS_ORGANIZATIONS:
        active = {id for id, of_one in accounts.items() if any(hour.hour >= midnight for hour in of_one)}
        yield from _organizations(active, midnight, now)


def _organizations(active: Collection[int], midnight: datetime, now: datetime) -> Iterator[Family]:
    """Yields what each organization's calls of models add up to today: nothing, if it is not `active`."""
    slugs = Organization.objects.order_by("id").values_list("id", "slug")
    found = {slug: _sums_of(id, midnight, now) if id in active else NOTHING for id, slug in slugs}
    for name, help, value_of in _OF_ORGANIZATION:
        samples: list[tuple[Labels, float]] = [
            ({"organization": slug}, value_of(sums)) for slug, sums in found.items() if sums is not None
        ]
        yield Family(f"helicone_organization_{name}_total", "counter", f"{help} of today (UTC).", samples)


def _sums_of(organization_id: int, since: datetime, until: datetime) -> Sums | None:
    try:
        return sums(Question(organization_id, MODEL_CALLS, [since, until])).get((0,), NOTHING)
    except TooSlow:
        log.warning("what an organization used is not known in time", organization_id=organization_id)
        return None


_OF_ORGANIZATION: tuple[tuple[str, str, Callable[[Sums], float]], ...] = (
    ("requests", "Calls of models", lambda sums: sums.requests),
    ("errors", "Calls of models that failed", lambda sums: sums.failures),
    ("cost_usd", "Known cost, in US dollars,", lambda sums: usd(sums.cost_nanodollars)),
    ("prompt_tokens", "Tokens in", lambda sums: sums.prompt_tokens),
    ("completion_tokens", "Tokens out", lambda sums: sums.completion_tokens),
)
