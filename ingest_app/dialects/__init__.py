"""The wire formats of answers, and how to know which one a path speaks."""

from ingest_app.dialects.anthropic import MESSAGES
from ingest_app.dialects.base import Dialect, Fold, Json, rows, table
from ingest_app.dialects.openai_chat import CHAT, COMPLETIONS, EMBEDDINGS
from ingest_app.dialects.openai_responses import RESPONSES

__all__ = ["Dialect", "Fold", "Json", "dialect_of", "rows", "table"]

# By the end of the path, the longer first: "/chat/completions" ends in "/completions" too.
_BY_PATH_END = (
    ("/chat/completions", CHAT),
    ("/completions", COMPLETIONS),
    ("/embeddings", EMBEDDINGS),
    ("/responses", RESPONSES),
    ("/messages", MESSAGES),
)


def dialect_of(path: str) -> Dialect | None:
    """Returns the dialect spoken at `path`, or None where answers are only kept, not read."""
    path = path.rstrip("/")
    return next((dialect for end, dialect in _BY_PATH_END if path.endswith(end)), None)
