"""A step as it was logged, by Helicone's manual logger or as a span, to be taken apart piece by piece."""

from dataclasses import dataclass
from typing import Any

from helicone_site.numbers import number
from requests_app.conversation.reading import arguments, mapping, sequence, text, word
from requests_app.conversation.telemetry import nested, plain_attributes

Json = dict[str, Any]

_FAILED = {"error", "failed", "failure", "fail"}
_SPAN_ERRORS = {"2", "STATUS_CODE_ERROR", "ERROR"}
# What only says again what kind of step it is.
_KINDS = ("openinference.span.kind", "traceloop.span.kind", "gen_ai.operation.name", "operation.name")


class Given:
    """Named values. What nobody took is left over, and shown as it is."""

    def __init__(self, values: Json) -> None:
        self._values = dict(values)

    def take(self, *names: str) -> Any:
        """Returns the first of `names` that was given, None when none was. All of them count as taken."""
        found = [value for name in names if (value := self._values.pop(name, None)) not in (None, "")]
        return found[0] if found else None

    def take_ending(self, *endings: str) -> Any:
        """Returns the first value whose name's last part is one of `endings`, such as `limit` of `db.milvus.limit`."""
        names = [name for ending in endings for name in self._values if name.rpartition(".")[2] == ending]
        return self.take(*names)

    def take_beginning(self, beginning: str) -> Json:
        """Returns all values whose name begins so, by the rest of their names."""
        names = [name for name in self._values if name.startswith(beginning)]
        return {name.removeprefix(beginning): self._values.pop(name) for name in names}

    def take_all(self) -> str:
        """Returns the JSON of all that is left, "" for nothing."""
        left, self._values = self._values, {}
        return text(left) if left else ""


@dataclass(slots=True)
class Logged:
    """What went in, what came out, and what happened meanwhile. A span has one list of attributes for both."""

    name: str
    asked: Given
    answered: Given
    events: list[Json]
    status: str = ""
    error: str = ""
    stack: str = ""
    is_span: bool = False

    def left_over(self) -> str:
        """Returns the JSON of what nobody took, "" for nothing."""
        left = [self.asked.take_all()] if self.is_span else [self.asked.take_all(), self.answered.take_all()]
        return "\n".join(filter(None, left))


def is_span(body: Json) -> bool:
    """Returns whether `body` is a span as our OTLP door stores it."""
    return isinstance(body.get("attributes"), dict | list)


def logged_span(request: Json, response: Json) -> Logged:
    """Returns the span whose inputs are in `request` and whose outputs are in `response`."""
    attributes = {
        **plain_attributes(request["attributes"]),
        **plain_attributes(response.get("attributes")),
    }
    given = Given(nested(attributes))
    given.take(*_KINDS)
    events = [_event(mapping(event)) for event in sequence(request.get("events"))]
    status = mapping(request.get("status"))
    failed = str(status.get("code", "")) in _SPAN_ERRORS
    thrown: Json = next((event for event in events if "exception.type" in event), {})
    error = ": ".join(
        filter(None, (text(thrown.get("exception.type")), text(thrown.get("exception.message"))))
    )
    return Logged(
        name=word(request.get("name")),
        asked=given,
        answered=given,
        events=[event for event in events if event is not thrown],
        error=(error or word(status.get("message")) or "failed") if failed or thrown else "",
        stack=word(thrown.get("exception.stacktrace")),
        is_span=True,
    )


def logged_by_hand(request: Json, response: Json) -> Logged:
    """Returns what Helicone's manual logger sent."""
    asked, answered = Given(request), Given(response)
    for given in (asked, answered):
        given.take("_type")
    status = word(answered.take("status"))
    failed = status.lower() in _FAILED
    return Logged(
        name="",
        asked=asked,
        answered=answered,
        events=[],
        status=status,
        error=(text(answered.take("message", "error")) or status) if failed else text(answered.take("error")),
    )


def shown(value: Any) -> str:
    """Returns a value to be read: JSON laid out, also the JSON in a string."""
    return arguments(value)


def whole(value: Any) -> int | None:
    """Returns a count, None for anything else."""
    found = number(value)
    return None if found is None or found < 0 else int(found)


def _event(event: Json) -> Json:
    """Returns the attributes of an event of a span, and its name as `event`."""
    return {"event": word(event.get("name")), **plain_attributes(event.get("attributes"))}
