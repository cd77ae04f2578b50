"""What the fuzz tests of the gateway share."""

import itertools
import os

from hypothesis import settings

from gateway_app.upstream import Call, Timeouts

_EXAMPLES = int(os.environ.get("HELICONE_FUZZ_EXAMPLES", "0"))
# In the suite always the same examples: a new one that fails is for who looks for it.
fuzz = settings(max_examples=_EXAMPLES or 100, derandomize=not _EXAMPLES, deadline=None, database=None)


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
