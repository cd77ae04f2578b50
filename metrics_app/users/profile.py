"""One user: when they were seen, and the panels of a dashboard of their requests."""

from dataclasses import dataclass
from datetime import datetime

from metrics_app.dashboard.comparison import Comparison
from metrics_app.dashboard.numbers import Numbers
from metrics_app.layouts import Height, Placed, Width
from metrics_app.panels import DASHBOARD
from metrics_app.scope import Scope
from requests_app.queries import requests_of

_PLACED: tuple[tuple[str, Width, Height], ...] = (
    ("requests", 3, "s"), ("cost", 3, "s"), ("error_rate", 3, "s"), ("tokens", 3, "s"),
    ("requests_by_status", 6, "m"), ("latency_percentiles", 6, "m"), ("cost_by", 8, "m"), ("top_models", 4, "m"),
)  # fmt: skip


class UserNotFound(Exception):
    """No request that is kept is of this user."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The first and the latest request of a user, of all that are kept."""

    first_at: datetime
    last_at: datetime


def seen(*, organization_id: int, user_id: str) -> Seen:
    """Returns when the user was seen. Raises UserNotFound."""
    if not user_id or "\x00" in user_id:
        raise UserNotFound(user_id)
    moments = (
        requests_of(organization_id)
        .filter(user_id=user_id)
        .order_by("created_at")
        .values_list("created_at", flat=True)
    )
    first, last = moments.first(), moments.last()
    if first is None or last is None:
        raise UserNotFound(user_id)
    return Seen(first, last)


def numbers_of(scope: Scope) -> Numbers:
    """Returns what the panels show of `scope`, beside the period before."""
    before = Comparison(scope.before, "previous period", scope.end - scope.start, scope)
    return Numbers(scope, before, by="model", top="model")


def placed() -> list[Placed]:
    """Returns the panels of the page."""
    return [Placed(DASHBOARD.panel(name), width, height) for name, width, height in _PLACED]
