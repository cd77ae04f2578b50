"""Which door has which path. All are of one origin: Helicone's log host and its API host share no path."""

from gateway_app.doors.door import Door
from gateway_app.doors.manual import ManualDoor, TypedDoor
from gateway_app.doors.otlp import JSON_DOOR, PROTOBUF_DOOR, TraceDoor, UnkeptDoor
from gateway_app.routes import without_old_prefix

DOORS: dict[str, Door] = {
    "/oai/v1/log": ManualDoor("openai"),
    "/anthropic/v1/log": ManualDoor("anthropic"),
    "/googleapis/v1/log": ManualDoor("google"),
    "/custom/v1/log": ManualDoor("custom"),
    "/v1/trace/custom/v1/log": ManualDoor("custom", is_lenient=True),
    "/v1/trace/custom/log": ManualDoor("custom", is_lenient=True),
    "/v1/trace/custom/log/typed": TypedDoor(),
    "/v1/trace/log": JSON_DOOR,
    "/v1/trace/log-python": PROTOBUF_DOOR,
    # Below each base URL that an exporter of OpenTelemetry may be given.
    **{
        f"{base}/v1/{signal}": door
        for base in ("", "/v1/trace/otlp")
        for signal, door in (("traces", TraceDoor()), ("metrics", UnkeptDoor()), ("logs", UnkeptDoor()))
    },
}


def door_path(path: str) -> str | None:
    """Returns the key in DOORS for the path of a request, None when no door has it."""
    path = without_old_prefix(path).rstrip("/")
    return path if path in DOORS else None
