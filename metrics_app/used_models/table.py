"""What the calls of each model, or of each provider, come to."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Literal

from metrics_app.dashboard.numbers import added
from metrics_app.reading import Sums, spreads, sums
from metrics_app.reading.sums import Key
from metrics_app.scope import Scope
from requests_app.statuses import is_failure

By = Literal["model", "provider"]
_PLACE = {"provider": 1, "model": 2}  # in the keys of `cells`
_SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Timing:
    """Percentiles in milliseconds, right to 1 %; None where nothing was measured."""

    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    first_token_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """A model or a provider and what its calls come to.

    `beside` are the providers of a model, or the models of a provider, those of most calls first, with their sums.
    `failures` counts those that failed by their status, `cells` are those that it is made of.
    """

    name: str
    sums: Sums
    beside: list[tuple[str, Sums]]
    failures: "Counter[int]"
    cells: list[tuple[Key, Sums]]


def cells_of(scope: Scope) -> dict[Key, Sums]:
    """Returns what all calls come to by (bar 0,) provider, model and status. Raises FilterError, TooSlow."""
    return sums(scope.total("provider", "model", "status"))


def used(cells: dict[Key, Sums], by: By) -> list[Used]:
    """Returns the models or the providers in `cells`, in no order."""
    groups: dict[str, list[tuple[Key, Sums]]] = defaultdict(list)
    for key, one in cells.items():
        groups[key[_PLACE[by]]].append((key, one))
    return [_used(name, group, by) for name, group in groups.items()]


def timings(scope: Scope, by: By) -> dict[str, Timing]:
    """Returns how long calls took. Raises FilterError, TooSlow."""
    return {
        str(name): Timing(*spread.latency_ms(*_SHARES), *spread.first_token_ms(_SHARES[0]))
        for (_, name), spread in spreads(scope.total(by)).items()
    }


def errors(scope: Scope, by: By) -> "dict[str, Counter[str]]":
    """Returns how often calls told which error. Raises FilterError, TooSlow."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (_, name, error), one in sums(scope.total(by, "error"), ("requests",)).items():
        found[name][error] += one.requests
    return found


def _used(name: str, group: list[tuple[Key, Sums]], by: By) -> Used:
    other = _PLACE["provider" if by == "model" else "model"]
    parts: dict[str, list[Sums]] = defaultdict(list)
    failures: Counter[int] = Counter()
    for key, one in group:
        parts[key[other]].append(one)
        if is_failure(key[3]):
            failures[key[3]] += one.requests
    beside = [(part, added(ones)) for part, ones in parts.items()]
    beside.sort(key=lambda part: (-part[1].requests, part[0]))
    return Used(name, added(one for _, one in group), beside, failures, group)
