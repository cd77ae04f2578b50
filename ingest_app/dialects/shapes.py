"""Which dialect an answer is in, by its looks: of what is logged by hand the path says little or nothing."""

from collections.abc import Callable

from ingest_app.dialects.anthropic import MESSAGES
from ingest_app.dialects.base import Dialect, Json, rows, table, text_of
from ingest_app.dialects.bedrock import CONVERSE
from ingest_app.dialects.cohere import COHERE_CHAT
from ingest_app.dialects.gemini import GEMINI
from ingest_app.dialects.ollama import OLLAMA
from ingest_app.dialects.openai_chat import CHAT, COMPLETIONS, EMBEDDINGS
from ingest_app.dialects.openai_responses import RESPONSES

_ANTHROPIC_EVENTS = frozenset(
    (
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    )
)
_COHERE_EVENTS = ("message-", "content-", "tool-plan-", "tool-call-", "citation-")
_CHUNK_OBJECTS = ("chat.completion.chunk", "text_completion.chunk")
_RESPONSE_EVENTS = "response."


def dialect_by_shape(answer: Json) -> Dialect | None:
    """Returns the dialect of an answer, or of the first event of a stream; None when it looks like none.

    The counts decide before the rest: some put an answer of one form together with another's usage.
    """
    return next((dialect for looks_like, dialect in _SHAPES if looks_like(answer)), None)


def is_piece(event: Json) -> bool:
    """Returns whether `event` is a piece of a streamed answer, though it may be the only one."""
    kind = text_of(event.get("type"))
    return (
        event.get("object") in _CHUNK_OBJECTS
        or kind in _ANTHROPIC_EVENTS
        or kind.startswith((_RESPONSE_EVENTS, *_COHERE_EVENTS))
        or any("delta" in choice for choice in rows(event.get("choices")))
    )


def _usage(answer: Json) -> Json:
    return table(answer.get("usage"))


def _is_completion(answer: Json) -> bool:
    return answer.get("object") == "text_completion" or any(
        "text" in choice for choice in rows(answer.get("choices"))
    )


def _is_embeddings(answer: Json) -> bool:
    return any("embedding" in row for row in rows(answer.get("data"))[:1])


def _is_chat(answer: Json) -> bool:
    return "choices" in answer or "prompt_tokens" in _usage(answer)


def _is_message(answer: Json) -> bool:
    kind = text_of(answer.get("type"))
    return kind == "message" or kind in _ANTHROPIC_EVENTS or "cache_read_input_tokens" in _usage(answer)


def _is_response(answer: Json) -> bool:
    return (
        answer.get("object") == "response"
        or text_of(answer.get("type")).startswith(_RESPONSE_EVENTS)
        or "input_tokens" in _usage(answer)
    )


def _is_gemini(answer: Json) -> bool:
    return "candidates" in answer or "usageMetadata" in answer


def _is_converse(answer: Json) -> bool:
    return "inputTokens" in _usage(answer)


def _is_cohere(answer: Json) -> bool:
    counts = _usage(answer) or table(answer.get("meta"))
    return (
        "billed_units" in counts
        or isinstance(counts.get("tokens"), dict)
        or text_of(answer.get("type")).startswith(_COHERE_EVENTS)
    )


def _is_ollama(answer: Json) -> bool:
    return isinstance(answer.get("done"), bool) and ("message" in answer or "response" in answer)


# The first that fits.
_SHAPES: tuple[tuple[Callable[[Json], bool], Dialect], ...] = (
    (_is_completion, COMPLETIONS),
    (_is_embeddings, EMBEDDINGS),
    (_is_chat, CHAT),
    (_is_message, MESSAGES),
    (_is_response, RESPONSES),
    (_is_gemini, GEMINI),
    (_is_converse, CONVERSE),
    (_is_cohere, COHERE_CHAT),
    (_is_ollama, OLLAMA),
)
