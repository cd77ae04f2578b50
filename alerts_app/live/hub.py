"""What one process does for the viewers of one organization: a few times a second it takes what came, once for all."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import redis.asyncio
import structlog
from django.db import InterfaceError, OperationalError, connection

from alerts_app.live.looks import Look, event
from alerts_app.live.rows import RowStream, place
from alerts_app.live.running import RunningRequests
from alerts_app.live.viewer import Viewer
from alerts_app.live.wanted import Wanted, matching
from ingest_app.live import NOTHING_YET, WATCHED_FOR_S, Row
from requests_app.filter_language.tree import EVERYTHING

log = structlog.get_logger(__name__)

TICK_S = 0.25
AFTER_FAULT_S = 1.0
# What nobody could read is not sent: a group may get so many rows at once, and so many a second in the long run.
MOST_ROWS = 200
ROWS_A_SECOND = 50
SHOWN_RUNNING = 50


class Group(NamedTuple):
    """What viewers have in common who are sent the same bytes."""

    wanted: Wanted
    look: Look


@dataclass(frozen=True, slots=True)
class Lot:
    """What came: rows that end at a place of the stream, and what runs, None where that is the same as before."""

    rows: Sequence[Row]
    last: str
    running: Sequence[Row] | None
    running_total: int
    most_rows: Mapping[Group, int] = field(default_factory=dict)  # that are sent; all where none is said


class Share(NamedTuple):
    """What of a lot a group is sent; no bytes where there is nothing."""

    rows: bytes
    number: int  # of requests that the rows stand for
    shown: int
    running: bytes | None


@dataclass(slots=True)
class Member:
    """The viewers of a group, what they were last told of what runs, and how many rows they may be sent."""

    viewers: set[Viewer] = field(default_factory=set)
    running: bytes | None = None
    allowance: float = MOST_ROWS

    def may_get(self, after_s: float) -> int:
        """Returns how many rows they may be sent now, `after_s` after it was asked last."""
        self.allowance = min(MOST_ROWS, self.allowance + after_s * ROWS_A_SECOND)
        return int(self.allowance)


class Hub:
    """Reads while it has viewers. Make it in the running loop."""

    def __init__(self, client: redis.asyncio.Redis, organization_id: int) -> None:
        self._stream = RowStream(client, organization_id)
        self._groups: dict[Group, Member] = {}
        self._running = RunningRequests()
        self._running_ids: list[str] = []
        self._last = ""  # place in the stream: what is before it was sent
        self._watched_at = float("-inf")
        self._took_at = time.monotonic()
        self._joining = 0
        self._is_closed = False
        # For joining and for sending: nothing is sent that a new viewer misses, or gets twice.
        self._lock = asyncio.Lock()
        self._task = asyncio.create_task(self._follow(), name=f"live feed of {organization_id}")

    @property
    def is_left(self) -> bool:
        """Returns whether it has no viewers, and none on their way."""
        return not (self._groups or self._joining)

    async def join(self, viewer: Viewer, group: Group, after: str) -> str:
        """Have the viewer sent what comes; and what came after the place `after`, if it is not empty.

        Returns the place from which it is sent what comes. Raises RedisError, django.db.Error, TooSlow.
        """
        self._joining += 1
        try:
            async with self._lock:
                await self._keep_watched()
                if after and place(after) > place(self._last):
                    await self._take()  # it was served by a process that was ahead
                if after:
                    await self._catch_up(viewer, group, after)
                member = self._groups.get(group) or Member()
                if member.running is None:
                    member.running = await self._running_for(group)
                viewer.offer_running(member.running or b"")
                member.viewers.add(viewer)
                self._groups[group] = member
                return self._last
        finally:
            self._joining -= 1

    def leave(self, viewer: Viewer, group: Group) -> None:
        """Send it nothing more."""
        member = self._groups.get(group)
        if member is not None:
            member.viewers.discard(viewer)
            if not member.viewers:
                del self._groups[group]

    async def close(self) -> None:
        """Stop reading, and let all viewers go."""
        for member in self._groups.values():
            for viewer in member.viewers:
                viewer.close()
        # A cancellation that comes together with an answer of Redis may be taken for that.
        self._is_closed = True
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self) -> None:
        while not self._is_closed:
            pause_s = TICK_S
            try:
                async with self._lock:
                    await self._keep_watched()
                    await self._take()
            except Exception as error:  # Redis or the database is away: viewers wait, and miss nothing
                log.warning("live feed waits", error=f"{type(error).__name__}: {error}")
                pause_s = AFTER_FAULT_S
            await asyncio.sleep(pause_s)

    async def _keep_watched(self) -> None:
        now = time.monotonic()
        if now - self._watched_at < WATCHED_FOR_S / 6:
            return
        newest = await self._stream.watch()
        self._watched_at = now
        if not self._last:
            self._last = newest
        elif place(newest) < place(self._last) and newest != NOTHING_YET:
            # Redis has lost the stream, and its clock went back: what comes has other ids than those known here.
            self._last = newest
            self._offer_gap()

    async def _take(self) -> None:
        """Send what came."""
        news = await self._stream.news(self._last)
        now = time.monotonic()
        self._running.end((row["id"] for row in news.rows), now)
        await self._stream.forget(self._running.hear(news.announced, now))
        running = self._running.rows
        ids = [row["id"] for row in running]
        has_changed = ids != self._running_ids
        if not (news.rows or has_changed):
            return
        after_s, self._took_at = now - self._took_at, now
        most = {group: member.may_get(after_s) for group, member in self._groups.items()}
        lot = Lot(news.rows, news.last, running if has_changed else None, self._running.total, most)
        try:
            shares = await self._shared(list(self._groups), lot)
        except (OperationalError, InterfaceError):
            raise  # the database is away
        except Exception:
            # Rows that we trip over, or filters that take too long, would be in the way for ever.
            log.exception("live feed passes over rows", rows=len(news.rows))
            shares = {}
            self._offer_gap()
        self._last, self._running_ids = news.last, ids
        for group, share in shares.items():
            self._send(self._groups.get(group, Member()), share)

    def _send(self, member: Member, share: Share) -> None:
        news_of_running = share.running if share.running != member.running else None
        for viewer in member.viewers:
            if share.rows:
                viewer.offer_rows(share.rows, share.number)
            if news_of_running is not None:
                viewer.offer_running(news_of_running)
        if share.running is not None:
            member.running = share.running
        member.allowance -= share.shown

    async def _running_for(self, group: Group) -> bytes | None:
        lot = Lot([], self._last, self._running.rows, self._running.total)
        return (await self._shared([group], lot))[group].running

    def _offer_gap(self) -> None:
        for member in self._groups.values():
            for viewer in member.viewers:
                viewer.offer_rows(event("gap", {}, self._last), 0)

    async def _catch_up(self, viewer: Viewer, group: Group, after: str) -> None:
        missed = await self._stream.missed(after, self._last)
        if missed.has_gap:
            viewer.offer_rows(event("gap", {}, self._last), 0)
            return
        lot = Lot(missed.rows, self._last, None, 0, {group: MOST_ROWS})
        share = (await self._shared([group], lot))[group]
        if share.rows:
            viewer.offer_rows(share.rows, share.number)

    async def _shared(self, groups: Collection[Group], lot: Lot) -> Mapping[Group, Share]:
        return await asyncio.to_thread(shared, groups, lot, datetime.now(UTC))


def shared(groups: Collection[Group], lot: Lot, now: datetime) -> dict[Group, Share]:
    """Returns what of `lot` each of `groups` is sent. In whatever thread this runs, it leaves no connection behind."""
    wanted = list(dict.fromkeys(group.wanted for group in groups))
    running = {row["id"] for row in lot.running or ()}
    try:
        found = dict(zip(wanted, matching(wanted, [*lot.rows, *(lot.running or ())], now), strict=True))
    finally:
        connection.close()
    shares = {}
    for group in groups:
        rows = found[group.wanted]
        ended = [row for row in rows if row["id"] not in running]
        still = None if lot.running is None else [row for row in rows if row["id"] in running]
        shares[group] = _share(group, lot, ended, still)
    return shares


def _share(group: Group, lot: Lot, ended: list[Row], still: list[Row] | None) -> Share:
    look = group.look
    content = b""
    most = lot.most_rows.get(group, len(ended))
    shown = ended[::-1][:most]
    if ended:
        numbers = {"count": len(ended), "skipped": len(ended) - len(shown)}
        content = event("requests", numbers | look.shown(shown), lot.last)
    if still is None:
        return Share(content, len(ended), len(shown), None)
    total = lot.running_total if group.wanted.tree == EVERYTHING else len(still)
    said = {"count": total} | look.shown_running(still[:SHOWN_RUNNING])
    return Share(content, len(ended), len(shown), event("running", said))
