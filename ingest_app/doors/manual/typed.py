"""The checks of the typed log, which tells all faults at once (contract 3.1)."""

from collections.abc import Iterator

import msgspec

from ingest_app.doors.manual.body import Fields, fields, is_object, number, parts_of, value
from ingest_app.doors.manual.times import time_ms

_NULLS = {b"null", b"false", b"0", b'""'}  # what counts as missing


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one field."""

    field: str
    message: str


def faults(body: bytes) -> list[Fault]:
    """Returns what is wrong with `body`, in its order; nothing when it is as it should be."""
    parts = parts_of(body)
    if parts is None:
        return [Fault("body", "body must be a JSON object")]
    found = []
    for name, check in (("providerRequest", _of_request), ("providerResponse", _of_response)):
        if _is_missing(parts.get(name)):
            found.append(Fault(name, f"{name} is required"))
        else:
            found += check(fields(parts[name]) or {})
    if not _is_missing(parts.get("timing")):
        found += _of_timing(fields(parts["timing"]) or {})
    return found


def _of_request(request: Fields) -> Iterator[Fault]:
    url = value(request.get("url"))
    if not url or not isinstance(url, str):
        yield Fault("providerRequest.url", "url must be a non-empty string")
    for name in ("json", "meta"):
        yield from _need_object(request, "providerRequest", name)


def _of_response(response: Fields) -> Iterator[Fault]:
    if number(response.get("status")) is None:
        yield Fault("providerResponse.status", "status must be a number")
    if _is_missing(response.get("json")) and _is_missing(response.get("textBody")):
        yield Fault("providerResponse", "either json or textBody is required")
    yield from _need_object(response, "providerResponse", "headers")


def _of_timing(timing: Fields) -> Iterator[Fault]:
    for name in ("startTime", "endTime"):
        given = value(timing.get(name))
        if given is None:
            yield Fault(f"timing.{name}", f"{name} is required when timing is provided")
        elif time_ms(given) is None and not isinstance(given, dict):
            yield Fault(f"timing.{name}", f"{name} must be a time in ISO 8601")
    if "timeToFirstToken" in timing and number(timing["timeToFirstToken"]) is None:
        yield Fault("timing.timeToFirstToken", "timeToFirstToken must be a number")


def _need_object(part: Fields, part_name: str, name: str) -> Iterator[Fault]:
    if _is_missing(part.get(name)) or not is_object(part[name]):
        yield Fault(f"{part_name}.{name}", f"{name} must be an object")


def _is_missing(raw: msgspec.Raw | None) -> bool:
    return raw is None or bytes(raw) in _NULLS
