"""Where the numbers of users are: in as few columns as are needed, so that an index answers where it can."""

from collections.abc import Sequence
from typing import Any

from metrics_app.reading.sums import Part


def select_from(parts: Sequence[Part], *columns: str) -> str:
    """Returns one SELECT of a moment and `columns` of all `parts`."""
    return " UNION ALL ".join(f"SELECT moment, {', '.join(columns)} FROM ({sql}) AS part" for sql, _ in parts)  # noqa: S608


def given(parts: Sequence[Part]) -> list[Any]:
    """Returns the parameters of all `parts`, in their order."""
    return [one for _, parameters in parts for one in parameters]
