"""What a judgement writes: incidents begin and end, and people are told, in one transaction.

The alert's row is locked meanwhile, so that of two judgements, or of a judgement and a change, one comes after the
other. A worker that dies leaves either all of it or nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from alerts_app.notices import actions as notices
from alerts_app.notices.models import ChannelKind
from alerts_app.rules import messages
from alerts_app.rules.clocks import Trust
from alerts_app.rules.models import MAX_RECENT, Alert, AlertStatus, EndReason, Incident
from alerts_app.rules.rule import Watched
from alerts_app.rules.states import Seen, Step, Verdict, bound_of, step, verdict
from alerts_app.rules.values import TOGETHER, requests_query
from helicone_site.text import storable

# More that begin at once, of groups, are told in one message.
MOST_TOLD_ALONE = 5
KEPT = timedelta(days=400)
_RECENT_STEP_S = 55
_NOT_SEEN = Seen(None, 0)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judgement at `at` saw, by group, in the window that ended at `window_end`.

    `trusts_absence` is whether that may be believed to be as empty as it looks.
    """

    at: datetime
    window_end: datetime
    watched: Watched
    seen: Mapping[str, Seen]
    trust: Trust
    trusts_absence: bool
    next_at: datetime


@transaction.atomic
def record(alert: Alert, judgement: Judgement) -> bool:
    """Write what follows. Returns False, and writes nothing, when the alert is not as it was read any more."""
    current = _as_read(alert)
    if current is None:
        return False
    live = list(_live_incidents(current))
    open_ones = {incident.group: incident for incident in live if incident.is_open}
    for group in {*judgement.seen, *open_ones}:
        seen = judgement.seen.get(group, _NOT_SEEN)
        begun = _advance(current, judgement, group, seen, open_ones.get(group))
        if begun is not None:
            live.append(begun)
    _note(current, judgement, is_firing=any(incident.is_open for incident in live))
    _tell(current, live, at=judgement.at)
    return True


@transaction.atomic
def note_failure(alert: Alert, *, at: datetime, reason: str, next_at: datetime) -> None:
    """Note why it cannot be judged. Incidents stay as they are."""
    current = _as_read(alert)
    if current is not None:
        current.last_error = storable(reason)
        current.last_judged_at, current.next_judged_at = at, next_at
        current.save(update_fields=["last_error", "last_judged_at", "next_judged_at"])


def end_incidents(alert: Alert, reason: EndReason, *, at: datetime) -> None:
    """End what is open, in the transaction that holds the alert. People are not told, but services that keep count."""
    live = list(_live_incidents(alert))
    for incident in live:
        if incident.is_open:
            _end(incident, reason, at)
    alert.status = AlertStatus.RESOLVED
    alert.save(update_fields=["status"])
    _tell(alert, live, at=at)


def tell(alert: Alert, *, at: datetime) -> None:
    """Tell what was not told yet, unless the alert is silenced; in the transaction that holds the alert."""
    _tell(alert, list(_live_incidents(alert)), at=at)


def forget_incidents(now: datetime) -> int:
    """Forget those that were over `KEPT` before `now`. Returns how many."""
    forgotten, _ = Incident.objects.filter(ended_at__lt=now - KEPT).delete()
    return forgotten


def _as_read(alert: Alert) -> Alert | None:
    """Returns the alert, locked; None when anybody changed, paused, deleted or judged it since it was read."""
    return (
        Alert.objects.select_for_update(of=["self"])
        .select_related("organization")
        .filter(
            pk=alert.pk,
            is_active=True,
            updated_at=alert.updated_at,
            last_judged_at=alert.last_judged_at,
        )
        .first()
    )


def _live_incidents(alert: Alert) -> Iterable[Incident]:
    """Returns those that are open, and those whose end is still to be told."""
    is_to_be_told = ~Q(thread_key="") & Q(end_is_told=False)
    found = Incident.objects.filter(organization_id=alert.organization_id, alert=alert)
    return found.filter(Q(ended_at=None) | is_to_be_told).order_by("started_at", "id")


def _advance(
    alert: Alert, judgement: Judgement, group: str, seen: Seen, incident: Incident | None
) -> Incident | None:
    """Returns the incident that begins, if one does."""
    moved = step(
        judgement.watched,
        seen,
        quiet=incident.quiet_judgements if incident else None,
        trusts_presence=judgement.trust.presence(judgement.at),
        trusts_absence=judgement.trusts_absence and judgement.trust.absence(judgement.at),
    )
    if moved.step is Step.FIRE:
        return _begin(alert, judgement, group, seen)
    if incident is not None:
        incident.quiet_judgements = moved.quiet
        incident.last_value = seen.value
        if seen.value is not None:
            worse = max if judgement.watched.is_above else min
            incident.worst_value = worse(incident.worst_value, seen.value)
        if moved.step is Step.RESOLVE:
            _end(incident, EndReason.RECOVERED, judgement.at)
        else:
            incident.save(update_fields=["quiet_judgements", "last_value", "worst_value"])
    return None


def _begin(alert: Alert, judgement: Judgement, group: str, seen: Seen) -> Incident:
    bound = bound_of(judgement.watched, seen)
    assert seen.value is not None and bound is not None  # noqa: S101 - else it would not be wrong
    return Incident.objects.create(
        organization_id=alert.organization_id,
        alert=alert,
        group=group,
        started_at=judgement.at,
        start_value=seen.value,
        worst_value=seen.value,
        last_value=seen.value,
        bound=bound,
        baseline_value=seen.baseline,
        requests=seen.requests,
        requests_query=requests_query(
            judgement.watched,
            organization_id=alert.organization_id,
            end=judgement.window_end,
            group=group,
        ),
    )


def _end(incident: Incident, reason: EndReason, at: datetime) -> None:
    # Not before it began, whatever the clock says.
    incident.ended_at = max(at, incident.started_at)
    incident.end_reason = reason
    incident.save(update_fields=["ended_at", "end_reason", "quiet_judgements", "last_value", "worst_value"])


def _note(alert: Alert, judgement: Judgement, *, is_firing: bool) -> None:
    group, seen = _worst(judgement)
    at_s = round(judgement.at.timestamp())
    recent = [point for point in alert.recent if point[0] < at_s]
    if not recent or at_s - recent[-1][0] >= _RECENT_STEP_S:
        recent.append([at_s, seen.value])
    else:
        recent[-1][1] = seen.value
    alert.status = AlertStatus.TRIGGERED if is_firing else AlertStatus.RESOLVED
    alert.last_judged_at, alert.next_judged_at = judgement.at, judgement.next_at
    alert.last_value, alert.last_bound = seen.value, bound_of(judgement.watched, seen)
    alert.last_group, alert.last_requests, alert.last_error = group, seen.requests, ""
    alert.recent = recent[-MAX_RECENT:]
    alert.presence_trusted_from, alert.absence_trusted_from = judgement.trust
    alert.save(
        update_fields=[
            "status", "last_judged_at", "next_judged_at", "last_value", "last_bound", "last_group", "last_requests",
            "last_error", "recent", "presence_trusted_from", "absence_trusted_from",
        ]
    )  # fmt: skip


def _worst(judgement: Judgement) -> tuple[str, Seen]:
    """Returns the group whose value is the furthest on the wrong side of its bound."""
    watched = judgement.watched

    def share(item: tuple[str, Seen]) -> float:
        bound = bound_of(watched, item[1])
        return (item[1].value or 0) / bound if bound else 0

    if not watched.dimension:
        return TOGETHER, judgement.seen.get(TOGETHER, _NOT_SEEN)
    known = [item for item in judgement.seen.items() if verdict(watched, item[1]) is not Verdict.NOTHING]
    return (max if watched.is_above else min)(known, key=share, default=("", _NOT_SEEN))


def _tell(alert: Alert, live: list[Incident], *, at: datetime) -> None:
    is_silenced = alert.is_silenced(at)
    if not is_silenced:
        _tell_beginnings(alert, [one for one in live if one.is_open and not one.thread_key])
    threads: dict[str, list[Incident]] = {}
    for incident in live:
        if incident.thread_key:
            threads.setdefault(incident.thread_key, []).append(incident)
    for key, incidents in threads.items():
        if not any(incident.is_open for incident in incidents):
            _tell_end(alert, key, incidents, is_silenced=is_silenced)


def _tell_beginnings(alert: Alert, begun: list[Incident]) -> None:
    threads = [begun] if len(begun) > MOST_TOLD_ALONE else [[incident] for incident in begun]
    for incidents in filter(None, threads):
        key = f"incident:{incidents[0].pk}"
        _post(alert, f"{key}:firing", messages.firing(alert, incidents, key))
        for incident in incidents:
            incident.thread_key = key
            incident.save(update_fields=["thread_key"])


def _tell_end(alert: Alert, key: str, incidents: list[Incident], *, is_silenced: bool) -> None:
    """Tell that all incidents that people were told of together are over."""
    incidents = sorted(incidents, key=lambda one: (one.ended_at or one.started_at, one.pk))
    is_of_people = incidents[-1].end_reason != EndReason.RECOVERED
    if is_silenced and not is_of_people:
        return
    # Who paused or changed the alert knows it. A service that keeps its own list of what goes on does not.
    _post(alert, f"{key}:resolved", messages.resolved(alert, incidents, key), only_lists=is_of_people)
    for incident in incidents:
        incident.end_is_told = True
        incident.save(update_fields=["end_is_told"])


def _post(alert: Alert, key: str, message: notices.Message, *, only_lists: bool = False) -> None:
    notices.post(
        organization=alert.organization_id,
        key=key,
        message=message,
        channels=messages.channels_of(alert, only=ChannelKind.PAGERDUTY if only_lists else None),
        emails=[] if only_lists else alert.emails,
    )
