"""The Celery application. Queues: `ingest` drains the stream, `search` indexes bodies, `celery` does the rest."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helicone_site.settings")

from django.conf import settings


def broker_url(redis_url: str) -> str:
    """Returns kombu's spelling of `redis_url`: redis-py writes a unix socket as `unix://`, kombu as `redis+socket://`."""
    return "redis+socket" + redis_url.removeprefix("unix") if redis_url.startswith("unix://") else redis_url


app = Celery("helicone")
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL),
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    task_default_queue="celery",
    task_routes={"ingest.*": {"queue": "ingest"}, "search.*": {"queue": "search"}},
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    broker_transport_options={"global_keyprefix": "helicone:celery:"},
    beat_schedule={
        "drain": {"task": "ingest.drain", "schedule": 2.0, "options": {"expires": 10}},
        "index-bodies": {"task": "search.index", "schedule": 2.0, "options": {"expires": 10}},
        "make-partitions": {"task": "storage.make_partitions", "schedule": 6 * 3600.0},
        "forget-drained-entries": {"task": "storage.forget_drained_entries", "schedule": 600.0},
        "apply-retention": {"task": "storage.apply_retention", "schedule": crontab(hour=3, minute=17)},  # UTC
        "resume-erasures": {"task": "storage.resume_erasures", "schedule": 60.0, "options": {"expires": 60}},
        "mend-sessions": {"task": "storage.mend_sessions", "schedule": 60.0, "options": {"expires": 60}},
        "recompute-costs": {"task": "storage.recompute_costs", "schedule": 60.0, "options": {"expires": 60}},
        "fold-rollups": {"task": "storage.fold_rollups", "schedule": 60.0, "options": {"expires": 60}},
        "order-suggestions": {
            "task": "metrics.order_suggestions",
            "schedule": crontab(hour=4, minute=41),
        },  # UTC
        "make-suggestions": {
            "task": "metrics.make_suggestions",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "judge-alerts": {"task": "alerts.judge", "schedule": 5.0, "options": {"expires": 5}},
        "judge-costs": {"task": "alerts.judge_costs", "schedule": 5.0, "options": {"expires": 5}},
        "clear-incidents": {
            "task": "alerts.clear",
            "schedule": crontab(hour=3, minute=47),
            "options": {"expires": 3600},
        },
        "send-notices": {"task": "notices.send", "schedule": 3.0, "options": {"expires": 10}},
        "send-reports": {"task": "reports.send", "schedule": 60.0, "options": {"expires": 60}},
        "clear-notices": {
            "task": "notices.clear",
            "schedule": crontab(hour=3, minute=53),
            "options": {"expires": 3600},
        },
        "seed-budgets": {"task": "budgets.seed", "schedule": 5.0, "options": {"expires": 10}},
        "reconcile-budgets": {"task": "budgets.reconcile", "schedule": 300.0, "options": {"expires": 60}},
        "warn-of-budgets": {"task": "budgets.warn", "schedule": 5.0, "options": {"expires": 10}},
        "make-exports": {"task": "requests.make_exports", "schedule": 15.0, "options": {"expires": 15}},
        "clear-exports": {"task": "requests.clear_exports", "schedule": 3600.0},
        "deliver-webhooks": {"task": "webhooks.deliver", "schedule": 1.0, "options": {"expires": 5}},
        "clear-webhooks": {"task": "webhooks.clear", "schedule": 3600.0, "options": {"expires": 3600}},
    },
)
app.autodiscover_tasks()


@worker_ready.connect
def drain_at_once(**_: Any) -> None:
    """A worker that has just started drains what waited for it, and shows /readyz that it takes tasks."""
    app.send_task("ingest.drain")
