"""From stored bodies to the table `body_words`."""

import struct
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from itertools import chain
from typing import Any, NamedTuple

import structlog
from django.db import connection, transaction

from ingest_app.bodies import Bodies, BodyKey, body_store
from ingest_app.bodies.known import KnownBlobs
from ingest_app.bodies.places import Place
from ingest_app.data_keys import DataKey, held_keys
from ingest_app.partitions import ensure_partitions, week_of
from ingest_app.removal import keep_from_removal
from ingest_app.search import queue
from ingest_app.search.hashing import HASH_BYTES, HashedRuns
from ingest_app.search.texts import answer_texts, messages_of
from ingest_app.search.words import runs_of
from ingest_app.staging import insert_new

log = structlog.get_logger(__name__)

MAX_WORDS = 20_000  # of one request
_MAX_FAILED = 3  # jobs in a run: then it is not the jobs' fault
_COLUMNS = {
    "organization_id": "int8",
    "created_at": "timestamptz",
    "id": "uuid",
    "words": "bytea",  # `_int4_array` has made the array's wire form
}
_INT4_OID = 23
_ELEMENT_HEAD = struct.pack("!i", HASH_BYTES)
_ID_BYTES = 16


# Messages, by where and under which key they were seen.
_Seen = defaultdict[tuple[Place, int], set[bytes]]


class Words(NamedTuple):
    """A row of `body_words`."""

    key: BodyKey
    hashes: set[bytes]


class Indexer:
    """Remembers which messages it has seen, so that one that comes with every turn of a session is indexed once.

    That is by this process: after a restart, or by another worker, such messages are indexed once more, which
    makes the index larger and nothing wrong.
    """

    def __init__(self) -> None:
        self._runs = HashedRuns()
        self._seen = KnownBlobs()

    def run(self, *, seconds: float, between: Callable[[float], None] = lambda worked_s: None) -> bool:
        """Index what waits, for about so many seconds. Returns whether something still waits.

        `between` is called after each step with the seconds that it took. A job that fails stays for the next run.
        Raises UndecryptableSecret.
        """
        deadline = time.monotonic() + seconds
        failed: list[int] = []
        at_once = queue.JOBS_AT_ONCE
        while time.monotonic() < deadline and len(failed) < _MAX_FAILED:
            began = time.monotonic()
            with transaction.atomic(), connection.cursor() as cursor:
                jobs = queue.take(cursor, but=failed, at_most=at_once)
                if not jobs:
                    return False
                keys = [key for job in jobs for key in job.keys]
                data_keys = held_keys(cursor, {key.organization_id for key in keys})
                try:
                    with transaction.atomic():
                        seen = self._index(cursor, keys, data_keys)
                        queue.finish(cursor, jobs)
                except Exception:
                    log.exception("bodies not indexed", jobs=[job.id for job in jobs])
                    if at_once == 1:
                        failed.append(jobs[0].id)
                    at_once = 1  # now find out which
                    continue
            self._remember(seen)
            between(time.monotonic() - began)
        return len(failed) < _MAX_FAILED

    def _index(self, cursor: Any, keys: Sequence[BodyKey], data_keys: Mapping[int, DataKey]) -> _Seen:
        """Returns which messages were indexed."""
        seen: _Seen = defaultdict(set)
        found = []
        # In the order of time, so that a message is indexed with the request that had it first.
        for key, bodies in sorted(_read(keys), key=lambda one: (one[0].created_at, one[0].id)):
            try:
                hashes = self._hashes(key, bodies, data_keys[key.organization_id], seen)
            except Exception:  # our readers trip over it; the others are to be found all the same
                log.exception("body not understood", organization_id=key.organization_id, id=str(key.id))
                continue
            if hashes:
                found.append(Words(key, hashes))
        if found:
            _store(cursor, found)
        return seen

    def _hashes(self, key: BodyKey, bodies: Bodies, data_key: DataKey, seen: _Seen) -> set[bytes]:
        """Returns the hashes for one request, and adds its messages to `seen`."""
        place = Place(key.organization_id, week_of(key.created_at))
        messages = {_id(message.raw): message for message in messages_of(bodies.request)}
        # What was seen under another key is not in the index any more.
        unseen = set(self._seen.unknown(place, data_key.number, messages)) - seen[place, data_key.number]
        seen[place, data_key.number] |= unseen
        texts = chain(
            answer_texts(bodies.response),
            *(message.texts for id, message in messages.items() if message.is_question or id in unseen),
        )
        hashes: set[bytes] = set()
        for text in texts:
            hashes |= self._runs.hashes_of(data_key, runs_of(text))
            if len(hashes) > MAX_WORDS:
                break
        return hashes

    def _remember(self, seen: _Seen) -> None:
        for (place, key_number), ids in seen.items():
            self._seen.add(place, key_number, ids)


def _read(keys: Sequence[BodyKey]) -> list[tuple[BodyKey, Bodies]]:
    """Returns the bodies that are there. One that cannot be read is left out; raises when that is so of all."""
    try:
        return list(body_store().get_many(keys))
    except Exception:
        found: list[tuple[BodyKey, Bodies]] = []
        for key in keys:
            try:
                found += body_store().get_many([key])
            except Exception:
                log.exception("body cannot be read", organization_id=key.organization_id, id=str(key.id))
        if not found:
            raise
        return found


def _store(cursor: Any, words: Sequence[Words]) -> None:
    ensure_partitions({week_of(one.key.created_at) for one in words})
    # What is removed from here on is removed with its words; what was removed before has no body any more.
    keep_from_removal(cursor, {one.key.organization_id for one in words})
    kept = _with_bodies(cursor, [one.key for one in words])
    rows = ((*key, _int4_array(hashes)) for key, hashes in words if key in kept)
    insert_new(cursor, "body_words", _COLUMNS, rows, key=("organization_id", "created_at", "id"))


def _with_bodies(cursor: Any, keys: Sequence[BodyKey]) -> set[BodyKey]:
    cursor.execute(
        "SELECT organization_id, created_at, id"
        " FROM unnest(%s::bigint[], %s::timestamptz[], %s::uuid[]) AS wanted (organization_id, created_at, id)"
        " JOIN body USING (organization_id, created_at, id) WHERE body.created_at BETWEEN %s AND %s",
        [
            *map(list, zip(*keys, strict=True)),
            min(key.created_at for key in keys),
            max(key.created_at for key in keys),
        ],
    )
    return {BodyKey(*row) for row in cursor.fetchall()}


def _id(raw: Any) -> bytes:
    return sha256(raw).digest()[:_ID_BYTES]


def _int4_array(hashes: Collection[bytes]) -> bytes:
    """Returns PostgreSQL's binary form of an `int4[]`, not empty. The driver would take as long as all the rest."""
    header = struct.pack("!iiiii", 1, 0, _INT4_OID, len(hashes), 1)
    return header + _ELEMENT_HEAD + _ELEMENT_HEAD.join(hashes)
