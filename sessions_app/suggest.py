"""What the filter bar of sessions offers while one types; behind `request:` it is what that of requests offers."""

from collections.abc import Iterator

from requests_app import suggest
from requests_app.filter_language.conditions import condition
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import Field, Kind
from requests_app.filter_language.known_values import KnownValues
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.tree import Operator
from requests_app.filter_language.values import FEEDBACK_WORDS
from requests_app.list_filter import Period
from requests_app.suggest import (
    MORE_SIGNS,
    OFFERED,
    OFFERED_STATUSES,
    PIECE,
    SIGNS,
    Offer,
    Option,
    matching,
    start_of_piece,
)
from sessions_app.filters import SESSIONS
from sessions_app.queries import tags_of

OF_REQUESTS = "request:"
# The rest of the fields is found by the first letters of its name.
_FIRST = ("name", "cost", "duration", "errors", "requests", "user", "model", "tokens", "tag", "feedback")
_SIZES = {
    Kind.COST: ("0.01", "0.1", "1", "10"),
    Kind.DURATION: ("10s", "1m", "10m", "1h"),
    Kind.NUMBER: ("0", "10", "100", "1000"),
    Kind.STATUS: ("400", "500"),
}


def offer(*, organization_id: int, text: str, at: int, period: Period) -> Offer:
    """Returns what may stand where the cursor is, before the character `at` of `text`; at most `OFFERED` options."""
    at = max(0, min(at, len(text)))
    start = start_of_piece(text, at)
    place = text[:at].lower().rfind(OF_REQUESTS)
    if place >= 0 and _is_inside(text[place + len(OF_REQUESTS) : at]):
        return suggest.offer(
            organization_id=organization_id,
            text=" " * (place + len(OF_REQUESTS)) + text[place + len(OF_REQUESTS) :],
            at=at,
            period=period,
        )
    found = PIECE.fullmatch(text[start:at])
    if found is None:
        return Offer(start, at, [])
    if found["operator"] is None:
        options = _names(found["name"].lower())
    else:
        options = _values(organization_id, found["name"], found["operator"], found["value"].strip('"*'))
    seen = {found["sign"] + option.insert: option for option in options}
    return Offer(start, at, [Option(text, one.detail, one.is_whole) for text, one in seen.items()][:OFFERED])


def _is_inside(behind: str) -> bool:
    """Returns whether what stands behind `request:` is still said of a request: its one condition, or its brackets."""
    if behind.startswith("("):
        return behind.count("(") > behind.count(")")
    return start_of_piece(behind, len(behind)) == 0


def _names(typed: str) -> Iterator[Option]:
    exact = SESSIONS.named(typed) if typed else None
    if exact is not None:
        for sign, detail in (SIGNS[exact.kind], *MORE_SIGNS.get(exact.kind, ())):
            yield Option(exact.name + sign, detail, is_whole=False)
    fields = [field for field in SESSIONS.fields.values() if _is_offered(field, typed)]
    for field in sorted(fields, key=lambda field: not field.name.startswith(typed)):
        yield Option(field.name + SIGNS[field.kind][0], field.label, is_whole=False)
    if OF_REQUESTS.startswith(typed):
        yield Option(OF_REQUESTS, "A request of the session", is_whole=False)


def _is_offered(field: Field, typed: str) -> bool:
    return typed in field.name or typed in field.label.lower() if typed else field.name in _FIRST


def _values(organization_id: int, name: str, operator: str, typed: str) -> Iterator[Option]:
    field = SESSIONS.named(name)
    if field is None:
        return
    if operator in {":", "=", "!="}:
        negation = "-" if operator == "!=" else ""
        for value in matching(_known_values(organization_id, field, typed), typed):
            yield Option(negation + _printed(field.name, value), "", is_whole=True)
    elif operator not in {"~", "~~"}:
        for size in matching(_SIZES.get(field.kind, ()), typed):
            yield Option(f"{field.name}{operator.removeprefix(':')}{size}", "", is_whole=True)


def _known_values(organization_id: int, field: Field, typed: str) -> list[str]:
    if field.is_known:
        return KnownValues(organization_id).offered(field.known_as, typed, OFFERED)
    if field.name == "tag":
        return tags_of(organization_id)
    return list({Kind.STATUS: OFFERED_STATUSES, Kind.FEEDBACK: FEEDBACK_WORDS}.get(field.kind, ()))


def _printed(name: str, value: str) -> str:
    """Returns the condition as chips and links spell it, with its quotes; as it came when it cannot be one."""
    try:
        return print_filter(condition(name, Operator.EQUALS, value, vocabulary=SESSIONS), SESSIONS)
    except FilterError:
        return f"{name}:{value}"
