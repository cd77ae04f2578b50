"""Reads of datasets, each of one organization."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count

from accounts_app import secrets
from datasets_app.models import Dataset, DatasetRow
from ingest_app.bodies import BodyKey


class DatasetNotFound(Exception):
    """The organization has no such dataset."""


class RowNotFound(Exception):
    """The dataset has no such row."""


@dataclass(frozen=True, slots=True)
class ListedDataset:
    """A dataset, and how many requests are in it."""

    dataset: Dataset
    row_count: int


class Edited(NamedTuple):
    """What somebody made of a request's bodies: any JSON."""

    request: Any
    response: Any


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A request in a dataset."""

    id: UUID
    dataset_id: UUID
    request_id: str  # its client's
    created_at: datetime  # when it was added


def datasets(organization_id: int, ids: Collection[UUID] | None = None) -> list[ListedDataset]:
    """Returns all datasets, or those with these ids, newest first."""
    found = Dataset.objects.filter(organization_id=organization_id)
    if ids is not None:
        found = found.filter(id__in=ids)
    counted = found.annotate(row_count=Count("rows")).order_by("-created_at", "-id")
    return [ListedDataset(dataset, dataset.row_count) for dataset in counted]


def dataset_of(organization_id: int, id: UUID) -> Dataset:
    """Returns one dataset. Raises DatasetNotFound."""
    try:
        return Dataset.objects.get(organization_id=organization_id, id=id)
    except Dataset.DoesNotExist as error:
        raise DatasetNotFound(str(id)) from error


def rows(dataset: Dataset, *, offset: int, limit: int) -> list[ListedRow]:
    """Returns rows from position `offset` on, those that were added last first."""
    ordered = dataset.rows.order_by("-created_at", "-request_created_at", "-id")
    columns = ordered.values_list("id", "dataset_id", "request_id", "created_at")
    return [ListedRow(*values) for values in columns[offset : offset + limit]]


def count(dataset: Dataset) -> int:
    """Returns how many requests are in the dataset."""
    return dataset.rows.count()


def row_of(organization_id: int, id: UUID) -> DatasetRow:
    """Returns one row. Raises RowNotFound."""
    try:
        return DatasetRow.objects.get(organization_id=organization_id, id=id)
    except DatasetRow.DoesNotExist as error:
        raise RowNotFound(str(id)) from error


def body_key(row: DatasetRow) -> BodyKey:
    """Returns where the bodies are as they were logged."""
    return BodyKey(row.organization_id, row.request_created_at, row.request_row_id)


def edited(row: DatasetRow) -> Edited | None:
    """Returns what is read in place of the bodies, None for those as logged. Raises UndecryptableSecret."""
    if row.edited_ciphertext is None:
        return None
    return Edited(**json.loads(secrets.decrypt(row.edited_ciphertext)))
