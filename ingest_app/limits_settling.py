"""What stored requests cost, told to the budgets: the writer's word is the last.

Gateways settle what passes them at once, as they read it; the writer settles every row again, which changes only what
differs, and adds what came by another door. The state of each request in Redis makes it harmless to do so twice.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from redis.exceptions import RedisError

from helicone_site.redis_client import sync_client
from limits_app.pots import About, Pot, budget_pot, epoch_ms, subjects_of
from limits_app.queries import budgets_in_force
from limits_app.rules import Limits
from limits_app.scripts import script
from limits_app.steps import REMEMBERED_MS, settle_arguments

log = structlog.get_logger(__name__)

Row = Mapping[str, Any]
"""The columns of a request's row, as the writer stores them."""

_AT_ONCE = 500


def settle(organizations: Collection[int], rows_of: Callable[[Collection[int]], Iterable[Row]]) -> None:
    """Take what requests cost out of their organizations' budgets.

    `rows_of` makes the rows of those organizations that have budgets; mostly there are none. Without Redis the numbers
    are made good from the database later (`limits_app.state.seed`). Raises django.db.Error.
    """
    # Asked each time: what is stored after a budget was made, and before it is counted, must not be missed.
    limits = budgets_in_force(organizations)
    if not limits:
        return
    redis = sync_client()
    step, pipeline = redis.register_script(script("settle").text), redis.pipeline(transaction=False)
    now_ms = epoch_ms(datetime.now(UTC))
    try:
        for number, row in enumerate(rows_of(limits), 1):
            pots = _pots(row, limits[row["organization_id"]], now_ms)
            cost = row["cost_nanodollars"] or 0
            count, *rest = settle_arguments(row["id"].hex, cost, pots, by_writer=True, kept_ms=REMEMBERED_MS)
            step([str(key) for key in rest[: int(count)]], rest[int(count) :], client=pipeline)
            if number % _AT_ONCE == 0:
                pipeline.execute()
        pipeline.execute()
    except RedisError as error:
        log.warning("budgets not told what requests cost", error=str(error))


def _pots(row: Row, limits: Limits, now_ms: int) -> list[Pot]:
    """Returns the pots that a row counts in, but for those of the past: history that is brought in is not spent now."""
    about = About(row["api_key_id"], row["user_id"], (row["model"],), row["properties"].obj)
    pots = (
        budget_pot(budget, subject, row["created_at"])
        for budget in limits.budgets
        for subject in subjects_of(budget, about)
    )
    return [pot for pot in pots if pot.expires_at_ms > now_ms]
