"""What people are told of incidents."""

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse

from alerts_app.notices.message import Kind, Message
from alerts_app.notices.models import Channel, ChannelKind
from alerts_app.rules import words
from alerts_app.rules.models import Alert, Baseline, EndReason, Incident
from helicone_site import formats

_MOST_NAMED = 20
Facts = tuple[tuple[str, str], ...]


def channels_of(alert: Alert, *, only: ChannelKind | None = None) -> list[Channel]:
    """Returns the channels that the alert tells: those chosen, and those of the names in `slack_channels`."""
    names = {name for told in alert.slack_channels for name in (told, told.removeprefix("#"))}
    found = Channel.objects.filter(
        Q(alerts=alert) | Q(kind=ChannelKind.SLACK, name__in=names), organization_id=alert.organization_id
    )
    return list((found if only is None else found.filter(kind=only)).distinct().order_by("name"))


def firing(alert: Alert, incidents: Sequence[Incident], thread_key: str) -> Message:
    """Returns the message that `incidents`, one or many that began together, go on."""
    first = incidents[0]
    if len(incidents) > 1:
        title = f"{alert.name}: {formats.count(len(incidents))} at once ({_grouping(alert)})"
        text = f"{_condition(alert)} {_named(alert, incidents)}"
        return Message(Kind.FIRING, title, text, alert_path(alert), _facts(alert), thread_key)
    value = words.value_words(alert.metric, first.start_value)
    title = f"{alert.name}: {words.measured(alert)} {value}{_of_group(alert, first)}"
    facts = (
        ("Value", words.value_exact(alert.metric, first.start_value)),
        ("Bound", words.value_exact(alert.metric, first.bound)),
        *_baseline(alert, first),
        ("Requests in the window", formats.count(first.requests)),
        *(((_grouping(alert), first.group),) if alert.grouping else ()),
        ("Since", formats.time_exact(first.started_at)),
        *_facts(alert),
    )
    return Message(Kind.FIRING, title, _condition(alert), incident_path(first), facts, thread_key)


def resolved(alert: Alert, incidents: Sequence[Incident], thread_key: str) -> Message:
    """Returns the message that `incidents`, which people were told of together, are over."""
    last = incidents[-1]
    if len(incidents) > 1:
        title = f"{alert.name}: all {formats.count(len(incidents))} back to normal"
        return Message(
            Kind.RESOLVED, title, _named(alert, incidents), alert_path(alert), _facts(alert), thread_key
        )
    title = f"{alert.name}: {_END_TITLES[EndReason(last.end_reason)]}{_of_group(alert, last)}"
    assert last.ended_at is not None  # noqa: S101
    length = words.length_words(last.ended_at - last.started_at)
    facts = (
        ("Value", words.value_exact(alert.metric, last.last_value)),
        ("Worst", words.value_exact(alert.metric, last.worst_value)),
        ("Bound", words.value_exact(alert.metric, last.bound)),
        *(((_grouping(alert), last.group),) if alert.grouping else ()),
        ("Lasted", length),
        *_facts(alert),
    )
    return Message(Kind.RESOLVED, title, f"It went on for {length}.", incident_path(last), facts, thread_key)


def test(alert: Alert) -> Message:
    """Returns the message that shows what the alert's messages look like."""
    text = f"This is a test: nothing is wrong. {_condition(alert)}"
    return Message(Kind.TEST, f"Test: {alert.name}", text, alert_path(alert), _facts(alert))


def alert_path(alert: Alert) -> str:
    """Returns the path of the alert's page."""
    return reverse("alerts:alert", args=[alert.organization.slug, alert.pk])


def incident_path(incident: Incident) -> str:
    """Returns the path of the incident's page."""
    return reverse("alerts:incident", args=[incident.organization.slug, incident.pk])


_END_TITLES = {
    EndReason.RECOVERED: "back to normal",
    EndReason.PAUSED: "no longer watched",
    EndReason.CHANGED: "the alert was changed",
}


def _condition(alert: Alert) -> str:
    return f"It tells when: {words.watches(alert)}."


def _facts(alert: Alert) -> Facts:
    return (("Requests that match", alert.query),) if alert.query else ()


def _baseline(alert: Alert, incident: Incident) -> Facts:
    if alert.baseline != Baseline.LAST_WEEK:
        return ()
    return (("A week before", words.value_exact(alert.metric, incident.baseline_value)),)


def _grouping(alert: Alert) -> str:
    return alert.grouping if alert.grouping_is_property else alert.grouping.capitalize()


def _of_group(alert: Alert, incident: Incident) -> str:
    return f" ({_grouping(alert)} {incident.group})" if alert.grouping else ""


def _named(alert: Alert, incidents: Sequence[Incident]) -> str:
    named = ", ".join(
        f"{one.group} ({words.value_words(alert.metric, one.last_value)})" for one in incidents[:_MOST_NAMED]
    )
    more = len(incidents) - _MOST_NAMED
    return f"{_grouping(alert)}: {named}" + (f" and {formats.count(more)} more." if more > 0 else ".")
