"""One run: load, faults, the wait until everything is written, and the verdict."""

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from redis.exceptions import RedisError

from chaos.faults import Fault, Kill, NotBack, PostgresRefuses, ValkeyFull, every_fault
from chaos.load import Load
from chaos.product import API_KEY, Product, use_settings_of
from chaos.verdict import Verdict, examine, spool_files

_REVIVE_EVERY_S = 0.5
_DRAINED_WITHIN_S = 240.0
_EMPTY_FOR_S = 1.0
_POLL_S = 0.1
_AN_HOUR_MS = 3_600_000


@dataclass(frozen=True, kw_only=True)
class Storm:
    """What a run consists of. The same seed gives the same faults in the same order, and requests of the same kind."""

    seed: int
    seconds: float  # of faults; 0: each of a handful once
    clients: int
    per_second: float  # requests

    @property
    def is_short(self) -> bool:
        """Whether it is the form for the test suite."""
        return self.seconds == 0

    def faults(self) -> Iterator[list[Fault]]:
        """Yields what happens at once, then what happens next; without end unless short."""
        rng = random.Random(self.seed)  # noqa: S311 - to be the same for the same seed
        if self.is_short:
            names = ("web", "web-2", "worker", "valkey", "postgres")
            some: list[Fault] = [*(Kill(name) for name in names), ValkeyFull(1.5), PostgresRefuses(1.5)]
            rng.shuffle(some)
            yield from ([fault] for fault in some)
            return
        while True:
            deck = every_fault(refusal_s=60)
            rng.shuffle(deck)
            while deck:
                together = [deck.pop()]
                if deck and rng.random() < 0.3 and not together[0].alone and not deck[-1].alone:
                    together.append(deck.pop())
                yield together


def run(storm: Storm, place: Path) -> Verdict:
    """Returns the verdict. `place` is an empty directory; the logs are there afterwards. Raises NotBack."""
    with Product(place) as product:
        use_settings_of(product)
        load = Load(
            product.gateways,
            api_key=API_KEY,
            seed=storm.seed,
            clients=storm.clients,
            per_second=storm.per_second,
        )
        asyncio.run(_rage(storm, product, load))
        return examine(load.ledger, product.data_dir)


async def _rage(storm: Storm, product: Product, load: Load) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            reviving = group.create_task(_revive_forever(product), name="revive")
            sending = group.create_task(load.run(), name="load")
            begun_at = time.monotonic()
            await _strike(storm, product, load, begun_at)
            load.end()
            await sending
            _tell(begun_at, "the load ends")
            await _wait_until_written(product, hasten=storm.is_short)
            _tell(begun_at, "stream and spool are empty")
            reviving.cancel()
    except* NotBack as failed:
        # The first is enough: everything else was called off because of it.
        raise failed.exceptions[0] from None


async def _strike(storm: Storm, product: Product, load: Load, begun_at: float) -> None:
    pauses = random.Random(storm.seed)  # noqa: S311 - to be the same for the same seed
    for together in storm.faults():
        await asyncio.sleep(pauses.uniform(0.2, 0.6) if storm.is_short else pauses.uniform(1, 5))
        if storm.seconds and time.monotonic() - begun_at > storm.seconds:
            return
        _tell(begun_at, " and ".join(map(str, together)))
        await asyncio.gather(*(fault.strike(product, load) for fault in together))


def _tell(begun_at: float, what: str) -> None:
    print(f"{time.monotonic() - begun_at:7.1f} s  {what}", flush=True)


async def _revive_forever(product: Product) -> None:
    while True:
        product.revive()
        await asyncio.sleep(_REVIVE_EVERY_S)


async def _wait_until_written(product: Product, *, hasten: bool) -> None:
    """Wait until stream and spool are empty. Raises NotBack.

    What a killed worker held is taken over by another a minute later; to `hasten` is to make it look as old now.
    """
    deadline = time.monotonic() + _DRAINED_WITHIN_S
    hastened = not hasten
    empty_since = None
    # For a while: between the spool and the stream an event is in neither.
    while empty_since is None or time.monotonic() - empty_since < _EMPTY_FOR_S:
        await asyncio.sleep(_POLL_S)
        if time.monotonic() > deadline:
            raise NotBack(f"stream or spool still hold something after {_DRAINED_WITHIN_S:g} s")
        spooled = bool(spool_files(product.data_dir))
        try:
            streamed = bool(await asyncio.to_thread(_entries_left))
            if streamed and not spooled and not hastened:
                await asyncio.to_thread(_make_pending_old)
                hastened = True
        except RedisError:
            streamed = True
        if spooled or streamed:
            empty_since = None
        elif empty_since is None:
            empty_since = time.monotonic()


def _entries_left() -> int:
    from helicone_site.redis_client import sync_client
    from ingest_app import stream

    return stream.length(sync_client())


def _make_pending_old() -> None:
    from helicone_site.redis_client import sync_client
    from ingest_app.stream import GROUP, STREAM

    client = sync_client()
    ids: list[bytes | str | int | memoryview[int]] = [
        entry["message_id"] for entry in client.xpending_range(STREAM, GROUP, "-", "+", 10_000)
    ]
    if ids:
        # `justid` keeps the number of deliveries: nobody has tried to write it once more.
        client.xclaim(STREAM, GROUP, "chaos", min_idle_time=0, message_ids=ids, idle=_AN_HOUR_MS, justid=True)
