"""The wire formats of answers, and how to know which one a path speaks.

Every dialect becomes one record, `ingest_app.events.Usage`, which states what contains what. What the providers
mean by their words differs; what each reader does about it:

| dialect | input | cached input | output | reasoning |
| --- | --- | --- | --- | --- |
| OpenAI (all) | all | within | all | within |
| … of xAI | all | within | without reasoning | beside: added |
| … of Google | all | within | without thoughts | told in the total only: added |
| Anthropic | fresh only | beside: added, as are writes | all | within |
| Gemini | all but what tools brought: added | within | without thoughts | beside: added |
| Bedrock Converse | fresh only | beside: added, as are writes | all | within |
| Cohere | billed | within | billed | within |
| Ollama | all | not told | all | within |
"""

from ingest_app.dialects.base import UNREADABLE, Dialect, Fold, Json, rows, table, text_of
from ingest_app.dialects.frames import frames, is_framed_without_sse
from ingest_app.dialects.paths import dialect_named, dialect_of, model_in_path
from ingest_app.dialects.quirks import usage_of

__all__ = [
    "UNREADABLE",
    "Dialect",
    "Fold",
    "Json",
    "dialect_named",
    "dialect_of",
    "frames",
    "is_framed_without_sse",
    "model_in_path",
    "rows",
    "table",
    "text_of",
    "usage_of",
]
