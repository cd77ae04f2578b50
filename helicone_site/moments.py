"""Moments that people write."""

from datetime import UTC, datetime


def read_moment(text: str) -> datetime:
    """Returns the moment in `text` (ISO 8601; UTC unless it says otherwise). Raises ValueError with what is wrong."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a time such as 2026-11-01 or 2026-11-01T14:30:00Z.") from error
