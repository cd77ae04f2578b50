"""Working the costs of logged requests out anew: after a price was set, or the price list knows more.

An order is a row of `cost_recompute`, which says how far it is. It is carried out in batches, each a short transaction
with which the sums of sessions and the rollups follow; after a worker's death the next one goes on where it was.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import structlog
from celery.exceptions import CeleryError
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from accounts_app.models import Organization, User
from helicone_site.celery import app
from helicone_site.sql import load
from ingest_app import price_overrides
from ingest_app.costing import cost_of
from ingest_app.doors.manual.event import priced_as
from ingest_app.events import BY_HAND, COUNTS, Usage
from ingest_app.models import UNFINISHED, CostRecompute, RecomputeState
from ingest_app.own_prices import ANY
from ingest_app.pace import Pace
from ingest_app.partitions import week_of
from ingest_app.prices import price_id
from ingest_app.pricing import tier_of_source
from ingest_app.removal import keep_from_removal, week_bounds
from ingest_app.rollups import mend_rollups, note_stale_hours
from ingest_app.session_rows import mend
from ingest_app.short_locks import one_at_a_time

log = structlog.get_logger(__name__)

SQL = Path(__file__).parent / "sql"
MAX_UNFINISHED = 20
# After an order: until then every worker knows the new price, and has committed what it wrote by an old one.
SETTLE_S = 3 * price_overrides.REFRESH_S
SLICE_S = 10.0  # then the next order has its turn
FAILED = "Something went wrong; the worker's log says what."
_FIRST_ID = UUID(int=0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

GoOn = Callable[[], bool]


class TooManyRecomputes(Exception):
    """The organization has `MAX_UNFINISHED` orders waiting or under way."""


class _Cancelled(Exception):
    """Nobody wants it any more."""


class _Place(NamedTuple):
    """Between two rows: after the one with this key."""

    at: datetime
    id: UUID


class _Row(NamedTuple):
    created_at: datetime
    id: UUID
    provider: str
    model: str
    request_model: str
    response_model: str
    target_url: str
    referrer: str
    cost_nanodollars: int | None
    price_id: int | None
    price_source: str
    usage: Usage

    @property
    def has_own_price(self) -> bool:
        return price_overrides.is_own(self.price_source)


class _Change(NamedTuple):
    row: _Row
    cost_nanodollars: int | None
    price_id: int | None


def order_recompute(
    *,
    organization: Organization,
    provider: str = "",
    model: str = ANY,
    since: datetime | None = None,
    until: datetime | None = None,
    actor: User | None,
) -> CostRecompute:
    """Returns the order to work out anew what requests from `since` until before `until`, or now, cost.

    Of all, or of those that a price override with this `provider` and `model` could be meant for. Costs that providers
    told stay. A worker begins `SETTLE_S` later. Raises TooManyRecomputes.
    """
    with transaction.atomic():
        # Two at the same moment must not both find room.
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        if recomputes_of(organization).filter(state__in=UNFINISHED).count() >= MAX_UNFINISHED:
            raise TooManyRecomputes(
                f"{MAX_UNFINISHED} are waiting already: let some finish or cancel them first."
            )
        recompute = CostRecompute.objects.create(
            organization=organization,
            requested_by=actor,
            provider=provider,
            model=model,
            since=since,
            # What is priced by an old price until everybody knows the new one is to be looked at, too.
            until=until or timezone.now() + timedelta(seconds=SETTLE_S),
        )
    transaction.on_commit(_wake_worker)
    return recompute


def recomputes_of(organization: Organization) -> QuerySet[CostRecompute]:
    """Returns the orders of an organization with who gave them, newest first."""
    orders = CostRecompute.objects.filter(organization=organization)
    return orders.select_related("requested_by").order_by("-created_at", "-id")


def cancel_recompute(recompute: CostRecompute) -> None:
    """Change no more costs; a worker notices with its next batch. Does nothing when it is finished."""
    _end(recompute, RecomputeState.CANCELLED)


def run_unfinished(go_on: GoOn = lambda: True) -> None:
    """Carry out what waits, of all organizations in turn, as long as `go_on` says so.

    Does nothing when another process is at it, so that one worker thread at most is taken.
    """
    with one_at_a_time("recomputes") as is_alone:
        worked = is_alone
        while worked and go_on():
            worked = False
            for recompute in _due():
                worked |= carry_out(recompute, _for_a_slice(go_on))


def carry_out(recompute: CostRecompute, go_on: GoOn = lambda: True) -> bool:
    """Work on the order until it is finished, or `go_on` is false, which is asked after each batch.

    Returns whether it was worked on: not when another process is at one of the same organization. May die anywhere and
    be called again. Raises django.db.OperationalError or InterfaceError when the database goes away.
    """
    with one_at_a_time(f"recompute {recompute.organization_id}") as is_alone:
        if not is_alone:
            return False
        price_overrides.refresh()
        try:
            if _start(recompute) and _work(recompute, go_on) and _end(recompute, RecomputeState.DONE):
                log.info(
                    "costs recomputed", recompute_id=recompute.pk, organization_id=recompute.organization_id
                )
        except _Cancelled:
            pass
        except (OperationalError, InterfaceError):
            raise  # beat has it gone on with, as after a worker's death
        except Exception:
            _end(recompute, RecomputeState.FAILED, error=FAILED)
            log.exception("costs not recomputed", recompute_id=recompute.pk)
    return True


def _due() -> list[CostRecompute]:
    settled = timezone.now() - timedelta(seconds=SETTLE_S)
    return list(
        CostRecompute.objects.filter(state__in=UNFINISHED, created_at__lte=settled).order_by("created_at")
    )


def _for_a_slice(go_on: GoOn) -> GoOn:
    deadline = time.monotonic() + SLICE_S
    return lambda: go_on() and time.monotonic() < deadline


def _start(recompute: CostRecompute) -> bool:
    """Returns whether there is anything to do: it may have been finished or cancelled since it was looked up."""
    recompute.refresh_from_db()
    if not recompute.is_unfinished:
        return False
    if recompute.rows_about is None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM request WHERE organization_id = %s AND created_at >= %s AND created_at < %s",
                [recompute.organization_id, recompute.since or _EPOCH, recompute.until],
            )
            recompute.rows_about = cursor.fetchone()[0]
    started = _unfinished(recompute).update(state=RecomputeState.RUNNING, rows_about=recompute.rows_about)
    return bool(started)


def _work(recompute: CostRecompute, go_on: GoOn) -> bool:
    """Returns whether all is done. Raises _Cancelled."""
    organization_id = recompute.organization_id
    place = _Place(recompute.after_at or recompute.since or _EPOCH, recompute.after_id or _FIRST_ID)
    pace = Pace()
    while (first_at := _first_at(organization_id, place.at, recompute.until)) is not None:
        end = min(week_bounds(week_of(first_at))[1], recompute.until)
        place = max(place, _Place(first_at, _FIRST_ID))
        while (reached := _batch(recompute, place, end, pace)) is not None:
            place = reached
            if not go_on():
                return False
        place = _Place(end, _FIRST_ID)
    mend(Pace(), organization_id)
    mend_rollups(organization_id)
    return True


def _first_at(organization_id: int, since: datetime, until: datetime) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(created_at) FROM request"
            " WHERE organization_id = %s AND created_at >= %s AND created_at < %s",
            [organization_id, since, until],
        )
        first: datetime | None = cursor.fetchone()[0]
        return first


def _batch(recompute: CostRecompute, after: _Place, until: datetime, pace: Pace) -> _Place | None:
    """Returns the place after the requests that were looked at, None when there are no more before `until`."""
    with pace.step():
        window = _window(recompute, after, until, pace.size)
        if window is None:
            return None
        number, last = window
        # Outside of the transaction: an id of a price that is remembered is to be committed.
        changes = [change for row in _rows(recompute, after, last) if (change := _change(recompute, row))]
        with transaction.atomic(), connection.cursor() as cursor:
            changed = _apply(cursor, recompute.organization_id, changes) if changes else 0
            noted = _unfinished(recompute).update(
                rows_done=F("rows_done") + number,
                rows_changed=F("rows_changed") + changed,
                after_at=last.at,
                after_id=last.id,
            )
            if not noted:
                raise _Cancelled
    return last


def _window(recompute: CostRecompute, after: _Place, until: datetime, rows: int) -> tuple[int, _Place] | None:
    """Returns how many requests to look at, and the place after them."""
    parameters: dict[str, Any] = {
        "organization_id": recompute.organization_id,
        "after_at": after.at,
        "after_id": after.id,
        "until": until,
        "rows": rows,
    }
    with connection.cursor() as cursor:
        cursor.execute(load(SQL, "recompute_window"), parameters)
        found = cursor.fetchone()
    return (found[0], _Place(*found[1:])) if found else None


@cache
def _rows_sql() -> str:
    return load(SQL, "recompute_rows").format(counts=", ".join(COUNTS))


def _rows(recompute: CostRecompute, after: _Place, last: _Place) -> list[_Row]:
    parameters: dict[str, Any] = {
        "organization_id": recompute.organization_id,
        "after_at": after.at,
        "after_id": after.id,
        "last_at": last.at,
        "last_id": last.id,
        "provider": recompute.provider,
        "model": recompute.model.removesuffix(ANY),
        "is_prefix": recompute.model.endswith(ANY),
    }
    with connection.cursor() as cursor:
        cursor.execute(_rows_sql(), parameters)
        return [_row(found) for found in cursor.fetchall()]


def _row(found: tuple[Any, ...]) -> _Row:
    facts, counts = found[: -len(COUNTS)], found[-len(COUNTS) :]
    row = _Row._make((*facts, Usage(**dict(zip(COUNTS, counts, strict=True)))))
    # How it was served is in no column: the prices that were used say it.
    tier = tier_of_source(row.price_source)
    return row._replace(usage=msgspec.structs.replace(row.usage, tier=tier)) if tier else row


def _change(recompute: CostRecompute, row: _Row) -> _Change | None:
    """Returns what the row is to have, None when that is what it has."""
    cost, prices = cost_of(
        row.usage,
        organization_id=recompute.organization_id,
        provider=row.provider,
        priced_as=priced_as(row.provider, row.target_url, row.request_model)
        if row.referrer == BY_HAND
        else "",
        # The model that was asked for may also be the only name that is known: that of the answer, or an override.
        models=[model for model in (row.response_model, row.model) if model],
        at=row.created_at,
        target_url=row.target_url,
    )
    if prices is None and row.price_id is not None and not row.has_own_price:
        return None  # its price was known once, and what it cost then it still does
    is_own = prices is not None and price_overrides.is_own(prices.source)
    if (cost, is_own) == (row.cost_nanodollars, row.has_own_price):
        return None  # also where the same prices have come with another release of the list
    return _Change(row, cost, price_id(prices) if prices is not None else None)


def _apply(cursor: Any, organization_id: int, changes: list[_Change]) -> int:
    """Returns how many of the rows were still there."""
    # Deleting the same rows in another order could deadlock.
    keep_from_removal(cursor, [organization_id])
    moments = [change.row.created_at for change in changes]
    parameters = {
        "organization_id": organization_id,
        "created_ats": moments,
        "ids": [change.row.id for change in changes],
        "costs": [change.cost_nanodollars for change in changes],
        "price_ids": [change.price_id for change in changes],
        "first_at": min(moments),
        "last_at": max(moments),
    }
    cursor.execute(load(SQL, "recompute_costs"), parameters)
    changed = [row[0] for row in cursor.fetchall()]
    note_stale_hours(cursor, organization_id, changed)
    return len(changed)


def _unfinished(recompute: CostRecompute) -> QuerySet[CostRecompute]:
    return CostRecompute.objects.filter(pk=recompute.pk, state__in=UNFINISHED)


def _end(recompute: CostRecompute, state: RecomputeState, error: str = "") -> bool:
    ended = _unfinished(recompute).update(state=state, error=error, finished_at=timezone.now())
    return bool(ended)


def _wake_worker() -> None:
    try:
        app.send_task("storage.recompute_costs", countdown=SETTLE_S + 0.5)
    except (CeleryError, BrokerError) as error:
        # Beat looks for unfinished orders by itself.
        log.warning("recompute waits for beat", error=str(error))
