"""How much to do in one transaction, so that nobody waits long for its locks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

AIM_S = 0.02
FIRST = 64
MOST = 2000
GROWTH = 1.5


class Pace:
    """Measures transactions and says how large the next one may be. `longest_s` is the longest so far."""

    def __init__(self) -> None:
        self.size = FIRST
        self.longest_s = 0.0

    @contextmanager
    def step(self) -> Iterator[None]:
        """Measure one transaction; afterwards `size` is what would have taken `AIM_S`, growing slowly."""
        started = time.perf_counter()
        yield
        seconds = time.perf_counter() - started
        self.longest_s = max(self.longest_s, seconds)
        fitting = int(self.size * AIM_S / max(seconds, 1e-6))
        self.size = max(1, min(fitting, int(self.size * GROWTH) + 1, MOST))
