"""What sums come to per request, per token, and as a share of each other. Pure."""

from metrics_app.reading import Sums

_MILLION = 1_000_000


def known_cost(sums: Sums) -> int | None:
    """Returns the cost in nano-dollars; None where no price of it is known."""
    return None if sums.unpriced and not sums.cost_nanodollars else sums.cost_nanodollars


def cost_per_request(sums: Sums) -> int | None:
    """Returns the mean cost in nano-dollars of the requests whose price is known; None without any."""
    requests = sums.requests - sums.unpriced
    return round(sums.cost_nanodollars / requests) if requests else None


def cost_per_mtok(sums: Sums) -> int | None:
    """Returns the nano-dollars that a million tokens, in and out, really cost.

    None without tokens, and where some are of unknown price: then nobody knows.
    """
    if sums.unpriced or not sums.tokens:
        return None
    return round(sums.cost_nanodollars * _MILLION / sums.tokens)


def error_percent(sums: Sums) -> float | None:
    """Returns the share of requests that failed, from 0 to 100; None without requests."""
    return percent(sums.failures, sums.requests)


def percent(part: float, whole: float) -> float | None:
    """Returns a share from 0 to 100; None of nothing."""
    return 100 * part / whole if whole else None
