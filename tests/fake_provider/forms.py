"""Request bodies: JSON, or a form with files."""

import email.parser
import email.policy
import json
from typing import Any

from tests.fake_provider.answer import Refused


def parsed(body: bytes, content_type: str) -> dict[str, Any]:
    """Returns the fields of a body: text of a form as str, its files as bytes. Raises Refused."""
    if content_type.startswith("multipart/form-data"):
        return _form(body, content_type)
    try:
        value = json.loads(body)
    except ValueError:
        raise Refused(400, "We could not parse the JSON body of your request.") from None
    if not isinstance(value, dict):
        raise Refused(400, "The body of your request must be a JSON object.")
    return value


def _form(body: bytes, content_type: str) -> dict[str, Any]:
    head = b"Content-Type: " + content_type.encode() + b"\r\n\r\n"
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        fields[str(name)] = value if part.get_filename() else value.decode()
    return fields
