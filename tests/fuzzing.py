"""What fuzz tests share. HELICONE_FUZZ_EXAMPLES asks for so many examples of each, other ones every time."""

import itertools
import os
from typing import Any

from hypothesis import settings

from gateway_app.upstream import Call, Timeouts

EXAMPLES = int(os.environ.get("HELICONE_FUZZ_EXAMPLES", "0"))


def fuzz_of(examples: int, **more: Any) -> settings:
    """Returns the settings of a test with so many examples where nobody asks for more.

    In the suite they are always the same: a new one that fails is for who looks for it.
    """
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        **more,
    )


fuzz = fuzz_of(50)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Returns `data` in pieces, cut at those of `places` that it has."""
    ends = sorted({0, len(data), *(place for place in places if place < len(data))})
    return [data[start:end] for start, end in itertools.pairwise(ends)]


def call_to(
    origin: str,
    target: str,
    *,
    method: str = "GET",
    headers: list[tuple[bytes, bytes]] | None = None,
    body: bytes = b"",
    public_only: bool = False,
) -> Call:
    """Returns a call to a server on this machine, which has a second for everything."""
    return Call(method, origin, target, headers or [], body, Timeouts(2, 1, 1), public_only=public_only)
