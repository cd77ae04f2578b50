"""Tables of metrics as CSV files."""

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.http import HttpResponse

from requests_app.export.text_formats import cell_text

CsvCell = str | float | None


def csv_answer(name: str, lines: Iterable[Sequence[CsvCell]]) -> HttpResponse:
    """Returns `lines`, the first of which has the heads, as a file `name`.csv. None is an empty cell."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    csv.writer(answer).writerows(
        [cell_text(cell) if isinstance(cell, str) else cell for cell in line] for line in lines
    )
    return answer


def dollars(nanodollars: int | None) -> str:
    """Returns an amount of money as files have it: US dollars with all nine decimals; empty for None."""
    return "" if nanodollars is None else f"{Decimal(nanodollars).scaleb(-9):.9f}"
