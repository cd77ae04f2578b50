"""Quantiles bar by bar."""

from django.db import connection

from helicone_app.histograms import SQL
from helicone_app.periods import Bars
from helicone_site.sql import load
from helicone_site.time_limit import at_most_ms
from metrics_app.reading import spreads
from metrics_app.reading.sums import LONGEST_MS, compiled
from requests_app.filter_language.compiling import compile_filter
from requests_app.queries import requests_of

SHARES = {"p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
Quantiles = dict[int, dict[str, float]]


def quantiles(bars: Bars, metric: str) -> Quantiles:
    """Returns the quantiles `SHARES` of one of serializers.QUANTILES, by bar; what has none is left out.

    Latencies are those of model calls, right to 1 %; tokens are looked up in the rows. Raises FilterError, TooSlow.
    """
    if metric not in {"latency", "time_to_first_token"}:
        return _of_rows(bars, metric)
    found: Quantiles = {}
    for (bar,), spread in spreads(bars.question()).items():
        of = spread.latency_ms if metric == "latency" else spread.first_token_ms
        found[bar] = {name: of(share)[0] or 0 for name, share in SHARES.items()}
    return found


def _of_rows(bars: Bars, column: str) -> Quantiles:
    scope = bars.scope
    rows = (
        requests_of(scope.organization_id)
        .filter(created_at__gte=bars.edges[0], created_at__lt=bars.edges[-1])
        .filter(compile_filter(scope.tree, organization_id=scope.organization_id))
    )
    inner = compiled(rows.values("created_at", column))
    if inner is None:
        return {}
    statement = load(SQL, "quantiles_of_rows").format(rows=inner[0], column=column)
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, [list(bars.edges), *inner[1]])
        return {bar: dict(zip(SHARES, values, strict=True)) for bar, values in cursor.fetchall()}
