"""BodyStore: where request and answer bodies are kept. Everyone else sees only what is named here."""

from functools import cache

from django.conf import settings

from ingest_app.bodies.blobs import PostgresBlobs
from ingest_app.bodies.places import blob_lock_key
from ingest_app.bodies.store import Bodies, BodyKey, BodyStore, SlicedBodyStore

__all__ = ["Bodies", "BodyKey", "BodyStore", "blob_lock_key", "body_store"]


@cache
def body_store() -> BodyStore:
    """Returns the process's store, as HELICONE_BODY_STORE says."""
    if settings.BODY_STORE == "s3":
        from ingest_app.bodies.s3 import S3Blobs  # its client is an optional dependency

        return SlicedBodyStore(S3Blobs.from_settings())
    return SlicedBodyStore(PostgresBlobs())
