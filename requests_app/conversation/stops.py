"""Why a model stopped, in words."""

from typing import Any

from requests_app.conversation.reading import word

# Stops that are the ordinary end of an answer and need no word.
_ORDINARY = {
    "stop",
    "end_turn",
    "stop_sequence",
    "tool_call",
    "tool_calls",
    "tool-calls",
    "tool_use",
    "function_call",
    "complete",
    "completed",
    "load",  # Ollama: only the model was loaded, or unloaded
    "unload",
}
_TOO_LONG = {"length", "max_tokens", "max_output_tokens", "error_limit", "model_context_window_exceeded"}
_FILTERED = {
    "content_filter",
    "content-filter",
    "content_filtered",
    "guardrail_intervened",
    "refusal",
    "safety",
    "prohibited_content",
    "blocklist",
    "spii",
    "image_safety",
}


def stop_note(reason: Any) -> str:
    """Returns why the model stopped, in words, or nothing when it simply finished."""
    known = word(reason).lower()
    if not known or known in _ORDINARY:
        return ""
    if known in _TOO_LONG:
        return "cut off at the token limit"
    if known in _FILTERED:
        return "stopped by the provider's content filter"
    return f"stopped: {known.replace('_', ' ')}"
