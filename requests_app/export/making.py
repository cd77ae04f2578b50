"""What to export, checked, and the bytes of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from requests_app import queries
from requests_app.export.columns import Column, UnknownField, choose_columns
from requests_app.export.file_format import Format
from requests_app.export.parquet import parquet_chunks
from requests_app.export.reading import exported_rows, picked_rows
from requests_app.export.text_formats import Batches, csv_chunks, jsonl_chunks
from requests_app.filters import RequestFilter

MAX_PICKED = 10_000


class BadExport(Exception):
    """Something that cannot be exported; `errors` says why, by parameter."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(texts)}" for name, texts in errors.items()))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Order:
    """What to export, in which form: the requests with `ids` if there are any, else what `filters` finds."""

    format: Format
    filters: RequestFilter
    columns: list[Column]
    with_bodies: bool
    ids: Sequence[UUID] = ()

    def count(self, organization_id: int) -> int:
        """Returns about how many rows there will be. Raises FilterError as `batches` does."""
        if self.ids:
            return len(self.ids)
        return queries.count_exactly(organization_id=organization_id, filters=self.filters)

    def batches(self, organization_id: int) -> Batches:
        """Yields the rows, oldest first. Raises FilterError for a search of bodies that cannot be done."""
        if self.ids:
            return picked_rows(organization_id=organization_id, ids=self.ids, with_bodies=self.with_bodies)
        return exported_rows(
            organization_id=organization_id, filters=self.filters, with_bodies=self.with_bodies
        )

    def chunks(self, batches: Batches) -> Iterator[bytes]:
        """Yields the file. What `batches` raises is raised."""
        match self.format:
            case Format.CSV | Format.EXCEL:
                return csv_chunks(batches, self.columns, with_bom=self.format is Format.EXCEL)
            case Format.JSONL:
                return jsonl_chunks(batches, self.columns)
            case Format.PARQUET:
                return parquet_chunks(batches, self.columns)


def read_order(
    *, format: str, fields: str, with_bodies: bool, filters: Mapping[str, Any], ids: Sequence[UUID] = ()
) -> Order:
    """Returns the order that the texts ask for; `filters` are parameters of the list, and idle beside `ids`.

    Raises BadExport, also for more than `MAX_PICKED` ids.
    """
    errors: dict[str, list[str]] = {}
    if format not in set(Format):
        errors["format"] = [f"Choose one of {', '.join(Format)}."]
    columns: list[Column] = []
    try:
        columns = choose_columns(fields, with_bodies=with_bodies)
    except UnknownField as error:
        errors["fields"] = [str(error)]
    chosen = RequestFilter(filters)
    if not chosen.is_valid():
        errors.update(chosen.errors)
    picked = list(dict.fromkeys(ids))
    if len(picked) > MAX_PICKED:
        errors["ids"] = [
            f"{len(picked):,} requests were picked, and at most {MAX_PICKED:,} can be:"
            " filter, and export all that match."
        ]
    if errors:
        raise BadExport(errors)
    return Order(Format(format), chosen, columns, with_bodies, picked)
