"""Where blobs are unique: in an organization and a week, so that either can go without looking at another."""

import hashlib
from datetime import date
from typing import NamedTuple


class Place(NamedTuple):
    """An organization and the Monday of a week (ingest_app.partitions.week_of)."""

    organization_id: int
    week: date


def blob_lock_key(organization_id: int, week: date) -> int:
    """Returns the key of the advisory lock on the blobs of an organization and week.

    Whoever stores bodies holds it shared until commit. Whoever deletes blobs holds it exclusively, raises
    `blob_generation` and only then deletes: so no body is committed that refers to a blob on its way out.
    """
    name = f"blob:{organization_id}:{week.isoformat()}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)
