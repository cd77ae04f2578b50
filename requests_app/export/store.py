"""Orders of exports: reads and writes of their table."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import structlog
from celery.exceptions import CeleryError
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import QueryDict
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts_app.models import Organization, User
from helicone_site.celery import app
from requests_app.export.making import read_order
from requests_app.export.models import UNFINISHED, Export, ExportState

log = structlog.get_logger(__name__)

KEPT = timedelta(days=7)
MAX_UNFINISHED = 20


class TooManyExports(Exception):
    """The organization has `MAX_UNFINISHED` exports waiting or under way."""


def exports_of(organization: Organization) -> QuerySet[Export]:
    """Returns the exports of one organization, newest first, without the ids that were picked."""
    return Export.objects.filter(organization=organization).defer("ids").order_by("-created_at", "-id")


def unfinished_exports() -> QuerySet[Export]:
    """Returns what a worker has still to do, of all organizations, oldest first."""
    return Export.objects.filter(state__in=UNFINISHED).defer("ids").order_by("created_at")


def order_export(
    *,
    organization: Organization,
    actor: User | None,
    format: str,
    filters: QueryDict,
    fields: str = "",
    with_bodies: bool = False,
    ids: Sequence[UUID] = (),
) -> Export:
    """Returns the order for a file of the requests with `ids`, or without any of all that matches until now.

    Raises making.BadExport, TooManyExports.
    """
    order = read_order(format=format, fields=fields, with_bodies=with_bodies, filters=filters, ids=ids)
    with transaction.atomic():
        # Two at the same moment must not both find room.
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        if exports_of(organization).filter(state__in=UNFINISHED).count() >= MAX_UNFINISHED:
            raise TooManyExports(f"{MAX_UNFINISHED} exports are waiting already: fetch or cancel some first.")
        export = Export.objects.create(
            organization=organization,
            requested_by=actor,
            format=order.format.value,
            query="" if order.ids else _fixed(filters, order.filters.period),
            ids=order.ids or None,
            picked=len(order.ids) or None,
            fields=",".join(column.name for column in order.columns) if fields else "",
            with_bodies=with_bodies,
        )
    transaction.on_commit(wake_worker)
    return export


def start_export(export: Export) -> bool:
    """Note that a worker begins, from the first row. Returns False when the export was cancelled meanwhile."""
    started = Export.objects.filter(pk=export.pk, state__in=UNFINISHED).update(
        state=ExportState.RUNNING, attempts=F("attempts") + 1, rows_done=0, bytes=0
    )
    return bool(started)


def leave_export(export: Export) -> None:
    """Leave it to another worker, as if this one had never begun."""
    Export.objects.filter(pk=export.pk, state=ExportState.RUNNING).update(
        state=ExportState.QUEUED, attempts=F("attempts") - 1, rows_done=0, bytes=0
    )


def note_progress(export: Export, **progress: int) -> bool:
    """Note `rows_about`, `rows_done` or `bytes`. Returns False when the export is not to be gone on with."""
    return bool(Export.objects.filter(pk=export.pk, state=ExportState.RUNNING).update(**progress))


def finish_export(export: Export, *, rows: int, size: int) -> bool:
    """Offer the file, for `KEPT`. Returns False when the export was cancelled meanwhile."""
    now = timezone.now()
    finished = Export.objects.filter(pk=export.pk, state=ExportState.RUNNING).update(
        state=ExportState.DONE, rows_done=rows, bytes=size, finished_at=now, expires_at=now + KEPT
    )
    return bool(finished)


def fail_export(export: Export, reason: str) -> None:
    """Note that there will be no file, and say why to people."""
    _end(export, ExportState.FAILED, error=reason)


def cancel_export(export: Export) -> None:
    """Make no more of the file; a running worker notices with its next page. Does nothing when it is finished."""
    _end(export, ExportState.CANCELLED)


def expire_exports() -> None:
    """Offer no longer what was made `KEPT` ago."""
    Export.objects.filter(state=ExportState.DONE, expires_at__lte=timezone.now()).update(
        state=ExportState.EXPIRED
    )


def kept_ids() -> set[UUID]:
    """Returns the ids of the exports, of all organizations, that have a file or will have one."""
    kept = Export.objects.filter(state__in=[*UNFINISHED, ExportState.DONE])
    return set(kept.values_list("id", flat=True))


def wake_worker() -> None:
    """Have a worker look what there is to do."""
    try:
        app.send_task("requests.make_exports")
    except (CeleryError, OperationalError) as error:
        # Beat looks for unfinished exports by itself.
        log.warning("export waits for beat", error=str(error))


def _end(export: Export, state: ExportState, **changes: Any) -> None:
    Export.objects.filter(pk=export.pk, state__in=UNFINISHED).update(
        state=state, finished_at=timezone.now(), **changes
    )


def _fixed(filters: QueryDict, period: Any) -> str:
    """Returns the query string with the period as it is now: "the last day" means another one when it is made."""
    kept = [
        (name, value)
        for name, values in filters.lists()
        for value in values
        if name not in {"range", "start", "end"}
    ]
    bounds = [
        ("start", period.start),
        ("end", period.end or timezone.now()),
    ]
    return urlencode([*kept, *((name, moment.isoformat()) for name, moment in bounds if moment is not None)])
