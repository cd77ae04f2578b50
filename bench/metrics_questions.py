"""What `bench.metrics` asks: the panels of a dashboard, filtered, over several ranges, on the clocks of two zones.

Each question is put to us and, in SQL made the way Helicone makes it, to a table shaped as Helicone's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bench.metrics_helicone import ORGANIZATION
from helicone_site.sql import load

SQL = Path(__file__).parent / "sql"
TOP_STACKED, TOP_RANKED = 7, 10
# How long, and the bucket that Helicone's page takes for it.
RANGES = {
    "24 h": (timedelta(hours=24), "hour"),
    "7 d": (timedelta(days=7), "hour"),
    "30 d": (timedelta(days=30), "day"),
    "90 d": (timedelta(days=90), "day"),
    "1 y": (timedelta(days=365), "week"),
}
ZONES = ("UTC", "Asia/Kolkata")
_ERROR = "status >= 400 OR status < 0"


class Filter(NamedTuple):
    """A filter in our language, and as a condition on Helicone's table."""

    ours: str
    theirs: str = "true"


FILTERS = {
    "none": Filter(""),
    "a common model": Filter("model:gpt-4o", "model = 'gpt-4o'"),
    "a rare model": Filter("model:gpt-4", "model = 'gpt-4'"),
    "a busy user": Filter("user:user-1", "user_id = 'user-1'"),
    "a rare user": Filter("user:user-70000", "user_id = 'user-70000'"),
    "production": Filter("property.Environment:production", "properties['Environment'] = 'production'"),
    "a common feature": Filter("property.Feature:feature-1", "properties['Feature'] = 'feature-1'"),
    "a rare feature": Filter("property.Feature:feature-40", "properties['Feature'] = 'feature-40'"),
    "a document": Filter("property.Document:document-500", "properties['Document'] = 'document-500'"),
    "two properties": Filter(
        "property.Environment:production property.Feature:feature-9",
        "properties['Environment'] = 'production' AND properties['Feature'] = 'feature-9'",
    ),
    "status 429": Filter("status:429", "status = 429"),
    "errors": Filter("status:error", f"({_ERROR})"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's circumstances: the period is half-open."""

    filter: Filter
    start: datetime
    end: datetime
    bucket: str
    zone: ZoneInfo

    @property
    def where(self) -> str:
        """Returns the condition on Helicone's table."""
        bounds = " AND ".join(
            f"request_created_at {operator} toDateTime64('{moment:%Y-%m-%d %H:%M:%S}', 3, 'UTC')"
            for operator, moment in ((">=", self.start), ("<", self.end))
        )
        return f"organization_id = '{ORGANIZATION}' AND {bounds} AND {self.filter.theirs}"

    @property
    def time(self) -> str:
        """Returns the beginning of a row's bucket, as Helicone reckons it from one offset of the zone."""
        offset = self.zone.utcoffset(self.end.replace(tzinfo=None)) or timedelta()
        there = f"request_created_at + INTERVAL {offset // timedelta(minutes=1)} minute"
        return f"toDateTime64(DATE_TRUNC('{self.bucket}', {there}, 'UTC'), 0, 'UTC')"


def _over_time(asked: Asked, *, values: str, groups: str = "") -> str:
    return load(SQL, "metrics_helicone_over_time").format(
        time=asked.time,
        groups=f", {groups}" if groups else "",
        names=f", {groups}" if groups else "",
        values=f", {values}",
        where=asked.where,
    )


def _stacked(asked: Asked, *, key: str) -> str:
    return load(SQL, "metrics_helicone_stacked").format(
        time=asked.time, key=key, where=asked.where, top=TOP_STACKED
    )


def _ranked(asked: Asked, *, key: str) -> str:
    return load(SQL, "metrics_helicone_ranked").format(key=key, where=asked.where, top=TOP_RANKED)


def totals(asked: Asked, *, exact: bool = False) -> str:
    """Returns the statement for all stat cards at once; `exact` percentiles are not those that Helicone takes."""
    quantiles = "quantilesExactLow" if exact else "quantiles"
    return load(SQL, "metrics_helicone_totals").format(where=asked.where, quantiles=quantiles)


def _percentiles(column: str) -> str:
    return ", ".join(f"quantile({share})({column})" for share in (0.5, 0.95, 0.99))


# How Helicone's table is asked for each panel.
THEIRS: dict[str, Callable[[Asked], str]] = {
    "stat cards": totals,
    "requests by status": partial(_over_time, groups="status", values="count(*) AS count"),
    "errors by provider": partial(
        _over_time, groups="provider", values=f"countIf({_ERROR}) AS errors, count(*) AS count"
    ),
    "errors by model": partial(
        _over_time, groups="model", values=f"countIf({_ERROR}) AS errors, count(*) AS count"
    ),
    "kinds of errors": partial(
        _over_time, groups="status", values=f"countIf({_ERROR}) AS errors, count(*) AS count"
    ),
    "cost by model": partial(_stacked, key="model"),
    "cost by provider": partial(_stacked, key="provider"),
    "cost by user": partial(_stacked, key="user_id"),
    "cost by Feature": partial(_stacked, key="properties['Feature']"),
    "cost by Document": partial(_stacked, key="properties['Document']"),
    "latency": partial(_over_time, values=_percentiles("latency")),
    "time to first token": partial(_over_time, values=_percentiles("time_to_first_token")),
    "generation speed": partial(
        _over_time,
        groups="model",
        values="sumIf(completion_tokens, time_to_first_token IS NOT NULL) AS tokens,"
        " sum(latency - time_to_first_token) AS duration",
    ),
    "tokens": partial(
        _over_time,
        values="sum(prompt_tokens) AS prompt_tokens, sum(completion_tokens) AS completion_tokens,"
        " sum(reasoning_tokens) AS reasoning_tokens, sum(prompt_cache_read_tokens) AS prompt_cache_read_tokens,"
        " sum(prompt_cache_write_tokens) AS prompt_cache_write_tokens",
    ),
    "cache savings": partial(
        _over_time, groups="model", values="sum(prompt_cache_read_tokens) AS read, sum(cost) AS cost"
    ),
    "active users": partial(_over_time, values="count(DISTINCT user_id) AS users"),
    "top models": partial(_ranked, key="model"),
    "top users": partial(_ranked, key="user_id"),
    "top values of Feature": partial(_ranked, key="properties['Feature']"),
    "top values of Document": partial(_ranked, key="properties['Document']"),
}
