"""What adds up to a suggestion."""

import heapq
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from metrics_app.suggestions.calls import Call
from metrics_app.suggestions.models import Kind

EVIDENCE = 200  # requests that are named: those on which most would have been saved
# Of one kind: names of models are the clients' own, so that there may be any number of them.
MOST_TALLIES = 300

K = TypeVar("K", bound=Hashable)
Fact = int | str | list[str]


class Evidence(NamedTuple):
    """A request, and what would have been saved on it; -1 where no price is known."""

    saving_nanodollars: int
    id: UUID


@dataclass
class Tally:
    """Requests of which the same is to be said."""

    requests: int = 0
    unpriced: int = 0
    saving_nanodollars: int = 0
    waited_ms: int = 0
    facts: dict[str, int] = field(default_factory=dict)
    _evidence: list[Evidence] = field(default_factory=list)

    def add(self, call: Call, saving_nanodollars: int | None, *, waited_ms: int = 0, **counts: int) -> None:
        """Count a request, and what would have been saved on it if that is known. `counts` are added to the facts."""
        self.add_id(call.row.id, saving_nanodollars, waited_ms=waited_ms, **counts)

    def add_id(self, id: UUID, saving_nanodollars: int | None, *, waited_ms: int = 0, **counts: int) -> None:
        """The same of a call that is not at hand any more."""
        self.requests += 1
        self.waited_ms += waited_ms
        if saving_nanodollars is None:
            self.unpriced += 1
        self.saving_nanodollars += saving_nanodollars or 0
        for name, number in counts.items():
            self.facts[name] = self.facts.get(name, 0) + number
        self.cite(id, saving_nanodollars)

    def cite(self, id: UUID, saving_nanodollars: int | None) -> None:
        """Make a request evidence, without counting it."""
        evidence = Evidence(-1 if saving_nanodollars is None else saving_nanodollars, id)
        if len(self._evidence) < EVIDENCE:
            heapq.heappush(self._evidence, evidence)
        else:
            heapq.heappushpop(self._evidence, evidence)

    @property
    def evidence(self) -> list[Evidence]:
        """Returns the requests on which most would have been saved, those first."""
        return sorted(self._evidence, reverse=True)


class Tallies(Generic[K]):
    """Tallies by what they are about."""

    def __init__(self) -> None:
        self.is_full = False
        self._by_key: dict[K, Tally] = {}

    def of(self, key: K) -> Tally:
        """Returns the tally of `key`. Once there are too many, what is new goes to one that nobody sees."""
        found = self._by_key.get(key)
        if found is None:
            found = Tally()
            if len(self._by_key) < MOST_TALLIES:
                self._by_key[key] = found
            else:
                self.is_full = True
        return found

    def items(self, *, at_least: int) -> Iterator[tuple[K, Tally]]:
        """Yields those with that many requests or more."""
        return ((key, tally) for key, tally in self._by_key.items() if tally.requests >= at_least)


@dataclass(frozen=True)
class Found:
    """A suggestion as a detector makes it. `about` tells it from others of its kind for the same model."""

    kind: Kind
    provider: str
    model: str
    tally: Tally
    about: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)


class Detector(Protocol):
    """Looks for one kind of thing in calls that come in the order of their arrival."""

    def see(self, call: Call) -> None:
        """Take note of a call."""

    def found(self) -> Iterator[Found]:
        """Yields what was found, after the last call."""

    @property
    def is_full(self) -> bool:
        """Returns whether there was more than it could keep apart."""
