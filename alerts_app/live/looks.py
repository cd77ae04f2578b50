"""How a viewer gets what it wants: as rows for programs, as rows of the page, or only how much there is."""

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from django.urls import reverse
from django.utils import timezone

from helicone_site.formats import usd
from ingest_app.live import Row
from requests_app.cells import cells, running_cells
from requests_app.columns import Column
from requests_app.queries import RequestRow

_encoder = msgspec.json.Encoder()
_NOT_TOLD = ("organization_id", "price_id")
_LONGEST_VALUE = 500  # characters of a property that programs are told


class Form(StrEnum):
    """What an event holds of its requests."""

    ROWS = "rows"
    PAGE = "page"
    CHANGES = "changes"  # nothing but their number


@dataclass(frozen=True, slots=True)
class Look:
    """The form; of the page also its organization's slug, its columns, and the viewer's time zone."""

    form: Form
    organization: str = ""
    columns: tuple[Column, ...] = ()
    zone: str = "UTC"

    def shown(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Returns what an event says of requests that have ended, the newest first."""
        return self._said(rows, is_running=False)

    def shown_running(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Returns what an event says of requests that run, in the given order."""
        return self._said(rows, is_running=True)

    def _said(self, rows: Sequence[Row], *, is_running: bool) -> dict[str, Any]:
        match self.form:
            case Form.CHANGES:
                return {}
            case Form.ROWS:
                return {"rows": [_told(row) for row in rows]}
        make = self._running_row if is_running else self._row
        with timezone.override(zoneinfo.ZoneInfo(self.zone)):
            return {"html": "".join(make(request_row(row)) for row in rows)}

    def _row(self, row: RequestRow) -> str:
        address = reverse("requests:detail", args=[self.organization, row.id])
        content = cells(row, self.columns, address, self.organization)
        return f'<tr id="row-{row.id}" data-row="{row.id}">{content}</tr>'

    def _running_row(self, row: RequestRow) -> str:
        content = running_cells(row, self.columns, self.organization)
        return f'<tr id="row-{row.id}" data-running>{content}</tr>'


def event(name: str, data: dict[str, Any], id: str = "") -> bytes:
    """Returns an event as it stands in the stream."""
    head = f"id: {id}\nevent: {name}\ndata: " if id else f"event: {name}\ndata: "
    return head.encode() + _encoder.encode(data) + b"\n\n"


def request_row(row: Row) -> RequestRow:
    """Returns a row as the list has it; what is not known of a running one is None, or empty where it is text."""
    values: dict[str, Any] = {
        name: row.get(name, _UNKNOWN.get(name)) for name in RequestRow._fields if name != "snippet"
    }
    values |= {name: "" for name in _TEXTS if values[name] is None}
    values |= {"created_at": datetime.fromisoformat(row["created_at"]), "id": UUID(row["id"])}
    return RequestRow(**values)


_TEXTS = [name for name, kind in RequestRow.__annotations__.items() if kind is str]
_UNKNOWN: dict[str, Any] = {"properties": {}, "scores": {}}


def _told(row: Row) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if name not in _NOT_TOLD}
    properties = {name: str(value)[:_LONGEST_VALUE] for name, value in (row.get("properties") or {}).items()}
    return told | {"properties": properties, "cost_usd": usd(row.get("cost_nanodollars"))}
