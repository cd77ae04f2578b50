"""What callers are told of limits: headers (contract 1.4), and why a request is refused."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from gateway_app import errors
from helicone_site.formats import money
from limits_app.policy import policy_text
from limits_app.rules import Period, Unit
from limits_app.steps import NANODOLLARS_A_CENT, Answer, BudgetLeft, RateLeft

_PERIODS = {Period.DAY: "a day", Period.WEEK: "a week", Period.MONTH: "a month"}


def rate_headers(rates: Sequence[RateLeft]) -> list[tuple[bytes, bytes]]:
    """Returns the headers of an answer: of the limit that has the smallest share left."""
    if not rates:
        return []
    tightest = min(rates, key=lambda rate: _left(rate) / rate.policy.quota)
    headers = [
        (b"helicone-ratelimit-limit", tightest.policy.quota),
        (b"helicone-ratelimit-remaining", max(math.floor(_left(tightest)), 0)),
        (b"helicone-ratelimit-policy", policy_text(tightest.policy)),
    ]
    if tightest.reset_ms > 0:
        headers.append((b"helicone-ratelimit-reset", _seconds(tightest)))
    return [(name, str(value).encode()) for name, value in headers]


def over_rate(answer: Answer) -> errors.GatewayError:
    """Returns the refusal by a rate limit."""
    rate = answer.rates[answer.which]
    refusal = errors.rate_limited(policy_text(rate.policy), _seconds(rate))
    return replace(refusal, headers=(*rate_headers([rate]), *refusal.headers))


def over_budget(answer: Answer) -> errors.GatewayError:
    """Returns the refusal by a budget."""
    left = answer.budgets[answer.which]
    budget, worst = left.take.budget, left.take.worst_nanodollars
    amount, spent = budget.amount_nanodollars, left.spent_nanodollars
    name = f"the budget “{budget.name}” of {money(amount)} {_period(left)}"
    # It would pass, if those that are under way did not hold so much.
    is_held = spent < amount and spent + worst <= amount
    if is_held:
        said = f"What is left of {name} is held by requests under way. Try again in a moment."
    elif spent < amount:
        left_of_it = money(amount - spent)
        said = (
            f"This request may cost up to {money(worst)}, and {left_of_it} is left of {name}{_until(left)}."
            " A smaller maximum of output tokens lowers what it may cost."
        )
    else:
        said = f"{name[0].upper()}{name[1:]} is used up{_until(left)}."
    refusal = errors.budget_exceeded(said, left.free_at, may_retry=is_held)
    return replace(refusal, headers=(*rate_headers(answer.rates), *refusal.headers))


def _period(left: BudgetLeft) -> str:
    budget = left.take.budget
    return _PERIODS.get(budget.period) or f"in any {budget.window_s:,} s"


def _until(left: BudgetLeft) -> str:
    if left.free_at is None:
        return ""
    rounded = left.free_at.astimezone(UTC).replace(microsecond=0)
    if left.free_at > datetime.now(UTC):
        return f" until {rounded:%Y-%m-%d %H:%M:%S} UTC"
    return ""


def _left(rate: RateLeft) -> float:
    return rate.left / NANODOLLARS_A_CENT if rate.policy.unit is Unit.CENTS else rate.left


def _seconds(rate: RateLeft) -> int:
    return max(math.ceil(rate.reset_ms / 1000), 1)
