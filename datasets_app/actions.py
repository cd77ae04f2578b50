"""Every write to datasets. Each function owns its transaction."""

import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts_app import secrets
from accounts_app.models import Organization
from accounts_app.rewrapping import Rewrapped, rewrap
from datasets_app.models import Dataset, DatasetRow
from datasets_app.queries import Edited, RowNotFound
from ingest_app.removal import keep_from_removal
from requests_app.queries import RequestNotFound, requests_named

MAX_EDITED_BYTES = 2 << 20


class EditTooLarge(Exception):
    """`MAX_EDITED_BYTES` of JSON is the most that stands in place of a request's bodies."""


@transaction.atomic
def create_dataset(
    *, organization: Organization, name: str, request_ids: Collection[str], meta: Any = None
) -> Dataset:
    """Returns the new dataset, with the requests of these ids, their clients' or ours. Raises RequestNotFound."""
    dataset = Dataset.objects.create(organization=organization, name=name, meta=meta)
    _add(dataset, request_ids)
    return dataset


@transaction.atomic
def change_rows(*, dataset: Dataset, added: Collection[str], removed: Collection[str]) -> None:
    """Add the requests of these ids, and take rows out, by their own ids or their requests'.

    What is in it already, or is not, stays so. Raises RequestNotFound for one that cannot be added.
    """
    _add(dataset, added)
    dataset.rows.filter(_named(removed)).delete()


@transaction.atomic
def edit_row(*, dataset: Dataset, name: str, edited: Edited) -> None:
    """Have the row, by its own id or its request's, read so from now on; the request stays as it was logged.

    Raises RowNotFound, EditTooLarge.
    """
    text = json.dumps(edited._asdict(), ensure_ascii=False)
    if len(text.encode()) > MAX_EDITED_BYTES:
        raise EditTooLarge
    ciphertext = secrets.encrypt(text)
    if not dataset.rows.filter(_named([name])).update(edited_ciphertext=ciphertext):
        raise RowNotFound(name)


@transaction.atomic
def delete_dataset(*, dataset: Dataset) -> None:
    """Forget the list; the requests stay."""
    dataset.rows.all().delete()
    dataset.delete()


def rewrap_edits(previous: Sequence[str]) -> Rewrapped:
    """Encrypt what was edited anew, under HELICONE_SECRET_KEY."""
    return rewrap(DatasetRow.objects.all(), "edited_ciphertext", previous)


def _add(dataset: Dataset, request_ids: Collection[str]) -> None:
    if not request_ids:
        return
    with connection.cursor() as cursor:
        # A request that is removed meanwhile would leave its row behind.
        keep_from_removal(cursor, [dataset.organization_id])
    found = requests_named(organization_id=dataset.organization_id, names=request_ids)
    known = {row.request_id for row in found} | {row.id for row in found}
    for request_id in request_ids:
        if not {request_id, *_uuids([request_id])} & known:
            raise RequestNotFound(request_id)
    now = timezone.now()  # one moment for all of them, so that the newest request comes first
    DatasetRow.objects.bulk_create(
        [
            DatasetRow(
                organization_id=dataset.organization_id,
                dataset=dataset,
                request_created_at=row.created_at,
                request_row_id=row.id,
                request_id=row.request_id,
                created_at=now,
            )
            for row in found
        ],
        ignore_conflicts=True,
    )


def _named(names: Collection[str]) -> Q:
    names = [name for name in names if "\x00" not in name]
    ids = _uuids(names)
    return Q(id__in=ids) | Q(request_row_id__in=ids) | Q(request_id__in=names)


def _uuids(names: Collection[str]) -> list[UUID]:
    found = []
    for name in names:
        with suppress(ValueError):
            found.append(UUID(name))
    return found
