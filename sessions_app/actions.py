"""What people say of a session. Each function is one UPDATE."""

from typing import Any

from helicone_site.text import storable
from sessions_app.queries import SessionNotFound, sessions_of

MAX_TAG_CHARACTERS = 100
THUMB_UP, THUMB_DOWN = 1, 0


class BadTag(Exception):
    """A tag that is not stored. `str()` of it says why."""


def set_tag(*, organization_id: int, session_id: str, tag: str) -> None:
    """Give the session a tag in place of the one it had; an empty one takes it off. Raises BadTag, SessionNotFound."""
    tag = storable(tag.strip())
    if len(tag) > MAX_TAG_CHARACTERS:
        raise BadTag(f"A tag has at most {MAX_TAG_CHARACTERS} characters.")
    _update(organization_id, session_id, tag=tag)


def set_feedback(*, organization_id: int, session_id: str, is_positive: bool | None) -> None:
    """Note a thumb up or down; None takes it back. Raises SessionNotFound."""
    feedback = None if is_positive is None else THUMB_UP if is_positive else THUMB_DOWN
    _update(organization_id, session_id, feedback=feedback)


def _update(organization_id: int, session_id: str, **changes: Any) -> None:
    if "\x00" in session_id or not sessions_of(organization_id).filter(session_id=session_id).update(
        **changes
    ):
        raise SessionNotFound(session_id)
