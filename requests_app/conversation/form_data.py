"""Requests sent as a form with files: audio to transcribe, pictures to edit."""

import re

from requests_app.conversation.media import bytes_part, media_type_of
from requests_app.conversation.model import Message, Part, PartKind

_NAME = re.compile(rb'[; ]name="?([^";\r\n]*)', re.IGNORECASE)
_FILENAME = re.compile(rb'filename="?([^";\r\n]*)', re.IGNORECASE)
_MAX_FIELDS = 100
_LONGEST_FIELD = 100_000


def is_form_data(body: bytes) -> bool:
    """Returns whether `body` looks like multipart/form-data, whose header is not kept."""
    return body.startswith(b"--") and b"content-disposition" in body[:500].lower()


def form_messages(body: bytes) -> list[Message]:
    """Returns one message: the prompt or other text fields, and the files, as far as they can be shown."""
    boundary = body.split(b"\n", 1)[0].rstrip(b"\r")
    settings, parts = [], []
    for piece in body.split(boundary)[1 : _MAX_FIELDS + 1]:
        head, separator, content = piece.lstrip(b"\r\n").partition(b"\r\n\r\n")
        named = _NAME.search(head)
        if not separator or named is None:
            continue
        content = content.removesuffix(b"\r\n")
        file = _FILENAME.search(head)
        name = named[1].decode("utf-8", "replace")
        if file is not None:
            parts.append(_file(file[1].decode("utf-8", "replace"), content))
        elif name == "prompt":
            parts.insert(0, Part(PartKind.TEXT, text=content.decode("utf-8", "replace")))
        else:
            settings.append(f"{name}: {content[:_LONGEST_FIELD].decode('utf-8', 'replace')}")
    if settings:
        parts.append(Part(PartKind.JSON, text="\n".join(settings), name="fields"))
    return [Message("request", parts)] if parts else []


def _file(name: str, content: bytes) -> Part:
    media_type = media_type_of(content)
    if not media_type:
        return Part(PartKind.FILE, text=f"{name or 'file'} ({len(content):,} bytes)")
    part = bytes_part(content, media_type)
    part.text = name
    return part
