"""The cards of a dashboard: one number each, its change and its course."""

from collections.abc import Callable, Sequence

from metrics_app.dashboard.numbers import Numbers
from metrics_app.drawing import StatCard, stat_card
from metrics_app.rates import error_percent, percent
from metrics_app.reading import Spread
from metrics_app.reading.sums import Key

Link = Callable[..., str]  # the address of the requests for which some nodes hold

P50, P95, P99 = 0.5, 0.95, 0.99


def requests(numbers: Numbers, link: str) -> StatCard:
    """Returns how many requests there were."""
    return stat_card(
        "Requests",
        numbers.total.requests,
        before=numbers.total_before.requests if numbers.comparison else None,
        unit="count",
        course=[one.requests for one in numbers.bars],
        url=link,
    )


def cost(numbers: Numbers, link: str) -> StatCard:
    """Returns what they cost, as far as prices are known."""
    return stat_card(
        "Cost",
        numbers.total.cost_nanodollars,
        before=numbers.total_before.cost_nanodollars if numbers.comparison else None,
        unit="money",
        is_up_good=False,
        course=[one.cost_nanodollars for one in numbers.bars],
        colour="s2",
        url=link,
    )


def error_rate(numbers: Numbers, link: str) -> StatCard:
    """Returns the share that failed."""
    return stat_card(
        "Error rate",
        error_percent(numbers.total),
        before=error_percent(numbers.total_before),
        unit="percent",
        is_up_good=False,
        course=error_rates(numbers),
        colour="s4",
        url=link,
    )


def tokens(numbers: Numbers, link: str) -> StatCard:
    """Returns all tokens, in and out."""
    return stat_card(
        "Tokens",
        numbers.total.tokens,
        before=numbers.total_before.tokens if numbers.comparison else None,
        unit="tokens",
        course=[one.tokens for one in numbers.bars],
        colour="s3",
        url=link,
    )


def latency(share: float) -> Callable[[Numbers, str], StatCard]:
    """Returns the function that makes the card of a percentile of the latency."""

    def card(numbers: Numbers, link: str) -> StatCard:
        return stat_card(
            f"Latency p{share * 100:g}",
            numbers.spread.latency_ms(share)[0] if numbers.spread else None,
            before=numbers.spread_before.latency_ms(share)[0] if numbers.spread_before else None,
            unit="ms",
            is_up_good=False,
            course=percentiles(numbers, share)[0],
            colour="s5",
            url=link,
        )

    return card


def first_token(numbers: Numbers, link: str) -> StatCard:
    """Returns the median time to the first token."""
    return stat_card(
        "First token p50",
        numbers.spread.first_token_ms(P50)[0] if numbers.spread else None,
        before=numbers.spread_before.first_token_ms(P50)[0] if numbers.spread_before else None,
        unit="ms",
        is_up_good=False,
        course=first_token_percentiles(numbers, P50)[0],
        colour="s3",
        url=link,
    )


def active_users(numbers: Numbers, link: str) -> StatCard:
    """Returns how many users there were, about."""
    return stat_card(
        "Active users",
        numbers.spread.users if numbers.spread else 0,
        before=numbers.spread_before.users if numbers.spread_before else None,
        unit="count",
        is_up_good=True,
        course=[
            one.users if (one := numbers.spreads.get((bar,))) else 0 for bar in range(numbers.scope.bars)
        ],
        colour="s6",
        url=link,
    )


def cache_hits(numbers: Numbers, link: str) -> StatCard:
    """Returns the share of requests that read the provider's prompt cache."""
    return stat_card(
        "Prompt cache hits",
        percent(numbers.total.cache_hits, numbers.total.requests),
        before=percent(numbers.total_before.cache_hits, numbers.total_before.requests),
        unit="percent",
        is_up_good=True,
        course=[percent(one.cache_hits, one.requests) for one in numbers.bars],
        colour="s7",
        url=link,
    )


def error_rates(numbers: Numbers) -> list[float | None]:
    """Returns the percentage that failed, bar by bar."""
    return [error_percent(one) for one in numbers.bars]


def percentiles(numbers: Numbers, *shares: float) -> list[list[float | None]]:
    """Returns for each share the latency that so many do not exceed, bar by bar."""
    return courses(numbers.spreads, Spread.latency_ms, shares, numbers.scope.bars)


def first_token_percentiles(numbers: Numbers, *shares: float) -> list[list[float | None]]:
    """Returns the same of the time to the first token."""
    return courses(numbers.spreads, Spread.first_token_ms, shares, numbers.scope.bars)


def courses(
    found: dict[Key, Spread], read: Callable[..., list[float | None]], shares: Sequence[float], bars: int
) -> list[list[float | None]]:
    """Returns for each share what `read` says of the spreads, bar by bar."""
    none: list[float | None] = [None] * len(shares)
    values = [read(found[bar,], *shares) if (bar,) in found else none for bar in range(bars)]
    return [list(course) for course in zip(*values, strict=True)]
