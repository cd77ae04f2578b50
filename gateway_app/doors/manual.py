"""The doors of manual logs (contract 3.1-3.3)."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec

from gateway_app import errors, headers
from gateway_app.catalog import CATALOG, CUSTOM
from gateway_app.doors.door import Call, Door, Reply, Taken
from gateway_app.errors import GatewayError
from ingest_app.doors.keys import without_keys
from ingest_app.doors.manual import Fault, Invalid, Posted, faults, log_event, read

_HELICONE_PREFIX = "helicone-"
_PROPERTY_PREFIX = "helicone-property-"
_TEXT = b"text/plain; charset=utf-8"


class ManualDoor(Door):
    """Takes what Helicone's helpers and LiteLLM's callback send."""

    max_bytes = 10 << 20

    def __init__(self, provider: str, *, is_lenient: bool = False) -> None:
        self._provider = provider
        self._is_lenient = is_lenient

    def take(self, call: Call) -> Taken:
        body = without_keys(call.body, call.seen.helicone_key or "")
        try:
            posted = read(body, is_lenient=self._is_lenient, arrived_at_us=call.arrived_at_us)
        except Invalid as error:
            return Taken((), self._invalid(str(error)))
        event = log_event(
            posted,
            provider=_provider(posted, self._provider),
            organization_id=call.caller.organization_id,
            api_key_id=call.caller.api_key_id,
        )
        # What the headers of the log call say stands before what the body has kept of the logged call's.
        seen = headers.read([*_raw_headers(posted.meta), *call.headers])
        logged = msgspec.structs.replace(event, **seen.labels())
        return Taken((logged,), Reply(200, b"ok", _TEXT, ((b"helicone-id", str(event.id).encode()),)))

    def refusal(self, error: GatewayError, media_type: str) -> Reply:
        if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return Reply(400, b"Payload too large", _TEXT)
        if error == errors.no_helicone_key():
            return Reply(401, b"Unauthorized", _TEXT)
        # Whoever logs can do nothing about a fault of ours, and is not to fail for it.
        status = 200 if error.status == HTTPStatus.INTERNAL_SERVER_ERROR else error.status
        return _error(status, error.message)

    def _invalid(self, message: str) -> Reply:
        return _error(HTTPStatus.BAD_REQUEST, message)


class TypedDoor(ManualDoor):
    """Takes the same with times in ISO 8601, and tells all faults of a body at once."""

    def __init__(self) -> None:
        super().__init__(CUSTOM.name, is_lenient=True)

    def take(self, call: Call) -> Taken:
        found = faults(call.body)
        return Taken((), _faulty(found)) if found else super().take(call)

    def _invalid(self, message: str) -> Reply:
        return _faulty([Fault("body", message)])


def _provider(posted: Posted, of_door: str) -> str:
    """Returns our name of the provider: that in the body, else the door's, else the one that the URL leads to."""
    if posted.provider:
        known = CATALOG.by_slug.get(posted.provider.lower())
        return known.name if known else posted.provider.lower()
    if of_door != CUSTOM.name:
        return of_door
    try:
        found = CATALOG.of_host(urlsplit(posted.url).hostname or "")
    except ValueError:
        return of_door
    return found.name if found else of_door


def _raw_headers(meta: Mapping[str, str]) -> Iterator[tuple[bytes, bytes]]:
    """Yields the Helicone headers in `meta` as they would have come; keys are no business of the log's."""
    for name, value in meta.items():
        lower = name.lower()
        if lower.startswith(_PROPERTY_PREFIX):
            lower = _PROPERTY_PREFIX + name[len(_PROPERTY_PREFIX) :]  # its case is its own
        if lower.startswith(_HELICONE_PREFIX) and lower != "helicone-auth":
            yield lower.encode("utf-8", "replace"), value.encode("utf-8", "replace")


def _faulty(found: list[Fault]) -> Reply:
    return Reply(HTTPStatus.BAD_REQUEST, msgspec.json.encode({"isValid": False, "errors": found}))


def _error(status: int, message: str) -> Reply:
    return Reply(status, msgspec.json.encode({"error": message}))
