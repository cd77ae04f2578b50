"""The few changes that the gateway makes to a request body. Values that are not changed keep their bytes."""

import re
from urllib.parse import quote

import msgspec

from ingest_app.dialects import model_in_path

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TRUE = msgspec.Raw(b"true")
_INCLUDE_USAGE = msgspec.Raw(b'{"include_usage":true}')
# As it is inside a JSON string, where quotes are escaped (contract 1.2, Helicone-Prompt-Id).
_PROMPT_TAG = re.compile(
    rb'<helicone-prompt-input(?: +[a-z]+=(?:\\"|\')[^"\'\\]*(?:\\"|\'))* *>|</helicone-prompt-input>'
)


class NotAnObject(Exception):
    """The body is no JSON object, so it cannot be edited."""


def fields(body: bytes) -> dict[str, msgspec.Raw]:
    """Returns the top level of a JSON object, its values as they stand. Raises NotAnObject."""
    try:
        return _fields.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotAnObject(str(error)) from error


def with_model(body: bytes, model: str) -> bytes:
    """Returns `body` asking for `model`. Raises NotAnObject."""
    return msgspec.json.encode({**fields(body), "model": model})


def with_model_instead(body: bytes, path: str, model: str) -> tuple[bytes, str] | None:
    """Returns body and path asking for `model` in place of the one that either names; None where neither does."""
    named = model_in_path(path)
    if named:
        for spelt in (named, quote(named, safe=""), quote(named)):
            if f"/{spelt}" in path:
                return body, path.replace(f"/{spelt}", f"/{quote(model, safe='')}", 1)
        return None
    try:
        return (with_model(body, model), path) if model_of(body) else None
    except NotAnObject:
        return None


def with_usage_asked(body: bytes) -> bytes | None:
    """Returns `body` of a streamed chat request asking for usage, None where there is nothing to ask for.

    That is: not streamed, or the client said itself whether it wants usage, or no JSON object.
    """
    if b'"stream"' not in body:
        return None
    try:
        values = fields(body)
    except NotAnObject:
        return None
    if bytes(values.get("stream", b"")).strip() != b"true":
        return None
    options = values.get("stream_options")
    if options is None or bytes(options).strip() == b"null":
        return msgspec.json.encode({**values, "stream_options": _INCLUDE_USAGE})
    try:
        said = fields(bytes(options))
    except NotAnObject:
        return None
    if "include_usage" in said:
        return None
    return msgspec.json.encode({**values, "stream_options": {**said, "include_usage": _TRUE}})


def without_prompt_tags(body: bytes) -> bytes:
    """Returns `body` without Helicone's prompt tags; what they enclose stays."""
    return _PROMPT_TAG.sub(b"", body) if b"helicone-prompt-input" in body else body


def model_of(body: bytes) -> str:
    """Returns the `model` of a JSON object, "" where there is none that is a string. Raises NotAnObject."""
    try:
        return msgspec.json.decode(fields(body).get("model", b'""'), type=str)
    except msgspec.DecodeError:
        return ""
