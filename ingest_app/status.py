"""How the pipeline is, in short: what waits where, and whether anything was lost."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from redis import Redis

from ingest_app import dead_letters, stream
from ingest_app.counts import HOUR_S, dropped_key
from ingest_app.drain import WORKER_SEEN
from ingest_app.spool import Spool

LOOKED_BACK_HOURS = 24


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """Numbers of the whole installation."""

    stream_entries: int
    stream_bytes: int
    stream_max_bytes: int
    spool_files: int
    spool_bytes: int
    dead_letters: int
    dropped: int  # in the last 24 hours
    worker_alive: bool

    @property
    def lost_nothing(self) -> bool:
        """Returns whether every event is stored or on its way."""
        return self.dead_letters == 0 and self.dropped == 0


def pipeline_status(redis: Redis, *, now: datetime) -> PipelineStatus:
    """Returns the state of stream, spool (this machine's) and dead letters."""
    spool = Spool(settings.DATA_DIR / "spool").size()
    return PipelineStatus(
        stream_entries=stream.length(redis),
        stream_bytes=stream.size_bytes(redis),
        stream_max_bytes=settings.STREAM_MAX_BYTES,
        spool_files=spool.files,
        spool_bytes=spool.bytes,
        dead_letters=dead_letters.count(),
        dropped=_dropped(redis, now),
        worker_alive=bool(redis.exists(WORKER_SEEN)),
    )


def _dropped(redis: Redis, now: datetime) -> int:
    last = int(now.timestamp()) // HOUR_S * HOUR_S
    pipeline = redis.pipeline(transaction=False)
    for n in range(-1, LOOKED_BACK_HOURS):
        pipeline.hvals(dropped_key(last - n * HOUR_S))
    return sum(int(number) for numbers in pipeline.execute() for number in numbers)
