"""`/readyz`: whether database, Redis and a worker answer, and in short how the pipeline is."""

from typing import Any

import structlog
from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET
from redis.exceptions import RedisError

from helicone_site.redis_client import sync_client
from ingest_app.account import unbalanced
from ingest_app.drain import WORKER_SEEN
from ingest_app.status import pipeline_status

log = structlog.get_logger(__name__)


@login_not_required
@require_GET
def ready(request: HttpRequest) -> JsonResponse:
    """Answers 200 when all parts work, else 503; the body says which do."""
    parts = parts_that_answer()
    body: dict[str, Any] = {"ready": all(parts.values()), **parts}
    if body["ready"]:
        body["pipeline"] = _pipeline()
    return JsonResponse(body, status=200 if body["ready"] else 503)


def parts_that_answer() -> dict[str, bool]:
    """Returns whether the database, Redis and a worker answer."""
    return {"database": _database_answers(), **_redis_parts()}


def _pipeline() -> dict[str, Any]:
    now = timezone.now()
    status = pipeline_status(sync_client(), now=now)
    wrong = unbalanced(sync_client(), now=now)
    return {
        "balances": not wrong,
        "unbalanced_hours": sum(len(hours) for hours in wrong.values()),
        "waiting_entries": status.stream_entries,
        "spooled_bytes": status.spool_bytes,
        "dead_letters": status.dead_letters,
        "dropped": status.dropped,
        "lost_nothing": status.lost_nothing,
    }


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("database does not answer", error=str(error))
        return False
    return True


def _redis_parts() -> dict[str, bool]:
    try:
        return {"redis": True, "worker": bool(sync_client().exists(WORKER_SEEN))}
    except (RedisError, OSError) as error:
        log.warning("Redis does not answer", error=str(error))
        return {"redis": False, "worker": False}
