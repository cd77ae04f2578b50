"""One number of all requests of a period."""

from collections.abc import Callable
from dataclasses import dataclass

from helicone_site.formats import usd
from metrics_app.reading import Sums, sums
from metrics_app.reading.sums import NOTHING
from metrics_app.scope import Scope
from metrics_app.users.activity import active_users


@dataclass(frozen=True, slots=True)
class Total:
    """A number of `scope`, under the name of its route; `what` describes it."""

    route: str
    what: str
    of: Callable[[Scope], float]


def sums_of(scope: Scope, *columns: str) -> Sums:
    """Returns those sums of all requests. Raises FilterError, TooSlow."""
    return sums(scope.total(), columns).get((0,), NOTHING)


def _active_users(scope: Scope) -> int:
    return active_users(scope, [scope.start, scope.end]).users[0]


def _threats(scope: Scope) -> int:
    return 0


TOTALS = (
    Total("totalRequests", "How many requests there are.", lambda scope: sums_of(scope, "requests").requests),
    Total(
        "totalCost",
        "What the requests of known price cost, in US dollars.",
        lambda scope: usd(sums_of(scope, "requests", "cost_nanodollars").cost_nanodollars),
    ),
    Total(
        "averageLatency",
        "Mean milliseconds of a request, 0 without any.",
        lambda scope: sums_of(scope, "requests", "latency_sum_ms").latency_ms or 0,
    ),
    Total(
        "averageTimeToFirstToken",
        "Mean milliseconds to the first token, 0 where none was measured.",
        lambda scope: sums_of(scope, "requests", "first_tokens", "first_token_sum_ms").first_token_ms or 0,
    ),
    Total("totalThreats", "How many prompts were threats: nobody looks for them here, so 0.", _threats),
    Total("activeUsers", "How many users the requests have.", _active_users),
)
