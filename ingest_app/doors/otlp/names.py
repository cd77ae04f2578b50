"""Which attribute is what: names of all conventions, in the order in which they are believed.

`gen_ai.*` are OpenTelemetry's own, in all their versions, and those that Traceloop and pydantic-ai added; `llm.*` are
OpenInference's and Traceloop's older ones; `ai.*` the Vercel AI SDK's; `langfuse.*` and `langsmith.*` those of the two
SDKs.
"""

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import Any

import msgspec

from ingest_app.dialects import UNREADABLE, table
from ingest_app.doors.otlp.spans import Attributes

HELICONE_PREFIX = "helicone-"
# What is behind these is a label of the caller's own.
LABEL_PREFIXES = (
    "traceloop.association.properties.",
    "ai.telemetry.metadata.",
    "langfuse.trace.metadata.",
    "langfuse.observation.metadata.",
    "langsmith.metadata.",
    "metadata.",
)
_ANSWER_PREFIXES = (
    "gen_ai.completion",
    "gen_ai.output.messages",
    "gen_ai.response.",
    "gen_ai.usage.",
    "gen_ai.aggregated_usage.",
    "gen_ai.openai.response.",
    "openai.response.",
    "gen_ai.tool.call.result",
    "llm.output_messages",
    "llm.token_count.",
    "llm.usage.",
    "llm.cost.",
    "llm.response.",
    "llm.finish_reason",
    "output.",
    "retrieval.documents",
    "reranker.output_documents",
    "traceloop.entity.output",
    "ai.response.",
    "ai.usage.",
    "ai.toolCall.result",
    "langfuse.observation.output",
    "langfuse.observation.usage_details",
    "langfuse.observation.cost_details",
    "http.response.",
    "db.response.",
    "error.",
)
_ANSWERS = frozenset(("tool_response", "final_result", "response_data", "http.status_code", "operation.cost"))


class Role(Enum):
    """What is done with an attribute."""

    ASKED = 1
    ANSWERED = 2
    LABEL = 3  # asked, and a label besides


@lru_cache(maxsize=16_384)
def role_of(name: str) -> Role:
    """Returns the role of the attribute called `name`."""
    if name.startswith(LABEL_PREFIXES) or name[: len(HELICONE_PREFIX)].lower() == HELICONE_PREFIX:
        return Role.LABEL
    if name.startswith(_ANSWER_PREFIXES) or name in _ANSWERS or name.endswith(".embedding.vector"):
        return Role.ANSWERED
    return Role.ASKED


def first_text(attributes: Attributes, names: Iterable[str]) -> str:
    """Returns the first of these that is a text with something in it, or a number; "" for none."""
    for name in names:
        value = attributes.get(name)
        if value is not None and (text := as_text(value)):
            return text
    return ""


def as_text(value: Any) -> str:
    """Returns a text as it is, a number as one, the only item of a list; "" for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and len(value) == 1:
        return as_text(value[0])
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def object_in(value: Any) -> dict[str, Any]:
    """Returns an object, or the one in a JSON text; an empty one for anything else."""
    try:
        return table(msgspec.json.decode(value) if isinstance(value, str) else value)
    except UNREADABLE:
        return {}
