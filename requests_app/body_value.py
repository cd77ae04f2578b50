"""A body as a value: JSON where it is JSON."""

from typing import Any

import msgspec

from ingest_app.dialects import UNREADABLE


def json_or_text(body: bytes | None) -> Any:
    """Returns the decoded JSON of `body`, else its text with U+FFFD for what is no UTF-8; None for None."""
    if body is None:
        return None
    try:
        return msgspec.json.decode(body)
    except UNREADABLE:
        return body.decode("utf-8", "replace")
