"""A chart over time as numbers: what the script draws, and the same as a table. Pure: no queries."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from typing import Literal

import msgspec
from django.http import QueryDict

from helicone_site import formats
from requests_app import time_bars

Kind = Literal["bars", "lines"]
# `money` is in nano-dollars, `percent` from 0 to 100; each is written as `helicone_site.formats` does.
Unit = Literal["count", "money", "ms", "percent", "tokens", "tokens_per_s"]

_WRITTEN: dict[Unit, Callable[[float | None], str]] = {
    "count": formats.number,
    "money": lambda value: formats.money(None if value is None else round(value)),
    "ms": formats.duration,
    "percent": formats.percent,
    "tokens": formats.number,
    "tokens_per_s": formats.token_rate,
}
_WHOLE: tuple[Unit, ...] = ("count", "tokens")


def written(value: float | None, unit: Unit) -> str:
    """Returns a value as people read it; `–` for None."""
    return _WRITTEN[unit](value)


def written_out(value: float | None, unit: Unit) -> str:
    """Returns a value as tables have it: counts with all their digits."""
    if unit in _WHOLE and value is not None and value == round(value):
        return formats.count(round(value))
    return written(value, unit)


@dataclass(frozen=True, slots=True)
class Series:
    """A name, its colour (`s1` to `s8`, `status-4xx`, …), and a value for each bar; None is a gap.

    `query` is the query string of the list of requests that it stands for, `note` what the legend says beside the name.
    A compared series is of another period: drawn dashed and grey, and leads nowhere. What is forecast is dashed in its
    own colour, and leads nowhere either. A limit is what values are held against: a dashed line that leads nowhere.
    """

    name: str
    colour: str
    values: Sequence[float | None]
    query: str = ""
    note: str = ""
    is_compared: bool = False
    is_forecast: bool = False
    is_limit: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """One bar: where it begins, on the clock of the viewer's zone; the list of its requests; its values in words."""

    label: str
    query: str
    start: str
    end: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars or lines over half-open stretches of time, the oldest first.

    `starts` and `end` are ISO times in UTC. `ticks` are places and what is written below them. `query` is the query
    string of the list of requests behind all of it, without a period. `spans` are stretches that are set off from the
    others, each from one bar to another, both included.
    """

    kind: Kind
    unit: Unit
    labels: list[str]
    ticks: list[tuple[int, str]]
    starts: list[str]
    end: str
    series: list[Series]
    is_stacked: bool = False
    query: str = ""
    spans: Sequence[tuple[int, int]] = ()

    @classmethod
    def over(
        cls,
        edges: Sequence[datetime],
        zone: tzinfo,
        *,
        kind: Kind,
        unit: Unit,
        series: list[Series],
        is_stacked: bool = False,
        query: str = "",
        spans: Sequence[tuple[int, int]] = (),
    ) -> "Chart":
        """Returns the chart of the bars between `edges`, named by the clock of `zone`."""
        starts = edges[:-1]
        return cls(
            kind=kind,
            unit=unit,
            labels=time_bars.labels(starts, zone),
            ticks=time_bars.ticks(starts, zone),
            starts=[_iso(start) for start in starts],
            end=_iso(edges[-1]),
            series=series,
            is_stacked=is_stacked,
            query=query,
            spans=spans,
        )

    @property
    def numbers(self) -> str:
        """Returns all of it as the JSON that `charts.js` draws."""
        return msgspec.json.encode(self).decode()

    @property
    def is_empty(self) -> bool:
        """Returns whether there is not one value that is not zero."""
        return not any(any(series.values) for series in self.series)

    @property
    def columns(self) -> list[str]:
        """Returns the heads of the table's columns behind the time."""
        names = [series.name for series in self.series]
        return [*names, "All"] if self._has_total else names

    def rows(self, zone: tzinfo) -> Iterator[TableRow]:
        """Yields the bars in which there is something."""
        base = QueryDict(self.query, mutable=True)
        base.pop("range", None)
        for place, (start, end) in enumerate(pairwise([*self.starts, self.end])):
            values = [series.values[place] for series in self.series]
            if not any(values):
                continue
            if self._has_total:
                values.append(sum(value or 0 for value in values))
            base["start"], base["end"] = start, end
            local = datetime.fromisoformat(start).astimezone(zone)
            cells = [written_out(value, self.unit) for value in values]
            yield TableRow(f"{local:%Y-%m-%d %H:%M:%S}", base.urlencode(), start, end, cells)

    @property
    def _has_total(self) -> bool:
        return self.is_stacked and not any(series.is_compared for series in self.series)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
