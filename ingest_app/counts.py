"""Counting events where they are appended, so that the account of `ingest_app.account` can balance."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from ingest_app.events import LogEvent

HOUR_S = 3600
_LAST_HOUR = 4_102_444_800  # the year 2100: absurd times are counted, too
KEPT_S = 9 * 24 * HOUR_S  # counts in Redis live this long

Bucket = tuple[int, int]
"""An organization's id, and the beginning of an hour in seconds since the epoch."""


def bucket_of(event: LogEvent) -> Bucket:
    """Returns where `event` is counted: by its own time, as its door saw it."""
    hour = event.created_at_us // 1_000_000 // HOUR_S * HOUR_S
    return event.organization_id, min(max(hour, 0), _LAST_HOUR)


def counts_of(events: Iterable[LogEvent]) -> Counter[Bucket]:
    """Returns how many of `events` fall into each bucket."""
    return Counter(map(bucket_of, events))


def encode_counts(counts: Counter[Bucket]) -> bytes:
    """Returns the counts as they stand in a stream entry: JSON `[[organization_id, hour, number], …]`."""
    return msgspec.json.encode([[*bucket, number] for bucket, number in sorted(counts.items())])


def decode_counts(encoded: bytes | str) -> Counter[Bucket]:
    """Returns what `encode_counts` was given."""
    return Counter({(organization_id, hour): n for organization_id, hour, n in msgspec.json.decode(encoded)})


def received_key(hour: int) -> str:
    """Returns the Redis hash (organization id → events received) of an hour."""
    return f"helicone:received:{hour}"


def dropped_key(hour: int) -> str:
    """Returns the Redis hash (organization id → events dropped) of an hour."""
    return f"helicone:dropped:{hour}"
