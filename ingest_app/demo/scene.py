"""Filling the texts of the corpus: `$name` or `${name}` stands for a fact or a phrase."""

import random
import re

from ingest_app.demo import corpus

_SLOT = re.compile(r"\$(?:([a-z_]+)|\{([a-z_]+)\})")


class Scene:
    """What one conversation is about: a fact, once told, stays the same until the scene ends."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._facts: dict[str, str] = {}

    def write(self, text: str) -> str:
        """Returns `text` with its slots filled. Raises KeyError for a slot that the corpus does not have."""
        return _SLOT.sub(lambda slot: self._filling(slot[1] or slot[2]), text)

    def pick(self, texts: tuple[str, ...]) -> str:
        """Returns one of `texts`, filled."""
        return self.write(self.rng.choice(texts))

    def number(self, low: int, high: int) -> str:
        """Returns a whole number between the two, both included."""
        return str(self.rng.randint(low, high))

    def tell(self, **facts: str) -> None:
        """Settle facts before they are first used."""
        self._facts |= facts

    def _filling(self, name: str) -> str:
        if name in self._facts:
            return self._facts[name]
        if name in corpus.NUMBERS:
            return self.number(*corpus.NUMBERS[name])
        if name in corpus.PHRASES:
            return self.pick(corpus.PHRASES[name])
        self._facts[name] = filled = self.pick(corpus.FACTS[name])
        return filled
