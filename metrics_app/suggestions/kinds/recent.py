"""A memory of what was seen lately."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

MOST_REMEMBERED = 200_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values that are forgotten `lifetime_s` after they were last put, and sooner when there are too many.

    Times, in seconds, are those of the calls that are looked at, and only go on.
    """

    def __init__(self, lifetime_s: float) -> None:
        self._lifetime_s = lifetime_s
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K, now_s: float) -> V | None:
        """Returns the value, None when there is none any more."""
        put_s, value = self._values.get(key, (0.0, None))
        return value if now_s - put_s <= self._lifetime_s else None

    def put(self, key: K, value: V, now_s: float) -> None:
        """Remember the value from now on."""
        self._values[key] = now_s, value
        self._values.move_to_end(key)
        while self._values:
            oldest = next(iter(self._values))
            is_old = now_s - self._values[oldest][0] > self._lifetime_s
            if not is_old and len(self._values) <= MOST_REMEMBERED:
                return
            del self._values[oldest]

    def forget(self, key: K) -> None:
        """Forget the value, if there is one."""
        self._values.pop(key, None)
