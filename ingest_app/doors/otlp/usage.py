"""Tokens, in the one meaning that `Usage` states, out of what the conventions call them.

OpenTelemetry, OpenInference and Traceloop count cached tokens as a part of the input and reasoning as a part of the
output. Not all who write those names keep to it; what gives them away is a total, or a part that is larger than its
whole. The Vercel AI SDK passes on what the provider counts, and Anthropic counts cached tokens beside the input;
since its version 6, which tells them apart (`noCacheTokens`), its input is all input.
"""

from collections.abc import Mapping
from typing import Any

from ingest_app.dialects import table
from ingest_app.dialects.base import integer
from ingest_app.doors.otlp.names import object_in
from ingest_app.doors.otlp.spans import Attributes
from ingest_app.events import Usage

_INPUT = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
    "ai.usage.inputTokens",
    "ai.usage.promptTokens",
    "ai.usage.tokens",  # of embeddings
)
_OUTPUT = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
    "ai.usage.outputTokens",
    "ai.usage.completionTokens",
)
_TOTAL = (
    "gen_ai.usage.total_tokens",
    "llm.usage.total_tokens",
    "llm.token_count.total",
    "ai.usage.totalTokens",
)
_CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "gen_ai.usage.details.cache_read_input_tokens",
    "gen_ai.usage.details.cached_tokens",
    "gen_ai.usage.input_tokens.cached",
    "llm.token_count.prompt_details.cache_read",
    "ai.usage.inputTokenDetails.cacheReadTokens",
    "ai.usage.cachedInputTokens",
)
_CACHE_WRITE = (
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "gen_ai.usage.details.cache_creation_input_tokens",
    "gen_ai.usage.input_tokens.cache_write",
    "llm.token_count.prompt_details.cache_write",
    "ai.usage.inputTokenDetails.cacheWriteTokens",
)
_REASONING = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "gen_ai.usage.output_tokens.reasoning",
    "llm.token_count.completion_details.reasoning",
    "llm.usage.reasoning_tokens",
    "ai.usage.outputTokenDetails.reasoningTokens",
    "ai.usage.reasoningTokens",
)
_INPUT_AUDIO = (
    "gen_ai.usage.details.input_audio_tokens",
    "llm.token_count.prompt_details.audio",
)
_OUTPUT_AUDIO = (
    "gen_ai.usage.details.output_audio_tokens",
    "llm.token_count.completion_details.audio",
)
_CACHED_AUDIO = ("gen_ai.usage.details.cache_audio_read_tokens",)
# US dollars, as the sender was told or reckoned; they stand before what would be computed here.
_COST = ("gen_ai.usage.cost", "gen_ai.usage.total_cost", "llm.cost.total")
# Logfire: the usage as the provider wrote it, for what has no attribute of its own.
_RAW = "gen_ai.usage.raw"
_LANGFUSE_COUNTS = "langfuse.observation.usage_details"
_LANGFUSE_COST = "langfuse.observation.cost_details"

_VERCEL_SPLITS_INPUT = "ai.usage.inputTokenDetails.noCacheTokens"
_COUNT_BESIDE = frozenset(("anthropic", "bedrock"))  # how their own APIs count cached tokens
_MAX_COST_USD = 1_000_000  # beyond that a number is no cost of a call


def usage_of(attributes: Attributes, provider: str) -> Usage | None:
    """Returns the tokens of a call of a model, None when it tells none."""
    counts: Mapping[str, Any] = attributes
    if _LANGFUSE_COUNTS in attributes:
        counts = {**attributes, **_of_langfuse(object_in(attributes[_LANGFUSE_COUNTS]))}
    elif _RAW in attributes:
        counts = {**_of_provider(object_in(attributes[_RAW])), **attributes}
    prompt, completion = _first(counts, _INPUT), _first(counts, _OUTPUT)
    if not prompt and not completion:
        return None  # who was told none writes zeros, too
    prompt, completion = prompt or 0, completion or 0
    cache_read, cache_write = _first(counts, _CACHE_READ) or 0, _first(counts, _CACHE_WRITE) or 0
    cached, reasoning = cache_read + cache_write, _first(counts, _REASONING) or 0
    beyond = (_first(counts, _TOTAL) or 0) - prompt - completion
    if cached and (
        cached > prompt or beyond in {cached, cached + reasoning} or _is_beside(attributes, provider)
    ):
        prompt += cached
    if reasoning and (reasoning > completion or beyond in {reasoning, cached + reasoning}):
        completion += reasoning
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cache_read_tokens=cache_read,
        cache_read_audio_tokens=_first(counts, _CACHED_AUDIO) or 0,
        cache_write_tokens=cache_write,
        reasoning_tokens=reasoning,
        prompt_audio_tokens=_first(counts, _INPUT_AUDIO) or 0,
        completion_audio_tokens=_first(counts, _OUTPUT_AUDIO) or 0,
        reported_cost_nanodollars=_reported_cost(attributes),
    )


def _is_beside(attributes: Attributes, provider: str) -> bool:
    return (
        provider in _COUNT_BESIDE
        and "ai.usage.cachedInputTokens" in attributes
        and _VERCEL_SPLITS_INPUT not in attributes
    )


def _of_langfuse(details: dict[str, Any]) -> dict[str, int]:
    """Returns Langfuse's counts, which do not overlap, under the names that are read here."""
    found = {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0}
    for name, value in details.items():
        count = integer(value)
        if name == "total" or name.endswith("_total"):
            continue
        is_output = "output" in name or "completion" in name
        found["gen_ai.usage.output_tokens" if is_output else "gen_ai.usage.input_tokens"] += count
        if "reasoning" in name:
            found["gen_ai.usage.reasoning.output_tokens"] = count
        elif "cache" in name and ("write" in name or "creation" in name):
            found["gen_ai.usage.cache_creation.input_tokens"] = count
        elif "cache" in name:
            found["gen_ai.usage.cache_read.input_tokens"] = count
    return found


def _of_provider(raw: dict[str, Any]) -> dict[str, Any]:
    """Returns the details of OpenAI's counts under the names that are read here."""
    inputs = table(raw.get("prompt_tokens_details") or raw.get("input_tokens_details"))
    outputs = table(raw.get("completion_tokens_details") or raw.get("output_tokens_details"))
    return {
        "gen_ai.usage.details.reasoning_tokens": outputs.get("reasoning_tokens"),
        "gen_ai.usage.details.input_audio_tokens": inputs.get("audio_tokens"),
        "gen_ai.usage.details.output_audio_tokens": outputs.get("audio_tokens"),
    }


def _reported_cost(attributes: Attributes) -> int | None:
    reported: Any = next((attributes[name] for name in _COST if name in attributes), None)
    if reported is None and _LANGFUSE_COST in attributes:
        reported = object_in(attributes[_LANGFUSE_COST]).get("total")
    if isinstance(reported, bool) or not isinstance(reported, int | float):
        return None
    return round(reported * 1e9) if 0 <= reported <= _MAX_COST_USD else None


def _first(counts: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    """Returns the first count that there is. Zero gives way to what is counted under another name."""
    found = None
    for name in names:
        value = counts.get(name)
        if value is None:
            continue
        found = integer(
            int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 12 else value
        )
        if found:
            return found
    return found
