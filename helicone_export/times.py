"""Moments as whole milliseconds since 1970 UTC, as fine as Helicone keeps them."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def ms_of(moment: datetime) -> int:
    """Returns the millisecond that `moment` lies in."""
    return (moment - EPOCH) // _MILLISECOND


def iso(ms: int) -> str:
    """Returns the moment in ISO 8601, in UTC with a Z, as JavaScript writes it."""
    return (EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Returns the moment that ISO 8601 tells; UTC where no zone is told. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
