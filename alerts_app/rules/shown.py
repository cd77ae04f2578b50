"""How alerts and incidents are shown, in words."""

from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from alerts_app.rules import queries, words
from alerts_app.rules.models import Alert, Baseline, Incident
from alerts_app.rules.rule import GROUPINGS
from metrics_app.drawing import sparkline_path

SPARK_WIDTH, SPARK_HEIGHT = 96, 24
MOST_OPEN = 25
"""Open incidents that the list shows; more of them are in the history."""


@dataclass(frozen=True, slots=True)
class State:
    """How an alert is: the badge's `tone`, and an icon beside the word, so that no colour says it alone."""

    key: str
    label: str
    tone: str
    icon: str


FIRING = State("firing", "Firing", "bad", "icons/alert.svg")
FAILING = State("failing", "Cannot be judged", "warn", "icons/help.svg")
SILENCED = State("silenced", "Silenced", "accent", "icons/bell_off.svg")
PAUSED = State("paused", "Paused", "", "icons/pause.svg")
OK = State("ok", "OK", "good", "icons/check.svg")
STATES = (FIRING, FAILING, SILENCED, OK, PAUSED)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as its list and the head of its page show it.

    `value` is the last one, `bound` what that is held against, `group` the one that it is of, `incident` the newest.
    """

    alert: Alert
    state: State
    is_silenced: bool
    watches: str
    value: str
    value_exact: str
    bound: str
    group: str
    spark: str
    incident: "IncidentRow | None" = None


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident of `alert`. `group` names the one it is about, such as `model gpt-4o`; '' where there are none.

    `value` is the last one while it goes on, then that at its start. `baseline` is '' where nothing was compared with.
    """

    incident: Incident
    alert: Alert
    group: str
    value: str
    start: str
    baseline: str
    worst: str
    bound: str
    length: str


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many alerts are in a state, for the choice of them."""

    state: State
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The alerts of an organization in one state, or all; and the incidents that go on, at most `MOST_OPEN` of them.

    `minute` is when that was.
    """

    rows: list[AlertRow]
    counts: list[StateCount]
    total: int
    open: list[IncidentRow]
    open_count: int
    minute: int

    @property
    def fingerprint(self) -> str:
        """Returns what is another text when the page would say something else; how long ago it was, by the minute."""
        said = [
            (
                row.alert.pk, row.state.key, row.alert.silenced_until, row.alert.name, row.watches, row.value,
                row.bound, row.group, row.spark, row.alert.last_error, row.incident and row.incident.incident.pk,
                row.incident and row.incident.incident.ended_at,
            )
            for row in self.rows
        ]  # fmt: skip
        going_on = [
            (one.incident.pk, one.value, one.worst, one.incident.acknowledged_at) for one in self.open
        ]
        return f"{crc32(repr((said, going_on, self.minute)).encode()):08x}"


def overview(organization_id: int, *, at: datetime, state: str = "") -> Overview:
    """Returns the alerts in `state`, one of the keys of `STATES`, else all: those that need somebody first."""
    newest = queries.latest_incidents(organization_id)
    found = [
        alert_row(alert, at=at, incident=newest.get(alert.pk)) for alert in queries.alerts(organization_id)
    ]
    order = {state: place for place, state in enumerate(STATES)}
    found.sort(key=lambda row: order[row.state])
    going_on = [incident_row(incident, at=at) for incident in queries.open_incidents(organization_id)]
    return Overview(
        rows=[row for row in found if state in ("", row.state.key)],
        counts=[StateCount(one, sum(row.state is one for row in found)) for one in STATES],
        total=len(found),
        open=going_on[:MOST_OPEN],
        open_count=len(going_on),
        minute=int(at.timestamp() // 60),
    )


def alert_row(alert: Alert, *, at: datetime, incident: Incident | None = None) -> AlertRow:
    """Returns how the alert is; `incident` is its newest one, if it ever had any."""
    values = [value for _, value in alert.recent]
    return AlertRow(
        alert=alert,
        state=state_of(alert, at),
        is_silenced=alert.is_silenced(at),
        watches=words.watches(alert),
        value=words.value_words(alert.metric, alert.last_value),
        value_exact=words.value_exact(alert.metric, alert.last_value),
        bound=words.value_words(alert.metric, alert.last_bound),
        group=group_words(alert, alert.last_group) if alert.grouping and alert.last_group else "",
        spark=sparkline_path(values, SPARK_WIDTH, SPARK_HEIGHT),
        incident=incident_row(incident, at=at, alert=alert) if incident else None,
    )


def state_of(alert: Alert, at: datetime) -> State:
    """Returns the one state that matters most."""
    if not alert.is_active:
        return PAUSED
    if alert.is_firing:
        return FIRING
    if alert.last_error:
        return FAILING
    return SILENCED if alert.is_silenced(at) else OK


def incident_row(incident: Incident, *, at: datetime, alert: Alert | None = None) -> IncidentRow:
    """Returns the incident, of `alert` if that is at hand."""
    alert = alert or incident.alert
    value = incident.last_value if incident.is_open else incident.start_value
    return IncidentRow(
        incident=incident,
        alert=alert,
        group=group_words(alert, incident.group) if incident.group or alert.grouping else "",
        value=words.value_words(alert.metric, value),
        start=words.value_words(alert.metric, incident.start_value),
        baseline=words.value_words(alert.metric, incident.baseline_value)
        if alert.baseline == Baseline.LAST_WEEK
        else "",
        worst=words.value_words(alert.metric, incident.worst_value),
        bound=words.value_words(alert.metric, incident.bound),
        length=words.length_words((incident.ended_at or at) - incident.started_at),
    )


def group_words(alert: Alert, group: str) -> str:
    """Returns which group something is about: `model gpt-4o`, `Team search`."""
    name = alert.grouping if alert.grouping_is_property else GROUPINGS.get(alert.grouping, "").lower()
    return f"{name} {group or '(empty)'}".strip()
