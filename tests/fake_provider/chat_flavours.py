"""How others tell usage in OpenAI's chat dialect; the scenario's `flavour` chooses."""

import json
from typing import Any

from tests.fake_provider.answer import DONE, data_event

_COST_USD = 0.00095


def flavoured_usage(flavour: str, usage: dict[str, Any]) -> dict[str, Any]:
    """Returns OpenAI's `usage` in the words of another provider."""
    prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
    cached = usage["prompt_tokens_details"]["cached_tokens"]
    reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
    plain = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    match flavour:
        case "groq":
            return {"queue_time": 0.03, "prompt_time": 0.01, "completion_time": 0.2, **plain}
        case "deepseek":
            hits = {"prompt_cache_hit_tokens": cached, "prompt_cache_miss_tokens": prompt - cached}
            return {**plain, **hits, "completion_tokens_details": {"reasoning_tokens": reasoning}}
        case "xai":
            return {
                **plain,
                "completion_tokens": completion - reasoning,
                "prompt_tokens_details": {"text_tokens": prompt, "cached_tokens": cached},
                "completion_tokens_details": {"reasoning_tokens": reasoning},
                "num_sources_used": 0,
            }
        case "openrouter":
            details = {"upstream_inference_cost": _COST_USD}
            return {**usage, "cost": _COST_USD, "is_byok": False, "cost_details": details}
        case "perplexity":
            return {**plain, "search_context_size": "low", "cost": {"total_cost": _COST_USD}}
    return plain


def flavoured_events(flavour: str, events: list[bytes], usage: dict[str, Any]) -> list[bytes]:
    """Returns a stream that tells usage as `flavour` does, asked or not: in the last chunk before `[DONE]`.

    Groq does so beside its own id; OpenRouter sends comments while the model is slow.
    """
    last = json.loads(events[-2].removeprefix(b"data: "))
    if flavour == "groq":
        last["x_groq"] = {"id": "req_fake", "usage": usage}
    else:
        last["usage"] = usage
    head = [b": OPENROUTER PROCESSING\n\n"] if flavour == "openrouter" else []
    return [*head, *events[:-2], data_event(last), DONE]
