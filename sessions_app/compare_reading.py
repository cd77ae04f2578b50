"""What comparing two sessions reads: the other ones to choose from, and what was said where rows look alike."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from ingest_app.bodies import BodyKey, body_store
from requests_app.conversation import Conversation, conversation
from requests_app.paging import EPOCH
from requests_app.queries import RequestDetail, get_request, requests_of
from requests_app.request_diff import RequestDiff, request_diff
from sessions_app.compare import Pair, first_difference
from sessions_app.filters import SessionFilter
from sessions_app.models import Session
from sessions_app.queries import list_sessions, sessions_of
from sessions_app.said import spoken_in
from sessions_app.tree import Step

SHOWN_CANDIDATES = 20
SHOWN_OTHERS = 10
SINCE = "2000-01-01T00:00:00Z"  # a filter has thirty days when nobody says otherwise
# Beyond this nothing is looked for in what was said.
MAX_READ_PAIRS = 400
MAX_READ_BYTES = 48 << 20
PAIRS_AT_ONCE = 20


class BadFilter(Exception):
    """The filter cannot be read; the text says why."""


class Difference(NamedTuple):
    """Where the first pair is that differs, and how. `is_certain`: everything before it was compared in full."""

    at: int
    how: str
    is_certain: bool


class _Read(NamedTuple):
    """What a step said, and its size in bytes."""

    said: Conversation
    size: int


def candidates(session: Session) -> tuple[list[Session], list[Session]]:
    """Returns the latest other sessions of the same name, and the latest of other names."""
    others = sessions_of(session.organization_id).exclude(session_id=session.session_id)
    latest = others.order_by("-first_at", "-key")
    alike = list(latest.filter(name=session.name)[:SHOWN_CANDIDATES])
    return alike, list(latest.exclude(name=session.name)[:SHOWN_OTHERS])


def found_candidates(session: Session, words: str) -> list[Session]:
    """Returns the latest other sessions that match a filter. Raises BadFilter, and what `list_sessions` raises."""
    filters = SessionFilter({"q": words, "start": SINCE})
    if not filters.is_valid():
        raise BadFilter(" ".join(error for errors in filters.errors.values() for error in errors))
    page = list_sessions(organization_id=session.organization_id, filters=filters, limit=SHOWN_CANDIDATES + 1)
    others = [other for other in page.rows if other.session_id != session.session_id]
    return others[:SHOWN_CANDIDATES]


def where_they_part(organization_id: int, pairs: Sequence[Pair]) -> Difference | None:
    """Returns the first pair that differs, in what its rows say or in what was said; None when nothing does."""
    by_row = first_difference(pairs)
    until = len(pairs) if by_row is None else by_row
    read = 0
    for index, how, size in _said(organization_id, pairs[: min(until, MAX_READ_PAIRS)]):
        read += size
        if how:
            return Difference(index, how, is_certain=True)
        if read > MAX_READ_BYTES:
            until = index + 1
            break
    is_certain = until <= MAX_READ_PAIRS and read <= MAX_READ_BYTES
    return None if by_row is None else Difference(by_row, pairs[by_row].difference, is_certain)


def step_diff(organization_id: int, a: UUID, b: UUID) -> tuple[RequestDetail, RequestDetail, RequestDiff]:
    """Returns two requests and what the second says that the first does not. Raises RequestNotFound."""
    mine, other = (get_request(organization_id=organization_id, id=id) for id in (a, b))
    said = [
        conversation(detail.request_body, detail.response_body, detail.row.path, kind=detail.row.kind)
        for detail in (mine, other)
    ]
    return mine, other, request_diff(*said, before_body=mine.request_body, after_body=other.request_body)


def _said(organization_id: int, pairs: Sequence[Pair]) -> Iterator[tuple[int, str, int]]:
    """Yields for each pair its index, how what was said differs, and how many bytes were read for that."""
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        some = pairs[start : start + PAIRS_AT_ONCE]
        read = _read(
            organization_id, [step for pair in some for step in (pair.a, pair.b) if step is not None]
        )
        for index, pair in enumerate(some, start):
            found = [read[step.id] for step in (pair.a, pair.b) if step is not None and step.id in read]
            how = _difference(found[0].said, found[1].said) if len(found) == 2 else ""
            yield index, how, sum(one.size for one in found)


def _read(organization_id: int, steps: Sequence[Step]) -> dict[str, _Read]:
    """Returns what the steps said, those whose bodies are still kept."""
    ids = [UUID(step.id) for step in steps]
    times = [EPOCH + timedelta(microseconds=step.start_us) for step in steps]
    rows = requests_of(organization_id).filter(id__in=ids, created_at__in=times)
    columns = ("created_at", "id", "path", "kind", "request_bytes", "response_bytes")
    logged = {id: (at, *rest) for at, id, *rest in rows.values_list(*columns)}
    keys = [BodyKey(organization_id, at, id) for id, (at, *_) in logged.items()]
    read = {}
    for key, bodies in body_store().get_many(keys):
        _, path, kind, asked, answered = logged[key.id]
        said = conversation(bodies.request, bodies.response, path, kind=kind)
        read[str(key.id)] = _Read(said, asked + answered)
    return read


def _difference(a: Conversation, b: Conversation) -> str:
    """Returns how what was said differs, "" when it does not."""
    asked, answered = zip(*(_keys(said) for said in (a, b)), strict=True)
    if asked[0] != asked[1]:
        return "asked something else"
    return "answered differently" if answered[0] != answered[1] else ""


def _keys(said: Conversation) -> tuple[list[int], list[int]]:
    spoken = spoken_in(said)
    asked = [saying.key for saying in (*spoken.system, *spoken.dialog)]
    return asked, [saying.key for answer in spoken.answers for saying in answer]
