"""How quickly a dashboard answers, beside ClickHouse's engine: `make bench-metrics`.

On the data set of `bench.metrics_data`. Every panel is asked with every filter over every range, of us and of a table
shaped as Helicone's, one after the other in the same run. Sums must be equal to the unit, percentiles within 1.5 %.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from statistics import median
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bench.data import data_set, set_up_django
from bench.lists import traffic
from bench.metrics_data import NAME
from bench.metrics_helicone import TABLE, Engine, filled_engine
from bench.metrics_questions import FILTERS, RANGES, THEIRS, ZONES, Asked, totals
from bench.metrics_writing import costs

if TYPE_CHECKING:
    from bench.metrics_ours import Totals

REPEATS = 5
MOST_MS = 5_000  # of the repeats of one question: what takes long is not asked so often
NO_FILTER = "none"
AIM_MS, FILTERED_AIM_MS = 50, 300
PERCENTILE_ERROR = 0.015  # 1 % is ours, and the exact one is of whole milliseconds
USERS_ERROR = 0.12  # three and a half standard errors of the estimate


@dataclass(frozen=True, slots=True)
class Figure:
    """What one question took: medians in milliseconds, of us (None: given up) and of ClickHouse's engine."""

    panel: str
    filter: str
    range: str
    zone: str
    ours_ms: float | None
    theirs_ms: float

    @property
    def is_within_aim(self) -> bool:
        """Returns whether it took us no longer than it may."""
        aim_ms = AIM_MS if self.filter == NO_FILTER else FILTERED_AIM_MS
        return self.ours_ms is not None and self.ours_ms <= aim_ms


def main() -> None:
    """Print a line for each question, and what they come to."""
    parser = argparse.ArgumentParser(prog="python -m bench.metrics", description=__doc__)
    parser.add_argument("--ranges", nargs="+", default=list(RANGES), choices=RANGES)
    parser.add_argument("--filters", nargs="+", default=list(FILTERS), choices=FILTERS)
    parser.add_argument("--panels", nargs="*", default=list(THEIRS), choices=THEIRS)
    parser.add_argument("--zones", nargs="+", default=["UTC"], choices=ZONES)
    parser.add_argument("--traffic", action="store_true", help="new requests are written meanwhile, and stay")
    chosen = parser.parse_args()
    with data_set(NAME) as instance:
        set_up_django(instance)
        from accounts_app.models import Organization

        organization = Organization.objects.get()
        with (
            filled_engine(f"{NAME}-helicone", organization.id) as engine,
            traffic(organization.id) if chosen.traffic else nullcontext(),
        ):
            _fold(organization.id)
            _print_sizes()
            end = _end(engine)
            asked = [
                (filter, length, _asked(length, filter, zone, end))
                for zone, length, filter in product(chosen.zones, chosen.ranges, chosen.filters)
            ]
            _print_summary(list(_figures(organization.id, engine, asked, chosen.panels)))
            pages = [one for one in asked if one[2].zone.key == chosen.zones[0]]
            _print_dashboards(instance.url, f"/o/{organization.slug}/dashboard/", pages)
        for figure, value in costs(organization.id):
            print(f"{value:>10}  {figure}", flush=True)


def _figures(
    organization_id: int, engine: Engine, questions: Iterable[tuple[str, str, Asked]], panels: list[str]
) -> Iterator[Figure]:
    for filter, length, asked in questions:
        _check(organization_id, engine, asked, f"{filter}, {length}")
        for panel in panels:
            ours_ms = _ours(panel, organization_id, asked)
            theirs_ms = _theirs(THEIRS[panel](asked), engine)
            figure = Figure(panel, filter, length, asked.zone.key, ours_ms, theirs_ms)
            _print(figure)
            yield figure


def _print_dashboards(origin: str, path: str, questions: Iterable[tuple[str, str, Asked]]) -> None:
    from accounts_app.models import User
    from bench.metrics_page import AT_ONCE, Visitor, dashboard

    visitors = [Visitor(origin, User.objects.earliest("id")) for _ in range(AT_ONCE)]
    for filter, length, asked in questions:
        try:
            page_ms, whole_ms, pieces = dashboard(visitors, path, asked)
        except TimeoutError:
            print(f"{'given up':>10}  the whole dashboard; {filter}; {length}", flush=True)
            continue
        later = f", {pieces:.0f} pieces after the page's {page_ms:,.0f} ms" if pieces else ""
        print(f"{whole_ms:>7,.0f} ms  the whole dashboard; {filter}; {length}{later}", flush=True)


def _asked(length: str, filter: str, zone: str, end: datetime) -> Asked:
    duration, bucket = RANGES[length]
    return Asked(FILTERS[filter], end - duration, end, bucket, ZoneInfo(zone))


def _end(engine: Engine) -> datetime:
    """Returns the end of what ClickHouse's engine was given: whatever was logged later, it knows nothing of."""
    [[last]] = engine.ask(f"SELECT max(request_created_at) FROM {TABLE}").rows  # noqa: S608 - a constant
    return datetime.fromisoformat(last).replace(microsecond=0, tzinfo=UTC)


def _fold(organization_id: int) -> None:
    from ingest_app.rollups import fold_organization
    from ingest_app.rollups.folding import LAG, widen_dimensions

    began = time.perf_counter()
    widen_dimensions()
    if fold_organization(organization_id, datetime.now(UTC).replace(second=0, microsecond=0) - LAG):
        print(f"folded into the rollups in {time.perf_counter() - began:,.0f} s", flush=True)


def _print_sizes() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(requests) FROM rollup WHERE dimension = '' AND grain = 'd'")
        requests = int(cursor.fetchone()[0])
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
            " WHERE relname IN ('rollup', 'rollup_value', 'rollup_spread') ORDER BY relname"
        )
        sizes = dict(cursor.fetchall())
        cursor.execute(
            "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('request') WHERE isleaf"
        )
        [rows] = cursor.fetchone()
    for name, size in {**sizes, "request": rows}.items():
        print(f"{size / requests:>10,.0f}  bytes of {name} a request, with indexes")


def _ours(panel: str, organization_id: int, asked: Asked) -> float | None:
    from bench.metrics_ours import OURS
    from helicone_site.time_limit import TooSlow

    def ask() -> float:
        began = time.perf_counter()
        OURS[panel](organization_id, asked)
        return (time.perf_counter() - began) * 1000

    try:
        return median(_repeated(ask))
    except TooSlow:
        return None


def _theirs(statement: str, engine: Engine) -> float:
    return median(_repeated(lambda: engine.ask(statement).milliseconds[0]))


def _repeated(ask: Callable[[], float]) -> list[float]:
    """Returns the milliseconds of some runs; the first one counts only where a second would take too long."""
    first = ask()
    taken: list[float] = []
    while len(taken) < REPEATS and first + sum(taken) < MOST_MS:
        taken.append(ask())
    return taken or [first]


def _check(organization_id: int, engine: Engine, asked: Asked, name: str) -> None:
    """Print whether the two sides say the same, and where they do not."""
    from bench.metrics_ours import totals as our_totals
    from helicone_site.time_limit import TooSlow

    theirs = engine.ask(totals(asked, exact=True)).rows[0]
    try:
        ours = our_totals(organization_id, asked)
    except TooSlow:
        print(f"NOT CHECKED  {name}: we gave up", flush=True)
        return
    differences = list(_differences(ours, theirs))
    for difference in differences:
        print(f"NOT THE SAME  {name}: {difference}", flush=True)
    if not differences:
        print(f"the same on both sides: {name}, {ours.sums.requests:,} requests", flush=True)


def _differences(ours: "Totals", theirs: list[Any]) -> Iterator[str]:
    *counts, users, latencies, first_tokens = theirs
    names = ("requests", "cost_nanodollars", "prompt_tokens", "completion_tokens", "cache_hits")
    for name, count in zip(names, counts, strict=True):
        found = getattr(ours.sums, name)
        if found != int(count or 0):
            yield f"{name} are {found:,}, not {int(count or 0):,}"
    if ours.spread is None:
        return
    yield from _unlike("latency", ours.spread.latency_ms(0.5, 0.95, 0.99), latencies)
    yield from _unlike("first token", ours.spread.first_token_ms(0.5, 0.95, 0.99), first_tokens)
    if abs(ours.spread.users - int(users)) > max(2, USERS_ERROR * int(users)):
        yield f"users are {ours.spread.users:,}, not {int(users):,}"


def _unlike(name: str, ours: Sequence[float | None], theirs: Sequence[float | None]) -> Iterator[str]:
    for found, exact in zip(ours, theirs, strict=True):
        if (found or 0) != (exact or 0) and abs((found or 0) - (exact or 0)) > PERCENTILE_ERROR * (
            exact or 0
        ):
            yield f"a percentile of {name} is {found}, not {exact}"


def _print(figure: Figure) -> None:
    ours = "given up" if figure.ours_ms is None else f"{figure.ours_ms:,.0f} ms"
    ratio = f"{figure.theirs_ms / figure.ours_ms:,.1f} ×" if figure.ours_ms else ""
    asked = "; ".join((figure.panel, figure.filter, figure.range, figure.zone))
    print(f"{ours:>10}  {figure.theirs_ms:>8,.0f} ms  {ratio:>9}  {asked}", flush=True)


def _print_summary(figures: list[Figure]) -> None:
    if not figures:
        return
    within = sum(one.is_within_aim for one in figures)
    faster = sum(one.ours_ms is not None and one.ours_ms < one.theirs_ms for one in figures)
    print(f"{len(figures)} questions: {within} within the aim, {faster} faster than ClickHouse's engine")
    print("\n| panel | unfiltered | ClickHouse | filtered | ClickHouse |\n| --- | --- | --- | --- | --- |")
    for panel in dict.fromkeys(one.panel for one in figures):
        of_panel = [one for one in figures if one.panel == panel]
        plain = _cells([one for one in of_panel if one.filter == NO_FILTER])
        filtered = _cells([one for one in of_panel if one.filter != NO_FILTER])
        print(f"| {panel} | {plain} | {filtered} |")


def _cells(figures: list[Figure]) -> str:
    """Returns the medians, and the worst, of both sides."""
    if not figures:
        return " | "
    sides = [[one.ours_ms or float("inf") for one in figures], [one.theirs_ms for one in figures]]
    return " | ".join(f"{median(side):,.0f} (to {max(side):,.0f}) ms" for side in sides)


if __name__ == "__main__":
    main()
