"""Times as Helicone's API writes them: ISO 8601 in UTC, with milliseconds or finer."""

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """Returns the moment to the microsecond, so that it compares with itself when it comes back in a filter."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
