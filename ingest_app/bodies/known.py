"""What this process knows to be stored, so that a message of a long session is not sent to the database each turn."""

import threading
from collections import OrderedDict
from collections.abc import Iterable

from ingest_app.bodies.places import Place

CAPACITY = 100_000  # about 25 MB


class KnownBlobs:
    """The blobs used last. One is known only as long as its place is at the generation it was seen in."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._generations: OrderedDict[tuple[Place, bytes], int] = OrderedDict()
        self._lock = threading.Lock()

    def unknown(self, place: Place, generation: int, ids: Iterable[bytes]) -> list[bytes]:
        """Returns those of `ids` that may not be stored in `place`."""
        missing = []
        with self._lock:
            for id in ids:
                if self._generations.get((place, id)) == generation:
                    self._generations.move_to_end((place, id))
                else:
                    missing.append(id)
        return missing

    def add(self, place: Place, generation: int, ids: Iterable[bytes]) -> None:
        """Remember that `ids` are stored and committed."""
        with self._lock:
            for id in ids:
                self._generations[place, id] = generation
                self._generations.move_to_end((place, id))
            while len(self._generations) > self._capacity:
                self._generations.popitem(last=False)
