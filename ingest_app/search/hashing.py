"""Terms as the index holds them: 32 bits that say nothing without the organization's data key."""

import struct
from collections import defaultdict
from collections.abc import Set
from hashlib import blake2b

from ingest_app.data_keys import DataKey
from ingest_app.search.words import MAX_TERM_CHARACTERS, terms_of

HASH_BYTES = 4
_KNOWN_RUNS = 100_000  # about 25 MB


def hash_of(key: DataKey, term: str) -> bytes:
    """Returns what stands for `term` in the index of the key's organization."""
    data = term.encode("utf-8", "replace")
    return blake2b(data, key=key.words, digest_size=HASH_BYTES).digest()


def number_of(hash: bytes) -> int:
    """Returns a hash as the `int4` that it is stored as."""
    number: int = struct.unpack("!i", hash)[0]
    return number


class HashedRuns:
    """The hashes of runs of text, remembered until they are too many: most words come again."""

    def __init__(self, capacity: int = _KNOWN_RUNS) -> None:
        self._capacity = capacity
        self._known: defaultdict[DataKey, dict[str, tuple[bytes, ...]]] = defaultdict(dict)
        self._size = 0

    def hashes_of(self, key: DataKey, runs: Set[str]) -> set[bytes]:
        """Returns the hashes under `key` of all terms of `runs` (words.runs_of)."""
        if self._size > self._capacity:
            self._known.clear()
            self._size = 0
        known = self._known[key]
        # One by one: taking the known from the runs, as sets, would go through all that are known.
        new = {run: tuple({hash_of(key, term) for term in terms_of(run)}) for run in runs if run not in known}
        for run, hashes in new.items():
            if len(run) <= MAX_TERM_CHARACTERS:
                known[run] = hashes
                self._size += 1
        return set().union(*map(known.__getitem__, runs - new.keys()), *new.values())
