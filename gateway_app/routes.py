"""Which requests are the gateway's, and in which of its forms (contract 2.1, 2.2, 10).

Everything is decided by host and path before any header is read; `destination.py` says then where it goes.
"""

import os
import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

from gateway_app.catalog import CATALOG
from gateway_app.providers import Provider, Speaks

_PREFIX = "/v1/gateway/"
# Helicone's older self-hosting puts everything under this.
_OLD_PREFIX = "/jawn"
# <label>.<this> addresses the provider <label>, as oai.helicone.ai does.
DOMAIN = os.environ.get("HELICONE_GATEWAY_DOMAIN", "").lower().strip(".")
_TARGET_LABEL = "gateway"
_AI_LABELS = frozenset(("ai-gateway", "ai"))
_KEY_SEGMENT = re.compile(r"/([sp]k-helicone-[a-z0-9-]+)(?=/|$)", re.IGNORECASE)
# Paths that need no prefix, with or without /v1: what clients call whose base URL is that of the server alone.
_BARE: dict[str, tuple[str, Speaks | None]] = {
    "/chat/completions": ("openai", Speaks.CHAT),
    "/completions": ("openai", None),
    "/responses": ("openai", Speaks.RESPONSES),
    "/embeddings": ("openai", Speaks.EMBEDDINGS),
    "/images/generations": ("openai", None),
    "/images/edits": ("openai", None),
    "/audio/speech": ("openai", None),
    "/audio/transcriptions": ("openai", None),
    "/audio/translations": ("openai", None),
    "/moderations": ("openai", None),
    "/realtime": ("openai", None),
    "/messages": ("anthropic", Speaks.MESSAGES),
    "/messages/count_tokens": ("anthropic", None),
}
# The rest of what OpenAI and Anthropic have, by its first segment; none of it is in Helicone's own REST API.
_BARE_ROOTS = {
    "assistants": "openai",
    "audio": "openai",
    "batches": "openai",
    "containers": "openai",
    "conversations": "openai",
    "files": "openai",
    "fine_tuning": "openai",
    "images": "openai",
    "messages": "anthropic",
    "realtime": "openai",
    "responses": "openai",
    "threads": "openai",
    "uploads": "openai",
    "vector_stores": "openai",
    "videos": "openai",
}
_GEMINI = re.compile(r"/v1(beta|alpha)?/(models|tunedModels)/[^/:]+:[A-Za-z]+")
_GOOGLE_ROOTS = ("/v1beta/", "/v1alpha/", "/upload/v1beta/")
_MODELS = "/models"
# In the midst of OpenAI's paths, and a route of Helicone's REST API.
_REST = "/v1/models/multimodal"
# Helicone's hosts in Europe have this before their names; here they mean the same.
_EUROPE = "eu."


class Form(Enum):
    """In which way a request addresses the gateway."""

    PROVIDER = "provider"  # one provider, by prefix or host
    BARE = "bare"  # a provider's usual path; with a Helicone key alone, the AI gateway
    TARGET = "target"  # whatever Helicone-Target-Url names
    AI = "ai"  # the model names the provider
    UNKNOWN = "unknown"  # a provider that is not known


@dataclass(frozen=True, slots=True)
class Route:
    """What host and path say. `path` is the client's, without our prefix and without a key in it."""

    form: Form
    path: str
    provider: Provider  # of BARE and AI the one to fall back to
    dialect: Speaks | None = None  # what BARE and AI paths speak, where that is known
    key: str = ""  # a Helicone key in the path

    @property
    def is_models(self) -> bool:
        """Returns whether the list of models is asked for."""
        return self.form in {Form.BARE, Form.AI} and _without_version(self.path) == _MODELS


def is_gateway_path(host: str, path: str) -> bool:
    """Returns whether a request belongs to the gateway and not to the pages or the REST API."""
    path = without_old_prefix(path)
    return (
        path.startswith(_PREFIX)
        or _label(host) is not None
        or _KEY_SEGMENT.match(path) is not None
        or _bare(path) is not None
    )


def route(host: str, path: str, *, speaks_anthropic: bool = False, speaks_google: bool = False) -> Route:
    """Returns the route of a request for which `is_gateway_path` is true.

    `speaks_…` decide between the providers that have the list of models at the same path.
    """
    path = without_old_prefix(path)
    path, key = _without_key(path)
    label = _label(host)
    if path.startswith(_PREFIX):
        label, _, rest = path.removeprefix(_PREFIX).partition("/")
        path, more = _without_key("/" + rest)
        key = key or more
    if label is None:
        label = ""
    if label == _TARGET_LABEL:
        return Route(Form.TARGET, path, CATALOG.by_name["openai"], key=key)
    if label and label not in _AI_LABELS:
        provider = CATALOG.by_slug.get(label)
        if provider is None:
            return Route(Form.UNKNOWN, path, CATALOG.by_name["openai"], key=key)
        return Route(Form.PROVIDER, path, provider, key=key)
    form = Form.AI if label in _AI_LABELS else Form.BARE
    name, dialect = _bare(path) or ("openai", None)
    if name == "openai" and _without_version(path).startswith(_MODELS):
        name = "anthropic" if speaks_anthropic else "google" if speaks_google else "openai"
    return Route(form, path, CATALOG.by_name[name], dialect, key)


def without_old_prefix(path: str) -> str:
    """Returns `path` as it is here, without what older self-hosting put before everything."""
    return path.removeprefix(_OLD_PREFIX) if path.startswith(_OLD_PREFIX + "/") else path


def _bare(path: str) -> tuple[str, Speaks | None] | None:
    """Returns the provider that has `path`, and its dialect; None for a path that is not the gateway's."""
    path = unquote(path)  # some clients encode the colon of Google's paths
    if path == _REST:
        return None
    bare = _without_version(path)
    found = _BARE.get(bare)
    if found is not None:
        return found
    if _GEMINI.match(path) or path.startswith(_GOOGLE_ROOTS):
        return "google", None
    if path.startswith("/v1/") and (name := _BARE_ROOTS.get(bare.split("/")[1])):
        return name, None
    return ("openai", None) if bare == _MODELS or bare.startswith(_MODELS + "/") else None


def _label(host: str) -> str | None:
    """Returns the first label of `host` when it stands before our domain and means something to the gateway."""
    if not DOMAIN:
        return None
    label, _, domain = host.lower().removeprefix(_EUROPE).partition(":")[0].partition(".")
    known = label == _TARGET_LABEL or label in _AI_LABELS or label in CATALOG.by_slug
    return label if domain == DOMAIN and known else None


def _without_key(path: str) -> tuple[str, str]:
    found = _KEY_SEGMENT.match(path)
    return (path[found.end() :] or "/", unquote(found[1])) if found else (path, "")


def _without_version(path: str) -> str:
    path = path.removeprefix("/ai") if path.startswith("/ai/") else path
    for version in ("/v1beta", "/v1"):
        if path.startswith(version + "/"):
            path = path.removeprefix(version)
            break
    return path.rstrip("/") or "/"
