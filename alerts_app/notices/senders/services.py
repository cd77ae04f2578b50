"""Messages to chat and on-call services, by apprise."""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from alerts_app.notices.config import Config
from alerts_app.notices.links import link
from alerts_app.notices.message import Kind, Message, Outcome
from alerts_app.notices.senders.catalog import PAGERDUTY, BadService, made, plugin_of, service_of

_SEVERITIES = {Kind.INFO: "warning", Kind.TEST: "info"}
# What PagerDuty takes of a summary at most.
_MOST_CHARACTERS = 1000
_STATUS = re.compile(r"error=(\d{3})")


def send(url: str, message: Message) -> Outcome:
    """Returns what came of a message to the service that an address leads to."""
    try:
        label, plugin = service_of(url).label, plugin_of(url)
    except BadService as error:
        return Outcome(False, str(error))
    return _notify(label, plugin, message, _body(message), title=message.title)


def send_to_pagerduty(config: Config, message: Message, *, id: UUID) -> Outcome:
    """Returns what came of an event. What resolves ends the incident that the same thread began; a test its own."""
    outcome = _pagerduty(config, message, id)
    if message.kind is not Kind.TEST or not outcome.is_delivered:
        return outcome
    ended = _pagerduty(config, replace(message, kind=Kind.RESOLVED), id)
    return Outcome(True, "PagerDuty opened an incident and resolved it.") if ended.is_delivered else ended


def _pagerduty(config: Config, message: Message, id: UUID) -> Outcome:
    plugin = made(
        PAGERDUTY,
        apikey="-",  # of PagerDuty's REST, which events do not need
        integrationkey=config.key,
        source="Helicone",
        component="Helicone",
        click=link(message) or None,
        details={"text": message.text, **dict(message.facts)},
        region_name=config.region,
        severity=_SEVERITIES.get(message.kind, "critical"),
        action="resolve" if message.kind is Kind.RESOLVED else "trigger",
        dedup=message.thread_key or str(id),
    )
    return _notify(PAGERDUTY.label, plugin, message, message.title[:_MOST_CHARACTERS])


def _body(message: Message) -> str:
    facts = "\n".join(f"{label}: {value}" for label, value in message.facts)
    return "\n\n".join(part for part in (message.text, facts, link(message)) if part)


def _notify(service: str, plugin: Any, message: Message, body: str, *, title: str = "") -> Outcome:
    from apprise import NotifyFormat, NotifyType

    kinds = {
        Kind.FIRING: NotifyType.FAILURE,
        Kind.RESOLVED: NotifyType.SUCCESS,
        Kind.INFO: NotifyType.WARNING,
    }
    with _heard() as said:
        is_delivered = plugin.notify(
            body=body,
            title=title,
            notify_type=kinds.get(message.kind, NotifyType.INFO),
            body_format=NotifyFormat.TEXT,
        )
    if is_delivered:
        return Outcome(True, f"{service} took it.")
    statuses = [int(found[1]) for text in said if (found := _STATUS.search(text))]
    if statuses:
        return Outcome(False, _refused(service, statuses[-1]))
    if any("onnection error" in text for text in said):
        return Outcome(False, f"{service} cannot be reached, or did not answer in time.")
    return Outcome(False, f"{service} did not take it.")


def _refused(service: str, status: int) -> str:
    if status in {401, 403, 404, 410}:
        return f"{service} answered {status}: what was entered is wrong, or no longer valid."
    if status == 429:
        return f"{service} answered 429: too many messages."
    return f"{service} answered {status}."


class _Listener(logging.Handler):
    """Hears what apprise says in the threads that ask: its answers are only yes and no."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        lines: list[str] | None = getattr(self.heard, "lines", None)
        if lines is not None:
            lines.append(record.getMessage())


_listener = _Listener()
logging.getLogger("apprise").addHandler(_listener)


@contextmanager
def _heard() -> Iterator[list[str]]:
    lines: list[str] = []
    _listener.heard.lines = lines
    try:
        yield lines
    finally:
        _listener.heard.lines = None
