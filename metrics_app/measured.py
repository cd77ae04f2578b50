"""Measures of some requests: together, or told apart by a few names, bar by bar."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from ingest_app.known_values import PROPERTY
from metrics_app.dashboard.narrowing import node_of
from metrics_app.dashboard.numbers import added
from metrics_app.measures import Measure, Numbers
from metrics_app.properties.known import has
from metrics_app.reading import Question, Spread, Sums, ranking, spreads, sums
from metrics_app.reading.moment import at_one_moment
from metrics_app.reading.questions import COLUMNS, source_of_spreads
from metrics_app.reading.sums import NOTHING, Key
from metrics_app.scope import Scope
from requests_app.filter_language.tree import Comparison, Node, Operator, disjunction


@dataclass(frozen=True, slots=True)
class Asked:
    """Which measures, told apart by which names of `Question.by`, in which bars, and of how many groups at most.

    With measures that are not found in sums `by` has one name at most.
    """

    measures: tuple[Measure, ...]
    by: tuple[str, ...]
    edges: Sequence[datetime]
    at_most: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Returns the sums that are needed."""
        return tuple(
            dict.fromkeys(("requests", *(column for one in self.measures for column in one.columns)))
        )


@dataclass(frozen=True, slots=True)
class Group:
    """The requests that have the values `key`, bar by bar."""

    key: Key
    bars: list[Numbers]


@dataclass(frozen=True, slots=True)
class Measured:
    """Groups, and all others together, of whom sums are known but no spread.

    `all_groups` is how many groups there are, those that are not shown included; None where it was not asked.
    """

    groups: list[Group]
    other: list[Numbers] | None = None
    all_groups: int | None = None

    @property
    def others(self) -> int | None:
        """Returns how many groups are not shown."""
        return None if self.all_groups is None else self.all_groups - len(self.groups)


@at_one_moment()
def measure(scope: Scope, asked: Asked) -> Measured:
    """Returns the groups with most of the first measure that can be sorted by. Raises FilterError, TooSlow."""
    if not asked.by:
        return measure_groups(scope, asked, [()])
    order = next((one.order for one in asked.measures if one.order), "requests")
    is_total = len(asked.edges) == 2
    found = ranking(
        scope.total(*asked.by),
        order=order,
        at_most=asked.at_most,
        measures=asked.columns if is_total else (),
    )
    totals = {tuple(json.loads(name)) if len(asked.by) > 1 else (name,): {0: one} for name, one in found.rows}
    if is_total:
        measured = _measured(scope, asked, totals, {0: found.all})
    else:
        measured = measure_groups(scope, asked, list(totals))
    return replace(measured, all_groups=found.values)


@at_one_moment()
def measure_groups(scope: Scope, asked: Asked, keys: Sequence[Key]) -> Measured:
    """Returns the groups `keys` of `scope`, in this order. Raises FilterError, TooSlow."""
    known = _sums(scope, asked, keys)
    whole = sums(_question(scope.narrowed(*_said(asked.by)), asked), asked.columns) if asked.by else {}
    return _measured(scope, asked, known, {bar: one for (bar,), one in whole.items()})


def _measured(
    scope: Scope, asked: Asked, known: Mapping[Key, Mapping[int, Sums]], whole: Mapping[int, Sums]
) -> Measured:
    """Returns the groups of `known` sums by bar, and what is left of the `whole`."""
    spread = _spreads(scope, asked, list(known))
    groups = [Group(key, _bars(asked, ones, spread.get(_text(key), {}))) for key, ones in known.items()]
    if not asked.by:
        return Measured(groups)
    other = {
        bar: whole.get(bar, NOTHING) - added(group.bars[bar].sums for group in groups)
        for bar in range(len(asked.edges) - 1)
    }
    return Measured(groups, _bars(asked, other) if any(one.requests for one in other.values()) else None)


def _sums(scope: Scope, asked: Asked, keys: Sequence[Key]) -> dict[Key, dict[int, Sums]]:
    """Returns the sums of `keys`, by bar."""
    # What may have most values is the first name, by which the database leaves the others out.
    places = sorted(range(len(asked.by)), key=lambda place: asked.by[place] in COLUMNS)
    question = _question(scope, asked, tuple(asked.by[place] for place in places))
    only = list({key[places[0]] for key in keys}) if keys and places else None
    found: dict[Key, dict[int, Sums]] = {key: {} for key in keys}
    for (bar, *values), one in sums(question, asked.columns, only=only).items():
        by_place = dict(zip(places, values, strict=True))
        key = tuple(by_place[place] for place in range(len(places)))
        if key in found:
            found[key][bar] = one
    return found


def _spreads(scope: Scope, asked: Asked, keys: Sequence[Key]) -> dict[Key, dict[int, Spread]]:
    """Returns the spreads of `keys` as text, by bar; nothing unless a measure needs them."""
    sources = {one.source for one in asked.measures}
    if sources == {"sums"} or not keys:
        return {}
    question = _question(scope, asked, asked.by)
    if asked.by and source_of_spreads(question).table is None:
        # Rows are looked at, and best no others.
        wanted = disjunction(node_of(asked.by[0], str(value)) for (value,) in keys)
        question = _question(scope.narrowed(wanted), asked, asked.by)
    found: dict[Key, dict[int, Spread]] = {}
    for (bar, *values), one in spreads(question, has_seen="seen" in sources).items():
        found.setdefault(_text(values), {})[bar] = one
    return found


def _bars(
    asked: Asked, known: Mapping[int, Sums], spread: Mapping[int, Spread] | None = None
) -> list[Numbers]:
    return [
        Numbers(
            known.get(bar, NOTHING),
            (end - start).total_seconds(),
            spread.get(bar) if spread else None,
            knows_spread=spread is not None,
        )
        for bar, (start, end) in enumerate(pairwise(asked.edges))
    ]


def _question(scope: Scope, asked: Asked, by: tuple[str, ...] = ()) -> Question:
    return Question(scope.organization_id, scope.tree, asked.edges, by)


def _said(by: Iterable[str]) -> list[Node]:
    """Returns the conditions that a request has something to be told apart by."""
    dimensions = [name for name in by if name not in COLUMNS]
    return [
        has(name.removeprefix(PROPERTY))
        if name.startswith(PROPERTY)
        else Comparison(name, Operator.EXISTS, None)
        for name in dimensions
    ]


def _text(key: Iterable[object]) -> Key:
    return tuple(map(str, key))
