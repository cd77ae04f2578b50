"""A few hundred rows in which filters find some and miss some: few values of each kind, some hard to compare."""

import random
from decimal import Decimal

from ingest_app.events import Facts, LogEvent, Usage, now_us
from tests.events import chat_event

N = 240
DAY_US = 86_400_000_000
MODELS = (
    "gpt-4o",
    "gpt-4o-mini",
    "GPT-4O",
    "claude 3",
    "a_b",
    "axb",
    "50%",
    "50",
    'quo"te',
    "back\\slash",
    "模型",
    "Ünï",
)
PROVIDERS = ("openai", "anthropic", "Straße")
USERS = ("", "ada", "adam", "Ada", "bob@example.com", "*", "o'neil")
SESSIONS = ("", "s1", "s10", "(s)")
URLS = ("https://api.openai.com/v1/chat/completions", "https://api.anthropic.com/v1/messages?beta=true")
PATHS = ("/v1/chat/completions", "/v1/messages")
STATUSES = (200, 200, 200, 201, 302, 404, 429, 500, 503, -2, -3)
LATENCIES = (0, 499, 500, 501, 1999, 2000, 60_000)
FIRST_TOKENS = (None, None, 100, 500)
COUNTS = (0, 1, 999, 1000)
COSTS = (None, 0, 1, 10_000_000, 10_000_001, 2_500_000_000)
PROPERTIES = {
    "Environment": ("production", "Production", "staging", "", "pro_d", "100%"),
    "environment": ("production", "test"),
    "42": ("production", "test"),
    "My Name": ("test", "日本語"),
    'odd"\\': ("test",),
}
SCORES = {"quality": (0, 1, 4, 4.5), "my score": (-1, 0.1)}


def made_event(organization_id: int, n: int) -> LogEvent:
    """Returns the event of row `n`."""
    choose = random.Random(n).choice
    cost = choose(COSTS)
    usage = Usage(
        prompt_tokens=choose(COUNTS),
        completion_tokens=choose(COUNTS),
        reported_cost_nanodollars=cost,
        is_estimated=choose((True, False)),
    )
    return chat_event(
        organization_id,
        at_us=now_us() // 1000 * 1000 - n * DAY_US // 50 - n % 7,
        provider=choose(PROVIDERS),
        path=choose(PATHS),
        target_url=choose(URLS),
        status=choose(STATUSES),
        latency_ms=choose(LATENCIES),
        is_stream=choose((True, False)),
        user_id=choose(USERS),
        session_id=choose(SESSIONS),
        request_id=f"r{n}",
        properties={name: choose(values) for name, values in PROPERTIES.items() if choose((True, False))},
        facts=Facts(
            request_model=choose(MODELS),
            response_model=choose(MODELS),
            time_to_first_token_ms=choose(FIRST_TOKENS),
            usage=None if cost is None else usage,
        ),
    )


def wanted_costs() -> list[Decimal]:
    """Returns costs in dollars that rows have, and some between them."""
    return [Decimal(one) for one in ("0", "0.000000001", "0.0000000005", "0.01", "0.0100000005", "2.5", "-1")]
