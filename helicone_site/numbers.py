"""Numbers in what others send."""

import math
from typing import Any


def number(value: Any) -> float | None:
    """Returns a number, also one that was sent as text; None for anything else, infinities included."""
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None
