"""Which requests stand beside one: before and after it in its session and of its user, and its replays."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from ingest_app.events import SpanKind
from requests_app.models import Request
from requests_app.queries import RequestDetail, RequestNotFound, RequestRow, get_request, requests_of

# The property in which a replay names the request that it repeats.
REPLAY_OF = "Helicone-Replay-Of"
SHOWN_REPLAYS = 20
MODELS_FROM_ROWS = 500


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Enough of a request for a link to it."""

    id: UUID
    created_at: datetime
    model: str
    status: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The requests just before and after one, None at either end."""

    previous: Neighbour | None
    next: Neighbour | None


NOBODY = Neighbours(None, None)


def in_session(row: RequestRow) -> Neighbours:
    """Returns the neighbours in the session; none when the request belongs to no session."""
    return _around(row, requests_of(row.organization_id).filter(session_id=row.session_id), row.session_id)


def of_user(row: RequestRow) -> Neighbours:
    """Returns the neighbours by the same user; none when the request names no user."""
    return _around(row, requests_of(row.organization_id).filter(user_id=row.user_id), row.user_id)


def previous_call(row: RequestRow) -> Neighbour | None:
    """Returns the call of a model before this one in its session; None when it is the first, or none itself."""
    if row.kind or not row.session_id:
        return None
    calls = requests_of(row.organization_id).filter(session_id=row.session_id, kind=SpanKind.MODEL)
    return _before(row, calls)


def with_bodies(row: RequestRow, neighbour: Neighbour) -> RequestDetail | None:
    """Returns the neighbour with its bodies; None when it was erased in between."""
    try:
        return get_request(organization_id=row.organization_id, id=neighbour.id)
    except RequestNotFound:
        return None


def replays(row: RequestRow) -> list[Neighbour]:
    """Returns the replays of the request, latest first, at most `SHOWN_REPLAYS`."""
    # A replay is younger than what it repeats: earlier weeks need no look. Sorted here: were the database to sort and
    # cut off, it would rather read all rows from the newest on than ask the index of properties.
    later = requests_of(row.organization_id).filter(created_at__gte=row.created_at)
    found = _neighbours(later.filter(properties__contains={REPLAY_OF: str(row.id)}).order_by())
    return sorted(found, key=lambda replay: (replay.created_at, replay.id), reverse=True)[:SHOWN_REPLAYS]


def models_of(*, organization_id: int, provider: str) -> list[str]:
    """Returns the models that were asked of the provider lately, latest first."""
    newest = requests_of(organization_id).filter(provider=provider).order_by("-created_at", "-id")
    names = newest.values_list("request_model", flat=True)[:MODELS_FROM_ROWS]
    return list(dict.fromkeys(filter(None, names)))


def replayed(row: RequestRow) -> UUID | None:
    """Returns the id of the request that this one repeats, None when it is no replay."""
    try:
        return UUID(row.properties.get(REPLAY_OF, ""))
    except ValueError:
        return None


def _around(row: RequestRow, rows: QuerySet[Request], value: str) -> Neighbours:
    if not value:
        return NOBODY
    at, id = row.created_at, row.id
    after = rows.filter(Q(created_at__gt=at) | Q(created_at=at, id__gt=id), created_at__gte=at)
    following = _neighbours(after.order_by("created_at", "id")[:1])
    return Neighbours(_before(row, rows), following[0] if following else None)


def _before(row: RequestRow, rows: QuerySet[Request]) -> Neighbour | None:
    at, id = row.created_at, row.id
    before = rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=id), created_at__lte=at)
    found = _neighbours(before.order_by("-created_at", "-id")[:1])
    return found[0] if found else None


def _neighbours(rows: QuerySet[Request]) -> list[Neighbour]:
    return [Neighbour(*values) for values in rows.values_list("id", "created_at", "model", "status")]
