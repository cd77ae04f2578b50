"""A logged request as a command that sends it again. Keys are placeholders: none is ever logged."""

import shlex
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from gateway_app.catalog import CATALOG
from gateway_app.providers import key_headers

# Longer bodies make a command that no terminal takes; then a file is named instead.
MAX_BODY_BYTES = 100_000
_KEY_PARAMETERS = {"key", "api_key", "api-key", "apikey", "token", "access_token", "sig", "signature"}


def command(*, base_url: str, provider: str, path: str, target_url: str, body: bytes | None) -> str:
    """Returns a shell command that sends `body` again: through the gateway, so that it is logged as well, or
    straight to `target_url` when the gateway does not know the provider. Keys come from the environment.
    """
    known = CATALOG.by_name.get(provider)
    if known is not None:
        key = f"${known.key_variable}" if known.key_variable else ""
        url = f"{base_url}/v1/gateway/{known.slug}{path}"
        headers = [f"{name.decode()}: {value.decode()}" for name, value in key_headers(known.key_form, key)]
        headers.append("helicone-auth: Bearer $HELICONE_API_KEY")
    else:
        url, headers = target_url, ["authorization: Bearer $API_KEY"]
    if provider == "anthropic":
        headers.append("anthropic-version: 2023-06-01")
    if body:
        headers.append("content-type: application/json")
    lines = [f"curl {shlex.quote(without_keys(url))}", *(f'-H "{header}"' for header in headers)]
    if body:
        lines.append(_data(body))
    return " \\\n  ".join(lines)


def _data(body: bytes) -> str:
    if len(body) > MAX_BODY_BYTES:
        return "--data-binary @request.json"
    return f"--data-raw {shlex.quote(body.decode('utf-8', 'replace'))}"


def without_keys(url: str) -> str:
    """Returns `url` without what may hold a key: the user before the host, and parameters with such a name."""
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return ""
    query = urlencode([pair for pair in pairs if pair[0].lower() not in _KEY_PARAMETERS])
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))
