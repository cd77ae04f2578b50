"""What stands in the token of an address of a request's bodies."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ingest_app.bodies import BodyKey
from requests_app.paging import EPOCH

VIEW = "bodies"


def microseconds(moment: datetime) -> int:
    """Returns the moment in microseconds since the epoch, as addresses have it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def payload_of(key: BodyKey) -> list[Any]:
    """Returns what is signed for the bodies of a request."""
    return [key.organization_id, microseconds(key.created_at), str(key.id)]


def key_of(payload: Sequence[Any]) -> BodyKey:
    """Returns whose bodies a payload of ours stands for."""
    organization_id, created_at_us, id = payload
    return BodyKey(organization_id, EPOCH + timedelta(microseconds=created_at_us), UUID(id))
