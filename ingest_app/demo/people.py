"""Who asks: users, some of whom ask far more than others, and the properties that go with them."""

import random
from itertools import accumulate
from typing import NamedTuple

USERS = 400
_STEEPNESS = 1.05  # of Zipf's law
_THERE_FROM_THE_START = 0.6
_TIERS = {"free": 55, "pro": 33, "enterprise": 12}
_ENVIRONMENTS = {"production": 86, "staging": 9, "development": 5}
_TESTERS = ("ci", "qa-1", "qa-2", "dev-1", "dev-2", "dev-3", "load-test")
_VERSIONS = ("4.1.3", "4.2.0", "4.2.1", "4.3.0", "4.3.1", "4.4.0", "4.5.0")
_LAGGING = 0.25  # of requests come from the version before


class Person(NamedTuple):
    """A user; `joined` is when, as a part of the time that the demo covers."""

    id: str
    tier: str
    joined: float


class Caller(NamedTuple):
    """Who sent a request, and from where."""

    user_id: str
    properties: dict[str, str]


class People:
    """The users of the demo: the same ones on each run, so that more traffic is more of theirs."""

    def __init__(self) -> None:
        rng = random.Random(400)
        self._people = [
            Person(
                id=f"user_{rng.getrandbits(32):08x}",
                tier=_drawn(rng, _TIERS),
                joined=0.0 if rng.random() < _THERE_FROM_THE_START else rng.random(),
            )
            for _ in range(USERS)
        ]
        self._weights = list(accumulate(1 / (rank + 3) ** _STEEPNESS for rank in range(USERS)))

    def caller(self, rng: random.Random, *, feature: str, progress: float) -> Caller:
        """Returns somebody who was there at `progress` (0 to 1) of the time covered."""
        environment = _drawn(rng, _ENVIRONMENTS)
        properties = {"Environment": environment, "Feature": feature}
        if environment != "production":
            properties |= {"Tier": "internal", "App-Version": _version(rng, min(progress + 0.1, 1.0))}
            return Caller(rng.choice(_TESTERS), properties)
        person = rng.choices(self._people, cum_weights=self._weights)[0]
        while person.joined > progress:
            person = rng.choices(self._people, cum_weights=self._weights)[0]
        properties |= {"Tier": person.tier, "App-Version": _version(rng, progress)}
        return Caller(person.id, properties)


def _drawn(rng: random.Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def _version(rng: random.Random, progress: float) -> str:
    newest = min(int(progress * len(_VERSIONS)), len(_VERSIONS) - 1)
    return _VERSIONS[max(newest - (rng.random() < _LAGGING), 0)]
