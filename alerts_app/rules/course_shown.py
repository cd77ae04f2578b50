"""Pictures of the windows that are past: what a rule would have said of them, or what an alert did say."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from django.utils import timezone

from alerts_app.rules import queries, words
from alerts_app.rules.models import Alert, Baseline, Condition, Incident
from alerts_app.rules.preview import Course, Preview, preview
from alerts_app.rules.rule import Watched, watched_by
from alerts_app.rules.values import requests_query
from helicone_site.time_limit import TooSlow
from metrics_app.page import TOO_SLOW
from requests_app.charts import Chart, Series, TableRow
from requests_app.filters import FilterError
from requests_app.series_colours import colours_of

_MOST_SPANS = 500
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ShownCourse:
    """The chart of some windows. `fired` is how often it fires in them, `period` how long they are in words.

    `now` is the last value, '' where there are several. With a `problem` there is no chart.
    """

    chart: Chart | None = None
    fired: int = 0
    period: str = ""
    now: str = ""
    note: str = ""
    problem: str = ""

    @property
    def rows(self) -> Iterable[TableRow]:
        """Returns the same as a table, on the clock of the viewer's zone."""
        return self.chart.rows(timezone.get_current_timezone()) if self.chart else ()


def course_of_rule(organization_id: int, rule: Watched, *, at: datetime) -> ShownCourse:
    """Returns what `rule` would have said of the windows before `at`."""
    try:
        found = preview(rule, organization_id=organization_id, now=at)
    except (TooSlow, FilterError) as error:
        return ShownCourse(problem=_problem(error))
    # Of several groups one could not tell which of them it is.
    spans = [] if rule.dimension else [span for course in found.courses for span in course.spans]
    return _shown(organization_id, rule, found, spans, says_fired=True)


def course_of_alert(alert: Alert, *, at: datetime) -> ShownCourse:
    """Returns the values of the windows before `at`, with the incidents that there were."""
    watched = watched_by(alert)
    try:
        found = preview(watched, organization_id=alert.organization_id, now=at)
    except (TooSlow, FilterError) as error:
        return ShownCourse(problem=_problem(error))
    incidents = queries.incidents(alert.organization_id, alert=alert, limit=_MOST_SPANS).rows
    spans = spans_between(found.edges, [(one.started_at, one.ended_at or at) for one in incidents])
    return _shown(alert.organization_id, watched, found, spans)


def snapshot_chart(incident: Incident, zone: tzinfo) -> Chart | None:
    """Returns the windows before an incident as they were when it began; None where they are not kept (yet)."""
    kept = incident.snapshot or {}
    edges = [datetime.fromtimestamp(second, UTC) for second in kept.get("edges", [])]
    if len(edges) < 2:
        return None
    watched = watched_by(incident.alert)
    course = Course(incident.group, [], kept["bounds"], [])
    span = (incident.started_at, incident.ended_at or incident.started_at)
    query = incident.requests_query
    return _chart(
        watched,
        edges,
        [
            Series(words.measured(watched), "s1", _drawn(watched, kept["values"]), query),
            _limit(watched, course),
        ],
        merged(spans_between(edges, [span])),
        query,
        zone,
    )


def spans_between(edges: Sequence[datetime], stretches: Iterable[tuple[datetime, datetime]]) -> list[Span]:
    """Returns the bars between `edges` that the stretches of time touch, those that touch each other as one.

    A window is judged when it is over, so what begins at its end is of that window.
    """
    found = []
    for start, end in stretches:
        touched = [
            place
            for place in range(len(edges) - 1)
            if start <= edges[place + 1] and (edges[place] < end or edges[place] < start)
        ]
        # What began after the last window is seen in it, as far as it is seen at all.
        if touched or start > edges[-1]:
            last = len(edges) - 2
            found.append((touched[0], touched[-1]) if touched else (last, last))
    return merged(found)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Returns the stretches of bars in order, with those that touch as one."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _shown(
    organization_id: int, watched: Watched, found: Preview, spans: list[Span], *, says_fired: bool = False
) -> ShownCourse:
    period = period_words(found.edges[-1] - found.edges[0])
    if not found.courses:
        return ShownCourse(problem=f"There were no requests of this kind in the last {period}.")
    only = None if watched.dimension else found.courses[0]
    series = list(_series(organization_id, watched, found, says_fired=says_fired))
    last = _told(watched, only)[-1] if only else None
    return ShownCourse(
        chart=_chart(
            watched,
            found.edges,
            series,
            spans,
            series[0].query if only else "",
            timezone.get_current_timezone(),
        ),
        fired=found.fired,
        period=period,
        now="" if last is None else words.value_words(watched.metric, last),
        note=" ".join(_notes(watched, found)),
    )


def _notes(watched: Watched, found: Preview) -> Iterator[str]:
    if watched.minimum_request_count:
        yield f"Windows with fewer than {watched.minimum_request_count:,} requests say nothing."
    if watched.dimension:
        is_part = len(found.courses) < found.groups
        most = f", the {len(found.courses)} with most" if is_part else ""
        yield f"Of {found.groups:,} {_groups(watched, found.groups)}{most}."


def _series(organization_id: int, watched: Watched, found: Preview, *, says_fired: bool) -> Iterator[Series]:
    if not watched.dimension:
        names, colours = [words.measured(watched)], ["s1"]
    else:
        names = [course.group or "(empty)" for course in found.courses]
        colours = colours_of(names)
    for name, colour, course in zip(names, colours, found.courses, strict=True):
        query = requests_query(
            watched, organization_id=organization_id, end=found.edges[-1], group=course.group
        )
        fired = f"{len(course.spans)}×" if says_fired and watched.dimension else ""
        yield Series(name, colour, _drawn(watched, _told(watched, course)), query, note=fired)
    # Last week's values are others for each group: lines enough.
    if found.courses and (len(found.courses) == 1 or watched.baseline == Baseline.FIXED):
        yield _limit(watched, found.courses[0])


def _told(watched: Watched, course: Course) -> list[float | None]:
    """Returns the values, without those of windows with too few requests to say anything."""
    least = watched.minimum_request_count or 0
    return [seen.value if seen.requests >= least else None for seen in course.seen]


def _limit(watched: Watched, course: Course) -> Series:
    name = "threshold, at or above" if watched.condition == Condition.ABOVE else "threshold, below"
    bounds = [watched.threshold] * len(course.bounds) if watched.baseline == Baseline.FIXED else course.bounds
    return Series(name, "s8", _drawn(watched, bounds), is_limit=True)


def _chart(
    watched: Watched,
    edges: Sequence[datetime],
    series: list[Series],
    spans: Sequence[Span],
    query: str,
    zone: tzinfo,
) -> Chart:
    unit = words.unit_of(watched.metric)
    return Chart.over(edges, zone, kind="lines", unit=unit, series=series, query=query, spans=spans)


def _drawn(watched: Watched, values: Iterable[float | None]) -> list[float | None]:
    return [words.in_chart_unit(watched.metric, value) for value in values]


def _groups(watched: Watched, number: int) -> str:
    plural = "" if number == 1 else "s"
    return (
        f"value{plural} of {watched.grouping}" if watched.grouping_is_property else watched.grouping + plural
    )


def period_words(length: timedelta) -> str:
    """Returns `7 days`, `33 hours`, `200 minutes`: a length as one names a period."""
    for unit, name in ((timedelta(days=1), "days"), (timedelta(hours=1), "hours")):
        if length >= 2 * unit:
            return f"{round(length / unit):,} {name}"
    return f"{round(length / timedelta(minutes=1)):,} minutes"


def _problem(error: TooSlow | FilterError) -> str:
    return str(error) if isinstance(error, FilterError) else TOO_SLOW
