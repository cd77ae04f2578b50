"""Writes about how long traffic stays, and orders to erase some. Whoever deletes it (ingest_app) reports back here."""

import structlog
from celery.exceptions import CeleryError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts_app.models import Erasure, ErasureKind, Organization, Plan, User
from helicone_site.celery import app

log = structlog.get_logger(__name__)


class ErasureUnderWay(Exception):
    """The same data is being erased already."""


def choose_plan(
    *, organization: Organization, plan: Plan, retention_days: int | None, keeps_totals: bool = False
) -> None:
    """Keep traffic as long as `plan` says; `retention_days` counts for enterprise only, where None is for ever.

    What is older goes with the next nightly run; with `keeps_totals`, what it adds up to stays.
    """
    organization.plan = plan
    organization.retention_days = retention_days if plan == Plan.ENTERPRISE else None
    organization.keeps_totals = keeps_totals
    organization.save(update_fields=["plan", "retention_days", "keeps_totals"])


def order_erasure(*, organization: Organization, kind: ErasureKind, value: str, actor: User) -> Erasure:
    """Returns the order to delete what is logged of `value` until now, which a worker carries out.

    Raises ErasureUnderWay.
    """
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(
                organization=organization, kind=kind, value=value, requested_by=actor
            )
    except IntegrityError as error:
        raise ErasureUnderWay(value) from error
    transaction.on_commit(lambda: _wake_worker(erasure.pk))
    return erasure


def start_erasure(*, erasure: Erasure, rows_about: int) -> None:
    """Note that work began on `erasure`, and how many rows it will come to; a second start changes nothing."""
    Erasure.objects.filter(pk=erasure.pk, started_at=None).update(
        started_at=timezone.now(), rows_about=rows_about
    )


def note_erased(*, erasure: Erasure, rows: int) -> None:
    """Count `rows` more; in the transaction that deletes them, so that a worker that dies counts none twice."""
    Erasure.objects.filter(pk=erasure.pk).update(rows_done=F("rows_done") + rows)


def finish_erasure(*, erasure: Erasure) -> None:
    """Note that nothing is left of what was to go."""
    Erasure.objects.filter(pk=erasure.pk, finished_at=None).update(finished_at=timezone.now())


def _wake_worker(erasure_id: int) -> None:
    try:
        app.send_task("storage.erase", kwargs={"erasure_id": erasure_id})
    except (CeleryError, OperationalError) as error:
        # Beat looks for unfinished erasures every minute.
        log.warning("erasure waits for beat", erasure_id=erasure_id, error=str(error))
