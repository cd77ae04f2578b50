"""The doors of OpenTelemetry: OTLP over HTTP, in protobuf and in JSON (contract 3.4)."""

from functools import lru_cache

from gateway_app import errors
from gateway_app.catalog import CATALOG
from gateway_app.doors.door import Call, Door, Reply, Taken
from gateway_app.errors import GatewayError
from ingest_app.doors.otlp import BadPost, Owner, answers, read_traces

_JSON, _PROTOBUF = "application/json", "application/x-protobuf"
_RETRY_AFTER_S = (
    b"5"  # of what exporters send again (opentelemetry.io/docs/specs/otlp/#retryable-response-codes)
)
_RETRYABLE = frozenset((429, 502, 503, 504))


class TraceDoor(Door):
    """Takes ExportTraceServiceRequest. Where a path is for one encoding, its media type may be missing."""

    max_bytes = 64 << 20

    def __init__(self, default_type: str = "") -> None:
        self._default_type = default_type

    def take(self, call: Call) -> Taken:
        is_json = self._is_json(call.media_type)
        seen = call.seen
        owner = Owner(
            organization_id=call.caller.organization_id,
            api_key_id=call.caller.api_key_id,
            arrived_at_us=call.arrived_at_us,
            key=seen.helicone_key or "",
            user_id=seen.user_id,
            session_id=seen.session_id,
            session_path=seen.session_path,
            session_name=seen.session_name,
            properties=seen.properties,
            omit_request=seen.omit_request,
            omit_response=seen.omit_response,
        )
        try:
            traces = read_traces(call.body, is_json=is_json, owner=owner, provider_at=provider_at)
        except BadPost as error:
            raise errors.not_otlp(str(error)) from error
        body = answers.accepted(rejected=traces.rejected, reason=traces.reason, is_json=is_json)
        return Taken(traces.events, Reply(200, body, _content_type(is_json)))

    def refusal(self, error: GatewayError, media_type: str) -> Reply:
        is_json = (media_type or self._default_type) == _JSON
        body = answers.refused(status=error.status, reason=error.message, is_json=is_json)
        again = ((b"retry-after", _RETRY_AFTER_S),) if error.status in _RETRYABLE else ()
        return Reply(error.status, body, _content_type(is_json), again)

    def _is_json(self, media_type: str) -> bool:
        if media_type not in {_JSON, _PROTOBUF}:
            media_type = self._default_type
        if not media_type:
            raise errors.unknown_media_type(f"{_PROTOBUF} or {_JSON}")
        return media_type == _JSON


class UnkeptDoor(TraceDoor):
    """Takes the metrics and logs that SDKs send beside traces, and keeps nothing of them: the log is of traces."""

    def take(self, call: Call) -> Taken:
        is_json = self._is_json(call.media_type)
        return Taken(
            (), Reply(200, answers.accepted(rejected=0, reason="", is_json=is_json), _content_type(is_json))
        )


JSON_DOOR, PROTOBUF_DOOR = TraceDoor(_JSON), TraceDoor(_PROTOBUF)


def _content_type(is_json: bool) -> bytes:
    return (_JSON if is_json else _PROTOBUF).encode()


@lru_cache(maxsize=4096)
def provider_at(host: str) -> str:
    """Returns the name of the provider that answers at `host`, "" where that is not known."""
    provider = CATALOG.of_host(host)
    return provider.name if provider is not None else ""
