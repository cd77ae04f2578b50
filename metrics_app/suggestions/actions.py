"""Writes of suggestions: looks are ordered and kept, suggestions dismissed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from celery.exceptions import CeleryError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts_app.models import Organization, User
from helicone_site.celery import app
from helicone_site.text import storable
from metrics_app.suggestions.models import (
    UNFINISHED,
    Dismissal,
    Look,
    LookState,
    Suggestion,
    suggestion_id,
)
from metrics_app.suggestions.queries import organizations_with_requests
from metrics_app.suggestions.tally import Fact, Found

log = structlog.get_logger(__name__)

LOOKED_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look went through. `limits` says in sentences what it did not look at."""

    since: datetime
    until: datetime
    requests: int
    cost_nanodollars: int
    limits: list[str]


def order_look(organization: Organization) -> None:
    """Have a worker look; does nothing while one is ordered already."""
    with transaction.atomic():
        look, is_new = Look.objects.get_or_create(organization=organization)
        if not is_new:
            Look.objects.filter(pk=look.pk).exclude(state__in=UNFINISHED).update(
                state=LookState.QUEUED,
                ordered_at=timezone.now(),
                attempts=0,
                done=0,
                total=None,
                error="",
            )
    transaction.on_commit(wake_worker)


def order_looks(now: datetime) -> None:
    """Order a look for each organization that logged anything in the time that is looked at."""
    for organization in organizations_with_requests(since=now - LOOKED_BACK):
        order_look(organization)


def start_look(look: Look) -> bool:
    """Note that a worker begins, from the first request. Returns False when it is finished already."""
    started = Look.objects.filter(pk=look.pk, state__in=UNFINISHED).update(
        state=LookState.RUNNING, attempts=F("attempts") + 1, done=0, total=None
    )
    return bool(started)


def note_progress(look: Look, *, done: int, total: int) -> None:
    """Note how many requests were looked at, of how many."""
    Look.objects.filter(pk=look.pk, state=LookState.RUNNING).update(done=done, total=total)


def leave_look(look: Look) -> None:
    """Leave it to another worker, as if this one had never begun."""
    Look.objects.filter(pk=look.pk, state=LookState.RUNNING).update(
        state=LookState.QUEUED, attempts=F("attempts") - 1
    )


@transaction.atomic
def finish_look(look: Look, seen: Seen, found: Iterable[Found]) -> None:
    """Put what was found in the place of what the last look found."""
    Suggestion.objects.filter(organization_id=look.organization_id).delete()
    Suggestion.objects.bulk_create(_row(look.organization_id, one) for one in found)
    Look.objects.filter(pk=look.pk).update(
        state=LookState.DONE,
        done=seen.requests,
        total=seen.requests,
        finished_at=timezone.now(),
        since=seen.since,
        until=seen.until,
        requests=seen.requests,
        cost_nanodollars=seen.cost_nanodollars,
        limits=seen.limits,
    )


def fail_look(look: Look, reason: str) -> None:
    """Note that it came to nothing, and say why to people. What the last one found stays."""
    Look.objects.filter(pk=look.pk, state__in=UNFINISHED).update(state=LookState.FAILED, error=reason)


def dismiss(*, organization: Organization, id: UUID, actor: User) -> None:
    """Show a suggestion no more."""
    Dismissal.objects.get_or_create(
        organization=organization, suggestion_id=id, defaults={"dismissed_by": actor}
    )


def restore(*, organization: Organization, id: UUID) -> None:
    """Show a suggestion again."""
    Dismissal.objects.filter(organization=organization, suggestion_id=id).delete()


def wake_worker() -> None:
    """Have a worker look what there is to do."""
    try:
        app.send_task("metrics.make_suggestions")
    except (CeleryError, OperationalError) as error:
        # Beat looks for unfinished looks by itself.
        log.warning("look waits for beat", error=str(error))


def _row(organization_id: int, found: Found) -> Suggestion:
    tally = found.tally
    return Suggestion(
        id=suggestion_id(
            organization_id=organization_id,
            kind=found.kind,
            provider=found.provider,
            model=found.model,
            about=found.about,
        ),
        organization_id=organization_id,
        kind=found.kind,
        provider=found.provider,
        model=found.model,
        requests=tally.requests,
        unpriced=tally.unpriced,
        saving_nanodollars=tally.saving_nanodollars,
        waited_ms=tally.waited_ms,
        facts=tally.facts | {name: _storable(fact) for name, fact in found.facts.items()},
        evidence=[
            [str(one.id), None if one.saving_nanodollars < 0 else one.saving_nanodollars]
            for one in tally.evidence
        ],
    )


def _storable(fact: Fact) -> Fact:
    """Names of tools are whatever clients and models wrote."""
    if isinstance(fact, list):
        return [storable(name) for name in fact]
    return storable(fact) if isinstance(fact, str) else fact
