"""What to export, checked, and the bytes of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from requests_app.export.columns import Column, UnknownField, choose_columns
from requests_app.export.file_format import Format
from requests_app.export.parquet import parquet_chunks
from requests_app.export.reading import exported_rows
from requests_app.export.text_formats import Batches, csv_chunks, jsonl_chunks
from requests_app.filters import RequestFilter


class BadExport(Exception):
    """Something that cannot be exported; `errors` says why, by parameter."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(texts)}" for name, texts in errors.items()))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Order:
    """What to export, in which form. `filters` is valid."""

    format: Format
    filters: RequestFilter
    columns: list[Column]
    with_bodies: bool

    def batches(self, organization_id: int) -> Batches:
        """Yields the rows, oldest first. Raises FilterError for a search of bodies that cannot be done."""
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


def read_order(*, format: str, fields: str, with_bodies: bool, filters: Mapping[str, Any]) -> Order:
    """Returns the order that the texts ask for; `filters` are parameters of the list. Raises BadExport."""
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
    if errors:
        raise BadExport(errors)
    return Order(Format(format), chosen, columns, with_bodies)
