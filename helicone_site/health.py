"""`/readyz`: whether database, Redis and a worker answer."""

import structlog
from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET
from redis.exceptions import RedisError

from helicone_site.redis_client import sync_client
from ingest_app.drain import WORKER_SEEN

log = structlog.get_logger(__name__)


@login_not_required
@require_GET
def ready(request: HttpRequest) -> JsonResponse:
    """Answers 200 when all parts work, else 503; the body says which do."""
    parts = {"database": _database_answers(), **_redis_parts()}
    return JsonResponse({"ready": all(parts.values()), **parts}, status=200 if all(parts.values()) else 503)


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
