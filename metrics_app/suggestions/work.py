"""A worker looks at the calls of an organization, once each, and keeps what the detectors find."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain

import structlog
from django.db import InterfaceError, OperationalError
from django.http import QueryDict
from django.utils import timezone
from django.utils.http import urlencode

from helicone_site import formats
from ingest_app.models import Price
from ingest_app.short_locks import one_at_a_time
from metrics_app.suggestions import actions, queries
from metrics_app.suggestions.actions import LOOKED_BACK, Seen
from metrics_app.suggestions.calls import Call, Prices
from metrics_app.suggestions.kinds import all_detectors
from metrics_app.suggestions.models import Look
from requests_app import queries as request_queries
from requests_app.export.reading import exported_rows
from requests_app.export.work import Interrupted
from requests_app.filters import RequestFilter

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
# About two minutes; an organization with more is told that only the newest were looked at.
MOST_CALLS = 200_000
_NOTED_EVERY_S = 1.0
_CALLS_OF_MODELS = "-has:kind"

DIED = f"The worker died {MAX_ATTEMPTS} times while it looked."
FAILED = "Something went wrong; the worker's log says what."


def make_looks(pause: Callable[[], None] = lambda: None) -> int:
    """Carry out the looks that wait, the longest waiting first. Returns how many came to an end.

    Calls `pause` between batches of calls; it may raise Interrupted, which leaves the look to the next worker. Does
    nothing while another worker is at it.
    """
    made = 0
    tried: set[int] = set()
    # Asked again outside the lock: whoever orders a look while we have it finds no worker.
    while waiting := list(queries.unfinished_looks().exclude(pk__in=tried)):
        with one_at_a_time("suggestions") as is_alone:
            if not is_alone:
                break
            for look in waiting:
                tried.add(look.pk)
                made += carry_out(look, pause)
    return made


def carry_out(
    look: Look,
    pause: Callable[[], None] = lambda: None,
    *,
    now: datetime | None = None,
    most_calls: int = MOST_CALLS,
) -> bool:
    """Look at the calls of the thirty days before `now`, at the newest `most_calls`. Returns whether it succeeded."""
    if look.attempts >= MAX_ATTEMPTS:
        actions.fail_look(look, DIED)
        return False
    if not actions.start_look(look):
        return False
    try:
        _look(look, pause, now or timezone.now(), most_calls)
        return True
    except Interrupted:
        actions.leave_look(look)
    except (OperationalError, InterfaceError):
        # The database went away, or stopped us. Beat has it begun again, as after a worker's death.
        raise
    except Exception:
        actions.fail_look(look, FAILED)
        log.exception("look failed", organization_id=look.organization_id)
    return False


def _look(look: Look, pause: Callable[[], None], now: datetime, most_calls: int) -> None:
    organization_id = look.organization_id
    since, limits = now - LOOKED_BACK, []
    count = request_queries.count_exactly(organization_id=organization_id, filters=_calls_filter(since, now))
    if count > most_calls:
        since = _nth_newest(organization_id, _calls_filter(since, now), most_calls)
        limits.append(
            f"Only the newest {formats.count(most_calls)} of {formats.count(count)} calls were looked at."
        )
    progress = _Progress(look, min(count, most_calls))
    detectors = all_detectors()
    cost, without_body = 0, 0
    for call in _calls(organization_id, _calls_filter(since, now), pause):
        for detector in detectors:
            detector.see(call)
        cost += call.row.cost_nanodollars or 0
        without_body += not call.request
        progress.step()
    if without_body:
        limits.append(
            f"Of {formats.count(without_body)} calls the request is not kept whole: little can be said of them."
        )
    if any(detector.is_full for detector in detectors):
        limits.append("There was more of one kind than is kept apart: the rest is left out.")
    seen = Seen(since, now, progress.done, cost, limits)
    actions.finish_look(look, seen, chain.from_iterable(detector.found() for detector in detectors))
    log.info("looked for suggestions", organization_id=organization_id, calls=progress.done)


class _Progress:
    """Counts calls, and notes now and then how many there were."""

    def __init__(self, look: Look, total: int) -> None:
        self.done = 0
        self._look = look
        self._total = total
        self._next_note = 0.0

    def step(self) -> None:
        self.done += 1
        if time.monotonic() >= self._next_note:
            self._next_note = time.monotonic() + _NOTED_EVERY_S
            actions.note_progress(self._look, done=self.done, total=max(self._total, self.done))


def _calls_filter(since: datetime, until: datetime) -> RequestFilter:
    filters = RequestFilter(
        QueryDict(urlencode({"q": _CALLS_OF_MODELS, "start": since.isoformat(), "end": until.isoformat()}))
    )
    assert filters.is_valid(), filters.errors  # noqa: S101  (it is ours)
    return filters


def _nth_newest(organization_id: int, filters: RequestFilter, number: int) -> datetime:
    """Returns when the `number`th newest call came. There must be as many."""
    calls = filters.narrow(request_queries.requests_of(organization_id), organization_id=organization_id)
    newest = calls.order_by("-created_at", "-id").values_list("created_at", flat=True)
    return newest[number - 1 : number].get()


def _calls(organization_id: int, filters: RequestFilter, pause: Callable[[], None]) -> Iterator[Call]:
    """Yields the calls with their bodies, oldest first, a few megabytes at a time."""
    prices: dict[int, Prices] = {}
    for batch in exported_rows(organization_id=organization_id, filters=filters, with_bodies=True):
        ids = {one.row.price_id for one in batch if one.row.price_id is not None} - prices.keys()
        for price in Price.objects.filter(id__in=ids):
            prices[price.pk] = Prices.of(price)
        for exported in batch:
            price_id = exported.row.price_id
            yield Call(exported, None if price_id is None else prices.get(price_id))
        pause()
