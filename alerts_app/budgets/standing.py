"""How budgets and rate limits stand now, as Redis knows it; pages and REST say so when it does not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from redis.exceptions import RedisError

from helicone_site.redis_client import sync_client
from limits_app import state
from limits_app.rules import Budget, RateLimit
from limits_app.state import Spent

COUNTING = "What was spent is being counted. It takes a few seconds."
AWAY = "Nobody can say what was spent: Redis does not answer."
NOTHING_SPENT = Spent(0, 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """What was spent of a budget, by subject, the most first. With a `problem` that is not known."""

    spent: Mapping[str, Spent] = field(default_factory=dict)
    problem: str = ""


def standings(
    rules: Iterable[Budget], *, at: datetime, at_most: int, subjects: Sequence[str] | None = None
) -> dict[int, Standing]:
    """Returns how budgets stand, by id: of `subjects`, or of the `at_most` of each that spent most."""
    rules = list(rules)
    try:
        redis = sync_client()
        known = state.are_ready(redis, rules)
        return {
            rule.id: Standing(state.spent(redis, rule, at=at, at_most=at_most, subjects=subjects))
            if known[rule.id]
            else Standing(problem=COUNTING)
            for rule in rules
        }
    except RedisError:
        return {rule.id: Standing(problem=AWAY) for rule in rules}


def used(rates: Iterable[RateLimit], *, at: datetime) -> dict[int, float]:
    """Returns what was used of rate limits that count all requests together, by id; of others nothing."""
    try:
        redis = sync_client()
        return {rate.id: state.used(redis, rate, at=at)[""] for rate in rates if not rate.policy.segment}
    except RedisError:
        return {}
