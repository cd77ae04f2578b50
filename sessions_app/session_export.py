"""A session as one JSON file, made while it is sent."""

import re
from collections.abc import Iterator

import msgspec

from requests_app.export.columns import choose_columns
from requests_app.export.reading import exported_rows
from requests_app.export.text_formats import jsonl_chunks
from requests_app.filters import RequestFilter
from sessions_app.models import Session
from sessions_app.serializers import SessionSerializer

NAMED_CHARACTERS = 60


def export_chunks(session: Session, *, with_bodies: bool) -> Iterator[bytes]:
    """Yields a JSON object of `session` and `requests`, which are in the order of their start.

    Their fields are those of the export of requests, a body is JSON where it is JSON.
    """
    yield b'{"session":' + msgspec.json.encode(dict(SessionSerializer(session).data)) + b',"requests":['
    batches = exported_rows(
        organization_id=session.organization_id, filters=_requests_of(session), with_bodies=with_bodies
    )
    separator = b""
    for lines in jsonl_chunks(batches, choose_columns("", with_bodies=with_bodies)):
        # JSON has no line end but those between its lines.
        yield separator + lines.removesuffix(b"\n").replace(b"\n", b",\n")
        separator = b",\n"
    yield b"]}\n"


def _requests_of(session: Session) -> RequestFilter:
    filters = RequestFilter({"session_id": session.session_id, "start": session.first_at.isoformat()})
    assert filters.is_valid()  # noqa: S101 - its period is what says so
    return filters


def export_filename(session: Session) -> str:
    """Returns a name for the file, of the session's own name and id as far as file systems take them."""
    text = "-".join(filter(None, ["session", session.name, session.session_id]))
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:NAMED_CHARACTERS].strip("-.") + ".json"
