"""Where one provider means something else than the dialect that it speaks, and which tell their own cost.

OpenAI's form is spoken by many, and each has its own words beside it. A cost is believed only of providers that
are known to tell it in US dollars: it stands before the sum that we would compute.
"""

from collections.abc import Callable

import msgspec

from ingest_app.dialects.base import Dialect, Json, integer, table
from ingest_app.dialects.tiers import tier_of
from ingest_app.events import Usage

_MAX_COST_USD = 1_000_000  # beyond that a number is no cost of a request
_GROQ_MIN_SECONDS = 10
_TICKS_PER_NANODOLLAR = 10  # xAI counts in ten-thousand-millionths of a dollar


def usage_of(
    provider: str, dialect: Dialect, answer: Json, *, is_told_by_sender: bool = False
) -> Usage | None:
    """Returns the usage of an answer that `provider` gave in `dialect`, None when it tells none.

    `is_told_by_sender` is what the organization itself wrote: a cost in it is believed, as OpenRouter writes one.
    """
    usage = dialect.usage(answer)
    if usage is None:
        return None
    if tier := tier_of(answer):
        usage = msgspec.structs.replace(usage, tier=tier)
    quirk = _QUIRKS.get(provider, _openrouter if is_told_by_sender else None)
    return quirk(usage, table(answer.get("usage"))) if quirk else usage


def _xai(usage: Usage, reported: Json) -> Usage:
    # Where a total is told, the dialect has found the reasoning beside the completion by itself.
    if "total_tokens" not in reported and "completion_tokens" in reported:
        beside = usage.completion_tokens + usage.reasoning_tokens
        usage = msgspec.structs.replace(usage, completion_tokens=beside)
    ticks = reported.get("cost_in_usd_ticks")
    return _with_cost(usage, _nanodollars(ticks, per_unit=1 / _TICKS_PER_NANODOLLAR))


def _google(usage: Usage, reported: Json) -> Usage:
    """Google's OpenAI endpoint leaves thoughts out of the completion, and tells them in the total only."""
    beyond = integer(reported.get("total_tokens")) - usage.prompt_tokens - usage.completion_tokens
    if "prompt_tokens" not in reported or beyond <= 0:
        return usage
    return msgspec.structs.replace(
        usage,
        completion_tokens=usage.completion_tokens + beyond,
        reasoning_tokens=max(usage.reasoning_tokens, beyond),
    )


def _openrouter(usage: Usage, reported: Json) -> Usage:
    """With a key of one's own (BYOK), `cost` is OpenRouter's fee, and the maker of the model charges besides."""
    cost = _nanodollars(reported.get("cost"))
    upstream = _nanodollars(table(reported.get("cost_details")).get("upstream_inference_cost"))
    if upstream is not None and (reported.get("is_byok") is True or not cost):
        cost = (cost or 0) + upstream
    return _with_cost(usage, cost)


def _perplexity(usage: Usage, reported: Json) -> Usage:
    return _with_cost(usage, _nanodollars(table(reported.get("cost")).get("total_cost")))


def _groq(usage: Usage, reported: Json) -> Usage:
    """Groq charges ten seconds of audio at least (groq.com/pricing)."""
    if not 0 < usage.prompt_audio_seconds < _GROQ_MIN_SECONDS:
        return usage
    return msgspec.structs.replace(usage, prompt_audio_seconds=_GROQ_MIN_SECONDS)


def _deepinfra(usage: Usage, reported: Json) -> Usage:
    return _with_cost(usage, _nanodollars(reported.get("estimated_cost")))


def _with_cost(usage: Usage, nanodollars: int | None) -> Usage:
    if nanodollars is None:
        return usage
    return msgspec.structs.replace(usage, reported_cost_nanodollars=nanodollars)


def _nanodollars(value: object, *, per_unit: float = 1e9) -> int | None:
    """Returns a reported cost in nano-dollars, None for what is none. `per_unit` is what one unit of it makes."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= _MAX_COST_USD * 1e9 / per_unit:
        return None
    return round(value * per_unit)


_QUIRKS: dict[str, Callable[[Usage, Json], Usage]] = {
    "xai": _xai,
    "google": _google,
    "vertex": _google,
    "openrouter": _openrouter,
    "perplexity": _perplexity,
    "groq": _groq,
    "deepinfra": _deepinfra,
}
