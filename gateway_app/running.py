"""Telling viewers which requests are running: of the organizations that somebody watches, and beside the requests' way.

A request costs an entry in a dictionary, whether or not anybody looks. Once a second it is asked who is watched; for
those the gateway says what is running whenever that has changed, and again every few seconds, so that what a gateway
said that died is forgotten.
"""

import asyncio
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import redis.asyncio
import structlog
from redis.exceptions import RedisError

from helicone_site.text import storable
from ingest_app.asked import request_facts
from ingest_app.events import Facts
from ingest_app.live import (
    ANNOUNCED_EVERY_S,
    FORGOTTEN_AFTER_S,
    MAX_ANNOUNCED,
    WATCHED,
    Announcement,
    Row,
    running_key,
)

if TYPE_CHECKING:
    from gateway_app.exchange import Exchange

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
TELL_EVERY_S = 0.2
# What is over before anybody could read it is not shown as running.
SHOWN_AFTER_S = 0.25
READ_BYTES = 1 << 18  # of longer bodies neither model nor preview is known before the end
MAX_CHARACTERS = 500


class Running:
    """The requests that run in this process. Make it, and call everything, in the running loop."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._redis = client
        self._name = uuid.uuid4().hex
        self._exchanges: dict[uuid.UUID, tuple[float, Exchange]] = {}  # with when each began, in that order
        self._told: dict[int, _Told] = {}  # by organization
        self._beat = 0
        self._read: dict[int, dict[uuid.UUID, Row]] = {}  # likewise, what was told
        self._telling: asyncio.Task[None] | None = None
        self._is_closed = False

    def start(self) -> None:
        """Tell viewers from now on."""
        self._telling = asyncio.create_task(self._tell_forever(), name="running requests")

    async def close(self) -> None:
        """Take back what was told, if Redis answers, and stop."""
        # A cancellation that comes together with an answer of Redis may be taken for that.
        self._is_closed = True
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
        self._exchanges.clear()
        try:
            await self._tell(set(self._told))
        except (RedisError, OSError, TimeoutError) as error:
            log.debug("running requests not taken back", error=str(error))
        await self._redis.aclose()

    @contextmanager
    def during(self, exchange: "Exchange") -> Iterator[None]:
        """The request runs while this is entered."""
        self._exchanges[exchange.id] = time.monotonic(), exchange
        try:
            yield
        finally:
            del self._exchanges[exchange.id]

    async def _tell_forever(self) -> None:
        watched: set[int] = set()
        looked_at = float("-inf")
        while not self._is_closed:
            try:
                if time.monotonic() - looked_at >= LOOK_EVERY_S:
                    members: Any = await self._redis.zrangebyscore(WATCHED, time.time(), "+inf")
                    watched, looked_at = {int(member) for member in members}, time.monotonic()
                    for organization_id in self._told.keys() - watched:
                        del self._told[organization_id]
                        self._read.pop(organization_id, None)
                await self._tell(watched)
            except (RedisError, OSError, TimeoutError) as error:
                log.debug("viewers not told of running requests", error=str(error))
                self._told.clear()
            await asyncio.sleep(TELL_EVERY_S if watched else LOOK_EVERY_S)

    async def _tell(self, watched: set[int]) -> None:
        """Say of each organization what has changed since it was said last."""
        now = time.monotonic()
        pipeline = self._redis.pipeline(transaction=False)
        for organization_id, exchanges in self._by_organization(watched, now).items():
            ids = [exchange.id for exchange in exchanges]
            told = self._told.get(organization_id, _NOTHING_TOLD)
            if ids == told.ids and (not ids or now - told.at < ANNOUNCED_EVERY_S):
                continue
            self._told[organization_id] = _Told(ids, now)
            self._beat += 1
            key = running_key(organization_id)
            if not ids:
                pipeline.hdel(key, self._name)
                self._read.pop(organization_id, None)
                continue
            # In a thread, since bodies are read.
            shown = await asyncio.to_thread(self._rows, organization_id, exchanges[:MAX_ANNOUNCED])
            announced = Announcement(beat=self._beat, total=len(ids), requests=shown)
            pipeline.hset(key, self._name, msgspec.json.encode(announced))
            pipeline.expire(key, round(FORGOTTEN_AFTER_S))
        if len(pipeline):
            await pipeline.execute()

    def _by_organization(self, watched: set[int], now: float) -> "dict[int, list[Exchange]]":
        found: dict[int, list[Exchange]] = {organization_id: [] for organization_id in watched}
        for began_at, exchange in self._exchanges.values():
            if now - began_at < SHOWN_AFTER_S:
                break  # so are all that come after it
            if exchange.organization_id in found:
                found[exchange.organization_id].append(exchange)
        return found

    def _rows(self, organization_id: int, exchanges: "list[Exchange]") -> list[Row]:
        """Each is read once, when it is told of first."""
        known = self._read.get(organization_id, {})
        read = {one.id: known.get(one.id) or _row(*one.so_far()) for one in exchanges}
        self._read[organization_id] = read
        return list(read.values())


class _Told(NamedTuple):
    ids: list[uuid.UUID]
    at: float


_NOTHING_TOLD = _Told([], 0.0)


def _row(known: Row, body: bytes) -> Row:
    """Returns the columns that are known already, as the writer would have them. All others are null."""
    facts = _facts(body if len(body) <= READ_BYTES else b"", known["path"])
    row = known | {
        "model": known["model"] or facts.request_model,
        "request_model": facts.request_model,
        "user_id": known["user_id"] or facts.user_id,
        "session_id": known["session_id"] or facts.session_id,
        "session_name": known["session_name"] or ("" if known["session_id"] else facts.session_name),
        "properties": {_cut(name): _cut(value) for name, value in known["properties"].items()},
        "preview": facts.preview,
    }
    row = {name: _cut(value) if isinstance(value, str) else value for name, value in row.items()}
    # Whose model nobody has named yet may be of any.
    return row | {name: row[name] or None for name in ("model", "request_model")}


def _facts(body: bytes, path: str) -> Facts:
    try:
        return request_facts(body, path)
    except Exception:
        # As for the writer: what our readers trip over is still a request that runs.
        log.exception("running request not understood", path=path)
        return Facts()


def _cut(text: str) -> str:
    return storable(text, MAX_CHARACTERS)
