"""`/v1/files`: what is uploaded is kept until it is deleted."""

from typing import Any

from tests.fake_provider.answer import Answer, Refused, pretty
from tests.fake_provider.calls import Call
from tests.fake_provider.forms import parsed
from tests.fake_provider.text import identifier

_kept: dict[str, tuple[dict[str, Any], bytes]] = {}


def files(call: Call, path: str, content_type: str, request_id: str) -> Answer:
    """Returns the answer to any call below `/v1/files`. Raises Refused for a file that is not there."""
    _, _, rest = path.partition("/files")
    name, _, part = rest.removeprefix("/").partition("/")
    if not name and call.method == "POST":
        return _upload(parsed(call.body, content_type), request_id, int(call.received_at))
    if not name:
        return _answer({"object": "list", "data": [about for about, _ in _kept.values()], "has_more": False})
    if name not in _kept:
        raise Refused(404, f"No such File object: {name}", param="id", code="")
    about, content = _kept[name]
    if part == "content":
        return Answer(body=content, content_type="application/octet-stream")
    if call.method == "DELETE":
        del _kept[name]
        return _answer({"object": "file", "id": name, "deleted": True})
    return _answer(about)


def _upload(form: dict[str, Any], request_id: str, now: int) -> Answer:
    if not isinstance(form.get("file"), bytes):
        raise Refused(400, "'file' is a required property", param="file")
    about = {
        "object": "file",
        "id": identifier("file-", request_id),
        "purpose": form.get("purpose"),
        "filename": "upload",
        "bytes": len(form["file"]),
        "created_at": now,
        "expires_at": None,
        "status": "processed",
        "status_details": None,
    }
    _kept[str(about["id"])] = (about, form["file"])
    return _answer(about)


def _answer(value: dict[str, Any]) -> Answer:
    return Answer(body=pretty(value), whole=value)
