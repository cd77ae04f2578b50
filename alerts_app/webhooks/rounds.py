"""A round of deliveries: what is due is claimed, sent many at once, and what comes of it is noted."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts_app.secrets import UndecryptableSecret
from alerts_app.webhooks.delivery import UNREADABLE_KEY, Outcome, Poster
from alerts_app.webhooks.models import UNFINISHED, Delivery, Webhook
from alerts_app.webhooks.outcomes import Claim, Tried, note_attempts, note_gone
from alerts_app.webhooks.payload import Told, encoded
from alerts_app.webhooks.queries import signing_keys
from alerts_app.webhooks.signing import signed_headers
from alerts_app.webhooks.taking import take
from alerts_app.webhooks.told import told
from helicone_site.sql import load
from ingest_app.bodies import BodyKey

log = structlog.get_logger(__name__)

SQL = Path(__file__).parent.parent / "sql"
TOGETHER = 96
"""So many calls are under way at the same time,"""
TOGETHER_TO_ONE = 32
"""of one webhook so many at most,"""
FAILING_AT = 5
"""and one at a time when so many failed in a row: a target that hangs holds up nobody but itself."""
CLAIMED_FOR = timedelta(seconds=60)
"""Longer than any attempt takes: who has not noted an outcome by then is dead."""
_TAKE_EACH_S = 0.25
_LOOK_AGAIN_S = 0.1
_UNREADABLE_BODIES = "The request's bodies cannot be read: HELICONE_SECRET_KEY was changed."


def run_round(*, seconds: float, go_on: Callable[[], bool]) -> bool:
    """Take what is new and send what is due, until nothing is or for about `seconds`. Returns whether more is due.

    `go_on` is asked before each step, and may wait. May be killed anywhere: what was claimed is due again after
    `CLAIMED_FOR`. Calls that are under way at the end are waited for.
    """
    take(timezone.now())
    if not _due_webhooks(timezone.now()):
        return False
    with Poster() as poster:
        return _Round(poster, seconds, go_on).run()


def is_failing(webhook: Webhook) -> bool:
    """Returns whether so many attempts in a row failed that they are made one at a time."""
    return webhook.failures_in_a_row >= FAILING_AT


class _Round:
    def __init__(self, poster: Poster, seconds: float, go_on: Callable[[], bool]) -> None:
        self._poster = poster
        self._deadline = time.monotonic() + seconds
        self._go_on = go_on
        self._take_at = 0.0
        self._under_way: dict[Future[Outcome], tuple[Claim, datetime]] = {}

    def run(self) -> bool:
        while True:
            is_ending = time.monotonic() > self._deadline or not self._go_on()
            if not is_ending:
                self._take()
                self._send_due()
            if not self._under_way:
                return is_ending
            done, _ = wait(self._under_way, timeout=_LOOK_AGAIN_S, return_when=FIRST_COMPLETED)
            self._note(done)

    def _take(self) -> None:
        if time.monotonic() > self._take_at:
            take(timezone.now())
            self._take_at = time.monotonic() + _TAKE_EACH_S

    def _send_due(self) -> None:
        now = timezone.now()
        webhooks = {webhook.id: webhook for webhook in _due_webhooks(now)}
        busy = Counter(claim.webhook_id for claim, _ in self._under_way.values())
        rooms = {id: _room(webhook) - busy[id] for id, webhook in webhooks.items()}
        claims = _claim(rooms, TOGETHER - len(self._under_way), now)
        if claims:
            self._send(claims, webhooks)

    def _send(self, claims: Sequence[Claim], webhooks: dict[UUID, Webhook]) -> None:
        refused: list[Tried] = []
        by_key = {_key(claim): [one for one in claims if _key(one) == _key(claim)] for claim in claims}
        try:
            for key, of_request in told(by_key):
                for claim in by_key.pop(key):
                    refused += self._post(claim, webhooks[claim.webhook_id], of_request)
        except UndecryptableSecret:
            refused += [_refused(claim, _UNREADABLE_BODIES) for left in by_key.values() for claim in left]
            by_key.clear()
        if refused:
            note_attempts(refused, timezone.now())
        if by_key:
            note_gone([claim for left in by_key.values() for claim in left], timezone.now())

    def _post(self, claim: Claim, webhook: Webhook, of_request: Told) -> list[Tried]:
        """Send it on its way. Returns what came of it, where that is known at once."""
        body = encoded(of_request, includes_data=webhook.includes_data)
        try:
            keys = signing_keys(webhook)
        except UndecryptableSecret:
            return [_refused(claim, UNREADABLE_KEY)]
        now = timezone.now()
        headers = signed_headers(
            body, keys, delivery_id=claim.id, attempt=claim.attempt, at_s=int(now.timestamp())
        )
        self._under_way[self._poster.post(webhook.destination, body, headers)] = claim, now
        return []

    def _note(self, done: Iterable[Future[Outcome]]) -> None:
        tried = []
        for future in done:
            claim, began_at = self._under_way.pop(future)
            try:
                tried.append(Tried(claim, began_at, future.result()))
            except CancelledError:
                continue
            except (
                Exception
            ) as error:  # a fault of ours must not send the same call for a day and note nothing
                log.exception("delivery not sent", delivery_id=str(claim.id))
                tried.append(_refused(claim, f"It could not be sent ({type(error).__name__})."))
        if tried:
            note_attempts(tried, timezone.now())


def _due_webhooks(now: datetime) -> list[Webhook]:
    """Returns the webhooks for which something is due, of all organizations."""
    due = Delivery.objects.filter(webhook_id=OuterRef("id"), state__in=UNFINISHED, next_attempt_at__lte=now)
    return list(Webhook.objects.filter(Exists(due), is_paused=False, disabled_at=None))


def _room(webhook: Webhook) -> int:
    return 1 if is_failing(webhook) else TOGETHER_TO_ONE


def _claim(rooms: dict[UUID, int], room: int, now: datetime) -> list[Claim]:
    open_rooms = {id: places for id, places in rooms.items() if places > 0}
    if not open_rooms or room <= 0:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            load(SQL, "claim_deliveries"),
            {
                "webhook_ids": list(open_rooms),
                "rooms": list(open_rooms.values()),
                "room": room,
                "now": now,
                "claimed_until": now + CLAIMED_FOR,
            },
        )
        return [Claim(*row) for row in cursor.fetchall()]


def _key(claim: Claim) -> BodyKey:
    return BodyKey(claim.organization_id, claim.request_created_at, claim.request_row_id)


def _refused(claim: Claim, why: str) -> Tried:
    return Tried(claim, timezone.now(), Outcome(False, why))
