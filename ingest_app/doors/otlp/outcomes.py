"""How a span ended, as the status that an HTTP call with this outcome has."""

import re
from typing import Any, NamedTuple

from ingest_app.doors.otlp.names import as_text, first_text
from ingest_app.doors.otlp.spans import Attributes, Span

_STATUSES = ("http.response.status_code", "http.status_code")
_FINISH_REASONS = (
    "gen_ai.response.finish_reasons",
    "ai.response.finishReason",
    "gen_ai.completion.0.finish_reason",
)
_MAX_ERROR_CHARACTERS = 100
# The SDKs of OpenAI and Anthropic, whose exceptions' text becomes the description of the span's status.
_STATUS_IN_MESSAGE = re.compile(r"\bError code: ([45]\d\d)\b")


class Outcome(NamedTuple):
    """`error` is a short name of it, "" where nothing failed."""

    status: int
    error: str


def outcome_of(span: Span) -> Outcome:
    """Returns how the span ended."""
    attributes = span.attributes
    told = next((status for name in _STATUSES if (status := _http_status(attributes.get(name)))), 0)
    if span.status != "ERROR" and told < 400 and not _finished_badly(attributes):
        return Outcome(told or 200, "")
    error = as_text(attributes.get("error.type")) or _exception(span) or span.status_message
    # `error.type` is the status where that is all that is known.
    status = told if told >= 400 else _http_status(error) or _status_in(span.status_message)
    return Outcome(status if status >= 400 else 500, error[:_MAX_ERROR_CHARACTERS] or "error")


def _status_in(message: str) -> int:
    found = _STATUS_IN_MESSAGE.search(message[:1000])
    return int(found[1]) if found else 0


def _finished_badly(attributes: Attributes) -> bool:
    return first_text(attributes, _FINISH_REASONS) == "error"


def _exception(span: Span) -> str:
    types = (
        event.attributes.get("exception.type") for event in reversed(span.events) if event.name == "exception"
    )
    return next((kind for kind in types if isinstance(kind, str)), "")


def _http_status(value: Any) -> int:
    """Returns an HTTP status, 0 for what is none."""
    text = as_text(value)
    return (
        int(text) if text.isascii() and text.isdecimal() and len(text) == 3 and text >= "100" < "600" else 0
    )
