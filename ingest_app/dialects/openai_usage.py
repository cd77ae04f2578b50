"""The two forms in which OpenAI, and all who speak like it, report usage.

`prompt_tokens` … (chat, completions, embeddings) and `input_tokens` … (responses, images, audio, realtime). In
both, cached, audio and image tokens are a part of the input, reasoning a part of the output. Some who speak the
form count otherwise; `total_tokens` gives them away.
"""

from ingest_app.dialects.base import Json, integer, table
from ingest_app.events import Usage


def prompt_usage(answer: Json) -> Usage | None:
    """Returns the counts of an answer with `usage.prompt_tokens`, None when it has none."""
    reported = answer.get("usage")
    if not isinstance(reported, dict):
        return None
    prompt = table(reported.get("prompt_tokens_details"))
    completion = table(reported.get("completion_tokens_details"))
    return _summed(
        reported,
        all_input=integer(reported.get("prompt_tokens")),
        all_output=integer(reported.get("completion_tokens")),
        # DeepSeek tells hits and misses; Moonshot and Together tell the cached tokens at the top; LiteLLM in
        # Anthropic's words.
        cache_read=_first(
            prompt.get("cached_tokens"),
            reported.get("prompt_cache_hit_tokens"),
            reported.get("cached_tokens"),
            reported.get("cache_read_input_tokens"),
        ),
        cache_write=_first(prompt.get("cache_write_tokens"), reported.get("cache_creation_input_tokens")),
        inputs=prompt,
        outputs=completion,
    )


def input_usage(answer: Json) -> Usage | None:
    """Returns the counts of an answer with `usage.input_tokens`, None when it has none."""
    reported = answer.get("usage")
    if not isinstance(reported, dict):
        return None
    # The realtime and audio endpoints write `input_token_details`.
    inputs = table(reported.get("input_tokens_details") or reported.get("input_token_details"))
    outputs = table(reported.get("output_tokens_details") or reported.get("output_token_details"))
    return _summed(
        reported,
        all_input=integer(reported.get("input_tokens")),
        all_output=integer(reported.get("output_tokens")),
        cache_read=integer(inputs.get("cached_tokens")),
        cache_write=integer(inputs.get("cache_write_tokens")),
        inputs=inputs,
        outputs=outputs,
    )


def _summed(
    reported: Json,
    *,
    all_input: int,
    all_output: int,
    cache_read: int,
    cache_write: int,
    inputs: Json,
    outputs: Json,
) -> Usage:
    cached = table(inputs.get("cached_tokens_details"))
    reasoning = integer(outputs.get("reasoning_tokens"))
    beyond = integer(reported.get("total_tokens")) - all_input - all_output
    if beyond > 0 and beyond == reasoning:
        all_output += reasoning  # xAI: thought beside what was said, not within
    elif beyond > 0 and beyond == cache_read + cache_write:
        all_input += beyond  # a proxy that passes Anthropic's counts on as they are
    elif cache_read + cache_write > all_input:
        all_input += cache_read + cache_write  # a part cannot be more than the whole
    return Usage(
        prompt_tokens=all_input,
        completion_tokens=all_output,
        cache_read_tokens=cache_read,
        cache_read_audio_tokens=integer(cached.get("audio_tokens")),
        cache_read_image_tokens=integer(cached.get("image_tokens")),
        cache_write_tokens=cache_write,
        reasoning_tokens=reasoning,
        prompt_audio_tokens=integer(inputs.get("audio_tokens")),
        prompt_image_tokens=integer(inputs.get("image_tokens")),
        completion_audio_tokens=integer(outputs.get("audio_tokens")),
        completion_image_tokens=integer(outputs.get("image_tokens")),
    )


def _first(*values: object) -> int:
    return next((count for value in values if (count := integer(value))), 0)
