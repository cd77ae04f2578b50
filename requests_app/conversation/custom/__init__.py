"""Steps of a run that are no call of a model: tools, searches, database queries, HTTP calls, data.

They come from Helicone's manual logger, as bodies with a `_type`, and as spans with attributes in one of the
conventions. Pure; never raises on odd input.
"""

from typing import Any

from ingest_app.events import SpanKind
from requests_app.conversation.custom.logged import is_span, logged_by_hand, logged_span
from requests_app.conversation.custom.readers import READERS
from requests_app.conversation.model import Message, Part, PartKind
from requests_app.conversation.parts import tool_call, tool_result
from requests_app.conversation.reading import word
from requests_app.conversation.step import Data, DatabaseQuery, Hit, HttpCall, Search, Step, ToolCall

__all__ = [
    "Data",
    "DatabaseQuery",
    "Hit",
    "HttpCall",
    "Search",
    "Step",
    "ToolCall",
    "custom_step",
    "step_messages",
]

Json = dict[str, Any]

_TYPES = {"tool": SpanKind.TOOL, "vector_db": SpanKind.VECTOR_SEARCH, "data": SpanKind.DATA}


def custom_step(request: Json, response: Json, kind: str) -> Step | None:
    """Returns the step in these bodies, None when they are a call of a model.

    `kind` is the row's; where it is empty, a body of the manual logger says it itself.
    """
    logged_as = _TYPES.get(word(request.get("_type")))
    if not kind and logged_as is None:
        return None
    read = READERS.get(_kind(kind)) or READERS[logged_as or SpanKind.DATA]
    if is_span(request):
        return read(logged_span(request, response))
    return read(logged_by_hand(request, response))


def step_messages(step: Step) -> list[Message]:
    """Returns what was asked and what came back as messages, for what compares and searches conversations."""
    asked, answered = _asked(step), _answered(step)
    messages = [Message(_ASKED_AS[step.kind], [asked])] if asked.text or asked.name else []
    if answered is not None:
        messages.append(Message("result", [answered], is_answer=True))
    if step.error:
        messages.append(Message("error", [Part(PartKind.ERROR, text=step.error)], is_answer=True))
    return messages


_ASKED_AS = {
    SpanKind.TOOL: "call",
    SpanKind.VECTOR_SEARCH: "search",
    SpanKind.DATABASE: "query",
    SpanKind.HTTP: "call",
    SpanKind.DATA: "data",
}


def _asked(step: Step) -> Part:
    match step:
        case ToolCall():
            return tool_call(name=step.name, id=step.id, given=step.input)
        case Search():
            return Part(PartKind.TEXT, text=step.query)
        case DatabaseQuery():
            return Part(PartKind.TEXT, text=step.statement)
        case HttpCall():
            return Part(
                PartKind.TEXT, text="\n".join(filter(None, (f"{step.method} {step.url}", step.input)))
            )
        case Data():
            return Part(PartKind.JSON, text=step.input, name=step.name)
    return Part(PartKind.TEXT)


def _answered(step: Step) -> Part | None:
    if isinstance(step, ToolCall):
        found = tool_result(id=step.id, name=step.name, content=step.output, is_error=bool(step.error))
        return found if step.output else None
    words = "\n\n".join(hit.text or hit.id for hit in step.hits) if isinstance(step, Search) else ""
    return Part(PartKind.TEXT, text=words or step.output) if words or step.output else None


def _kind(name: str) -> SpanKind:
    try:
        return SpanKind(name)
    except ValueError:
        return SpanKind.DATA
