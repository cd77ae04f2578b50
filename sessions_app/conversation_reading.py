"""A session's conversation, read from the database a part at a time, in bounded memory."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db.models import Q

from ingest_app.bodies import Bodies, BodyKey, body_store
from requests_app.conversation import Conversation, conversation
from requests_app.paging import EPOCH
from requests_app.queries import requests_of
from sessions_app.conversation import Teller, Turn, TurnRow
from sessions_app.said import Thread, spoken_in

PART_MESSAGES = 100
# A part ends earlier when more than this was read for it: what was said is found in all that was sent. The messages
# take half a second; the bytes are for bodies with long ones.
READ_MESSAGES = 20_000
READ_BYTES = 32 << 20
PIECE_BYTES = 4 << 20
# Each request is at least one line of a part.
ROWS_AT_ONCE = PART_MESSAGES + 1


class BadCursor(Exception):
    """The cursor was not made here, or is of another session."""


@dataclass(frozen=True, slots=True)
class ConversationPart:
    """Some turns in the order of their start; `cursor` is where the next part begins, "" after the last."""

    turns: list[Turn]
    cursor: str


class _Thread(msgspec.Struct, array_like=True):
    request_id: bytes
    number: int
    first_length: int


class _Place(msgspec.Struct, array_like=True):
    """Where a part begins: at a request, after `skip` of its messages; `threads` were begun before it."""

    created_at_us: int
    request_id: bytes
    skip: int
    threads: list[_Thread]


def read_part(*, organization_id: int, session_id: str, cursor: str = "") -> ConversationPart:
    """Returns the part at `cursor`, or the first one. Raises BadCursor."""
    place = _decoded(cursor) if cursor else None
    teller = Teller(_threads(organization_id, session_id, place) if place else ())
    rows = _rows(organization_id, session_id, place)
    skip = place.skip if place else 0
    turns: list[Turn] = []
    room, read_messages, read_bytes = PART_MESSAGES, 0, 0
    for row, found in _conversations(organization_id, rows):
        threads = teller.threads
        read_messages += len(found.messages)
        read_bytes += row.request_bytes + row.response_bytes
        has_read_enough = turns and (read_messages > READ_MESSAGES or read_bytes > READ_BYTES)
        if not room or has_read_enough:
            return ConversationPart(turns, _encoded(row, 0, threads))
        turn = teller.tell(row, found)
        length = turn.length
        turn.messages = turn.messages[skip : skip + room]
        turns.append(turn)
        if skip + room < length:
            return ConversationPart(turns, _encoded(row, skip + room, threads))
        room -= length - skip
        skip = 0
    return ConversationPart(turns, "")


def _rows(organization_id: int, session_id: str, place: _Place | None) -> list[TurnRow]:
    rows = requests_of(organization_id).filter(session_id=session_id)
    if place is not None:
        at, id = _moment(place.created_at_us), UUID(bytes=place.request_id)
        rows = rows.filter(Q(created_at__gt=at) | Q(created_at=at, id__gte=id), created_at__gte=at)
    found = rows.order_by("created_at", "id").values_list(*TurnRow._fields)[:ROWS_AT_ONCE]
    return [TurnRow(*values) for values in found]


def _threads(organization_id: int, session_id: str, place: _Place) -> list[Thread]:
    """Returns the conversations that had begun, as their latest requests carried them."""
    wanted = {UUID(bytes=thread.request_id): thread for thread in place.threads}
    rows = requests_of(organization_id).filter(
        session_id=session_id, id__in=wanted, created_at__lte=_moment(place.created_at_us)
    )
    found = [TurnRow(*values) for values in rows.values_list(*TurnRow._fields)]
    threads = {
        row.id: Thread(
            row.session_path,
            wanted[row.id].number,
            wanted[row.id].first_length,
            spoken_in(read),
            row.id,
            row.end_us,
        )
        for row, read in _conversations(organization_id, found)
    }
    return [threads[id] for id in wanted if id in threads]


def _conversations(organization_id: int, rows: Sequence[TurnRow]) -> Iterator[tuple[TurnRow, Conversation]]:
    """Yields the rows in order, each with what was said; of a body that is gone, nothing."""
    for piece in _pieces(rows):
        keys = {row.id: BodyKey(organization_id, row.created_at, row.id) for row in piece}
        bodies = {key.id: found for key, found in body_store().get_many(list(keys.values()))}
        for row in piece:
            found = bodies.pop(row.id, Bodies(None, None))
            yield row, conversation(found.request, found.response, row.path, kind=row.kind)


def _pieces(rows: Sequence[TurnRow]) -> Iterator[list[TurnRow]]:
    piece: list[TurnRow] = []
    size = 0
    for row in rows:
        piece.append(row)
        size += row.request_bytes + row.response_bytes
        if size >= PIECE_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _encoded(row: TurnRow, skip: int, threads: Sequence[Thread]) -> str:
    held = [_Thread(thread.request_id.bytes, thread.number, thread.first_length) for thread in threads]
    place = _Place(row.start_us, row.id.bytes, skip, held)
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode().rstrip("=")


def _decoded(cursor: str) -> _Place:
    try:
        place = msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor + "=="), type=_Place)
        for id in (place.request_id, *(thread.request_id for thread in place.threads)):
            UUID(bytes=id)
        _moment(place.created_at_us)
    except (ValueError, OverflowError, binascii.Error, msgspec.MsgspecError) as error:
        raise BadCursor("This is no place in a conversation.") from error
    return place


def _moment(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)
