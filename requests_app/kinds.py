"""What a step of a run can be, in words."""

from typing import NamedTuple

from ingest_app.events import SpanKind


class KindWords(NamedTuple):
    """How a kind is shown: `label` in a badge and a tab, `icon` a template."""

    label: str
    icon: str


KINDS: dict[str, KindWords] = {
    SpanKind.TOOL: KindWords("Tool call", "icons/tool.svg"),
    SpanKind.VECTOR_SEARCH: KindWords("Vector search", "icons/vector.svg"),
    SpanKind.DATABASE: KindWords("Database query", "icons/database.svg"),
    SpanKind.HTTP: KindWords("HTTP call", "icons/globe.svg"),
    SpanKind.AGENT: KindWords("Agent", "icons/agent.svg"),
    SpanKind.DATA: KindWords("Data", "icons/braces.svg"),
}


def kind_words(kind: str) -> KindWords:
    """Returns how a row's `kind` is shown; one that is unknown here is data."""
    return KINDS.get(kind, KINDS[SpanKind.DATA])
