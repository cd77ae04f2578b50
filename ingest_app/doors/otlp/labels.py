"""Who and what a span belongs to: the user, the session, and the properties that requests are filtered by."""

from typing import Any

import msgspec

from ingest_app.doors.otlp.names import HELICONE_PREFIX, LABEL_PREFIXES, as_text, first_text, object_in
from ingest_app.doors.otlp.spans import Attributes

MAX_PROPERTIES = 100
MAX_PROPERTY_CHARACTERS = 1000  # the whole is in the body

_USERS = (
    "enduser.id",
    "user.id",
    "langfuse.user.id",
    "llm.user",
    "gen_ai.user",
    "gen_ai.request.user",
)
_SESSIONS = (
    "session.id",
    "langfuse.session.id",
    "gen_ai.conversation.id",
    "gen_ai.session.id",
)
_SESSION_NAMES = ("langfuse.trace.name", "langsmith.trace.name", "traceloop.workflow.name")
_TAGS = ("tag.tags", "langfuse.trace.tags", "langsmith.span.tags")
# Of a resource: what serves to tell services and stages apart.
_SERVICE = "service.name"
_STAGES = ("deployment.environment.name", "deployment.environment", "langfuse.environment")
_NO_SERVICE = "unknown_service"  # what SDKs say who were told nothing
# Labels of the caller's own that say who and where, in the spellings that they are seen in.
_USER_LABELS = frozenset(("helicone-user-id", "user_id", "userid", "user.id"))
_SESSION_LABELS = frozenset(
    (
        "helicone-session-id",
        "session_id",
        "sessionid",
        "session.id",
        "thread_id",
        "conversation_id",
        "chat_id",
    )
)
_PROPERTY_PREFIX = "helicone-property-"


class Labels(msgspec.Struct):
    """The labels of one span; empty where it has none."""

    user_id: str = ""
    session_id: str = ""
    session_path: str = ""
    session_name: str = ""
    properties: dict[str, str] = {}


def service_name(resource: Attributes) -> str:
    """Returns what the service is called, "" when nobody said."""
    name = as_text(resource.get(_SERVICE))
    return "" if name.startswith(_NO_SERVICE) else name


def labels_of(attributes: Attributes, label_names: list[str], resource: Attributes) -> Labels:
    """Returns the labels of a span. `label_names` are those of its attributes that are a caller's own labels."""
    labels = Labels(
        user_id=first_text(attributes, _USERS),
        session_id=first_text(attributes, _SESSIONS),
        session_name=first_text(attributes, _SESSION_NAMES),
        properties=_of_resource(resource),
    )
    for name, value in object_in(attributes.get("metadata")).items():
        _add(labels, name, value)
    for name in label_names:
        _add(labels, _without_prefix(name), attributes[name])
    tags = next((attributes[name] for name in _TAGS if attributes.get(name)), None)
    if tags is not None:
        _put(labels, "tags", ", ".join(map(str, tags)) if isinstance(tags, list) else tags)
    return labels


def _of_resource(resource: Attributes) -> dict[str, str]:
    found = {}
    if service := service_name(resource):
        found[_SERVICE] = service[:MAX_PROPERTY_CHARACTERS]
    if stage := first_text(resource, _STAGES):
        found["deployment.environment"] = stage[:MAX_PROPERTY_CHARACTERS]
    return found


def _without_prefix(name: str) -> str:
    prefix = next((prefix for prefix in LABEL_PREFIXES if name.startswith(prefix)), "")
    return name[len(prefix) :]


def _add(labels: Labels, name: str, value: Any) -> None:
    """Add one label: what Helicone's headers mean, and names that everybody uses, are no properties."""
    plain = name.lower()
    text = as_text(value)
    if plain in _USER_LABELS:
        if plain.startswith(HELICONE_PREFIX) or not labels.user_id:
            labels.user_id = text
    elif plain in _SESSION_LABELS:
        if plain.startswith(HELICONE_PREFIX) or not labels.session_id:
            labels.session_id = text
    elif plain == "helicone-session-path":
        labels.session_path = text
    elif plain == "helicone-session-name":
        labels.session_name = text
    elif plain.startswith(_PROPERTY_PREFIX):
        _put(labels, name[len(_PROPERTY_PREFIX) :], value)
    else:
        _put(labels, name, value)


def _put(labels: Labels, name: str, value: Any) -> None:
    if not name or value is None or len(labels.properties) >= MAX_PROPERTIES:
        return
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    labels.properties[name[:MAX_PROPERTY_CHARACTERS]] = text[:MAX_PROPERTY_CHARACTERS]
