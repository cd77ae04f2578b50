"""Reading the body of a manual log. What is sent as JSON stays the bytes that were sent."""

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from ingest_app.dialects import UNREADABLE
from ingest_app.doors.manual.times import MAX_TIME_MS, time_ms

Fields = dict[str, msgspec.Raw]

_fields = msgspec.json.Decoder(Fields)
_NULL = msgspec.Raw(b"null")
_MAX_STATUS = 999  # what HTTP has, and the negative numbers for what it has not (contract 1.6)
_MAX_MS = 2**31 - 1


class Invalid(Exception):
    """The body is not as it should be. The texts are the contract's, which clients may look for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A manual log that is as it should be."""

    url: str
    meta: dict[str, str]  # headers of the logged call
    request: bytes
    response: bytes
    text: str  # the answer where it was no JSON, or a stream
    status: int
    provider: str  # "" when the body names none
    started_at_us: int
    latency_ms: int
    time_to_first_token_ms: int | None


def read(body: bytes, *, is_lenient: bool, arrived_at_us: int) -> Posted:
    """Returns what `body` says. Raises Invalid.

    `is_lenient` is what Helicone's API host is, and its log host is not: times may be ISO 8601 or be missing, as
    may headers and all that can be told without.
    """
    parts = parts_of(body)
    if parts is None:
        raise Invalid("The body is not a JSON object")
    request, response = fields(parts.get("providerRequest")), fields(parts.get("providerResponse"))
    timing = fields(parts.get("timing"))
    if request is None or response is None or (timing is None and not is_lenient):
        raise Invalid("One of the required fields is missing, providerRequest, providerResponse, or timing")
    if not is_lenient:
        _require_all(request, response)
    url = value(request.get("url"))
    if not isinstance(url, str):
        raise Invalid("Invalid providerRequest: 'url' should be a string")
    started_ms, ended_ms = _times(timing, is_lenient=is_lenient, now_ms=arrived_at_us / 1000)
    return Posted(
        url=url,
        meta=_texts(request.get("meta")),
        request=_json(request.get("json")),
        response=_json(response.get("json")),
        text=_word(response.get("textBody")),
        status=_status(response.get("status"), is_lenient=is_lenient),
        provider=_word(parts.get("provider")),
        started_at_us=round(started_ms * 1000),
        latency_ms=round(ended_ms - started_ms),
        time_to_first_token_ms=_first_token_ms(timing),
    )


def parts_of(body: bytes) -> Fields | None:
    """Returns the members of a body, None when it is no JSON object."""
    return fields(body) or fields(_strict_json(body))


def _strict_json(body: bytes) -> bytes:
    """Returns `body` as JSON that others can read, b"" when it is none.

    JavaScript and Python write halves of surrogate pairs, where a text was cut within an emoji; Python writes NaN.
    """
    try:
        loose = json.loads(body, parse_constant=lambda _: None)
        return json.dumps(loose, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return b""


def fields(raw: bytes | msgspec.Raw | None) -> Fields | None:
    """Returns the members of a JSON object, None for anything else."""
    if raw is None:
        return None
    try:
        return _fields.decode(raw)
    except UNREADABLE:
        return None


def value(raw: msgspec.Raw | None) -> Any:
    """Returns a member's value, None when it is missing or cannot be read."""
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw)
    except UNREADABLE:
        return None


def is_object(raw: msgspec.Raw | None) -> bool:
    """Returns whether a member is an object in JavaScript's sense, in which arrays and null are some, too."""
    return raw is not None and bytes(raw)[:1] in {b"{", b"[", b"n"}


def number(raw: msgspec.Raw | None) -> float | None:
    """Returns a member's number, None when it is none."""
    found = value(raw)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def _require_all(request: Fields, response: Fields) -> None:
    # In the contract's order: the first that is missing is told.
    if not isinstance(value(request.get("url")), str):
        raise Invalid("Invalid providerRequest: 'url' should be a string")
    if not is_object(request.get("meta")):
        raise Invalid("Invalid providerRequest: 'meta' should be an object")
    if "json" not in request:
        raise Invalid("Invalid providerRequest: 'json' is undefined")
    if "json" not in response:
        raise Invalid("Invalid providerResponse: 'json' is undefined")
    if number(response.get("status")) is None:
        raise Invalid("Invalid providerResponse: 'status' should be a number")
    if not is_object(response.get("headers")):
        raise Invalid("Invalid providerResponse: 'headers' should be an object")


def _times(timing: Fields | None, *, is_lenient: bool, now_ms: float) -> tuple[float, float]:
    """Returns start and end in milliseconds since the epoch. Raises Invalid."""
    if not timing:
        return now_ms, now_ms
    started, ended = (_time(timing.get(name), name, is_lenient) for name in ("startTime", "endTime"))
    if started is None or ended is None or max(abs(started), abs(ended)) > MAX_TIME_MS:
        raise Invalid("Invalid timing structure or value type")
    if started > ended:
        raise Invalid("startTime cannot be greater than endTime")
    if started < 0:
        raise Invalid("startTime and endTime cannot be negative")
    return started, ended


def _time(raw: msgspec.Raw | None, name: str, is_lenient: bool) -> float | None:
    parts = fields(raw)
    if parts is None and is_lenient:
        return time_ms(value(raw))
    seconds, milliseconds = (number((parts or {}).get(unit)) for unit in ("seconds", "milliseconds"))
    if seconds is None:
        raise Invalid(f"Invalid timing: '{name}.seconds' should be a number")
    if milliseconds is None:
        raise Invalid(f"Invalid timing: '{name}.milliseconds' should be a number")
    return seconds * 1000 + milliseconds


def _status(raw: msgspec.Raw | None, *, is_lenient: bool) -> int:
    status = number(raw)
    if status is None and is_lenient:
        return 200
    if status is None or abs(status) > _MAX_STATUS:
        raise Invalid("Invalid providerResponse: 'status' is no status of HTTP")
    return int(status)


def _first_token_ms(timing: Fields | None) -> int | None:
    found = number((timing or {}).get("timeToFirstToken"))
    return round(found) if found is not None and 0 <= found <= _MAX_MS else None


def _texts(raw: msgspec.Raw | None) -> dict[str, str]:
    """Returns the values as text: some clients put numbers and whole objects beside the headers."""
    return {
        name: found if isinstance(found, str) else bytes(part).decode("utf-8", "replace")
        for name, part in (fields(raw) or {}).items()
        if (found := value(part)) is not None
    }


def _json(raw: msgspec.Raw | None) -> bytes:
    return b"" if raw is None or raw == _NULL else bytes(raw)


def _word(raw: msgspec.Raw | None) -> str:
    found = value(raw)
    return found if isinstance(found, str) else ""
