"""Terms as the index holds them: 32 bits that say nothing without the key, and differ by organization."""

import struct
from collections import defaultdict
from collections.abc import Set
from functools import lru_cache
from hashlib import blake2b

from django.conf import settings

from ingest_app.search.words import MAX_TERM_CHARACTERS, terms_of

HASH_BYTES = 4
_KNOWN_RUNS = 100_000  # about 25 MB


@lru_cache(maxsize=1000)
def _key(organization_id: int) -> bytes:
    master = blake2b(settings.SECRET_KEY.encode(), person=b"body search").digest()
    return blake2b(str(organization_id).encode(), key=master).digest()


def hash_of(organization_id: int, term: str) -> bytes:
    """Returns what stands for `term` in the index of one organization."""
    data = term.encode("utf-8", "replace")
    return blake2b(data, key=_key(organization_id), digest_size=HASH_BYTES).digest()


def number_of(hash: bytes) -> int:
    """Returns a hash as the `int4` that it is stored as."""
    number: int = struct.unpack("!i", hash)[0]
    return number


class HashedRuns:
    """The hashes of runs of text, remembered until they are too many: most words come again."""

    def __init__(self, capacity: int = _KNOWN_RUNS) -> None:
        self._capacity = capacity
        self._known: defaultdict[int, dict[str, tuple[bytes, ...]]] = defaultdict(dict)
        self._size = 0

    def hashes_of(self, organization_id: int, runs: Set[str]) -> set[bytes]:
        """Returns the hashes of all terms of `runs` (words.runs_of)."""
        if self._size > self._capacity:
            self._known.clear()
            self._size = 0
        known = self._known[organization_id]
        # One by one: taking the known from the runs, as sets, would go through all that are known.
        new = {
            run: tuple({hash_of(organization_id, term) for term in terms_of(run)})
            for run in runs
            if run not in known
        }
        for run, hashes in new.items():
            if len(run) <= MAX_TERM_CHARACTERS:
                known[run] = hashes
                self._size += 1
        return set().union(*map(known.__getitem__, runs - new.keys()), *new.values())
