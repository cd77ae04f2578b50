"""A manual log as a log event."""

from typing import NamedTuple
from urllib.parse import urlsplit

from ingest_app.doors.manual.answer import answer_of
from ingest_app.doors.manual.body import Fields, Posted, fields, value
from ingest_app.events import BY_HAND, LogEvent, SpanKind, uuid7
from ingest_app.model_registry import closed_maker

_NO_PROVIDER = "custom"
_MAX_ERROR_CHARACTERS = 100
_NAMELESS = {"", "unknown"}  # what Python's helper writes where there is no name


class Step(NamedTuple):
    """What was logged: a call of a model, or what `_type` says (contract 3.3)."""

    kind: SpanKind
    name: str
    model: str  # stands in its row where a model would


_MODEL_CALL = Step(SpanKind.MODEL, "", "")


def log_event(posted: Posted, *, provider: str, organization_id: int, api_key_id: int) -> LogEvent:
    """Returns the event, without what the headers of the log call say."""
    target_url, path = _address(posted.url)
    answer = answer_of(json=posted.response, text=posted.text, path=path)
    request, response = fields(posted.request) or {}, fields(posted.response) or {}
    step = step_of(request, response)
    return LogEvent(
        id=uuid7(posted.started_at_us),
        organization_id=organization_id,
        api_key_id=api_key_id,
        created_at_us=posted.started_at_us,
        provider=provider,
        priced_as=priced_as(provider, target_url, _word(request, "model")),
        path=path,
        target_url=target_url,
        referrer=BY_HAND,
        status=posted.status,
        error=_error(posted.text) if posted.status >= 400 and not answer.dialect else "",
        latency_ms=posted.latency_ms,
        time_to_first_token_ms=posted.time_to_first_token_ms,
        kind=step.kind,
        span_name=step.name,
        sent_model=step.model,
        dialect=answer.dialect,
        is_stream=answer.is_stream,
        request_body=posted.request,
        request_bytes=len(posted.request),
        response_body=answer.body,
        response_bytes=len(answer.body),
    )


def priced_as(provider: str, target_url: str, model: str) -> str:
    """Returns whose prices apply where the log does not say whom it called, "" where it does or nobody can tell.

    Helicone's helpers say no provider of what they stream, nor an address.
    """
    return "" if target_url or provider != _NO_PROVIDER else closed_maker(model)


def step_of(request: Fields, response: Fields) -> Step:
    """Returns what the members of the two bodies say that was logged."""
    both = (request, response)
    match next((kind for part in both if (kind := _word(part, "_type")) not in _NAMELESS), ""):
        case "tool":
            name = _name(both, "toolName")
            return Step(SpanKind.TOOL, name, f"tool:{name}" if name else "tool")
        case "data":
            name = _name(both, "name")
            return Step(SpanKind.DATA, name, f"data:{name}" if name else "data")
        case "vector_db":
            return Step(SpanKind.VECTOR_SEARCH, _name(both, "operation"), "vector_db")
    return _MODEL_CALL


def _name(parts: tuple[Fields, ...], key: str) -> str:
    return next((name for part in parts if (name := _word(part, key)) not in _NAMELESS), "")


def _word(part: Fields, key: str) -> str:
    found = value(part.get(key))
    return found if isinstance(found, str) else ""


def _error(text: str) -> str:
    """Returns the first line: clients write an error's text before what had come of the answer."""
    return text.strip().partition("\n")[0][:_MAX_ERROR_CHARACTERS]


def _address(url: str) -> tuple[str, str]:
    """Returns the URL without what may be secret in it, and its path; of what is no URL, no URL and all of it."""
    try:
        parts = urlsplit(url)
        if not parts.scheme.startswith("http") or not parts.hostname:
            return "", url
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "", url
    return f"{parts.scheme}://{host}{parts.path}", parts.path
